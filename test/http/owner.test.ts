/** People and their sessions over HTTP, on a real PostgreSQL. */
import type { LightMyRequestResponse } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
