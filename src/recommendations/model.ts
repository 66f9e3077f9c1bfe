/**
 * What a customer may want to see: lists of products by what others did, and how one is made of them for one customer.
 *
 * A *list* is kept for each product (bought in the same order, by the same customer around it, next after it) and for
 * groups of customers (popular with all, in a segment, in a stage). Lists are worked out from the event log now and then
 * (compute.ts); who, what is left and what it costs are looked at when a list is read (rank.ts, offer.ts).
 */
import { z } from "zod";
import { SEGMENT_LIMITS } from "../segments/model.ts";
import type { Instant } from "../values.ts";

export const RECOMMENDATION_LIMITS = {
  /** Products that are told apart: those that most customers bought. */
  products: 5_000,
  /** Products that go with one, and of a popular list. */
  paired: 30,
  listed: 50,
  /** Popular products that are looked at to find those of each category. */
  popular: 20_000,
  categories: 2_000,
  segments: 50,
  /** An order of more products is no basket but a delivery: it says nothing of pairs. */
  orderProducts: 100,
  /** Of a customer's history: the newest orders in their sequence, the newest purchases that are paired. */
  customerOrders: 500,
  customerPurchases: 100,
  /** Items of one answer. */
  count: 20,
  /** Products by which lists are read for one customer, and products looked up in the catalogue for one answer. */
  seeds: 20,
  looked: 200,
  /** How old lists may become. */
  everyMs: 6 * 3_600_000,
  /** Orders for each part of the products whose pairs are held in memory at once. */
  ordersOfPart: 200_000,
  /** What one statement may take of the log. */
  memoryBytes: 4_000_000_000,
  tookMs: 300_000,
  /** Longer names of categories have no list of their own. */
  categoryChars: 500,
} as const;

const DAY_MS = 86_400_000;
const days = (most: number, usual: number) => z.int().min(1).max(most).default(usual);

/** How a workspace's lists are worked out. */
export const Settings = z.strictObject({
  halfLifeDays: days(3_650, 60).describe("What happened so long ago counts half"),
  historyDays: days(3_650, 365).describe("What happened before is not looked at"),
  customersMin: z.int().min(2).max(1_000).default(3).describe("Pairs and products of fewer customers are not told"),
  windowDays: days(90, 7).describe("How far apart one customer's purchases may be to count as together"),
  nextDays: days(730, 60).describe("How long after an order the next one may follow to count as next"),
  justBoughtDays: days(366, 30).describe("What was bought so lately is not shown unless it is consumable; where the policy holds back what was bought, its time counts"),
}); // prettier-ignore
export type Settings = z.infer<typeof Settings>;

/** Beside a purchase (1): putting something in the cart, and looking at it, say less of what is popular. */
export const ACTION_WEIGHTS = { bought: 1, added: 0.3, viewed: 0.1 } as const;

/** How products are found for a customer. */
export const By = z.enum(["viewed", "together", "next", "popular"]);
export type By = z.infer<typeof By>;

export const Category = z.string().min(1).max(RECOMMENDATION_LIMITS.categoryChars);
const Found = {
  by: By.describe("viewed: what the customer looked at last; together: what goes with the cart and what is looked at; next: what customers bought next after what this one bought last; popular: with all, or in a segment or stage"),
  of: Category.optional().describe("Only of this category: a name, or a path as `Shoes > Boots`"),
  segment: z.int().min(1).max(2_147_483_647).optional().describe("For popular: with customers of this segment"),
  stage: z.string().min(1).max(SEGMENT_LIMITS.textCharsMax).optional().describe("For popular: with customers of this stage"),
} as const; // prettier-ignore
const Count = z.int().min(1).max(RECOMMENDATION_LIMITS.count);
const isOfPopular = ({ by, segment, stage }: { readonly by: By; readonly segment?: number | undefined; readonly stage?: string | undefined }): boolean =>
  (by === "popular" || (segment === undefined && stage === undefined)) && (segment === undefined || stage === undefined); // prettier-ignore
const OF_POPULAR = "A segment or a stage (one of them) can be named for popular alone";
/** What is asked for. */
export const Recommend = z
  .strictObject({ ...Found, count: Count })
  .refine(isOfPopular, { message: OF_POPULAR, path: ["segment"] });
export type Recommend = z.infer<typeof Recommend>;
/** The same as a query of an address. */
export const RecommendQuery = z
  .object({ ...Found, segment: z.coerce.number().pipe(Found.segment.unwrap()).optional(), count: z.coerce.number().pipe(Count).default(10) })
  .refine(isOfPopular, { message: OF_POPULAR, path: ["segment"] }); // prettier-ignore

/** Kinds of lists. `basket`, `window` and `next` are of a product; `popular` of customers, `category` of a category. */
export const LIST_KINDS = ["basket", "window", "next", "popular"] as const;
export type ListKind = (typeof LIST_KINDS)[number];
/** Which list: of a product by its id, or of whom and what by `popularKey`. */
export type ListName = { readonly kind: ListKind; readonly key: string };

/** Whose popular products. */
export type Group = { readonly segment: number } | { readonly stage: string } | "all";
/** The key of a popular list: of whom, and of all things or of one category (of all customers alone). */
export const popularKey = (group: Group, category: string | null): string =>
  JSON.stringify([group === "all" ? "all" : group, category]);
/** What a product of this path is called by: the path, the paths it lies in, and each level alone. */
export const categoriesOf = (path: readonly string[]): readonly string[] =>
  [...new Set([...path.map((_, i) => path.slice(0, i + 1).join(" > ")), ...path])]; // prettier-ignore
/** Whether a product of this path is of a category, which is named by its path or by any of its levels. */
export const isOf = (path: readonly string[], category: string): boolean =>
  categoriesOf(path).includes(category);

/**
 * A product of a list: in how many customers it was seen, how many times more often than by chance (null where there is
 * no chance to compare with), and what it is ranked by: for pairs the share of the product's that is of both.
 */
export type Entry = readonly [product: string, customers: number, lift: number | null, score: number];
export type List = ListName & { readonly entries: readonly Entry[] };
export type Lists = ReadonlyMap<string, readonly Entry[]>;
/** A list's place among those read. */
export const nameOfList = ({ kind, key }: ListName): string => `${kind} ${key}`;

/** What the lists rest on. */
export type Basis = {
  readonly settings: Settings;
  /** Everything processed until then is counted. */
  readonly asOfAt: Instant;
  readonly computedAt: Instant;
  readonly customers: number;
  readonly orders: number;
  /** Products that enough customers bought. */
  readonly products: number;
  readonly lists: number;
  readonly tookMs: number;
};

/** What is known of a customer, as far as recommendations ask. */
export type Person = {
  /** Newest first. */
  readonly viewed: readonly string[];
  readonly cart: readonly string[];
  /** Each product once, the last bought first. */
  readonly bought: readonly string[];
  /** What must not be shown: in the cart now, and when each product was last bought. */
  readonly inCart: ReadonlySet<string>;
  readonly boughtAt: ReadonlyMap<string, Instant>;
};

export const msOf = (given: number): number => given * DAY_MS;
