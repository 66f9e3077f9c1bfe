/**
 * The statements of lifetime value: purchases by customer from the event log, the fits and what customers were told from the
 * state store.
 *
 * A purchase is a day (UTC) with an event of the asked name, or of those the workspace calls an order: two on one day are one. `later` and everything else is counted in
 * the log, so a million customers are a few ten thousand rows.
 */
import { keptIn } from "../analysis/kept.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { type Parameters, floating, memberSql, tamed, valueOfRaw } from "../segments/sql-values.ts";
import { eventsSql } from "../segments/sql-rows.ts";
import { namesIn } from "../metrics/catalogue.ts";
import { type Currency, currenciesSql, currencyOf, currencySql, isCountedSql } from "../metrics/currency.ts";
import { readOwnNames } from "../metrics/store.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { Counted } from "./histories.ts";
import { type LifetimeAsked, LIFETIME_LIMITS, type Spending } from "./model.ts";
import type { Worked } from "./workout.ts";

const DAY_MS = 86_400_000;
/** An order's worth as senders name it, where none was asked for. */
const USUAL_VALUES = ["total", "revenue", "value"] as const;
const VALUE_MAX = 1e9;

/** What counts as a purchase: these events, and the first of these properties that is there as the worth. */
export type Purchase = { readonly events: readonly string[]; readonly values: readonly string[] };
/** What is meant: what was asked for, or else what the workspace calls its orders and their value in its metrics. */
export async function readPurchase(sql: Sql, workspace: WorkspaceId, { event, value }: LifetimeAsked): Promise<Purchase> {
  const own = namesIn({ business: undefined, names: {} }, await readOwnNames(sql, workspace));
  return {
    events: event === undefined ? own.order : [event],
    values: value === undefined ? [...new Set([own.value, ...USUAL_VALUES])] : [value],
  };
} // prettier-ignore

type Place = {
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  readonly purchase: Purchase;
  readonly currency: Currency;
  readonly parameters: () => Parameters;
};

/** Each purchase: customer, day and worth. */
function purchasesSql({ workspace, purchase, currency }: Place, parameters: Parameters, beforeDay: number): string {
  const json = tamed("properties");
  const numbers = purchase.values.map((name) => valueOfRaw(memberSql(json, name, parameters)).number);
  const worth = `if(${currency.main === null ? "1" : isCountedSql(currencySql(json, parameters), currency, parameters)}, coalesce(${numbers.join(", ")}, 0), 0)`;
  const where = `name in ${parameters.texts(purchase.events)} and happenedAt < ${beforeDay * DAY_MS}`;
  const source = { workspace, epochBelow: null, customers: null };
  return `select customer, intDiv(at, ${DAY_MS}) as day, if(abs(worth) <= ${floating(VALUE_MAX)}, greatest(0., toFloat64(worth)), 0.) as spent
    from (${eventsSql(source, `${worth} as worth`, where)})`;
} // prettier-ignore

/** The currency that most purchases until the end of `lastDay` tell. */
export async function readCurrency({ workspace, purchase, log, parameters: fresh }: Omit<Place, "currency">, lastDay: number): Promise<Currency> {
  const parameters = fresh();
  const where = `name in ${parameters.texts(purchase.events)} and happenedAt < ${(lastDay + 1) * DAY_MS}`;
  const rows = eventsSql({ workspace, epochBelow: null, customers: null }, `${currencySql(tamed("properties"), parameters)} as currency`, where);
  return currencyOf(await log.rows(currenciesSql(rows), parameters.values));
} // prettier-ignore

/** Histories at the end of `endDay`, and on how many days until `lastDay` those customers came afterwards. */
export async function readHistories(place: Place, endDay: number, lastDay: number): Promise<readonly (Counted & { readonly later: number })[]> {
  const parameters = place.parameters();
  return place.log.rows(
    `select repeats, recencyDays, ageDays, later, count() as customers from (
       select uniqExactIf(day, day <= ${endDay}) - 1 as repeats, maxIf(day, day <= ${endDay}) - min(day) as recencyDays, ${endDay} - min(day) as ageDays,
         uniqExactIf(day, day > ${endDay}) as later
       from (${purchasesSql(place, parameters, lastDay + 1)}) group by customer having min(day) <= ${endDay})
     group by repeats, recencyDays, ageDays, later`,
    parameters.values,
  );
} // prettier-ignore

/** The first day with a purchase, and how many events there are until the end of `lastDay`. */
export async function readSpan(place: Place, lastDay: number): Promise<{ readonly firstDay: number; readonly events: number }> {
  const parameters = place.parameters();
  const [row] = await place.log.rows<{ firstDay: number; events: number }>(
    `select min(day) as firstDay, count() as events from (${purchasesSql(place, parameters, lastDay + 1)})`,
    parameters.values,
  );
  return row!;
} // prettier-ignore

/** A customer by a row: what each came back for is spent by day, the first day left out. */
const customersSql = (place: Place, parameters: Parameters, endDay: number, which: string): string =>
  `select customer, length(days) - 1 as repeats, days[-1].1 - days[1].1 as recencyDays, ${endDay} - days[1].1 as ageDays,
     if(repeats = 0, 0., (arraySum(days.2) - days[1].2) / repeats) as meanSpent
   from (select customer, arraySort(groupArray((day, spent))) as days from (
     select customer, day, sum(spent) as spent from (${purchasesSql(place, parameters, endDay + 1)}) where ${which} group by customer, day) group by customer)`; // prettier-ignore

/** What those who came back spent, counted by number and by amount to half a percent. */
export async function readSpending(place: Place, endDay: number): Promise<readonly Spending[]> {
  const parameters = place.parameters();
  return place.log.rows(
    `select repeats, avg(mean) as meanSpent, count() as customers from (select repeats, meanSpent as mean from (${customersSql(place, parameters, endDay, "1")}))
     where repeats > 0 and mean > 0 group by repeats, round(log(mean) * 200)`,
    parameters.values,
  );
}

/** One customer's numbers. */
export type OneCustomer = { readonly customer: number; readonly repeats: number; readonly recencyDays: number; readonly ageDays: number; readonly meanSpent: number }; // prettier-ignore

/** The customers of one of `parts`, by number. */
export async function readCustomers(place: Place, endDay: number, part: number, parts: number): Promise<readonly OneCustomer[]> {
  const parameters = place.parameters();
  return place.log.rows(`${customersSql(place, parameters, endDay, `customer % ${parts} = ${part}`)} order by customer`, parameters.values);
} // prettier-ignore

/** A fit as it is kept. */
export type KeptFit = {
  readonly asked: LifetimeAsked;
  readonly result: KeptResult;
  readonly fittedAt: Instant;
};
/** What was worked out, of which events and until when. */
export type KeptResult = {
  readonly worked: Worked;
  readonly events: number;
  readonly endDay: number;
  readonly told: number;
  /** What was taken for a purchase; absent in a fit kept from before it was told. */
  readonly purchase?: Purchase;
  /** What worths are in; absent likewise. */
  readonly currency?: Currency;
};

const kept = keptIn<"fittedAt", KeptFit>({ table: "lifetime_fits", column: "fitted_at", at: "fittedAt" });
export const [readFit, writeFit, readDueWorkspaces] = [kept.read, kept.write, kept.due];

/** What a customer was told. */
export type Told = {
  readonly customer: number;
  readonly alive: number;
  readonly purchases: number;
  readonly worth: number | null;
};

/** What these customers were last told. */
export const readTold = (
  sql: Sql,
  workspace: WorkspaceId,
  customers: readonly number[],
): Promise<readonly Told[]> =>
  sql.query<Told>(
    "select customer, alive, purchases, worth from lifetime_told where workspace = $1 and customer = any(string_to_array($2, ',')::bigint[])",
    [workspace, customers.join()],
  );

/** Some of the customers who were told. */
export async function readSomeTold(sql: Sql, workspace: WorkspaceId): Promise<readonly number[]> {
  const rows = await sql.query<{ customer: number }>("select customer from lifetime_told where workspace = $1 order by customer limit $2", [workspace, LIFETIME_LIMITS.tellMax]); // prettier-ignore
  return rows.map(({ customer }) => Number(customer));
}

/** Notes that these were told nothing any more. */
export async function forgetTold(
  sql: Sql,
  workspace: WorkspaceId,
  customers: readonly number[],
): Promise<void> {
  await sql.query("delete from lifetime_told where workspace = $1 and customer = any(string_to_array($2, ',')::bigint[])", [workspace, customers.join()]); // prettier-ignore
}

/** Notes what they were told. */
export async function writeTold(sql: Sql, workspace: WorkspaceId, told: readonly Told[], now: Instant): Promise<void> {
  const column = (of: (one: Told) => number | null): string => told.map((one) => of(one) ?? "").join();
  await sql.query(
    `insert into lifetime_told (workspace, customer, alive, purchases, worth, told_at)
     select $1, t.customer::bigint, t.alive::real, t.purchases::real, nullif(t.worth, '')::real, $6
     from unnest(string_to_array($2, ','), string_to_array($3, ','), string_to_array($4, ','), string_to_array($5, ',')) t (customer, alive, purchases, worth)
     on conflict (workspace, customer) do update set alive = excluded.alive, purchases = excluded.purchases, worth = excluded.worth, told_at = excluded.told_at`,
    [workspace, column((one) => one.customer), column((one) => one.alive), column((one) => one.purchases), column((one) => one.worth), now],
  );
} // prettier-ignore

export type { Place };
export const PARTS_OF = (customers: number): number =>
  Math.max(1, Math.ceil(customers / LIFETIME_LIMITS.partCustomers));
