/**
 * What a workspace sells: items with price and stock, as they are told by API, feed and webhook. Money is in minor units
 * of its currency (cents), by ISO 4217. An item is never deleted by a feed: what is no longer in it becomes inactive.
 */
import { z } from "zod";
import type { Instant } from "../values.ts";

/** Every bound of the catalogue. */
export const CATALOGUE_LIMITS = {
  /** Items of a workspace; a feed's are bounded by its rows. */
  items: 1_000_000,
  idChars: 200,
  nameChars: 500,
  urlChars: 2_000,
  categoryLevels: 10,
  categoryChars: 200,
  attributes: 50,
  attributeChars: 1_000,
  priceMinorMax: 1_000_000_000_000,
  piecesMax: 1_000_000_000_000,
  usedUpDaysMax: 3_650,
  /** Items, or changes of price and stock, that one request tells. */
  perRequest: 1_000,
  requestBytes: 8 * 1024 * 1024,
  feeds: 10,
  feedEveryMinutesMin: 5,
  feedEveryMinutesMax: 7 * 1_440,
  feedBytes: 64 * 1024 * 1024,
  feedRows: 200_000,
  feedRowChars: 64 * 1024,
  /** From the first byte asked for to the last one read. */
  feedMs: 300_000,
  redirects: 3,
  /** Refused rows that are shown; all are counted. */
  refusedShown: 50,
  hooks: 10,
  hookBytes: 1024 * 1024,
  /** How far a signed request's time may be from ours. */
  hookSkewMs: 5 * 60_000,
  hookVariants: 250,
} as const;

const plain = (chars: number) =>
  z
    .string()
    .min(1)
    .max(chars)
    // The store's text holds no U+0000; other control characters are no part of a name either.
    .regex(/^\P{Cc}*$/u, "Without control characters")
    .refine((text) => text.isWellFormed(), "Without half characters");
/** An item's id: what events call `product_id` or `sku`. */
export const ItemId = plain(CATALOGUE_LIMITS.idChars);
const Address = z
  .url({ protocol: /^https?$/ })
  .max(CATALOGUE_LIMITS.urlChars)
  .refine((text) => text.isWellFormed(), "Without half characters");
export const PriceMinor = z.int().min(0).max(CATALOGUE_LIMITS.priceMinorMax);
export const Pieces = z.int().min(0).max(CATALOGUE_LIMITS.piecesMax);
export const Currency = z.string().regex(/^[A-Z]{3}$/, "Three capitals, as EUR");
const Attribute = z.union([
  z.string().max(CATALOGUE_LIMITS.attributeChars).refine((text) => text.isWellFormed() && !text.includes("\0"), "Without U+0000 and half characters"),
  z.number(),
  z.boolean(),
]); // prettier-ignore
const Attributes = z
  .record(plain(100), Attribute)
  .refine((given) => Object.keys(given).length <= CATALOGUE_LIMITS.attributes, `At most ${CATALOGUE_LIMITS.attributes}`); // prettier-ignore

const Told = {
  name: plain(CATALOGUE_LIMITS.nameChars).nullable().default(null),
  url: Address.nullable().default(null),
  imageUrl: Address.nullable().default(null),
  category: z.array(plain(CATALOGUE_LIMITS.categoryChars)).max(CATALOGUE_LIMITS.categoryLevels).default([]).describe("From the widest to the narrowest"),
  priceMinor: PriceMinor.nullable().default(null).describe("In the currency's smallest unit"),
  currency: Currency.nullable().default(null),
  compareAtMinor: PriceMinor.nullable().default(null).describe("What it cost before"),
  stock: Pieces.nullable().default(null).describe("Pieces left; null: not counted"),
  consumable: z.boolean().default(false).describe("Bought again when it is used up"),
  usedUpDays: z.int().min(1).max(CATALOGUE_LIMITS.usedUpDaysMax).nullable().default(null).describe("After how many days it typically is"),
  attributes: Attributes.default({}),
  active: z.boolean().default(true),
} as const; // prettier-ignore

type Priced = { readonly priceMinor: number | null; readonly compareAtMinor: number | null; readonly currency: string | null }; // prettier-ignore
const hasCurrency = ({ priceMinor, compareAtMinor, currency }: Priced): boolean =>
  currency !== null || (priceMinor === null && compareAtMinor === null);
const NO_CURRENCY = { message: "A price has a currency", path: ["currency"] };

/** An item as it is told whole: what is absent is not known. */
export const ItemDraft = z.strictObject(Told).refine(hasCurrency, NO_CURRENCY);
export type ItemDraft = z.infer<typeof ItemDraft>;
/** An item of a list, with its id. */
export const NamedDraft = z.strictObject({ id: ItemId, ...Told }).refine(hasCurrency, NO_CURRENCY);
export type NamedDraft = z.infer<typeof NamedDraft>;

/** A change of stock or price alone; what is absent stays. */
export const ItemChange = z
  .strictObject({
    id: ItemId,
    stock: Pieces.nullable().optional().describe("Pieces left; null: not counted any more"),
    priceMinor: PriceMinor.optional(),
    currency: Currency.optional().describe("Needed with the first price of an item"),
    compareAtMinor: PriceMinor.nullable().optional(),
  })
  .refine(
    (change) => Object.values(change).filter((value) => value !== undefined).length > 1,
    "Nothing is changed",
  );
export type ItemChange = z.infer<typeof ItemChange>;

/** An item as it stands. */
export type Item = ItemDraft & {
  readonly id: string;
  /** Of the feed that told it. */
  readonly feed: number | null;
  /** Since when its feed has not named it any more: it is inactive. */
  readonly goneAt: Instant | null;
  readonly updatedAt: Instant;
};

/** Whether an item is offered now. */
export const isOffered = ({ active, goneAt }: Pick<Item, "active" | "goneAt">): boolean =>
  active && goneAt === null;
/** How many pieces can be had; null: not counted. Of what is not offered, none. */
export const toBeHad = (item: Pick<Item, "active" | "goneAt" | "stock">): number | null =>
  isOffered(item) ? item.stock : 0;

/** Why a row of a feed was not taken. */
export const RowRefusal = z.enum(["no_id", "no_name", "bad_price", "bad_value", "too_long", "twice", "not_readable"]); // prettier-ignore
export type RowRefusal = z.infer<typeof RowRefusal>;
/** What came of reading a feed. */
export const FeedOutcome = z.enum([
  "taken", "unchanged", "unreachable", "refused_address", "bad_answer", "too_large", "too_slow", "not_readable", "no_items",
]); // prettier-ignore
export type FeedOutcome = z.infer<typeof FeedOutcome>;

/** What came of the last reading of a feed; counts are of its rows, `gone` of items it no longer names. */
export type FeedReading = {
  readonly outcome: FeedOutcome;
  readonly detail: string | null;
  readonly at: Instant;
  readonly rows: number;
  readonly made: number;
  readonly changed: number;
  readonly same: number;
  readonly refused: number;
  readonly gone: number;
  /** The first of those that were refused. */
  readonly refusedRows: readonly {
    readonly line: number;
    readonly reason: RowRefusal;
    readonly detail: string;
  }[];
};

/** Who tells changes: a server of one's own, or Shopify. */
export const HookKind = z.enum(["standard", "shopify"]);
export type HookKind = z.infer<typeof HookKind>;
/** What has to be known to read a shop's words. */
export const ShopConfig = z.strictObject({
  currency: Currency.describe("Of the shop: its prices come without"),
  idFrom: z.enum(["sku", "variant", "product"]).default("sku").describe("What events call product_id; a variant without a sku goes by its own number"),
  storeUrl: Address.optional().describe("For links to products"),
  places: z.int().min(1).max(100).default(1).describe("Locations that hold stock"),
}); // prettier-ignore
export type ShopConfig = z.infer<typeof ShopConfig>;
export const HookDraft = z
  .strictObject({
    name: plain(100),
    kind: HookKind,
    secret: plain(200).optional().describe("Shopify's; one is made for the other kind"),
    config: ShopConfig.optional(),
  })
  .refine(({ kind, secret, config }) => (kind === "shopify") === (secret !== undefined) && (kind === "shopify") === (config !== undefined), "A shopify address has secret and config; another has neither"); // prettier-ignore
export type HookDraft = z.infer<typeof HookDraft>;
