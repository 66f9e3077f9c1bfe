/**
 * Works the lists of a workspace out of the event log, one statement after the other, each with a bound of memory and time
 * because with the embedded engine they run in the process that takes events in.
 */
import type { EventLog } from "../db/clickhouse.ts";
import { Parameters } from "../segments/sql-values.ts";
import { type Group, type List, RECOMMENDATION_LIMITS, categoriesOf, popularKey } from "./model.ts";
import { type CountedRow, PAIRED, type Paired, type PairedRow, type Part, type PopularRow, type Span, countedSql, pairsSql, popularSql } from "./sql.ts"; // prettier-ignore

/** SQL of a group's customers; its values go to the parameters. */
export type GroupOf = { readonly group: Group; readonly customers: (parameters: Parameters) => string };
export type Computing = Span & {
  readonly log: EventLog;
  /** The category paths of those of these products that the catalogue knows. */
  readonly categoriesOf: (products: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>;
  readonly groups: readonly GroupOf[];
  readonly ordersOfPart?: number;
};
/** What lists rest on: who bought something, their orders, and the products that are told apart. */
export type Counted = { readonly customers: number; readonly orders: number; readonly products: number };
export type Computed = { readonly counted: Counted; readonly lists: readonly List[] };

/** All lists of a workspace. */
export async function computeLists(computing: Computing): Promise<Computed> {
  const { log, groups } = computing;
  const [all, ...products] = await bounded<CountedRow>(log, countedSql(computing));
  const counted = { customers: all?.customers ?? 0, orders: all?.orders ?? 0, products: products.length };
  const lists: List[] = [];
  const { ordersOfPart = RECOMMENDATION_LIMITS.ordersOfPart } = computing;
  // Where nothing is told apart there are no pairs to look for.
  const of = products.length === 0 ? 0 : Math.ceil(counted.orders / ordersOfPart);
  const known = products.map(({ product }) => product);
  for (const kind of PAIRED)
    for (let part = 0; part < of; part += 1)
      lists.push(...(await pairLists(computing, kind, known, { part, of })));
  lists.push(...(await popularLists(computing)));
  for (const group of groups) lists.push(await groupList(computing, group));
  return { counted, lists: lists.filter(({ entries }) => entries.length > 0) };
}

const bounded = <Row extends object>(log: EventLog, text: string, parameters = new Parameters()): Promise<readonly Row[]> =>
  log.rows<Row>(`select * from (${text}) settings max_memory_usage = ${RECOMMENDATION_LIMITS.memoryBytes}, max_execution_time = ${RECOMMENDATION_LIMITS.tookMs / 1_000}`, parameters.values); // prettier-ignore

async function pairLists({ log, ...span }: Computing, kind: Paired, known: readonly string[], part: Part): Promise<readonly List[]> {
  const parameters = new Parameters();
  const rows = await bounded<PairedRow>(log, pairsSql(kind, span, parameters.texts(known), part), parameters);
  return rows.map(({ a, found }) => ({ kind, key: a, entries: found.map(([product, customers, lift, score]) => [product, customers, rounded(lift), rounded(score)]) })); // prettier-ignore
} // prettier-ignore

/** Popular with all: of everything, and of each category. */
async function popularLists({ log, categoriesOf: pathsOf, ...span }: Computing): Promise<readonly List[]> {
  const rows = await bounded<PopularRow>(log, popularSql(span, null, RECOMMENDATION_LIMITS.popular));
  const paths = await pathsOf(rows.map(({ product }) => product));
  const byCategory = new Map<string, PopularRow[]>();
  for (const row of rows)
    for (const category of categoriesOf(paths.get(row.product) ?? [])) {
      const held = byCategory.get(category);
      if (held) held.push(row);
      else if (
        byCategory.size < RECOMMENDATION_LIMITS.categories &&
        category.length <= RECOMMENDATION_LIMITS.categoryChars
      )
        byCategory.set(category, [row]);
    }
  return [listOf("all", null, rows), ...[...byCategory].map(([category, of]) => listOf("all", category, of))];
}

async function groupList({ log, ...span }: Computing, { group, customers }: GroupOf): Promise<List> {
  const parameters = new Parameters();
  const text = popularSql(span, customers(parameters), RECOMMENDATION_LIMITS.listed);
  return listOf(group, null, await bounded<PopularRow>(log, text, parameters));
}

const listOf = (group: Group, category: string | null, rows: readonly PopularRow[]): List => ({
  kind: "popular",
  key: popularKey(group, category),
  entries: rows.slice(0, RECOMMENDATION_LIMITS.listed).map(({ product, customers, score }) => [product, customers, null, rounded(score)]),
}); // prettier-ignore

/** Beyond four digits nothing is meant; lists are read with every decision. */
const rounded = (number: number): number => Number(number.toPrecision(4));
