/**
 * Starting over: people who had to ask the same again, be identified again or begin a form again, who changed the channel
 * and began anew there, and who went round in circles.
 */
import { type ChanceKind, DAY_MS, HOUR_MS, type Look, PEOPLE_ONLY, PROPERTIES_SQL, type Told, assumed, channelName, firstOfEach, property } from "./kind.ts"; // prettier-ignore
import { dataRemedy } from "./remedies.ts";
import type { Role } from "../questions/vocabulary.ts";

const WEEK_MS = 7 * DAY_MS;
/** A call and the ticket that is written down during it are one contact. */
const SAME_CONTACT_MS = HOUR_MS / 2;
/** These report what happened elsewhere: nobody changes over to them. */
const NO_CHANNELS = "('server', 'other')";
/** So often at the same step, with another one between each, is a circle. */
const ROUNDS = 3;

type Again = {
  readonly family: string;
  readonly role: Role;
  /** What makes two of them the same. */
  readonly same: string;
  /** What tells one from a repeated report of it; empty: the instant. */
  readonly id: string;
  readonly withinMs: number;
  readonly times: number;
  /** Another channel is another way of starting over. */
  readonly inOneChannel: boolean;
};
const AGAIN: readonly Again[] = [
  { family: "asked again", role: "case_opened", same: `lower(${property("topic")})`, id: property("caseId"), withinMs: WEEK_MS, times: 2, inOneChannel: true },
  { family: "identified again", role: "identity_asked", same: "''", id: "''", withinMs: DAY_MS, times: 2, inOneChannel: false },
  { family: "form begun again", role: "form_started", same: property("form"), id: "''", withinMs: DAY_MS, times: 3, inOneChannel: true },
]; // prettier-ignore

/** What begins one, and whether as many of the same follow it within the time. */
const againSql = (look: Look, { family, role, same, id, withinMs, times, inOneChannel }: Again): string =>
  `select '${family}' as family, concat('${family} in ', x.4) as subject, customer, x.1 as at,
      arrayFilter(y -> y.1 >= x.1 and y.1 <= x.1 + ${withinMs}${inOneChannel ? " and y.4 = x.4" : ""}, begun) as near,
      toUInt8(length(arrayDistinct(arrayMap(y -> if(y.2 = '', toString(y.1), y.2), near))) >= ${times}) as lost,
      arrayMap(y -> (y.1, y.3), near) as moments
    from (select customer, begun, arrayJoin(begun) as x from (
      select customer, ${same} as same, ${firstOfEach(`groupArray((at, ${id}, toString(name), toString(channel)))`, look)} as begun
      from (${look.rows(`name, channel, ${PROPERTIES_SQL} as properties`, [role], { backMs: 0, aheadMs: withinMs })}) group by customer, same ${PEOPLE_ONLY}))`; // prettier-ignore

/** What is begun in one channel and could be gone on with in another. */
const BEGUN: readonly (Pick<Again, "role" | "same" | "id"> & { readonly always: boolean })[] = [
  { role: "case_opened", same: `lower(${property("topic")})`, id: property("caseId"), always: true },
  { role: "form_started", same: property("form"), id: "''", always: true },
  // Without its id nobody knows whether it was the same product.
  { role: "cart", same: property("product"), id: "''", always: false },
]; // prettier-ignore
const ELSEWHERE = "begun anew elsewhere";

function elsewhereSql(look: Look): string {
  const things = BEGUN.filter(({ role }) => look.has(role));
  const of = (what: "same" | "id"): string =>
    `multiIf(${things.flatMap((one) => [look.is(one.role), what === "same" ? `concat('${one.role} ', ${one.same})` : one.id]).join(", ")}, '')`;
  const unnamed = things.filter(({ always }) => !always).map(({ role }) => `and same != '${role} '`).join(" "); // prettier-ignore
  const rows = look.rows(`name, touchpoint, channel, ${PROPERTIES_SQL} as properties`, things.map(({ role }) => role), { backMs: 0, aheadMs: WEEK_MS }); // prettier-ignore
  return `select '${ELSEWHERE}' as family, concat('${ELSEWHERE} after ', x.4) as subject, customer, x.1 as at,
      arrayFilter(y -> y.1 > x.1 + ${SAME_CONTACT_MS} and y.1 <= x.1 + ${WEEK_MS} and y.4 != x.4 and (y.2 = '' or y.2 != x.2), begun) as anew,
      toUInt8(notEmpty(anew)) as lost, arrayPushFront(arrayMap(y -> (y.1, concat(y.3, ' (', y.4, ')')), anew), (x.1, concat(x.3, ' (', x.4, ')'))) as moments
    from (select customer, begun, arrayJoin(begun) as x from (
      select customer, ${of("same")} as same, ${firstOfEach(`groupArray((at, ${of("id")}, toString(name), toString(channel)))`, look)} as begun
      from (${rows}) where channel not in ${NO_CHANNELS} ${unnamed} group by customer, same ${PEOPLE_ONLY}))`;
} // prettier-ignore

/** Steps among which people go to and fro; the circle is told of the first two. */
const ROUND: readonly Role[] = ["checkout", "question"];
const BETWEEN: readonly Role[] = [...ROUND, "cart", "pricing", "form_started"];
const CIRCLES = "round in circles";

/** Whoever is back at the same step of the same subject again and again within a day, having been at another in between. */
const circlesSql = (look: Look): string =>
  `select '${CIRCLES}' as family, concat('${CIRCLES} in ', x.2) as subject, customer, x.1 as at,
      arrayFilter(y -> y.1 >= x.1 and y.1 <= x.1 + ${DAY_MS}, steps) as near,
      arrayFilter((y, i) -> i = 1 or (y.2, y.3, y.4) != (near[i - 1].2, near[i - 1].3, near[i - 1].4), near, arrayEnumerate(near)) as turns,
      toUInt8(countEqual(arrayMap(y -> (y.2, y.3, y.4), turns), (x.2, x.3, x.4)) >= ${ROUNDS}) as lost, arrayMap(y -> (y.1, y.3), turns) as moments
    from (select customer, steps, arrayJoin(arrayFilter(s -> s.5 = 1, steps)) as x from (
      select customer, ${firstOfEach(`groupArray((at, toString(channel), toString(name), ${property("topic")}, toUInt8(${ROUND.map(look.is).join(" or ")})))`, look)} as steps
      from (${look.rows(`name, touchpoint, channel, ${PROPERTIES_SQL} as properties`, BETWEEN, { backMs: 0, aheadMs: DAY_MS })}) group by customer ${PEOPLE_ONLY}))`; // prettier-ignore

const PASSED = "passed back";
/** Whoever is handed over and comes back to where they were handed over from. */
const passedSql = (look: Look): string =>
  `select '${PASSED}' as family, concat('${PASSED} to ', x.2) as subject, customer, x.1 as at,
      arrayFilter(y -> y.1 > x.1 and y.1 <= x.1 + ${WEEK_MS}, handed) as near,
      toUInt8(arrayExists(y -> y.3 = x.2 and y.2 != x.2, near)) as lost,
      arrayMap(y -> (y.1, concat(y.4, ' (', y.2, ' to ', y.3, ')')), arrayPushFront(near, x)) as moments
    from (select customer, handed, arrayJoin(handed) as x from (
      select customer, ${firstOfEach(`groupArray((at, toString(channel), lower(${property("target")}), toString(name)))`, look)} as handed
      from (${look.rows(`name, channel, ${PROPERTIES_SQL} as properties`, ["handed_off"], { backMs: 0, aheadMs: WEEK_MS })}) group by customer ${PEOPLE_ONLY}))`; // prettier-ignore

/** How each is called, and how its subject goes on to the channel. */
const TITLES: { readonly [family: string]: readonly [title: string, link: string] } = {
  "asked again": ["Had to ask the same again", " in "],
  "identified again": ["Had to say again who they are", " in "],
  "form begun again": ["Began the same form again and again", " in "],
  [ELSEWHERE]: ["Changed the channel and had to begin anew", " after "],
  [CIRCLES]: ["Went round in circles", " in "],
  [PASSED]: ["Were handed over, and handed back to where they came from", " to "],
};
const STEPS: { readonly [family: string]: readonly string[] } = {
  [ELSEWHERE]: ["Keep what was begun (the cart, the form, the case) with the customer and not with the device, and show it in the other channel."],
  [CIRCLES]: ["Read what stands at the steps they go to and fro between: each lacks what sends them to the other.", "Say there, in two sentences, what they look for, and offer a person."],
  [PASSED]: ["Lay down who settles what, by topic: whoever is handed a customer keeps them until it is settled."],
}; // prettier-ignore

/** By what was begun anew, and the channel it was first begun in. */
export const startingOver: ChanceKind = {
  type: "chances",
  kind: "starting_over",
  definition:
    "Of the people who opened a case, were asked to identify themselves, began a form, filled a cart, began the checkout, read help or were handed over: those who opened another case on the same topic in the same channel within 7 days, were asked who they are again within a day, began the same form three times within a day, began the same (case, form, product in the cart) in another channel within 7 days, were back at the same checkout or help for the third time within a day with another step between, or were handed back within 7 days to where they came from.",
  settledMs: WEEK_MS,
  sql: (look) => {
    const ways = [
      ...AGAIN.filter(({ role }) => look.has(role)).map((way) => againSql(look, way)),
      ...(BEGUN.some(({ role }) => look.has(role)) ? [elsewhereSql(look)] : []),
      ...(ROUND.some(look.has) ? [circlesSql(look)] : []),
      ...(look.has("handed_off") ? [passedSql(look)] : []),
    ];
    return ways.length === 0
      ? null
      : ways.map((way) => `select family, subject, customer, at, lost, moments from (${way})`).join(" union all ");
  },
  missing: "Neither cases that are opened, nor being asked for one's identity, nor forms, carts and checkouts that are begun, nor help that is read, nor handing over are told.",
  told: (_look, family, subject): Told => {
    const [title, link] = TITLES[family]!;
    return {
      title: `${title} (${channelName(subject.slice(family.length + link.length))})`,
      statedRatio: 0.25,
      statedWords: "more than 25 % who start over are held to be too many in any business",
      remedy: dataRemedy("Let whoever answers see what was said before", "Starting over comes from channels that do not know of each other.", [
        ...(STEPS[family] ?? []),
        "Send one case id (ticket_id, conversation_id) with the events of all channels in which a case goes on.",
        "Show the customer's timeline beside the tool in which people answer.",
        "Ask for a name or number only when the customer is not known yet: look them up first.",
      ]),
      assumptions: assumed(0.1, 0.5),
      fixability: "It needs tools to hand their context over, which is work outside of this platform.",
    };
  },
}; // prettier-ignore
