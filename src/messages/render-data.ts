/**
 * What a template may read: the customer, what led to the message, and where the customer can go from it. What is not
 * known is not there at all, so that a template's choice (refuse, or leave empty) holds for it. Pure.
 */
import { type ItemsTold, NO_ITEMS, productNow } from "../catalogue/told.ts";
import type { CustomerDocument } from "../customers/document.ts";
import type { Json, JsonObject } from "../values.ts";
import type { CustomerLinks } from "./footer.ts";

/** What the rules tell of a customer (GET /v1/customers/{id}/segments). */
export type RulesTold = {
  readonly segments: readonly { readonly name: string }[];
  readonly stage: { readonly name: string } | null;
  readonly computed: readonly { readonly name: string; readonly value: unknown }[];
};
/** What a message was asked for with: `event` (its properties), `entry` (its name and when), `vars` of the run, and whatever else. */
export type RunContext = JsonObject;
/** Everything a template reads, as documented in docs/messages.md. */
export type TemplateData = { readonly customer: JsonObject; readonly [name: string]: Json };

/** What the catalogue has of the products a text may name; what is recommended to the customer, where it is read. */
export type CatalogueTold = ItemsTold & { readonly recommended?: JsonObject | undefined };

/** The data of one message. What the context holds under our own names (`customer`, `links`, ...) does not count. */
export function templateDataOf(
  customer: CustomerDocument,
  rules: RulesTold | null,
  context: RunContext,
  links: CustomerLinks,
  workspace: { readonly name: string; readonly address: string | null },
  catalogue: CatalogueTold = NO_ITEMS,
): TemplateData {
  const items = itemsOf(customer, catalogue);
  return {
    ...told(context),
    ...(items.length > 0 && { item: items[0]!, items }),
    ...(catalogue.recommended && { recommended: catalogue.recommended }),
    customer: customerOf(customer, rules, catalogue),
    links: { ...links },
    workspace: told({ name: workspace.name, address: workspace.address }),
  };
}

/** What the message is about, or else what lies in the cart, as it stands in the catalogue now. */
function itemsOf({ cart, recentlyViewed }: CustomerDocument, { about, items }: ItemsTold): readonly JsonObject[] {
  const seen = new Map([...recentlyViewed, ...cart.items].map(({ product }) => [product.id, product]));
  const ids = about.length > 0 ? about : cart.items.map(({ product }) => product.id);
  return ids.flatMap((id) => {
    const [product, item] = [seen.get(id), items.get(id)];
    return product || item ? [productNow(product ?? { id }, item)] : [];
  });
} // prettier-ignore

function customerOf(document: CustomerDocument, rules: RulesTold | null, { items: known }: ItemsTold): JsonObject {
  const { id, name, traits, cart, purchases, identifiers, accounts } = document;
  const order = purchases.recent[0];
  const first = (kind: string): string | null => identifiers.find((one) => one.kind === kind)?.value ?? null;
  const items = cart.items.map(({ product, quantity }) => told({ ...productNow(product, known.get(product.id)), quantity, addedPrice: product.price }));
  return told({
    id,
    name,
    email: first("email"),
    phone: first("phone"),
    traits: told(traits),
    stage: rules?.stage?.name ?? null,
    segments: rules?.segments.map((segment) => segment.name) ?? [],
    computed: told(Object.fromEntries((rules?.computed ?? []).map((one) => [one.name, (one.value ?? null) as Json]))),
    cart: told({ items, count: items.length, updatedAt: cart.updatedAt }),
    viewed: document.recentlyViewed.map(({ product }) => productNow(product, known.get(product.id))),
    orders: purchases.orders,
    lastOrder: order ? told({ id: order.orderId, at: order.at, currency: order.currency, valueMinor: order.valueMinor, title: order.title, products: [...order.products] }) : null,
    spent: purchases.value.map(({ currency, valueMinor }) => ({ currency, valueMinor })),
    account: accounts[0] ? told({ id: accounts[0].accountId, traits: told(accounts[0].traits) }) : null,
    firstSeenAt: document.firstSeenAt,
    lastSeenAt: document.lastSeenAt,
  });
} // prettier-ignore

/** Only what is known. */
function told(values: { readonly [name: string]: Json | undefined }): JsonObject {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Json] => entry[1] !== null && entry[1] !== undefined)); // prettier-ignore
}
