/** From counts of people by step to a funnel as it is told. Pure. */
import { shareOf } from "./intervals.ts";
import { type FunnelAsked, type FunnelResult, METRIC_LIMITS } from "./model.ts";

/** Who got to a step (the first is 1), of one group. */
export type FunnelRow = {
  readonly value: string;
  readonly step: number;
  readonly people: number;
  readonly msFromFirst: number;
  readonly msFromBefore: number;
};

/** The funnel of one group; too few who began: nothing but that. */
export function funnelOf({ steps, per }: Pick<FunnelAsked, "steps" | "per">, rows: readonly FunnelRow[]): FunnelResult {
  const at = new Map(rows.map((row) => [row.step, row]));
  const began = at.get(1)?.people ?? 0;
  if (began < METRIC_LIMITS.peopleMin)
    return {
      type: "too_little_data", found: began, needed: METRIC_LIMITS.peopleMin,
      detail: `${began} ${per.by === "visit" ? "visits" : "customers"} took the first step; at least ${METRIC_LIMITS.peopleMin} are needed.`,
    };
  return {
    type: "steps",
    steps: steps.map(({ name, event }, i) => {
      const row = at.get(i + 1);
      const people = row?.people ?? 0;
      const timed = i > 0 && row !== undefined && people >= METRIC_LIMITS.endsMin;
      return {
        name: name ?? event ?? "Anything", people, ofFirst: shareOf(people, began),
        ofBefore: i === 0 ? shareOf(people, began) : shareOf(people, at.get(i)?.people ?? 0),
        medianMsFromFirst: timed ? row.msFromFirst : null, medianMsFromBefore: timed ? row.msFromBefore : null,
      };
    }),
  };
} // prettier-ignore
