/** What the API tells of likely needs: of a workspace the goals with how well each is foreseen, of a customer the chances with reasons. Pure. */
import { z } from "zod";
import { Basis, Interval } from "../analysis/model.ts";
import { isoOf } from "../values.ts";
import { traitOf } from "./goals.ts";
import { likeliestOf } from "./hours.ts";
import { type Model, NEEDS_FLOOR, NEEDS_LIMITS, NeedGoal, NeedsAsked, type Unfit, type Worked, type WorkedGoal } from "./model.ts"; // prettier-ignore
import type { Kept, ToldNeeds } from "./store.ts";

const DAY_MS = 86_400_000;

const QualityTold = z.object({
  customers: z.int().describe("At the newest cut-off, which nothing was learnt from"),
  reached: z.int().describe("Of them, those who reached the goal in time"),
  auc: z.number().describe("The chance that one who reached it was told more than one who did not; .5 is a guess"),
  aucInterval: Interval,
  brier: z.number().describe("The mean squared distance of a chance from what came"),
  brierOfShare: z.number().describe("The same had everybody been told the share that reached it before"),
  calibrationError: z.number().describe("How far groups of equal size lie from what they were told, on the average"),
  groups: z.array(z.object({ customers: z.int(), foretold: z.number(), reached: z.int(), ratio: z.number(), interval: Interval })).describe("By what they were told, from least to most"),
}); // prettier-ignore
const ModelTold = z.object({
  numbers: z.int().describe("How many numbers of a customer it looks at"),
  penalty: z.number().describe("Of the ridge"),
  strongest: z.array(z.object({
    of: z.string(), event: z.string().optional(), channel: z.string().optional(), stage: z.string().optional(), days: z.int().optional().describe("In the last so many days"),
    weight: z.number().describe("What one deviation of it adds to the calibrated log odds"),
  })),
}); // prettier-ignore
const GoalTold = z.object({
  goal: NeedGoal,
  trait: z.string().describe("The customer's trait that tells the chance, for rules"),
  state: z.enum(["shown", "below_floor", "too_little_data", "unknown"]),
  detail: z.string().describe("Whether customers are told, or why not, in a sentence"),
  quality: QualityTold.nullable().describe("null: nothing could be learnt"),
  model: ModelTold.nullable().describe("What the chances are made of, the strongest first; it goes together with the goal, and need not be its cause"),
  learnt: z.object({ customers: z.int(), reached: z.int(), cutOffs: z.int() }).nullable().describe("What it was learnt from: customers of each cut-off, and of them those who reached the goal"),
}); // prettier-ignore
const Hour = z.int().min(0).max(23);
const Likeliest = z.object({ weekdayHour: Hour, weekendHour: Hour });
const HoursTold = z.object({
  customers: z.int().describe("Customers who visited, or opened or clicked a message, in half a year"),
  moments: z.int().describe("Quarters of an hour in which they did"),
  strength: z.number().nullable().describe("So many moments of a customer weigh as much as those of their stage; null: too little is known, and nothing is told"),
  all: Likeliest.nullable(),
  stages: z.array(Likeliest.extend({ stage: z.string() })),
  told: z.int().describe("Customers whose hours were told anew the last time"),
}); // prettier-ignore
/** GET /v1/needs. */
export const NeedsAnswer = z.object({
  asked: NeedsAsked,
  goals: z.array(GoalTold).describe("Empty: nothing was worked out yet"),
  told: z.int().describe("Customers whose traits were told anew the last time"),
  floor: z.object({ customers: z.int(), reached: z.int(), reachedTest: z.int(), aucLow: z.number(), calibrationError: z.number() }).describe("Below any of these nothing is told of a goal"),
  hours: HoursTold.nullable().describe("When customers are likely to be there, by their own clocks; null: nothing was worked out yet"),
  basis: Basis.omit({ events: true }).nullable().describe("null: nothing was worked out yet"),
}); // prettier-ignore
export type NeedsAnswer = z.infer<typeof NeedsAnswer>;

/** GET /v1/customers/{id}/needs. */
export const CustomerNeeds = z.object({
  needs: z.array(z.object({
    key: z.string(), name: z.string(), withinMs: z.int(), trait: z.string(),
    chance: z.number().describe("That the goal is reached within that time"),
    share: z.number().describe("Of all customers who were tested, the share that reached it"),
    reasons: z.array(z.object({ words: z.string().describe("What was seen of the customer"), direction: z.enum(["more", "less"]).describe("Whether such customers reach the goal more or less often. It goes together with it; nothing says that it is the cause") })),
    quality: QualityTold.pick({ auc: true, aucInterval: true, calibrationError: true, customers: true }),
  })).describe("The likeliest first"),
  next: z.string().nullable().describe("The key of the likeliest"),
  toldAt: z.iso.datetime().nullable().describe("When the chances last moved; null: nothing is told of this customer"),
  detail: z.string().describe("Why nothing is told, or what the chances rest on"),
  hours: Likeliest.nullable().describe("When the customer is likeliest to be there, by their own clock; null: nothing was told"),
}); // prettier-ignore
export type CustomerNeeds = z.infer<typeof CustomerNeeds>;

const METHOD =
  "Logistic regression with a ridge penalty (le Cessie and van Houwelingen 1992) on what customers did before cut-offs, learnt at the earlier ones; penalty and calibration (Platt 1999) at a later one; tested at the newest. Area under the curve with DeLong's interval (1988). What goes together with a goal need not be its cause.";

const percent = (ratio: number): string => `${Number((ratio * 100).toPrecision(2))} %`;
const SCARCE: { readonly [reason in Extract<Unfit, { type: "too_little_data" }>["reason"]]: string } = {
  history: "times of the goal's length with a month of history before them",
  customers: "customers who did anything in the half year before the newest cut-offs",
  reached: "customers who reached it in the time that is learnt from",
  not_reached: "customers who did not reach it in the time that is learnt from",
  reached_test: "customers who reached it in the times it is calibrated and tested by",
  not_reached_test: "customers who did not reach it in the times it is calibrated and tested by",
};

/** Whether it is told, in a sentence. */
export function detailOf(worked: Worked): string {
  switch (worked.type) {
    case "unknown":
      return worked.reason === "no_such_stage" ? "The stage model has no such stage." : "Everybody begins in this stage.";
    case "too_little_data":
      return `Only ${worked.found} ${SCARCE[worked.reason]}; below ${worked.needed} nothing is told.`;
    case "below_floor":
      return worked.below.map((one) =>
        one === "discrimination"
          ? `Who will reach it and who will not is told apart too poorly: the area under the curve may be as low as ${worked.quality.aucInterval.low.toFixed(2)}, and ${NEEDS_FLOOR.aucLow} is asked.`
          : `Chances lay ${percent(worked.quality.calibrationError)} from what came, on the average; at most ${percent(NEEDS_FLOOR.calibrationError)} is allowed.`,
      ).join(" ");
    case "shown":
      return "Customers are told.";
    default:
      return worked satisfies never;
  }
} // prettier-ignore

function modelTold({ features, weights, slope, penalty }: Model): z.infer<typeof ModelTold> {
  const strongest = features.map((feature, j) => ({ ...feature, weight: Number((slope * weights[j]!).toPrecision(4)) }));
  return { numbers: features.length, penalty, strongest: strongest.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, STRONGEST) };
} // prettier-ignore
const STRONGEST = 12;

function goalTold({ goal, worked }: WorkedGoal): z.infer<typeof GoalTold> {
  const is = worked.type === "shown" || worked.type === "below_floor" ? worked : null;
  return {
    goal, trait: traitOf(goal), state: worked.type, detail: detailOf(worked),
    quality: is && { ...is.quality, groups: [...is.quality.groups] },
    model: is && modelTold(is.model),
    learnt: is && { ...is.learnt },
  };
} // prettier-ignore

/** What is kept as it is told; null: there is nothing yet. */
export function needsTold(kept: Kept | null, tookMs: number): NeedsAnswer {
  const floor = { ...NEEDS_FLOOR };
  if (kept === null) return { asked: {}, goals: [], told: 0, floor, hours: null, basis: null };
  const { goals, cutOffAt, customers, told, hours } = kept.result;
  return {
    asked: kept.asked, goals: goals.map(goalTold), told, floor,
    hours: {
      customers: hours.customers, moments: hours.slots, strength: hours.strength, told: hours.told, all: hours.shared?.all ? likeliestOf(hours.shared.all) : null,
      stages: Object.entries(hours.shared?.stages ?? {}).map(([stage, of]) => ({ stage, ...likeliestOf(of) })),
    },
    basis: { asOf: isoOf(cutOffAt), customers, method: METHOD, tookMs, reused: tookMs === 0 },
  };
} // prettier-ignore

/** What is told of one customer. */
export function customerNeedsOf(kept: Kept | null, told: ToldNeeds | null, hours: string | null): CustomerNeeds {
  const shown = (kept?.result.goals ?? []).flatMap(({ goal, worked }) => (worked.type === "shown" ? [{ goal, quality: worked.quality }] : []));
  const needs = shown.flatMap(({ goal, quality }) => {
    const need = told?.needs[goal.key];
    if (!need) return [];
    const { auc, aucInterval, calibrationError, customers } = quality;
    return [{
      key: goal.key, name: goal.name, withinMs: goal.withinMs, trait: traitOf(goal), chance: need.chance, share: quality.reached / Math.max(1, quality.customers),
      reasons: need.reasons.map((reason) => ({ ...reason })), quality: { auc, aucInterval, calibrationError, customers },
    }];
  }).toSorted((a, b) => b.chance - a.chance);
  return { needs, next: needs[0]?.key ?? null, toldAt: told && needs.length > 0 ? isoOf(told.toldAt) : null, detail: whyOf(kept, shown.length, needs.length), hours: hours === null ? null : likeliestOf(hours) };
} // prettier-ignore

function whyOf(kept: Kept | null, shown: number, told: number): string {
  if (kept === null) return "Nothing was worked out yet; it is done once a day, or when asked for.";
  if (shown === 0)
    return "No goal of the workspace can be foreseen well enough for anybody to be told; the workspace's needs say why.";
  if (told === 0)
    return `Nothing is told of customers who did nothing for ${NEEDS_LIMITS.activeMs / DAY_MS} days, or who reached it all.`;
  return "By what was seen before today. Reasons go together with the goal and need not be its cause.";
}
