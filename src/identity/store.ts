/** The statements on links and on identifiers set aside. */
import type { Sql } from "../db/postgres.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import type { Aside, AsideReason, Identifier, Link, LinkRule } from "./model.ts";

/** A link as stored: undone when `undoneAt` is set. */
export type StoredLink = {
  readonly id: number;
  readonly a: AtomId;
  readonly b: AtomId;
  readonly rule: LinkRule;
  readonly messageId: string;
  readonly of: readonly Identifier[];
  readonly madeAt: Instant;
  readonly undoneAt: Instant | null;
  readonly undoneBy: string | null;
};
export type StoredAside = {
  readonly kind: Identifier["kind"];
  readonly value: string;
  readonly reason: AsideReason;
  readonly messageId: string;
  readonly at: Instant;
};

export async function saveLinks(
  tx: Sql,
  links: readonly (Link & { readonly workspace: WorkspaceId })[],
): Promise<void> {
  if (links.length === 0) return;
  await tx.query(
    `insert into links (workspace, a, b, rule, message_id, reason, made_at)
     select * from unnest($1::int[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::jsonb[], $7::bigint[])`,
    [links.map((l) => l.workspace), links.map((l) => l.a), links.map((l) => l.b), links.map((l) => l.rule),
     links.map((l) => l.messageId), links.map((l) => JSON.stringify(l.of)), links.map((l) => l.madeAt)],
  ); // prettier-ignore
}

/** Records identifiers set aside: the first time each, because a shared device would add one with every event. */
export async function saveAsides(
  tx: Sql,
  asides: readonly (Aside & { readonly atom: AtomId; readonly workspace: WorkspaceId })[],
): Promise<void> {
  if (asides.length === 0) return;
  await tx.query(
    `insert into asides (workspace, atom, kind, value, reason, message_id, at)
     select * from unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[])
     on conflict (atom, kind, value, reason) do nothing`,
    [asides.map((a) => a.workspace), asides.map((a) => a.atom), asides.map((a) => a.identifier.kind), asides.map((a) => a.identifier.value),
     asides.map((a) => a.reason), asides.map((a) => a.messageId), asides.map((a) => a.at)],
  ); // prettier-ignore
}

/** All links that touch these atoms, in force or undone, in the order they were made. */
export async function linksOf(
  sql: Sql,
  workspace: WorkspaceId,
  atoms: readonly AtomId[],
): Promise<readonly StoredLink[]> {
  return sql.query<StoredLink>(
    `select id, a, b, rule, message_id as "messageId", reason as "of", made_at as "madeAt", undone_at as "undoneAt", undone_by as "undoneBy"
     from links where workspace = $1 and (a = any($2::bigint[]) or b = any($2::bigint[])) order by id`,
    [workspace, atoms],
  );
}

export async function asidesOf(
  sql: Sql,
  workspace: WorkspaceId,
  atoms: readonly AtomId[],
): Promise<readonly StoredAside[]> {
  return sql.query<StoredAside>(
    `select kind, value, reason, message_id as "messageId", at from asides
     where workspace = $1 and atom = any($2::bigint[]) order by id limit 1000`,
    [workspace, atoms],
  );
}

/** Marks a link as undone, or as in force again (`by` null). False when it already was. */
export async function markLink(tx: Sql, id: number, now: Instant, by: string | null): Promise<boolean> {
  const rows = await tx.query(
    by === null
      ? "update links set undone_at = null, undone_by = null where id = $1 and undone_at is not null returning 1 as one"
      : "update links set undone_at = $2, undone_by = $3 where id = $1 and undone_at is null returning 1 as one",
    by === null ? [id] : [id, now, by],
  );
  return rows.length === 1;
}
