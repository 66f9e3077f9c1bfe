/** Places as they were laid down. */
import type { Sql } from "../db/postgres.ts";
import type { VersionState } from "../segments/store.ts";
import { type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { type PlaceView } from "./document.ts";
import { PlaceDraft } from "./model.ts";

type PlaceRow = {
  readonly id: number;
  readonly key: string;
  readonly number: number;
  readonly body: { readonly draft: unknown };
  readonly state: VersionState;
  readonly problem: string | null;
  readonly by: string;
  readonly createdAt: Instant;
  readonly serving: number | null;
};

/** The places of a workspace as last laid down, by key; of one key alone where it is named. */
export async function readPlaces(sql: Sql, workspace: WorkspaceId, key: string | null): Promise<readonly PlaceView[]> {
  const rows = await sql.query<PlaceRow>(
    `select distinct on (v.name) v.id, v.name as key, v.number, v.body, v.state, v.problem, v.published_by as by, v.created_at as "createdAt",
       (select max(s.id) from versions s where s.workspace = v.workspace and s.kind = 'place' and s.name = v.name and s.state = 'live') as serving
     from versions v where v.workspace = $1 and v.kind = 'place' and v.state <> 'replaced' and ($2::text is null or v.name = $2) order by v.name, v.id desc`,
    [workspace, key],
  );
  return rows.map(({ key: name, number, body, state, problem, by, createdAt, serving }) => ({
    // What was laid down before a field came has it as if it had been left out.
    ...PlaceDraft.parse(body.draft), key: name, number, version: serving,
    state: state === "live" ? "live" : state === "failed" ? "failed" : "building",
    problem: state === "failed" ? (problem ?? "It could not be built.") : null,
    changedBy: by, changedAt: isoOf(createdAt),
  }));
} // prettier-ignore
