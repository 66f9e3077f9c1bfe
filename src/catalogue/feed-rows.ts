/**
 * One row of a product feed as an item: the column names of Google's product data specification, which shops export
 * already, with or without `g:` before them. Pure; never throws. A price that cannot be read for sure refuses its row: a
 * wrong price is worse than a missing one.
 */
import { majorOf, minorOf } from "../customers/told.ts";
import type { Json } from "../values.ts";
import { CATALOGUE_LIMITS, NamedDraft, type RowRefusal } from "./model.ts";

/** A row, by its columns' names in lower case. */
export type FeedRow = ReadonlyMap<string, string>;
export type ReadRow =
  | { readonly type: "item"; readonly item: NamedDraft }
  | { readonly type: "refused"; readonly reason: RowRefusal; readonly detail: string };

/** A column's name as it is looked for. */
export const columnOf = (name: string): string =>
  name.trim().toLowerCase().replace(/^g:/, "").replaceAll(/[\s-]+/g, "_"); // prettier-ignore

/** An object of NDJSON as a row. */
export function rowOfJson(object: { readonly [key: string]: Json }): FeedRow {
  const textOf = (value: Json) => (Array.isArray(value) ? value.join(" > ") : typeof value === "object" ? JSON.stringify(value) : String(value)); // prettier-ignore
  return new Map(Object.entries(object).flatMap(([key, value]) => (value === null ? [] : [[columnOf(key), textOf(value)] as const]))); // prettier-ignore
}

const ATTRIBUTES = ["brand", "color", "size", "gtin", "mpn", "item_group_id", "condition", "gender", "age_group", "material", "pattern"]; // prettier-ignore
const NONE_LEFT = new Set(["out_of_stock", "sold_out", "discontinued", "unavailable"]);
const SOME_LEFT = new Set(["", "in_stock", "available", "preorder", "backorder", "limited_availability", "available_for_order"]); // prettier-ignore
const refused = (reason: RowRefusal, detail: string): ReadRow => ({ type: "refused", reason, detail });

/** Reads a row. */
export function readRow(row: FeedRow): ReadRow {
  const cell = (...names: readonly string[]): string => names.map((name) => row.get(name)?.trim() ?? "").find((text) => text !== "") ?? ""; // prettier-ignore
  const id = cell("id", "sku");
  if (id === "") return refused("no_id", "There is nothing under id.");
  const name = cell("title", "name");
  if (name === "") return refused("no_name", `${id}: there is nothing under title.`);
  const priced = pricesIn(cell("price"), cell("sale_price"), cell("currency"));
  if (priced === null) return refused("bad_price", `${id}: "${`${cell("price")} ${cell("sale_price")}`.trim()}" is no price with a currency, as 12.00 EUR.`); // prettier-ignore
  const stock = stockIn(cell("availability"), cell("quantity", "inventory", "stock"));
  if (stock === undefined) return refused("bad_value", `${id}: "${cell("availability")}" is no availability, or "${cell("quantity", "inventory", "stock")}" no number of pieces.`); // prettier-ignore
  const draft = NamedDraft.safeParse({
    id, name, ...priced, stock,
    url: cell("link", "url") || null, imageUrl: cell("image_link", "image_url", "imageurl") || null,
    category: cell("product_type", "category", "google_product_category").split(/[>/]/).map((level) => level.trim()).filter(Boolean),
    attributes: Object.fromEntries(ATTRIBUTES.flatMap((name_) => (cell(name_) === "" ? [] : [[name_, cell(name_)]]))),
  }); // prettier-ignore
  if (draft.success) return { type: "item", item: draft.data };
  const issue = draft.error.issues[0]!;
  return refused(issue.code === "too_big" ? "too_long" : "bad_value", `${id.slice(0, CATALOGUE_LIMITS.idChars)}: ${issue.path.join("/")}: ${issue.message}`); // prettier-ignore
}

/** Pieces left; null: not counted; undefined: it cannot be read. */
function stockIn(availability: string, quantity: string): number | null | undefined {
  const said = columnOf(availability);
  if (NONE_LEFT.has(said)) return 0;
  if (!SOME_LEFT.has(said)) return undefined;
  if (quantity === "") return null;
  const pieces = Number(quantity);
  return Number.isSafeInteger(pieces) ? Math.max(0, pieces) : undefined;
}

type Prices = Pick<NamedDraft, "priceMinor" | "compareAtMinor" | "currency">;
/** What it costs now, and what it cost before where there is a sale; null where it cannot be read for sure. */
function pricesIn(price: string, sale: string, currency: string): Prices | null {
  const before = price === "" ? null : moneyIn(price, currency);
  const now = sale === "" ? before : moneyIn(sale, currency);
  if ((price !== "" && before === null) || (sale !== "" && now === null)) return null;
  if (now === null) return { priceMinor: null, compareAtMinor: null, currency: null };
  if (before !== null && before.currency !== now.currency) return null;
  return { priceMinor: now.minor, currency: now.currency, compareAtMinor: before !== null && before.minor > now.minor ? before.minor : null }; // prettier-ignore
}

type Money = { readonly minor: number; readonly currency: string };
/** `12.00 EUR`, `EUR 12`, `1,200.50 USD`, `12,50 EUR`; `12` where the currency has a column of its own. */
export function moneyIn(text: string, column: string): Money | null {
  const found = /^(?:([A-Z]{3})\s*)?(\d[\d.,\s]*?)\s*([A-Z]{3})?$/.exec(text.trim().toUpperCase());
  const [, first, digits, last] = found ?? [];
  const currency = first ?? last ?? column.trim().toUpperCase();
  if (digits === undefined || !/^[A-Z]{3}$/.test(currency) || (first !== undefined && last !== undefined)) return null; // prettier-ignore
  const amount = amountIn(digits.replaceAll(/\s/g, ""), majorOf(1, currency) === 0.001);
  if (amount === null) return null;
  const minor = minorOf(amount, currency);
  // 12.5 yen is no price.
  return Math.abs(majorOf(minor, currency) - amount) < 1e-6 ? { minor, currency } : null;
}

/** Either sign may part the fraction. Before exactly three digits it may part thousands as well: that is not known for sure. */
function amountIn(digits: string, hasThousandths: boolean): number | null {
  if (/^\d+$/.test(digits)) return Number(digits);
  if (/^\d{1,3}(?:,\d{3})+\.\d{1,2}$/.test(digits)) return Number(digits.replaceAll(",", ""));
  if (/^\d{1,3}(?:\.\d{3})+,\d{1,2}$/.test(digits)) return Number(digits.replaceAll(".", "").replace(",", ".")); // prettier-ignore
  if (/^\d+[.,]\d{1,2}$/.test(digits)) return Number(digits.replace(",", "."));
  return hasThousandths && /^\d+\.\d{3}$/.test(digits) ? Number(digits) : null;
}
