/** What a template reads, read from the stores: for a preview, a test, and the sender. */
import { readItems } from "../catalogue/store.ts";
import type { ItemsTold } from "../catalogue/told.ts";
import { atomsOfCustomer, readAccounts } from "../customers/read.ts";
import type { CustomerAtom } from "../customers/store.ts";
import { documentOf } from "../customers/view.ts";
import type { CustomerDocument } from "../customers/document.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { zoneOf } from "../permission/recipient.ts";
import { By } from "../recommendations/model.ts";
import { readRecommended } from "../recommendations/told.ts";
import { readPolicy } from "../permission/store.ts";
import { type ForceReader, readCustomerSegments } from "../segments/customer.ts";
import { knowledgeOf } from "../segments/facts.ts";
import {
  type AtomId,
  type Instant,
  type Json,
  type JsonObject,
  type WorkspaceId,
  customerIdOf,
} from "../values.ts";
import type { CustomerLinks } from "./footer.ts";
import { type Manner, mannerOf } from "./liquid-filters.ts";
import { type RunContext, type TemplateData, templateDataOf } from "./render-data.ts";

/** Who a message is from, as its foot and the customer's pages say it. */
export type FromWhom = { readonly name: string; readonly address: string | null };
/** The workspace's name and postal address. */
export async function readFromWhom(sql: Sql, workspace: WorkspaceId): Promise<FromWhom> {
  const [row] = await sql.query<{ name: string; address: string | null }>(
    "select name, settings->>'postalAddress' as address from workspaces where id = $1",
    [workspace],
  );
  if (!row) throw new Failure("not_found", "There is no such workspace.");
  return row;
}

/** All that one rendering needs of a customer. */
export type Readings = { readonly data: TemplateData; readonly manner: Manner; readonly from: FromWhom };
export type Wanted = {
  readonly workspace: WorkspaceId;
  /** Null: a made-up customer, to look at a template before there is anybody. */
  readonly atom: AtomId | null;
  readonly context: RunContext;
  readonly links: CustomerLinks;
  readonly now: Instant;
  /** The products it is about. */
  readonly about?: readonly string[];
};

/** Reads it; null when there is no such customer in the workspace. */
export async function readTemplateData(sql: Sql, force: ForceReader, { workspace, atom, context, links, now, about = [] }: Wanted): Promise<Readings | null> {
  const [from, policy] = await Promise.all([readFromWhom(sql, workspace), readPolicy(sql, workspace)]);
  if (atom === null) {
    const data = templateDataOf(MADE_UP, null, { ...EXAMPLE_CONTEXT, ...context }, links, from, { about, items: await readItems(sql, workspace, about), recommended: EXAMPLE_RECOMMENDED });
    return { data, manner: mannerOf(now, policy.zone, "en"), from };
  }
  const atoms = await atomsOfCustomer(sql, workspace, atom);
  if (atoms.length === 0) return null;
  return dataOf(sql, force, atoms, { workspace, context, links, now, from, zone: policy.zone, rules: true, about, catalogue: true, recommended: true });
} // prettier-ignore

/** What a rendering reads of a customer who was loaded already. */
export type Reading = Pick<Wanted, "workspace" | "context" | "links" | "now"> & {
  readonly from: FromWhom;
  /** The workspace's zone, for customers whose own is not known. */
  readonly zone: string;
  /** Whether segments, stage and computed traits are wanted: they cost more than the rest together. */
  readonly rules: boolean;
  readonly about: readonly string[];
  /** Whether items are wanted as the catalogue has them, and what is recommended to the customer. */
  readonly catalogue: boolean;
  readonly recommended: boolean;
};
export async function dataOf(sql: Sql, force: ForceReader, atoms: readonly CustomerAtom[], { workspace, context, links, now, from, zone, rules, about, catalogue, recommended }: Reading): Promise<Readings> {
  const known = knowledgeOf(atoms);
  const identifiers = atoms.flatMap((one) => one.identifiers);
  const { customer } = atoms[0]!;
  const accounts = Object.keys(known.accounts);
  const document = documentOf(customer, known, identifiers, accounts.length > 0 ? await readAccounts(sql, workspace, accounts) : {});
  const told = rules ? await readCustomerSegments(sql, await force(), workspace, customer, now) : null;
  const items = catalogue ? await itemsOf(sql, workspace, document, about) : new Map();
  return {
    data: templateDataOf(document, told, context, links, from, { about, items, recommended: recommended ? await readRecommended(sql, workspace, known, now) : undefined }),
    manner: mannerOf(now, zoneOf(known, identifiers)?.name ?? zone, localeOf(document.traits)),
    from,
  };
} // prettier-ignore

/** What the message is about and what the customer looked at or put in the cart, as it stands in the catalogue at this moment. */
function itemsOf(sql: Sql, workspace: WorkspaceId, { cart, recentlyViewed }: CustomerDocument, about: readonly string[]): Promise<ItemsTold["items"]> {
  return readItems(sql, workspace, [...about, ...[...cart.items, ...recentlyViewed].map(({ product }) => product.id)]);
} // prettier-ignore

/** Traits that tell a language, in the order in which they are asked. */
export const LANGUAGE_TRAITS = ["locale", "language", "lang"] as const;
/** The language a customer's traits tell. */
export function localeOf(traits: { readonly [name: string]: Json }): string | null {
  for (const name of LANGUAGE_TRAITS) {
    const value = Object.hasOwn(traits, name) ? traits[name] : undefined;
    if (typeof value === "string" && value.length <= 35) return value.replaceAll("_", "-");
  }
  return null;
}

const MADE_UP: CustomerDocument = {
  id: customerIdOf(1), name: "Ann Example", firstSeenAt: "2026-01-05T09:00:00.000Z", lastSeenAt: "2026-06-30T18:30:00.000Z", events: 12,
  identifiers: [{ kind: "email", value: "ann@example.com", createdAt: "2026-01-05T09:00:00.000Z" }, { kind: "phone", value: "+15550100", createdAt: "2026-01-05T09:00:00.000Z" }],
  traits: { firstName: "Ann", lastName: "Example", email: "ann@example.com", city: "Springfield" }, traitsAt: {}, counts: {}, channels: {}, firstTouch: null, lastTouch: null,
  recentlyViewed: [{ at: "2026-06-30T18:20:00.000Z", product: { id: "boot-1", name: "Trail boots", price: 129.9, currency: "EUR", url: "https://example.com/boots" } }],
  cart: { items: [{ product: { id: "boot-1", name: "Trail boots", price: 129.9, currency: "EUR", url: "https://example.com/boots" }, quantity: 1, addedAt: "2026-06-30T18:25:00.000Z" }], updatedAt: "2026-06-30T18:25:00.000Z" },
  purchases: {
    orders: 1, value: [{ currency: "EUR", valueMinor: 4990 }], firstAt: "2026-03-01T12:00:00.000Z", lastAt: "2026-03-01T12:00:00.000Z",
    recent: [{ orderId: "A-1001", at: "2026-03-01T12:00:00.000Z", currency: "EUR", valueMinor: 4990, refundedMinor: 0, products: ["sock-3"], title: "Wool socks" }],
  },
  consents: [], accounts: [], recentEvents: [],
}; // prettier-ignore
/** One product by each way of finding them. */
const EXAMPLE_RECOMMENDED: JsonObject = Object.fromEntries(By.options.map((by) => [by, [{ id: "sock-3", name: "Wool socks", price: 12.9, currency: "EUR", url: "https://example.com/socks" }]])); // prettier-ignore
/** As a run that began with an order would hand it over: `event` is what was told of the event, `entry` its name and when. */
const EXAMPLE_CONTEXT: RunContext = {
  event: { order_id: "A-1002", total: 129.9, currency: "EUR" },
  entry: { event: "Order Completed", at: Date.UTC(2026, 5, 30, 18, 30) },
  vars: {},
};
