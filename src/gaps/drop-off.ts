/** Drop-off: people who took a step and never the next one, in the time it usually takes, by the channel they were in. */
import {
  type ChanceKind,
  DAY_MS,
  type Look,
  PEOPLE_ONLY,
  type Told,
  assumed,
  channelName,
  firstInEach,
} from "./kind.ts";
import { journeyRemedy, spelled, taskRemedy } from "./remedies.ts";
import type { Role } from "../questions/vocabulary.ts";

type Step = {
  readonly key: string;
  readonly title: string;
  readonly from: Role;
  readonly to: readonly Role[];
  readonly withinMs: number;
  /** Tolerances of ours, generous on purpose: what a business is like tells better, and is asked as well. */
  readonly statedRatio: number | null;
};
const STEPS: readonly Step[] = [
  { key: "product to cart", title: "Looked at a product, put nothing in the cart", from: "product", to: ["cart", "order"], withinMs: 7 * DAY_MS, statedRatio: null },
  { key: "cart to order", title: "Put something in the cart, did not order", from: "cart", to: ["order"], withinMs: 7 * DAY_MS, statedRatio: 0.85 },
  { key: "checkout to order", title: "Began the checkout, did not order", from: "checkout", to: ["order"], withinMs: 3 * DAY_MS, statedRatio: 0.65 },
  { key: "form begun to sent", title: "Began a form, did not send it", from: "form_started", to: ["form_submitted"], withinMs: DAY_MS, statedRatio: 0.8 },
  { key: "trial to subscription", title: "Tried it, did not subscribe", from: "trial", to: ["subscribed", "order"], withinMs: 30 * DAY_MS, statedRatio: 0.9 },
  { key: "request to meeting", title: "Asked for a meeting or quote, none came about", from: "demo", to: ["meeting", "subscribed", "order"], withinMs: 14 * DAY_MS, statedRatio: 0.6 },
]; // prettier-ignore
const present = ({ has }: Look) => STEPS.filter(({ from, to }) => has(from) && to.some(has));

function stepSql(look: Look, { key, from, to, withinMs }: Step): string {
  const took = to.map(look.is).join(" or ");
  return `select '${key}' as family, concat('${key} in ', x.2) as subject, customer, x.1 as at,
      toUInt8(not arrayExists(t -> t >= x.1 and t <= x.1 + ${withinMs}, nexts)) as lost, [(x.1, x.3)] as moments
    from (select customer, arrayJoin(${firstInEach("begun", look)}) as x, nexts from (
      select customer, arraySort(groupArrayIf((at, toString(channel), toString(name)), ${look.is(from)})) as begun, groupArrayIf(at, ${took}) as nexts
      from (${look.rows("name, touchpoint, channel", [from, ...to], { backMs: 0, aheadMs: withinMs })}) group by customer ${PEOPLE_ONLY}))`;
} // prettier-ignore

function told(look: Look, family: string, subject: string): Told {
  const step = STEPS.find(({ key }) => key === family)!;
  const channel = channelName(subject.slice(`${family} in `.length));
  const shop = spelled([["Order Completed", look.namesOf("order")], ["Product Added", look.namesOf("cart")], ["Product Viewed", look.namesOf("product")]]); // prettier-ignore
  return {
    title: `${step.title} (${channel})`,
    statedRatio: step.statedRatio,
    statedWords: step.statedRatio === null ? "" : `more than ${Math.round(step.statedRatio * 100)} % lost is held to be too many in any business`,
    remedy: remedyOf(step, look, shop),
    assumptions: assumed(0.1, step.key === "product to cart" ? 0.4 : 0.7),
    fixability: step.key === "product to cart"
      ? "Many look without wanting to buy: what helps them is not known yet."
      : "They were close to it and can be written to; a journey can be drafted, replayed and proven.",
  };
} // prettier-ignore

function remedyOf({ key, from }: Step, { namesOf }: Look, eventNames: { readonly [name: string]: string }) {
  switch (key) {
    case "product to cart":
      return journeyRemedy("browse", "Browsing without buying", "Who looked around gets what they looked at, and an offer to advise.", { eventNames });
    case "cart to order":
      return journeyRemedy("saved_cart", "Saved cart", "Who left the cart hears that it is kept, and gets help.", { eventNames });
    case "checkout to order":
      return journeyRemedy("saved_cart", "Checkout left", "Who left the checkout hears that it is kept, and gets help with what was in the way.", { entryEvent: namesOf(from)[0] ?? null, eventNames });
    case "request to meeting":
      return taskRemedy("Call who asked for a meeting", "They asked, and nothing came about: a person has to call.", "Asked for a meeting or a quote, and none came about. Call, and offer two times.", "Sales");
    default:
      return journeyRemedy("welcome", `Help after "${namesOf(from)[0] ?? key}"`, "Who began and stopped gets the next step explained, and a hand.", { entryEvent: namesOf(from)[0] ?? null, eventNames });
  }
} // prettier-ignore

/** By step and channel. Each customer's first such step of a period counts. */
export const dropOff: ChanceKind = {
  type: "chances",
  kind: "drop_off",
  definition:
    "Of the people who took a step (their first in the period), those who did not take the next one within the time it is given, in whatever channel.",
  settledMs: 0,
  settledMsOf: (family) => STEPS.find(({ key }) => key === family)?.withinMs ?? 0,
  sql: (look) => {
    const steps = present(look);
    // Each step is settled after its own time.
    return steps.length === 0
      ? null
      : steps.map((step) => `select * from (${stepSql(look, step)}) where at <= ${look.knownUntil - step.withinMs}`).join(" union all ");
  },
  missing: "No step is told together with the one that follows it, as Product Added and Order Completed.",
  told,
}; // prettier-ignore
