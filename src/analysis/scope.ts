/**
 * A scope as SQL over the event log: the events it holds, each with its customer. Everything that asks about journeys
 * reads history through here, so a segment, a channel or an account means the same in every answer.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { unloggedEvents } from "../log/feed.ts";
import { planOf } from "../segments/plan.ts";
import { NOT_OWN } from "../segments/sql-rows.ts";
import { membersSql } from "../segments/sql.ts";
import { Parameters } from "../segments/sql-values.ts";
import { contextOf, readDefinitions } from "../segments/store.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { Scope } from "./model.ts";

/** Customers' doings, and what reached them from us: a message sent is a moment though it is our own doing. */
const SEEN_BY_CUSTOMERS = `(${NOT_OWN} or name = '$message.sent')`;

/** A scope that can be asked. One is made for each question: `parameters` are those of its statement. */
export type Scoped = {
  readonly workspace: WorkspaceId;
  readonly scope: Scope;
  /** Everything processed until then is in the log. */
  readonly asOfAt: Instant;
  readonly parameters: Parameters;
  /** SQL of whether a row's event is of one of the scope's channels. */
  readonly inChannels: string;
  /**
   * Rows of the scope's events with `columns`, and with `customer` and `at` (Int64, ms). `where` and `columns` may use
   * every column of the log. `period`: another than the scope's, for what came before or after; `anyChannel`: not only
   * the scope's.
   */
  rows(
    columns: string,
    where?: string,
    period?: { readonly from: Instant; readonly to: Instant; readonly anyChannel?: boolean },
  ): string;
  /** Rows of anything in the log of the scope's customers, our own notes among it, in any channel. */
  own(columns: string, where: string, period?: { readonly from: Instant; readonly to: Instant }): string;
};

/**
 * `anywhere`: names of events that are in the scope whatever their channel, as a goal is. Throws `Failure("not_found")` for
 * a segment that is not there.
 */
export async function scopeFor(sql: Sql, log: EventLog, workspace: WorkspaceId, scope: Scope, now: Instant, anywhere: readonly string[] = []): Promise<Scoped> {
  const parameters = new Parameters();
  const [unlogged, members, joined] = await Promise.all([
    unloggedEvents(sql, now),
    scope.segment === undefined ? null : membersOf(sql, workspace, scope.segment, now, parameters),
    log.rows<{ one: number }>(`select 1 as one from customersOfAtoms where workspace = ${workspace} limit 1`),
  ]);
  const mapping = `(select atom, argMax(customer, version) as customer from customersOfAtoms where workspace = ${workspace} group by atom)`;
  // Nobody was ever joined: each atom is its own customer, and the log is read without a join.
  const mapped = (inner: string): string =>
    joined.length === 0
      ? `select *, atom as customer from (${inner})`
      : `select e.*, if(m.customer = 0, e.atom, m.customer) as customer from (${inner}) e left any join ${mapping} m on e.atom = m.atom`;
  const account =
    scope.account === undefined
      ? null
      : `select customer from (${mapped(`select distinct atom from events where workspace = ${workspace} and accountId = ${parameters.text(scope.account)}`)})`;
  const customers = [members, account].flatMap((one) => (one === null ? [] : [`customer in (${one})`]));
  const inChannels = scope.channels ? `channel in ${parameters.texts(scope.channels)}` : "1";
  const channels = anywhere.length === 0 ? inChannels : `(${inChannels} or name in ${parameters.texts(anywhere)})`;
  const read = (columns: string, from: Instant, to: Instant, where: string): string => {
    const inner = `select ${columns === "" ? "" : `${columns}, `}atom, happenedAt as at from events
        where workspace = ${workspace} and happenedAt >= ${from} and happenedAt < ${to} and ${where}`;
    return `select * from (${mapped(inner)})${customers.length === 0 ? "" : ` where ${customers.join(" and ")}`}`;
  };
  return {
    workspace, scope, asOfAt: now - unlogged.ms, parameters, inChannels,
    rows: (columns, where = "1", period = scope) =>
      read(columns, period.from, period.to, `${SEEN_BY_CUSTOMERS} and ${"anyChannel" in period && period.anyChannel ? "1" : channels} and (${where})`),
    own: (columns, where, { from, to } = scope) => read(columns, from, to, `(${where})`),
  };
} // prettier-ignore

/** SQL of the customers who are in a segment now. Throws `Failure("not_found")` for one that is not there. */
export async function membersOf(sql: Sql, workspace: WorkspaceId, segment: number, now: Instant, parameters: Parameters): Promise<string> {
  const all = await readDefinitions(sql, workspace);
  const found = all.segments.get(segment);
  const planned = found ? planOf(found.rule, contextOf(all)) : null;
  if (!planned?.ok) throw new Failure("not_found", `There is no segment ${segment}.`);
  const firstStage = all.stages?.model.stages[0]?.key ?? null;
  return membersSql({ workspace, root: planned.plan.root, now, firstStage }, parameters).text;
} // prettier-ignore
