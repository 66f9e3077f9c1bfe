/** All that decisions need of customers in one look, in one statement for those that are asked about together. */
import { LRUCache } from "lru-cache";
import type { Item } from "../catalogue/model.ts";
import { ITEM_COLUMNS, storable } from "../catalogue/store.ts";
import { ATOM_COLUMNS, type AtomRow } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import { gathered } from "../gather.ts";
import type { InboxRow } from "../messages/inbox-store.ts";
import { Policy } from "../permission/model.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import { DECISION_LIMITS } from "./model.ts";

/** What is known at one instant, of one moment of the store. */
export type Snapshot = {
  readonly epoch: number;
  readonly name: string;
  readonly address: string | null;
  readonly policy: Policy;
  /** When the provider of in-app messages was last changed: says whether what is remembered of it still holds; null: there is none. */
  readonly inAppAt: Instant | null;
  /** Where identifiers point, by their hash. */
  readonly pointers: ReadonlyMap<string, Pointer>;
  /** All atoms of the customers they point at. */
  readonly atoms: readonly AtomRow[];
  /** Of the events asked about those that are known already, by the hash of their name. */
  readonly seen: ReadonlySet<string>;
  /** What the atoms' customers asked for in the preference centre, and what lies unseen in their inboxes, newest first. */
  readonly preferences: readonly PreferencesRow[];
  readonly unseen: readonly UnseenRow[];
  /** The products that were asked about, by id; those nobody told of are not in it. */
  readonly items: ReadonlyMap<string, Item>;
};
type Pointer = { readonly atom: AtomId | 0; readonly shared: boolean };
type PreferencesRow = { readonly atom: AtomId; readonly body: unknown; readonly updatedAt: Instant };
type UnseenRow = InboxRow & { readonly atom: AtomId };

/** What is asked of the store, by hash but for products. */
export type SnapshotAsked = {
  readonly workspace: WorkspaceId;
  readonly identifiers: readonly string[];
  readonly events: readonly string[];
  readonly products: readonly string[];
};
/** Null when there is no such workspace. */
export type ReadSnapshot = (asked: SnapshotAsked) => Promise<Snapshot | null>;

/** Questions without events are bounded before (DECISION_LIMITS.underWay); those with events come as fast as a key may send. */
const WAITING_MOST = 10_000;
/** Reads of customers who are asked for at about the same time are one statement. */
export const snapshotReader = (sql: Sql): ReadSnapshot =>
  gathered((asked) => readSnapshots(sql, asked), {
    apartMs: 6,
    most: DECISION_LIMITS.underWay,
    underWay: 2,
    stuckMs: 1_000,
    waitingMost: WAITING_MOST,
  });

/**
 * Reads what many questions need in one statement, so that an event is either in what is known and among those seen, or
 * neither; and answers each of them, which throws when what is stored of its workspace cannot be understood.
 */
export async function readSnapshots(sql: Sql, asked: readonly SnapshotAsked[]): Promise<(one: SnapshotAsked) => Snapshot | null> {
  const all = <T>(part: (one: SnapshotAsked) => readonly T[]): string => [...new Set(asked.flatMap(part))].join(",");
  const products = new Map<WorkspaceId, Set<string>>();
  for (const one of asked) products.set(one.workspace, new Set([...(products.get(one.workspace) ?? []), ...one.products]));
  const [row] = await sql.query<SnapshotRow>(
    `with p as (select replace(key::text, '-', '') as key, atom, shared from identifiers where key = any(string_to_array($2, ',')::uuid[])),
       direct as (select ${ATOM_COLUMNS} from atoms where id in (select atom from p)),
       joined as (select distinct customer from direct where size > 1),
       a as (
         select * from direct where size = 1
         union all select ${ATOM_COLUMNS} from atoms where id in (select customer from joined)
         union all select ${ATOM_COLUMNS} from atoms where customer in (select customer from joined) and customer <> id)
     select (select n from epochs) as epoch,
       (select coalesce(json_agg(w), '[]') from (
         select id, name, settings->>'postalAddress' as address, settings->>'policy' as policy,
           (select max(updated_at) from providers where workspace = workspaces.id and driver = 'in_app') as "inAppAt"
         from workspaces where id = any(string_to_array($1, ',')::int[])) w) as workspaces,
       (select coalesce(json_agg(p), '[]') from p) as pointers, (select coalesce(json_agg(a), '[]') from a) as atoms,
       (select coalesce(json_agg(json_build_object('atom', atom, 'body', body, 'updatedAt', updated_at)), '[]') from preferences where atom in (select id from a)) as preferences,
       (select coalesce(json_agg(m), '[]') from a cross join lateral (
         select atom, id, message, place, body, created_at as "createdAt", seen_at as "seenAt" from inbox_messages
         where atom = a.id and dismissed_at is null and seen_at is null order by id desc limit ${DECISION_LIMITS.messages}) m) as unseen,
       (select coalesce(json_agg(replace(key::text, '-', '')), '[]') from seen where key = any(string_to_array($3, ',')::uuid[])) as seen,
       (select coalesce(json_agg(i), '[]') from jsonb_array_elements($4::jsonb) as products (asked) cross join lateral (
         select workspace, ${ITEM_COLUMNS} from catalogue_items where workspace = (asked->>0)::int and id in (select jsonb_array_elements_text(asked->1))) i) as items`,
    [
      all(({ workspace }) => [workspace]), all(({ identifiers }) => identifiers), all(({ events }) => events),
      `[${[...products].map(([workspace, ids]) => `[${workspace},${storable([...ids])}]`).join(",")}]`,
    ],
  );
  const found = foundIn(row!);
  return (one) => snapshotOf(found, one);
} // prettier-ignore

type SnapshotRow = {
  readonly epoch: number;
  readonly workspaces: readonly WorkspaceRow[];
  readonly pointers: readonly (Pointer & { readonly key: string })[];
  readonly atoms: readonly AtomRow[];
  readonly preferences: readonly PreferencesRow[];
  readonly unseen: readonly UnseenRow[];
  readonly seen: readonly string[];
  readonly items: readonly (Item & { readonly workspace: WorkspaceId })[];
};
type WorkspaceRow = {
  readonly id: WorkspaceId;
  readonly name: string;
  readonly address: string | null;
  readonly policy: string | null;
  readonly inAppAt: Instant | null;
};

/** What a statement answered, as each of its questions looks things up. */
type Found = Pick<SnapshotRow, "epoch" | "preferences" | "unseen"> & {
  readonly workspaces: ReadonlyMap<WorkspaceId, WorkspaceRow>;
  readonly pointers: ReadonlyMap<string, Pointer>;
  /** By the atom that names each. */
  readonly customers: ReadonlyMap<number, readonly AtomRow[]>;
  readonly customerOf: ReadonlyMap<number, AtomRow>;
  readonly seen: ReadonlySet<string>;
  /** By workspace and id. */
  readonly items: ReadonlyMap<string, Item>;
};

function foundIn({ epoch, workspaces, pointers, atoms, preferences, unseen, seen, items }: SnapshotRow): Found {
  const customers = new Map<number, AtomRow[]>();
  for (const atom of atoms) {
    const held = customers.get(atom.customer);
    if (held) held.push(atom);
    else customers.set(atom.customer, [atom]);
  }
  return {
    epoch, preferences, unseen, customers,
    workspaces: new Map(workspaces.map((one) => [one.id, one])),
    pointers: new Map(pointers.map(({ key, ...pointer }) => [key, pointer])),
    customerOf: new Map(atoms.map((atom) => [atom.id, atom])),
    seen: new Set(seen),
    items: new Map(items.map(({ workspace, ...item }) => [itemKey(workspace, item.id), item])),
  };
} // prettier-ignore

const itemKey = (workspace: WorkspaceId, id: string): string => `${workspace} ${id}`;

function snapshotOf(found: Found, { workspace, identifiers, events, products }: SnapshotAsked): Snapshot | null {
  const of = found.workspaces.get(workspace);
  if (!of) return null;
  const pointers = new Map(identifiers.flatMap((key) => pair(key, found.pointers.get(key))));
  const named = [...pointers.values()].flatMap(({ atom }) => found.customerOf.get(atom) ?? []);
  const customers = new Set(named.filter((atom) => atom.workspace === workspace).map(({ customer }) => customer));
  const atoms = [...customers].flatMap((customer) => found.customers.get(customer)!);
  const own = new Set<number>(atoms.map(({ id }) => id));
  return {
    epoch: found.epoch, name: of.name, address: of.address, policy: policyOf(of.policy), inAppAt: of.inAppAt, pointers, atoms,
    seen: new Set(events.filter((event) => found.seen.has(event))),
    preferences: found.preferences.filter(({ atom }) => own.has(atom)),
    unseen: found.unseen.filter(({ atom }) => own.has(atom)).toSorted((a, b) => b.id - a.id).slice(0, DECISION_LIMITS.messages),
    items: new Map(products.flatMap((id) => pair(id, found.items.get(itemKey(workspace, id))))),
  };
} // prettier-ignore

/** An entry of a map; none where there is no value. */
const pair = <T>(key: string, value: T | undefined): readonly (readonly [string, T])[] => (value === undefined ? [] : [[key, value]]); // prettier-ignore

const POLICIES_MAX = 100;
const policies = new LRUCache<string, Policy>({ max: POLICIES_MAX });
/** A policy of its stored text, read once: hundreds of decisions a second ask for the same. */
function policyOf(text: string | null): Policy {
  const known = policies.get(text ?? "{}");
  if (known) return known;
  const policy = Policy.parse(JSON.parse(text ?? "{}"));
  policies.set(text ?? "{}", policy);
  return policy;
}
