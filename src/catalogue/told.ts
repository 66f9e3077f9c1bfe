/** An item as texts and pages read it: in the currency's large unit, as events tell prices too; what is not known is not there. Pure. */
import { majorOf } from "../customers/told.ts";
import type { Json, JsonObject } from "../values.ts";
import { type Item, isOffered, toBeHad } from "./model.ts";

/** The products something is about, and what the catalogue has of these and others. */
export type ItemsTold = { readonly about: readonly string[]; readonly items: ReadonlyMap<string, Item> };
/** Nothing is asked of the catalogue. */
export const NO_ITEMS: ItemsTold = { about: [], items: new Map() };

/** A product as an event told it; of a customer's knowledge or document. */
type Told = { readonly id: string } & { readonly [field: string]: Json | undefined };

/** A product as an event told it, with what the catalogue knows of it now in its place: name, price, stock and the rest. */
export function productNow(product: Told, item: Item | undefined): JsonObject {
  if (!item) return known({ ...product });
  const { priceMinor, compareAtMinor, currency, category } = item;
  const inLarge = (minor: number | null) => (minor === null || currency === null ? null : majorOf(minor, currency)); // prettier-ignore
  const stock = toBeHad(item);
  return known({
    ...product,
    ...known({
      name: item.name, url: item.url, imageUrl: item.imageUrl, category: category.length > 0 ? category.join(" > ") : null,
      price: inLarge(priceMinor), currency: priceMinor === null ? null : currency, compareAtPrice: inLarge(compareAtMinor), usedUpDays: item.usedUpDays,
    }),
    stock, isOffered: isOffered(item), inStock: stock === null || stock > 0, consumable: item.consumable, attributes: { ...item.attributes },
  }); // prettier-ignore
}

/** Only what is known. */
const known = (values: { readonly [name: string]: Json | undefined }): JsonObject =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Json] => entry[1] !== null && entry[1] !== undefined)); // prettier-ignore
