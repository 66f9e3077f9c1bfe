/**
 * Rules in plain words, for answers and for the screen: "did Order Completed at least 2 times in the last 30 days". Pure,
 * and free of what a browser has not.
 */
import type { Instant } from "../values.ts";
import type { ComputedTraitDraft, Measure, Rule, Scalar, Test, Where, Window } from "./model.ts";

/** What references are called. Null for what is not there. */
export type Names = {
  segment(id: number): string | null;
  stage(key: string): string | null;
};
export const NO_NAMES: Names = { segment: () => null, stage: () => null };

type Of<Type extends Rule["type"]> = Extract<Rule, { type: Type }>;
type Condition = Exclude<Rule, { type: "all" | "any" | "not" | "account" }>;
type Did = Pick<Of<"did">, "event" | "where" | "when" | "measure" | "is">;
const LISTED_MAX = 5;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const UNITS = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
] as const;

/** A whole rule as a sentence without its subject: "did A and is in the segment "B"". */
export function wordsOf(rule: Rule, names: Names): string {
  if (rule.type === "all" || rule.type === "any")
    return rule.rules.map((one) => bracketed(one, names)).join(rule.type === "all" ? " and " : " or ");
  if (rule.type === "not") return `not (${wordsOf(rule.rule, names)})`;
  if (rule.type === "account")
    return `belongs to an account of which a member ${bracketed(rule.rule, names)}`;
  return conditionWords(rule as Condition, names);
}

const isGroup = (rule: Rule): boolean =>
  (rule.type === "all" || rule.type === "any") && rule.rules.length > 1;
const bracketed = (rule: Rule, names: Names): string =>
  isGroup(rule) ? `(${wordsOf(rule, names)})` : wordsOf(rule, names);

/** One condition in words. */
function conditionWords(rule: Condition, names: Names): string {
  switch (rule.type) {
    case "trait":
      return `${rule.name} ${testWords(rule.is)}`;
    case "computed":
      return `${rule.name} (computed) ${testWords(rule.is)}`;
    case "account_trait":
      return `belongs to an account whose ${rule.name} ${testWords(rule.is)}`;
    case "did":
      return didWords(rule);
    case "sequence":
      return sequenceWords(rule);
    case "without":
      return `did ${eventWords(rule)} and since then not ${eventWords(rule.without)} for ${durationWords(rule.forMs)}`;
    case "segment":
      return `is in the segment ${quoted(names.segment(rule.id) ?? String(rule.id))}`;
    case "stage":
      return `is at the stage ${listed(rule.in.map((key) => names.stage(key) ?? key))}`;
    case "journey":
      return { in: "is in", entered: "has ever entered", left: "has ever left" }[rule.state] + ` journey ${rule.id}`;
    case "consent":
      return consentWords(rule);
    case "channel":
      return `comes mostly by ${listed(rule.preferred.map((channel) => channel.replaceAll("_", " ")))}`;
    case "rfm":
      return rfmWords(rule);
  }
} // prettier-ignore

function consentWords({ channel, purpose, is }: Of<"consent">): string {
  const what = `${quoted(purpose)} by ${channel === "all" ? "any channel" : channel.replaceAll("_", " ")}`;
  return is === "unknown" ? `was never asked for ${what}` : `has ${is} ${what}`;
}

function rfmWords(rule: Of<"rfm">): string {
  const parts = (["recency", "frequency", "money"] as const).flatMap((name) =>
    rule[name] ? `${name} band ${listed(rule[name].map(String))}` : [],
  );
  return `has ${parts.join(", ")} (5 is best)`;
}

function sequenceWords({ steps, when }: Of<"sequence">): string {
  const told = steps.map((step, i) => {
    const within = i > 0 && step.withinMs !== undefined ? ` within ${durationWords(step.withinMs)}` : "";
    return `${i > 0 ? "then " : ""}${eventWords(step)}${within}`;
  });
  const window = windowWords(when);
  return `did ${told.join(", ")}${window === "" ? "" : `, the last of them${window}`}`;
}

function didWords(rule: Did): string {
  const { measure, is } = rule;
  const [event, window] = [eventWords(rule), windowWords(rule.when)];
  if (measure.of !== "count") return `${measureWords(rule)} ${testWords(is)}`;
  if (asksNone(is)) return `did not do ${event}${window}`;
  if (is.op === "at_least" && is.value === 1) return `did ${event}${window}`;
  return `did ${event}${timesWords(is)}${window}`;
}

const asksNone = (is: Test): boolean =>
  ((is.op === "equals" || is.op === "at_most") && Number(is.value) === 0) ||
  (is.op === "below" && is.value === 1);

function timesWords(is: Test): string {
  const times = (n: Scalar) => (Number(n) === 1 ? "once" : `${n} times`);
  if (is.op === "equals") return ` exactly ${times(is.value)}`;
  if (is.op === "at_least") return ` at least ${times(is.value)}`;
  if (is.op === "at_most") return ` at most ${times(is.value)}`;
  if (is.op === "above") return ` more than ${times(is.value)}`;
  if (is.op === "below") return ` less than ${times(is.value)}`;
  if (is.op === "between") return ` between ${is.from} and ${is.to} times`;
  return ` so often that the number ${testWords(is)}`;
}

const MEASURES: { readonly [of in Measure["of"]]: string } = {
  count: "the number of", sum: "the sum of", average: "the average of", min: "the least", max: "the greatest",
  distinct: "the number of different", first: "the first", last: "the last", most_frequent: "the most frequent", list: "the list of different",
  days_since_last: "the days since the last", days_since_first: "the days since the first", trend: "the number of",
}; // prettier-ignore

/** What is measured, in words: "the sum of total over Order Completed in the last 30 days". */
export function measureWords(rule: Pick<ComputedTraitDraft, "event" | "where" | "when" | "measure">): string {
  const { measure } = rule;
  const [event, window] = [eventWords(rule), windowWords(rule.when)];
  const begins = MEASURES[measure.of];
  if (measure.of === "trend") {
    const span = durationWords(measure.ms);
    return `${begins} ${event} in the last ${span} less that of the ${span} before`;
  }
  return "property" in measure
    ? `${begins} ${measure.property} over ${event}${window}`
    : `${begins} ${event}${window}`;
}

/** The events meant: their name and the conditions on them. */
function eventWords({
  event,
  where,
}: {
  readonly event: string | null;
  readonly where: readonly Where[];
}): string {
  const conditions = where.map(({ property, is }) => `${property.replace(/^\$/, "")} ${testWords(is)}`);
  const name = event === null ? "anything" : event;
  return conditions.length === 0 ? name : `${name} where ${conditions.join(" and ")}`;
}

/** The window with a space before it; empty for all time. */
function windowWords(when: Window | undefined): string {
  const [from, to] = [when?.from, when?.to];
  if (from && to && "agoMs" in from && "agoMs" in to)
    return ` between ${durationWords(from.agoMs)} and ${durationWords(to.agoMs)} ago`;
  const begins = !from ? "" : "agoMs" in from ? ` in the last ${durationWords(from.agoMs)}` : ` since ${dateWords(from.at)}`; // prettier-ignore
  const ends = !to ? "" : "agoMs" in to ? ` at least ${durationWords(to.agoMs)} ago` : ` before ${dateWords(to.at)}`; // prettier-ignore
  return begins !== "" && ends !== "" ? `${begins} and${ends}` : begins + ends;
}

type OfOp<Op, T = Test> = T extends { op: infer Ops } ? (Op extends Ops ? T : never) : never;
const TESTS: { readonly [Op in Test["op"]]: (is: OfOp<Op>) => string } = {
  exists: () => "is known",
  not_exists: () => "is not known",
  equals: ({ value }) => `is ${quoted(value)}`,
  not_equals: ({ value }) => `is not ${quoted(value)}`,
  in: ({ values }) => `is ${listed(values.map(quoted))}`,
  not_in: ({ values }) => `is none of ${listed(values.map(quoted))}`,
  contains: ({ value }) => `contains ${quoted(value)}`,
  not_contains: ({ value }) => `does not contain ${quoted(value)}`,
  starts_with: ({ value }) => `begins with ${quoted(value)}`,
  ends_with: ({ value }) => `ends with ${quoted(value)}`,
  above: ({ value }) => `is more than ${value}`,
  at_least: ({ value }) => `is at least ${value}`,
  below: ({ value }) => `is less than ${value}`,
  at_most: ({ value }) => `is at most ${value}`,
  between: ({ from, to }) => `is between ${from} and ${to}`,
  before: ({ at }) => `is before ${dateWords(at)}`,
  after: ({ at }) => `is ${dateWords(at)} or later`,
  within_last: ({ ms }) => `is in the last ${durationWords(ms)}`,
  longer_ago: ({ ms }) => `is at least ${durationWords(ms)} ago`,
  within_next: ({ ms }) => `is in the next ${durationWords(ms)}`,
};

/** A test of one value, after the value's name: `is at least 5`. */
export function testWords(is: Test): string {
  return (TESTS[is.op] as (is: Test) => string)(is);
}

const quoted = (value: Scalar): string => (typeof value === "string" ? `"${value}"` : String(value));

function listed(texts: readonly string[]): string {
  const [shown, left] = [texts.slice(0, LISTED_MAX), texts.length - LISTED_MAX];
  if (left > 0) return `${shown.join(", ")} or one of ${left} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} or ${shown.at(-1)!}`;
}

/** A length of time in its greatest whole unit: "2 hours", "90 minutes". */
export function durationWords(ms: number): string {
  const [unitMs, unit] = UNITS.find(([size]) => ms % size === 0) ?? [1, "millisecond"];
  const n = ms / unitMs;
  return n === 1 ? `1 ${unit}` : `${n} ${unit}s`;
}

/** "20 Nov 2026", with the time of day where it is not midnight; UTC. */
export function dateWords(at: Instant): string {
  const date = new Date(at);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]!} ${date.getUTCFullYear()}`;
  return at % 86_400_000 === 0 ? day : `${day}, ${date.toISOString().slice(11, 16)} UTC`;
}
