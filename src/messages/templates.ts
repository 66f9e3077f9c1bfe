/**
 * The statements on templates, and the prepared ones kept in memory. A version never changes, so what was prepared of it
 * holds for ever; a template is changed by another version.
 */
import { LRUCache } from "lru-cache";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { MESSAGE_LIMITS, TemplateDraft } from "./model.ts";
import { type Prepared, type TemplateProblem, prepareTemplate } from "./render.ts";

/** A template with one of its versions. */
export type StoredTemplate = {
  readonly id: number;
  /** Of the version: 1 is the first. */
  readonly number: number;
  readonly newest: number;
  readonly draft: TemplateDraft;
  readonly madeBy: string | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
};
type Row = Omit<StoredTemplate, "draft"> & { readonly body: unknown };

const PREPARED_MAX = 500;

const COLUMNS = `t.id, v.number, (select max(number) from template_versions n where n.template = t.id) as newest, v.body, v.made_by as "madeBy",
  t.created_at as "createdAt", v.created_at as "updatedAt"`;
const draftOf = ({ body, ...row }: Row): StoredTemplate => ({ ...row, draft: TemplateDraft.parse(body) });

/** A template by its newest version, or by the version asked for; null when there is none in the workspace. */
export async function readTemplate(
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
  number: number | null = null,
): Promise<StoredTemplate | null> {
  const [row] = await sql.query<Row>(
    `select ${COLUMNS} from templates t join template_versions v on v.template = t.id
     where t.workspace = $1 and t.id = $2 and ($3::int is null or v.number = $3) order by v.number desc limit 1`,
    [workspace, id, number],
  );
  return row ? draftOf(row) : null;
}

/** All templates of a workspace by name, each by its newest version; there are at most MESSAGE_LIMITS.templates. */
export async function listTemplates(sql: Sql, workspace: WorkspaceId): Promise<readonly StoredTemplate[]> {
  const rows = await sql.query<Row>(
    `select distinct on (lower(t.name), t.id) ${COLUMNS} from templates t join template_versions v on v.template = t.id
     where t.workspace = $1 order by lower(t.name), t.id, v.number desc`,
    [workspace],
  );
  return rows.map(draftOf);
}

/** The versions of a template, the newest first, without what they hold. */
export const listVersions = (
  sql: Sql,
  id: number,
): Promise<
  readonly { readonly number: number; readonly madeBy: string | null; readonly createdAt: Instant }[]
> =>
  sql.query(
    `select number, made_by as "madeBy", created_at as "createdAt" from template_versions where template = $1 order by number desc limit ${MESSAGE_LIMITS.versionsMax}`,
    [id],
  );

/** Makes a template; its number. */
export async function addTemplate(
  sql: Sql,
  workspace: WorkspaceId,
  draft: TemplateDraft,
  by: string,
  now: Instant,
): Promise<number> {
  return withOwnName(draft.name, () =>
    sql.transaction(async (tx) => {
      // One after the other in a workspace, so that the limit holds however many ask at once.
      await tx.query("select id from workspaces where id = $1 for update", [workspace]);
      const [held] = await tx.query<{ n: number }>("select count(*) as n from templates where workspace = $1", [workspace]); // prettier-ignore
      if (held!.n >= MESSAGE_LIMITS.templates)
        throw new Failure("unprocessable", `A workspace has at most ${MESSAGE_LIMITS.templates} templates. Remove some first.`); // prettier-ignore
      const [row] = await tx.query<{ id: number }>(
        "insert into templates (workspace, name, description, created_at, updated_at) values ($1, $2, $3, $4, $4) returning id",
        [workspace, draft.name, draft.description, now],
      );
      await addVersion(tx, row!.id, 1, draft, by, now);
      return row!.id;
    }),
  );
}

/**
 * Adds a version to a template; its number. `expected`: refused with `Failure("conflict")` when the newest is another.
 * What is the same as the newest makes no new one.
 */
export async function changeTemplate(
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
  draft: TemplateDraft,
  by: string,
  now: Instant,
  expected: number | null,
): Promise<number> {
  return withOwnName(draft.name, () =>
    sql.transaction(async (tx) => {
      await tx.query("select id from templates where workspace = $1 and id = $2 for update", [workspace, id]);
      const held = (await readTemplate(tx, workspace, id)) ?? noTemplate(id);
      if (expected !== null && expected !== held.number)
        throw new Failure("conflict", `Template ${id} was changed meanwhile: its newest version is ${held.number}. Read it again.`); // prettier-ignore
      if (same(held.draft, draft)) return held.number;
      await tx.query("update templates set name = $2, description = $3, updated_at = $4 where id = $1", [id, draft.name, draft.description, now]); // prettier-ignore
      await addVersion(tx, id, held.number + 1, draft, by, now);
      await tx.query("delete from template_versions where template = $1 and number <= $2", [id, held.number + 1 - MESSAGE_LIMITS.versionsMax]); // prettier-ignore
      return held.number + 1;
    }),
  );
}
const same = (a: TemplateDraft, b: TemplateDraft): boolean =>
  JSON.stringify(TemplateDraft.parse(a)) === JSON.stringify(TemplateDraft.parse(b));

/** Removes a template with its versions. Messages that were made of it keep what they said. */
export async function removeTemplate(sql: Sql, workspace: WorkspaceId, id: number): Promise<void> {
  const gone = await sql.query("delete from templates where workspace = $1 and id = $2 returning id", [workspace, id]); // prettier-ignore
  if (gone.length === 0) noTemplate(id);
}

async function addVersion(tx: Sql, id: number, number: number, draft: TemplateDraft, by: string, now: Instant): Promise<void> {
  await tx.query(
    "insert into template_versions (template, number, body, made_by, created_at) values ($1, $2, $3, $4, $5)",
    [id, number, JSON.stringify(draft), by, now],
  );
} // prettier-ignore

async function withOwnName<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if ((cause as { code?: string }).code !== "23505") throw cause;
    throw new Failure("conflict", `There is a template called ${name} already.`, { cause });
  }
}

/** Throws `Failure("not_found")`. */
export function noTemplate(id: number): never {
  throw new Failure("not_found", `There is no template ${id} here.`);
}

/** A version ready to be rendered, with its number. */
export type ReadyTemplate = { readonly number: number; readonly template: Prepared };
export type Templates = {
  /**
   * A template ready to be rendered: its newest version, or the one asked for. Null when there is none; problems only for
   * one that was stored by a release that took more.
   */
  ready(workspace: WorkspaceId, id: number, number?: number | null): Promise<ReadyTemplate | { readonly problems: readonly TemplateProblem[] } | null>; // prettier-ignore
};

/** Keeps what was prepared of the versions used last. Which version is the newest is asked each time. */
export function createTemplates(sql: Sql): Templates {
  const held = new LRUCache<string, Prepared>({ max: PREPARED_MAX });
  return {
    ready: async (workspace, id, number = null) => {
      const wanted = number ?? (await newestOf(sql, workspace, id));
      if (wanted === null) return null;
      const name = `${workspace} ${id} ${wanted}`;
      const known = held.get(name);
      if (known) return { number: wanted, template: known };
      const stored = await readTemplate(sql, workspace, id, wanted);
      if (!stored) return null;
      const preparation = await prepareTemplate(stored.draft);
      if (preparation.type === "wrong") return { problems: preparation.problems };
      held.set(name, preparation.template);
      return { number: wanted, template: preparation.template };
    },
  };
}

async function newestOf(sql: Sql, workspace: WorkspaceId, id: number): Promise<number | null> {
  const [row] = await sql.query<{ number: number | null }>(
    "select max(v.number) as number from template_versions v join templates t on t.id = v.template where t.workspace = $1 and t.id = $2",
    [workspace, id],
  );
  return row?.number ?? null;
}
