/**
 * What Shopify tells of products and stock, as its webhooks say it (products/create, products/update, products/delete,
 * inventory_levels/update). Pure; what cannot be read is told as such. Prices come without a currency, which the address
 * was given when it was made, and stock comes by inventory item and location.
 */
import { z } from "zod";
import { minorOf } from "../customers/told.ts";
import type { Instant } from "../values.ts";
import { CATALOGUE_LIMITS, NamedDraft, type ShopConfig } from "./model.ts";

/** The attribute by which the items of one product are found again. */
export const PRODUCT_ATTRIBUTE = "shopProduct";

/** What one request tells. `stockNames`: what the shop calls the stock of an item. */
export type ShopTold =
  | { readonly type: "product"; readonly product: string; readonly at: Instant; readonly items: readonly NamedDraft[]; readonly stockNames: readonly { readonly name: string; readonly item: string }[] }
  | { readonly type: "gone"; readonly product: string; readonly at: Instant }
  | { readonly type: "level"; readonly name: string; readonly place: string; readonly pieces: number; readonly at: Instant }
  /** A topic that is about something else. */
  | { readonly type: "other" }
  | { readonly type: "unreadable"; readonly detail: string }; // prettier-ignore

const Id = z.union([z.int(), z.string().regex(/^\d{1,20}$/)]).transform(String);
const At = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Price = z.union([z.string().regex(/^\d{1,12}(\.\d{1,4})?$/).transform(Number), z.number().min(0).max(1e12)]); // prettier-ignore
const Variant = z.object({
  id: Id, title: z.string().nullish(), sku: z.string().nullish(), price: Price.nullish(), compare_at_price: Price.nullish(),
  inventory_item_id: Id.nullish(), inventory_quantity: z.int().nullish(), inventory_management: z.string().nullish(), inventory_policy: z.string().nullish(),
}); // prettier-ignore
type Variant = z.infer<typeof Variant>;
const Product = z.object({
  id: Id, title: z.string().min(1), handle: z.string().nullish(), product_type: z.string().nullish(), vendor: z.string().nullish(), status: z.string().nullish(), updated_at: At,
  image: z.object({ src: z.string() }).nullish(), variants: z.array(Variant).min(1).max(CATALOGUE_LIMITS.hookVariants),
}); // prettier-ignore
type Product = z.infer<typeof Product>;
const Gone = z.object({ id: Id });
const Level = z.object({ inventory_item_id: Id, location_id: Id, available: z.int().nullable(), updated_at: At }); // prettier-ignore

/** Reads a request of `topic`. `now`: for what comes without a time. */
export function readShopify(topic: string, body: unknown, config: ShopConfig, now: Instant): ShopTold {
  switch (topic) {
    case "products/create":
    case "products/update": {
      const product = Product.safeParse(body);
      return product.success ? productTold(product.data, config) : unreadable(product.error);
    }
    case "products/delete": {
      const gone = Gone.safeParse(body);
      return gone.success ? { type: "gone", product: gone.data.id, at: now } : unreadable(gone.error);
    }
    case "inventory_levels/update": {
      const level = Level.safeParse(body);
      if (!level.success) return unreadable(level.error);
      const { inventory_item_id: name, location_id: place, available, updated_at: at } = level.data;
      return { type: "level", name, place, pieces: Math.max(0, available ?? 0), at };
    }
    default:
      return { type: "other" };
  }
}

const unreadable = (error: z.ZodError): ShopTold => {
  const { path, message } = error.issues[0]!;
  return { type: "unreadable", detail: `${path.join("/")}: ${message}`.slice(0, 300) };
};

function productTold(product: Product, config: ShopConfig): ShopTold {
  const variants = config.idFrom === "product" ? [wholeOf(product)] : product.variants;
  const drafts = variants.map((variant) => NamedDraft.safeParse(draftOf(product, variant, config)));
  const wrong = drafts.find((draft) => !draft.success);
  if (wrong?.error) return unreadable(wrong.error);
  const items = drafts.flatMap(({ data }) => data ?? []);
  const stockNames = product.variants.flatMap((variant) =>
    variant.inventory_item_id != null && isCounted(variant) ? [{ name: variant.inventory_item_id, item: idOf(product, variant, config) }] : [],
  );
  // Two variants with one SKU are one item, the first.
  const once = [...new Map(items.toReversed().map((item) => [item.id, item])).values()].toReversed();
  return { type: "product", product: product.id, at: product.updated_at, items: once, stockNames };
} // prettier-ignore

/** Whether the stock of a variant limits what can be sold. */
const isCounted = ({ inventory_management: by, inventory_policy: policy }: Variant): boolean =>
  by != null && by !== "" && policy !== "continue";

const idOf = (product: Product, { id, sku }: Variant, { idFrom }: ShopConfig): string =>
  idFrom === "product" ? product.id : idFrom === "sku" && sku != null && sku.trim() !== "" ? sku.trim() : id;

/** All variants of a product as one: the lowest price, and the stock of all together where each is counted. */
function wholeOf({ variants }: Product): Variant {
  const cheapest = variants.reduce((a, b) => ((b.price ?? Infinity) < (a.price ?? Infinity) ? b : a));
  const isWhole = variants.every(isCounted);
  const quantity = variants.reduce((sum, { inventory_quantity: n }) => sum + Math.max(0, n ?? 0), 0);
  return { ...cheapest, title: null, inventory_management: isWhole ? "shopify" : null, inventory_policy: "deny", inventory_quantity: quantity };
} // prettier-ignore

function draftOf(product: Product, variant: Variant, config: ShopConfig) {
  const hasTitle = variant.title != null && variant.title !== "" && variant.title !== "Default Title";
  return {
    id: idOf(product, variant, config),
    name: hasTitle ? `${product.title} (${variant.title})` : product.title,
    url: linkOf(product, variant, config),
    imageUrl: product.image?.src ?? null,
    category: product.product_type ? [product.product_type] : [],
    ...pricesOf(variant, config.currency),
    stock: isCounted(variant) ? Math.max(0, variant.inventory_quantity ?? 0) : null,
    attributes: { ...(product.vendor && { brand: product.vendor }), [PRODUCT_ATTRIBUTE]: product.id },
    active: product.status == null || product.status === "active",
  };
}

function linkOf({ handle }: Product, { id }: Variant, { storeUrl, idFrom }: ShopConfig): string | null {
  if (storeUrl === undefined || handle == null) return null;
  const link = new URL(`/products/${encodeURIComponent(handle)}`, storeUrl).href;
  return idFrom === "product" ? link : `${link}?variant=${id}`;
}

function pricesOf({ price, compare_at_price: before }: Variant, currency: string) {
  const priceMinor = price == null ? null : minorOf(price, currency);
  const beforeMinor = before == null ? null : minorOf(before, currency);
  return { priceMinor, currency, compareAtMinor: beforeMinor !== null && priceMinor !== null && beforeMinor > priceMinor ? beforeMinor : null }; // prettier-ignore
}
