/**
 * Everything out again, as lines of JSON: events from the log, customers from PostgreSQL, page by page in key order.
 *
 * A page begins after the last key of the page before, so what is written meanwhile neither repeats nor hides anything
 * that was there at the beginning. Memory is bounded by one page; a slow reader slows the reading down.
 */
import { absorb, nothing } from "../customers/fold.ts";
import { readAccounts } from "../customers/read.ts";
import { type CustomerAtom, loadAtoms } from "../customers/store.ts";
import { documentOf, objectIn } from "../customers/view.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { LOGGED_COLUMNS, type LoggedEvent, moreOf } from "../log/read.ts";
import { type AtomId, customerIdOf, type Instant, isoOf, type WorkspaceId } from "../values.ts";

/** The time events of the export happened in, from `fromAt` up to but not at `toAt`. */
export type EventRange = { readonly fromAt: Instant | null; readonly toAt: Instant | null };

/** Events of a page: as many as make up about PAGE_CHARS, as the page before tells, for events differ in size a hundredfold. */
const EVENTS_PAGE = { first: 1_000, min: 50, max: 10_000 } as const;
const PAGE_CHARS = 8 * 1024 * 1024;
const CUSTOMERS_PAGE = 200;

/** The events of a workspace by customer's atom and time: each piece is some lines. */
export async function* exportEvents(
  sql: Sql,
  log: EventLog,
  workspace: WorkspaceId,
  range: EventRange,
): AsyncGenerator<string> {
  const within = `${range.fromAt === null ? "" : " and happenedAt >= {fromAt:Int64}"}${range.toAt === null ? "" : " and happenedAt < {toAt:Int64}"}`;
  const bounds = {
    ...(range.fromAt !== null && { fromAt: range.fromAt }),
    ...(range.toAt !== null && { toAt: range.toAt }),
  };
  let last: LoggedEvent | null = null;
  let limit: number = EVENTS_PAGE.first;
  for (;;) {
    // The first condition lets ClickHouse skip by its primary key; the second is exact.
    const after: string = last
      ? " and atom >= {atom:UInt64} and (atom, happenedAt, id) > ({atom:UInt64}, {at:Int64}, {id:String})"
      : "";
    const place = last ? { atom: last.atom, at: last.happenedAt, id: last.id } : {};
    const page: readonly LoggedEvent[] = await log.rows<LoggedEvent>(
      `select ${LOGGED_COLUMNS} from events where workspace = ${workspace}${after}${within} order by workspace, atom, happenedAt, id limit ${limit}`,
      { ...bounds, ...place },
    );
    if (page.length === 0) return;
    const customers = await customersOf(sql, page);
    const lines = page
      .map((event) => `${JSON.stringify(lineOf(event, customers.get(event.atom) ?? event.atom))}\n`)
      .join("");
    yield lines;
    if (page.length < limit) return;
    last = page.at(-1)!;
    const fits = Math.floor((page.length * PAGE_CHARS) / lines.length);
    limit = Math.min(EVENTS_PAGE.max, Math.max(EVENTS_PAGE.min, fits));
  }
}

async function customersOf(sql: Sql, page: readonly LoggedEvent[]): Promise<ReadonlyMap<AtomId, AtomId>> {
  const atoms = [...new Set(page.map(({ atom }) => atom))];
  const rows = await sql.query<{ id: AtomId; customer: AtomId }>(
    "select id, customer from atoms where id = any(string_to_array($1, ',')::bigint[])",
    [atoms.join(",")],
  );
  return new Map(rows.map(({ id, customer }) => [id, customer]));
}

/** One line of the export: a moment of a timeline, and whose it is. `throughlineBody` reads it back. */
export function lineOf(event: LoggedEvent, customer: AtomId) {
  return {
    messageId: event.id,
    customerId: customerIdOf(customer),
    type: event.type,
    name: event.name,
    happenedAt: isoOf(event.happenedAt),
    receivedAt: isoOf(event.receivedAt),
    channel: event.channel,
    touchpoint: event.touchpoint,
    identifiers: event.identifiers === "" ? [] : (JSON.parse(event.identifiers) as unknown),
    properties: objectIn(event.properties),
    traits: objectIn(event.traits),
    more: moreOf(event),
  };
}

/** The customers of a workspace, oldest first, each as GET /v1/customers/{id} answers it: each piece is some lines. */
export async function* exportCustomers(sql: Sql, workspace: WorkspaceId): AsyncGenerator<string> {
  let last = 0;
  for (;;) {
    const page = await sql.query<{ id: AtomId }>(
      "select id from atoms where workspace = $1 and id > $2 and customer = id order by workspace, id limit $3",
      [workspace, last, CUSTOMERS_PAGE],
    );
    if (page.length > 0) yield await customerLines(sql, workspace, page.map(({ id }) => id)); // prettier-ignore
    if (page.length < CUSTOMERS_PAGE) return;
    last = page.at(-1)!.id;
  }
}

async function customerLines(sql: Sql, workspace: WorkspaceId, ids: readonly AtomId[]): Promise<string> {
  const byCustomer = new Map<AtomId, CustomerAtom[]>(ids.map((id) => [id, []]));
  for (const atom of await loadAtoms(sql, ids)) byCustomer.get(atom.customer)?.push(atom);
  const customers = [...byCustomer].map(([id, own]) => {
    const atoms = own.toSorted((a, b) => a.id - b.id);
    const known =
      atoms.length === 1
        ? atoms[0]!.knowledge
        : atoms.reduce((all, { knowledge }) => absorb(all, knowledge), nothing());
    return { id, known, identifiers: atoms.flatMap(({ identifiers }) => identifiers) };
  });
  const accounts = await readAccounts(sql, workspace, [
    ...new Set(customers.flatMap(({ known }) => Object.keys(known.accounts))),
  ]);
  return customers
    .map(({ id, known, identifiers }) => `${JSON.stringify(documentOf(id, known, identifiers, accounts))}\n`)
    .join("");
}
