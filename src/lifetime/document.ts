/** What the API tells of a fit: the laws with their intervals, what they expect, and whether they would have foretold it. Pure. */
import { z } from "zod";
import { Basis, Interval, TooLittle } from "../analysis/model.ts";
import { currencyWords } from "../metrics/currency.ts";
import { isoOf } from "../values.ts";
import { LEVEL_RATIO } from "./fitting.ts";
import { type Estimate, type Fit, LIFETIME_LIMITS, LifetimeAsked, type Scarce } from "./model.ts";
import type { KeptFit } from "./store.ts";
import type { Worked } from "./workout.ts";

const Law = z.object({
  law: z.enum(["bg_nbd", "pareto_nbd", "gamma_gamma"]),
  state: z.enum(["fitted", "not_settled", "not_identified"]),
  logLikelihood: z.number().nullable(),
  parameters: z.array(z.object({ name: z.string(), value: z.number(), interval: Interval })),
});
const Group = z.object({ repeats: z.int(), customers: z.int(), expected: z.number(), actual: z.number() });
const FittedTold = z.object({
  type: z.literal("fitted"),
  customers: z.int(),
  returned: z.int().describe("Customers who came back at least once"),
  stepDays: z.int().describe("Ages and recencies were rounded to so many days to fit"),
  chosen: z.enum(["bg_nbd", "pareto_nbd"]).describe("The law under which the purchases were more likely: customers' traits are made by it"),
  laws: z.array(Law),
  purchases: z.object({ weeks: z.int(), expected: z.number(), interval: Interval }).describe("Purchases expected of all customers together"),
  active: z.object({ expected: z.number(), interval: Interval }).nullable().describe("How many of all customers are expected to buy again some time"),
  each: z.object({ value: z.number(), interval: Interval }).nullable().describe("What a purchase is worth on the average of all customers; null: the purchases do not tell"),
  check: z.object({
    weeks: z.number(), customers: z.int(), expected: z.number(), actual: z.number(),
    errorRatio: z.number().nullable().describe("(expected - actual) / actual"),
    groups: z.array(Group).describe("By how often customers had come back: the averages; the last group holds its count and more"),
  }).nullable().describe("The law fitted to the first two thirds against what came in the last; null: too little in the first two"),
  told: z.int().describe("Customers whose traits were told anew by this fit"),
}); // prettier-ignore
/** A workspace's fit, why there is none, or that none was made yet. */
export const LifetimeAnswer = z.object({
  asked: LifetimeAsked,
  purchase: z
    .object({ events: z.array(z.string()), values: z.array(z.string()) })
    .nullable()
    .describe(
      "What was taken for a purchase, and the properties of which the first is its worth; null: nothing was looked at yet",
    ),
  result: z.discriminatedUnion("type", [
    FittedTold,
    TooLittle,
    z.object({ type: z.literal("not_fitted"), detail: z.string() }),
    z.object({ type: z.literal("not_yet"), detail: z.string() }),
  ]),
  basis: Basis.nullable().describe("null: nothing was looked at yet"),
});
export type LifetimeAnswer = z.infer<typeof LifetimeAnswer>;

const METHOD =
  "BG/NBD (Fader, Hardie and Lee 2005) and Pareto/NBD (Schmittlein, Morrison and Colombo 1987) fitted by maximum likelihood to days with a purchase; money by Gamma-Gamma (Fader and Hardie 2013), which supposes that how much customers spend has nothing to do with how often they come. Intervals by the observed information. Whoever bought before the log began counts from the first purchase in it. Refunds are not subtracted.";

/** Says what is missing. */
function littleTold({ reason, found, needed }: Scarce): z.infer<typeof TooLittle> {
  const what = { customers: "customers with a purchase", returned: "customers who came back", period: "weeks since the first purchase" }; // prettier-ignore
  return { type: "too_little_data", found, needed, detail: `Only ${found} ${what[reason]}; below ${needed} nothing is told.` }; // prettier-ignore
}

const interval = ({ low, high }: { readonly low: number; readonly high: number }): Interval => ({
  low,
  high,
  level: LEVEL_RATIO,
});

/** As they stand in the literature; a stored fit has lost its order. */
const PARAMETERS = ["p", "q", "v", "r", "alpha", "a", "b", "s", "beta"];

function lawTold(law: z.infer<typeof Law>["law"], fit: Fit<{ readonly [name: string]: number }>): z.infer<typeof Law> {
  if (fit.type === "not_fitted") return { law, state: fit.reason, logLikelihood: null, parameters: [] };
  const estimates = Object.entries<Estimate>(fit.estimates).toSorted(([a], [b]) => PARAMETERS.indexOf(a) - PARAMETERS.indexOf(b));
  const parameters = estimates.map(([name, one]) => ({ name, value: one.value, interval: interval(one) }));
  return { law, state: "fitted", logLikelihood: fit.logLikelihood, parameters };
} // prettier-ignore

function workedTold(worked: Worked, told: number): LifetimeAnswer["result"] {
  switch (worked.type) {
    case "too_little_data":
      return littleTold(worked);
    case "not_fitted":
      return { type: "not_fitted", detail: `Neither law fits the purchases of these ${worked.customers} customers.` };
    case "fitted": {
      const { customers, returned, stepDays, chosen, bgNbd, paretoNbd, gammaGamma, purchases, active, each, foretold } = worked;
      return {
        type: "fitted", customers, returned, stepDays, chosen, told,
        laws: [lawTold("bg_nbd", { ...bgNbd }), lawTold("pareto_nbd", { ...paretoNbd }), ...(gammaGamma ? [lawTold("gamma_gamma", { ...gammaGamma })] : [])],
        purchases: { weeks: LIFETIME_LIMITS.horizonWeeks, expected: purchases.value, interval: interval(purchases) },
        active: active ? { expected: active.value, interval: interval(active) } : null,
        each: each ? { value: each.value, interval: interval(each) } : null,
        check: foretold && { ...foretold, groups: [...foretold.groups] },
      };
    }
    default:
      return worked satisfies never;
  }
} // prettier-ignore

/** A kept fit as it is told; null: there is none yet. */
export function lifetimeTold(kept: KeptFit | null, tookMs: number): LifetimeAnswer {
  if (kept === null)
    return { asked: LifetimeAsked.parse({}), purchase: null, basis: null, result: { type: "not_yet", detail: "Nothing was fitted yet; it is done once a day, or when asked for." } }; // prettier-ignore
  const { worked, events, endDay, told, purchase, currency } = kept.result;
  const customers = worked.type === "too_little_data" ? (worked.reason === "customers" ? worked.found : 0) : worked.customers;
  return {
    asked: kept.asked,
    purchase: purchase ? { events: [...purchase.events], values: [...purchase.values] } : null,
    result: workedTold(worked, told),
    basis: { asOf: isoOf((endDay + 1) * DAY_MS), events, customers, method: `${METHOD}${currency ? currencyWords(currency) : ""}`, tookMs, reused: tookMs === 0 },
  };
} // prettier-ignore
const DAY_MS = 86_400_000;
