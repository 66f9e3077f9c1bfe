/** A plan laid over what was counted of it: ways gone and never gone, and where runs ended otherwise than planned. Pure. */
import type { JourneyDraft, Step } from "../journeys/model.ts";
import { waysOf } from "../journeys/ways.ts";
import { type Share, noneMeansAtMost } from "./judge.ts";
import type { Conformance } from "./judged-model.ts";

/** How often a way out of a step was gone. */
export type Gone = { readonly step: string; readonly path: string; readonly n: number };
/** Runs that ended for a reason at a step. */
export type Ended = { readonly reason: string; readonly step: string; readonly runs: number };
export type Counted = {
  readonly entered: number;
  readonly gone: readonly Gone[];
  readonly ended: readonly Ended[];
  /** Runs that stand at a step now. */
  readonly standing: ReadonlyMap<string, number>;
  /** Messages that left, by step. */
  readonly sent: ReadonlyMap<string, number>;
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Ended runs that did what the plan says: it came to one of its ends, or reached its goal before. */
export function followedOf({ steps }: JourneyDraft, ended: readonly Ended[]): Share {
  const followed = ended.filter((one) => isPlanned(one, steps));
  return { hits: sum(followed.map(({ runs }) => runs)), n: sum(ended.map(({ runs }) => runs)) };
}

const isPlanned = ({ reason, step }: Ended, steps: JourneyDraft["steps"]): boolean =>
  reason === "completed" || reason === "goal" || (reason === "exited" && steps[step]?.type === "exit");

/** The steps as the plan comes to them, those it never comes to last: the store keeps no order of its own. */
function inOrder({ start, steps }: JourneyDraft): readonly (readonly [string, Step])[] {
  const order = new Set([start]);
  // A set may grow while it is walked: what is added is walked as well.
  for (const id of order) for (const { next } of steps[id] ? waysOf(steps[id]) : []) if (next !== null) order.add(next);
  return [...order, ...Object.keys(steps).filter((id) => !order.has(id))].flatMap((id) => (steps[id] ? [[id, steps[id]] as const] : []));
} // prettier-ignore

/** The plan's steps with what was counted at each. */
export function stepsOf(draft: JourneyDraft, { gone, ended, standing }: Counted): Conformance["steps"] {
  return inOrder(draft).map(([id, step]) => {
    const its = gone.filter((one) => one.step === id);
    const passed = sum(its.map(({ n }) => n));
    return {
      step: id, type: step.type, title: step.title ?? null, passed, waiting: standing.get(id) ?? 0,
      left: sum(ended.filter((one) => one.step === id && one.reason !== "completed" && !(one.reason === "exited" && step.type === "exit")).map(({ runs }) => runs)),
      ways: waysOf(step).map(({ path, next }) => {
        const n = sum(its.filter((one) => one.path === path).map((one) => one.n));
        return { path, next, passed: n, share: passed === 0 ? null : n / passed };
      }),
    };
  });
} // prettier-ignore

const WHY: { readonly [reason: string]: string } = {
  exited: "Something happened that takes people out of the journey.",
  joined: "The customer was in the journey twice, and both became one.",
  ended: "A person took the run out, or a new version did.",
  failed: "The run could not go on.",
};

/** Ended runs that did otherwise, by reason and step. */
export function deviationsOf(
  { steps }: JourneyDraft,
  { ended, entered }: Pick<Counted, "ended" | "entered">,
): Conformance["deviations"] {
  return ended
    .filter((one) => !isPlanned(one, steps))
    .map(({ reason, step, runs }) => ({
      step: step in steps ? step : null,
      end: reason as Conformance["deviations"][number]["end"],
      detail: WHY[reason] ?? reason,
      runs,
      share: entered === 0 ? 0 : Math.min(1, runs / entered),
    }))
    .toSorted((a, b) => b.runs - a.runs || ((a.step ?? "") < (b.step ?? "") ? -1 : 1));
}

/** The steps from which one can come to this one, by ways that are open. */
function stepsBefore({ steps }: JourneyDraft, goal: string): ReadonlySet<string> {
  const found = new Set<string>();
  const leads = (step: Step): boolean =>
    waysOf(step).some(({ path, next }) => next !== null && (next === goal || found.has(next)) && isOpen(step, path));
  for (let more = true; more; ) {
    const added = Object.entries(steps).filter(([id, step]) => !found.has(id) && leads(step));
    for (const [id] of added) found.add(id);
    more = added.length > 0;
  }
  return found;
} // prettier-ignore

/**
 * How many could have come to a step to which nobody came: those who ended, and those who wait where no way leads to it.
 * Null while anybody waits before it. Who went on in another version may have come to it there, and counts for nothing.
 */
function couldHave(draft: JourneyDraft, step: string, { entered, ended, standing }: Counted): number | null {
  const before = stepsBefore(draft, step);
  const waiting = [...standing].filter(([, n]) => n > 0);
  if (waiting.some(([id]) => before.has(id))) return null;
  return Math.min(entered, sum(ended.map(({ runs }) => runs)) + sum(waiting.map(([, n]) => n)));
}

/** What the plan expects and nobody does. */
export function unmetOf(draft: JourneyDraft, counted: Counted): Conformance["unmet"] {
  const told = stepsOf(draft, counted);
  const arrived = new Map<string, number>([[draft.start, counted.entered]]);
  for (const { ways } of told)
    for (const { next, passed } of ways)
      if (next !== null) arrived.set(next, (arrived.get(next) ?? 0) + passed);
  return told.flatMap((one): Conformance["unmet"] => {
    const step = draft.steps[one.step]!;
    const name = one.title ?? one.step;
    const here = one.passed + one.waiting + one.left + (arrived.get(one.step) ?? 0);
    if (here === 0) {
      const of = couldHave(draft, one.step, counted);
      return of === null || of === 0 ? [] : [{ kind: "step_never_reached", step: one.step, path: null, of, atMost: noneMeansAtMost(of), words: `Nobody came to "${name}".` }];
    }
    if (one.passed === 0) return [];
    const of = { step: one.step, of: one.passed, atMost: noneMeansAtMost(one.passed) };
    if (step.type === "message" && !counted.sent.get(one.step))
      return [{ kind: "message_never_leaves", path: null, ...of, words: `No message of "${name}" left.` }];
    const unused = one.ways.filter(({ path, passed }) => passed === 0 && isOpen(step, path));
    if (step.type === "wait_until" && unused.length === step.paths.length && unused.every(({ path }) => path !== "next"))
      return [{ kind: "wait_always_times_out", path: null, ...of, words: `"${name}" waits for something that never came: the time always ran out.` }];
    return unused.map(({ path }) => ({ kind: "way_never_gone", path, ...of, words: `Nobody left "${name}" by the way "${path}".` }));
  });
} // prettier-ignore

/** Whether anybody could go this way: an arm of no weight is nobody's. */
const isOpen = (step: Step, path: string): boolean =>
  step.type !== "split" || step.paths.some(({ key, weight }) => key === path && weight > 0);
