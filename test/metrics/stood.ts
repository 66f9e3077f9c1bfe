/** The stores that tests of metrics ask: a database with a workspace, and an event log. */
import type { EventLog } from "../../src/db/clickhouse.ts";
import type { Database } from "../../src/db/postgres.ts";
import type { Instant, WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";

export type Stood = {
  readonly sql: Database;
  readonly log: EventLog;
  /** What functions that read are given, at this moment. */
  at(now: Instant): { readonly sql: Database; readonly log: EventLog; readonly workspace: WorkspaceId; readonly now: Instant };
  /** Empties the log. */
  forget(): Promise<void>;
  drop(): Promise<void>;
}; // prettier-ignore
export const WORKSPACE = 1 as WorkspaceId;

/** Opens them. */
export async function stood(): Promise<Stood> {
  const { sql, log, drop } = await bothStores();
  return {
    sql,
    log,
    at: (now) => ({ sql, log, workspace: WORKSPACE, now }),
    forget: async () => {
      await log.command("truncate table events");
      await log.command("truncate table customersOfAtoms");
    },
    drop,
  };
}

/** The same with stages in force: a visitor, a lead by a form, a buyer by an order. */
export async function stoodWithStages(): Promise<Stood> {
  const stores = await stood();
  const stage = (key: string, event: string | null) => ({
    key, name: key, description: "", rule: event && { type: "did", event, where: [], measure: { of: "count" }, is: { op: "at_least", value: 1 } },
  }); // prettier-ignore
  const model = {
    backward: "allowed",
    stages: [stage("visitor", null), stage("lead", "Form Submitted"), stage("buyer", "Order Completed")],
  };
  await stores.sql.query(
    "insert into versions (workspace, kind, body, context, state, ready_no, created_at, live_at) values ($1, 'stages', $2, '{}', 'live', 1, 0, 0)",
    [WORKSPACE, JSON.stringify(model)],
  );
  return stores;
}
