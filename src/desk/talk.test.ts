import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dueOf } from "./due.ts";
import { DESK_LIMITS } from "./model.ts";
import { type Heard, lastOf, momentsOf, productNamesIn, talkOf } from "./talk.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const HOUR_MS = 3_600_000;
let count = 0;
const heard = (name: string, hoursAgo: number, properties: Heard["properties"] = {}): Heard => ({ id: `m${++count}`, name, at: NOW - hoursAgo * HOUR_MS, channel: "phone", touchpoint: "call", properties }); // prettier-ignore
const talk = (...events: readonly Heard[]) => talkOf(events, "Europe/Berlin", NOW);
const states = (...events: readonly Heard[]) =>
  talk(...events).promises.map(({ id, state }) => `${id} ${state}`);
const made = (id: string, hoursAgo: number, dueInHours: number) => heard("Promise Made", hoursAgo, { promise_id: id, promise: id, due_at: new Date(NOW + dueInHours * HOUR_MS).toISOString() }); // prettier-ignore

describe("a promise", () => {
  test("is overdue, due within a day, or open, and told in that order", () => {
    expect(states(made("later", 1, 48), made("soon", 1, 3), made("over", 9, -1))).toEqual(["over overdue", "soon due", "later open"]); // prettier-ignore
  });

  test("is kept by what names it or names none, and by nothing that came before or names another", () => {
    const end = (hoursAgo: number, promise_id?: string) => heard("Promise Kept", hoursAgo, promise_id === undefined ? {} : { promise_id }); // prettier-ignore
    expect(states(made("a", 5, -1), made("b", 5, -1), end(2, "a"))).toEqual(["b overdue", "a kept"]);
    expect(states(made("a", 5, -1), end(2))).toEqual(["a kept"]);
    expect(states(made("a", 5, -1), end(6, "a"))).toEqual(["a overdue"]);
    expect(states(made("a", 5, 4), heard("promise_withdrawn", 1, { promise_id: "a" }))).toEqual([
      "a withdrawn",
    ]);
    expect(states(made("a", 5, 4), end(3, "a"), heard("Promise Withdrawn", 1, { promise_id: "a" }))).toEqual(["a kept"]); // prettier-ignore
  });

  test.each([
    ["2026-11-22", "2026-11-22T22:59:59.999Z"], ["2026-11-22 18:30", "2026-11-22T17:30:00.000Z"], ["2026-11-22T18:30:00Z", "2026-11-22T18:30:00.000Z"],
    ["1795370400", "2026-11-22T18:00:00.000Z"], ["1795370400000", "2026-11-22T18:00:00.000Z"],
  ])("told to be due %s is due at %s by the workspace's clock", (text, at) => {
    expect(new Date(dueOf(text, "Europe/Berlin")!).toISOString()).toBe(at);
  }); // prettier-ignore
  test.each(["", "soon", "2026-99-99x"])("told to be due %o is due at no time", (text) => {
    expect(dueOf(text, "Europe/Berlin")).toBeNull();
  });
});

describe("a question", () => {
  const open = (...events: readonly Heard[]) => talk(...events).questions.map(({ about }) => about);
  test("is open until somebody answers it, and an answer to another ticket is none", () => {
    const asked = heard("Ticket Created", 9, { ticket_id: "t1", subject: "Size?" });
    expect(open(asked)).toEqual(["Size?"]);
    expect(open(asked, heard("Ticket Replied", 3, { ticket_id: "t2" }))).toEqual(["Size?"]);
    expect(open(asked, heard("Ticket Replied", 3, { ticket_id: "t1" }))).toEqual([]);
    expect(open(asked, heard("call_completed", 3))).toEqual([]);
    expect(open(heard("Question Asked", 24 * 91, { topic: "long ago" }))).toEqual([]);
  });
  test("that is a complaint comes first, until it is settled", () => {
    const complaint = heard("Complaint Received", 30, { reason: "Too late" });
    expect(talk(heard("Question Asked", 1), complaint).questions.map(({ isComplaint }) => isComplaint)).toEqual([true, false]); // prettier-ignore
    expect(talk(complaint, heard("Complaint Settled", 2)).questions).toEqual([]);
  });
});

test("the mood is the last one told, in words or numbers, and none is guessed", () => {
  const mood = (...events: readonly Heard[]) => talk(...events).sentiment?.word ?? null;
  expect(mood(heard("Call Noted", 2, { sentiment: "positive" }), heard("Survey Answered", 1, { sentiment_score: -0.6 }))).toBe("unhappy"); // prettier-ignore
  expect([mood(heard("Call Noted", 2, { note: "was furious" })), mood(heard("Call Noted", 1, { sentiment: 7 }))]).toEqual([null, null]); // prettier-ignore
});

test("a moment tells what it was about, and what only we did is no moment", () => {
  const last = lastOf([
    heard("$segment.entered", 1), heard("Order Completed", 2, { products: [{ name: "Boots" }, { name: "Wax" }] }),
    heard("$message.sent", 3, { message: "m-1", template: 7 }), heard("$message.opened", 4, { message: "m-2", template: 8 }),
  ]); // prettier-ignore
  const shown = momentsOf(last, new Map([[7, "Saved cart"]]));
  expect(shown.map(({ event, about }) => [event, about])).toEqual([["Order Completed", "Boots and 1 more"], ["$message.sent", "Saved cart"], ["$message.opened", null]]); // prettier-ignore
});

test("a product of an order is called as the order called it, by the newest word", () => {
  const order = (hoursAgo: number, name: string) => heard("Order Completed", hoursAgo, { products: [{ product_id: "1128539", name }, { product_id: "894260" }, 7] }); // prettier-ignore
  expect([...productNamesIn([order(1, "Whole milk"), order(5, "Milk")])]).toEqual([
    ["1128539", "Whole milk"],
  ]);
});

const Names = fc.constantFrom("Promise Made", "Promise Kept", "Promise Withdrawn", "Question Asked", "Ticket Replied", "Complaint Received", "Complaint Settled", "Note Added"); // prettier-ignore
const Events = fc.array(
  fc.record({
    id: fc.uuid(), name: Names, at: fc.integer({ min: NOW - 9 * HOUR_MS, max: NOW }), channel: fc.constant("phone" as const), touchpoint: fc.constant("call"),
    properties: fc.record({ promise_id: fc.constantFrom("", "a", "b"), note: fc.constant("x"), sentiment: fc.constantFrom("positive", "negative", "") }),
  }),
  { maxLength: 40 },
); // prettier-ignore
test("what was said does not depend on the order in which events come, and no list outgrows the desk", () => {
  fc.assert(
    fc.property(Events, fc.infiniteStream(fc.nat()), (events, keys) => {
      const shuffled = events.map((event) => [keys.next().value as number, event] as const).toSorted(([a], [b]) => a - b); // prettier-ignore
      const told = talkOf(events, "UTC", NOW);
      expect(talkOf(shuffled.map(([, event]) => event), "UTC", NOW)).toEqual(told); // prettier-ignore
      expect(told.questions.length <= DESK_LIMITS.questions && told.promises.length <= DESK_LIMITS.promises && told.notes.length <= DESK_LIMITS.notes).toBe(true); // prettier-ignore
    }),
  );
});
