/** Hesitation: people who come back to the prices, or to one product, again and again and do nothing about it. */
import { type ChanceKind, DAY_MS, type Look, PEOPLE_ONLY, PROPERTIES_SQL, type Told, assumed, firstInEach, firstOfEach, property } from "./kind.ts"; // prettier-ignore
import { periodSql } from "../metrics/calendar.ts";
import { journeyRemedy, spelled } from "./remedies.ts";
import type { Role } from "../questions/vocabulary.ts";

const DAYS_AGAIN = 3;
const WITHIN_MS = 14 * DAY_MS;
const THEN_MS = 7 * DAY_MS;
const REACH = { backMs: 0, aheadMs: WITHIN_MS + THEN_MS };
const PRICES = "prices";
const PRODUCT = "one product";
const DECIDED: { readonly [family: string]: readonly Role[] } = {
  [PRICES]: ["order", "demo", "meeting", "enquiry", "trial", "subscribed"],
  [PRODUCT]: ["cart", "order"],
};

function familySql(look: Look, family: string, seen: Role, key: string): string {
  const views = `arrayFilter(v -> v.1 >= x.1 and v.1 <= x.1 + ${WITHIN_MS}, seen)`;
  // The first view on each day of the workspace's clock, by the day's number.
  const days = `arrayFirstIndex(d -> d = ${DAYS_AGAIN}, arrayEnumerate(arrayDistinct(arrayMap(v -> ${periodSql("v.1", "day", look.zone)}, ${views}))))`;
  const last = `arrayMax(v -> v.1, ${views})`;
  return `select '${family}' as family, '${family}' as subject, customer, x.1 as at,
      toUInt8(${days} > 0 and not arrayExists(t -> t >= x.1 and t <= ${last} + ${THEN_MS}, decided)) as lost, ${views} as moments
    from (select customer, seen, decided, arrayJoin(${firstInEach("seen", look)}) as x from (
      select customer, ${key} as item, ${firstOfEach("groupArray((at, toString(name)))", look)} as seen
      from (${look.rows(`name${key === "''" ? "" : `, ${PROPERTIES_SQL} as properties`}`, [seen], REACH)})
      ${key === "''" ? "" : `where ${key} != ''`} group by customer, item ${PEOPLE_ONLY}) s
    left any join (select customer, arrayMap(m -> m.1, ${firstOfEach("groupArray((at, 0))", look)}) as decided from (${look.rows("", DECIDED[family]!, REACH)}) group by customer) d using customer)`;
} // prettier-ignore

/** Prices, and single products. */
export const hesitation: ChanceKind = {
  type: "chances",
  kind: "hesitation",
  definition: `Of the people who looked at the prices (or at a product), those who did so on ${DAYS_AGAIN} days or more within ${WITHIN_MS / DAY_MS} days and neither bought, asked nor booked (or put it in the cart) until ${THEN_MS / DAY_MS} days after.`,
  settledMs: WITHIN_MS + THEN_MS,
  sql: (look) => {
    const parts = [
      ...(look.has("pricing") ? [familySql(look, PRICES, "pricing", "''")] : []),
      ...(look.has("product") ? [familySql(look, PRODUCT, "product", property("product"))] : []),
    ];
    return parts.length === 0 ? null : parts.join(" union all ");
  },
  missing: "Neither pages about prices (their path has pricing, prices or plans in it) nor products that were looked at are told.",
  told: (look, family): Told => ({
    title: family === PRICES ? "Come back to the prices again and again, and do nothing" : "Come back to one product again and again, and do not take it",
    statedRatio: 0.15,
    statedWords: "more than 15 % who hesitate are held to be too many in any business",
    remedy: family === PRICES
      ? journeyRemedy("lead_follow_up", "Talk with who hesitates at the prices", "Who looks at the prices for the third time has a question that a person can answer.", { eventNames: spelled([["Meeting Booked", look.namesOf("meeting")], ["Order Completed", look.namesOf("order")], ["Contract Signed", look.namesOf("subscribed")]]) })
      : journeyRemedy("browse", "Advice for who hesitates at a product", "Who comes back to one product is offered advice instead of more choice.", { eventNames: spelled([["Product Viewed", look.namesOf("product")], ["Product Added", look.namesOf("cart")], ["Order Completed", look.namesOf("order")]]) }),
    assumptions: assumed(0.15, 0.6),
    fixability: "They are interested and known where they gave an address; what holds them back has to be asked.",
  }),
}; // prettier-ignore
