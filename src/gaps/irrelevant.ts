/**
 * Irrelevant messages: what was just bought is advertised, what cannot be had, to somebody whose complaint is open, or for
 * something they have done already.
 */
import { type ChanceKind, DAY_MS, type Look, PEOPLE_ONLY, PRODUCT_IDS, PROPERTIES_SQL, type Told, assumed, firstOfEach, property } from "./kind.ts"; // prettier-ignore
import { dataRemedy } from "./remedies.ts";
import type { Role } from "../questions/vocabulary.ts";

const BOUGHT_MS = 30 * DAY_MS;
const OPEN_MS = 90 * DAY_MS;
const REACH = { backMs: OPEN_MS, aheadMs: 0 };
/** What is sent for the customer's own sake is no advertising. */
const SERVICE = "('service', 'transactional')";

/** An event's name without case and punctuation, as names are compared everywhere. */
const plainly = (name: string): string => `replaceRegexpAll(lowerUTF8(${name}), '[^\\\\p{L}\\\\p{N}]', '')`;

/** Rows of messages, each with what was known of the customer. */
const gathered = (look: Look): string =>
  `select customer, x, bought, opened, closed, did from (
    select customer, arrayJoin(sent) as x, bought, opened, closed, did from (
      select customer, ${firstOfEach(`groupArrayIf((at, products, asks, toString(name)), ${look.is("message")} and purpose not in ${SERVICE})`, look)} as sent,
        groupArrayIf((at, products, toString(name)), ${look.is("order")}) as bought, groupArrayIf((at, toString(name)), ${look.is("complained")}) as opened,
        groupArrayIf(at, ${look.is("settled")}) as closed, groupArrayIf((at, toString(name), ${plainly("name")}), not ${look.is("message")}) as did
      from (select customer, at, name, ${PRODUCT_IDS} as products, lower(${property("purpose")}) as purpose, ${plainly(property("asks"))} as asks
        from (${look.rows(`name, touchpoint, ${PROPERTIES_SQL} as properties`, ["message", "order", "complained", "settled", "signed_up", "trial", "subscribed", "demo", "meeting", "form_submitted"], REACH)}))
      group by customer ${PEOPLE_ONLY}))`; // prettier-ignore

/** What was out of stock when, by product, whoever told it and wherever: events, or the workspace's stock, which knows its last change. */
function stock(look: Look): string {
  const told = [
    ...(look.has("out_of_stock")
      ? [`select arrayJoin(${PRODUCT_IDS}) as product, at, toUInt8(${look.is("out_of_stock")}) as out
          from (${look.scoped.own(`name, touchpoint, ${PROPERTIES_SQL} as properties`, `${look.is("out_of_stock")} or ${look.is("back_in_stock")}`, { from: look.before.from - OPEN_MS, to: look.period.to })})`]
      : []),
    ...(look.stock.length > 0
      ? [`select substring(told, position(told, ':') + 1) as product, toInt64(extract(told, '^[01] ([0-9]+):')) as at, toUInt8(startsWith(told, '1')) as out
          from (select arrayJoin(${look.scoped.parameters.texts(look.stock.map(({ product, at, isOut }) => `${isOut ? 1 : 0} ${at}:${product}`))}) as told)`]
      : []),
  ];
  return `select product, arraySort(groupArray((at, out))) as told from (${told.join(" union all ")}) group by product`;
} // prettier-ignore

/** What of a customer makes a message `x` irrelevant, by family: moments that show it. */
const REASONS: { readonly [family: string]: string } = {
  "just bought": `arrayMap(b -> (b.1, b.3), arrayFilter(b -> b.1 <= x.1 and b.1 > x.1 - ${BOUGHT_MS} and hasAny(b.2, x.2), bought))`,
  "complaint open": `arrayFilter(o -> o.1 <= x.1 and o.1 > x.1 - ${OPEN_MS} and not arrayExists(c -> c > o.1 and c <= x.1, closed), opened)`,
  "already done": `arrayMap(d -> (d.1, d.2), arrayFilter(d -> x.3 != '' and d.3 = x.3 and d.1 <= x.1 and d.1 > x.1 - ${BOUGHT_MS}, did))`,
};
const TOLD_BY: { readonly [family: string]: Role } = {
  "just bought": "order",
  "complaint open": "complained",
};

/** One reading tells all that goes by the customer alone. */
function byCustomer(look: Look): string {
  const families = Object.entries(REASONS).filter(([family]) => TOLD_BY[family] === undefined || look.has(TOLD_BY[family]));
  const all = families.map(([family, reason]) => `('${family}', ${reason})`).join(", ");
  return `select f.1 as family, f.1 as subject, customer, x.1 as at, toUInt8(notEmpty(f.2)) as lost, arrayPushBack(f.2, (x.1, x.4)) as moments
    from (select customer, x, arrayJoin([${all}]) as f from (${gathered(look)}))`;
} // prettier-ignore

/** By the message alone: whoever it was sent to, what it was about was there or not. */
const byStock = (look: Look): string =>
  `select 'out of stock' as family, family as subject, customer, at, toUInt8(max(last.2)) as lost, [(at, name)] as moments
   from (select customer, at, name, arrayLast(s -> s.1 <= at, told) as last
     from (select customer, at, toString(name) as name, arrayJoin(arrayPushFront(${PRODUCT_IDS}, '')) as product
       from (${look.rows(`name, touchpoint, ${PROPERTIES_SQL} as properties`, ["message"], { backMs: 0, aheadMs: 0 })}) where lower(${property("purpose")}) not in ${SERVICE}) m
     left any join (${stock(look)}) s using product)
   group by customer, at, name`; // prettier-ignore

const TITLES: { readonly [family: string]: string } = {
  "just bought": "Advertised what they had just bought",
  "out of stock": "Advertised what could not be had",
  "complaint open": "Advertised to people whose complaint was open",
  "already done": "Asked for what they had done already",
};
const STEPS: { readonly [family: string]: readonly string[] } = {
  "just bought": ["Name the products in message steps (products), and turn on the policy's rest after a purchase."],
  "out of stock": ["Tell the stock (the stock API or events), and name the products in message steps."],
  "complaint open": ["Add the hold Open case to the policy: opened by the complaint, closed when it is settled."],
  "already done": ["Give the journey an exit by what it asks for, so that who does it leaves at once."],
}; // prettier-ignore

/** By what made it irrelevant. Messages for service are no advertising. */
export const irrelevantMessage: ChanceKind = {
  type: "chances",
  kind: "irrelevant_message",
  definition: `Of the people who were sent advertising, those who got any for a product they had bought within ${BOUGHT_MS / DAY_MS} days, for one out of stock, while their complaint was open, or that asked for what they had done within ${BOUGHT_MS / DAY_MS} days.`,
  settledMs: 0,
  sql: (look) => {
    if (!look.has("message")) return null;
    const parts = [byCustomer(look), ...(look.has("out_of_stock") || look.stock.some(({ isOut }) => isOut) ? [byStock(look)] : [])];
    return parts.map((part) => `select family, subject, customer, at, lost, moments from (${part})`).join(" union all ");
  },
  missing: "Messages are not told: neither ours nor those of another tool (as Email Sent).",
  told: (_look, family): Told => ({
    title: TITLES[family]!,
    statedRatio: 0.05,
    statedWords: "more than 5 % who get such a message are held to be too many in any business",
    remedy: dataRemedy("Let messages know what happened", "A rule of permission holds such messages back for all journeys at once.", STEPS[family]!),
    assumptions: assumed(0.05, 0.9),
    fixability: "A setting of the policy does it for all messages that this platform sends.",
  }),
}; // prettier-ignore
