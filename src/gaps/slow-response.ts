/** Slow first response: people who asked and heard from a person only after a day. Who never heard is an unanswered question. */
import {
  type ChanceKind,
  DAY_MS,
  HOUR_MS,
  type Look,
  PEOPLE_ONLY,
  type Told,
  assumed,
  channelName,
  firstOfEach,
} from "./kind.ts";
import { taskRemedy } from "./remedies.ts";

const TARGET_MS = DAY_MS;
const ANSWERED_WITHIN_MS = 7 * DAY_MS;

/** By the channel in which it was asked. */
export const slowResponse: ChanceKind = {
  type: "chances",
  kind: "slow_response",
  definition: `Of the people who asked something and heard from a person within ${ANSWERED_WITHIN_MS / DAY_MS} days, those who waited longer than ${TARGET_MS / HOUR_MS} hours for it.`,
  settledMs: ANSWERED_WITHIN_MS,
  sql: (look: Look) =>
    look.has("enquiry") && look.has("answered")
      ? `select 'response' as family, x.2 as subject, customer, x.1 as at, toUInt8(answer.1 > x.1 + ${TARGET_MS}) as lost, [(x.1, x.3), answer] as moments from (
          select customer, arrayJoin(asked) as x, arrayFirst(a -> a.1 > x.1 and a.1 <= x.1 + ${ANSWERED_WITHIN_MS}, answers) as answer from (
            select customer, ${firstOfEach(`groupArrayIf((at, toString(channel), toString(name)), ${look.is("enquiry")})`, look)} as asked,
              arraySort(groupArrayIf((at, toString(name)), ${look.is("answered")})) as answers
            from (${look.rows("name, channel, touchpoint", ["enquiry", "answered"], { backMs: 0, aheadMs: ANSWERED_WITHIN_MS })}) group by customer ${PEOPLE_ONLY})
          ) where answer.1 > 0`
      : null,
  missing: "Enquiries, or what people answered to them, are not told (as Ticket Created and Ticket Replied).",
  told: (_look, _family, subject): Told => ({
    title: `Waited longer than a day for a first answer (${channelName(subject)})`,
    statedRatio: 0.2,
    statedWords: "more than 20 % who wait longer than a day are held to be too many in any business",
    remedy: taskRemedy("Answer who waits", "Who asked and waits goes to whoever answers first.", "Asked something and waited longer than a day. Answer, say sorry for the wait, and ask whether anything is still open.", "Service"),
    assumptions: assumed(0.15, 0.8),
    fixability: "It is a matter of who looks at what, and when: a task with a due time does it.",
  }),
}; // prettier-ignore
