/** Keys and workspaces over HTTP, on a real PostgreSQL. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureFirstWorkspace } from "../../src/access/first.ts";
import { createKeyRing } from "../../src/access/keys.ts";
import { type Platform, startPlatform } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(() => platform.stop());

const bearer = (key: string | null) => ({ authorization: `Bearer ${key}` });

describe("the first start", () => {
  test("makes a workspace with a write key and a secret key that work", async () => {
    expect(platform.first).toMatchObject({
      writeKey: expect.stringMatching(/^wk_/),
      secretKey: expect.stringMatching(/^sk_/),
      notes: [],
    });
    expect(await platform.keys.find(platform.first.writeKey!)).toMatchObject({
      workspace: platform.first.workspace,
    });
    const answer = await platform.app.inject({ url: "/v1/keys", headers: bearer(platform.first.secretKey) });
    expect(answer.json().keys).toHaveLength(2);
  });

  test("leaves the secret key for its owner alone, and only its hash in the database", async () => {
    const file = join(platform.dataDir, "keys.json");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual({ secretKey: platform.first.secretKey });
    const rows = await platform.sql.query("select * from keys");
    expect(JSON.stringify(rows)).not.toContain(platform.first.secretKey);
  });

  test("again finds the same keys and makes no others", async () => {
    const again = await ensureFirstWorkspace(platform.sql, { dataDir: platform.dataDir, now: Date.now() });
    expect(again).toEqual(platform.first);
    const elsewhere = await ensureFirstWorkspace(platform.sql, { dataDir: "/nonexistent", now: Date.now() });
    expect(elsewhere).toMatchObject({ secretKey: null, notes: [expect.stringContaining("secret key")] });
  });

  test("by several processes at once makes one workspace", async () => {
    const options = {
      dataDir: platform.dataDir,
      now: Date.now(),
      writeKey: "preset-write",
      secretKey: "preset-secret",
    };
    const all = await Promise.all([1, 2, 3, 4].map(() => ensureFirstWorkspace(platform.sql, options)));
    expect(new Set(all.map((first) => first.workspace)).size).toBe(1);
    const rows = await platform.sql.query(
      "select id from keys where value = 'preset-write' or name = 'Preset by THROUGHLINE_SECRET_KEY'",
    );
    expect(rows).toHaveLength(2);
    platform.keys.changed();
    expect(
      (await platform.app.inject({ url: "/v1/keys", headers: bearer("preset-secret") })).statusCode,
    ).toBe(200);
  });
});

describe("a key", () => {
  test("is made, shown once, and revoked at once", async () => {
    const made = await platform.app.inject({
      method: "POST",
      url: "/v1/keys",
      headers: bearer(platform.first.secretKey),
      payload: { kind: "secret", name: "Backups" },
    });
    expect(made.statusCode).toBe(201);
    const key = made.json();
    expect((await platform.app.inject({ url: "/v1/keys", headers: bearer(key.value) })).statusCode).toBe(200);
    const listed = (await platform.app.inject({ url: "/v1/keys", headers: bearer(key.value) }))
      .json()
      .keys.find((one: { id: number }) => one.id === key.id);
    expect(listed).toMatchObject({ kind: "secret", name: "Backups", value: null, hint: key.value.slice(-4) });
    const revoked = await platform.app.inject({
      method: "DELETE",
      url: `/v1/keys/${key.id}`,
      headers: bearer(platform.first.secretKey),
    });
    expect(revoked.json().revokedAt).not.toBeNull();
    expect((await platform.app.inject({ url: "/v1/keys", headers: bearer(key.value) })).statusCode).toBe(401);
  });

  test("revoked in one process stops working in another within five seconds", async () => {
    const other = await platform.another();
    const made = await platform.app.inject({
      method: "POST",
      url: "/v1/keys",
      headers: bearer(platform.first.secretKey),
      payload: { kind: "write", name: "Site" },
    });
    const { id, value } = made.json();
    expect(await other.keys.find(value)).not.toBeNull();
    await platform.app.inject({
      method: "DELETE",
      url: `/v1/keys/${id}`,
      headers: bearer(platform.first.secretKey),
    });
    platform.passes(5_000);
    expect(await other.keys.find(value)).toBeNull();
  });

  test("made in another process works within a moment", async () => {
    const other = await platform.another();
    await other.keys.find("warm");
    const made = await platform.app.inject({
      method: "POST",
      url: "/v1/keys",
      headers: bearer(platform.first.secretKey),
      payload: { kind: "write", name: "Site" },
    });
    platform.passes(250);
    expect(await other.keys.find(made.json().value)).not.toBeNull();
  });

  test("unknown in a flood does not reach the database", async () => {
    let statements = 0;
    const counted = {
      ...platform.sql,
      query: <Row extends object>(text: string, values?: readonly unknown[]) => (
        statements++,
        platform.sql.query<Row>(text, values)
      ),
    };
    const ring = createKeyRing(counted, () => 1_000);
    await Promise.all(Array.from({ length: 5_000 }, (_, i) => ring.find(`wk_${i}`)));
    expect(statements).toBe(1);
  });

  test("of the wrong kind or form is told so", async () => {
    const detail = async (authorization: string) =>
      (await platform.app.inject({ url: "/v1/keys", headers: { authorization } })).json();
    expect(await detail(`Bearer ${platform.first.writeKey}`)).toMatchObject({
      status: 401,
      detail: expect.stringContaining("write key"),
    });
    expect(await detail("Bearer sk_wrong")).toMatchObject({ status: 401, code: "unauthenticated" });
    expect(await detail("Basic c2s6")).toMatchObject({ status: 401 });
    expect(await detail(`Bearer ${"x".repeat(5_000)}`)).toMatchObject({ status: 401 });
  });

  test("of another workspace, or none, is not found when it is to be revoked", async () => {
    const revoke = (id: string) =>
      platform.app.inject({
        method: "DELETE",
        url: `/v1/keys/${id}`,
        headers: bearer(platform.first.secretKey),
      });
    expect((await revoke("999999")).statusCode).toBe(404);
    expect((await revoke("99999999999999")).statusCode).toBe(400);
    expect((await revoke("x")).json()).toMatchObject({
      status: 400,
      errors: [{ pointer: "#/id", in: "path" }],
    });
  });
});
