/** What the routes of the catalogue take and answer. */
import { z } from "zod";
import { isoOf } from "../values.ts";
import {
  CATALOGUE_LIMITS,
  type Item,
  ItemChange,
  ItemDraft,
  ItemId,
  NamedDraft,
  Pieces,
  isOffered,
} from "./model.ts";

const BOOTS = {
  name: "Trail boots", url: "https://shop.example/boots", imageUrl: "https://shop.example/boots.jpg", category: ["Shoes", "Boots"],
  priceMinor: 9900, currency: "EUR", compareAtMinor: 12000, stock: 12, attributes: { brand: "Northway", size: "42" },
}; // prettier-ignore
const WAX = {
  id: "wax-1",
  name: "Leather wax",
  priceMinor: 900,
  currency: "EUR",
  consumable: true,
  usedUpDays: 60,
};

/** PUT /v1/catalogue/items/{id}. */
export const ItemBody = ItemDraft.meta({ examples: [BOOTS as unknown as ItemDraft] });
/** POST /v1/catalogue/items. */
export const ItemsBody = z
  .strictObject({ items: z.array(NamedDraft).min(1).max(CATALOGUE_LIMITS.perRequest) })
  .meta({ examples: [{ items: [{ id: "boot-42", ...BOOTS }, WAX] as unknown as NamedDraft[] }] });
/** POST /v1/catalogue/stock. */
export const ChangesBody = z
  .strictObject({ changes: z.array(ItemChange).min(1).max(CATALOGUE_LIMITS.perRequest) })
  .meta({ examples: [{ changes: [{ id: "boot-42", stock: 0 }, { id: "wax-1", priceMinor: 800, currency: "EUR" }] }] }); // prettier-ignore
export const Written = z.object({
  made: z.int(),
  changed: z.int(),
  same: z.int().describe("Stood as they were told, or were told later than this by their sender"),
});

/** An item as it is answered. */
export const ItemView = z.object({
  id: z.string(),
  ...ItemDraft.shape,
  isOffered: z.boolean().describe("Active, and still in its feed where it has one"),
  feed: z.int().nullable(),
  goneAt: z.iso.datetime().nullable().describe("Since when its feed has not named it any more"),
  updatedAt: z.iso.datetime(),
});
export type ItemView = z.infer<typeof ItemView>;
export const ItemPage = z.object({ items: z.array(ItemView), nextCursor: z.string().nullable() });
export const CatalogueCounts = z.object({
  items: z.int(),
  offered: z.int(),
  outOfStock: z.int().describe("Offered, counted, and none left"),
});

/** Puts an item as the outside reads it. */
export const viewOf = (item: Item): ItemView => ({
  ...item,
  category: [...item.category],
  attributes: { ...item.attributes },
  isOffered: isOffered(item),
  goneAt: item.goneAt === null ? null : isoOf(item.goneAt),
  updatedAt: isoOf(item.updatedAt),
});

/** PUT /v1/stock: products that are not named stay as they are. */
export const StockDraft = z
  .object({
    stock: z.array(z.strictObject({ product: ItemId, pieces: Pieces })).min(1).max(CATALOGUE_LIMITS.perRequest),
  })
  .meta({ examples: [{ stock: [{ product: "boot-42", pieces: 12 }, { product: "boot-43", pieces: 0 }] }] }); // prettier-ignore
export const StockQuery = ItemId.optional().describe("Only this product");
export const StockPage = z.object({
  stock: z.array(z.object({ product: z.string(), pieces: z.int(), updatedAt: z.iso.datetime() })),
  nextCursor: z.string().nullable(),
});
