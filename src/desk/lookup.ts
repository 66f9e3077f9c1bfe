/**
 * Finds customers by what was typed, by index alone: identifiers by their key, codes in small letters, orders by number,
 * names by how their words begin. All of it in one statement, because a till waits for it.
 */
import { absorb, nothing } from "../customers/fold.ts";
import { nameOf } from "../customers/names.ts";
import { type CustomerAtom, hashOf, loadAtoms } from "../customers/store.ts";
import { identifiersOf } from "../customers/view.ts";
import type { Sql } from "../db/postgres.ts";
import type { HeldIdentifier } from "../identity/directory.ts";
import { keyOf } from "../identity/directory.ts";
import type { IdentifierKind } from "../identity/model.ts";
import { type AtomId, type Instant, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import { maskedReach } from "./masked.ts";
import { DESK_LIMITS, type FoundBy, type FoundCustomer, type Lookup, type Reach } from "./model.ts";
import type { Sought } from "./sought.ts";

type Hit = {
  readonly customer: AtomId;
  readonly by: readonly string[];
  readonly seenAt: Instant | null;
  readonly named: number;
};

const HITS = `with named as materialized (
    select atom from (select atom from customer_names where words @@ name_query($1, $6) limit ${DESK_LIMITS.namedScan}) n order by atom desc limit ${DESK_LIMITS.namedMax}),
  hits as (
    select atom, kind as by from identifiers where key = any($2::uuid[])
    union all select atom, kind from identifiers where workspace = $1 and lower(value) = any($3::text[]) and kind = any($4::text[])
    union all select atom, 'order' from order_numbers where workspace = $1 and code = left(folded_code($5), 200)
    union all select atom, 'name' from named
    union all select $7::bigint, 'customer_id')`;

/** Who fits, the one seen last first. `masked`: whoever looks may not see contact data whole. */
export async function lookUp(sql: Sql, workspace: WorkspaceId, sought: Sought, isMasked: boolean): Promise<Lookup> {
  const { identifiers, codes, order, name, atom, hint } = sought;
  const rows = await sql.query<Hit>(
    `${HITS} select a.customer, array_agg(distinct h.by) as by, max((split_part(a.knowledge, chr(10), 1)::jsonb ->> 'lastSeenAt')::float8) as "seenAt", (select count(*)::int from named) as named
     from hits h join atoms a on a.id = h.atom and a.workspace = $1 where h.atom <> 0 group by a.customer order by 3 desc nulls last, 1 desc limit ${DESK_LIMITS.foundMax + 1}`,
    [workspace, identifiers.map((one) => hashOf(keyOf(workspace, one))), codes.texts, codes.kinds, order, name, atom ?? 0],
  );
  const page = rows.slice(0, DESK_LIMITS.foundMax);
  const atoms = await loadAtoms(sql, page.map(({ customer }) => customer));
  const customers = page.map((hit) => foundOf(hit, atoms.filter(({ customer }) => customer === hit.customer), isMasked));
  return { customers, hasMore: rows.length > page.length || rows.some(({ named }) => named >= DESK_LIMITS.namedMax), hint: customers.length === 0 ? hint : null };
} // prettier-ignore

const BY: { readonly [by: string]: FoundBy } = { __proto__: null as never, loyalty_id: "loyalty" };

function foundOf({ customer, by }: Hit, atoms: readonly CustomerAtom[], isMasked: boolean): FoundCustomer {
  const known = atoms.reduce((all, { knowledge }) => absorb(all, knowledge), nothing());
  return {
    id: customerIdOf(customer),
    name: nameOf(known.traits),
    reach: reachOf(atoms.flatMap(({ identifiers }) => identifiers), isMasked),
    foundBy: by.map((one) => BY[one] ?? (one as FoundBy)),
    lastSeenAt: Number.isFinite(known.lastSeenAt) ? isoOf(known.lastSeenAt) : null,
    orders: Object.keys(known.orders).length,
  };
} // prettier-ignore

/** What a person tells customers apart by, in this order; devices tell nobody anything. */
const TELLING: readonly IdentifierKind[] = ["email", "phone", "loyalty_id", "user_id", "external_id"];
const REACH_MAX = 4;

/** The names one reaches or knows the customer by. */
export const reachOf = (held: readonly HeldIdentifier[], isMasked: boolean): Reach[] =>
  identifiersOf(held)
    .filter(({ kind }) => TELLING.includes(kind))
    .toSorted((a, b) => TELLING.indexOf(a.kind) - TELLING.indexOf(b.kind))
    .slice(0, REACH_MAX)
    .map(({ kind, value }) => (isMasked ? maskedReach({ kind, value }) : { kind, value }));
