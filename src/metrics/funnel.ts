/**
 * Funnels, counted in the log: of each customer (or visit) the try that got furthest.
 *
 * A try takes its steps each later than the one before, within the window, with no exclusion between. Of several that got
 * equally far it is the one that got there first, and of those the one that began last (where the window is counted from
 * the step before: whose steps came last). It is enough to know of each step the last try that waits for the next: one that
 * waits there later began no earlier. The engine's own windowFunnel knows no exclusions between two given steps, no times
 * and takes one step less where two events of a kind share an instant, so the same is said with arrays in `funnel-sql.ts`
 * (test/metrics/funnel.test.ts holds it to trying every combination).
 */
import { membersOf, scopeFor } from "../analysis/scope.ts";
import type { Found } from "../analysis/questions.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { readDefinitions } from "../segments/store.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { ALL, funnelSql, NONE, OTHER } from "./funnel-sql.ts";
import { funnelOf, type FunnelRow } from "./funnel-steps.ts";
import type { FunnelAnswer, FunnelAsked } from "./model.ts";
import { countedIn } from "./scope-count.ts";

type Answer = Omit<FunnelAnswer, "basis">;
type Deps = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  readonly now: Instant;
};

/** Works a funnel out. */
export async function readFunnel({ sql, log, workspace, now }: Deps, asked: FunnelAsked): Promise<Found<Answer>> {
  const scoped = await scopeFor(sql, log, workspace, asked.scope, now);
  const counted = await countedIn(log, scoped);
  const segments = asked.breakdown?.by === "segment" ? [...new Set(asked.breakdown.segments)] : [];
  const members = new Map<number, string>();
  for (const segment of segments) members.set(segment, await membersOf(sql, workspace, segment, now, scoped.parameters));
  const rows = await log.rows<FunnelRow>(funnelSql(asked, scoped, members), scoped.parameters.values);
  const [all, rest] = [rows.filter(({ value }) => value === ALL), rows.filter(({ value }) => value !== ALL)];
  const groups =
    asked.breakdown === undefined ? null : asked.breakdown.by === "segment" ? await bySegment(sql, workspace, asked, segments, rest) : groupsOf(asked, rest);
  return { answer: { funnel: funnelOf(asked, all), groups }, asOfAt: scoped.asOfAt, ...counted, method: methodOf(asked) };
} // prettier-ignore

/** The segments in the order in which they were asked for, those that nobody is in too. */
async function bySegment(sql: Sql, workspace: WorkspaceId, asked: FunnelAsked, segments: readonly number[], rows: readonly FunnelRow[]): Promise<Answer["groups"]> {
  const { segments: known } = await readDefinitions(sql, workspace);
  return segments.map((segment) => ({
    value: String(segment), name: known.get(segment)?.name ?? String(segment),
    funnel: funnelOf(asked, rows.filter(({ value }) => value === String(segment))),
  }));
} // prettier-ignore

const groupsOf = (asked: FunnelAsked, rows: readonly FunnelRow[]): Answer["groups"] => {
  const values = [...new Set(rows.map(({ value }) => value))];
  const sizeOf = (value: string): number => rows.find((row) => row.value === value && row.step === 1)?.people ?? 0;
  const rank = (value: string): number => (value === NONE ? 2 : value === OTHER ? 1 : 0);
  return values
    .toSorted((a, b) => rank(a) - rank(b) || sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1))
    .map((value) => ({
      value: value === NONE ? null : value === OTHER ? "other" : value,
      name: value === NONE ? "None" : value === OTHER ? "All others" : value,
      funnel: funnelOf(asked, rows.filter((row) => row.value === value)),
    }));
}; // prettier-ignore

function methodOf({ order, window, exclusions, per }: FunnelAsked): string {
  const who = per.by === "customer" ? "customer" : "visit";
  const days = `${Math.round(window.ms / 360_000) / 10} hours`;
  const how =
    order === "ordered"
      ? `Each step strictly later than the one before, whatever else lies between, at most ${days} after ${window.from === "first" ? "the first" : "the one before"}`
      : `The steps in any order, all within ${days}`;
  const excluded = exclusions.length === 0 ? "" : "; an exclusion between two steps ends the try";
  return `Of each ${who} the try that got furthest, of several the one that got there first. ${how}${excluded}. Shares with Wilson's interval (1927).`;
}
