/**
 * The presets of the sample workspace: 84.51's "The Complete Journey" (CC0) in the form `sample/` holds it. Pure.
 *
 * A household is a customer, named by its loyalty card. A campaign's mailing, the display or mailer page of a product
 * it bought, a redeemed coupon and a basket in the store are its moments.
 */
import { Mapping } from "./model.ts";
import type { Fitted, Preset } from "./presets.ts";

/** The files of `sample/`, in the order the demo imports them, and the preset of each. */
export const SAMPLE_FILES = [
  { file: "households.csv.gz", preset: "completejourney-households" },
  { file: "mailings.csv.gz", preset: "completejourney-mailings" },
  { file: "displays.csv.gz", preset: "completejourney-displays" },
  { file: "redemptions.csv.gz", preset: "completejourney-redemptions" },
  { file: "baskets.csv.gz", preset: "completejourney-baskets" },
] as const;
/** 2018-01-01, the UTC day on which the last basket was paid (22:47 on New Year's Eve in the shops' own zone). */
export const SAMPLE_LAST_DAY = 17_532;
/** Households and shops are in the eastern United States: shops open at 7 and close at 23 by this zone's clock. */
const ZONE = "America/New_York";

const HOUSEHOLD = [{ kind: "loyalty_id", from: { column: "household_id", prefix: "household-" } }];
const DEMOGRAPHICS = { age: "age", income: "income", homeOwnership: "home_ownership", maritalStatus: "marital_status", householdSize: "household_size", householdComposition: "household_comp", kids: "kids_count" } as const; // prettier-ignore

const fit = (columns: readonly string[], shape: { [key: string]: unknown }) => {
  const mapping = Mapping.parse({ format: "csv", ...shape });
  return (header: readonly string[] | null): Fitted => {
    const lacking = columns.filter((column) => !header?.includes(column));
    if (lacking.length === 0) return { type: "mapping", mapping };
    return {
      type: "missing",
      detail: `This is no such file of The Complete Journey: it lacks ${lacking.join(", ")}.`,
    };
  };
};

const households = fit(["household_id", "known_day", ...Object.values(DEMOGRAPHICS)], {
  events: [{
    type: "identify", identifiers: HOUSEHOLD, id: { columns: ["household_id"], prefix: "completejourney-household-" },
    time: { columns: ["known_day"], format: "days", zone: ZONE },
    channel: { constant: "store" }, touchpoint: { constant: "loyalty-card" },
    traits: Object.fromEntries(Object.entries(DEMOGRAPHICS).map(([trait, column]) => [trait, { column }])),
  }],
}); // prettier-ignore

const mailings = fit(["household_id", "campaign_id", "campaign_type", "start_date", "end_date"], {
  events: [{
    type: "track", name: { constant: "Mailing Delivered" }, identifiers: HOUSEHOLD,
    id: { columns: ["campaign_id", "household_id"], prefix: "completejourney-mailing-" },
    time: { columns: ["start_date"], format: "days", zone: ZONE, timeOfDay: "11:00" },
    channel: { constant: "mail" }, touchpoint: { column: "campaign_type", prefix: "mailing " },
    properties: { campaign_id: { column: "campaign_id" }, campaign_type: { column: "campaign_type" }, valid_days: { column: "valid_days", as: "number" } },
  }],
}); // prettier-ignore

const displays = fit(["household_id", "store_id", "product_type", "place", "timestamp"], {
  events: [{
    type: "track", name: { column: "event" }, identifiers: HOUSEHOLD,
    id: { columns: ["household_id", "basket_id", "place"], prefix: "completejourney-display-" },
    time: { columns: ["timestamp"], format: "unix_s" },
    channel: { column: "channel" }, touchpoint: { column: "place" },
    properties: { store_id: { column: "store_id" }, category: { column: "product_category" }, product_type: { column: "product_type" } },
  }],
}); // prettier-ignore

const redemptions = fit(["household_id", "coupon_upc", "campaign_id", "redemption_date"], {
  events: [{
    type: "track", name: { constant: "Coupon Redeemed" }, identifiers: HOUSEHOLD,
    id: { columns: ["household_id", "coupon_upc", "campaign_id", "redemption_date"], prefix: "completejourney-redemption-" },
    // The data tells the day only.
    time: { columns: ["redemption_date"], format: "days", zone: ZONE, timeOfDay: "18:00" },
    channel: { constant: "store" }, touchpoint: { constant: "coupon" },
    properties: { coupon_id: { column: "coupon_upc" }, campaign_id: { column: "campaign_id" } },
  }],
}); // prettier-ignore

const baskets = fit(["household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"], {
  groupBy: ["basket_id"],
  events: [{
    type: "track", name: { constant: "Order Completed" }, identifiers: HOUSEHOLD,
    id: { columns: ["basket_id"], prefix: "completejourney-basket-" },
    time: { columns: ["transaction_timestamp"], format: "unix_s" },
    channel: { constant: "store" }, touchpoint: { constant: "checkout" },
    properties: {
      order_id: { column: "basket_id" }, store_id: { column: "store_id" }, total: { sum: "sales_value" }, currency: { constant: "USD" },
      discount: { sum: "retail_disc" }, coupon_discount: { sum: "coupon_disc" },
    },
    products: {
      product_id: { column: "product_id" }, name: { column: "product_name" }, category: { column: "product_category" },
      brand: { column: "brand" }, quantity: { column: "quantity", as: "number" }, value: { column: "sales_value", as: "number" },
    },
  }],
}); // prettier-ignore

const sample = (name: string, title: string, fitted: Preset["fit"]): Preset => ({
  name: `completejourney-${name}`, title: `The Complete Journey: ${title}`, description: `${title} of the sample workspace, as sample/README.md describes them.`, format: "csv", fit: fitted,
}); // prettier-ignore

/** Presets for the files of `sample/`. */
export const SAMPLE_PRESETS: readonly Preset[] = [
  sample("mailings", "mailings", mailings),
  sample("displays", "displays and mailer pages", displays),
  sample("redemptions", "coupon redemptions", redemptions),
  sample("baskets", "store baskets", baskets),
  sample("households", "household demographics", households),
];
