/** Starting over: people who had to ask the same again, be identified again, or begin a form again. */
import { type ChanceKind, DAY_MS, type Look, PEOPLE_ONLY, PROPERTIES_SQL, type Told, assumed, channelName, property } from "./kind.ts"; // prettier-ignore
import { dataRemedy } from "./remedies.ts";
import type { Role } from "../questions/vocabulary.ts";

type Way = {
  readonly family: string;
  readonly role: Role;
  /** What makes two of them the same. */
  readonly same: string;
  /** What tells one from a repeated report of it; empty: the instant. */
  readonly id: string;
  readonly withinMs: number;
  readonly times: number;
};
const WAYS: readonly Way[] = [
  { family: "asked again", role: "case_opened", same: `lower(${property("topic")})`, id: property("caseId"), withinMs: 7 * DAY_MS, times: 2 },
  { family: "identified again", role: "identity_asked", same: "''", id: "''", withinMs: DAY_MS, times: 2 },
  { family: "form begun again", role: "form_started", same: property("form"), id: "''", withinMs: DAY_MS, times: 3 },
]; // prettier-ignore

/** What begins one, and whether as many of the same follow it within the time. */
const waySql = (look: Look, { family, role, same, id, withinMs, times }: Way): string =>
  `select '${family}' as family, concat('${family} in ', x.4) as subject, customer, x.1 as at,
      arrayFilter(y -> y.1 >= x.1 and y.1 <= x.1 + ${withinMs}, begun) as near,
      toUInt8(length(arrayDistinct(arrayMap(y -> if(y.2 = '', toString(y.1), y.2), near))) >= ${times}) as lost,
      arrayMap(y -> (y.1, y.3), near) as moments
    from (select customer, begun, arrayJoin(begun) as x from (
      select customer, ${same} as same, arraySort(groupArray((at, ${id}, toString(name), toString(channel)))) as begun
      from (${look.rows(`name, channel, ${PROPERTIES_SQL} as properties`, [role], { backMs: 0, aheadMs: withinMs })}) group by customer, same ${PEOPLE_ONLY}))`; // prettier-ignore

const TITLES: { readonly [family: string]: string } = {
  "asked again": "Had to ask the same again",
  "identified again": "Had to say again who they are",
  "form begun again": "Began the same form again and again",
};

/** By what was begun anew, and the channel it was first begun in. */
export const startingOver: ChanceKind = {
  type: "chances",
  kind: "starting_over",
  definition:
    "Of the people who opened a case, were asked to identify themselves, or began a form: those who opened another one on the same topic within 7 days, in whatever channel, were asked who they are again within a day, or began the same form three times within a day.",
  settledMs: 7 * DAY_MS,
  sql: (look) => {
    const ways = WAYS.filter(({ role }) => look.has(role));
    return ways.length === 0
      ? null
      : ways.map((way) => `select family, subject, customer, at, lost, moments from (${waySql(look, way)})`).join(" union all ");
  },
  missing: "Neither cases that are opened, nor being asked for one's identity, nor forms that are begun are told.",
  told: (_look, family, subject): Told => ({
    title: `${TITLES[family]!} (${channelName(subject.slice(family.length + 4))})`,
    statedRatio: 0.25,
    statedWords: "more than 25 % who start over are held to be too many in any business",
    remedy: dataRemedy("Let whoever answers see what was said before", "Starting over comes from channels that do not know of each other.", [
      "Send one case id (ticket_id, conversation_id) with the events of all channels in which a case goes on.",
      "Show the customer's timeline beside the tool in which people answer.",
      "Ask for a name or number only when the customer is not known yet: look them up first.",
    ]),
    assumptions: assumed(0.1, 0.5),
    fixability: "It needs tools to hand their context over, which is work outside of this platform.",
  }),
}; // prettier-ignore
