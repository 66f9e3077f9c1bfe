/** Who would be in, asked of the event log before a rule is in force: a count, a few customers, and as of when. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { unloggedEvents } from "../log/feed.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { StageModel } from "./model.ts";
import type { Plan } from "./plan.ts";
import { membersSql } from "./sql.ts";

const SAMPLE_MAX = 100;

export type Preview = {
  readonly count: number;
  /** Some of them, spread over all; the same ones each time while the members are the same. */
  readonly customers: readonly number[];
  /** The log has everything that was handled until then. */
  readonly asOfAt: Instant;
  readonly tookMs: number;
};

/** Counts who matches `plan` at `now`, by what the event log holds. Nothing is kept. */
export async function preview(
  log: EventLog,
  sql: Sql,
  workspace: WorkspaceId,
  plan: Plan,
  now: Instant,
  sampleSize: number,
): Promise<Preview> {
  const beganMs = performance.now();
  const [firstStage, waiting] = await Promise.all([
    plan.reads.stage ? firstStageOf(sql, workspace) : null,
    unloggedEvents(sql, now),
  ]);
  const { text, parameters } = membersSql({ workspace, root: plan.root, now, firstStage });
  const size = Math.min(Math.max(1, Math.floor(sampleSize)), SAMPLE_MAX);
  const [row] = await log.rows<{ count: number; customers: readonly number[] }>(
    `select count() as count, arrayMap(one -> one.2, groupArraySorted(${size})((intHash64(customer), customer))) as customers from (${text})`,
    parameters,
  );
  return {
    count: row!.count,
    customers: sampleSize < 1 ? [] : row!.customers,
    asOfAt: now - waiting.ms,
    tookMs: Math.round(performance.now() - beganMs),
  };
}

/** The stage of whom no change of stage is known; null where there is no stage model. */
async function firstStageOf(sql: Sql, workspace: WorkspaceId): Promise<string | null> {
  const [row] = await sql.query<{ body: StageModel }>(
    "select body from versions where workspace = $1 and kind = 'stages' and state = 'live' order by id desc limit 1",
    [workspace],
  );
  return row?.body.stages[0]?.key ?? null;
}
