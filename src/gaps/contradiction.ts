/**
 * Contradiction: one product has one price, offer or promise here and another there, for the same person within a day; or
 * one order was promised for two days.
 */
import { type ChanceKind, DAY_MS, ITEMS, type Look, PEOPLE_ONLY, PROPERTIES_SQL, type Told, assumed, firstOfEach, property } from "./kind.ts"; // prettier-ignore
import { contentRemedy } from "./remedies.ts";
import type { PROPERTIES, Role } from "../questions/vocabulary.ts";

const WITHIN_MS = DAY_MS;
const SHOWN: readonly Role[] = ["product", "cart", "checkout", "order", "quoted", "message", "promised"];
/** Rounding is no contradiction. */
const ROUNDING_RATIO = 0.005;
const WHAT = ["price", "offer", "delivery"] as const satisfies readonly (keyof typeof PROPERTIES)[];

/** What is promised of an order is its day; of a product, in how many days. */
const DELIVERY = (one: string, promised: string): string => {
  const told = `if(${promised} = 1, if(${property("delivery", one)} != '', ${property("delivery", one)}, ${property("due", one)}), ${property("delivery", one)})`;
  return `replaceRegexpOne(${told}, '^(\\\\d{4}-\\\\d\\\\d-\\\\d\\\\d)[T ].*$', '\\\\1')`;
};

/** What each customer was told of each product and order. Who met the business in one channel only cannot have been told two things. */
function shown(look: Look): string {
  const reach = { backMs: 0, aheadMs: 0 };
  const several = `select customer from (${look.rows("channel", SHOWN, reach)}) group by customer having uniq(channel) > 1`;
  const values = WHAT.map((what) => `('${what}', ${what === "delivery" ? DELIVERY("one", "promised") : property(what, "one")})`).join(", ");
  const item = `if(${property("product", "one")} != '' or promised = 0, ${property("product", "one")}, if(${property("order", "one")} = '', '', concat('order ', ${property("order", "one")})))`;
  return `select customer, item, said.1 as what, ${firstOfEach("groupArray((at, channel, said.2, currency, name))", look)} as told from (
      select customer, at, toString(channel) as channel, toString(name) as name, ${item} as item, arrayJoin([${values}]) as said, upper(${property("currency", "one")}) as currency
      from (select customer, at, channel, name, toUInt8(${look.is("promised")}) as promised, arrayJoin(${ITEMS}) as one from (${look.rows(`channel, name, touchpoint, ${PROPERTIES_SQL} as properties`, SHOWN, reach)}) where customer in (${several}))
      where item != '' and said.2 != '')
    group by customer, item, what ${PEOPLE_ONLY} and uniq(channel) > 1`;
} // prettier-ignore

/** Whether two values are one: numbers by their size, anything else by its text. */
const differs = (a: string, b: string): string =>
  `if(toFloat64OrNull(${a}) is not null and toFloat64OrNull(${b}) is not null,
     abs(toFloat64OrZero(${a}) - toFloat64OrZero(${b})) > ${ROUNDING_RATIO} * greatest(abs(toFloat64OrZero(${a})), abs(toFloat64OrZero(${b}))), lower(${a}) != lower(${b}))`;

const pairsSql = (look: Look): string =>
  `select what as family, concat(what, ': ', least(x.2, y.2), ' and ', greatest(x.2, y.2)) as subject, customer, x.1 as at, toUInt8(${differs("x.3", "y.3")}) as lost,
      [(x.1, concat(x.5, ' (', x.2, ', ', x.3, ')')), (y.1, concat(y.5, ' (', y.2, ', ', y.3, ')'))] as moments
    from (select customer, what, x, arrayJoin(arrayFilter(y -> y.1 >= x.1 and y.1 <= x.1 + ${WITHIN_MS} and y.2 != x.2 and (y.4 = x.4 or y.4 = '' or x.4 = ''), told)) as y
      from (select customer, what, told, arrayJoin(told) as x from (${shown(look)})))`; // prettier-ignore

const WORDS = { price: "price", offer: "offer", delivery: "promised delivery" } as const;

/** By what differs, and the two channels. */
export const contradiction: ChanceKind = {
  type: "chances",
  kind: "contradiction",
  definition:
    "Of the people who were told a product's price (offer, delivery) in two channels within a day, those who were told two different ones; and likewise of the day an order was promised for. Half a percent is rounding, and other currencies are other prices.",
  settledMs: 0,
  sql: (look) => (SHOWN.filter(look.has).length === 0 ? null : pairsSql(look)),
  missing: "No events tell a product with its price (product_id and price).",
  told: (_look, family, subject): Told => {
    const what = WORDS[family as keyof typeof WORDS];
    const channels = subject.slice(family.length + 2);
    return {
      title: `Told another ${what} in one channel than in the other (${channels})`,
      statedRatio: 0.05,
      statedWords: "more than 5 % who are told two things are held to be too many in any business",
      remedy: contentRemedy(`One ${what} in ${channels}`, "Whoever is told two things trusts neither.", `Which ${what} holds, and since when?`, [
        `Say where the ${what} is laid down, and let both channels read it there.`,
        "Where a difference is meant (a store's own offer), say so in both channels.",
        "Honour the better one for those who were told both.",
      ]),
      assumptions: assumed(0.1, 0.6),
      fixability: "One source for both channels does it; how hard that is depends on their tools.",
    };
  },
}; // prettier-ignore
