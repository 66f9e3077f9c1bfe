/** Each reason by examples, and each boundary from both sides. */
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS, NOON, customer, message, policy, short } from "../../test/permission.ts";
import { allow } from "./allow.ts";
import { type Asked, type Contact, type Policy, type Recipient, RefusalReason } from "./model.ts";

const iso = (at: number) => new Date(at).toISOString();
const asked = (who: Recipient, what: Asked, laid: Policy, now = NOON) => short(allow(what, who, laid, now));
const left = (at: number, special: Partial<Contact> = {}): Contact => ({ at, channel: "email", purpose: "marketing", tags: [], ...special }); // prettier-ignore
const ORDER = message({ purpose: "transactional" });

describe("a message to somebody who said nothing, with nothing laid down", () => {
  test("leaves", () => expect(asked(customer(), message(), policy())).toBe("allowed"));
});

describe("an address", () => {
  test("that is not there stops everything", () => {
    expect(asked(customer({ address: null }), message(), policy())).toBe("refused no_address");
    expect(asked(customer({ address: null }), ORDER, policy())).toBe("refused no_address");
  });
  test.each(["bounced", "complained", "invalid", "erased"] as const)("that is %s gets not even the confirmation of an order", (suppressed) => {
    expect(asked(customer({ suppressed }), message(), policy())).toBe("refused suppressed");
    expect(asked(customer({ suppressed }), ORDER, policy())).toBe("refused suppressed");
  }); // prettier-ignore
  test("that was unsubscribed still gets the confirmation of an order, but no SMS after STOP", () => {
    const who = customer({ suppressed: "unsubscribed" });
    expect(asked(who, message(), policy())).toBe("refused suppressed");
    expect(asked(who, ORDER, policy())).toBe("allowed");
    expect(asked(who, { ...ORDER, channel: "whatsapp" }, policy())).toBe("allowed");
    expect(asked(who, { ...ORDER, channel: "sms" }, policy())).toBe("refused suppressed");
  });
});

describe("consent", () => {
  const says = (consents: { [key: string]: "granted" | "denied" }, what: Partial<Asked> = {}) => asked(customer({ consents }), message(what), policy()); // prettier-ignore
  test("a no to the channel and purpose refuses, a no to another does not", () => {
    expect(says({ "email marketing": "denied" })).toBe("refused consent_denied");
    expect(says({ "sms marketing": "denied" })).toBe("allowed");
    expect(says({ "email newsletter": "denied" })).toBe("allowed");
  });
  test("a no to all channels refuses each, unless one was allowed by name", () => {
    expect(says({ "all marketing": "denied" })).toBe("refused consent_denied");
    expect(says({ "all marketing": "denied", "email marketing": "granted" })).toBe("allowed");
    expect(says({ "all marketing": "granted", "email marketing": "denied" })).toBe("refused consent_denied");
  });
  test("a no to marketing refuses every purpose that was not allowed by name", () => {
    expect(says({ "email marketing": "denied" }, { purpose: "newsletter" })).toBe("refused consent_denied");
    expect(says({ "email marketing": "denied", "email newsletter": "granted" }, { purpose: "newsletter" })).toBe("allowed"); // prettier-ignore
    expect(says({ "email marketing": "denied", "all newsletter": "granted" }, { purpose: "newsletter" })).toBe("refused consent_denied"); // prettier-ignore
    expect(says({ "all newsletter": "denied", "email marketing": "granted" }, { purpose: "newsletter" })).toBe("refused consent_denied"); // prettier-ignore
  });
  test("who unsubscribes from all ends what was allowed by name before, not what is allowed after", () => {
    const ended = { answer: "denied", at: NOON - 5, source: "unsubscribe" } as const;
    const agreed = (at: number) => ({ "all marketing": ended, "email marketing": { answer: "granted", at, source: "event" } as const }); // prettier-ignore
    expect(asked(customer({ consents: agreed(NOON - 6) }), message(), policy())).toBe("refused consent_denied"); // prettier-ignore
    expect(asked(customer({ consents: agreed(NOON - 5) }), message(), policy())).toBe("refused consent_denied"); // prettier-ignore
    expect(asked(customer({ consents: agreed(NOON - 4) }), message(), policy())).toBe("allowed");
  });
  test("SMS, WhatsApp and push need a yes to this very purpose", () => {
    for (const [channel, by] of [["sms", "sms"], ["whatsapp", "whatsapp"], ["web_push", "push"], ["mobile_push", "push"]] as const) {
      expect(says({}, { channel })).toBe("refused consent_missing");
      expect(says({ [`${by} newsletter`]: "granted" }, { channel })).toBe("refused consent_missing");
      expect(says({ [`${by} marketing`]: "granted" }, { channel })).toBe("allowed");
      expect(says({ "all marketing": "granted" }, { channel })).toBe("allowed");
      expect(says({ [`${by} marketing`]: "granted" }, { channel, purpose: "survey" })).toBe("refused consent_missing");
    }
  }); // prettier-ignore
  test("does not keep the confirmation of an order, nor a call to the business's own systems", () => {
    const consents = { "email transactional": "denied", "all marketing": "denied" } as const;
    expect(says(consents, { purpose: "transactional" })).toBe("allowed");
    expect(says(consents, { channel: "webhook" })).toBe("allowed");
  });
  test("Global Privacy Control refuses advertising and nothing else", () => {
    const consents = { "ads advertising": { answer: "denied", at: NOON, source: "gpc" }, "email advertising": { answer: "granted", at: NOON, source: "event" } } as const; // prettier-ignore
    expect(asked(customer({ consents }), message({ purpose: "advertising" }), policy())).toBe("refused privacy_control"); // prettier-ignore
    expect(asked(customer({ consents }), message({ purpose: "sale" }), policy())).toBe("refused privacy_control"); // prettier-ignore
    expect(asked(customer({ consents }), message(), policy())).toBe("allowed");
    expect(says({ "ads advertising": "denied" }, { purpose: "retargeting" })).toBe("refused consent_denied");
  });
  test("a declined topic refuses what is about it", () => {
    const who = customer({ preferences: { declinedTopics: ["sale"] } });
    expect(asked(who, message({ tags: ["shoes", "sale"] }), policy())).toBe("refused topic_declined");
    expect(asked(who, message({ tags: ["shoes"] }), policy())).toBe("allowed");
  });
});

describe("caps", () => {
  const twoADay = policy({ caps: [{ name: "Two", most: 2, over: { ms: DAY_MS } }] });
  test("count what left within their time, this message included, to the millisecond", () => {
    const at = (...ago: number[]) => asked(customer({ contacts: ago.map((ms) => left(NOON - ms)) }), message(), twoADay); // prettier-ignore
    expect(at(HOUR_MS)).toBe("allowed");
    expect(at(HOUR_MS, 2 * HOUR_MS)).toBe("later cap 2026-02-04T10:00:00.000Z");
    expect(at(HOUR_MS, DAY_MS)).toBe("allowed");
    expect(at(HOUR_MS, DAY_MS - 1)).toBe("later cap 2026-02-03T12:00:00.001Z");
    expect(at(0, 0)).toBe("later cap 2026-02-04T12:00:00.000Z");
  });
  test("are not broken by a message dated after now, on another machine's clock", () => {
    const contacts = [left(NOON + 5_000), left(NOON - HOUR_MS)];
    expect(asked(customer({ contacts }), message(), twoADay)).toBe("later cap 2026-02-04T11:00:00.000Z");
    // Each pair lies within a day, all three do not.
    const apart = [left(NOON + 20 * HOUR_MS), left(NOON - 10 * HOUR_MS)];
    expect(asked(customer({ contacts: apart }), message(), twoADay)).toBe("allowed");
  });
  test("speak of their channels, purposes and tags only", () => {
    const cap = { name: "Sales", most: 1, over: { ms: DAY_MS }, channels: ["email", "sms"], purposes: ["marketing"], tags: ["sale", "outlet"] }; // prettier-ignore
    const after = (contact: Partial<Contact>, what: Partial<Asked> = {}) =>
      asked(customer({ contacts: [left(NOON - HOUR_MS, { tags: ["sale"], ...contact })] }), message({ tags: ["outlet", "shoes"], ...what }), policy({ caps: [cap] })); // prettier-ignore
    expect(after({})).toBe("later cap 2026-02-04T11:00:00.000Z");
    expect(after({ channel: "sms" })).toBe("later cap 2026-02-04T11:00:00.000Z");
    expect(after({ channel: "whatsapp" })).toBe("allowed");
    expect(after({ purpose: "newsletter" })).toBe("allowed");
    expect(after({ tags: ["shoes"] })).toBe("allowed");
    expect(after({}, { tags: ["shoes"] })).toBe("allowed");
    expect(after({}, { purpose: "newsletter" })).toBe("allowed");
  });
  test("without purposes or channels count no confirmations of orders and no calls to own systems", () => {
    const one = policy({ caps: [{ name: "One", most: 1, over: { ms: DAY_MS } }] });
    const after = (contact: Partial<Contact>, what: Partial<Asked> = {}, laid = one) => asked(customer({ contacts: [left(NOON, contact)] }), message(what), laid); // prettier-ignore
    expect(after({ purpose: "transactional" })).toBe("allowed");
    expect(after({ channel: "webhook" })).toBe("allowed");
    expect(after({}, { channel: "webhook" })).toBe("allowed");
    expect(after({}, { purpose: "transactional" })).toBe("allowed");
    const named = policy({ caps: [{ name: "All", most: 1, over: { ms: DAY_MS }, purposes: ["transactional", "marketing"] }] }); // prettier-ignore
    expect(after({ purpose: "transactional" }, {}, named)).toBe("later cap 2026-02-04T12:00:00.000Z");
    expect(after({}, { purpose: "transactional" }, named)).toBe("allowed");
  });
  test("of a day, week or month follow the customer's calendar, a week from Monday", () => {
    const until = (calendar: string, zone: string, ago: number) =>
      asked(customer({ zone: { name: zone, from: "trait" }, contacts: [left(NOON - ago)] }), message({ expiresAt: NOON + 60 * DAY_MS }), policy({ caps: [{ name: "One", most: 1, over: { calendar } }], zone: "Asia/Tokyo" })); // prettier-ignore
    expect(until("day", "Europe/Berlin", HOUR_MS)).toBe("later cap 2026-02-03T23:00:00.000Z");
    expect(until("day", "Europe/Berlin", 13 * HOUR_MS)).toBe("later cap 2026-02-03T23:00:00.000Z");
    expect(until("day", "Europe/Berlin", 13 * HOUR_MS + 1)).toBe("allowed");
    // 8 hours ago it was still yesterday in New York, where it is 07:00.
    expect(until("day", "America/New_York", 8 * HOUR_MS)).toBe("allowed");
    expect(until("week", "Asia/Kathmandu", DAY_MS)).toBe("later cap 2026-02-08T18:15:00.000Z");
    expect(until("week", "Asia/Kathmandu", 2 * DAY_MS)).toBe("allowed");
    expect(until("month", "Europe/Berlin", DAY_MS)).toBe("later cap 2026-02-28T23:00:00.000Z");
    expect(until("month", "Europe/Berlin", 3 * DAY_MS)).toBe("allowed");
  });
  test("of a day in which clocks are set back last 25 hours", () => {
    const laid = policy({ caps: [{ name: "One", most: 1, over: { calendar: "day" } }] });
    const night = Date.parse("2026-10-24T22:30:00Z");
    const who = customer({ zone: { name: "Europe/Berlin", from: "trait" }, contacts: [left(night)] });
    expect(asked(who, message({ expiresAt: night + 9 * DAY_MS }), laid, night + MINUTE_MS)).toBe("later cap 2026-10-25T23:00:00.000Z"); // prettier-ignore
  });
  test("all hold at once: the message waits for the last of them", () => {
    const laid = policy({ caps: [{ name: "Day", most: 1, over: { ms: DAY_MS } }, { name: "Three days", most: 2, over: { ms: 3 * DAY_MS } }] }); // prettier-ignore
    const who = customer({ contacts: [left(NOON - HOUR_MS), left(NOON - 26 * HOUR_MS)] });
    expect(allow(message(), who, laid, NOON)).toEqual({
      type: "later", at: NOON + 46 * HOUR_MS, reason: "cap",
      detail: '"Three days" allows 2 messages within 3 days, which the customer had. It may leave at 2026-02-05 10:00 (UTC).',
    }); // prettier-ignore
  });
});

describe("a more valuable message that is due", () => {
  const one = policy({ caps: [{ name: "One", most: 1, over: { ms: DAY_MS } }] });
  const due = (inMs: number, special: object = {}) => ({ ...left(NOON + inMs), priority: 80, ...special });
  test("keeps its place under a cap that speaks of both", () => {
    expect(asked(customer({ upcoming: [due(20 * HOUR_MS)] }), message(), one)).toBe("later reserved 2026-02-05T08:00:00.000Z"); // prettier-ignore
    expect(asked(customer({ upcoming: [due(20 * HOUR_MS)] }), message({ else: "skip" }), one)).toBe("refused reserved"); // prettier-ignore
  });
  test("keeps none that this message does not take", () => {
    const free = (upcoming: object, what: Partial<Asked> = {}, laid = one, contacts: Contact[] = []) => asked(customer({ upcoming: [due(20 * HOUR_MS, upcoming)], contacts }), message(what), laid); // prettier-ignore
    expect(free({ priority: 50 })).toBe("allowed");
    expect(free({ at: NOON + DAY_MS })).toBe("allowed");
    expect(free({ purpose: "transactional" })).toBe("allowed");
    expect(free({}, { purpose: "transactional" })).toBe("allowed");
    expect(free({}, {}, { ...one, lookAheadMs: 0 })).toBe("allowed");
    expect(free({}, {}, { ...one, lookAheadMs: 20 * HOUR_MS - 1 })).toBe("allowed");
    expect(free({}, {}, { ...one, lookAheadMs: 20 * HOUR_MS })).toBe(
      "later reserved 2026-02-05T08:00:00.000Z",
    );
    const named = policy({ caps: [{ name: "One", most: 1, over: { ms: DAY_MS }, purposes: ["transactional", "marketing"] }] }); // prettier-ignore
    expect(free({ purpose: "transactional" }, {}, named)).toBe("allowed");
    expect(free({ channel: "sms" }, {}, policy({ caps: [{ name: "E-mail", most: 1, over: { ms: DAY_MS }, channels: ["email"] }] }))).toBe("allowed"); // prettier-ignore
    expect(free({}, {}, policy({ caps: [{ name: "Two", most: 2, over: { ms: DAY_MS } }] }))).toBe("allowed");
  });
  test("two of them keep two places", () => {
    const two = policy({ caps: [{ name: "Two", most: 2, over: { ms: DAY_MS } }] });
    const upcoming = [due(2 * HOUR_MS), due(3 * HOUR_MS)];
    expect(asked(customer({ upcoming }), message(), two)).toBe("later reserved 2026-02-04T14:00:00.000Z");
    expect(asked(customer({ upcoming: upcoming.slice(1) }), message(), two)).toBe("allowed");
  });
  test("one that a cap keeps anyway keeps no place from this one", () => {
    const laid = policy({ caps: [{ name: "Two", most: 2, over: { ms: DAY_MS } }] });
    const upcoming = [due(HOUR_MS), due(2 * HOUR_MS), due(3 * HOUR_MS)];
    expect(asked(customer({ upcoming }), message({ priority: 79 }), laid)).toBe("later reserved 2026-02-04T13:00:00.000Z"); // prettier-ignore
  });
  test("whose time has come counts as left until it is known to have", () => {
    expect(asked(customer({ upcoming: [due(-HOUR_MS)] }), message(), one)).toBe("later reserved 2026-02-04T11:00:00.000Z"); // prettier-ignore
  });
});

describe("quiet hours", () => {
  const night = policy({ quietHours: [{ from: 1260, to: 480 }], zone: "Asia/Tokyo" });
  const berlin = { name: "Europe/Berlin", from: "phone" } as const;
  const at = (text: string, zone: Recipient["zone"] = berlin, laid = night) =>
    asked(customer({ zone }), message({ expiresAt: Date.parse(text) + 5 * DAY_MS }), laid, Date.parse(text));
  test("run from their first minute to before their last, where the customer lives", () => {
    expect(at("2026-02-03T19:59:59.999Z")).toBe("allowed");
    expect(at("2026-02-03T20:00:00.000Z")).toBe("later quiet_hours 2026-02-04T07:00:00.000Z");
    expect(at("2026-02-04T06:59:59.999Z")).toBe("later quiet_hours 2026-02-04T07:00:00.000Z");
    expect(at("2026-02-04T07:00:00.000Z")).toBe("allowed");
  });
  test("are the workspace's clock where nobody knows the customer's, or names none", () => {
    expect(at("2026-02-03T12:00:00Z", null)).toBe("later quiet_hours 2026-02-03T23:00:00.000Z");
    expect(at("2026-02-03T12:00:00Z", { name: "Mars/Olympus", from: "trait" })).toBe("later quiet_hours 2026-02-03T23:00:00.000Z"); // prettier-ignore
  });
  test("end by the clock on the wall in the nights in which it is set", () => {
    expect(at("2026-03-29T00:30:00Z")).toBe("later quiet_hours 2026-03-29T06:00:00.000Z");
    expect(at("2026-10-25T00:30:00Z")).toBe("later quiet_hours 2026-10-25T07:00:00.000Z");
    const untilHalfPastTwo = policy({ quietHours: [{ from: 1260, to: 150 }] });
    // At 02:00 clocks go to 03:00: 02:30 never comes, and it is past.
    expect(at("2026-03-29T00:30:00Z", berlin, untilHalfPastTwo)).toBe("later quiet_hours 2026-03-29T01:00:00.000Z"); // prettier-ignore
    // 02:00 to 02:30 comes twice.
    expect(at("2026-10-25T00:30:00Z", berlin, untilHalfPastTwo)).toBe("allowed");
    expect(at("2026-10-25T01:10:00Z", berlin, untilHalfPastTwo)).toBe("later quiet_hours 2026-10-25T01:30:00.000Z"); // prettier-ignore
    const lordHowe = { name: "Australia/Lord_Howe", from: "trait" } as const;
    expect(at("2026-10-03T15:00:00Z", lordHowe, untilHalfPastTwo)).toBe("later quiet_hours 2026-10-03T15:30:00.000Z"); // prettier-ignore
    expect(at("2026-02-03T20:00:00Z", { name: "Asia/Kathmandu", from: "geo" })).toBe("later quiet_hours 2026-02-04T02:15:00.000Z"); // prettier-ignore
  });
  test("of the customer's own wish take the place of the workspace's", () => {
    const who = customer({ zone: berlin, preferences: { quietHours: { from: 720, to: 840 } } });
    expect(asked(who, message(), night)).toBe("later quiet_hours 2026-02-03T13:00:00.000Z");
    expect(asked(who, message(), night, Date.parse("2026-02-03T22:00:00Z"))).toBe("allowed");
  });
  test("hold by channel and by weekday", () => {
    const laid = policy({ quietHours: [{ from: 0, to: 0, weekdays: [2, 3], channels: ["sms"] }], optIn: [] });
    expect(asked(customer(), message({ channel: "sms" }), laid)).toBe("later quiet_hours 2026-02-05T00:00:00.000Z"); // prettier-ignore
    expect(asked(customer(), message(), laid)).toBe("allowed");
  });
});

describe("sending windows", () => {
  const office = policy({ sendingWindows: [{ from: 540, to: 1020, weekdays: [1, 2, 3, 4, 5] }], zone: "America/New_York" }); // prettier-ignore
  const at = (text: string, laid = office) => asked(customer({ zone: { name: "Asia/Tokyo", from: "trait" } }), message({ expiresAt: Date.parse(text) + 9 * DAY_MS }), laid, Date.parse(text)); // prettier-ignore
  test("are the workspace's clock, wherever the customer lives", () => {
    expect(at("2026-02-03T13:59:59.999Z")).toBe("later sending_window 2026-02-03T14:00:00.000Z");
    expect(at("2026-02-03T14:00:00Z")).toBe("allowed");
    expect(at("2026-02-06T22:00:00Z")).toBe("later sending_window 2026-02-09T14:00:00.000Z");
  });
  test("and quiet hours at once: the first instant that is outside of the one and inside the other", () => {
    const both = { ...office, quietHours: [{ from: 1260, to: 480 }] };
    // New York's office hours are 23:00 to 07:00 in Tokyo, all of it night there: never.
    expect(at("2026-02-03T14:00:00Z", both)).toBe("refused expired");
    const later = { ...both, quietHours: [{ from: 1260, to: 390 }] };
    expect(at("2026-02-03T14:00:00Z", later)).toBe("later quiet_hours 2026-02-03T21:30:00.000Z");
  });
  test("of other channels do not hold", () => {
    expect(at("2026-02-03T04:00:00Z", policy({ sendingWindows: [{ from: 540, to: 1020, channels: ["sms"] }] }))).toBe("allowed"); // prettier-ignore
  });
});

describe("holds", () => {
  const week = 7 * DAY_MS;
  const order = (ago: number, special: object = {}) => ({ at: NOON - ago, products: ["boot"], returnedAt: null, ...special }); // prettier-ignore
  const holding = (hold: object, who: Parameters<typeof customer>[0], what: Partial<Asked> = {}) => asked(customer(who), message(what), policy({ holds: [hold] })); // prettier-ignore
  test("who bought this lately is not sold it again", () => {
    const hold = { type: "bought_this", withinMs: week };
    const bought = (ago: number, products: string[]) => holding(hold, { orders: [order(ago)] }, { products });
    expect(bought(DAY_MS, ["boot", "sock"])).toBe("later bought_this 2026-02-09T12:00:00.000Z");
    expect(bought(week - 1, ["boot"])).toBe("later bought_this 2026-02-03T12:00:00.001Z");
    expect(bought(week, ["boot"])).toBe("allowed");
    expect(bought(DAY_MS, ["sock"])).toBe("allowed");
    expect(bought(DAY_MS, [])).toBe("allowed");
  });
  test("who bought anything lately is left in peace", () => {
    const hold = { type: "bought_anything", withinMs: week };
    expect(holding(hold, { orders: [order(9 * DAY_MS), order(DAY_MS)] })).toBe("later bought_anything 2026-02-09T12:00:00.000Z"); // prettier-ignore
    expect(holding(hold, { orders: [order(week)] })).toBe("allowed");
    expect(holding(hold, {})).toBe("allowed");
  });
  test("who sent something back lately is left in peace", () => {
    const hold = { type: "returned", withinMs: DAY_MS };
    expect(holding(hold, { orders: [order(week, { returnedAt: NOON - HOUR_MS })] })).toBe("later returned 2026-02-04T11:00:00.000Z"); // prettier-ignore
    expect(holding(hold, { orders: [order(HOUR_MS)] })).toBe("allowed");
  });
  test("while a complaint is open nothing is sold, however long", () => {
    const hold = { type: "open_case", opened: ["Complaint Received", "Ticket Opened"], closed: ["Complaint Settled"] }; // prettier-ignore
    const after = (last: { [event: string]: number }) => holding(hold, { last });
    expect(after({ "Complaint Received": NOON - 90 * DAY_MS })).toBe("refused open_case");
    expect(after({ "Complaint Received": 5, "Complaint Settled": 4 })).toBe("refused open_case");
    expect(after({ "Complaint Received": 5, "Complaint Settled": 5 })).toBe("allowed");
    expect(after({ "Complaint Received": 5, "Complaint Settled": 6, "Ticket Opened": 7 })).toBe("refused open_case"); // prettier-ignore
    expect(after({})).toBe("allowed");
  });
  test("while somebody talks with the customer the machine is silent", () => {
    const hold = {
      type: "human_talking",
      events: ["Chat Message"],
      ended: ["Chat Closed"],
      withinMs: HOUR_MS,
    };
    const after = (last: { [event: string]: number }) => holding(hold, { last });
    expect(after({ "Chat Message": NOON - MINUTE_MS })).toBe("later human_talking 2026-02-03T12:59:00.000Z");
    expect(after({ "Chat Message": NOON - HOUR_MS })).toBe("allowed");
    expect(after({ "Chat Message": NOON - MINUTE_MS, "Chat Closed": NOON - 1 })).toBe("allowed");
  });
  test("what is sold out is not advertised, where it is known to be", () => {
    const hold = { type: "out_of_stock" };
    const with_ = (stock: { [product: string]: number }, products: string[]) => holding(hold, { stock }, { products }); // prettier-ignore
    expect(with_({ boot: 0 }, ["boot"])).toBe("refused out_of_stock");
    expect(with_({ boot: 0, sock: 0 }, ["boot", "sock"])).toBe("refused out_of_stock");
    expect(with_({ boot: 0, sock: 1 }, ["boot", "sock"])).toBe("allowed");
    expect(with_({ boot: 0 }, ["boot", "hat"])).toBe("allowed");
    expect(with_({}, [])).toBe("allowed");
  });
  test("do not speak of orders and own systems", () => {
    const who = { orders: [order(1)] };
    expect(holding({ type: "bought_anything", withinMs: week }, who, { purpose: "transactional" })).toBe("allowed"); // prettier-ignore
    expect(holding({ type: "bought_anything", withinMs: week }, who, { channel: "webhook" })).toBe("allowed");
  });
});

describe("waiting", () => {
  const paused = (days: number) => customer({ preferences: { pausedUntil: NOON + days * DAY_MS } });
  test("a pause ends when the customer said", () => {
    expect(asked(paused(3), message(), policy())).toBe("later paused 2026-02-06T12:00:00.000Z");
    expect(asked(customer({ preferences: { pausedUntil: NOON } }), message(), policy())).toBe("allowed");
    expect(asked(customer({ preferences: { pausedUntil: NOON + 1 } }), message(), policy())).toBe(`later paused ${iso(NOON + 1)}`); // prettier-ignore
    expect(asked(paused(3), ORDER, policy())).toBe("allowed");
  });
  test("ends with the message's own end, and says what it waited for", () => {
    expect(asked(paused(3), message({ expiresAt: NOON + 3 * DAY_MS }), policy())).toBe("later paused 2026-02-06T12:00:00.000Z"); // prettier-ignore
    expect(allow(message({ expiresAt: NOON + 3 * DAY_MS - 1 }), paused(3), policy(), NOON)).toEqual({
      type: "refused", reason: "expired",
      detail: "It was to leave until 2026-02-06 11:59 (UTC). The customer wants no messages for now.",
    }); // prettier-ignore
    expect(asked(customer(), message({ expiresAt: NOON }), policy())).toBe("allowed");
    expect(asked(customer(), message({ expiresAt: NOON - 1 }), policy())).toBe("refused expired");
    expect(asked(customer(), { ...ORDER, expiresAt: NOON - 1 }, policy())).toBe("refused expired");
  });
  test("ends after thirty days, for the reason that would go on", () => {
    const far = message({ expiresAt: NOON + 400 * DAY_MS });
    expect(asked(paused(30), far, policy())).toBe("later paused 2026-03-05T12:00:00.000Z");
    expect(asked(paused(31), far, policy())).toBe("refused paused");
    const yearly = policy({ caps: [{ name: "Yearly", most: 1, over: { ms: 300 * DAY_MS } }], quietHours: [{ from: 600, to: 900 }] }); // prettier-ignore
    expect(asked(customer({ contacts: [left(NOON - 1)] }), far, yearly)).toBe("refused cap");
  });
  test("is not for who asked to skip", () => {
    expect(asked(paused(1), message({ else: "skip" }), policy())).toBe("refused paused");
  });
  test("for several things at once is as long as the longest, and names it", () => {
    const laid = policy({ quietHours: [{ from: 1260, to: 480 }], sendingWindows: [{ from: 540, to: 1200 }], caps: [{ name: "One", most: 1, over: { ms: DAY_MS } }] }); // prettier-ignore
    // Paused until 22:00, then night until 08:00, then closed until 09:00, then the cap until 11:30.
    const who = customer({ preferences: { pausedUntil: NOON + 10 * HOUR_MS }, contacts: [left(NOON - HOUR_MS / 2)] }); // prettier-ignore
    expect(asked(who, message(), laid)).toBe("later cap 2026-02-04T11:30:00.000Z");
    expect(asked({ ...who, contacts: [] }, message(), laid)).toBe("later sending_window 2026-02-04T09:00:00.000Z"); // prettier-ignore
  });
});

test("the first reason in the order that is told is the one that is given", () => {
  const far = NOON + DAY_MS;
  const laid = policy({
    holds: [{ type: "bought_anything", withinMs: DAY_MS }, { type: "out_of_stock" }, { type: "open_case", opened: ["Ticket Opened"], closed: ["Ticket Closed"] }],
    caps: [{ name: "One", most: 1, over: { ms: DAY_MS } }, { name: "Two", most: 2, over: { ms: DAY_MS }, tags: ["x"] }],
    quietHours: [{ from: 0, to: 1439 }], sendingWindows: [{ from: 1430, to: 1435 }],
  }); // prettier-ignore
  const gpc = { answer: "denied", at: 1, source: "gpc" } as const;
  const all: NonNullable<Parameters<typeof customer>[0]> = {
    address: null, suppressed: "bounced", consents: { "email advertising": "denied", "ads advertising": gpc },
    preferences: { declinedTopics: ["x"], pausedUntil: far }, stock: { boot: 0 }, last: { "Ticket Opened": 1 },
    orders: [{ at: NOON - 1, products: [], returnedAt: null }], contacts: [left(NOON - 2, { purpose: "advertising", tags: ["x"] })],
    upcoming: [{ ...left(NOON + 1, { purpose: "advertising", tags: ["x"] }), priority: 90 }],
  }; // prettier-ignore
  const what = message({ purpose: "advertising", tags: ["x"], products: ["boot"], else: "skip", expiresAt: NOON - 1 }); // prettier-ignore
  const order: string[] = [];
  let who = all;
  let asking = what;
  let holding = laid;
  const next = (change: () => void) => {
    order.push(asked(customer(who), asking, holding).replace("refused ", ""));
    change();
  };
  next(() => (who = { ...who, address: "a@b.example" }));
  next(() => (who = { ...who, suppressed: null }));
  next(() => (asking = { ...asking, expiresAt: far }));
  next(() => (who = { ...who, consents: { "ads advertising": gpc } }));
  next(() => ((who = { ...who, consents: {} }), (holding = { ...holding, optIn: ["email"] })));
  next(() => (holding = laid));
  next(() => (who = { ...who, preferences: { pausedUntil: far } }));
  next(() => (who = { ...who, stock: {} }));
  next(() => (who = { ...who, last: {} }));
  next(() => (who = { ...who, preferences: {} }));
  next(() => (who = { ...who, orders: [] }));
  next(() => (who = { ...who, contacts: [] }));
  next(() => (who = { ...who, upcoming: [] }));
  next(() => (holding = { ...holding, quietHours: [] }));
  next(() => (holding = { ...holding, sendingWindows: [] }));
  next(() => undefined);
  expect(order).toEqual([
    "no_address", "suppressed", "expired", "consent_denied", "privacy_control", "consent_missing", "topic_declined", "out_of_stock", "open_case",
    "paused", "bought_anything", "cap", "reserved", "quiet_hours", "sending_window", "allowed",
  ]); // prettier-ignore
  const told = new Set([...order, "bought_this", "returned", "human_talking"]);
  expect(RefusalReason.options.filter((reason) => !told.has(reason))).toEqual([]);
});
