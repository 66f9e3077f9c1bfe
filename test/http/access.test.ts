/** Keys, workspaces, people and sessions over HTTP, on a real PostgreSQL. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LightMyRequestResponse } from "fastify";
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
const cookieOf = (answer: LightMyRequestResponse): string =>
  answer.cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
const OWNER = { email: "Ann@Example.com", name: "Ann", password: "a long sentence is best" };

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

describe("the owner", () => {
  const web = () => ({ host: "localhost:3000", origin: "http://localhost:3000" });
  let cookie = "";
  let csrf = "";

  test("is made once, also when two try at the same moment", async () => {
    expect((await platform.app.inject({ url: "/auth/session" })).json()).toEqual({
      setupNeeded: true,
      user: null,
      workspaces: [],
      csrf: null,
    });
    const answers = await Promise.all(
      [OWNER, { ...OWNER, email: "eve@example.com" }].map((payload) =>
        platform.app.inject({
          method: "POST",
          url: "/auth/setup",
          headers: web(),
          payload: { ...payload, workspaceName: "Boots & Co" },
        }),
      ),
    );
    expect(answers.map(({ statusCode }) => statusCode).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await platform.sql.query("select id from users")).toHaveLength(1);
    expect(
      (await platform.app.inject({ method: "POST", url: "/auth/setup", payload: OWNER })).statusCode,
    ).toBe(409);
    const won = answers.find(({ statusCode }) => statusCode === 200)!;
    expect(won.json()).toMatchObject({
      setupNeeded: false,
      workspaces: [{ id: platform.first.workspace, name: "Boots & Co", role: "owner" }],
    });
    const set = String(won.headers["set-cookie"]);
    expect(set).toMatch(/HttpOnly/);
    expect(set).toMatch(/SameSite=Lax/);
    expect(set).not.toMatch(/Secure/);
    // Whoever won, the tests go on as Ann.
    await platform.sql.query("update users set email = 'ann@example.com', name = 'Ann'");
  });

  test("needs a password worth the name and a real address", async () => {
    const answer = await platform.app.inject({
      method: "POST",
      url: "/auth/setup",
      payload: { email: "no", name: " ", password: "short" },
    });
    expect(answer.json().errors.map((one: { pointer: string }) => one.pointer)).toEqual([
      "#/email",
      "#/name",
      "#/password",
    ]);
  });

  test("signs in whatever the capitals, and out", async () => {
    const answer = await platform.app.inject({
      method: "POST",
      url: "/auth/sign-in",
      headers: web(),
      payload: { email: OWNER.email, password: OWNER.password },
    });
    expect(answer.statusCode).toBe(200);
    cookie = cookieOf(answer);
    csrf = answer.json().csrf;
    const session = await platform.app.inject({ url: "/auth/session", headers: { cookie } });
    expect(session.json()).toMatchObject({ user: { email: "ann@example.com", name: "Ann" }, csrf });
    const stored = JSON.stringify(await platform.sql.query("select * from sessions"));
    expect(stored).not.toContain(cookie.split("=")[1]);
    expect(JSON.stringify(await platform.sql.query("select * from users"))).toContain("$argon2id$");
  });

  test("reads with the cookie alone and changes only with the CSRF token from our own pages", async () => {
    expect((await platform.app.inject({ url: "/v1/keys", headers: { cookie } })).statusCode).toBe(200);
    const change = (headers: { [name: string]: string }) =>
      platform.app.inject({
        method: "POST",
        url: "/v1/keys",
        headers: { cookie, ...headers },
        payload: { kind: "write", name: "Site" },
      });
    expect((await change({ ...web(), "x-csrf-token": csrf })).statusCode).toBe(201);
    expect((await change(web())).json()).toMatchObject({
      status: 403,
      detail: expect.stringContaining("X-CSRF-Token"),
    });
    expect((await change({ ...web(), "x-csrf-token": `${csrf.slice(1)}x` })).statusCode).toBe(403);
    expect((await change({ ...web(), origin: "https://evil.test", "x-csrf-token": csrf })).statusCode).toBe(
      403,
    );
    expect((await change({ "sec-fetch-site": "cross-site", "x-csrf-token": csrf })).statusCode).toBe(403);
  });

  test("cannot be signed in or set up by another site's page", async () => {
    for (const url of ["/auth/sign-in", "/auth/setup"]) {
      const answer = await platform.app.inject({
        method: "POST",
        url,
        headers: { ...web(), origin: "https://evil.test" },
        payload: OWNER,
      });
      expect(answer.statusCode).toBe(403);
    }
  });

  test("makes a workspace that no key of the first one can see", async () => {
    const headers = { cookie, ...web(), "x-csrf-token": csrf };
    const made = await platform.app.inject({
      method: "POST",
      url: "/v1/workspaces",
      headers,
      payload: { name: "Second" },
    });
    expect(made.statusCode).toBe(201);
    const { id, secretKey } = made.json();
    const keys = async (extra: { [name: string]: string }) =>
      (await platform.app.inject({ url: "/v1/keys", headers: extra })).json();
    expect((await keys({ cookie, "x-workspace": String(id) })).keys).toHaveLength(2);
    expect((await keys(bearer(secretKey))).keys).toHaveLength(2);
    expect(await keys({ ...bearer(platform.first.secretKey), "x-workspace": String(id) })).toMatchObject({
      status: 403,
    });
    expect(await keys({ cookie, "x-workspace": "9999" })).toMatchObject({ status: 403 });
    expect(await keys({ cookie, "x-workspace": "' or 1" })).toMatchObject({ status: 400 });
    expect(
      (await platform.app.inject({ url: "/v1/workspaces", headers: bearer(secretKey) })).json().workspaces,
    ).toEqual([{ id, name: "Second", role: "owner" }]);
    const byKey = await platform.app.inject({
      method: "POST",
      url: "/v1/workspaces",
      headers: bearer(secretKey),
      payload: { name: "Third" },
    });
    expect(byKey.statusCode).toBe(403);
  });

  test("as a viewer looks and changes nothing; as an editor makes no keys", async () => {
    const headers = { cookie, ...web(), "x-csrf-token": csrf };
    const make = async () =>
      (
        await platform.app.inject({
          method: "POST",
          url: "/v1/keys",
          headers,
          payload: { kind: "write", name: "Site" },
        })
      ).json();
    for (const role of ["viewer", "editor"]) {
      await platform.sql.query("update members set role = $1 where workspace = $2", [
        role,
        platform.first.workspace,
      ]);
      expect(await make()).toMatchObject({ status: 403, detail: expect.stringContaining("owner") });
      expect((await platform.app.inject({ url: "/v1/keys", headers: { cookie } })).statusCode).toBe(200);
    }
    await platform.sql.query("update members set role = 'owner'");
  });

  test("stays signed in while the session is used, and is signed out 14 days after the last use", async () => {
    const day = 24 * 3_600_000;
    platform.passes(13 * day);
    const used = await platform.app.inject({ url: "/v1/keys", headers: { cookie } });
    expect(used.statusCode).toBe(200);
    expect(String(used.headers["set-cookie"])).toContain("Max-Age=1209600");
    platform.passes(13 * day);
    expect((await platform.app.inject({ url: "/v1/keys", headers: { cookie } })).statusCode).toBe(200);
    platform.passes(14 * day);
    expect((await platform.app.inject({ url: "/v1/keys", headers: { cookie } })).json()).toMatchObject({
      status: 401,
      detail: expect.stringContaining("ended"),
    });
  });

  test("signs out, after which the cookie opens nothing", async () => {
    const again = await platform.app.inject({
      method: "POST",
      url: "/auth/sign-in",
      headers: web(),
      payload: { email: OWNER.email, password: OWNER.password },
    });
    const headers = { cookie: cookieOf(again), ...web() };
    expect((await platform.app.inject({ method: "POST", url: "/auth/sign-out", headers })).statusCode).toBe(
      403,
    );
    const out = await platform.app.inject({
      method: "POST",
      url: "/auth/sign-out",
      headers: { ...headers, "x-csrf-token": again.json().csrf },
    });
    expect(out.json()).toEqual({ setupNeeded: false, user: null, workspaces: [], csrf: null });
    expect((await platform.app.inject({ url: "/v1/keys", headers })).statusCode).toBe(401);
  });

  test("is let in again only after a while when the password was wrong five times, also many at once", async () => {
    const attempt = (password: string, remoteAddress: string) =>
      platform.app.inject({
        method: "POST",
        url: "/auth/sign-in",
        remoteAddress,
        headers: web(),
        payload: { email: OWNER.email, password },
      });
    const wrong = await Promise.all(Array.from({ length: 8 }, () => attempt("wrong wrong", "203.0.113.9")));
    expect(wrong.filter(({ statusCode }) => statusCode === 401)).toHaveLength(5);
    expect(wrong.filter(({ statusCode }) => statusCode === 429)).toHaveLength(3);
    const refused = await attempt(OWNER.password, "203.0.113.9");
    expect(refused.statusCode).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect((await attempt(OWNER.password, "203.0.113.10")).statusCode).toBe(200);
    platform.passes(15 * 60_000);
    expect((await attempt(OWNER.password, "203.0.113.9")).statusCode).toBe(200);
  });

  test("is answered the same for a wrong password and an unknown address", async () => {
    const attempt = async (email: string) => {
      const { instance: _, ...problem } = (
        await platform.app.inject({
          method: "POST",
          url: "/auth/sign-in",
          payload: { email, password: "wrong wrong" },
        })
      ).json();
      return problem;
    };
    expect(await attempt("nobody@example.com")).toEqual(await attempt(OWNER.email));
  });

  test("has a Secure cookie bound to the host where the public address is https", async () => {
    const { app } = await platform.another({ THROUGHLINE_URL: "https://cx.example.com" });
    const answer = await app.inject({
      method: "POST",
      url: "/auth/sign-in",
      headers: { origin: "https://cx.example.com", host: "10.0.0.1" },
      payload: { email: OWNER.email, password: OWNER.password },
    });
    expect(String(answer.headers["set-cookie"])).toMatch(
      /^__Host-throughline=[\w-]{43};.*Path=\/; HttpOnly; Secure; SameSite=Lax/,
    );
    expect(answer.headers["strict-transport-security"]).toBeDefined();
  });
});
