/**
 * What holds for any customer, policy and instant. Caps, quiet hours and windows are held against a slow checker of its
 * own, which knows only the runtime's calendar and counts everything anew.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ZONES, shownAt } from "../../test/clocks.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../test/permission.ts";
import { allow } from "./allow.ts";
import { type Answer, type Asked, type Cap, type Contact, type Hours, MessageChannel, PERMISSION_LIMITS, Policy, type Recipient } from "./model.ts"; // prettier-ignore
import { checkPolicy } from "./policy.ts";

const runs = Number(process.env["THROUGHLINE_CASES"] ?? 1500);

// --- The slow checker.

const dayIn = (at: number, zone: string): number => {
  const { year, month, day } = shownAt(at, zone);
  return Date.UTC(year, month - 1, day) / DAY_MS;
};
function unitIn(at: number, zone: string, unit: "day" | "week" | "month"): string {
  const { year, month, weekday } = shownAt(at, zone);
  if (unit === "month") return `${year}-${month}`;
  return String(unit === "day" ? dayIn(at, zone) : dayIn(at, zone) - (weekday - 1));
}
const speaksOf = (cap: Cap, one: Omit<Contact, "at">): boolean =>
  (cap.channels ?? MessageChannel.options.filter((name) => name !== "webhook")).includes(one.channel) &&
  (cap.purposes ? cap.purposes.includes(one.purpose) : one.purpose !== "transactional") &&
  (cap.tags === undefined || one.tags.some((tag) => cap.tags!.includes(tag)));
/** The most messages that any stretch or unit of the cap holds. */
function fullest(cap: Cap, contacts: readonly Contact[], zone: string): number {
  const times = contacts.filter((one) => speaksOf(cap, one)).map(({ at }) => at);
  const { over } = cap;
  const counts = times.map((end) =>
    "ms" in over
      ? times.filter((at) => at > end - over.ms && at <= end).length
      : times.filter((at) => unitIn(at, zone, over.calendar) === unitIn(end, zone, over.calendar)).length,
  );
  return Math.max(0, ...counts);
}
function stands({ from, to, weekdays }: Hours, at: number, zone: string): boolean {
  const { minute, weekday } = shownAt(at, zone);
  const days = weekdays ?? [1, 2, 3, 4, 5, 6, 7];
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  if (from === to) return days.includes(weekday);
  if (from < to) return days.includes(weekday) && from <= minute && minute < to;
  return (days.includes(weekday) && minute >= from) || (days.includes(yesterday) && minute < to);
}
const about = (hours: readonly Hours[], channel: MessageChannel) =>
  hours.filter(({ channels }) => channels?.includes(channel) ?? channel !== "webhook");
function mayByHours(laid: Policy, who: Recipient, channel: MessageChannel, at: number): boolean {
  const zone = who.zone?.name ?? laid.zone;
  const own = who.preferences.quietHours;
  if (about(own ? [own] : laid.quietHours, channel).some((hours) => stands(hours, at, zone))) return false;
  const windows = about(laid.sendingWindows, channel);
  return windows.length === 0 || windows.some((hours) => stands(hours, at, laid.zone));
}

// --- What is drawn.

/** Around the changes of clocks in spring and autumn, and anywhere. */
const CHANGES = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-09-27", "2026-10-04", "2026-10-25", "2026-11-01", "2026-12-31"]; // prettier-ignore
const instants = fc
  .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -2 * DAY_MS, max: 2 * DAY_MS }), fc.boolean())
  .map(([day, by, whole]) => {
    const at = Date.parse(day) + by;
    return whole ? Math.round(at / HOUR_MS) * HOUR_MS : at;
  });
const zones = fc.constantFrom(...ZONES);
const channels = fc.constantFrom<MessageChannel>("email", "sms", "in_app", "webhook");
const purposes = fc.constantFrom("marketing", "newsletter", "advertising", "transactional");
const tags = fc.subarray(["sale", "news"]);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });
const minute = fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.constantFrom(0, 90, 120, 150, 180, 480, 1260));
const someChannels = maybe(fc.subarray<MessageChannel>(["email", "sms", "in_app"], { minLength: 1 }));
const hours = fc.record({ from: minute, to: minute, weekdays: maybe(fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 })), channels: someChannels }); // prettier-ignore
const spans = fc.oneof(fc.constantFrom(HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS), fc.integer({ min: MINUTE_MS, max: 3 * DAY_MS })); // prettier-ignore
const caps = fc.array(
  fc.record({
    name: fc.constantFrom("a", "b", "c"), most: fc.integer({ min: 1, max: 4 }),
    over: fc.oneof(spans.map((ms) => ({ ms })), fc.constantFrom("day", "week", "month").map((calendar) => ({ calendar }))),
    channels: someChannels, purposes: maybe(fc.subarray(["marketing", "newsletter", "transactional"], { minLength: 1 })), tags: maybe(fc.constant(["sale"])),
  }), { maxLength: 3 },
); // prettier-ignore
const within = fc.integer({ min: MINUTE_MS, max: 3 * DAY_MS });
const holds = fc.subarray(["bought_this", "bought_anything", "returned", "open_case", "human_talking", "out_of_stock"]).chain((types) =>
  fc.tuple(...types.map((type) =>
    type === "open_case" ? fc.constant({ type, opened: ["Opened"], closed: ["Closed"] })
    : type === "human_talking" ? within.map((withinMs) => ({ type, events: ["Talked"], ended: ["Ended"], withinMs }))
    : type === "out_of_stock" ? fc.constant({ type })
    : within.map((withinMs) => ({ type, withinMs }))))); // prettier-ignore
const defined = (value: object): object => Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, inner]]))); // prettier-ignore
const policies = fc
  .record({ zone: zones, caps, quietHours: fc.array(hours, { maxLength: 2 }), sendingWindows: fc.array(hours, { maxLength: 2 }), holds, lookAheadMs: fc.constantFrom(0, HOUR_MS, 2 * DAY_MS) })
  .map((drawn) => Policy.parse({ ...drawn, caps: drawn.caps.map(defined), quietHours: drawn.quietHours.map(defined), sendingWindows: drawn.sendingWindows.map(defined), optIn: ["sms"] })); // prettier-ignore
const contactsAround = (now: number, maxLength = 12): fc.Arbitrary<Contact[]> =>
  fc.array(fc.record({ at: fc.integer({ min: -4 * DAY_MS, max: 2 * DAY_MS }).map((by) => now + by), channel: channels, purpose: purposes, tags }), { maxLength }); // prettier-ignore
const messages = (now: number): fc.Arbitrary<Asked> =>
  fc.record({
    channel: channels, purpose: purposes, tags, priority: fc.integer({ min: 0, max: 100 }), products: fc.subarray(["boot", "sock"]),
    expiresAt: fc.integer({ min: -HOUR_MS, max: 40 * DAY_MS }).map((by) => now + by), else: fc.constantFrom("wait", "skip"),
  }); // prettier-ignore
const answers = fc.constantFrom("granted", "denied", undefined);
const near = (now: number) => fc.integer({ min: -4 * DAY_MS, max: DAY_MS }).map((by) => now + by);
const happened = (now: number) => maybe(near(now));
const recipients = (now: number): fc.Arbitrary<Recipient> =>
  fc.record({
    zone: fc.option(zones.map((name) => ({ name, from: "trait" as const }))),
    address: fc.option(fc.constant("ada@example.com"), { freq: 20 }),
    suppressed: fc.option(fc.constantFrom("bounced", "unsubscribed", "complained"), { nil: null, freq: 1 }).map((one) => one),
    contacts: contactsAround(now),
    upcoming: fc.array(fc.record({ at: near(now).map((at) => at + DAY_MS), channel: channels, purpose: purposes, tags, priority: fc.integer({ min: 0, max: 100 }) }), { maxLength: 4 }),
    preferences: fc.record({
      pausedUntil: fc.option(near(now).map((at) => at + 2 * DAY_MS)),
      quietHours: fc.option(fc.record({ from: minute, to: minute })), declinedTopics: fc.subarray(["news"]),
    }),
    consents: fc.record({ own: answers, all: answers, marketing: answers, ads: answers, source: fc.constantFrom("event", "unsubscribe", "gpc"), at: near(now) }),
    last: fc.record({ Opened: happened(now), Closed: happened(now), Talked: happened(now), Ended: happened(now) }),
    orders: fc.array(fc.record({ at: near(now), products: fc.subarray(["boot", "sock"]), returnedAt: fc.option(near(now)) }), { maxLength: 3 }),
    pieces: fc.option(fc.integer({ min: 0, max: 2 })),
  }).map(({ consents, last, pieces, ...rest }): Recipient => ({
    ...rest,
    consent: (channel, purpose) => {
      const answer = channel === "ads" ? consents.ads : channel === "all" ? consents.all : purpose === "marketing" ? consents.marketing : consents.own;
      return answer && { answer, at: consents.at, source: consents.source };
    },
    lastAt: (event) => last[event as keyof typeof last],
    stock: () => pieces,
  })); // prettier-ignore
const questions = instants.chain((now) =>
  fc.record({ now: fc.constant(now), what: messages(now), who: recipients(now), laid: policies }),
);
/** Nothing in the way but caps and hours. */
const timedQuestions = questions.map(({ who, what, ...rest }) => ({
  ...rest,
  what: { ...what, channel: what.channel === "webhook" ? ("email" as const) : what.channel, purpose: what.purpose === "transactional" ? "marketing" : what.purpose, else: "wait" as const, expiresAt: rest.now + 40 * DAY_MS },
  who: { ...who, address: "a", suppressed: null, consent: () => ({ answer: "granted", at: 0, source: "event" }) as const },
})); // prettier-ignore
const zoneOf = (who: Recipient, laid: Policy) => who.zone?.name ?? laid.zone;

// --- The laws.

test("no cap is ever exceeded by a message that is allowed", () => {
  let allowed = 0;
  fc.assert(
    fc.property(timedQuestions, ({ now, what, who, laid }) => {
      if (allow(what, who, laid, now).type !== "allowed") return;
      allowed++;
      const { channel, purpose } = what;
      for (const cap of laid.caps) {
        const before = fullest(cap, who.contacts, zoneOf(who, laid));
        const after = fullest(cap, [...who.contacts, { at: now, channel, purpose, tags: what.tags }], zoneOf(who, laid)); // prettier-ignore
        // What was sent before a cap was made may exceed it: this message then adds nothing to it.
        if (after > cap.most) expect(after).toBe(before);
      }
      expect(mayByHours(laid, who, channel, now)).toBe(true);
    }),
    { numRuns: runs * 2 },
  );
  expect(allowed).toBeGreaterThan(runs / 20);
});

test("later is the first instant at which the message may leave, and the one before is not", () => {
  let later = 0;
  fc.assert(
    fc.property(fc.oneof(questions, timedQuestions), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 8, maxLength: 8 }), ({ now, what, who, laid }, parts) => {
      const answer = allow(what, who, laid, now);
      if (answer.type !== "later") return;
      later++;
      expect(answer.at).toBeGreaterThan(now);
      expect(answer.at).toBeLessThanOrEqual(Math.min(what.expiresAt, now + PERMISSION_LIMITS.waitMsMax));
      expect(allow(what, who, laid, answer.at).type).toBe("allowed");
      const between = parts.map((part) => now + Math.floor((answer.at - 1 - now) * part));
      for (const at of [answer.at - 1, answer.at - MINUTE_MS, ...between])
        if (at >= now) expect([at, allow(what, who, laid, at).type]).toEqual([at, "later"]);
    }),
    { numRuns: runs * 2 },
  );
  expect(later).toBeGreaterThan(runs / 20);
}); // prettier-ignore

test("who is refused because of time has no instant to leave at, before their end or within thirty days", () => {
  let refusals = 0;
  const parts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(timedQuestions, fc.integer({ min: 0, max: 5 * DAY_MS }), parts, ({ now, what, who, laid }, leftMs, drawn) => {
      const ends = { ...what, expiresAt: now + leftMs };
      const answer = allow(ends, who, laid, now);
      // The others are for good, whatever the time.
      if (answer.type !== "refused" || !["expired", "cap", "reserved", "quiet_hours", "sending_window", "paused"].includes(answer.reason)) return;
      refusals++;
      const released = [...who.contacts, ...who.upcoming].flatMap(({ at }) => laid.caps.map(({ over }) => at + ("ms" in over ? over.ms : DAY_MS)));
      const hours = Array.from({ length: 24 }, (_, i) => Math.ceil(now / HOUR_MS) * HOUR_MS + i * HOUR_MS);
      for (const at of [...released, ...hours, ...drawn.map((part) => now + Math.floor(leftMs * part)), ends.expiresAt])
        if (at >= now && at <= ends.expiresAt) expect([at, allow(ends, who, laid, at).type]).toEqual([at, "refused"]);
    }),
    { numRuns: runs * 2 },
  );
  expect(refusals).toBeGreaterThan(runs / 20);
}); // prettier-ignore

test("who may not wait is refused where others wait, and allowed where others are", () => {
  fc.assert(
    fc.property(questions, ({ now, what, who, laid }) => {
      const waits = allow({ ...what, else: "wait" }, who, laid, now);
      const skips = allow({ ...what, else: "skip" }, who, laid, now);
      expect(skips.type).not.toBe("later");
      expect(skips.type === "allowed").toBe(waits.type === "allowed");
    }),
    { numRuns: runs },
  );
});

test("a transactional message is stopped by its address and its end alone", () => {
  fc.assert(
    fc.property(questions, ({ now, what, who, laid }) => {
      const answer = allow({ ...what, purpose: "transactional" }, who, laid, now);
      if (answer.type !== "allowed") expect(["refused no_address", "refused suppressed", "refused expired"]).toContain(`${answer.type} ${"reason" in answer ? answer.reason : ""}`); // prettier-ignore
      if (who.address !== null && who.suppressed === null && now <= what.expiresAt)
        expect(answer.type).toBe("allowed");
    }),
    { numRuns: runs },
  );
});

test("a no to the message's own channel and purpose, or to all without a yes, is never overcome", () => {
  fc.assert(
    fc.property(questions, ({ now, what, who, laid }) => {
      if (what.channel === "webhook" || what.purpose === "transactional") return;
      const by = what.channel === "in_app" ? "web" : what.channel === "sms" ? "sms" : "email";
      const given = [who.consent(by, what.purpose), who.consent("all", what.purpose), who.consent(by, "marketing"), who.consent("all", "marketing")].map((one) => one?.answer); // prettier-ignore
      const no = given[0] === "denied" || (given.includes("denied") && !given.includes("granted"));
      const answer = allow(what, who, laid, now);
      if (no) expect(answer.type).toBe("refused");
      if (what.channel === "sms" && !given.includes("granted")) expect(answer.type).toBe("refused");
      if (what.purpose === "advertising" && who.consent("ads", "advertising")?.answer === "denied") expect(answer.type).toBe("refused"); // prettier-ignore
    }),
    { numRuns: runs },
  );
});

test("a place that is kept is there when its message comes", () => {
  let kept = 0;
  fc.assert(
    fc.property(timedQuestions, fc.integer({ min: 0, max: DAY_MS }), ({ now, what, who, laid }, inMs) => {
      // Contacts lie in the past, and one more valuable message is due.
      const contacts = who.contacts.filter(({ at }) => at <= now);
      const valuable = { ...what, priority: 101 };
      const { channel, purpose, tags: own } = what;
      const upcoming = [{ at: now + inMs, channel, purpose, tags: own, priority: 101 }];
      const open = { ...laid, quietHours: [], sendingWindows: [], holds: [], lookAheadMs: DAY_MS };
      const plain = { ...who, contacts, preferences: { pausedUntil: null, quietHours: null, declinedTopics: [] } };
      const free = allow(valuable, { ...plain, upcoming: [] }, open, now + inMs).type === "allowed";
      const answer = allow(what, { ...plain, upcoming }, open, now);
      if (answer.type === "later" && answer.reason === "reserved") kept++;
      if (!free || answer.type !== "allowed") return;
      const after = [...contacts, { at: now, channel, purpose, tags: own }];
      expect(allow(valuable, { ...plain, contacts: after, upcoming: [] }, open, now + inMs).type).toBe("allowed");
    }),
    { numRuns: runs },
  );
  expect(kept).toBeGreaterThan(runs / 100);
}); // prettier-ignore

test("whatever is asked in whatever order, what left breaks no cap, quiet hour or window", () => {
  let sent = 0;
  const asks = fc.array(fc.record({ by: fc.integer({ min: 0, max: 9 * DAY_MS }), channel: fc.constantFrom<MessageChannel>("email", "in_app"), purpose: fc.constantFrom("marketing", "newsletter"), tags }), { minLength: 10, maxLength: 40 }); // prettier-ignore
  fc.assert(
    fc.property(instants, zones, policies, asks, fc.boolean(), (begin, name, drawn, drawnAsks, followed) => {
      const laid = { ...drawn, holds: [] };
      const who = (contacts: readonly Contact[]): Recipient => ({
        zone: { name, from: "trait" }, address: "a", suppressed: null, contacts, upcoming: [], orders: [], preferences: { pausedUntil: null, quietHours: null, declinedTopics: [] },
        consent: () => ({ answer: "granted", at: 0, source: "event" }), lastAt: () => undefined, stock: () => null,
      });
      const contacts: Contact[] = [];
      for (const { by, ...kind } of drawnAsks) {
        const what: Asked = { ...kind, priority: 0, products: [], expiresAt: begin + 60 * DAY_MS, else: "wait" };
        let at = begin + by;
        const answer = allow(what, who(contacts), laid, at);
        // As a sender does: it comes back when it was told to, and asks again.
        if (answer.type === "later" && followed) at = answer.at;
        if (allow(what, who(contacts), laid, at).type === "allowed") contacts.push({ at, ...kind });
      }
      sent += contacts.length;
      for (const cap of laid.caps) expect(fullest(cap, contacts, name)).toBeLessThanOrEqual(cap.most);
      for (const { at, channel } of contacts) expect(mayByHours(laid, who([]), channel, at)).toBe(true);
    }),
    { numRuns: runs / 3 },
  );
  expect(sent).toBeGreaterThan(runs);
}); // prettier-ignore

/** All numbers of an answer. */
const numbersIn = (answer: Answer): number[] => Object.values(answer).filter((one): one is number => typeof one === "number"); // prettier-ignore
test("any numbers and names are answered, with instants that are numbers and sentences without holes", () => {
  const wild = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger(), instants);
  const words = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "Europe/Berlin"));
  fc.assert(
    fc.property(questions, wild, wild, words, words, ({ what, who, laid }, now, other, name, word) => {
      const answer = allow(
        { ...what, purpose: word, tags: [word], products: [word], expiresAt: other },
        { ...who, zone: { name, from: "trait" }, contacts: [...who.contacts, { at: other, channel: what.channel, purpose: word, tags: [word] }] },
        { ...laid, zone: word },
        now,
      );
      for (const number of numbersIn(answer)) expect(number).not.toBeNaN();
      if (answer.type !== "allowed") expect(answer.detail).not.toMatch(/NaN|undefined|null|Infinity/);
    }),
    { numRuns: runs },
  ); // prettier-ignore
});

test("any JSON is a policy or is told where it is none", () => {
  const nested = fc.record({ caps: fc.array(fc.jsonValue()), holds: fc.jsonValue(), quietHours: fc.array(fc.jsonValue()), zone: fc.string() }, { requiredKeys: [] }); // prettier-ignore
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), nested), (value) => {
      const checked = checkPolicy(value);
      if (checked.ok) expect(Policy.safeParse(checked.policy).success).toBe(true);
      else for (const { message } of checked.problems) expect(message).toMatch(/^\S.*[.!?]$/s);
    }),
    { numRuns: runs },
  );
});
