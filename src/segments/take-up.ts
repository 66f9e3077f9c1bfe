/**
 * Takes up, in atoms at hand, what history told of them when tracks and segments became ready since they were last
 * touched: seeds of their tracks, and the memberships and stage that were found by SQL.
 */
import { LRUCache } from "lru-cache";
import type { CustomerAtom } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { CHUNK_ATOMS } from "./sql-tracks.ts";
import type { Force, TrackInForce, WorkspaceForce } from "./force.ts";
import { type TrackState, joined } from "./track.ts";

/** What history told of a hundred atoms, of one track: a JSON object by atom. */
type Seed = { readonly chunk: number; readonly track: number; readonly body: string };
/** Reads seeds of these tracks, which are ready, for atoms of these chunks. */
export type ReadSeeds = (workspace: WorkspaceId, chunks: readonly number[], tracks: readonly TrackInForce[]) => Promise<readonly Seed[]>; // prettier-ignore

/** What is remembered of seeds, as texts. */
const SEED_CHARS_MAX = 32_000_000;

/** Reads seeds from the store. */
export const seedsIn =
  (sql: Sql): ReadSeeds =>
  (workspace, chunks, tracks) =>
    sql.query<Seed>(
      "select chunk, track, body from seeds where workspace = $1 and chunk = any($2::bigint[]) and track = any($3::int[])",
      [workspace, chunks, tracks.map(({ id }) => id)],
    );

/**
 * The same for whoever asks for a few customers at a time, again and again: seeds of a track that is ready never change,
 * so they are remembered, also that there are none.
 */
export function rememberedSeeds(read: ReadSeeds): ReadSeeds {
  const held = new LRUCache<string, string>({
    maxSize: SEED_CHARS_MAX,
    sizeCalculation: (body) => body.length + 100,
  });
  return async (workspace, chunks, tracks) => {
    const known: Seed[] = [];
    const missing = new Map<string, string>();
    for (const chunk of chunks)
      for (const { id, ready } of tracks) {
        const name = `${id} ${ready} ${chunk}`;
        const body = held.get(name);
        if (body === undefined) missing.set(`${id} ${chunk}`, name);
        else if (body !== "") known.push({ chunk, track: id, body });
      }
    if (missing.size === 0) return known;
    // The store answers for every chunk with every track; what is known already must not be told a second time.
    const rows = (await read(workspace, chunks, tracks)).filter(({ chunk, track }) =>
      missing.has(`${track} ${chunk}`),
    );
    const found = new Map(rows.map(({ chunk, track, body }) => [`${track} ${chunk}`, body]));
    for (const [pair, name] of missing) held.set(name, found.get(pair) ?? "");
    return [...known, ...rows];
  };
}

/** Brings the atoms up to `force`, in place. */
export async function takeUp(
  sql: Sql,
  force: Force,
  atoms: Iterable<CustomerAtom>,
  readSeeds = seedsIn(sql),
): Promise<void> {
  const behind = new Map<WorkspaceId, CustomerAtom[]>();
  for (const atom of atoms) {
    if (!force.of(atom.workspace) || atom.standing.data.r >= force.ready) continue;
    const held = behind.get(atom.workspace);
    if (held) held.push(atom);
    else behind.set(atom.workspace, [atom]);
  }
  for (const [workspace, of] of behind) {
    await takeSeeds(readSeeds, workspace, force.of(workspace)!, of);
    await takeMembers(sql, force.of(workspace)!, of);
    for (const { standing } of of) standing.change().r = force.ready;
  }
}

async function takeSeeds(read: ReadSeeds, workspace: WorkspaceId, force: WorkspaceForce, atoms: readonly CustomerAtom[]): Promise<void> {
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
  const rows = await read(workspace, [...chunks.keys()], tracks);
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
