/** What holds of any journey that may be published, and whatever happens to whoever is in it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { begun } from "../../src/journeys/enter.ts";
import { JOURNEY_LIMITS, JourneyDraft, type Run } from "../../src/journeys/model.ts";
import { type PlannedJourney, planJourney } from "../../src/journeys/plan.ts";
import { type Cause, type Walked, triggers, walk } from "../../src/journeys/walk.ts";
import { waysOf } from "../../src/journeys/ways.ts";
import {
  CONTEXT,
  DAY_MS,
  type Facts,
  HOUR_MS,
  MINUTE_MS,
  NOW,
  happened,
  knowing,
  settled,
  turned,
} from "./walking.ts";

const IDS = ["s0", "s1", "s2", "s3", "s4", "s5"];
const anEvent = fc.constantFrom("Viewed", "Added", "Bought");
const aTrigger = fc.oneof(
  fc.record({ type: fc.constant("event"), event: anEvent }),
  fc.record({ type: fc.constant("segment"), id: fc.constantFrom(7, 8), on: fc.constantFrom("entered", "left") }), // prettier-ignore
);
const aRule = fc.constant({ type: "trait", name: "plan", is: { op: "equals", value: "gold" } });
const aTime = fc.integer({ min: 1, max: 40 }).map((n) => n * 30 * MINUTE_MS);

const aStep = fc.constantFrom<string | null>(...IDS, null).chain(() => {
  const next = fc.constantFrom<string | null>(...IDS, null);
  return fc.oneof(
    fc.record({ type: fc.constant("message"), channel: fc.constant("email"), template: fc.constant(1), next, refused: next }),
    fc.record({ type: fc.constant("wait"), ms: aTime, next }),
    fc.record({ type: fc.constant("wait_time"), minute: fc.integer({ min: 0, max: 1439 }), next }),
    fc.record({ type: fc.constant("wait_date"), trait: fc.constant("due"), offsetMs: fc.constantFrom(0, -HOUR_MS), missed: fc.constantFrom("continue", "exit"), next }),
    fc.record({ type: fc.constant("wait_until"), paths: fc.array(fc.record({ when: aTrigger, next }), { minLength: 1, maxLength: 2 }), maxMs: fc.option(aTime), next }),
    fc.record({ type: fc.constant("branch"), paths: fc.array(fc.record({ rule: aRule, next }), { minLength: 1, maxLength: 2 }), next }),
    fc.tuple(next, next).map(([a, b]) => ({ type: "split", paths: [{ key: "a", weight: 1, next: a }, { key: "b", weight: 2, next: b }] })),
    fc.record({ type: fc.constant("decide"), by: fc.constantFrom("order", "priority", "learning"), candidates: fc.tuple(next, next, aRule).map(([a, b, rule]) => [{ key: "a", rule, next: a }, { key: "b", rule, next: b }]), next }),
    fc.record({ type: fc.constant("update"), traits: fc.constant({ plan: "gold" }), next }),
    fc.record({ type: fc.constant("task"), name: fc.constant("Call"), outcomes: next.map((a) => [{ outcome: "yes", next: a }]), maxMs: fc.option(aTime), next }),
    fc.record({ type: fc.constant("webhook"), url: fc.constant("https://example.com"), next, failed: next }),
    fc.record({ type: fc.constant("audience"), audience: fc.constant("VIP"), change: fc.constant("add"), next }),
    fc.record({ type: fc.constant("goal"), name: fc.constant("there"), next }),
    fc.constantFrom(...IDS).map((to) => ({ type: "jump", to })),
    fc.constant({ type: "exit" }),
  );
}); // prettier-ignore

/** Steps that something leads to, in circles as well, of which the plan lets only those be that take time. */
const aPlan = fc
  .record({
    steps: fc.tuple(...IDS.map(() => aStep)),
    exits: fc.array(aTrigger, { maxLength: 1 }),
    goal: fc.record({ when: aTrigger, ends: fc.boolean() }),
  })
  .map(({ steps, exits, goal }) => {
    const all = Object.fromEntries(steps.map((step, i) => [IDS[i]!, step]));
    const draft = JourneyDraft.parse({ name: "J", entry: { type: "api" }, start: "s0", steps: all, exits, goal }); // prettier-ignore
    const reached = new Set(["s0"]);
    for (const id of reached) for (const { next } of waysOf(draft.steps[id]!)) if (next) reached.add(next);
    const kept = Object.fromEntries(Object.entries(draft.steps).filter(([id]) => reached.has(id)));
    return planJourney({ ...draft, steps: kept }, CONTEXT);
  })
  .filter((answer) => answer.ok)
  .map((answer) => answer.plan);

type Said = {
  readonly kind: string;
  readonly afterMs: number;
  readonly lateMs: number;
  readonly facts: Facts;
  readonly outcome: string;
};
const aSaid: fc.Arbitrary<Said> = fc.record({
  kind: fc.constantFrom("time", "time", "Viewed", "Added", "Bought", "segment", "identify", "settled", "settled", "strange"),
  afterMs: fc.constantFrom(0, 500, HOUR_MS, 9 * HOUR_MS, 30 * HOUR_MS),
  lateMs: fc.constantFrom(0, 0, 5 * HOUR_MS),
  facts: fc.record({ rules: fc.boolean(), traits: fc.constantFrom({}, { due: new Date(NOW + DAY_MS).toISOString() }, { due: "never" }), in: fc.subarray([7, 8]) }),
  outcome: fc.constantFrom("sent", "refused", "done", "failed", "yes", "unknown"),
}); // prettier-ignore

function causeOf({ kind, lateMs, outcome }: Said, run: Run, now: number): Cause {
  if (kind === "time") return { type: "time" };
  if (kind === "strange") return settled("nobody", outcome);
  if (kind === "settled")
    return settled("id" in run.blocker ? run.blocker.id : "none", outcome, { score: 1 });
  const happenedAt = now - lateMs;
  if (kind === "segment") return { type: "happened", event: turned("entered", 7, { happenedAt }) };
  if (kind === "identify") return happened("$customer.identified", { type: "identify", traits: { due: "x" }, happenedAt }); // prettier-ignore
  return happened(kind, { happenedAt });
}

/** Lives a whole life: every state of it, each with what led there. */
function live(plan: PlannedJourney, said: readonly Said[]) {
  let now = NOW;
  let run: Run | null = begun("r", 1, 1, "", plan.draft, {}, NOW, NOW);
  const states: { cause: Cause; before: Run; walked: Walked; facts: Facts; now: number }[] = [];
  for (const one of [null, ...said]) {
    if (!run) break;
    now += one?.afterMs ?? 0;
    const cause: Cause = one ? causeOf(one, run, now) : { type: "began" };
    const facts = one?.facts ?? {};
    const walked: Walked = walk(plan, run, cause, knowing(facts), now);
    states.push({ cause, before: run, walked, facts, now });
    run = walked.run;
  }
  return states;
}

const lives = (law: (states: ReturnType<typeof live>, plan: PlannedJourney) => void) =>
  fc.assert(fc.property(aPlan, fc.array(aSaid, { maxLength: 25 }), (plan, said) => law(live(plan, said), plan)), { numRuns: Number(process.env["THROUGHLINE_CASES"] ?? 400) }); // prettier-ignore

describe("of any journey and whatever happens", () => {
  test("who goes on stands at a step that waits, for a time or for somebody who will answer", () => {
    lives((states, plan) => {
      for (const { walked } of states) {
        if (!walked.run) continue;
        const { at, blocker, dueAt } = walked.run;
        const step = plan.draft.steps[at]!;
        const waits = { time: /^wait/, trigger: /^wait_until$/, message: /^message$/, task: /^task$/, call: /^webhook$/ }; // prettier-ignore
        expect(step.type).toMatch(waits[blocker.type]);
        if (blocker.type === "time") expect(dueAt).not.toBeNull();
        if (dueAt === null && blocker.type === "trigger")
          expect(step).toMatchObject({ type: "wait_until", maxMs: null });
      }
    });
  });

  test("a walk is bounded, and what is waited for in time lies ahead", () => {
    lives((states) => {
      for (const { walked, now, cause, before } of states) {
        expect(walked.passed.length).toBeLessThanOrEqual(JOURNEY_LIMITS.walkSteps);
        const moved = walked.run !== null && (cause.type === "began" || walked.run.passed > before.passed);
        if (moved && walked.run.dueAt !== null) expect(walked.run.dueAt).toBeGreaterThan(now);
      }
    });
  });

  test("nothing is asked for twice in a run's life", () => {
    lives((states) => {
      const ids = states.flatMap(({ walked }) => walked.effects.flatMap((effect) => ("id" in effect ? [effect.id] : []))); // prettier-ignore
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  test("who leaves is told of once, with the reason, and only then", () => {
    lives((states) => {
      for (const { walked } of states) {
        const left = walked.told.filter(({ name }) => name === "left");
        expect(left.length).toBe(walked.run === null ? 1 : 0);
        expect(walked.end === null).toBe(walked.run !== null);
        if (walked.end) expect(left[0]!.properties["reason"]).toBe(walked.end.state);
      }
    });
  });

  test("what does not concern a run leaves it as it is", () => {
    lives((states) => {
      for (const { cause, before, walked, now } of states) {
        const stranger =
          cause.type === "settled" && !("id" in before.blocker && before.blocker.id === cause.id);
        const early = cause.type === "time" && (before.dueAt === null || before.dueAt > now);
        const old = cause.type === "happened" && cause.event.happenedAt < before.enteredAt;
        if (stranger || early || old)
          expect(walked).toEqual({ run: before, end: null, effects: [], passed: [], told: [] });
      }
    });
  });

  test("the goal and the exits end a run at once, whatever it waits for", () => {
    lives((states, { draft }) => {
      for (const { cause, before, walked } of states) {
        if (cause.type !== "happened" || cause.event.happenedAt < before.enteredAt) continue;
        const goal = draft.goal!.ends && triggers(draft.goal!.when, cause.event) && cause.event.happenedAt <= before.enteredAt + draft.goal!.withinMs; // prettier-ignore
        if (goal) expect(walked.end?.state).toBe("goal");
        else if (draft.exits.some((one) => triggers(one, cause.event)))
          expect(walked.end?.state).toBe("exited");
      }
    });
  });

  test("the same life gives the same run", () => {
    lives((states, plan) => {
      for (const { cause, before, walked, facts, now } of states)
        expect(walk(plan, before, cause, knowing(facts), now)).toEqual(walked);
    });
  });
});
