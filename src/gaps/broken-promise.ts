/** Broken promises: what was promised by a time, and was not done by then. */
import { type ChanceKind, DAY_MS, type Look, PEOPLE_ONLY, PROPERTIES_SQL, type Told, assumed, firstOfEach, property } from "./kind.ts"; // prettier-ignore
import { dueSql } from "../metrics/calendar.ts";
import { taskRemedy } from "./remedies.ts";

/** Promises for later than this after they were made are not looked at. */
const AHEAD_MS = 60 * DAY_MS;

/** By what was promised. */
export const brokenPromise: ChanceKind = {
  type: "chances",
  kind: "broken_promise",
  definition:
    "Of the people to whom something was promised by a time (a call back, a delivery, a refund), those for whom it was not done by then, or not at all. A promise and its keeping belong together by their id where both tell one; one that was withdrawn in time (Promise Withdrawn) is not broken. A day without a time is due at its end, by the workspace's clock.",
  settledMs: 0,
  sql: (look: Look) =>
    look.has("promised") && look.has("kept")
      ? `select 'promise' as family, if(x.4 = '', 'a promise', x.4) as subject, customer, x.1 as at,
          toUInt8(not arrayExists(k -> k.1 >= x.1 and k.1 <= x.3 and (k.2 = x.2 or k.2 = '' or x.2 = ''), done)) as lost, [(x.1, x.5), (x.3, 'It was due')] as moments
        from (select customer, done, arrayJoin(arrayFilter(p -> p.3 > p.1 and p.3 <= least(p.1 + ${AHEAD_MS}, ${look.knownUntil}), promised)) as x from (
          select customer, ${firstOfEach(`groupArrayIf((at, promise, due, what, toString(name)), ${look.is("promised")})`, look)} as promised, groupArrayIf((at, promise), ${look.is("kept")}) as done
          from (select customer, at, name, touchpoint, ${property("promiseId")} as promise, ${dueSql(property("due"), look.zone)} as due, substringUTF8(lowerUTF8(${property("promise")}), 1, 80) as what
            from (${look.rows(`name, touchpoint, ${PROPERTIES_SQL} as properties`, ["promised", "kept"], { backMs: 0, aheadMs: AHEAD_MS })}))
          group by customer ${PEOPLE_ONLY}))`
      : null,
  missing: "Promises (as Promise Made, with due_at) or their keeping (as Promise Kept) are not told.",
  told: (_look, _family, subject): Told => ({
    title: `A promise was not kept in time: ${subject}`,
    statedRatio: 0.1,
    statedWords: "more than 10 % whose promise is broken are held to be too many in any business",
    remedy: taskRemedy(`Keep the promise: ${subject}`, "Who waits for what was promised is called before they call.", `Was promised: ${subject}. It was not done in time. Do it now, and say sorry.`, "Service"),
    assumptions: assumed(0.2, 0.7),
    fixability: "Each promise has a time and a name: a task before it is due does it.",
  }),
}; // prettier-ignore
