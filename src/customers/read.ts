/** Reading customers: by id, by identifier, by search, and how each came to be one. PostgreSQL only: one to three small statements. */
import type { Sql } from "../db/postgres.ts";
import { normalised } from "../events/identifiers.ts";
import { keyOf } from "../identity/directory.ts";
import type { Identifier, IdentifierKind } from "../identity/model.ts";
import { type StoredLink, asidesOf, linksOf } from "../identity/store.ts";
import { cursorOf, placeOf } from "../paging.ts";
import { type AtomId, type WorkspaceId, atomOf, customerIdOf, isoOf } from "../values.ts";
import type { CustomerDocument, CustomerList, Identities } from "./document.ts";
import { absorb, nothing } from "./fold.ts";
import { type CustomerAtom, hashOf, loadAtoms } from "./store.ts";
import { type AccountKnown, documentOf, identifiersOf, summaryOf } from "./view.ts";

const SEARCH_MAX = 200;

/** The atoms of the customer that `atom` belongs to; empty when there is none in the workspace. */
export async function atomsOfCustomer(
  sql: Sql,
  workspace: WorkspaceId,
  atom: AtomId,
): Promise<readonly CustomerAtom[]> {
  const atoms = await loadAtoms(sql, [atom]);
  return atoms.filter((one) => one.workspace === workspace).toSorted((a, b) => a.id - b.id);
}

/** The customer's document, or null. A former id, of a customer since joined to another, finds that other. */
export async function readCustomer(
  sql: Sql,
  workspace: WorkspaceId,
  atom: AtomId,
): Promise<CustomerDocument | null> {
  const atoms = await atomsOfCustomer(sql, workspace, atom);
  if (atoms.length === 0) return null;
  const known =
    atoms.length === 1
      ? atoms[0]!.knowledge
      : atoms.reduce((all, { knowledge }) => absorb(all, knowledge), nothing());
  const accounts = await readAccounts(sql, workspace, Object.keys(known.accounts));
  return documentOf(
    atoms[0]!.customer,
    known,
    atoms.flatMap(({ identifiers }) => identifiers),
    accounts,
  );
}

/** The atom an identifier points at, normalised as the door does it; null when nobody is known by it. */
export async function findAtom(
  sql: Sql,
  workspace: WorkspaceId,
  kind: IdentifierKind,
  value: string,
): Promise<AtomId | null> {
  const name = normalised(kind, value);
  if (name === null) return null;
  const [row] = await sql.query<{ atom: number }>("select atom from identifiers where key = $1::uuid", [
    hashOf(keyOf(workspace, { kind, value: name })),
  ]);
  return row && row.atom !== 0 ? (row.atom as AtomId) : null;
}

/** What these accounts are known by. */
export async function readAccounts(
  sql: Sql,
  workspace: WorkspaceId,
  ids: readonly string[],
): Promise<{ readonly [accountId: string]: AccountKnown }> {
  if (ids.length === 0) return {};
  const rows = await sql.query<{ accountId: string; traits: AccountKnown }>(
    'select account_id as "accountId", traits from accounts where workspace = $1 and account_id = any($2::text[])',
    [workspace, ids],
  );
  return Object.fromEntries(rows.map(({ accountId, traits }) => [accountId, traits]));
}

/** Customers, newest first; with `query` those with an identifier or a name that begins with it. */
export async function listCustomers(
  sql: Sql,
  workspace: WorkspaceId,
  {
    query,
    limit,
    cursor,
  }: { readonly query: string; readonly limit: number; readonly cursor?: string | undefined },
): Promise<CustomerList> {
  const before = placeOf(cursor, ["number"])?.[0] ?? Number.MAX_SAFE_INTEGER;
  const ids =
    query === ""
      ? await newest(sql, workspace, before, limit + 1)
      : await search(sql, workspace, query, before, limit + 1);
  const page = ids.slice(0, limit);
  const atoms = await loadAtoms(sql, page);
  const customers = page.map((id) => {
    const own = atoms.filter(({ customer }) => customer === id);
    const known = own.reduce((all, { knowledge }) => absorb(all, knowledge), nothing());
    return summaryOf(
      id,
      known,
      own.flatMap(({ identifiers }) => identifiers),
    );
  });
  return { customers, nextCursor: ids.length > limit ? cursorOf([page.at(-1)!]) : null };
}

async function newest(
  sql: Sql,
  workspace: WorkspaceId,
  before: number,
  limit: number,
): Promise<readonly AtomId[]> {
  const rows = await sql.query<{ id: AtomId }>(
    "select id from atoms where workspace = $1 and id < $2 and customer = id order by id desc limit $3",
    [workspace, before, limit],
  );
  return rows.map(({ id }) => id);
}

async function search(
  sql: Sql,
  workspace: WorkspaceId,
  query: string,
  before: number,
  limit: number,
): Promise<readonly AtomId[]> {
  const text = query.trim().toLowerCase();
  const exact = atomOf(text);
  const starts = `${text.replaceAll(/[\\%_]/g, "\\$&")}%`;
  // A phone number is kept as +49...; people type it with spaces and without the plus.
  const digits = text.replaceAll(/[\s().-]/g, "").replace(/^00/, "+");
  const phone = /^\+?[0-9]{4,}$/.test(digits) ? `+${digits.replace(/^\+/, "")}%` : starts;
  const rows = await sql.query<{ id: AtomId }>(
    `select distinct a.customer as id from (
       (select atom from identifiers where workspace = $1 and (lower(value) like $2 or lower(value) like $3) and atom <> 0 limit ${SEARCH_MAX})
       union (select atom from customer_names where workspace = $1 and name like $2 limit ${SEARCH_MAX})
       union select $6::bigint) f
     join atoms a on a.id = f.atom and a.workspace = $1
     where a.customer < $4 order by id desc limit $5`,
    [workspace, starts, phone, before, limit, exact ?? 0],
  );
  return rows.map(({ id }) => id);
}

/** How a customer came to be one: atoms, links with their reasons, identifiers set aside. Null when there is none. */
export async function readIdentities(
  sql: Sql,
  workspace: WorkspaceId,
  atom: AtomId,
): Promise<Identities | null> {
  const atoms = await atomsOfCustomer(sql, workspace, atom);
  if (atoms.length === 0) return null;
  const ids = atoms.map(({ id }) => id);
  const [links, asides] = await Promise.all([linksOf(sql, workspace, ids), asidesOf(sql, workspace, ids)]);
  return {
    customerId: customerIdOf(atoms[0]!.customer),
    atoms: atoms.map(({ id, identifiers, knowledge }) => ({
      id: customerIdOf(id),
      identifiers: identifiersOf(identifiers),
      events: knowledge.events,
      firstSeenAt: Number.isFinite(knowledge.firstSeenAt) ? isoOf(knowledge.firstSeenAt) : null,
      lastSeenAt: Number.isFinite(knowledge.lastSeenAt) ? isoOf(knowledge.lastSeenAt) : null,
    })),
    links: links.map((link) => ({
      id: link.id, a: customerIdOf(link.a), b: customerIdOf(link.b), rule: link.rule, messageId: link.messageId, of: [...link.of],
      reason: reasonOf(link), madeAt: isoOf(link.madeAt), undoneAt: link.undoneAt === null ? null : isoOf(link.undoneAt), undoneBy: link.undoneBy,
    })), // prettier-ignore
    asides: asides.map(({ kind, value, reason, messageId, at }) => ({
      kind,
      value,
      reason,
      explanation: EXPLANATIONS[reason],
      messageId,
      at: isoOf(at),
    })),
  };
}

const named = ({ kind, value }: Identifier) => `${kind.replaceAll("_", " ")} ${value}`;
function reasonOf({ rule, of }: StoredLink): string {
  const [one, other] = of;
  if (!one || !other) return "The two were seen together.";
  return rule === "alias"
    ? `The sender said that ${named(other)} and ${named(one)} are one customer.`
    : `One event carried both ${named(one)} and ${named(other)}.`;
}

const EXPLANATIONS = {
  limit: "With it this customer would have held more values of a kind than one person can have.",
  shared_device:
    "This device was used by more than one known customer, so it no longer tells who somebody is.",
  undone: "A person has said that it belongs to a different customer.",
} as const;
