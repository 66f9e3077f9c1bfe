/** Drafts and traffic by chance, for comparing a replay with what really happened. */
import fc from "fast-check";
import type { Rule } from "../../src/segments/model.ts";
import { HOUR_MS, MINUTE_MS } from "./story.ts";

const did = (event: string, least: number, agoMs?: number): Rule => ({
  type: "did", event, where: [], measure: { of: "count" }, is: { op: "at_least", value: least }, ...(agoMs !== undefined && { when: { from: { agoMs } } }),
}) as Rule; // prettier-ignore
/** Rules that turn with events, with traits, and with time alone. */
export const RULES: readonly Rule[] = [
  did("Viewed", 2),
  did("Viewed", 1, 7 * HOUR_MS),
  did("Bought", 1),
  { type: "not", rule: did("Bought", 1, 30 * HOUR_MS) },
  { type: "trait", name: "plan", is: { op: "equals", value: "gold" } } as Rule,
  { type: "without", event: "Added", where: [], without: { event: "Bought", where: [] }, forMs: 5 * HOUR_MS } as Rule,
  { type: "sequence", steps: [{ event: "Viewed", where: [] }, { event: "Added", where: [], withinMs: 9 * HOUR_MS }] } as Rule,
  { type: "consent", channel: "email", purpose: "marketing", is: "denied" } as Rule,
  did("Nudged", 1),
]; // prettier-ignore
const rule = fc.constantFrom(...RULES);
const ms = fc.integer({ min: 1, max: 20 }).map((n) => n * 30 * MINUTE_MS + 7_000);
const event = fc.constantFrom("Viewed", "Added", "Bought");
const where = fc.constantFrom([], [], [{ property: "n", is: { op: "at_least", value: 3 } }]);

const trigger = (segments: readonly number[]) =>
  fc.oneof(
    fc.record({ type: fc.constant("event"), event, where }),
    ...(segments.length > 0
      ? [fc.record({ type: fc.constant("segment"), id: fc.constantFrom(...segments), on: fc.constantFrom("entered", "left") })]
      : []),
  ); // prettier-ignore

/** When customers are likely to be there who have no hours of their own: late and later, by turns. */
export const HOURS = Array.from({ length: 48 }, (_, cell) => ((cell * 17) % 36).toString(36));

/** One step, with `next` for each of its ways drawn from `nexts`. */
const step = (nexts: readonly (string | null)[], segments: readonly number[], template: number) => {
  const next = fc.constantFrom(...nexts);
  const minute = fc.integer({ min: 0, max: 1439 });
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant("message"), channel: fc.constant("email"), template: fc.constant(template), purpose: fc.constantFrom("marketing", "transactional"), else: fc.constantFrom("wait", "skip"), expiresMs: fc.constantFrom(2 * HOUR_MS, 72 * HOUR_MS), best: fc.option(fc.constantFrom(5 * HOUR_MS, 30 * HOUR_MS)), next, refused: next }).map(({ best, ...one }) => ({ ...one, ...(best !== null && { bestTimeMs: best }) })) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("wait"), ms, next }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("wait_time"), minute, next }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("wait_date"), trait: fc.constant("due"), offsetMs: fc.constantFrom(0, -3 * HOUR_MS), missed: fc.constantFrom("continue", "exit"), next }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("wait_until"), paths: fc.array(fc.record({ when: trigger(segments), next }), { minLength: 1, maxLength: 2 }), maxMs: fc.option(ms), next }).map((one) => (one.maxMs === null ? { ...one, next: null } : one)) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("branch"), paths: fc.array(fc.record({ rule, next }), { minLength: 1, maxLength: 2 }), next }) },
    { weight: 1, arbitrary: fc.tuple(next, next).map(([a, b]) => ({ type: "split", paths: [{ key: "a", weight: 1, next: a }, { key: "b", weight: 2, next: b, holdout: true }] })) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("decide"), by: fc.constantFrom("order", "priority"), candidates: fc.tuple(next, next, rule).map(([a, b, of]) => [{ key: "a", rule: of, next: a }, { key: "b", priority: 70, next: b }]), next }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("update"), traits: fc.constantFrom({ plan: "gold" }, { timezone: "Asia/Tokyo" }), next }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("task"), name: fc.constant("Call them"), outcomes: fc.tuple(next).map(([a]) => [{ outcome: "yes", next: a }]), maxMs: ms, next }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("webhook"), url: fc.constant("https://example.com/hook"), next, failed: next }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("goal"), name: fc.constant("there"), next }) },
    { weight: 1, arbitrary: fc.constant({ type: "exit", reason: "enough" }) },
  );
}; // prettier-ignore

type Steps = { readonly [id: string]: { readonly [field: string]: unknown } };

/** Only steps that something leads to. */
function reached(steps: Steps): Steps {
  const found = new Set(["s0"]);
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) {
        if ((key === "next" || key === "refused" || key === "failed") && typeof inner === "string" && !found.has(inner)) {
          found.add(inner);
          look(steps[inner]);
        } else look(inner);
      }
  };
  look(steps["s0"]);
  return Object.fromEntries(Object.entries(steps).filter(([id]) => found.has(id)));
} // prettier-ignore

/** A draft whose steps lead forward only. */
export const aDraft = (segments: readonly number[], template: number) =>
  fc.record({
    entry: fc.oneof(
      { weight: 3, arbitrary: fc.record({ type: fc.constant("event"), event, where }) },
      { weight: 2, arbitrary: fc.record({ type: fc.constant("segment"), id: fc.constantFrom(...segments), on: fc.constantFrom("entered", "left") }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant("date"), trait: fc.constant("due"), offsetDays: fc.constantFrom(-1, 0, 1), minute: fc.integer({ min: 0, max: 1439 }), yearly: fc.boolean() }) },
    ),
    reentry: fc.oneof(fc.constant({ type: "once" }), fc.constant({ type: "always" }), fc.record({ type: fc.constant("after"), ms: fc.constant(9 * HOUR_MS) }), fc.constant({ type: "key", property: "n" })),
    audience: fc.option(rule, { nil: undefined, freq: 5 }),
    exits: fc.array(trigger(segments), { maxLength: 1 }),
    goal: fc.option(fc.record({ when: trigger(segments), withinMs: fc.constantFrom(12 * HOUR_MS, 90 * HOUR_MS), value: fc.constant("worth"), ends: fc.boolean() }), { nil: undefined }),
    holdoutRatio: fc.constantFrom(0, 0.3),
    steps: fc.integer({ min: 1, max: 6 }).chain((n) =>
      fc.tuple(...Array.from({ length: n }, (_, i) => {
        const after = Array.from({ length: n - i - 1 }, (_one, j) => `s${i + j + 1}`);
        return step(after.length > 0 ? [...after, ...after, null] : [null], segments, template);
      })).map((all) => reached(Object.fromEntries(all.map((one, i) => [`s${i}`, one])))),
    ),
  }).map(({ audience, goal, reentry, entry, ...rest }) => ({
    ...rest, entry, start: "s0",
    // On a date who could not come in is asked again whenever something else wakes them: then it is not the journey alone that decides.
    reentry: (reentry.type === "key" && entry.type !== "event") || (reentry.type === "after" && entry.type === "date") ? { type: "always" } : reentry,
    ...(audience !== undefined && entry.type !== "date" && { audience }), ...(goal !== undefined && { goal }),
  })); // prettier-ignore

/** Something a customer does: after how long since the thing before, who, what. */
export type Doing = {
  readonly afterMs: number;
  readonly who: number;
  readonly name: string;
  readonly properties?: object;
  readonly traits?: object;
  readonly denies?: boolean;
};
const doing: fc.Arbitrary<Doing> = fc
  .record({
    afterMs: fc.oneof(fc.integer({ min: 1, max: 3 * HOUR_MS }), fc.integer({ min: 1, max: 5 * MINUTE_MS }), fc.integer({ min: 1, max: 30 * HOUR_MS })),
    who: fc.integer({ min: 0, max: 3 }),
    what: fc.oneof(
      { weight: 8, arbitrary: fc.record({ name: event, properties: fc.record({ n: fc.integer({ min: 1, max: 5 }), worth: fc.integer({ min: 1, max: 100 }) }) }) },
      { weight: 1, arbitrary: fc.constant({ name: "Nudged" }) },
      { weight: 2, arbitrary: fc.record({ name: fc.constant("$customer.identified"), traits: fc.constantFrom({ plan: "gold" }, { plan: "free" }, { timezone: "America/New_York" }, { timezone: "Asia/Kathmandu" }, { send_hours: HOURS.toReversed().join("") }) }) },
      { weight: 1, arbitrary: fc.record({ name: fc.constant("$customer.identified"), dueInDays: fc.integer({ min: -1, max: 5 }) }) },
      { weight: 1, arbitrary: fc.record({ name: fc.constant("Asked"), denies: fc.boolean() }) },
    ),
  })
  .map(({ what, ...rest }) => ({ ...rest, ...what })) as fc.Arbitrary<Doing>; // prettier-ignore
export const traffic = fc.array(doing, { minLength: 20, maxLength: 40 });
