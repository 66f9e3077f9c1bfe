/** What a replay says of each kind of step and entry, and what counts: told by example. */
import { describe, expect, test } from "vitest";
import type { Event } from "../../src/events/model.ts";
import { oneInOf, rehearse } from "../../src/journeys/replay.ts";
import { ReplayResult } from "../../src/journeys/replay-model.ts";
import type { Play } from "../../src/journeys/replay-plan.ts";
import { Tally } from "../../src/journeys/replay-tally.ts";
import type { Person } from "../../src/journeys/replay-note.ts";
import { NOON, aPerson, aPlay, did, lines, told } from "./played.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, onEvent, wait } from "./story.ts";

const message = (next: string | null, more: object = {}) => ({ type: "message", channel: "email", template: 1, next, ...more }); // prettier-ignore
const shown = (play: Play, events: readonly Event[], person: Person = aPerson()) => lines(rehearse(play, person, events).notes); // prettier-ignore
const from = (event: string, steps: object, more: object = {}) => ({ entry: onEvent(event), start: "a", steps, ...more }); // prettier-ignore

describe("a rehearsal", () => {
  test("waits, sends and ends; an order on the way takes the customer out", () => {
    const play = aPlay(from("Added", { a: wait(HOUR_MS, "b"), b: message(null) }, { exits: [onEvent("Bought")] })); // prettier-ignore
    expect(shown(play, [did(0, "Added")])).toEqual(["0:00 entered", "1:00 a next", "1:00 b leaves", "1:00 b next", "1:00 completed"]); // prettier-ignore
    expect(shown(play, [did(0, "Added"), did(30 * MINUTE_MS, "Bought")])).toEqual([
      "0:00 entered",
      "0:30 exited",
    ]);
    // What lies before the period lets nobody in.
    expect(shown(play, [did(-HOUR_MS, "Added")])).toEqual([]);
  });

  test("waits for a time of day in the customer's zone", () => {
    const play = aPlay(from("Added", { a: { type: "wait_time", minute: 9 * 60, next: null } }));
    expect(shown(play, [told(-DAY_MS, { timezone: "Asia/Tokyo" }), did(0, "Added")])).toEqual(["0:00 entered", "12:00 a next", "12:00 completed"]); // prettier-ignore
    expect(shown(play, [did(0, "Added")]).at(-1)).toBe("21:00 completed");
  });

  test("waits for a date trait, and goes by what it is told anew", () => {
    const play = aPlay(from("Added", { a: { type: "wait_date", trait: "due", offsetMs: -HOUR_MS, missed: "exit", next: null } })); // prettier-ignore
    const due = (hours: number) => ({ due: new Date(NOON + hours * HOUR_MS).toISOString() });
    expect(shown(play, [told(-DAY_MS, due(5)), did(0, "Added")]).at(-1)).toBe("4:00 completed");
    expect(shown(play, [told(-DAY_MS, due(5)), did(0, "Added"), told(2 * HOUR_MS, due(9))]).at(-1)).toBe(
      "8:00 completed",
    );
    expect(shown(play, [told(-DAY_MS, due(-2)), did(0, "Added")]).at(-1)).toBe("0:00 exited");
  });

  test("goes by the first of several things that happen, or by time", () => {
    const paths = [{ when: onEvent("Bought"), next: "b" }, { when: { type: "segment", id: 4, on: "entered" }, next: "c" }]; // prettier-ignore
    const steps = { a: { type: "wait_until", paths, maxMs: DAY_MS, next: null }, b: message(null), c: wait(HOUR_MS, null) }; // prettier-ignore
    const rule = { type: "did", event: "Viewed", measure: { of: "count" }, is: { op: "at_least", value: 2 }, when: { from: { agoMs: 3 * HOUR_MS } } }; // prettier-ignore
    const play = aPlay(from("Added", steps), { segments: { 4: rule } });
    expect(shown(play, [did(0, "Added"), did(HOUR_MS, "Bought")])).toContain("1:00 a 0");
    expect(shown(play, [did(0, "Added"), did(HOUR_MS, "Viewed"), did(2 * HOUR_MS, "Viewed")])).toEqual([
      "0:00 entered", "2:00 segment 4 entered", "2:00 a 1", "3:00 c next", "3:00 completed", "4:00 segment 4 left",
    ]); // prettier-ignore
    expect(shown(play, [did(0, "Added")])).toEqual(["0:00 entered", "24:00 a next", "24:00 completed"]);
    // Who is in it already passes at once.
    expect(shown(play, [did(-2, "Viewed"), did(-1, "Viewed"), did(0, "Added")])).toContain("0:00 a 1");
  });

  test("branches, splits and decides as live traffic does", () => {
    const rule = { type: "did", event: "Bought" };
    const play = aPlay(from("Added", {
      a: { type: "branch", paths: [{ rule, next: "b" }], next: null },
      b: { type: "split", paths: [{ key: "only", weight: 1, next: "c" }, { key: "never", weight: 0, next: null }] },
      c: { type: "decide", by: "priority", candidates: [{ key: "low", priority: 1, next: null }, { key: "high", priority: 9, next: "d" }, { key: "best", priority: 90, rule: { type: "not", rule }, next: null }], next: null },
      d: { type: "goal", name: "there", next: "e" },
      e: { type: "exit", reason: "enough" },
    })); // prettier-ignore
    expect(shown(play, [did(-DAY_MS, "Bought"), did(0, "Added")])).toEqual([
      "0:00 entered", "0:00 a 0", "0:00 b only", "0:00 c high", "0:00 d next", "0:00 exited",
    ]); // prettier-ignore
    expect(shown(play, [did(0, "Added")])).toEqual(["0:00 entered", "0:00 a next", "0:00 completed"]);
  });

  test("writes traits that later steps see, takes webhooks to answer and tasks as never done", () => {
    const play = aPlay(from("Added", {
      a: { type: "update", traits: { plan: "gold" }, next: "b" },
      b: wait(MINUTE_MS, "c"),
      c: { type: "branch", paths: [{ rule: { type: "trait", name: "plan", is: { op: "equals", value: "gold" } }, next: "d" }], next: null },
      d: { type: "webhook", url: "https://example.com", next: "e", failed: null },
      e: { type: "audience", audience: "vip", change: "add", next: "f" },
      f: { type: "task", name: "Call", outcomes: [{ outcome: "reached", next: null }], maxMs: HOUR_MS, next: "g" },
      g: { type: "jump", to: "h" },
      h: message(null, { channel: "sms", refused: "i" }),
      i: message(null, { channel: "webhook" }),
    })); // prettier-ignore
    expect(shown(play, [did(0, "Added")])).toEqual([
      "0:00 entered", "0:00 a next", "0:01 b next", "0:01 c 0", "0:01 d next", "0:01 e next", "0:01 audience asked", "0:01 task asked",
      "1:01 f next", "1:01 g next", "1:01 h refused no_address", "1:01 h refused", "1:01 i leaves", "1:01 i next", "1:01 completed",
    ]); // prettier-ignore
  });

  test("asks permission: quiet hours delay, what was sent counts under caps, refusals have reasons", () => {
    const steps = { a: message("b"), b: wait(HOUR_MS, "c"), c: message(null, { else: "skip" }) };
    const quiet = aPlay(from("Added", steps), { policy: { quietHours: [{ from: 600, to: 900 }] } });
    expect(shown(quiet, [did(0, "Added")])).toEqual([
      "0:00 entered", "0:00 a later quiet_hours 10-05T15:00", "3:00 a leaves", "3:00 a next", "4:00 b next", "4:00 c leaves", "4:00 c next", "4:00 completed",
    ]); // prettier-ignore
    const capped = aPlay(from("Added", steps), { policy: { quietHours: [], caps: [{ name: "One", most: 1, over: { ms: DAY_MS } }] } }); // prettier-ignore
    expect(shown(capped, [did(0, "Added")])).toContain("1:00 c refused cap");
    const before = { at: NOON - HOUR_MS, channel: "email", purpose: "marketing", tags: [] } as const;
    expect(shown(capped, [did(0, "Added")], aPerson([before]))).toContain("0:00 a later cap 10-06T11:00");
    // What will be sent later is not known yet.
    expect(shown(capped, [did(0, "Added")], aPerson([{ ...before, at: NOON + 1 }]))).toContain("0:00 a leaves"); // prettier-ignore
    const denied = did(-1, "Asked", {}, { consents: [{ channel: "email", purpose: "marketing", answer: "denied", source: "api" }] as never }); // prettier-ignore
    expect(shown(quiet, [denied, did(0, "Added")])).toContain("0:00 a refused consent_denied");
    const suppressed = aPerson([], { suppressions: new Map([["email\u0001ann@example.com\u0001", "bounced"]]) }); // prettier-ignore
    expect(shown(quiet, [did(0, "Added")], suppressed)).toContain("0:00 a refused suppressed");
  });

  test("a message that waits is not wanted any more when the run ends", () => {
    const play = aPlay(from("Added", { a: message(null) }, { exits: [onEvent("Bought")] }), { policy: { quietHours: [{ from: 600, to: 900 }] } }); // prettier-ignore
    expect(shown(play, [did(0, "Added"), did(HOUR_MS, "Bought")])).toEqual([
      "0:00 entered", "0:00 a later quiet_hours 10-05T15:00", "1:00 message cancelled", "1:00 exited",
    ]); // prettier-ignore
  });

  test("lets people in by key, again after a time, or once, and says why not", () => {
    const again = (reentry: object) => aPlay(from("Added", { a: wait(MINUTE_MS, null) }, { reentry }));
    const twice = [did(0, "Added", { order: 1 }), did(HOUR_MS, "Added", { order: 1 }), did(2 * HOUR_MS, "Added", { order: 2 })]; // prettier-ignore
    const entries = (play: Play) => shown(play, twice).filter((line) => !/ a next| completed/.test(line));
    expect(entries(again({ type: "once" }))).toEqual(["0:00 entered", "1:00 refused entered_before", "2:00 refused entered_before"]); // prettier-ignore
    expect(entries(again({ type: "key", property: "order" }))).toEqual(["0:00 entered 1", "1:00 refused key_used", "2:00 entered 2"]); // prettier-ignore
    expect(entries(again({ type: "after", ms: 90 * MINUTE_MS }))).toEqual(["0:00 entered", "1:00 refused too_soon", "2:00 entered"]); // prettier-ignore
    const audience = { type: "trait", name: "plan", is: { op: "equals", value: "gold" } };
    expect(shown(aPlay(from("Added", { a: wait(MINUTE_MS, null) }, { audience })), twice)[0]).toBe("0:00 refused not_in_audience"); // prettier-ignore
  });

  test("lets people in by a date of theirs, and by segments as time alone moves them", () => {
    const steps = { a: wait(MINUTE_MS, null) };
    const dated = aPlay({ entry: { type: "date", trait: "birthday", yearly: true, minute: 540 }, start: "a", steps }); // prettier-ignore
    expect(shown(dated, [told(-DAY_MS, { birthday: "1990-10-07" })])[0]).toBe("45:00 entered");
    const rule = { type: "without", event: "Added", without: { event: "Bought" }, forMs: DAY_MS };
    const left = aPlay({ entry: { type: "segment", id: 4, on: "entered" }, start: "a", steps }, { segments: { 4: rule } }); // prettier-ignore
    expect(shown(left, [did(HOUR_MS, "Added")]).slice(0, 2)).toEqual(["25:00 segment 4 entered", "25:00 entered"]); // prettier-ignore
    // Who was in it when the period began did not enter it.
    expect(shown(left, [did(-2 * DAY_MS, "Added")])).toEqual([]);
  });

  test("lets the members of a segment in whenever the schedule says", () => {
    const rule = { type: "did", event: "Bought" };
    const play = aPlay(
      { entry: { type: "schedule", cron: "0 9 * * 1", segment: 4 }, start: "a", steps: { a: wait(MINUTE_MS, null) }, reentry: { type: "always" } },
      { segments: { 4: rule }, rounds: { segment: 4, at: [NOON + HOUR_MS, NOON + 3 * HOUR_MS, NOON + 5 * HOUR_MS] } },
    ); // prettier-ignore
    const entries = shown(play, [did(2 * HOUR_MS, "Bought")]).filter((line) => line.endsWith("entered"));
    expect(entries).toEqual(["2:00 segment 4 entered", "3:00 entered", "5:00 entered"]);
  });

  test("tells who reached the goal anyway, and what it was worth", () => {
    const goal = { when: onEvent("Bought"), withinMs: 5 * HOUR_MS, value: "total", ends: false };
    const play = aPlay(from("Added", { a: wait(HOUR_MS, "b"), b: message(null) }, { goal }));
    const bought = (hours: number) => did(hours * HOUR_MS, "Bought", { total: 40 });
    expect(shown(play, [did(0, "Added"), bought(3), bought(4)]).at(-1)).toBe("3:00 converted 40 after a message"); // prettier-ignore
    expect(shown(play, [did(0, "Added"), bought(0.5)])).toContain("0:30 converted 40");
    expect(shown(play, [did(0, "Added"), bought(6)]).some((line) => line.includes("converted"))).toBe(false);
  });
});

describe("the answer of a replay", () => {
  const goal = { when: onEvent("Bought"), withinMs: 9 * DAY_MS, value: "total" };
  const draft = from("Added", { a: wait(HOUR_MS, "b"), b: message(null) }, { goal });
  const tallied = (play: Play, people: readonly (readonly [Person, readonly Event[]])[]): Tally => {
    const tally = new Tally(play);
    for (const [person, events] of people) tally.add(person, rehearse(play, person, events));
    return tally;
  };

  test("adds up steps, ways, messages, hours, conversions and contacts", () => {
    const play = aPlay(draft, { policy: { quietHours: [], caps: [{ name: "One", most: 1, over: { ms: DAY_MS } }] } }); // prettier-ignore
    const contact = { at: NOON + 30 * MINUTE_MS, channel: "email", purpose: "marketing", tags: [] } as const;
    const result = tallied(play, [
      [aPerson(), [did(0, "Added"), did(3 * HOUR_MS, "Bought", { total: 10 })]],
      [aPerson([contact]), [did(0, "Added")]],
      [aPerson(), [did(0, "Added"), did(MINUTE_MS, "Bought", { total: 5 })]],
      [aPerson(), [did(0, "Viewed")]],
    ]).result(1, 6, 3); // prettier-ignore
    expect(ReplayResult.parse(result)).toEqual(result);
    expect(result).toMatchObject({
      customersConsidered: 3, customersEntered: 3, entries: 3, heldOut: 0, eventsRead: 6, refusals: [],
      sampled: { oneIn: 1, errorRatio: 0, words: null },
      steps: [
        { step: "a", reached: 3, stillIn: 0, paths: [{ path: "next", n: 2 }] },
        { step: "b", reached: 2, stillIn: 0, paths: [{ path: "next", n: 2 }] },
      ],
      messages: [{ step: "b", channel: "email", asked: 2, left: 2, delayed: 1, refused: [], cancelled: 0, waiting: 0 }],
      conversions: { afterEntering: { customers: 2, ratio: 2 / 3, value: 15 }, afterMessage: { customers: 1, ratio: 1 / 2, value: 10 } },
    }); // prettier-ignore
    // A Monday at one, and the day after at half past twelve.
    expect(result.leavingByHour[0]![13]).toBe(1);
    expect(result.leavingByHour[1]![12]).toBe(1);
    // Two weeks of three customers.
    expect(result.pressure.slice(0, 3)).toEqual([
      { messages: 0, before: 5, with: 4 },
      { messages: 1, before: 1, with: 1 },
      { messages: 2, before: 0, with: 1 },
    ]);
    expect(result.stories[0]!.lines.map(({ words }) => words)).toContain("Comes in.");
  });

  test("of a share of the customers is scaled, and says how sure it is", () => {
    const play = aPlay(draft);
    const people = Array.from({ length: 100 }, () => [aPerson(), [did(0, "Added")]] as const);
    const result = tallied(play, people).result(8, 100, 1);
    expect(result).toMatchObject({ entries: 800, customersEntered: 800 });
    expect(result.sampled.errorRatio).toBeCloseTo(1.96 * Math.sqrt(7 / 8 / 100), 10);
    expect(result.sampled.words).toMatch(/^One in 8 customers was replayed/);
    expect(result.stories).toHaveLength(20);
  });

  test("reads everything while that fits, and a share that is a power of two when it does not", () => {
    expect(oneInOf({ events: 1_000_000, entries: 100_000 }, false)).toBe(1);
    const many = oneInOf({ events: 60_000_000, entries: 5_000_000 }, false);
    expect(many).toBeGreaterThan(1);
    expect(Math.log2(many) % 1).toBe(0);
    // Looking for properties took its share of the time.
    expect(oneInOf({ events: 60_000_000, entries: 5_000_000 }, true)).toBe(2 * many);
  });
});
