/** Silence after the purchase: people bought and heard nothing from the business afterwards. */
import { type ChanceKind, DAY_MS, HOUR_MS, type Look, PEOPLE_ONLY, type Told, assumed, channelName, firstInEach } from "./kind.ts"; // prettier-ignore
import { journeyRemedy, spelled } from "./remedies.ts";

const WITHIN_MS = 14 * DAY_MS;
/** What arrives at once is the receipt. */
const RECEIPT_MS = HOUR_MS;

/** By the channel they bought in. */
export const silenceAfterPurchase: ChanceKind = {
  type: "chances",
  kind: "silence_after_purchase",
  definition: `Of the people who bought (their first order of a period), those whom no message, call or other word of the business reached from an hour after the order until ${WITHIN_MS / DAY_MS} days after it.`,
  settledMs: WITHIN_MS,
  sql: (look: Look) =>
    look.has("order") && look.has("touched")
      ? `select 'purchase' as family, x.2 as subject, customer, x.1 as at,
          toUInt8(not arrayExists(t -> t > x.1 + ${RECEIPT_MS} and t <= x.1 + ${WITHIN_MS}, words)) as lost, [(x.1, x.3)] as moments
        from (select customer, words, arrayJoin(${firstInEach("orders", look)}) as x from (
          select customer, arraySort(groupArrayIf((at, toString(channel), toString(name)), ${look.is("order")})) as orders, groupArrayIf(at, ${look.is("touched")}) as words
          from (${look.rows("name, channel, touchpoint", ["order", "touched"], { backMs: 0, aheadMs: WITHIN_MS })}) group by customer ${PEOPLE_ONLY}))`
      : null,
  missing: "Orders, or what the business says to customers (messages sent, calls), are not told.",
  told: ({ namesOf }, _family, subject): Told => ({
    title: `Bought (${channelName(subject)}) and heard nothing afterwards`,
    statedRatio: 0.5,
    statedWords: "more than 50 % who hear nothing are held to be too many in any business; some may not be written to",
    remedy: journeyRemedy("after_purchase", "After the purchase", "Help with what was bought, and a question a week later, make of a purchase a relation.", { eventNames: spelled([["Order Completed", namesOf("order")]]) }),
    assumptions: assumed(0.08, 0.8, 365),
    fixability: "Their address is known from the order, and the journey can be drafted, replayed and proven.",
  }),
}; // prettier-ignore
