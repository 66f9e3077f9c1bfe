/**
 * Takes up, in atoms at hand, what history told of them when tracks and segments became ready since they were last
 * touched: seeds of their tracks, and the memberships and stage that were found by SQL.
 */
import type { CustomerAtom } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { CHUNK_ATOMS } from "./sql-tracks.ts";
import type { Force, WorkspaceForce } from "./force.ts";
import { type TrackState, joined } from "./track.ts";

/** Brings the atoms up to `force`, in place. */
export async function takeUp(sql: Sql, force: Force, atoms: Iterable<CustomerAtom>): Promise<void> {
  const behind = new Map<WorkspaceId, CustomerAtom[]>();
  for (const atom of atoms) {
    if (!force.of(atom.workspace) || atom.standing.data.r >= force.ready) continue;
    const held = behind.get(atom.workspace);
    if (held) held.push(atom);
    else behind.set(atom.workspace, [atom]);
  }
  for (const [workspace, of] of behind) {
    await takeSeeds(sql, workspace, force.of(workspace)!, of);
    await takeMembers(sql, force.of(workspace)!, of);
    for (const { standing } of of) standing.change().r = force.ready;
  }
}

async function takeSeeds(sql: Sql, workspace: WorkspaceId, force: WorkspaceForce, atoms: readonly CustomerAtom[]): Promise<void> {
  const from = Math.min(...atoms.map(({ standing }) => standing.data.r));
  const tracks = [...force.tracks.values()].filter(({ ready }) => ready !== null && ready > from);
  if (tracks.length === 0) return;
  const chunks = new Map<number, CustomerAtom[]>();
  for (const atom of atoms) {
    const chunk = Math.floor(atom.id / CHUNK_ATOMS);
    const held = chunks.get(chunk);
    if (held) held.push(atom);
    else chunks.set(chunk, [atom]);
  }
  const rows = await sql.query<{ chunk: number; track: number; body: string }>(
    "select chunk, track, body from seeds where workspace = $1 and chunk = any($2::bigint[]) and track = any($3::int[])",
    [workspace, [...chunks.keys()], tracks.map(({ id }) => id)],
  );
  for (const { chunk, track, body } of rows) {
    const { spec, ready } = force.tracks.get(track)!;
    const states = JSON.parse(body) as { [atom: string]: TrackState };
    for (const { id, standing } of chunks.get(chunk) ?? []) {
      const seed = states[id];
      if (seed === undefined || standing.data.r >= ready!) continue;
      const { t } = standing.change();
      t[track] = joined(spec, t[track] as TrackState | undefined, seed) as never;
    }
  }
} // prettier-ignore

async function takeMembers(sql: Sql, force: WorkspaceForce, atoms: readonly CustomerAtom[]): Promise<void> {
  const from = Math.min(...atoms.map(({ standing }) => standing.data.r));
  const versions = force.segments.filter(({ ready }) => ready > from);
  const byId = new Map<number, CustomerAtom>(atoms.map((atom) => [atom.id, atom]));
  if (versions.length > 0) {
    const readyOf = new Map(versions.map(({ version, ready }) => [version, ready]));
    const rows = await sql.query<{ version: number; customer: number; since: Instant }>(
      "select version, customer, since_at as since from segment_members where version = any($1::int[]) and customer = any($2::bigint[])",
      [versions.map(({ version }) => version), [...byId.keys()]],
    );
    for (const { version, customer, since } of rows) {
      const { standing } = byId.get(customer)!;
      if (standing.data.r < readyOf.get(version)!) standing.change().s[version] = since;
    }
  }
  if (force.stages === null || force.stages.ready <= from) return;
  const stages = await sql.query<{ customer: number; stage: string; since: Instant }>(
    "select customer, stage, since_at as since from customer_stages where customer = any($1::bigint[])",
    [[...byId.keys()]],
  );
  for (const { customer, stage, since } of stages) {
    const { standing } = byId.get(customer)!;
    if (standing.data.r < force.stages.ready) standing.change().g = [stage, since];
  }
}
