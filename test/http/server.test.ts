/** What every answer has: problems, safety headers, rate limits, a log without people, the web app's files, a clean end. */
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ERRORS, Failure } from "../../src/errors.ts";
import type { App } from "../../src/http/app.ts";
import { addTallies } from "../../src/telemetry/tally.ts";
import { type Platform, startPlatform } from "./platform.ts";

let platform: Platform;
let webDir: string;
let release: () => void = () => undefined;
let waiting: () => void = () => undefined;

function routes(app: App): void {
  const body = z.object({ email: z.email(), lines: z.array(z.object({ n: z.number() })).max(3) });
  app.post(
    "/v1/echo",
    { schema: { operationId: "echo", body, response: { 200: body } } },
    async (request) => request.body,
  );
  app.get(
    "/v1/text/:id",
    {
      schema: {
        params: z.object({ id: z.string() }),
        querystring: z.object({ limit: z.coerce.number().max(10).default(5) }),
      },
    },
    async (request) => platform.sql.query("select $1::text as id", [request.params.id]),
  );
  app.get("/v1/fault", async () => {
    throw Object.assign(new Error("row of ann@example.com and +491701234567"), {
      detail: "Key (email)=(ann@example.com)",
    });
  });
  app.get("/v1/busy", async () => {
    throw new Failure("too_many", "Later.", { retryAfterSeconds: 1.2 });
  });
  app.get(
    "/v1/lie",
    { schema: { response: { 200: z.object({ n: z.number() }) } } },
    async () => ({ n: "text" }) as unknown as { n: number },
  );
  app.get("/v1/forgot", { config: { access: "public" } }, async (request) => ({
    workspace: request.workspace,
  }));
  app.get("/v1/slow", async () => {
    waiting();
    await new Promise<void>((go) => (release = go));
    return { done: true };
  });
}

beforeAll(async () => {
  webDir = await mkdtemp(join(tmpdir(), "throughline-web-"));
  platform = await startPlatform({
    routes,
    webDir,
    collection: (app) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, given, done) => done(null, given));
      app.setErrorHandler((_error, _request, reply) =>
        reply.code(400).send({ success: false, message: "bad" }),
      );
      app.post<{ Body: Buffer }>("/v1/track", async (request) => {
        if (request.body.includes("bad")) throw new Error("bad");
        return { success: true };
      });
    },
  });
});
afterAll(async () => {
  await platform.stop();
  await rm(webDir, { recursive: true, force: true });
});

const auth = () => ({ authorization: `Bearer ${platform.first.secretKey}` });
const get = (url: string, headers: { [name: string]: string } = auth()) =>
  platform.app.inject({ url, headers });
const post = (payload: string | Buffer, headers: { [name: string]: string } = {}) =>
  platform.app.inject({
    method: "POST",
    url: "/v1/echo",
    headers: { ...auth(), "content-type": "application/json", ...headers },
    payload,
  });

describe("a problem", () => {
  test("says what is wrong, where, and how to ask about it", async () => {
    const answer = await post(JSON.stringify({ email: "no", lines: [{ n: 1 }, { n: "x" }] }));
    expect(answer.statusCode).toBe(400);
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    const problem = answer.json();
    expect(problem).toEqual({
      type: "/problems/bad_request",
      title: ERRORS.bad_request.title,
      status: 400,
      detail: expect.stringMatching(/^email \(body\): /),
      instance: `urn:uuid:${String(answer.headers["x-request-id"])}`,
      code: "bad_request",
      errors: [
        { pointer: "#/email", detail: expect.any(String), in: "body" },
        { pointer: "#/lines/1/n", detail: expect.any(String), in: "body" },
      ],
    });
    const page = await get(problem.type, {});
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain(problem.title);
  });

  test.each<[string, string | Buffer, { [name: string]: string }, number, string]>([
    ["malformed JSON", '{"email":', {}, 400, "not JSON"],
    ["no body", "", {}, 400, "body"],
    ["a prototype key", '{"__proto__":{"x":1}}', {}, 400, "not JSON"],
    ["a constructor key", '{"constructor":{"prototype":{"x":1}}}', {}, 400, "not JSON"],
    ["invalid UTF-8", Buffer.from([0x22, 0xff, 0x22]), {}, 400, "UTF-8"],
    ["a foreign content type", "a=1", { "content-type": "application/x-www-form-urlencoded" }, 415, ""],
    ["a body over the limit", Buffer.alloc(1024 * 1024 + 1, 0x20), {}, 413, ""],
    ["nesting of 1,000 levels", `${"[".repeat(1_000)}${"]".repeat(1_000)}`, {}, 400, ""],
    ["nesting of 100,000 levels", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, {}, 400, ""],
  ])("answers %s", async (_title, payload, headers, status, detail) => {
    const answer = await post(payload, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.json().status).toBe(status);
    expect(answer.json().detail).toContain(detail);
  });

  test("answers a NUL character in a text, a broken escape and a query out of bounds", async () => {
    expect((await get("/v1/text/a%00b")).json()).toMatchObject({
      status: 400,
      detail: expect.stringContaining("NUL"),
    });
    expect((await get("/v1/text/%zz")).json()).toMatchObject({ status: 400, code: "bad_request" });
    expect((await get("/v1/text/a?limit=11")).json()).toMatchObject({
      status: 400,
      errors: [{ pointer: "#/limit", in: "query" }],
    });
    expect((await get(`/v1/text/${"a".repeat(301)}`)).json()).toMatchObject({
      status: 400,
      code: "bad_request",
    });
  });

  test("hides the cause of a fault of ours, which stands in the log by the request's id, without people", async () => {
    const from = platform.lines.length;
    const answer = await get("/v1/fault?email=ann@example.com");
    expect(answer.json()).toMatchObject({ status: 500, code: "internal" });
    expect(answer.body).not.toContain("ann");
    const lines = platform.lines.slice(from).map((line) => JSON.parse(line) as { [key: string]: unknown });
    expect(lines.find(({ msg }) => msg === "fault")).toMatchObject({
      level: "error",
      requestId: answer.headers["x-request-id"],
      err: { message: "row of [e-mail] and [number]" },
    });
    expect(lines.find(({ msg }) => msg === "request")).toMatchObject({
      method: "GET",
      route: "/v1/fault",
      status: 500,
      ms: expect.any(Number),
    });
  });

  test("is also what a wrong answer of ours becomes, and a public route that asks for its workspace", async () => {
    expect((await get("/v1/lie")).json()).toMatchObject({ status: 500, code: "internal" });
    expect((await get("/v1/forgot")).json()).toMatchObject({ status: 500, code: "internal" });
  });

  test("tells in whole seconds when to come again", async () => {
    const answer = await get("/v1/busy");
    expect(answer.statusCode).toBe(429);
    expect(answer.headers["retry-after"]).toBe("2");
  });

  test("stands where nothing is, with a page for every code", async () => {
    expect((await get("/v1/nothing")).json()).toMatchObject({ status: 404, code: "not_found" });
    expect((await platform.app.inject({ method: "PUT", url: "/v1/keys" })).statusCode).toBe(404);
    for (const code of Object.keys(ERRORS)) expect((await get(`/problems/${code}`, {})).statusCode).toBe(200);
    expect((await get("/problems/constructor", {})).statusCode).toBe(404);
  });

  test("is not what collection answers: its scope keeps its own shape, parsers and freedom", async () => {
    const bad = await platform.app.inject({
      method: "POST",
      url: "/v1/track",
      headers: { "content-type": "text/plain" },
      payload: "bad",
    });
    expect(bad.json()).toEqual({ success: false, message: "bad" });
    const good = await platform.app.inject({ method: "POST", url: "/v1/track", payload: "good" });
    expect(good.json()).toEqual({ success: true });
    expect(good.headers).not.toHaveProperty("cross-origin-resource-policy");
    expect(good.headers["x-content-type-options"]).toBe("nosniff");
  });
});

describe("limits of rate", () => {
  test("are told with every answer and kept for each key by itself", async () => {
    const { app } = await platform.another({ THROUGHLINE_API_RATE_PER_KEY: "1" });
    const ask = (key: string | null) =>
      app.inject({ url: "/v1/text/a", headers: { authorization: `Bearer ${key}` } });
    const first = await ask(platform.first.secretKey);
    expect(first.headers).toMatchObject({
      "ratelimit-policy": '"default";q=10;w=10',
      ratelimit: '"default";r=9;t=1',
    });
    const rest = await Promise.all(Array.from({ length: 15 }, () => ask(platform.first.secretKey)));
    expect(rest.filter(({ statusCode }) => statusCode === 200)).toHaveLength(9);
    const refused = rest.find(({ statusCode }) => statusCode === 429)!;
    expect(refused.headers).toMatchObject({
      "retry-after": "1",
      ratelimit: expect.stringMatching(/^"default";r=0;t=10$/),
    });
    const made = await platform.app.inject({
      method: "POST",
      url: "/v1/keys",
      headers: auth(),
      payload: { kind: "secret", name: "Other" },
    });
    platform.passes(1_000);
    expect((await ask(made.json().value)).statusCode).toBe(200);
    expect((await ask(platform.first.secretKey)).statusCode).toBe(200);
  });
});

describe("operation", () => {
  test("is alive and ready, and says how far behind", async () => {
    expect((await get("/healthz", {})).json()).toEqual({ status: "ok" });
    const ready = await get("/readyz", {});
    expect(ready.statusCode).toBe(200);
    expect(ready.json()).toEqual({
      ready: true,
      worker: { lagEvents: 3, lagMs: 40 },
      eventLog: { lagEvents: 5, lagMs: 1500 },
      stores: { postgres: "ok", clickhouse: "unused" },
    });
  });

  test("counts what became of events, exactly, by workspace", async () => {
    const workspace = platform.first.workspace;
    await platform.sql.transaction((tx) =>
      addTallies(tx, [
        { workspace, name: "accepted", n: 7 },
        { workspace, name: "processed", n: 5 },
        { workspace, name: "refused", reason: "bot", n: 2 },
        { workspace: (workspace + 1) as typeof workspace, name: "accepted", n: 100 },
      ]),
    );
    expect((await get("/v1/stats")).json()).toEqual({
      accepted: 7,
      processed: 5,
      logged: 0,
      duplicates: 0,
      refused: { bot: 2 },
      replayed: 0,
    });
    const { body } = await get("/metrics", {});
    expect(body).toContain('throughline_events_total{outcome="accepted",reason=""} 107');
    expect(body).toContain('throughline_events_total{outcome="refused",reason="bot"} 2');
  });

  test("shows numbers in Prometheus' format, with steps, requests, lag and stores, and no person in a label", async () => {
    platform.metrics.meter.count("parse", "passed", 99);
    platform.metrics.meter.time("parse", 0.002);
    await get("/v1/text/ann%40example.com");
    const answer = await get("/metrics", {});
    expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    const lines = answer.body.trimEnd().split("\n");
    const sample = /^[a-z_][a-z0-9_]*(\{([a-z_]+="[^"\n]*",?)+\})? (-?[0-9.e+-]+|nan|\+Inf)$/i;
    const wrong = lines.filter(
      (line) => line !== "" && !/^# (HELP|TYPE) [a-z0-9_]+ .+/.test(line) && !sample.test(line),
    );
    expect(wrong).toEqual([]);
    const declared = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]);
    expect(new Set(declared).size).toBe(declared.length);
    for (const line of [
      'throughline_step_outcomes_total{step="parse",outcome="passed"} 99',
      'throughline_step_duration_seconds_count{step="parse"} 1',
      'throughline_lag_events{stage="worker"} 3',
      'throughline_lag_seconds{stage="event_log"} 1.5',
      'throughline_store_up{store="postgres"} 1',
    ])
      expect(lines).toContain(line);
    expect(answer.body).toContain('route="/v1/text/:id"');
    expect(answer.body).not.toMatch(/ann|example\.com|\b[sw]k_/);
  });

  test("keeps its numbers from strangers", async () => {
    const from = (remoteAddress: string, headers: { [name: string]: string } = {}) =>
      platform.app.inject({ url: "/metrics", remoteAddress, headers });
    expect((await from("10.1.2.3")).statusCode).toBe(200);
    expect((await from("203.0.113.9")).statusCode).toBe(401);
    expect((await from("127.0.0.1", { "x-forwarded-for": "203.0.113.9" })).statusCode).toBe(401);
    expect((await from("203.0.113.9", auth())).statusCode).toBe(200);
    expect(
      (await from("203.0.113.9", { authorization: `Bearer ${platform.first.writeKey}` })).statusCode,
    ).toBe(401);
  });

  test("writes no address, key, cookie or query of any request into the log", async () => {
    await get("/v1/text/bob%40example.com?limit=5&email=bob@example.com");
    await post(JSON.stringify({ email: "bob@example.com", lines: [] }), {
      cookie: "throughline=secretcookie",
    });
    await platform.app.inject({
      method: "POST",
      url: "/auth/sign-in",
      payload: { email: "bob@example.com", password: "bobs password" },
    });
    await get("/bob@example.com", {});
    expect(platform.lines.join("\n")).not.toMatch(/bob|secretcookie|\b[sw]k_|127\.0\.0\.1/);
  });
});

describe("a process with one role", () => {
  test("serves that role and its probes, nothing else", async () => {
    const collector = await platform.another({ THROUGHLINE_ROLES: "collector" });
    const worker = await platform.another({ THROUGHLINE_ROLES: "worker" });
    const status = async (app: typeof collector.app, url: string) =>
      (
        await app.inject({
          url,
          method: url === "/v1/track" ? "POST" : "GET",
          headers: { ...auth(), accept: "text/html" },
        })
      ).statusCode;
    expect([
      await status(collector.app, "/readyz"),
      await status(collector.app, "/v1/keys"),
      await status(collector.app, "/"),
    ]).toEqual([200, 404, 404]);
    expect(await status(collector.app, "/v1/track")).not.toBe(404);
    expect([
      await status(worker.app, "/readyz"),
      await status(worker.app, "/v1/track"),
      await status(worker.app, "/metrics"),
    ]).toEqual([200, 404, 200]);
  });
});

describe("the end", () => {
  test("lets the request under way finish and cuts idle connections at once", async () => {
    const { app } = await platform.another();
    await app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = app.server.address() as AddressInfo;
    const idle = connect(port, "127.0.0.1");
    const cut = new Promise<void>((done) => idle.once("close", () => done()));
    idle.on("error", () => undefined);
    idle.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await new Promise((done) => idle.once("data", done));
    const arrived = new Promise<void>((done) => (waiting = done));
    const slow = fetch(`http://127.0.0.1:${port}/v1/slow`, { headers: auth() });
    await arrived;
    const closed = app.close();
    await cut;
    release();
    const answer = await slow;
    expect(answer.headers.get("connection")).toBe("close");
    expect(await answer.json()).toEqual({ done: true });
    await closed;
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow();
  });
});
