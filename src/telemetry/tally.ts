/**
 * Exact counts of what became of events: written in the transaction that did it, so a crash never makes them lie.
 */
import type { Sql } from "../db/postgres.ts";
import { SEPARATOR } from "../db/postgres.ts";
import type { WorkspaceId } from "../values.ts";

/** accepted = processed + duplicates + still waiting; logged follows processed; refused are not accepted. */
export type TallyName =
  | "accepted"
  | "processed"
  | "duplicates"
  | "logged"
  | "refused"
  | "replayed"
  | "pruned";
export type Tally = {
  readonly workspace: WorkspaceId;
  readonly name: TallyName;
  readonly reason?: string;
  readonly n: number;
};

/** Adds to the counts, inside the caller's transaction. Rows are taken in one order, so writers cannot deadlock. */
export async function addTallies(tx: Sql, tallies: readonly Tally[]): Promise<void> {
  const sums = new Map<string, number>();
  for (const { workspace, name, reason = "", n } of tallies) {
    const key = `${workspace} ${name} ${reason}`;
    sums.set(key, (sums.get(key) ?? 0) + n);
  }
  const rows = [...sums].filter(([, n]) => n !== 0).toSorted(([a], [b]) => (a < b ? -1 : 1));
  if (rows.length === 0) return;
  const part = (i: number) => rows.map(([key]) => key.split(" ")[i]).join(SEPARATOR);
  await tx.query(
    `insert into tallies (workspace, name, reason, n)
     select workspace::int, name, coalesce(reason, ''), n::bigint
     from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1)))
       as t (workspace, name, reason, n)
     on conflict (workspace, name, reason) do update set n = tallies.n + excluded.n`,
    [part(0), part(1), part(2), rows.map(([, n]) => n).join(SEPARATOR)],
  );
}

/** The workspace's counts, as `GET /v1/stats` answers them. */
export async function readTallies(sql: Sql, workspace: WorkspaceId) {
  const rows = await sql.query<{ name: TallyName; reason: string; n: number }>(
    "select name, reason, n from tallies where workspace = $1",
    [workspace],
  );
  const of = (name: TallyName) =>
    rows.filter((row) => row.name === name).reduce((sum, row) => sum + row.n, 0);
  const refused = rows.filter((row) => row.name === "refused").map((row) => [row.reason, row.n] as const);
  return {
    accepted: of("accepted"),
    processed: of("processed"),
    logged: of("logged"),
    duplicates: of("duplicates"),
    refused: Object.fromEntries(refused),
    replayed: of("replayed"),
  };
}

/** The counts of all workspaces together, by name and reason. */
export const sumTallies = (sql: Sql): Promise<readonly { name: TallyName; reason: string; n: number }[]> =>
  sql.query(
    "select name, reason, sum(n)::bigint as n from tallies group by name, reason order by name, reason",
  );
