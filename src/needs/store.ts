/** The statements of likely needs: cases and who reached goals from the event log, models and what customers were told from the state store. */
import { keptIn } from "../analysis/kept.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { readCurrency } from "../lifetime/store.ts";
import { namesIn } from "../metrics/catalogue.ts";
import { readOwnNames } from "../metrics/store.ts";
import { NOT_OWN, eventsSql } from "../segments/sql-rows.ts";
import { Parameters, SQL_SETTINGS } from "../segments/sql-values.ts";
import { readDefinitions } from "../segments/store.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { type Which, EVERYBODY, caseRowsSql, countSql, featuresOf } from "./features.ts";
import { reachedSql } from "./labels.ts";
import { type Case, type CutOff, NEEDS_LIMITS, type NeedGoal, type NeedsAsked, type Vocabulary, type WorkedGoal } from "./model.ts"; // prettier-ignore
import type { HoursWorked } from "./model.ts";
import type { Needs } from "./tell.ts";

const DAY_MS = 86_400_000;
/** Orders' worth as senders name it, beside what the workspace calls it. */
const USUAL_VALUES = ["total", "revenue", "value"] as const;

/** Where history lies. */
export type Place = { readonly log: EventLog; readonly workspace: WorkspaceId };

/** The stages of the workspace's model, in order; empty without one. */
export async function readStages(sql: Sql, workspace: WorkspaceId): Promise<readonly { readonly key: string; readonly name: string }[]> {
  const { stages } = await readDefinitions(sql, workspace);
  return (stages?.model.stages ?? []).slice(0, NEEDS_LIMITS.stages).map(({ key, name }) => ({ key, name }));
} // prettier-ignore

/** When the customers' first doing in the log was; null: there is none. */
export async function readFirstAt({ log, workspace }: Place): Promise<Instant | null> {
  const [row] = await log.rows<{ n: number; at: Instant }>(`select count() as n, min(happenedAt) as at from events where workspace = ${workspace} and ${NOT_OWN}`); // prettier-ignore
  return row === undefined || row.n === 0 ? null : row.at;
}

/** What is to be looked at, by what there was before `cutOffAt`. */
export async function readVocabulary(sql: Sql, { log, workspace }: Place, stages: readonly string[], cutOffAt: Instant): Promise<Vocabulary> {
  const names = namesIn({ business: undefined, names: {} }, await readOwnNames(sql, workspace));
  const purchase = { events: names.order, values: [...new Set([names.value, ...USUAL_VALUES])] };
  const most = (column: string, which: string, limit: number): Promise<readonly { readonly name: string }[]> =>
    log.rows(
      `select toString(${column}) as name, uniq(customer) as n from (${eventsSql({ workspace, epochBelow: null, customers: null }, column, `${NOT_OWN} and ${which} and happenedAt < ${cutOffAt} and happenedAt >= ${cutOffAt - NEEDS_LIMITS.activeMs}`)})
       group by name order by n desc, name limit ${limit} ${SQL_SETTINGS}`,
    );
  const events = await most("name", "type in ('track', 'page', 'screen')", NEEDS_LIMITS.events);
  const channels = await most("channel", "channel != 'server'", NEEDS_LIMITS.channels);
  return {
    events: events.map(({ name }) => name), channels: channels.map(({ name }) => name), stages, orders: names.order, worths: purchase.values,
    currency: await readCurrency({ log, workspace, purchase, parameters: () => new Parameters() }, Math.floor(cutOffAt / DAY_MS) - 1),
    opened: names.opened, solved: names.solved,
  };
} // prettier-ignore

/** The cases at a cut-off. */
export function readCases({ log, workspace }: Place, vocabulary: Vocabulary, cutOffAt: Instant, which: Which = EVERYBODY): Promise<readonly Case[]> {
  const parameters = new Parameters();
  const text = caseRowsSql(workspace, vocabulary, cutOffAt, which, parameters);
  return log.rows<Case>(text, parameters.values);
} // prettier-ignore

/** How many cases there are at a cut-off. */
export async function countCases({ log, workspace }: Place, cutOffAt: Instant): Promise<number> {
  const [row] = await log.rows<{ customers: number }>(countSql(workspace, cutOffAt));
  return row!.customers;
}

/** The cases at a cut-off that is over, with what came after it; of too many always the same ones. */
export async function readCutOff(place: Place, vocabulary: Vocabulary, goals: readonly NeedGoal[], at: Instant): Promise<CutOff> {
  const of = Math.max(1, Math.ceil((await countCases(place, at)) / NEEDS_LIMITS.rowsMax));
  const which: Which = { by: "hash", of, remainder: 0 };
  const cases = await readCases(place, vocabulary, at, which);
  const parameters = new Parameters();
  const text = reachedSql(place.workspace, goals, vocabulary, at, which, parameters);
  const reached = new Map((await place.log.rows<{ customer: number; reached: readonly number[] }>(text, parameters.values)).map((row) => [row.customer, row.reached]));
  const width = featuresOf(vocabulary).length;
  const x = new Float32Array(cases.length * width);
  for (const [row, one] of cases.entries()) x.set(one.x, row * width);
  return {
    at, x, stages: Uint8Array.from(cases, ({ stage }) => stage),
    reached: goals.map((_, goal) => Uint8Array.from(cases, ({ customer }) => reached.get(customer)?.[goal] ?? 0)),
  };
} // prettier-ignore

/** What was last worked out of a workspace. */
export type Kept = {
  readonly asked: NeedsAsked;
  readonly result: {
    readonly goals: readonly WorkedGoal[];
    readonly vocabulary: Vocabulary | null;
    /** Everything before it was looked at. */
    readonly cutOffAt: Instant;
    readonly customers: number;
    readonly told: number;
    /** When customers are likely to be there. */
    readonly hours: HoursWorked;
  };
  readonly madeAt: Instant;
};

const kept = keptIn<"madeAt", Kept>({ table: "needs_models", column: "made_at", at: "madeAt" });
export const [readKept, writeKept, readDueWorkspaces] = [kept.read, kept.write, kept.due];

/** What one customer was told. */
export type ToldNeeds = { readonly customer: number; readonly needs: Needs; readonly toldAt: Instant };

/** What the customers of one remainder were told. */
export const readToldPart = async (sql: Sql, workspace: WorkspaceId, { of, remainder }: Which): Promise<readonly ToldNeeds[]> =>
  (await sql.query<ToldNeeds>('select customer, needs, told_at as "toldAt" from needs_told where workspace = $1 and customer % $2 = $3', [workspace, of, remainder])).map(numbered); // prettier-ignore

/** What one of these customers (atoms that are one) was told last; null: nothing. */
export async function readTold(sql: Sql, workspace: WorkspaceId, customers: readonly number[]): Promise<ToldNeeds | null> {
  const [row] = await sql.query<ToldNeeds>("select customer, needs, told_at as \"toldAt\" from needs_told where workspace = $1 and customer = any(string_to_array($2, ',')::bigint[]) order by told_at desc limit 1", [workspace, customers.join()]); // prettier-ignore
  return row === undefined ? null : numbered(row);
} // prettier-ignore
const numbered = (row: ToldNeeds): ToldNeeds => ({ ...row, customer: Number(row.customer) });

/** How many were told. */
export async function countTold(sql: Sql, workspace: WorkspaceId): Promise<number> {
  const [row] = await sql.query<{ n: number }>("select count(*)::int as n from needs_told where workspace = $1", [workspace]); // prettier-ignore
  return row!.n;
}

/** Forgets those told who were joined to another customer since: what each other customer has of them. */
export const forgetJoined = async (sql: Sql, workspace: WorkspaceId): Promise<readonly ToldNeeds[]> =>
  (await sql.query<ToldNeeds>('delete from needs_told t using atoms a where t.workspace = $1 and a.id = t.customer and a.customer <> a.id returning a.customer, needs, told_at as "toldAt"', [workspace])).map(numbered); // prettier-ignore

/** Notes what they were told; who was told nothing is forgotten. */
export async function writeTold(sql: Sql, workspace: WorkspaceId, told: readonly Omit<ToldNeeds, "toldAt">[], now: Instant): Promise<void> {
  const isNone = ({ needs }: Pick<ToldNeeds, "needs">): boolean => Object.keys(needs).length === 0;
  const [none, some] = [told.filter(isNone), told.filter((one) => !isNone(one))];
  if (none.length > 0)
    await sql.query("delete from needs_told where workspace = $1 and customer = any(string_to_array($2, ',')::bigint[])", [workspace, none.map(({ customer }) => customer).join()]);
  if (some.length > 0)
    await sql.query(
      `insert into needs_told (workspace, customer, needs, told_at)
       select $1, t.customer, t.needs, $3 from jsonb_to_recordset($2::jsonb) t (customer bigint, needs jsonb)
       on conflict (workspace, customer) do update set needs = excluded.needs, told_at = excluded.told_at`,
      [workspace, JSON.stringify(some.map(({ customer, needs }) => ({ customer, needs }))), now],
    );
} // prettier-ignore
