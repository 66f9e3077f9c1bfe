/** Cases cut by hand, one event after the other: what the log's arrays are held to. */
import type { CaseBy } from "../../src/analysis/model.ts";

type Happened = { readonly at: number; readonly name: string };
export type NaiveCase<E> = { readonly steps: readonly E[]; readonly reached: boolean };

/** The cases of one customer's events, or of one key's, which are in order. */
export const cutCases = <E extends Happened>(by: CaseBy, events: readonly E[]): readonly NaiveCase<E>[] =>
  by.by === "goal" ? toGoal(by, events) : atPauses(events, by.by === "visit" ? by.gapMs : Infinity);

function atPauses<E extends Happened>(events: readonly E[], gapMs: number): readonly NaiveCase<E>[] {
  const cases: { readonly steps: E[]; readonly reached: boolean }[] = [];
  for (const [i, event] of events.entries())
    if (i === 0 || event.at - events[i - 1]!.at > gapMs) cases.push({ steps: [event], reached: false });
    else cases.at(-1)!.steps.push(event);
  return cases;
}

function toGoal<E extends Happened>(
  { start, goal }: Extract<CaseBy, { by: "goal" }>,
  events: readonly E[],
): readonly NaiveCase<E>[] {
  const cases: NaiveCase<E>[] = [];
  let open: E[] | null = null;
  for (const event of events) {
    const begins: boolean = open === null && (start === undefined || event.name === start);
    if (open === null && !begins) continue;
    open = [...(open ?? []), event];
    // Where the goal is the beginning as well, it ends a case and begins the next; the first one only begins.
    if (event.name !== goal || (begins && start === goal)) continue;
    cases.push({ steps: open, reached: true });
    open = start === goal ? [event] : null;
  }
  return open === null ? cases : [...cases, { steps: open, reached: false }];
}
