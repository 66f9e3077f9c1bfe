/** What is wrong with a policy as it was sent, and where; and a policy in plain words. Pure. */
import type { z } from "zod";
import { durationWords } from "./allow.ts";
import { spanOf } from "./caps.ts";
import { type Cap, type Hold, type Hours, MessageChannel, Policy } from "./model.ts";
import { zoneNamed } from "./zone.ts";

/** A wrong place: `caps/0/most`, and a sentence. */
export type PolicyProblem = { readonly path: string; readonly message: string };
export type CheckedPolicy =
  | { readonly ok: true; readonly policy: Policy }
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] };
const PROBLEMS_MAX = 20;

/** The policy in `value`, its defaults filled in, or what is wrong with it. Never throws, whatever the value. */
export function checkPolicy(value: unknown): CheckedPolicy {
  const parsed = Policy.safeParse(value);
  const problems = parsed.success ? contradictions(parsed.data) : parsed.error.issues.map(problemOf);
  if (parsed.success && problems.length === 0) return { ok: true, policy: parsed.data };
  return { ok: false, problems: problems.slice(0, PROBLEMS_MAX) };
}

/** How far back a customer's contacts must be known for the caps to be exact; 0 without caps. */
export const lookBackMs = ({ caps }: Pick<Policy, "caps">): number => Math.max(0, ...caps.map(spanOf));

function problemOf(issue: z.core.$ZodIssue): PolicyProblem {
  const path = issue.path.map(String).join("/");
  if (issue.code === "unrecognized_keys") return { path, message: `Not known here: ${issue.keys.join(", ")}.` };
  if (issue.code === "invalid_value") return { path, message: `Expected one of: ${issue.values.map(String).join(", ")}.` };
  if (issue.code === "invalid_union") return { path, message: issue.path.at(-1) === "type" ? `Expected one of: ${HOLD_TYPES.join(", ")}.` : OVER_FORMS };
  return { path, message: /[.!?]$/.test(issue.message) ? issue.message : `${issue.message}.` };
} // prettier-ignore
const HOLD_TYPES: readonly Hold["type"][] = ["bought_this", "bought_anything", "open_case", "returned", "out_of_stock", "human_talking"]; // prettier-ignore
const OVER_FORMS = 'Expected {"ms": milliseconds, from a minute to 366 days} or {"calendar": "day", "week" or "month"}.'; // prettier-ignore

/** What the schema cannot say: a policy that reads well and lets nothing leave. */
function contradictions(policy: Policy): readonly PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  if (zoneNamed(policy.zone) === null)
    problems.push({ path: "zone", message: `"${policy.zone}" is no time zone. Expected an IANA name such as Europe/Berlin.` });
  const seen = new Set<string>();
  for (const [i, { name }] of policy.caps.entries()) {
    if (seen.has(name)) problems.push({ path: `caps/${i}/name`, message: `There are two caps named "${name}"; refusals name the cap.` });
    seen.add(name);
  }
  for (const channel of MessageChannel.options) {
    const closed = closedWeek(policy, channel);
    if (closed) problems.push({ path: closed.path, message: `${closed.message} No message would ever leave by ${channel}.` });
  }
  return problems;
} // prettier-ignore

const WEEK_MINUTES = 7 * 1440;
/** Whether nothing may ever leave by a channel, where the customer lives in the workspace's zone, and what is to blame. */
function closedWeek(policy: Policy, channel: MessageChannel): PolicyProblem | null {
  const about = ({ channels }: Hours) => (channels ? channels.includes(channel) : channel !== "webhook");
  const quiet = policy.quietHours.filter(about);
  const windows = policy.sendingWindows.filter(about);
  let open = 0;
  let awake = 0;
  for (let minute = 0; minute < WEEK_MINUTES; minute++) {
    if (quiet.some((hours) => inWeek(hours, minute))) continue;
    awake++;
    if (windows.length === 0 || windows.some((hours) => inWeek(hours, minute))) open++;
  }
  if (awake === 0) return { path: "quietHours", message: "The quiet hours are the whole week." };
  return open === 0
    ? { path: "sendingWindows", message: "The sending windows lie in the quiet hours." }
    : null;
}
/** Whether a minute of the week, from Monday's midnight, lies in these hours. */
function inWeek({ from, to, weekdays }: Hours, minute: number): boolean {
  const [day, time] = [Math.floor(minute / 1440), minute % 1440];
  const on = (index: number) => !weekdays || weekdays.includes(((index + 7) % 7) + 1);
  if (from === to) return on(day);
  if (from < to) return time >= from && time < to && on(day);
  return time >= from ? on(day) : time < to && on(day - 1);
}

const listed = (names: readonly string[], joint = "or"): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${joint} ${names.at(-1)!}`;
const byChannels = ({ channels }: { readonly channels?: readonly MessageChannel[] | undefined }): string =>
  channels ? ` by ${listed(channels.map(plain))}` : "";
const plain = (name: string): string => name.replaceAll("_", " ");
const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
const WEEKDAYS = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];
const hoursWords = ({ from, to, weekdays }: Hours): string =>
  (from === to ? "all day" : `from ${clock(from)} to ${clock(to)}`) +
  (weekdays ? ` on ${listed([...new Set(weekdays)].toSorted((a, b) => a - b).map((day) => WEEKDAYS[day - 1]!), "and")}` : ""); // prettier-ignore

/** The policy as sentences, in the order in which it is asked. */
export function policyWords(policy: Policy): readonly string[] {
  const needed = policy.optIn.length === 0 ? [] : [`Messages by ${listed(policy.optIn.map(plain))} need the customer's agreement; by other channels they need that nobody said no.`]; // prettier-ignore
  return [
    "Transactional messages are not held back by any of this.",
    ...needed,
    ...policy.holds.map(holdWords),
    ...policy.caps.map(capWords),
    ...reserveWords(policy),
    ...policy.quietHours.map((hours) => `Nothing leaves${byChannels(hours)} ${hoursWords(hours)}, where the customer lives.`),
    ...policy.sendingWindows.map((hours) => `Messages${byChannels(hours)} leave ${hoursWords(hours)} (${policy.zone}).`),
    `Who lives where is not known is taken to live in ${policy.zone}.`,
  ];
} // prettier-ignore

function reserveWords({ lookAheadMs, caps }: Policy): readonly string[] {
  if (lookAheadMs === 0 || caps.length === 0) return [];
  return [`A more valuable message that is due within ${durationWords(lookAheadMs)} keeps its place under a cap.`]; // prettier-ignore
}

function capWords(cap: Cap): string {
  const { name, most, over, purposes, tags } = cap;
  const what = [
    ...(purposes ? [` for ${listed(purposes.map(plain))}`] : []),
    byChannels(cap),
    ...(tags ? [` about ${listed(tags)}`] : []),
  ].join("");
  const span = "ms" in over ? `within ${durationWords(over.ms)}` : `a ${over.calendar} where the customer lives`; // prettier-ignore
  return `${name}: at most ${most} ${most === 1 ? "message" : "messages"}${what} ${span}.`;
}

function holdWords(hold: Hold): string {
  const quoted = (names: readonly string[]) => listed(names.map((name) => `"${name}"`));
  switch (hold.type) {
    case "bought_this":
      return `Nothing about a product leaves for ${durationWords(hold.withinMs)} after the customer bought it.`;
    case "bought_anything":
      return `Nothing leaves for ${durationWords(hold.withinMs)} after the customer bought something.`;
    case "open_case":
      return `Nothing leaves after ${quoted(hold.opened)} until ${quoted(hold.closed)}.`;
    case "returned":
      return `Nothing leaves for ${durationWords(hold.withinMs)} after the customer sent an order back or cancelled it.`;
    case "out_of_stock":
      return "Nothing leaves about products of which none is in stock.";
    case "human_talking":
      return `Nothing leaves for ${durationWords(hold.withinMs)} after ${quoted(hold.events)}, or until ${quoted(hold.ended)}.`;
    default:
      return hold satisfies never;
  }
}
