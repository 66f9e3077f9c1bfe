/** The statements of the desk: its settings, what permission asks beside knowledge, and who looked at whom. */
import type { Sql } from "../db/postgres.ts";
import { Policy, Preferences, type Recipient } from "../permission/model.ts";
import { type AtomId, type Instant, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import { DESK_LIMITS, DeskSettings, type FoundBy, type LookView } from "./model.ts";

/** What a workspace laid down; the defaults before it did. */
export async function readDeskSettings(sql: Sql, workspace: WorkspaceId): Promise<DeskSettings> {
  const [row] = await sql.query<{ desk: unknown }>("select settings->'desk' as desk from workspaces where id = $1", [workspace]); // prettier-ignore
  return DeskSettings.parse(row?.desk ?? {});
}

/** Lays settings down, in place of those before. */
export async function writeDeskSettings(sql: Sql, workspace: WorkspaceId, settings: DeskSettings): Promise<void> {
  await sql.query("update workspaces set settings = jsonb_set(settings, '{desk}', $2::jsonb) where id = $1", [workspace, JSON.stringify(settings)]);
} // prettier-ignore

/** What of the workspace and the customer speaks at the desk, beside what is known. */
export type Around = {
  readonly policy: Policy;
  readonly desk: DeskSettings;
  /** The keys of the places of kind `desk` that serve. */
  readonly places: readonly string[];
  readonly preferences: Preferences;
  readonly suppressions: readonly { readonly channel: string; readonly address: string; readonly reason: NonNullable<Recipient["suppressed"]> }[];
}; // prettier-ignore

/** Reads it in one statement. */
export async function readAround(sql: Sql, workspace: WorkspaceId, atoms: readonly AtomId[], addresses: readonly string[]): Promise<Around> {
  const [row] = await sql.query<Omit<Around, "policy" | "desk" | "preferences"> & { readonly policy: unknown; readonly desk: unknown; readonly preferences: unknown }>(
    `select w.settings->'policy' as policy, w.settings->'desk' as desk,
       (select coalesce(json_agg(name order by name), '[]') from (
         select distinct name from versions where workspace = w.id and kind = 'place' and state = 'live' and body->'draft'->>'kind' = 'desk' order by name limit ${DESK_LIMITS.places}) p) as places,
       (select body from preferences where atom = any($2::bigint[]) order by updated_at desc limit 1) as preferences,
       (select coalesce(json_agg(json_build_object('channel', channel, 'address', address, 'reason', reason)), '[]') from suppressions
         where workspace = w.id and address = any($3::text[]) and purpose in ('', 'marketing')) as suppressions
     from workspaces w where w.id = $1`,
    [workspace, atoms, addresses],
  );
  const { policy, desk, preferences, ...rest } = row!;
  return { ...rest, policy: Policy.parse(policy ?? {}), desk: DeskSettings.parse(desk ?? {}), preferences: Preferences.parse(preferences ?? {}) };
} // prettier-ignore

/** What templates are called, by number; those that are gone are not in it. */
export async function readTemplateNames(sql: Sql, workspace: WorkspaceId, ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.query<{ id: number; name: string }>("select id, name from templates where workspace = $1 and id = any($2::int[])", [workspace, ids]);
  return new Map(rows.map(({ id, name }) => [id, name]));
} // prettier-ignore

/** One look at customers: who looked, and whom they were shown. */
export type Look = {
  readonly workspace: WorkspaceId;
  readonly who: string;
  readonly name: string;
  readonly what: LookView["what"];
  readonly foundBy: readonly FoundBy[];
  readonly customers: readonly AtomId[];
};

/** Writes a look down; what it showed is answered only after. Who opens a customer again within a minute, found alike, still looks. */
export async function noteLook(sql: Sql, { workspace, who, name, what, foundBy, customers }: Look, now: Instant): Promise<void> {
  await sql.query(
    `insert into desk_looks (workspace, looked_at, who, name, what, found_by, customers) select $1, $2::bigint, $3, $4, $5, $6, $7::bigint[]
     where $5 <> 'opened' or not exists (
       select 1 from desk_looks where workspace = $1 and customers && $7::bigint[] and what = 'opened' and who = $3 and found_by = $6 and looked_at > $2::bigint - ${DESK_LIMITS.lookMs})`,
    [workspace, now, who, name, what, foundBy.join(" "), customers],
  );
} // prettier-ignore

/** Looks, the newest first; at these atoms where some are named. */
export async function listLooks(
  sql: Sql,
  workspace: WorkspaceId,
  { before, limit, customers }: { readonly before: number; readonly limit: number; readonly customers: readonly AtomId[] | null },
): Promise<readonly LookView[]> {
  const rows = await sql.query<{ id: number; at: Instant; who: string; name: string; what: LookView["what"]; foundBy: string; customers: readonly number[] }>(
    `select id, looked_at as at, who, name, what, found_by as "foundBy", customers from desk_looks
     where workspace = $1 and id < $2 and ($4::bigint[] is null or customers && $4::bigint[]) order by id desc limit $3`,
    [workspace, before, limit, customers],
  );
  return rows.map(({ at, foundBy, customers: shown, ...rest }) => ({ ...rest, at: isoOf(at), foundBy: foundBy.split(" ").filter(Boolean), customers: shown.map((one) => customerIdOf(Number(one))) }));
} // prettier-ignore

/** Forgets looks that are older than they are kept, and signed requests that are too old to be used again. */
export async function forgetLooks(sql: Sql, now: Instant): Promise<void> {
  await sql.query("delete from desk_looks where looked_at < $1", [now - DESK_LIMITS.looksMs]);
  await sql.query("delete from desk_panel_used where ends_at < $1", [now]);
}
