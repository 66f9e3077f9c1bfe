/** Bounds of bands that cut the buyers of the event log into fifths, to begin with. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { RfmAsk, RfmSuggestion } from "./document.ts";
import { SEGMENT_LIMITS } from "./model.ts";
import { eventsSql } from "./sql-rows.ts";
import { Parameters, pathSql, valueOfRaw } from "./sql-values.ts";

const DAY_MS = 86_400_000;
type Bounds = [number, number, number, number];

/** Suggests bounds by what is in the log now. */
export async function suggestRfm(
  log: EventLog,
  workspace: WorkspaceId,
  { event, property }: RfmAsk,
  now: Instant,
): Promise<RfmSuggestion> {
  const parameters = new Parameters();
  const number = valueOfRaw("raw").number;
  const events = eventsSql({ workspace, epochBelow: null, customers: null }, `happenedAt, ${pathSql("properties", property, parameters)} as raw`, `name = ${parameters.text(event)} and happenedAt <= ${now}`); // prettier-ignore
  const fifths = (value: string) => `quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)(${value})`;
  const [row] = await log.rows<{ customers: number; days: number[]; times: number[]; money: number[] }>(
    `select count() as customers, ${fifths("days")} as days, ${fifths("times")} as times, ${fifths("money")} as money from (
       select customer, (${now} - max(happenedAt)) / ${DAY_MS} as days, toFloat64(count()) as times,
         toFloat64(sum(coalesce(if(abs(${number}) <= ${SEGMENT_LIMITS.numberMax}, ${number}, 0), 0))) as money
       from (${events}) group by customer)`,
    parameters.values,
  );
  if (!row || row.customers === 0) return { rfm: null, customers: 0 };
  return {
    customers: row.customers,
    rfm: {
      event,
      property,
      recencyDays: rising(row.days, 1, (days) => Math.max(1, Math.ceil(days))),
      frequency: rising(row.times, 1, Math.floor),
      money: rising(row.money, 0.01, (value) => Math.round(value * 100) / 100),
    },
  };
}

/** Bounds that rise, also where many customers are alike: an equal one is put a step above the one before. Pure. */
export function rising(values: readonly number[], step: number, rounded: (value: number) => number): Bounds {
  const bounds: number[] = [];
  for (const value of values) {
    const before = bounds.at(-1) ?? Number.NEGATIVE_INFINITY;
    const next = rounded(value);
    bounds.push(next > before ? next : Math.round((before + step) * 100) / 100);
  }
  return bounds as Bounds;
}
