/** Who is in: pages of members, all of them as CSV, and how segments overlap. From what the versions in force hold. */
import { csvLine } from "../csv.ts";
import { absorb, nothing } from "../customers/fold.ts";
import { type CustomerAtom, loadAtoms } from "../customers/store.ts";
import { summaryOf } from "../customers/view.ts";
import type { Sql } from "../db/postgres.ts";
import { cursorOf, placeOf } from "../paging.ts";
import { type AtomId, type Instant, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import type { CustomerSummary } from "../customers/document.ts";
import type { Member, Overlap } from "./document.ts";

/** Members read at a time for the CSV. */
const CSV_PAGE = 1000;
/** Segments compared at once: there are 2^n ways to be in them. */
export const OVERLAP_MAX = 8;

type Row = { readonly customer: AtomId; readonly since: Instant };

/** The members of a version, newest customers first; `nextCursor` null at the end. */
export async function readMembers(
  sql: Sql,
  version: number,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ readonly members: Member[]; readonly nextCursor: string | null }> {
  const before = placeOf(cursor, ["number"])?.[0] ?? Number.MAX_SAFE_INTEGER;
  const rows = await pageOf(sql, version, before, limit + 1);
  const page = rows.slice(0, limit);
  const members = await membersOf(sql, page);
  return { members, nextCursor: rows.length > limit ? cursorOf([page.at(-1)!.customer]) : null };
}

const pageOf = (sql: Sql, version: number, before: number, limit: number): Promise<readonly Row[]> =>
  sql.query<Row>(
    "select customer, since_at as since from segment_members where version = $1 and customer < $2 order by customer desc limit $3",
    [version, before, limit],
  );

async function membersOf(sql: Sql, rows: readonly Row[]): Promise<Member[]> {
  const summaries = await summariesOf(
    sql,
    rows.map(({ customer }) => customer),
  );
  return rows.flatMap(({ customer, since }) => {
    const summary = summaries.get(customer);
    return summary ? [{ ...summary, sinceAt: isoOf(since) }] : [];
  });
}

/** The summaries of these customers, by number; one that was joined to another meanwhile is that other. */
export async function summariesOf(
  sql: Sql,
  customers: readonly AtomId[],
): Promise<ReadonlyMap<AtomId, CustomerSummary>> {
  return summariesFrom(await loadAtoms(sql, customers), customers);
}

function summariesFrom(
  atoms: readonly CustomerAtom[],
  customers: readonly AtomId[],
): ReadonlyMap<AtomId, CustomerSummary> {
  const byCustomer = new Map<AtomId, CustomerAtom[]>();
  for (const atom of atoms) {
    const held = byCustomer.get(atom.customer);
    if (held) held.push(atom);
    else byCustomer.set(atom.customer, [atom]);
  }
  const now = new Map(atoms.map(({ id, customer }) => [id, customer]));
  return new Map(
    customers.flatMap((asked) => {
      const customer = now.get(asked);
      const own = customer === undefined ? undefined : byCustomer.get(customer);
      if (customer === undefined || !own) return [];
      const known = own.length === 1 ? own[0]!.knowledge : own.reduce((all, { knowledge }) => absorb(all, knowledge), nothing()); // prettier-ignore
      return [[asked, summaryOf(customer, known, own.flatMap(({ identifiers }) => identifiers))] as const]; // prettier-ignore
    }),
  );
}

/** All members as CSV, a page at a time. */
export async function* membersCsv(sql: Sql, version: number): AsyncGenerator<string> {
  yield "customer_id,name,email,phone,user_id,external_id,since_at,first_seen_at,last_seen_at\r\n";
  let before = Number.MAX_SAFE_INTEGER;
  for (;;) {
    const rows = await pageOf(sql, version, before, CSV_PAGE);
    if (rows.length === 0) return;
    before = rows.at(-1)!.customer;
    const atoms = await loadAtoms(
      sql,
      rows.map(({ customer }) => customer),
    );
    const identifiers = new Map<AtomId, Map<string, string>>();
    for (const atom of atoms)
      for (const [kind, value] of atom.identifiers) {
        const held = identifiers.get(atom.customer) ?? new Map<string, string>();
        identifiers.set(atom.customer, held);
        if (!held.has(kind)) held.set(kind, value);
      }
    const summaries = summariesFrom(
      atoms,
      rows.map(({ customer }) => customer),
    );
    yield rows.map(({ customer, since }) => memberLine(customer, since, summaries.get(customer), identifiers.get(customer))).join(""); // prettier-ignore
  }
}

function memberLine(
  customer: AtomId,
  since: Instant,
  summary: CustomerSummary | undefined,
  identifiers: ReadonlyMap<string, string> | undefined,
): string {
  const of = (kind: string) => identifiers?.get(kind) ?? "";
  return csvLine([
    customerIdOf(customer), summary?.name ?? "", of("email"), of("phone"), of("user_id"), of("external_id"), isoOf(since),
    summary?.firstSeenAt ?? "", summary?.lastSeenAt ?? "",
  ]); // prettier-ignore
}

/** A segment that serves. */
export type Serving = { readonly id: number; readonly name: string; readonly version: number };

/** How segments overlap, counted over all their members. */
export async function overlapOf(sql: Sql, segments: readonly Serving[]): Promise<Overlap> {
  const rows = await sql.query<{ mask: number; n: number }>(
    `select mask::int as mask, count(*) as n from (
       select customer, sum(bit) as mask from segment_members m join unnest($1::int[], $2::int[]) as t (version, bit) on t.version = m.version
       group by customer) c group by mask`,
    [segments.map(({ version }) => version), segments.map((_, i) => 1 << i)],
  );
  const inAll = (bits: number) => rows.reduce((sum, { mask, n }) => ((mask & bits) === bits ? sum + n : sum), 0);
  const pairs = segments.flatMap(({ id: a }, i) =>
    segments.slice(i + 1).map(({ id: b }, j) => ({ a, b, both: inAll((1 << i) | (1 << (i + 1 + j))) })),
  );
  return {
    segments: segments.map(({ id, name }, i) => ({ id, name, members: inAll(1 << i) })),
    pairs,
    all: inAll((1 << segments.length) - 1),
    any: rows.reduce((sum, { n }) => sum + n, 0),
    regions: rows
      .map(({ mask, n }) => ({ ids: segments.flatMap(({ id }, i) => (mask & (1 << i) ? [id] : [])), customers: n }))
      .toSorted((a, b) => a.ids.length - b.ids.length || b.customers - a.customers),
  };
} // prettier-ignore

/** The workspace's customers: atoms less those that were joined to another. */
export async function countCustomers(sql: Sql, workspace: WorkspaceId): Promise<number> {
  const [row] = await sql.query<{ n: number }>(
    `select (select count(*) from atoms where workspace = $1) - (select count(*) from atoms where customer <> id and workspace = $1) as n`,
    [workspace],
  );
  return row!.n;
}
