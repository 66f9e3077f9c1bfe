/** Helpdesks that may frame the panel: their origins, their secrets (which lie sealed with the others), and what they signed and used. */
import { createHash, randomBytes } from "node:crypto";
import { findAtom } from "../customers/read.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { type Clock, type Instant, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import { type Vault, ownSecretOf } from "../vault.ts";
import { DESK_LIMITS, type PanelDraft, type PanelOpened, type PanelView } from "./model.ts";
import { type PanelKey, type PanelPass, type PanelRefusal, panelNamedIn, panelPassOf, provenPanelToken, readPanelPass } from "./signed.ts"; // prettier-ignore

type PanelRow = { readonly id: number; readonly workspace: WorkspaceId; readonly name: string; readonly origins: readonly string[]; readonly createdAt: Instant }; // prettier-ignore
const COLUMNS = `id, workspace, name, origins, created_at as "createdAt"`;
const secretNameOf = (id: number): string => `desk panel ${id}`;

/** A panel as the list shows it. */
export const panelViewOf = ({ id, name, origins, createdAt }: PanelRow): PanelView => ({ id, name, origins: [...origins], createdAt: isoOf(createdAt) }); // prettier-ignore

/** The workspace's panels, oldest first. */
export const listPanels = (sql: Sql, workspace: WorkspaceId): Promise<readonly PanelRow[]> =>
  sql.query<PanelRow>(`select ${COLUMNS} from desk_panels where workspace = $1 order by id`, [workspace]);

async function findPanel(sql: Sql, id: number): Promise<PanelRow | null> {
  const [row] = await sql.query<PanelRow>(`select ${COLUMNS} from desk_panels where id = $1`, [id]);
  return row ?? null;
}

/** Makes a panel and its secret, which is told this once. Throws `Failure("unprocessable")` beyond the limit. */
export async function addPanel(sql: Sql, vault: Vault, workspace: WorkspaceId, { name, origins }: PanelDraft, now: Instant): Promise<PanelView & { readonly secret: string }> {
  const row = await sql.transaction(async (tx) => {
    await tx.query("select 1 as one from workspaces where id = $1 for update", [workspace]);
    const [made] = await tx.query<PanelRow>(
      `insert into desk_panels (workspace, name, origins, created_at) select $1, $2, $3, $4
       where (select count(*) from desk_panels where workspace = $1) < ${DESK_LIMITS.panels} returning ${COLUMNS}`,
      [workspace, name, JSON.stringify([...new Set(origins)]), now],
    );
    return made;
  });
  if (!row) throw new Failure("unprocessable", `A workspace has at most ${DESK_LIMITS.panels} panels.`);
  return { ...panelViewOf(row), secret: await secretOf(sql, vault, row.id, now) };
} // prettier-ignore

const secretOf = (sql: Sql, vault: Vault, id: number, now: Instant): Promise<string> =>
  ownSecretOf(sql, vault, secretNameOf(id), () => `ps_${randomBytes(32).toString("base64url")}`, now);

/** Takes a panel away: what it opened is closed, and what its helpdesk signs opens nothing more. Whether there was one. */
export async function removePanel(sql: Sql, workspace: WorkspaceId, id: number): Promise<boolean> {
  return sql.transaction(async (tx) => {
    const gone = await tx.query("delete from desk_panels where workspace = $1 and id = $2 returning 1 as one", [workspace, id]); // prettier-ignore
    if (gone.length === 0) return false;
    await tx.query("delete from desk_panel_used where panel = $1", [id]);
    await tx.query("delete from secrets where name = $1 or name like $1 || ' %'", [secretNameOf(id)]);
    return true;
  });
}

/** Whose pages may frame what is opened with this token: proven or not, for a frame that may not be is never shown. */
export async function originsFor(sql: Sql, token: string): Promise<readonly string[]> {
  const id = panelNamedIn(token);
  return (id === null ? null : await findPanel(sql, id))?.origins ?? [];
}

/** Panels as the server needs them: to be opened, and to be let in. */
export type Panels = {
  /** Opens a panel by what its helpdesk signed. Throws `Failure("forbidden")` saying what is wrong with it. */
  open(token: string): Promise<PanelOpened & { readonly pass: PanelPass | null }>;
  /** Who asks with this pass; null for one that is not good any more. */
  letIn(text: string): Promise<PanelPass | null>;
  /** Whose pages may frame the page with this token. */
  origins(token: string): Promise<readonly string[]>;
};

const REFUSED: { readonly [reason in PanelRefusal]: string } = {
  malformed: "The panel was opened with something that is no signed request.",
  signature: "The panel's request was signed with another secret.",
  audience: "The panel's request was signed for somebody else: its aud is throughline-desk.",
  expired: "The panel's request is too old. Open the conversation again.",
  not_yet: "The panel's request is from the future: the helpdesk's clock and ours differ by more than a minute.",
  too_long: `The panel's request is signed for longer than ${DESK_LIMITS.tokenMs / 60_000} minutes.`,
}; // prettier-ignore
const forbidden = (reason: PanelRefusal): Failure => new Failure("forbidden", REFUSED[reason]);

/** Panels on `sql`. */
export function createPanels({ sql, vault, key, clock }: { readonly sql: Sql; readonly vault: Vault; readonly key: PanelKey; readonly clock: Clock }): Panels {
  return {
    open: async (token) => {
      const now = clock();
      const id = panelNamedIn(token);
      const panel = id === null ? null : await findPanel(sql, id);
      if (!panel) throw forbidden("malformed");
      const proof = provenPanelToken(await secretOf(sql, vault, panel.id, now), token, now);
      if (proof.type === "refused") throw forbidden(proof.reason);
      const { sub, name, customer: { kind, value }, jti, exp } = proof.claims;
      await useOnce(sql, panel.id, jti, exp * 1000 + DESK_LIMITS.skewMs);
      const customer = await findAtom(sql, panel.workspace, kind, value);
      const agent = name === undefined ? sub : `${name} (${sub})`.slice(0, DESK_LIMITS.agentChars);
      const endsAt = now + DESK_LIMITS.panelMs;
      const pass = customer === null ? null : { workspace: panel.workspace, panel: panel.id, agent, customer, endsAt };
      return { key: pass === null ? "" : panelPassOf(key, pass), endsAt: isoOf(endsAt), agent, customerId: customer === null ? null : customerIdOf(customer), pass };
    },
    letIn: async (text) => {
      const pass = readPanelPass(key, text, clock());
      const panel = pass && (await findPanel(sql, pass.panel));
      return panel?.workspace === pass?.workspace ? pass : null;
    },
    origins: (token) => originsFor(sql, token),
  };
} // prettier-ignore

/** Throws when the token was used before: exactly one of those who try at once goes through. */
async function useOnce(sql: Sql, panel: number, jti: string, endsAt: Instant): Promise<void> {
  const name = createHash("sha256").update(jti).digest("hex");
  const [row] = await sql.query("insert into desk_panel_used (panel, token, ends_at) values ($1, $2, $3) on conflict do nothing returning 1 as one", [panel, name, endsAt]); // prettier-ignore
  if (!row)
    throw new Failure("forbidden", "The panel's request was used before. Open the conversation again.");
}
