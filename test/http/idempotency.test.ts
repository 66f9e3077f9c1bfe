/** Idempotency keys on a real PostgreSQL, with routes that count how often they ran. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { Failure } from "../../src/errors.ts";
import type { App } from "../../src/http/app.ts";
import { type Platform, startPlatform } from "./platform.ts";

let platform: Platform;
let runs = 0;
let open: () => void = () => undefined;
let mood: "good" | "fault" | "refusal" | "slow" = "good";

function routes(app: App): void {
  app.post(
    "/v1/things",
    {
      schema: {
        operationId: "makeThing",
        body: z.object({ name: z.string() }),
        response: { 201: z.object({ name: z.string(), n: z.number() }) },
      },
    },
    async (request, reply) => {
      runs++;
      if (mood === "slow") await new Promise<void>((go) => (open = go));
      if (mood === "fault") throw new Error("broken");
      if (mood === "refusal") throw new Failure("unprocessable", "No.");
      return reply.code(201).send({ name: request.body.name, n: runs });
    },
  );
}

beforeAll(async () => {
  platform = await startPlatform({ routes });
});
afterAll(() => platform.stop());

const send = (key: string, payload: unknown = { name: "a" }, app = platform.app) =>
  app.inject({
    method: "POST",
    url: "/v1/things",
    headers: { authorization: `Bearer ${platform.first.secretKey}`, "idempotency-key": key },
    payload: payload as object,
  });

describe("an Idempotency-Key", () => {
  test("makes a request done once and answered the same again, for 24 hours", async () => {
    const before = runs;
    const [one, two, bare] = [await send('"k-1"'), await send('"k-1"'), await send("k-1")];
    expect(runs - before).toBe(1);
    expect(one.statusCode).toBe(201);
    for (const repeat of [two, bare]) {
      expect(repeat.statusCode).toBe(201);
      expect(repeat.json()).toEqual(one.json());
      expect(repeat.headers["content-type"]).toBe(one.headers["content-type"]);
      expect(repeat.headers["idempotency-replayed"]).toBe("true");
    }
    platform.passes(24 * 3_600_000);
    expect((await send("k-1")).json()).not.toEqual(one.json());
  });

  test("with another payload is refused", async () => {
    await send("k-2", { name: "a" });
    expect((await send("k-2", { name: "b" })).json()).toMatchObject({ status: 422, code: "unprocessable" });
  });

  test("is told to wait while the first runs, also by another process, and answered after it", async () => {
    mood = "slow";
    const other = await platform.another();
    const before = runs;
    const first = send("k-3");
    await expect.poll(() => runs).toBe(before + 1);
    const waits = await Promise.all([send("k-3"), send("k-3", { name: "a" }, other.app)]);
    for (const wait of waits) {
      expect(wait.json()).toMatchObject({ status: 409, code: "conflict" });
      expect(wait.headers["retry-after"]).toBe("1");
    }
    mood = "good";
    open();
    expect((await first).statusCode).toBe(201);
    expect((await send("k-3", { name: "a" }, other.app)).headers["idempotency-replayed"]).toBe("true");
    expect(runs).toBe(before + 1);
  });

  test("sent fifty times at once is done once", async () => {
    const before = runs;
    const answers = await Promise.all(Array.from({ length: 50 }, () => send("k-4")));
    expect(runs - before).toBe(1);
    for (const { statusCode } of answers) expect([201, 409]).toContain(statusCode);
  });

  test("does not keep a fault, but keeps a refusal", async () => {
    mood = "fault";
    expect((await send("k-5")).statusCode).toBe(500);
    mood = "good";
    expect((await send("k-5")).statusCode).toBe(201);
    mood = "refusal";
    expect((await send("k-6")).statusCode).toBe(422);
    mood = "good";
    expect((await send("k-6")).json()).toMatchObject({ status: 422, detail: "No." });
  });

  test("whose request died with its process is done again after the lease", async () => {
    const request = (
      await platform.sql.query<{ key: string }>("select key from idempotency where key like '%k-2'")
    )[0]!;
    await platform.sql.query("update idempotency set status = null, answer = null where key = $1", [
      request.key,
    ]);
    await platform.sql.query("update idempotency set expires_at = $2 where key = $1", [
      request.key,
      Date.now() + 24 * 3_600_000 + 120_000,
    ]);
    expect((await send("k-2")).statusCode).toBe(409);
    platform.passes(120_000);
    expect((await send("k-2")).statusCode).toBe(201);
  });

  test("of one caller is nothing to another", async () => {
    const made = await platform.app.inject({
      method: "POST",
      url: "/v1/keys",
      headers: { authorization: `Bearer ${platform.first.secretKey}` },
      payload: { kind: "secret", name: "Other" },
    });
    const before = runs;
    await send("k-7");
    await platform.app.inject({
      method: "POST",
      url: "/v1/things",
      headers: { authorization: `Bearer ${made.json().value}`, "idempotency-key": "k-7" },
      payload: { name: "a" },
    });
    expect(runs - before).toBe(2);
  });

  test("does not keep an answer that holds a secret, and says that it was done", async () => {
    const make = () =>
      platform.app.inject({
        method: "POST",
        url: "/v1/keys",
        headers: { authorization: `Bearer ${platform.first.secretKey}`, "idempotency-key": "k-8" },
        payload: { kind: "secret", name: "Once" },
      });
    const made = await make();
    expect(made.statusCode).toBe(201);
    expect((await make()).json()).toMatchObject({ status: 409, detail: expect.stringContaining("secret") });
    expect(JSON.stringify(await platform.sql.query("select * from idempotency"))).not.toContain(
      made.json().value,
    );
  });

  test.each(["", '""', "a b", '"a', "x".repeat(256), "é"])("%j is refused", async (key) => {
    expect((await send(key)).json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining("Idempotency-Key"),
    });
  });

  test("is forgotten when its time is over, once somebody tidies up", async () => {
    const { forgetKeys } = await import("../../src/http/idempotency.ts");
    await forgetKeys(platform.sql, Date.now() + 10 * 24 * 3_600_000);
    expect(await platform.sql.query("select key from idempotency")).toEqual([]);
  });
});
