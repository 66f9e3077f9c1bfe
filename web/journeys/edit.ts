/**
 * Changing a journey's draft as a graph: putting steps in, taking them out with what led to them led on, and leading a way
 * elsewhere. Steps that nothing leads to any more go with the change, so that a draft never drags along what nobody sees.
 * Pure; there is no clock and no drawing here.
 */
import type { JourneyDraft, Step } from "../../src/journeys/model.ts";
import { waysOf } from "../../src/journeys/ways.ts";

/** Where a step can be put in: the way `path` out of `step`; `step` null: right behind the entry. */
export type Place = { readonly step: string | null; readonly path: string };
/** The place behind the entry. */
export const AT_START: Place = { step: null, path: "next" };
/** What stands for the entry among the steps; no step can have this id. */
export const ENTRY_NODE = "$entry";
/** What names the way at a place. */
export const wayId = ({ step, path }: Place): string => `${step ?? ENTRY_NODE} ${path}`;
/** A change of a draft: the new draft, the step to look at then, and how many steps went because nothing leads to them. */
export type Change = {
  readonly draft: JourneyDraft;
  readonly selected: string | null;
  readonly dropped: number;
};

/** The way by which a step goes on in the ordinary case; null where it has none. */
export function mainWayOf(step: Step): string | null {
  const ways = waysOf(step);
  return (ways.find(({ path }) => path === "next") ?? ways[0])?.path ?? null;
}

const at = <T extends { next: string | null }>(list: T[], i: number, next: string | null): T[] =>
  list.map((one, n) => (n === i ? { ...one, next } : one));

type Directed<S extends Step> = (step: S, path: string, next: string | null) => Step;
type Of<Type extends Step["type"]> = Extract<Step, { type: Type }>;
const onward = <S extends Step>(step: S, _path: string, next: string | null): Step =>
  ({ ...step, next }) as Step;
const DIRECTED: { readonly [type in Step["type"]]: Directed<Of<type>> } = {
  wait: onward, wait_time: onward, wait_date: onward, update: onward, audience: onward, goal: onward,
  exit: (step) => step,
  jump: (step, _path, next) => (next === null ? { type: "exit", reason: "" } : { ...step, to: next }),
  message: (step, path, next) => (path === "refused" ? { ...step, refused: next } : { ...step, next }),
  webhook: (step, path, next) => (path === "failed" ? { ...step, failed: next } : { ...step, next }),
  split: (step, path, next) => ({ ...step, paths: at(step.paths, step.paths.findIndex(({ key }) => key === path), next) }),
  wait_until: (step, path, next) => path === "next" ? { ...step, next } : { ...step, paths: at(step.paths, Number(path), next) },
  branch: (step, path, next) => path === "next" ? { ...step, next } : { ...step, paths: at(step.paths, Number(path), next) },
  decide: (step, path, next) => {
    const i = step.candidates.findIndex(({ key }) => key === path);
    return i < 0 ? { ...step, next } : { ...step, candidates: at(step.candidates, i, next) };
  },
  task: (step, path, next) => {
    const i = step.outcomes.findIndex(({ outcome }) => outcome === path);
    return i < 0 ? { ...step, next } : { ...step, outcomes: at(step.outcomes, i, next) };
  },
}; // prettier-ignore

/** `step` with its way `path` leading to `next`. A way it has not changes nothing; a jump to nowhere becomes an exit. */
export const directed = (step: Step, path: string, next: string | null): Step =>
  (DIRECTED[step.type] as Directed<Step>)(step, path, next);

/** Ids of the steps a run can come to from a step, that one first, in the order in which they are met. */
function reachedFrom(steps: JourneyDraft["steps"], first: string | null): readonly string[] {
  const found = new Set(first !== null && first in steps ? [first] : []);
  for (const id of found)
    for (const { next } of waysOf(steps[id]!)) if (next !== null && next in steps) found.add(next);
  return [...found];
}
/** Ids of the steps a run can come to. */
export const reached = ({ steps, start }: JourneyDraft): readonly string[] => reachedFrom(steps, start);

/** `after` without the steps that could be reached in `before` and cannot any more. */
function pruned(
  before: JourneyDraft,
  after: JourneyDraft,
): { readonly draft: JourneyDraft; readonly dropped: number } {
  const [was, is] = [new Set(reached(before)), new Set(reached(after))];
  const kept = Object.entries(after.steps).filter(([id]) => is.has(id) || !was.has(id));
  const dropped = Object.keys(after.steps).length - kept.length;
  return { draft: dropped === 0 ? after : { ...after, steps: Object.fromEntries(kept) }, dropped };
}

/** An id no step has: its type and the least number that is free. */
export function freshId(steps: JourneyDraft["steps"], type: Step["type"]): string {
  let n = 1;
  while (`${type}_${n}` in steps) n += 1;
  return `${type}_${n}`;
}

/** Where the way at `place` leads. */
export function targetOf({ steps, start }: JourneyDraft, { step, path }: Place): string | null {
  if (step === null) return start;
  const from = steps[step];
  return from ? (waysOf(from).find((way) => way.path === path)?.next ?? null) : null;
}

/** The draft with the way at `place` leading to `next`. The entry leads to no nothing: there a null changes nothing. */
export function led(draft: JourneyDraft, place: Place, next: string | null): Change {
  const selected = place.step;
  if (place.step === null) {
    if (next === null) return { draft, selected, dropped: 0 };
    return { ...pruned(draft, { ...draft, start: next }), selected };
  }
  const from = draft.steps[place.step];
  if (!from) return { draft, selected, dropped: 0 };
  const steps = { ...draft.steps, [place.step]: directed(from, place.path, next) };
  return { ...pruned(draft, { ...draft, steps }), selected };
}

/**
 * The draft with `step` put in at `place`: every way of it but a holdout's goes on to where `place` led, so that paths come
 * together again behind it. What stands behind an exit or a jump is dropped where nothing else leads to it.
 */
export function inserted(draft: JourneyDraft, place: Place, step: Step): Change {
  const target = targetOf(draft, place);
  const id = freshId(draft.steps, step.type);
  const held = (path: string) => step.type === "split" && step.paths.some(({ key, holdout }) => key === path && holdout);
  const placed = step.type === "jump" ? step : waysOf(step).reduce<Step>((one, { path }) => (held(path) ? one : directed(one, path, target)), step);
  const added = { ...draft, steps: { ...draft.steps, [id]: placed } };
  const { draft: next, dropped } = led(added, place, id);
  return { ...pruned(draft, next), dropped: dropped + pruned(draft, next).dropped, selected: id };
} // prettier-ignore

/** The draft without a step: what led to it leads on to where it led. The last step of all becomes an exit. */
export function removed(draft: JourneyDraft, id: string): Change {
  const step = draft.steps[id];
  if (!step) return { draft, selected: null, dropped: 0 };
  const main = mainWayOf(step);
  const leadsTo = main === null ? null : (waysOf(step).find(({ path }) => path === main)?.next ?? null);
  const next = leadsTo === id ? null : leadsTo;
  const { [id]: _, ...rest } = draft.steps;
  const steps = Object.fromEntries(
    Object.entries(rest).map(([other, one]) => [
      other,
      waysOf(one).reduce<Step>((held, way) => (way.next === id ? directed(held, way.path, next) : held), one),
    ]),
  );
  if (draft.start !== id) return { ...pruned(draft, { ...draft, steps }), selected: next };
  if (next !== null) return { ...pruned(draft, { ...draft, steps, start: next }), selected: next };
  const end = freshId(steps, "exit");
  const ended = { ...draft, start: end, steps: { ...steps, [end]: { type: "exit", reason: "" } as const } };
  return { ...pruned(draft, ended), selected: end };
}

/** The draft with a step changed in place. */
export function changed(draft: JourneyDraft, id: string, step: Step): Change {
  return { ...pruned(draft, { ...draft, steps: { ...draft.steps, [id]: step } }), selected: id };
}

/** Steps in the order a person reads them: along the main way first, each other way after what it comes back to. */
export type Line = { readonly id: string; readonly depth: number; readonly by: Place };
/** The draft as lines: each step once, under the way by which it is first met; ways to steps told before are left to the reader. */
export function outlineOf(draft: JourneyDraft): readonly Line[] {
  const seen = new Set<string>();
  const lines: Line[] = [];
  const tell = (id: string | null, depth: number, by: Place): void => {
    if (id === null || seen.has(id)) return;
    const step = draft.steps[id];
    if (!step) return;
    seen.add(id);
    lines.push({ id, depth, by });
    const main = mainWayOf(step);
    const shared = main === null ? null : targetOf(draft, { step: id, path: main });
    const others = waysOf(step).filter(({ path }) => path !== main);
    // What the main way goes on to is told last, at this depth, however side paths come back to it.
    const later = others.length === 0 ? [] : reachedFrom(draft.steps, shared).filter((one) => !seen.has(one));
    for (const one of later) seen.add(one);
    for (const { path, next } of others) tell(next, depth + 1, { step: id, path });
    for (const one of later) seen.delete(one);
    if (main !== null) tell(shared, depth, { step: id, path: main });
  };
  tell(draft.start, 0, AT_START);
  for (const id of Object.keys(draft.steps)) tell(id, 0, { step: null, path: "" });
  return lines;
}
