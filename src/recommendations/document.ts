/** What the routes of recommendations answer, and why a product is among them, in words. */
import { z } from "zod";
import { ItemView, viewOf } from "../catalogue/document.ts";
import { isoOf } from "../values.ts";
import { By, type Basis, LIST_KINDS, RECOMMENDATION_LIMITS, Settings } from "./model.ts";
import type { Shown } from "./offer.ts";
import type { Why } from "./rank.ts";
import type { Standing } from "./store.ts";

const WhyView = z.object({
  by: z.enum(["viewed", ...LIST_KINDS]).describe("basket: in the same order; window: by the same customers within days; next: in the order after it"),
  of: z.string().nullable().describe("The product that points at it most"),
  customers: z.int().nullable().describe("In how many customers that was seen"),
  lift: z.number().nullable().describe("How many times more often than by chance"),
  words: z.string(),
}); // prettier-ignore
const RecommendedItem = ItemView.pick({ id: true, name: true, url: true, imageUrl: true, category: true, priceMinor: true, currency: true, compareAtMinor: true, stock: true, consumable: true }).extend({ why: WhyView }); // prettier-ignore

/** What lists rest on. */
export const BasisView = z.object({
  computedAt: z.iso.datetime(),
  asOf: z.iso.datetime().describe("Everything that was processed until then is counted"),
  customers: z.int().describe("Who bought something in the time looked at"),
  orders: z.int(),
  products: z.int().describe("Bought by enough customers to be told apart"),
  lists: z.int(),
  tookMs: z.int(),
  settings: Settings,
  method: z.string(),
});
export const Recommendations = z.object({
  by: By,
  items: z.array(RecommendedItem),
  basis: BasisView.nullable().describe("Null: nothing was worked out yet"),
});
export const StandingView = z.object({
  settings: Settings.describe("Hold from the next time on"),
  everyHours: z.number(),
  basis: BasisView.nullable().describe("What the lists that serve rest on; null: nothing was worked out yet"),
});

const HOUR_MS = 3_600_000;
/** How a workspace's lists stand. */
export const standingView = ({ settings, basis }: Standing): z.infer<typeof StandingView> => ({
  settings,
  everyHours: RECOMMENDATION_LIMITS.everyMs / HOUR_MS,
  basis: basisView(basis),
});

/** What lists rest on, as the outside reads it. */
export function basisView(basis: Basis | null): z.infer<typeof BasisView> | null {
  if (!basis) return null;
  const { computedAt, asOfAt, ...rest } = basis;
  const { halfLifeDays, historyDays, customersMin, windowDays, nextDays } = rest.settings;
  return {
    ...rest,
    computedAt: isoOf(computedAt),
    asOf: isoOf(asOfAt),
    method: `Purchases, carts and looks of ${historyDays} days; what happened ${halfLifeDays} days ago counts half. Pairs are counted in the same order, by one customer within ${windowDays} days, and from an order to the next within ${nextDays} days; those of fewer than ${customersMin} customers, or no more frequent than by chance, are left out. They are ranked by the share of the one's orders (or customers, or next orders) that hold the other, what is popular by its customers.`,
  };
}

/** What may be shown, as the API answers it. */
export const recommendedItems = (shown: readonly Shown[]): z.infer<typeof RecommendedItem>[] =>
  shown.map(({ item, why }) => {
    const { id, name, url, imageUrl, category, priceMinor, currency, compareAtMinor, stock, consumable } = viewOf(item); // prettier-ignore
    return { id, name, url, imageUrl, category, priceMinor, currency, compareAtMinor, stock, consumable, why: whyView(why) }; // prettier-ignore
  });

/** Why it is among them. */
export const whyView = (why: Why): z.infer<typeof WhyView> => ({ ...why, words: wordsOf(why) });

function wordsOf({ by, of, customers, lift }: Why): string {
  if (by === "viewed") return "The customer looked at it.";
  if (by === "popular") return `${customers} customers bought it, put it in their cart or looked at it.`;
  const how = { basket: "in the same order as", window: "at about the same time as", next: "in the order after" }[by]; // prettier-ignore
  return `${customers} customers bought it ${how} ${of}, ${lift} times as often as by chance.`;
}
