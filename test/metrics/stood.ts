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
