/** The door over real HTTP, on the real server, inbox and PostgreSQL: every way in, back-pressure, and what SDKs fetch. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { clientOf, type Door, OK, openDoor, track } from "../../test/sdk/door.ts";
import { Failure } from "../errors.ts";
import { LIMITS } from "./model.ts";

let door: Door;
const { basic, send, raw } = clientOf(() => door);
let failure: Failure | null = null;
beforeAll(async () => {
  door = await openDoor({
    wrap: (inbox) => ({ append: (events) => (failure ? Promise.reject(failure) : inbox.append(events)) }),
  });
});
afterAll(() => door?.stop());
beforeEach(async () => {
  failure = null;
  await door.clear();
});

describe("ways in", () => {
  test("each address has its type, and a batch its own", async () => {
    const paths = { t: "track", i: "identify", p: "page", g: "group", s: "screen", a: "alias" } as const;
    for (const [letter, type] of Object.entries(paths))
      for (const path of [`/v1/${letter}`, `/v1/${type}`, `/api/s/${type}`, `/api/s/s2s/${type}`]) {
        const event = {
          event: "e",
          userId: "u1",
          groupId: "g1",
          previousId: "p1",
          messageId: path,
          writeKey: "masked:***",
        };
        expect(
          await send(
            path,
            event,
            path.startsWith("/api") ? { "x-write-key": `${door.writeKey}:secret` } : basic(),
          ),
        ).toMatchObject(OK);
      }
    for (const path of ["/v1/batch", "/v1/b", "/v1/import"])
      expect(await send(path, { batch: [track({ messageId: path })] })).toMatchObject(OK);
    const events = await door.events();
    expect(events).toHaveLength(27);
    expect(new Set(events.map(({ id }) => id)).size).toBe(27);
    for (const { id, type } of events)
      if (id.startsWith("/v1/track") || id.startsWith("/api/s/s2s/track")) expect(type).toBe("track");
    expect(events.filter(({ type }) => type === "screen")).toHaveLength(4);
  });

  test("the key may be in Basic with or without colon, in the body, in a header, or in the beacon's query", async () => {
    const { writeKey } = door;
    expect(
      await send("/v1/track", track(), {
        authorization: `Basic ${Buffer.from(writeKey).toString("base64")}`,
      }),
    ).toMatchObject(OK);
    expect(await send("/v1/track", { ...track(), writeKey }, {})).toMatchObject(OK);
    expect(
      await send("/v1/batch", { batch: [track()], writeKey }, { authorization: "Bearer abc" }),
    ).toMatchObject(OK);
    expect(await send("/v1/batch", { batch: [track()] }, { "x-write-key": writeKey })).toMatchObject(OK);
    expect(
      await send(
        `/beacon/v1/batch?writeKey=${writeKey}`,
        { batch: [track()] },
        { "content-type": "text/plain" },
      ),
    ).toMatchObject(OK);
    expect(await door.events()).toHaveLength(5);
  });

  test("an unknown key, no key, and a key of 100 KB are 401, and nothing is kept", async () => {
    for (const headers of [basic("nobody"), {}, basic("x".repeat(7_000)), { authorization: "Basic !!!" }] as {
      [name: string]: string;
    }[])
      expect((await send("/v1/track", track(), headers)).status).toBe(401);
    expect((await send("/v1/track", { ...track(), writeKey: "x".repeat(100_000) }, {})).status).toBe(401);
    expect((await send("/api/s/track", { ...track(), writeKey: door.writeKey }, {})).status).toBe(401);
    expect(await door.events()).toEqual([]);
    expect(door.counted("authenticate", "unknown_key")).toBe(6);
  });

  test.each([
    ["gzip", gzipSync], ["deflate", deflateSync], ["deflate", deflateRawSync], ["br", brotliCompressSync],
  ] as const)("a body in %s, labelled as a form", async (encoding, compress) => {
    const body = compress(JSON.stringify({ batch: [track()] }));
    expect(await send("/v1/batch", body, { ...basic(), "content-encoding": encoding, "content-type": "application/x-www-form-urlencoded" })).toMatchObject(OK);
    expect(await door.events()).toHaveLength(1);
  }); // prettier-ignore

  test("any content type, none, and a byte order mark", async () => {
    for (const type of [
      "text/plain",
      "application/json; charset=utf-8",
      "multipart/form-data",
      "nonsense",
      "*/*",
    ])
      expect(await send("/v1/track", track(), { ...basic(), "content-type": type })).toMatchObject(OK);
    expect(await send("/v1/track", `\ufeff${JSON.stringify(track())}`)).toMatchObject(OK);
    const body = JSON.stringify(track());
    expect(
      await raw(
        `POST /v1/track HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic().authorization}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
      ),
    ).toContain('{"success":true}');
    expect(await door.events()).toHaveLength(7);
  });

  test("GPC, the SentAt header and the batch's time of sending reach the events", async () => {
    const timestamp = "2020-01-01T00:00:00.000Z";
    await send("/v1/track", track({ timestamp }), {
      ...basic(),
      sentat: "2020-01-01T00:00:10.000Z",
      "sec-gpc": "1",
    });
    await send("/v1/batch", { batch: [track({ timestamp })], sentAt: "2020-01-01T00:00:20.000Z" });
    const [one, two] = await door.events();
    expect(one!.receivedAt - one!.happenedAt).toBe(10_000);
    expect(one!.consents).toEqual([
      { channel: "ads", purpose: "advertising", answer: "denied", source: "gpc" },
    ]);
    expect(two!.receivedAt - two!.happenedAt).toBe(20_000);
  });

  test("a pixel always gets its image, and its event in either spelling, also through a mail program's proxy", async () => {
    const data = Buffer.from(
      JSON.stringify({ ...track({ event: "Email Opened" }), writeKey: door.writeKey }),
    ).toString("base64url");
    const flat = new URLSearchParams({
      writeKey: door.writeKey,
      event: "Email Opened",
      userId: "u2",
      "properties.campaign_id": "c1",
      "__proto__.x": "1",
    });
    for (const path of [
      `/v1/pixel/track?data=${data}`,
      `/v1/pixel/track?${flat.toString()}`,
      "/v1/pixel/track",
      "/v1/pixel/track?data=%%%",
      "/v1/pixel/sing?x=1",
    ]) {
      const response = await fetch(door.url + path, {
        // How a large mail provider's proxy calls itself.
        headers: {
          "user-agent":
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        },
      });
      expect([
        response.status,
        response.headers.get("content-type"),
        Buffer.from(await response.arrayBuffer())
          .subarray(0, 3)
          .toString(),
      ]).toEqual([200, "image/gif", "GIF"]);
    }
    expect(await door.events()).toMatchObject([
      { channel: "email", name: "Email Opened" },
      { properties: { campaign_id: "c1" } },
    ]);
  });

  test("a preflight is answered with what it asked for, and every answer can be read from any page", async () => {
    for (const path of [
      "/v1/batch",
      "/v1/t",
      "/v1/m",
      "/api/s/track",
      "/beacon/v1/batch",
      `/v1/projects/${door.writeKey}/settings`,
      "/sourceConfig/",
    ]) {
      const response = await fetch(door.url + path, {
        method: "OPTIONS",
        headers: {
          origin: "https://shop.example",
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,x-new-header",
          "access-control-request-private-network": "true",
        },
      });
      expect(response.status).toBe(204);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "access-control-allow-origin": "*", "access-control-allow-headers": "authorization,x-new-header", "access-control-max-age": "7200",
        "access-control-allow-private-network": "true", "access-control-allow-methods": "GET, POST, OPTIONS",
      }); // prettier-ignore
    }
    for (const [path, body] of [
      ["/v1/track", "{"],
      ["/v1/track", "x".repeat(LIMITS.bodyBytesMax + 1)],
    ] as const)
      expect((await send(path, body)).headers.get("access-control-allow-origin")).toBe("*");
    expect((await send("/v1/track", track(), {})).headers.get("access-control-allow-origin")).toBe("*");
    expect(await send("/v1/m", { series: [] }, {})).toMatchObject(OK);
  });
});

describe("back-pressure", () => {
  test("too many is 429 with whole seconds, a store that is down 503; nothing is kept, refused events neither", async () => {
    failure = new Failure("too_many", "More events are waiting than can be handled soon.", {
      retryAfterSeconds: 1.2,
    });
    const many = await send("/v1/batch", { batch: [track(), { type: "track" }] });
    expect([
      many.status,
      many.headers.get("retry-after"),
      many.headers.get("x-ratelimit-reset"),
      many.answer.success,
    ]).toEqual([429, "2", "2", false]);
    failure = new Failure("store_unavailable", "PostgreSQL cannot serve for now: secret details", {
      retryAfterSeconds: 1,
    });
    const down = await send("/v1/track", track());
    expect([down.status, down.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(down.answer.message).not.toContain("secret");
    expect(await door.events()).toEqual([]);
    expect(await door.refused()).toEqual([]);
    expect(
      (await fetch(`${door.url}/v1/pixel/track?writeKey=${door.writeKey}&event=e&userId=u`)).status,
    ).toBe(200);
  });
});

describe("what SDKs fetch", () => {
  test("settings that point to the host they were asked of; 404 for an unknown key", async () => {
    const response = await fetch(`${door.url}/v1/projects/${door.writeKey}/settings`);
    const settings = (await response.json()) as {
      integrations: { [name: string]: { apiHost: string; protocol: string; apiKey: string } };
    };
    const host = new URL(door.url).host;
    for (const name of ["Segment.io", "Customer.io Data Pipelines"])
      expect(settings.integrations[name]).toMatchObject({
        apiHost: `${host}/v1`,
        protocol: "http",
        apiKey: door.writeKey,
      });
    expect(settings.integrations["Segment.io"]).not.toHaveProperty("versionSettings");
    expect((await fetch(`${door.url}/v1/projects/nobody/settings`)).status).toBe(404);
  });
  test("RudderStack's source configuration", async () => {
    const response = await fetch(`${door.url}/sourceConfig/?writeKey=x&p=web`, { headers: basic() });
    expect(await response.json()).toMatchObject({
      source: { writeKey: door.writeKey, enabled: true, destinations: [] },
    });
    expect((await fetch(`${door.url}/sourceConfig/`)).status).toBe(401);
  });
  test("analytics.js and its parts, compressed, and nothing outside their folder", async () => {
    const script = await fetch(`${door.url}/analytics.js/v1/${door.writeKey}/analytics.min.js`);
    expect(script.headers.get("content-encoding")).toBe("gzip");
    expect((await script.text()).length).toBeGreaterThan(50_000);
    const again = await fetch(script.url, { headers: { "if-none-match": script.headers.get("etag")! } });
    expect(again.status).toBe(304);
    for (const path of [
      "../package.json",
      "..%2f..%2fpackage.json",
      "%2e%2e%2f%2e%2e%2fpackage.json",
      "index.js.map",
      "nothing.js",
      "..",
      "%00",
    ]) {
      const answer = await raw(
        `GET /analytics-next/bundles/${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1.1 40[04] /);
      expect(answer).not.toContain('"dependencies"');
    }
  });
});
