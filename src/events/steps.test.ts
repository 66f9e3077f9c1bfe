/** The door's steps: the cases that real senders and broken ones bring. The laws stand in laws.test.ts. */
import { describe, expect, test } from "vitest";
import type { Json, WorkspaceId } from "../values.ts";
import { happenedAtOf, instantOf } from "./clock.ts";
import { arrivalFor } from "./envelope.ts";
import { normalised } from "./identifiers.ts";
import type { Event } from "./model.ts";
import { admit, type Admitted } from "./steps.ts";

const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const silent = { count: () => undefined, time: () => undefined };
const by = { workspace: 1 as WorkspaceId, key: 7, receivedAt: NOW, newId: () => "made-here" };
type Request = Parameters<typeof arrivalFor>[1];

function admitText(
  text: string,
  request: Partial<Request> = {},
  more: Partial<typeof by> & { keepIp?: boolean; country?: string } = {},
): Admitted {
  const given = JSON.parse(text) as Json[];
  return admit(given, arrivalFor({ ...by, ...more }, { text, ...request }), silent, () => 0);
}
function accept(
  event: object,
  request: Partial<Request> = {},
  more: { keepIp?: boolean; country?: string } = {},
): Event {
  const { accepted, refused } = admitText(JSON.stringify([event]), request, more);
  expect(refused).toEqual([]);
  return accepted[0]!;
}
function refusalOf(event: unknown, request: Partial<Request> = {}): string {
  const { accepted, refused } = admitText(JSON.stringify([event]), request);
  expect(accepted).toEqual([]);
  expect(refused[0]!.detail).not.toBe("");
  return refused[0]!.reason;
}
const track = (more: object = {}) => ({ type: "track", event: "Thing Happened", userId: "u1", ...more });
const namesIn = (event: Event) => event.identifiers.map(({ kind, value }) => `${kind}=${value}`);

describe("time", () => {
  test.each([
    ["2026-11-21T10:00:00.000Z", Date.UTC(2026, 10, 21, 10)],
    ["2026-11-21T10:00:00Z", Date.UTC(2026, 10, 21, 10)],
    ["2026-11-21T12:00:00+02:00", Date.UTC(2026, 10, 21, 10)],
    ["2026-11-21T12:00:00.5+0200", Date.UTC(2026, 10, 21, 10, 0, 0, 500)],
    ["2026-11-21T12:00:00-02", Date.UTC(2026, 10, 21, 14)],
    ["2026-11-21T10:00:00.123456789Z", Date.UTC(2026, 10, 21, 10, 0, 0, 123)],
    ["2026-11-21 10:00", Date.UTC(2026, 10, 21, 10)],
    ["2026-11-21", Date.UTC(2026, 10, 21)],
    [1_795_255_200, 1_795_255_200_000],
    [1_795_255_200_000, 1_795_255_200_000],
    ["1795255200", 1_795_255_200_000],
    [0, 0],
    ["1970-01-01T00:00:00.000Z", 0],
    ["yesterday", null], ["", null], [null, null], [true, null], [{}, null], ["2026-13-45T99:99:99.999Z", null], ["2026-02-3xT10:00:00.000Z", null],
    [Number.MAX_SAFE_INTEGER, null],
  ] as const)("%s is read as %s", (given, expected) => expect(instantOf(given)).toBe(expected)); // prettier-ignore

  test("a sender whose clock is an hour slow is put right by its time of sending", () => {
    const event = accept(
      track({ timestamp: "2026-11-21T10:59:50.000Z", sentAt: "2026-11-21T11:00:00.000Z" }),
    );
    expect(event).toMatchObject({
      happenedAt: NOW - 10_000,
      originalAt: NOW - 3_610_000,
      sentAt: NOW - 3_600_000,
      receivedAt: NOW,
    });
  });
  test("an event's own time of sending wins over the batch's, and originalTimestamp over timestamp", () => {
    const given = track({
      originalTimestamp: "2026-11-21T09:00:00.000Z",
      timestamp: "2000-01-01T00:00:00Z",
      sentAt: "2026-11-21T09:00:05.000Z",
    });
    expect(accept(given, { sentAt: "2026-11-21T01:00:00.000Z" }).happenedAt).toBe(NOW - 5_000);
    expect(
      accept(track({ timestamp: "2026-11-21T09:00:00.000Z" }), { sentAt: "2026-11-21T09:00:05.000Z" })
        .happenedAt,
    ).toBe(NOW - 5_000);
  });
  test("without a time of sending nothing is corrected, and without any time it happened when it came", () => {
    expect(accept(track({ timestamp: "2026-11-20T10:00:00Z" })).happenedAt).toBe(Date.UTC(2026, 10, 20, 10));
    expect(accept(track())).toMatchObject({ happenedAt: NOW, originalAt: null, sentAt: null });
    expect(accept(track({ timestamp: "garbage" }))).toMatchObject({ happenedAt: NOW, originalAt: null });
  });
  test("more than a day ahead is now; 1970 is kept, for history is imported", () => {
    expect(happenedAtOf(NOW + 86_400_001, null, NOW)).toBe(NOW);
    expect(happenedAtOf(NOW + 86_400_000, null, NOW)).toBe(NOW + 86_400_000);
    expect(accept(track({ timestamp: "1970-01-01T00:00:00.000Z" })).happenedAt).toBe(0);
  });
});

describe("identifiers", () => {
  test("empty and null ids are absent, numbers are ids", () => {
    expect(namesIn(accept({ type: "track", event: "e", userId: "", anonymousId: "a1" }))).toEqual([
      "anonymous_id=a1",
    ]);
    expect(namesIn(accept({ type: "track", event: "e", userId: null, anonymousId: 42 }))).toEqual([
      "anonymous_id=42",
    ]);
    expect(refusalOf({ type: "track", event: "e", userId: " ", anonymousId: null })).toBe(
      "missing_identifier",
    );
  });
  test("blocked values are left out, and refused when nothing else is left", () => {
    expect(namesIn(accept({ type: "track", event: "e", userId: "null", anonymousId: "a1" }))).toEqual([
      "anonymous_id=a1",
    ]);
    for (const userId of ["null", "0000-0000", "-1", "Anonymous", "undefined"])
      expect(refusalOf({ type: "track", event: "e", userId })).toBe("blocked_identifier");
  });
  test("strongest kind first, each once", () => {
    const event = accept({
      type: "identify", anonymousId: "a1", userId: "u1", traits: { email: " Ann@Example.COM ", phone: "+1 (212) 812-0000", loyalty_id: 77, external_id: "e1" },
      context: { device: { id: "d1", token: "t1" }, traits: { email: "ann@example.com" }, externalIds: [{ id: "9", type: "crm" }, { id: "u1", type: "user_id" }, { id: "x", type: "email", encoding: "sha256" }, 5] },
    }); // prettier-ignore
    expect(namesIn(event)).toEqual([
      "user_id=u1", "email=ann@example.com", "phone=+12128120000", "external_id=crm:9", "external_id=e1", "loyalty_id=77", "push_token=t1", "device_id=d1", "anonymous_id=a1",
    ]); // prettier-ignore
  });
  test("a phone number without its country is read in the address's country, then the workspace's", () => {
    const phone = (traits: object, country?: string) =>
      namesIn(accept({ type: "identify", userId: "u", traits }, {}, country ? { country } : {})).find(
        (name) => name.startsWith("phone"),
      );
    expect(phone({ phone: "030 901820", address: { country: "DE" } })).toBe("phone=+4930901820");
    expect(phone({ phone: "020 7946 0958" }, "GB")).toBe("phone=+442079460958");
    expect(phone({ phone: "0044 20 7946 0958" })).toBe("phone=+442079460958");
    expect(phone({ phone: "020 7946 0958" })).toBeUndefined();
    expect(phone({ phone: "call me" })).toBeUndefined();
  });
  test.each([
    ["ann@example.com", "ann@example.com"], ["ANN@EXAMPLE.COM", "ann@example.com"], ["ann", null], ["a@b", null], ["a b@c.de", null], ["Ann <a@b.co>", null], ["@b.co", null],
  ])("e-mail %s is kept as %s", (given, kept) => expect(normalised("email", given)).toBe(kept)); // prettier-ignore
  test("a form's e-mail is its sender's; one somebody shares with is not", () => {
    const anonymous = { type: "track", anonymousId: "a1", properties: { email: "ann@example.com" } };
    for (const event of ["Form Submitted", "Signed Up", "Order Completed", "Newsletter Subscribed"])
      expect(namesIn(accept({ ...anonymous, event }))).toContain("email=ann@example.com");
    for (const event of ["Product Shared", "Invite Sent", "Friend Referred", "Gift Card Order Completed"])
      expect(namesIn(accept({ ...anonymous, event }))).toEqual(["anonymous_id=a1"]);
    expect(namesIn(accept({ ...anonymous, event: "Video Played" }))).toEqual(["anonymous_id=a1"]);
    expect(
      namesIn(accept({ type: "track", event: "Video Played", properties: { email: "ann@example.com" } })),
    ).toEqual(["email=ann@example.com"]);
    expect(
      refusalOf({ type: "track", event: "Product Shared", properties: { email: "bob@example.com" } }),
    ).toBe("missing_identifier");
  });
  test("a group's traits are the account's, not the customer's", () => {
    const event = accept({
      type: "group",
      userId: "u1",
      groupId: 12,
      traits: { email: "info@acme.example" },
    });
    expect(namesIn(event)).toEqual(["user_id=u1"]);
    expect(event).toMatchObject({
      accountId: "12",
      traits: { email: "info@acme.example" },
      name: "$account.joined",
    });
  });
  test("RudderStack's traits in the context of an identify are the customer's", () => {
    const event = accept({
      type: "identify",
      userId: "u1",
      context: { traits: { email: "a@b.co", plan: "gold" } },
    });
    expect(event.traits).toEqual({ email: "a@b.co", plan: "gold" });
    expect(namesIn(event)).toEqual(["user_id=u1", "email=a@b.co"]);
  });
  test("an alias says the former name: a visitor's when it is a UUID", () => {
    const uuid = "0b5cbd16-6f1c-4f4c-9e8a-9e2b7ff0a001";
    expect(accept({ type: "alias", userId: "u1", previousId: uuid }).previous).toEqual({
      kind: "anonymous_id",
      value: uuid,
    });
    expect(accept({ type: "alias", userId: "u1", previousId: "old" }).previous).toEqual({
      kind: "user_id",
      value: "old",
    });
    expect(accept({ type: "alias", userId: "u1", anonymousId: "v1", previousId: "v1" }).previous?.kind).toBe(
      "anonymous_id",
    );
    expect(refusalOf({ type: "alias", userId: "u1" })).toBe("missing_previous");
    expect(refusalOf({ type: "alias", userId: "u1", previousId: "null" })).toBe("blocked_identifier");
  });
});

describe("refusals", () => {
  const deep = (levels: number): Json => JSON.parse("[".repeat(levels) + "]".repeat(levels)) as Json;
  test.each([
    ["not_an_object", 5], ["not_an_object", null], ["not_an_object", []], ["not_an_object", "track"],
    ["unknown_type", { userId: "u" }], ["unknown_type", { type: "sing", userId: "u" }], ["unknown_type", { type: 5, userId: "u" }],
    ["missing_name", { type: "track", userId: "u" }], ["missing_name", { type: "track", event: "  ", userId: "u" }],
    ["invalid_field", { type: "track", event: 5, userId: "u" }], ["invalid_field", { type: "track", event: "x".repeat(201), userId: "u" }],
    ["invalid_field", track({ properties: "many" })], ["invalid_field", track({ properties: [1] })], ["invalid_field", track({ context: 7 })],
    ["invalid_field", track({ userId: {} })], ["invalid_field", track({ userId: true })], ["invalid_field", track({ userId: "x".repeat(501) })],
    ["missing_identifier", { type: "track", event: "e" }], ["missing_account", { type: "group", userId: "u" }],
    ["message_id_too_long", track({ messageId: "x".repeat(101) })],
    ["too_many_keys", track({ properties: Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`k${i}`, 1])) })],
    ["too_deep", track({ properties: { a: deep(20) } })], ["too_deep", track({ properties: { a: deep(1_000) } })], ["too_deep", track({ context: { a: deep(2_000) } })],
    ["too_large", track({ properties: { text: "x".repeat(33_000) } })], ["too_large", track({ userId: "x".repeat(100_000) })], ["too_large", track({ properties: { text: "\u20ac".repeat(11_000) } })],
    ["bot", track({ context: { userAgent: "Googlebot/2.1 (+http://www.google.com/bot.html)" } })],
  ] as const)("%s: %j", (reason, event) => expect(refusalOf(event)).toBe(reason)); // prettier-ignore

  test("what is just within the limits is taken", () => {
    accept(track({ messageId: "x".repeat(100), properties: { a: deep(17), text: "x".repeat(30_000) } }));
    accept(track({ properties: Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 1])) }));
  });
  test("10,000 levels do not overflow anything, and the event is kept", () => {
    const text = `[{"type":"track","event":"e","userId":"u","properties":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}]`;
    expect(admitText(text).refused).toMatchObject([{ reason: "too_deep" }]);
  });
  test("one bad event does not hold up the others of its batch", () => {
    const { accepted, refused } = admitText(
      JSON.stringify([track({ messageId: "1" }), { type: "track" }, track({ messageId: "3" }), 7]),
    );
    expect(accepted.map(({ id }) => id)).toEqual(["1", "3"]);
    expect(refused.map(({ reason }) => reason)).toEqual(["missing_name", "not_an_object"]);
  });
  test("a refused event keeps what it had from its request, and no address", () => {
    const text = JSON.stringify([{ event: "e", context: { ip: "203.0.113.9" } }]);
    const { refused } = admitText(text, {
      type: "track",
      sentAt: "2026-11-21T11:00:00.000Z",
      gpc: true,
      context: { locale: "de" },
    });
    expect(JSON.parse(refused[0]!.body)).toEqual({
      event: "e",
      type: "track",
      sentAt: "2026-11-21T11:00:00.000Z",
      context: { locale: "de", globalPrivacyControl: true },
    });
  });
});

describe("text", () => {
  test("NUL, the list separator and lone surrogates are taken out of values and names; pairs stay", () => {
    const event = accept(
      track({
        messageId: "m\u0000\u0001",
        properties: { "a\u0000b": "x\u0000y\u0001z", lone: "\ud800!", pair: "\ud83d\ude00" },
      }),
    );
    expect(event).toMatchObject({ id: "m", properties: { ab: "xyz", lone: "\ufffd!", pair: "😀" } });
  });
  test("prototype keys do nothing", () => {
    const text =
      '[{"type":"track","event":"e","userId":"u","__proto__":{"polluted":1},"properties":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"\\u005f_proto__":{"polluted":1},"a":1},"context":{"__proto__":{"channel":"store"}}}]';
    const event = admitText(text).accepted[0]!;
    expect(Object.keys(event.properties!)).toEqual(["constructor", "a"]);
    expect(event.channel).toBe("other");
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    for (const event of ["constructor", "__proto__", "toString", "hasOwnProperty"])
      expect(accept(track({ event })).name).toBe(event);
  });
});

describe("consent", () => {
  const answers = (event: object, request: Partial<Request> = {}) =>
    (accept(event, request).consents ?? []).map(
      ({ channel, purpose, answer, source }) => `${channel} ${purpose} ${answer} ${source}`,
    );
  test("Global Privacy Control denies advertising", () => {
    expect(answers(track(), { gpc: true })).toEqual(["ads advertising denied gpc"]);
    expect(answers(track())).toEqual([]);
  });
  test("category preferences are answers for all channels", () => {
    expect(
      answers(
        track({
          context: { consent: { categoryPreferences: { Advertising: true, Analytics: false, Odd: "yes" } } },
        }),
      ),
    ).toEqual(["all advertising granted event", "all analytics denied event"]);
  });
  test.each([
    ["Unsubscribed", {}, ["email marketing denied unsubscribe"]],
    ["SMS Unsubscribed", {}, ["sms marketing denied unsubscribe"]],
    ["Unsubscribed", { channel: "push", purpose: "Offers" }, ["push offers denied unsubscribe"]],
    ["Opted Out Of SMS", {}, ["sms marketing denied unsubscribe"]],
    ["Email Marked as Spam", {}, ["email marketing denied unsubscribe"]],
    ["Newsletter Subscribed", {}, ["email marketing granted event"]],
    ["Subscribed to Newsletter", {}, ["email marketing granted event"]],
    ["Subscribed", { plan: "pro" }, []],
    ["Subscribed", { channel: "sms" }, ["sms marketing granted event"]],
    ["Subscription Cancelled", {}, []],
    ["Order Completed", {}, []],
  ] as const)("%s %j", (event, properties, expected) => expect(answers(track({ event, properties }))).toEqual(expected)); // prettier-ignore
  test("Customer.io's preferences in traits", () => {
    const traits = {
      unsubscribed: true,
      cio_subscription_preferences: { topics: { topic_1: true, topic_2: false } },
    };
    expect(answers({ type: "identify", userId: "u", traits })).toEqual([
      "email marketing denied unsubscribe",
      "all topic_1 granted event",
      "all topic_2 denied event",
    ]);
  });
});

describe("what is kept", () => {
  const CHROME =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
  test("the browser's family, not its agent; the page, the locale; no address", () => {
    const context = {
      userAgent: CHROME,
      ip: "203.0.113.9",
      locale: "de-DE",
      timezone: "Europe/Berlin",
      library: { name: "analytics.js", version: "1" },
      page: { url: "https://a.b/", path: "/", title: "T" },
      secret: "x",
      sessionId: 5,
    };
    const event = accept(track({ context }));
    expect(event.context).toEqual({
      browser: "Chrome",
      locale: "de-DE",
      timezone: "Europe/Berlin",
      sessionId: 5,
      library: context.library,
      page: context.page,
    });
    expect(accept(track({ context }), {}, { keepIp: true }).context).toMatchObject({ ip: "203.0.113.9" });
  });
  test("a page's name and category beside its properties are among them", () => {
    expect(
      accept({ type: "page", anonymousId: "a", name: "Home", category: "Shop", properties: { path: "/" } })
        .properties,
    ).toEqual({ name: "Home", category: "Shop", path: "/" });
  });
  test("an event without a message id gets one", () => expect(accept(track()).id).toBe("made-here"));
  test("automated browsers on a developer's own machine are no bots", () => {
    const userAgent = CHROME.replace("Chrome", "HeadlessChrome");
    expect(refusalOf(track({ context: { userAgent, page: { url: "https://shop.example/" } } }))).toBe("bot");
    accept(track({ context: { userAgent, page: { url: "http://localhost:3001/" } } }));
  });
  test("the agent of a request counts for browsers only where the event has none", () => {
    expect(refusalOf(track(), { userAgent: "curl/8.0" })).toBe("bot");
    accept(track({ context: { userAgent: CHROME } }), { userAgent: "curl/8.0" });
  });
});
