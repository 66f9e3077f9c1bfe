/** A customer's cart beside the catalogue: what lies in it, what that costs and how much of it there is now. Pure. */
import { z } from "zod";
import type { CartLine } from "../customers/cart.ts";
import type { Product } from "../customers/model.ts";
import { minorOf } from "../customers/told.ts";
import { type Instant, isoOf } from "../values.ts";
import { type Item, isOffered, toBeHad } from "./model.ts";

const Minor = z.int().nullable();
export const CartItem = z.object({
  id: z.string(),
  name: z.string().nullable(),
  variant: z.string().nullable(),
  url: z.string().nullable(),
  imageUrl: z.string().nullable(),
  quantity: z.number(),
  addedAt: z.iso.datetime(),
  addedPriceMinor: Minor.describe("What it cost when it was put in; null where the event did not tell"),
  priceMinor: Minor.describe(
    "What it costs now; as it was told with the event where the catalogue has no price",
  ),
  compareAtMinor: Minor,
  currency: z.string().nullable(),
  priceChanged: z.boolean().describe("It costs more or less now than when it was put in"),
  stock: z.int().nullable().describe("Pieces that can be had now; null: not counted"),
  isAvailable: z.boolean().describe("Offered, and there is as much of it as lies in the cart"),
});
export type CartItem = z.infer<typeof CartItem>;
export const CartView = z.object({
  items: z.array(CartItem).describe("In the order in which they were put in"),
  count: z.number().describe("Pieces"),
  totals: z.array(z.object({ currency: z.string(), valueMinor: z.int() })).describe("At what they cost now, by currency"),
  updatedAt: z.iso.datetime().nullable(),
}); // prettier-ignore
export type CartView = z.infer<typeof CartView>;

/** The cart with what the catalogue has of its products now. `updatedAt`: when something was last done with it. */
export function cartViewOf(
  lines: readonly CartLine[],
  items: ReadonlyMap<string, Item>,
  updatedAt: Instant | null,
): CartView {
  const rows = lines.map((line) => cartItemOf(line, items.get(line.product.id)));
  const totals = new Map<string, number>();
  for (const { currency, priceMinor, quantity } of rows)
    if (currency !== null && priceMinor !== null)
      totals.set(currency, (totals.get(currency) ?? 0) + Math.round(priceMinor * quantity));
  return {
    items: rows,
    count: rows.reduce((sum, { quantity }) => sum + quantity, 0),
    totals: [...totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([currency, valueMinor]) => ({ currency, valueMinor })), // prettier-ignore
    updatedAt: updatedAt === null ? null : isoOf(updatedAt),
  };
}

function cartItemOf({ product, quantity, addedAt }: CartLine, item: Item | undefined): CartItem {
  const stock = item ? toBeHad(item) : null;
  return {
    id: product.id,
    ...wordsOf(product, item),
    quantity,
    addedAt: isoOf(addedAt),
    ...pricesOf(product, item),
    stock,
    isAvailable: (item === undefined || isOffered(item)) && (stock === null || stock >= quantity),
  };
}

const wordsOf = (product: Product, item: Item | undefined) => ({
  name: item?.name ?? product.name ?? null,
  variant: product.variant ?? null,
  url: item?.url ?? product.url ?? null,
  imageUrl: item?.imageUrl ?? product.imageUrl ?? null,
});

/** What it cost when it was put in, and what it costs now: where the catalogue has no price, what was told. */
function pricesOf({ price, currency: named }: Product, item: Item | undefined) {
  const told = named?.toUpperCase() ?? item?.currency ?? null;
  const addedPriceMinor = price === undefined || told === null ? null : minorOf(price, told);
  const compareAtMinor = item?.compareAtMinor ?? null;
  if (!item || item.priceMinor === null)
    return { addedPriceMinor, priceMinor: addedPriceMinor, compareAtMinor, currency: told, priceChanged: false };
  const { priceMinor, currency } = item;
  // Two currencies cannot be told apart as dearer or cheaper.
  return { addedPriceMinor, priceMinor, compareAtMinor, currency, priceChanged: addedPriceMinor !== null && currency === told && priceMinor !== addedPriceMinor };
} // prettier-ignore
