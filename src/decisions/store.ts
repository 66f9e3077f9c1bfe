/** The statements of decisions: all that one needs of a customer in one look, what only some places ask, and places as laid down. */
import { LRUCache } from "lru-cache";
import type { Item } from "../catalogue/model.ts";
import { ITEM_COLUMNS, storable } from "../catalogue/store.ts";
import { ATOM_COLUMNS, type AtomRow } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import type { InboxRow } from "../messages/inbox-store.ts";
import { Policy } from "../permission/model.ts";
import type { VersionState } from "../segments/store.ts";
import { type AtomId, type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { type PlaceView } from "./document.ts";
import { DECISION_LIMITS, PlaceDraft } from "./model.ts";

/** What is known at one instant, of one moment of the store. */
export type Snapshot = {
  readonly epoch: number;
  readonly name: string;
  readonly address: string | null;
  readonly policy: Policy;
  /** When the provider of in-app messages was last changed: says whether what is remembered of it still holds; null: there is none. */
  readonly inAppAt: Instant | null;
  /** Where identifiers point, by their hash. */
  readonly pointers: ReadonlyMap<string, { readonly atom: AtomId | 0; readonly shared: boolean }>;
  /** The atoms they point at, and all atoms of those customers. */
  readonly atoms: readonly AtomRow[];
  /** Of the events asked about those that are known already, by the hash of their name. */
  readonly seen: ReadonlySet<string>;
  /** What the atoms' customers asked for in the preference centre, and what lies unseen in their inboxes, newest first. */
  readonly preferences: readonly {
    readonly atom: AtomId;
    readonly body: unknown;
    readonly updatedAt: Instant;
  }[];
  readonly unseen: readonly (InboxRow & { readonly atom: AtomId })[];
  /** The products that were asked about, by id; those nobody told of are not in it. */
  readonly items: ReadonlyMap<string, Item>;
};
/** What is asked of the store, by hash but for products. */
export type SnapshotAsked = {
  readonly workspace: WorkspaceId;
  readonly identifiers: readonly string[];
  readonly events: readonly string[];
  readonly products: readonly string[];
};

/**
 * Reads a snapshot in one statement, so that an event is either in what is known and among those seen, or neither; null
 * when there is no such workspace.
 */
export async function readSnapshot(sql: Sql, { workspace, identifiers, events, products }: SnapshotAsked): Promise<Snapshot | null> {
  const [row] = await sql.query<SnapshotRow>(
    `with p as (select replace(key::text, '-', '') as key, atom, shared from identifiers where key = any(string_to_array($2, ',')::uuid[])),
       direct as (select ${ATOM_COLUMNS} from atoms where id in (select atom from p) and workspace = $1),
       joined as (select distinct customer from direct where size > 1),
       a as (
         select * from direct
         union select ${ATOM_COLUMNS} from atoms where id in (select customer from joined)
         union select ${ATOM_COLUMNS} from atoms where customer in (select customer from joined) and customer <> id)
     select (select n from epochs) as epoch, w.name, w.settings->>'postalAddress' as address, w.settings->>'policy' as policy,
       (select max(updated_at) from providers where workspace = w.id and driver = 'in_app') as "inAppAt",
       (select coalesce(json_agg(p), '[]') from p) as pointers, (select coalesce(json_agg(a), '[]') from a) as atoms,
       (select coalesce(json_agg(json_build_object('atom', atom, 'body', body, 'updatedAt', updated_at)), '[]') from preferences where atom in (select id from a)) as preferences,
       (select coalesce(json_agg(m), '[]') from (
         select atom, id, message, place, body, created_at as "createdAt", seen_at as "seenAt" from inbox_messages
         where atom in (select id from a) and dismissed_at is null and seen_at is null order by id desc limit ${DECISION_LIMITS.messages}) m) as unseen,
       (select coalesce(json_agg(replace(key::text, '-', '')), '[]') from seen where key = any(string_to_array($3, ',')::uuid[])) as seen,
       (select coalesce(json_agg(i), '[]') from (select ${ITEM_COLUMNS} from catalogue_items where workspace = $1 and id in (select jsonb_array_elements_text($4::jsonb))) i) as items
     from workspaces w where w.id = $1`,
    [workspace, identifiers.join(","), events.join(","), storable(products)],
  );
  if (!row) return null;
  const { pointers, atoms, seen, policy, items, ...rest } = row;
  return {
    policy: policyOf(policy),
    pointers: new Map(pointers.map(({ key, ...pointer }) => [key, pointer])),
    atoms,
    seen: new Set(seen),
    items: new Map(items.map((item) => [item.id, item])),
    ...rest,
  };
} // prettier-ignore

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

type SnapshotRow = Pick<
  Snapshot,
  "epoch" | "name" | "address" | "inAppAt" | "atoms" | "preferences" | "unseen"
> & {
  readonly policy: string | null;
  readonly pointers: readonly {
    readonly key: string;
    readonly atom: AtomId | 0;
    readonly shared: boolean;
  }[];
  readonly seen: readonly string[];
  readonly items: readonly Item[];
};

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
