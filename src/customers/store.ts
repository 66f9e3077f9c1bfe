/** The statements on atoms: what is known, by atom, and which customer each belongs to. */
import { hash } from "node:crypto";
import type { Atom, HeldIdentifier, PointerChange } from "../identity/directory.ts";
import type { Pointer } from "../identity/resolve.ts";
import type { Sql } from "../db/postgres.ts";
import { SEPARATOR, together } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import { type OwnKnowledge, joinTraits, nothing } from "./fold.ts";
import { Standing } from "./standing.ts";
import { knowledgeOf, textOf } from "./stored.ts";
import { traitsOf } from "./told.ts";

export type CustomerAtom = Atom<OwnKnowledge> & { readonly standing: Standing };
/** A row of `atoms`. */
export type AtomRow = {
  readonly id: number;
  readonly workspace: number;
  readonly customer: number;
  readonly size: number;
  readonly version: number;
  readonly identifiers: string;
  readonly apart: string;
  readonly knowledge: string;
  readonly standing: string;
};

/** The columns of an AtomRow. */
export const ATOM_COLUMNS = "id, workspace, customer, size, version, identifiers, apart, knowledge, standing";

/** The fixed-length name of an identifier or message id in an index. MD5 serves as a 128-bit name, not as a secret. */
export const hashOf = (name: string): string => hash("md5", name, "hex");

/** The atoms of these ids and all atoms of their customers. */
export async function loadAtoms(sql: Sql, ids: readonly AtomId[]): Promise<readonly CustomerAtom[]> {
  if (ids.length === 0) return [];
  const direct = await sql.query<AtomRow>(
    `select ${ATOM_COLUMNS} from atoms where id = any(string_to_array($1, ',')::bigint[])`,
    [ids.join(",")],
  );
  const joined = [...new Set(direct.filter(({ size }) => size > 1).map(({ customer }) => customer))];
  if (joined.length === 0) return direct.map(atomOfRow);
  const have = new Set(direct.map(({ id }) => id));
  const members = await sql.query<AtomRow>(
    `select ${ATOM_COLUMNS} from atoms where id = any(string_to_array($1, ',')::bigint[])
     union all select ${ATOM_COLUMNS} from atoms where customer = any(string_to_array($1, ',')::bigint[]) and customer <> id`,
    [joined.join(",")],
  );
  return [...direct, ...members.filter(({ id }) => !have.has(id))].map(atomOfRow);
}

/** The atom of a row. */
export function atomOfRow(row: AtomRow): CustomerAtom {
  return new StoredAtom(row);
}

/** An atom of which nothing is known yet. */
export const freshAtom = (id: AtomId, workspace: WorkspaceId): CustomerAtom =>
  new StoredAtom({ id, workspace, customer: id, size: 1, version: 0, identifiers: "[]", apart: "", knowledge: "{}", standing: "" }); // prettier-ignore

/** The same atom with another `change`; what is known and where it stands are shared. */
export const changedAtom = (
  { id, workspace, customer, size, version, identifiers, apart, knowledge, standing }: CustomerAtom,
  change: Partial<Pick<CustomerAtom, "customer" | "size" | "apart">>,
): CustomerAtom =>
  Object.assign({ id, workspace, customer, size, version, identifiers, apart, knowledge, standing }, change);

/** A class, because an accessor in a literal gives each object a shape of its own, which only a full collection frees. */
class StoredAtom implements CustomerAtom {
  readonly id: AtomId;
  readonly workspace: WorkspaceId;
  customer: AtomId;
  size: number;
  version: number;
  identifiers: HeldIdentifier[];
  apart: AtomId[];
  readonly standing: Standing;
  /** As it was read. */
  readonly row: AtomRow;
  #known: OwnKnowledge | null = null;

  constructor(row: AtomRow) {
    this.id = row.id as AtomId;
    this.workspace = row.workspace as WorkspaceId;
    this.customer = row.customer as AtomId;
    this.size = row.size;
    this.version = row.version;
    this.identifiers = JSON.parse(row.identifiers) as HeldIdentifier[];
    this.apart = row.apart === "" ? [] : (row.apart.split(",").map(Number) as AtomId[]);
    this.standing = new Standing(row.standing);
    this.row = row;
  }

  /** Whoever only waits in a journey is moved on without anybody reading what is known of them. */
  get knowledge(): OwnKnowledge {
    return (this.#known ??= knowledgeOf(this.row.knowledge));
  }
}

/**
 * The row of an atom as it stands. `isWhole` false: only where it stands changed since it was read; the rest is taken as
 * it was and not put into text again.
 */
export function rowOf(atom: CustomerAtom, isWhole = true): AtomRow {
  const { id, workspace, customer, size, version, standing } = atom;
  const own = { id, workspace, customer, size, version, standing: standing.text() };
  if (!isWhole && atom instanceof StoredAtom) {
    const { identifiers, apart, knowledge } = atom.row;
    return Object.assign(own, { identifiers, apart, knowledge });
  }
  const { identifiers, apart, knowledge } = atom;
  return Object.assign(own, { identifiers: JSON.stringify(identifiers), apart: apart.join(","), knowledge: textOf(knowledge) });
} // prettier-ignore

/**
 * How rows are written that are new (version 0) or changed. Writing answers false when another writer changed one of
 * them meanwhile: the caller must roll back, forget what it loaded and decide again. `isWhole` false: only the standing
 * changed, and the rest is not sent.
 */
export function prepareRows(rows: readonly AtomRow[], isWhole: (id: AtomId) => boolean = () => true): (tx: Sql) => Promise<boolean> {
  // In order of id: two writers that meet take their rows in the same order and cannot deadlock.
  const inOrder = rows.toSorted((a, b) => a.id - b.id);
  const fresh = columnsOf(inOrder.filter(({ version }) => version === 0), () => true);
  const changed = columnsOf(inOrder.filter(({ version }) => version > 0), isWhole);
  const given = `unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1)),
    string_to_array($5, chr(1)), string_to_array($6, chr(1)), string_to_array($7, chr(1)), string_to_array($8, chr(1)),
    string_to_array($9, chr(1))) as t (id, workspace, customer, size, version, identifiers, apart, knowledge, standing)`;
  const insert = async (tx: Sql) =>
    fresh.count > 0 &&
      tx.query(
        `insert into atoms (id, workspace, customer, size, version, identifiers, apart, knowledge, standing)
         select id::bigint, workspace::int, customer::bigint, size::smallint, 1, identifiers, coalesce(apart, ''), knowledge, coalesce(standing, '') from ${given}`,
        fresh.values,
      );
  const update = async (tx: Sql): Promise<boolean> => {
    if (changed.count === 0) return true;
    const [row] = await tx.query<{ n: number }>(
      `with written as (
         update atoms a set customer = t.customer::bigint, size = t.size::smallint, version = a.version + 1,
           identifiers = coalesce(nullif(t.identifiers, ''), a.identifiers), knowledge = coalesce(nullif(t.knowledge, ''), a.knowledge),
           apart = case when t.knowledge <> '' then coalesce(t.apart, '') else a.apart end, standing = coalesce(t.standing, '')
         from ${given} where a.id = t.id::bigint and a.version = t.version::int returning 1)
       select count(*)::int as n from written`,
      changed.values,
    );
    return row?.n === changed.count;
  };
  // At once: see savePointers.
  return async (tx) => (await together([insert(tx), update(tx)]))[1];
} // prettier-ignore

/** Neither list of identifiers nor knowledge is ever the empty text, so that stands for "as it is". */
function columnsOf(rows: readonly AtomRow[], isWhole: (id: AtomId) => boolean) {
  const ifWhole = (text: (row: AtomRow) => string) => (row: AtomRow) => (isWhole(row.id as AtomId) ? text(row) : "");
  return {
    count: rows.length,
    values: [
      column(rows, (row) => row.id), column(rows, (row) => row.workspace), column(rows, (row) => row.customer), column(rows, (row) => row.size),
      column(rows, (row) => row.version), column(rows, ifWhole((row) => row.identifiers)), column(rows, ifWhole((row) => row.apart)),
      column(rows, ifWhole((row) => row.knowledge)), column(rows, (row) => row.standing),
    ],
  };
} // prettier-ignore

const column = <T>(rows: readonly T[], value: (row: T) => string | number): string =>
  rows.map(value).join(SEPARATOR);

/** Atom numbers are reserved by the thousand: each value of the sequence stands for the thousand that begins with it. */
const RANGE = 1000;

/** Reserves at least `count` atom numbers. */
export async function reserveAtomIds(
  sql: Sql,
  count: number,
): Promise<readonly { first: number; count: number }[]> {
  const rows = await sql.query<{ first: number }>(
    "select nextval('atom_id') as first from generate_series(1, $1)",
    [Math.ceil(count / RANGE)],
  );
  return rows.map(({ first }) => ({ first, count: RANGE }));
}

/** Where identifiers point, by their hash. */
export async function loadPointers(
  sql: Sql,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Pointer>> {
  if (hashes.length === 0) return new Map();
  const rows = await sql.query<{ key: string; atom: number; shared: boolean }>(
    "select key::text, atom, shared from identifiers where key = any(string_to_array($1, ',')::uuid[])",
    [hashes.join(",")],
  );
  return new Map(
    rows.map(({ key, atom, shared }) => [key.replaceAll("-", ""), { atom: atom as AtomId | 0, shared }]),
  );
}

/** Writes new and changed pointers. False when another writer was there first with another atom. */
export async function savePointers(
  tx: Sql,
  pointers: readonly PointerChange[],
  isNew: (key: string) => boolean,
  now: Instant,
): Promise<boolean> {
  const fresh = pointers.filter(({ key }) => isNew(key));
  const changed = pointers.filter(({ key }) => !isNew(key));
  const values = (rows: readonly PointerChange[]) => [
    column(rows, (p) => hashOf(p.key)), column(rows, (p) => p.workspace), column(rows, (p) => p.identifier.kind), column(rows, (p) => p.identifier.value),
    column(rows, (p) => p.atom), column(rows, (p) => String(p.shared)),
  ]; // prettier-ignore
  const given = `unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1)),
    string_to_array($5, chr(1)), string_to_array($6, chr(1))) as t (key, workspace, kind, value, atom, shared)`;
  const insert = async (): Promise<boolean> => {
    if (fresh.length === 0) return true;
    const written = await tx.query(
      `insert into identifiers (key, workspace, kind, value, atom, shared, created_at)
       select key::uuid, workspace::int, kind, value, atom::bigint, shared::boolean, $7 from ${given} order by 1
       on conflict (key) do nothing returning 1 as one`,
      [...values(fresh), now],
    );
    return written.length === fresh.length;
  };
  const update = async () =>
    changed.length > 0 &&
    tx.query(
      `update identifiers i set atom = t.atom::bigint, shared = t.shared::boolean from ${given} where i.key = t.key::uuid`,
      values(changed),
    );
  // At once, so that every batch takes its rows table by table in the same order, whatever is new in it.
  const [isFirst] = await together([insert(), update()]);
  return isFirst;
}

/**
 * Remembers message ids, given by their hashes; answers those that were not remembered before. Waits for another
 * transaction that is remembering one of them.
 */
export async function rememberIds(tx: Sql, hashes: readonly string[], day: number): Promise<Set<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await tx.query<{ key: string }>(
    "insert into seen (key, day) select k::uuid, $2 from unnest(string_to_array($1, ',')) k order by 1 on conflict do nothing returning replace(key::text, '-', '') as key",
    [[...new Set(hashes)].join(","), day],
  );
  return new Set(rows.map(({ key }) => key));
}

/** Forgets message ids whose events came to nothing, so that they can be tried again. */
export async function forgetIds(tx: Sql, hashes: readonly string[]): Promise<void> {
  if (hashes.length > 0)
    await tx.query("delete from seen where key = any(string_to_array($1, ',')::uuid[])", [hashes.join(",")]);
}

/** Writes what customers are called, for the search. */
export async function saveNames(
  tx: Sql,
  names: ReadonlyMap<AtomId, readonly [WorkspaceId, string]>,
): Promise<void> {
  if (names.size === 0) return;
  const rows = [...names].toSorted(([a], [b]) => a - b);
  await tx.query(
    `insert into customer_names (atom, workspace, name)
     select atom::bigint, workspace::int, lower(name)
     from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1))) as t (atom, workspace, name)
     on conflict (atom) do update set name = excluded.name where customer_names.name <> excluded.name`,
    [
      column(rows, ([atom]) => atom),
      column(rows, ([, [workspace]]) => workspace),
      column(rows, ([, [, name]]) => name),
    ],
  );
}

/** An order's number as its customer may tell it, and the atom it hangs on. */
export type OrderNumber = {
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly orderId: string;
};

/** Writes down who placed which order, so that a customer is found by its number. */
export async function saveOrderNumbers(tx: Sql, orders: readonly OrderNumber[]): Promise<void> {
  if (orders.length === 0) return;
  await tx.query(
    `insert into order_numbers (workspace, code, atom)
     select workspace::int, left(folded_code(number), 200), atom::bigint
     from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1))) as t (workspace, number, atom)
     where folded_code(number) <> '' order by 1, 2, 3 on conflict do nothing`,
    [column(orders, (o) => o.workspace), column(orders, (o) => o.orderId), column(orders, (o) => o.atom)],
  );
}

type AccountTold = {
  readonly workspace: WorkspaceId;
  readonly accountId: string;
  readonly traits: OwnKnowledge["traits"];
};

/** Writes what group events told of accounts: of each trait the latest value stays, of the traits the newest. */
export async function saveAccounts(tx: Sql, events: readonly Event[]): Promise<void> {
  const told = new Map<string, AccountTold>();
  const accountOf = (workspace: WorkspaceId, accountId: string): AccountTold => {
    const key = `${workspace} ${accountId}`;
    const account = told.get(key) ?? { workspace, accountId, traits: nothing().traits };
    told.set(key, account);
    return account;
  };
  for (const { workspace, accountId, traits = {}, happenedAt } of events)
    if (accountId !== undefined)
      joinTraits(accountOf(workspace, accountId).traits, traitsOf(traits, happenedAt));
  if (told.size === 0) return;
  const rows = [...told.values()];
  const names = [column(rows, (a) => a.workspace), column(rows, (a) => a.accountId)];
  const given = "unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1))";
  await tx.query(
    `insert into accounts (workspace, account_id, traits, updated_at)
     select workspace::int, account_id, '{}', 0 from ${given}) as t (workspace, account_id) order by 1, 2 on conflict do nothing`,
    names,
  );
  const held = await tx.query<AccountTold>(
    `select a.workspace, a.account_id as "accountId", a.traits from ${given}) as t (workspace, account_id)
     join accounts a on a.workspace = t.workspace::int and a.account_id = t.account_id order by 1, 2 for update of a`,
    names,
  );
  for (const { workspace, accountId, traits } of held)
    joinTraits(accountOf(workspace, accountId).traits, traits);
  await tx.query(
    `update accounts a set traits = t.traits::jsonb, updated_at = greatest(a.updated_at, t.at::bigint)
     from ${given}, string_to_array($3, chr(1)), string_to_array($4, chr(1))) as t (workspace, account_id, traits, at)
     where a.workspace = t.workspace::int and a.account_id = t.account_id`,
    [
      ...names,
      column(rows, ({ traits }) => JSON.stringify(traits)),
      column(rows, ({ traits }) => Math.max(0, ...Object.values(traits).map(([, at]) => at))),
    ],
  );
}

/** Writes which atoms belong to which accounts, so that an account's members can be found. */
export async function saveAccountMembers(
  tx: Sql,
  members: readonly { readonly workspace: WorkspaceId; readonly accountId: string; readonly atom: AtomId }[],
): Promise<void> {
  if (members.length === 0) return;
  await tx.query(
    `insert into account_members (workspace, account_id, atom)
     select workspace::int, account_id, atom::bigint
     from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1))) as t (workspace, account_id, atom)
     order by 1, 2, 3 on conflict do nothing`,
    [
      column(members, (m) => m.workspace),
      column(members, (m) => m.accountId),
      column(members, (m) => m.atom),
    ],
  );
}
