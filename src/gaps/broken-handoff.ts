/** Broken hand-off between channels: people were passed on, and nobody took them up. */
import { type ChanceKind, DAY_MS, HOUR_MS, type Look, PEOPLE_ONLY, PROPERTIES_SQL, type Told, assumed, firstOfEach, property } from "./kind.ts"; // prettier-ignore
import { taskRemedy } from "./remedies.ts";

const WITHIN_MS = DAY_MS;

/** By the channel it came from and where it should have gone. */
export const brokenHandoff: ChanceKind = {
  type: "chances",
  kind: "broken_handoff",
  definition: `Of the people who were handed over (a conversation transferred, a lead assigned, a call back asked for), those for whom nobody on the other side did anything within ${WITHIN_MS / HOUR_MS} hours.`,
  settledMs: WITHIN_MS,
  sql: (look: Look) =>
    look.has("handed_off") && look.has("taken_up")
      ? `select 'handoff' as family, concat(x.2, ' to ', if(x.3 = '', 'whoever', x.3)) as subject, customer, x.1 as at,
          toUInt8(not arrayExists(t -> t.1 > x.1 and t.1 <= x.1 + ${WITHIN_MS} and (not has(channels, x.3) or t.2 = x.3), taken)) as lost, [(x.1, x.4)] as moments
        from (select customer, taken, arrayJoin(handed) as x, arrayConcat(arrayMap(t -> t.2, taken), arrayMap(h -> h.2, handed), ['phone', 'store', 'sales', 'support', 'email', 'web', 'app', 'whatsapp']) as channels from (
          select customer, ${firstOfEach(`groupArrayIf((at, toString(channel), target, toString(name)), ${look.is("handed_off")})`, look)} as handed, groupArrayIf((at, toString(channel)), ${look.is("taken_up")} and not ${look.is("handed_off")}) as taken
          from (select *, substring(lower(${property("target")}), 1, 60) as target from (${look.rows(`name, channel, touchpoint, ${PROPERTIES_SQL} as properties`, ["handed_off", "taken_up"], { backMs: 0, aheadMs: WITHIN_MS })}))
          group by customer ${PEOPLE_ONLY}))`
      : null,
  missing: "Handing over (as Conversation Transferred, with to_channel) or taking up (as Call Completed) is not told.",
  told: (_look, _family, subject): Told => ({
    title: `Handed over from ${subject}, and nobody took it up`,
    statedRatio: 0.2,
    statedWords: "more than 20 % whom nobody takes up are held to be too many in any business",
    remedy: taskRemedy("Take up who was handed over", "They wait for somebody who does not know of them.", `Was handed over (${subject}) and nobody took it up within a day. Read what was said, and take it up yourself.`, "Service"),
    assumptions: assumed(0.2, 0.7),
    fixability: "A task that is made with the hand-off, with a due time and a name, does it.",
  }),
}; // prettier-ignore
