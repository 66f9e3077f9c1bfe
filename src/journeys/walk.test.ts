/** How a run moves: every step and every way out of it by example. What holds of any journey is test/journeys/laws.test.ts. */
import { describe, expect, test } from "vitest";
import {
  DAY_MS,
  type Facts,
  HOUR_MS,
  MINUTE_MS,
  NOW,
  eventOf,
  happened,
  knowing,
  planOfDraft,
  settled,
  turned,
} from "../../test/journeys/walking.ts";
import { NOBODY } from "../segments/force.ts";
import { match, withVars } from "../segments/match.ts";
import { begun } from "./enter.ts";
import { JOURNEY_LIMITS, type Run } from "./model.ts";
import { type Cause, type Walked, triggers, walk } from "./walk.ts";

/** A run of these steps, begun at `NOW`. */
function beginning(steps: object, facts: Facts = {}, more: object = {}, event: object = {}) {
  const plan = planOfDraft({ start: Object.keys(steps)[0], steps, ...more });
  const run = begun("r", 1, 1, "", plan.draft, event as never, NOW, NOW);
  const walked = walk(plan, run, { type: "began" }, knowing(facts), NOW);
  return {
    plan,
    walked,
    /** What comes of a cause later, from where the run stands (or from `from`). */
    later: (cause: Cause, afterMs = 0, known: Facts = facts, from: Run = walked.run!) =>
      walk(plan, from, cause, knowing(known), NOW + afterMs),
  };
}
const waysIn = ({ passed }: Walked) => passed.map(({ step, path }) => `${step} ${path}`);
const endOf = ({ end }: Walked) => end?.state ?? null;
const effectsIn = ({ effects }: Walked) => effects.map(({ type }) => type);
const onEvent = (event: string) => ({ type: "event", event });
const pause = (next: string | null = null) => ({ type: "wait", ms: HOUR_MS, next });

describe("a message", () => {
  const steps = {
    hello: { type: "message", channel: "email", template: 1, next: "done", refused: "sad", products: ["items.id", "gone.id"] },
    done: pause(),
    sad: pause(),
  }; // prettier-ignore
  test("is asked for once, and waited for", () => {
    const { walked } = beginning(steps, {}, {}, { items: [{ id: "a" }, { id: 5 }] });
    expect(walked.effects).toMatchObject([
      { type: "message", id: "r-0", step: "hello", products: ["a", "5"] },
    ]);
    expect(walked.run).toMatchObject({ at: "hello", blocker: { type: "message", id: "r-0" }, dueAt: null });
  });
  test.each([
    ["sent", "next"],
    ["unknown", "next"],
    ["refused", "refused"],
    ["failed", "refused"],
  ])("that ends as %s goes on by %s", (outcome, path) => {
    expect(waysIn(beginning(steps).later(settled("r-0", outcome)))).toEqual([`hello ${path}`]);
  });
  test("without a way for refusals goes on by the only one", () => {
    const { later } = beginning({
      hello: { type: "message", channel: "email", template: 1, next: "done" },
      done: pause(),
    });
    expect(waysIn(later(settled("r-0", "refused")))).toEqual(["hello next"]);
  });
  test("of another step moves nothing", () => {
    const { walked, later } = beginning(steps);
    expect(later(settled("r-7", "sent")).run).toBe(walked.run);
  });
});

describe("waiting", () => {
  test("for a time ends with it, and not before", () => {
    const { walked, later } = beginning({ rest: pause() });
    expect(walked.run).toMatchObject({ dueAt: NOW + HOUR_MS, blocker: { type: "time" } });
    expect(later({ type: "time" }, HOUR_MS - 1).run).toBe(walked.run);
    expect(endOf(later({ type: "time" }, HOUR_MS))).toBe("completed");
  });
  test("for a time of day passes within its minute, and waits for the next one else", () => {
    const at = (minute: number, weekdays?: number[]) =>
      beginning({ rest: { type: "wait_time", minute, next: null, ...(weekdays && { weekdays }) } }).walked;
    const midnight = NOW - (NOW % DAY_MS);
    expect(endOf(at(9 * 60 + 53))).toBe("completed");
    expect(at(9 * 60 + 54).run?.dueAt).toBe(midnight + 594 * MINUTE_MS);
    expect(at(9 * 60 + 52).run?.dueAt).toBe(midnight + DAY_MS + 592 * MINUTE_MS);
    const day = new Date(NOW).getUTCDay() || 7;
    expect(at(9 * 60 + 53, [(day % 7) + 1]).run?.dueAt).toBe(midnight + DAY_MS + 593 * MINUTE_MS);
  });
  test("for a time of day lets nobody round twice within the same minute", () => {
    const { walked, later } = beginning({
      morning: { type: "wait_time", minute: 9 * 60 + 53, next: "letter" },
      letter: { type: "message", channel: "email", template: 1, next: "morning" },
    });
    const again = later(settled("r-1", "sent"), 500);
    expect([waysIn(walked), waysIn(again)]).toEqual([["morning next"], ["letter next"]]);
    expect(again.run).toMatchObject({ at: "morning", dueAt: NOW - 20_000 + DAY_MS });
    const tomorrow = later({ type: "time" }, DAY_MS - 20_000, {}, again.run!);
    expect(effectsIn(tomorrow)).toEqual(["message"]);
    const after = later(settled("r-3", "sent"), DAY_MS - 19_000, {}, tomorrow.run!);
    expect(after.run?.dueAt).toBe(NOW - 20_000 + 2 * DAY_MS);
  });
  test("for a date goes on when it comes, follows it when it moves, and says what to do when it is over", () => {
    const steps = (missed?: string) => ({ date: { type: "wait_date", trait: "due", offsetMs: -DAY_MS, next: null, ...(missed && { missed }) } }); // prettier-ignore
    const on = (ms: number) => ({ traits: { due: new Date(NOW + ms).toISOString() } });
    const { walked, later } = beginning(steps("exit"), on(3 * DAY_MS));
    expect(walked.run?.dueAt).toBe(NOW + 2 * DAY_MS);
    const told = happened("$customer.identified", { type: "identify", traits: { due: "later" }, happenedAt: NOW + HOUR_MS }); // prettier-ignore
    const moved = later(told, HOUR_MS, on(5 * DAY_MS));
    expect(moved.run?.dueAt).toBe(NOW + 4 * DAY_MS);
    expect(endOf(later({ type: "time" }, 4 * DAY_MS, on(5 * DAY_MS), moved.run!))).toBe("completed");
    expect(endOf(beginning(steps("exit"), on(0)).walked)).toBe("exited");
    expect(endOf(beginning(steps(), on(0)).walked)).toBe("completed");
    expect(endOf(beginning(steps("exit")).walked)).toBe("exited");
  });
  const choice = {
    rest: pause("choice"),
    choice: {
      type: "wait_until", maxMs: DAY_MS, next: "late",
      paths: [{ when: onEvent("Invited"), next: "a" }, { when: { type: "segment", id: 7, on: "entered" }, next: "b" }, { when: { type: "segment", id: 8, on: "left" }, next: "c" }],
    },
    a: pause(), b: pause(), c: pause(), late: pause(),
  }; // prettier-ignore
  const standing = (facts: Facts = { in: [8] }) => {
    const { walked, later } = beginning(choice, facts);
    return { later, at: later({ type: "time" }, HOUR_MS), first: walked.run! };
  };
  test("for one of several goes by what happens first, or by the time that is too long", () => {
    const { later, at } = standing();
    expect(at.run).toMatchObject({
      at: "choice",
      blocker: { type: "trigger" },
      dueAt: NOW + HOUR_MS + DAY_MS,
    });
    expect(later(happened("Else"), HOUR_MS, {}, at.run!).run).toBe(at.run);
    expect(waysIn(later(happened("Invited"), HOUR_MS, {}, at.run!))).toEqual(["choice 0"]);
    const entered: Cause = { type: "happened", event: turned("entered", 7) };
    expect(waysIn(later(entered, HOUR_MS, {}, at.run!))).toEqual(["choice 1"]);
    expect(waysIn(later({ type: "time" }, HOUR_MS + DAY_MS, {}, at.run!))).toEqual(["choice next"]);
  });
  test("is over at once for who is in the segment, or out of the one to be left", () => {
    expect(waysIn(standing({ in: [7, 8] }).at)).toEqual(["rest next", "choice 1"]);
    expect(waysIn(standing({}).at)).toEqual(["rest next", "choice 2"]);
  });
  test("knows what happened since the run began; of several the first, however often the others happened", () => {
    const two = {
      rest: pause("choice"),
      choice: { type: "wait_until", maxMs: null, next: null, paths: [{ when: onEvent("Paid"), next: "a" }, { when: onEvent("Invited"), next: "b" }] },
      a: pause(), b: pause(),
    }; // prettier-ignore
    const { walked, later } = beginning(two);
    let { run } = walked;
    for (const [name, ms] of [
      ["Invited", 1],
      ["Paid", 2],
      ["Invited", 3],
    ] as const)
      // prettier-ignore
      run = later(happened(name, { happenedAt: NOW + ms }), ms, {}, run!).run;
    expect(waysIn(later({ type: "time" }, HOUR_MS, {}, run!))).toEqual(["rest next", "choice 1"]);
    const before = later(happened("Paid", { happenedAt: NOW - 1 }), 1);
    expect(before.run).toBe(walked.run);
  });
});

describe("choosing", () => {
  const rule = { type: "trait", name: "plan", is: { op: "equals", value: "gold" } };
  test("a branch goes by the first rule that holds, or by the rest", () => {
    const steps = {
      fork: { type: "branch", paths: [{ rule, next: "a" }], next: "b" },
      a: pause(),
      b: pause(),
    };
    expect(waysIn(beginning(steps, { rules: true }).walked)).toEqual(["fork 0"]);
    expect(waysIn(beginning(steps).walked)).toEqual(["fork next"]);
  });
  test("a split sends a customer the same way every time and tells of it", () => {
    const steps = { fork: { type: "split", paths: [{ key: "a", weight: 1, next: null }, { key: "b", weight: 1, next: null, holdout: true }] } }; // prettier-ignore
    const { walked } = beginning(steps);
    expect(beginning(steps).walked).toEqual(walked);
    const [{ path } = { path: "" }] = walked.passed;
    expect(walked.told[0]).toMatchObject({ name: "split", properties: { arm: path, holdout: path === "b" } });
    const only = { fork: { type: "split", paths: [{ key: "a", weight: 0, next: null }, { key: "b", weight: 3, next: null }] } }; // prettier-ignore
    expect(waysIn(beginning(only).walked)).toEqual(["fork b"]);
  });
  const deciding = (by: string) => ({
    fork: {
      type: "decide", by, next: "none",
      candidates: [{ key: "a", rule, next: "one" }, { key: "b", next: "one", priority: 10 }, { key: "c", next: "one", priority: 90 }],
    },
    one: pause(), none: pause(),
  }); // prettier-ignore
  test("deciding takes the first that may be, the greatest, or what the goal showed", () => {
    expect(waysIn(beginning(deciding("order")).walked)).toEqual(["fork b"]);
    expect(waysIn(beginning(deciding("order"), { rules: true }).walked)).toEqual(["fork a"]);
    expect(waysIn(beginning(deciding("priority"), { rules: true }).walked)).toEqual(["fork c"]);
    const goal = { when: onEvent("Bought") };
    const arms = [{ key: "b", shown: 5_000, converted: 0 }, { key: "c", shown: 5_000, converted: 2_500 }]; // prettier-ignore
    const { walked } = beginning(deciding("learning"), { arms }, { goal });
    expect(waysIn(walked)).toEqual(["fork c"]);
    expect(walked.run?.context["chosen"]).toEqual({ fork: "c" });
    expect(walked.told[0]?.properties).toMatchObject({ chosen: "c", by: "learning", refused: ["a"] });
  });
  test("deciding goes on where none may be", () => {
    const steps = deciding("order");
    steps.fork.candidates = [steps.fork.candidates[0]!];
    expect(waysIn(beginning(steps).walked)).toEqual(["fork next"]);
  });
});

describe("what others do", () => {
  const steps = {
    call: { type: "task", name: "Call", outcomes: [{ outcome: "won", next: "a" }], maxMs: DAY_MS, next: "b" },
    a: pause(),
    b: pause(),
  };
  test("a task goes on by its outcome, by another one or too late by the rest", () => {
    const { walked, later } = beginning(steps);
    expect(walked.run).toMatchObject({ blocker: { type: "task", id: "r-0" }, dueAt: NOW + DAY_MS });
    expect(waysIn(later(settled("r-0", "won")))).toEqual(["call won"]);
    expect(waysIn(later(settled("r-0", "cancelled")))).toEqual(["call next"]);
    expect(waysIn(later({ type: "time" }, DAY_MS))).toEqual(["call next"]);
  });
  test("a task without outcomes is not waited for", () => {
    const { walked } = beginning({ call: { type: "task", name: "Call", next: "b" }, b: pause() });
    expect([effectsIn(walked), walked.run?.at]).toEqual([["task"], "b"]);
  });
  const hook = {
    ask: { type: "webhook", url: "https://example.com", next: "a", failed: "b", keep: { score: "score" } },
    a: pause(),
    b: pause(),
  };
  test("a webhook goes on by how it ended, and what it answered is kept where there is room", () => {
    const { walked, later } = beginning(hook);
    expect(walked.run?.blocker).toEqual({ type: "call", id: "r-0" });
    const done = later(settled("r-0", "done", { score: 9 }));
    expect([waysIn(done), done.run?.context["vars"]]).toEqual([["ask next"], { score: 9 }]);
    expect(waysIn(later(settled("r-0", "failed")))).toEqual(["ask failed"]);
    const much = later(settled("r-0", "done", { score: "x".repeat(JOURNEY_LIMITS.contextBytesMax) }));
    expect([waysIn(much), much.run?.context["vars"]]).toEqual([["ask next"], undefined]);
  });
  test("traits, audiences and goals are asked for and passed; a jump leads on, an exit out", () => {
    const { walked } = beginning({
      trait: { type: "update", traits: { plan: "gold" }, next: "list" },
      list: { type: "audience", audience: "VIP", change: "add", next: "there" },
      there: { type: "goal", name: "goal", next: "on" },
      on: { type: "jump", to: "out" },
      out: { type: "exit", reason: "enough" },
    });
    expect(effectsIn(walked)).toEqual(["update", "audience"]);
    expect(walked.told.map(({ name }) => name)).toEqual(["goal_reached", "left"]);
    expect(walked.end).toEqual({ state: "exited", detail: "enough" });
  });
  test("a goal step of any name does not stand for the journey's own goal", () => {
    const { later } = beginning(
      { there: { type: "goal", name: "goal", next: "rest" }, rest: pause() },
      {},
      { goal: { when: onEvent("Bought"), ends: false, value: "total" } },
    );
    const bought = later(happened("Bought", { properties: { total: 5 } }));
    expect(bought.told).toMatchObject([{ name: "goal_reached", properties: { goal: "goal", value: 5 } }]);
    expect(later(happened("Bought"), 1, {}, bought.run!).told).toEqual([]);
  });
});

describe("leaving", () => {
  const waiting = {
    time: { rest: pause() },
    message: { hello: { type: "message", channel: "email", template: 1, next: null } },
    task: { call: { type: "task", name: "Call", outcomes: [{ outcome: "won", next: null }], next: null } },
    call: { ask: { type: "webhook", url: "https://example.com", next: null } },
    trigger: { until: { type: "wait_until", maxMs: null, next: null, paths: [{ when: onEvent("Bought"), next: null }] } }, // prettier-ignore
  };
  test.each(Object.entries(waiting))("the goal and an exit end it at once while it waits for a %s", (blocker, steps) => {
    const more = { goal: { when: onEvent("Bought") }, exits: [onEvent("Returned")] };
    const { later } = beginning(steps, {}, more);
    for (const [name, state] of [["Bought", "goal"], ["Returned", "exited"]] as const) {
      const left = later(happened(name));
      expect([endOf(left), left.told.at(-1)?.name]).toEqual([state, "left"]);
      expect(effectsIn(left)).toEqual(blocker === "time" || blocker === "trigger" ? [] : ["cancel"]);
    }
    expect(endOf(later({ type: "stopped", end: "ended", detail: "" }))).toBe("ended");
  }); // prettier-ignore
  test("a goal reached too late is none", () => {
    const { walked, later } = beginning(
      { rest: pause() },
      {},
      { goal: { when: onEvent("Bought"), withinMs: MINUTE_MS } },
    );
    expect(later(happened("Bought", { happenedAt: NOW + 2 * MINUTE_MS }), 2 * MINUTE_MS).run).toBe(
      walked.run,
    );
  });
});

test("only we ourselves tell of segments, and conditions look at what an event holds", () => {
  const entered = { type: "segment", id: 7, on: "entered" } as const;
  expect(triggers(entered, turned("entered", 7))).toBe(true);
  expect(triggers(entered, turned("entered", 7, { key: 3 }))).toBe(false);
  expect(triggers(entered, turned("left", 7))).toBe(false);
  const dear = { type: "event", event: "Bought", where: [{ property: "total", is: { op: "at_least", value: 50 } }] } as never; // prettier-ignore
  expect([10, 50].map((total) => triggers(dear, eventOf("Bought", { properties: { total } })))).toEqual([false, true]); // prettier-ignore
  const byPhone = { type: "event", event: "Bought", where: [{ property: "$channel", is: { op: "equals", value: "phone" } }] } as never; // prettier-ignore
  expect(triggers(byPhone, eventOf("Bought", { channel: "phone" }))).toBe(true);
});

test("a branch asks what a webhook answered, as a trait named by its variable", () => {
  const rule = { type: "trait", name: "vars.tier", is: { op: "equals", value: "gold" } };
  const steps = {
    ask: { type: "webhook", url: "https://crm.example/tier", keep: { tier: "tier" }, next: "choose" },
    choose: { type: "branch", paths: [{ rule, next: "gift" }], next: null },
    gift: pause(),
  };
  const plan = planOfDraft({ start: "ask", steps });
  const known = {
    ...knowing({}),
    holds: (node: Parameters<typeof match>[0], vars = {}) => match(node, withVars(NOBODY, vars), NOW).matches,
  };
  const asked = walk(
    plan,
    begun("r", 1, 1, "", plan.draft, {}, NOW, NOW),
    { type: "began" },
    known,
    NOW,
  ).run!;
  const after = (tier: string) =>
    walk(plan, asked, { type: "settled", id: "r-0", outcome: "done", answer: { tier } }, known, NOW);
  expect([after("gold").run?.at, endOf(after("iron"))]).toEqual(["gift", "completed"]);
});
