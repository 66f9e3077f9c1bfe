/** Takes away what no version in force asks any more: tracks, and members of versions that serve no more. */
import type { Database } from "../db/postgres.ts";
import type { WorkspaceId } from "../values.ts";
import { moveEpoch } from "./epoch.ts";
import { STILL_WALKED, type StoredContext, type VersionKind, tracksOfVersion } from "./force.ts";

const TIDY_ROWS = 50_000;

/** Deletes members of versions that serve no more, and tracks that no version asks. Also called after a deletion. */
export async function tidyVersions(sql: Database, workspace: WorkspaceId): Promise<void> {
  await sql.transaction(async (tx) => {
    const versions = await tx.query<{ readonly kind: VersionKind; readonly body: unknown; readonly context: StoredContext }>(
      `select kind, body, context from versions v where workspace = $1 and (state in ('waiting', 'seeding', 'catching_up', 'live') or ${STILL_WALKED})`,
      [workspace],
    );
    const asked = new Set(versions.flatMap((version) => [...tracksOfVersion(version).keys()]));
    const tracks = await tx.query<{ id: number; key: string }>("select id, key from tracks where workspace = $1", [workspace]);
    const idle = tracks.filter(({ key }) => !asked.has(key)).map(({ id }) => id);
    if (idle.length === 0) return;
    await moveEpoch(tx);
    await tx.query("delete from tracks where id = any($1::int[])", [idle]);
  });
  const gone = await sql.query<{ id: number }>("select id from versions where workspace = $1 and state = 'replaced'", [workspace]);
  for (const { id } of gone)
    for (let n = TIDY_ROWS; n === TIDY_ROWS;)
      n = (await sql.query("delete from segment_members where (version, customer) in (select version, customer from segment_members where version = $1 limit $2) returning 1 as one", [id, TIDY_ROWS])).length;
} // prettier-ignore
