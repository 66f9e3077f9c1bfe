/**
 * Why a chance is as it is, in words: the few things seen of a customer that moved the logarithm of their odds most, against
 * the mean of the customers learnt from. They say what goes together with reaching the goal, and nothing of causes. Pure.
 *
 * What is told of one event (this week, this month, when last) goes together: its parts are added up, and the one that says
 * most stands for them.
 */
import { scaledOf } from "./learn.ts";
import { type Feature, type Model, NEEDS_LIMITS, type Reason } from "./model.ts";

/** Below this the odds are moved by less than a twentieth: no reason. */
const MOVED_MIN = Math.log(1.05);
/** What never happened is told to be as long ago as is looked back. */
const NEVER_DAYS = NEEDS_LIMITS.lookBackMs / 86_400_000;

/** What each feature moves the log odds of this customer by. */
export function movesOf(model: Model, x: ArrayLike<number>): readonly number[] {
  return scaledOf(model, x).map((value, j) => model.slope * value * model.weights[j]!);
}

/** The reasons for one customer, the strongest first. */
export function reasonsOf(model: Model, x: ArrayLike<number>): readonly Reason[] {
  const subjects = new Map<string, { moved: number; parts: { readonly j: number; readonly moved: number }[] }>();
  for (const [j, moved] of movesOf(model, x).entries()) {
    const subject = subjectOf(model.features[j]!);
    const held = subjects.get(subject) ?? { moved: 0, parts: [] };
    held.moved += moved;
    held.parts.push({ j, moved });
    subjects.set(subject, held);
  }
  return [...subjects.values()]
    .filter(({ moved }) => Math.abs(moved) >= MOVED_MIN)
    .toSorted((a, b) => Math.abs(b.moved) - Math.abs(a.moved))
    .slice(0, NEEDS_LIMITS.reasons)
    .map(({ moved, parts }) => {
      const most = parts.reduce((best, one) => (one.moved * Math.sign(moved) > best.moved * Math.sign(moved) ? one : best));
      return { words: wordsOf(model.features[most.j]!, x[most.j]!), direction: moved > 0 ? "more" : "less" };
    });
} // prettier-ignore

/** What a feature is about. */
function subjectOf(feature: Feature): string {
  if ("event" in feature) return `event ${feature.event}`;
  if (feature.of === "met") return `channel ${feature.channel}`;
  if (feature.of === "stage") return "stage";
  return ["doings", "active_days", "visits", "quiet_days"].includes(feature.of) ? "activity" : feature.of;
}

const counted = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
const daysWords = (days: number): string =>
  days < 1 ? "less than a day ago" : `${counted(Math.round(days), "day")} ago`;
const lately = (days: number): string => `in the last ${days} days`;

/** Events that are named by us, as a person would say them. */
const SAID: { readonly [event: string]: string } = {
  "$page.viewed": "Viewed a page", "$screen.viewed": "Opened a screen", "$message.opened": "Opened a message", "$message.clicked": "Clicked in a message", "$message.replied": "Answered a message",
}; // prettier-ignore
const said = (event: string): string => `"${Object.hasOwn(SAID, event) ? SAID[event]! : event}"`;

type Words = {
  readonly [of in Feature["of"]]: (feature: Extract<Feature, { of: of }>, value: number) => string;
};
const WORDS: Words = {
  did: ({ event, days }, n) => (n === 0 ? `No ${said(event)} ${lately(days)}` : `${said(event)} ${counted(n, "time")} ${lately(days)}`),
  since: ({ event }, days) => (days >= NEVER_DAYS ? `Never ${said(event)}` : `${said(event)} last ${daysWords(days)}`),
  met: ({ channel, days }, n) => `${n === 0 ? "Nothing" : counted(n, "event")} by ${channel.replaceAll("_", " ")} ${lately(days)}`,
  doings: ({ days }, n) => (n === 0 ? `Did nothing ${lately(days)}` : `${counted(n, "event")} ${lately(days)}`),
  active_days: ({ days }, n) => `Active on ${counted(n, "day")} ${lately(days)}`,
  visits: ({ days }, n) => `${counted(n, "visit")} ${lately(days)}`,
  requests: ({ days }, n) => `${counted(n, "request for help", "requests for help")} ${lately(days)}`,
  messages: ({ days }, n) => `Got ${counted(n, "message")} ${lately(days)}`,
  spent: ({ days }, worth) => `Spent ${worth === 0 ? "nothing" : worth} ${lately(days)}`,
  known_days: (_, days) => `Known for ${counted(Math.round(days), "day")}`,
  quiet_days: (_, days) => `Last active ${daysWords(days)}`,
  open_cart: (_, is) => (is === 1 ? "Something in the cart" : "Nothing in the cart"),
  open_request: (_, is) => (is === 1 ? "A request for help is open" : "No request for help is open"),
  stage: ({ stage }, is) => `${is === 1 ? "In" : "Not in"} stage "${stage}"`,
}; // prettier-ignore

/** What was seen of a customer, in a few words. */
export function wordsOf(feature: Feature, value: number): string {
  const words = WORDS[feature.of] as (feature: Feature, value: number) => string;
  return words(feature, value);
}
