/** What a person can choose from while building a rule, in plain words: kinds of condition, tests, measures. Pure. */
import type { Channel } from "../../src/events/model.ts";
import type { Measure, Rule, Test } from "../../src/segments/model.ts";
import { CHANNEL_WORDS } from "../ui/words.ts";

const DAY_MS = 86_400_000;
const CONSENT_CHANNEL: { readonly [channel: string]: string } = { all: "every channel", ads: "ads" };
/** A channel of contact or of meeting, in words. */
export const channelLabel = (channel: string): string =>
  CONSENT_CHANNEL[channel] ?? CHANNEL_WORDS[channel as Channel]?.label ?? channel;

export type Did = Extract<Rule, { type: "did" }>;
/** A `did` as it begins: at least once, ever. */
export const BLANK_DID: Did = {
  type: "did",
  event: "",
  where: [],
  measure: { of: "count" },
  is: { op: "at_least", value: 1 },
};

/** A kind of condition as the menu offers it. */
export type Kind = {
  readonly id: string;
  readonly label: string;
  readonly about: string;
  readonly blank: Rule;
};
/** All kinds, in the menu's sections. */
export const KINDS: readonly { readonly section: string; readonly kinds: readonly Kind[] }[] = [
  {
    section: "What they did",
    kinds: [
      { id: "did", label: "Did something", about: "such as ordered twice in 30 days", blank: BLANK_DID },
      { id: "never", label: "Did not do something", about: "such as no visit for 90 days", blank: { ...BLANK_DID, is: { op: "equals", value: 0 } } },
      {
        id: "sequence", label: "Did one thing, then another", about: "in order, with time limits",
        blank: { type: "sequence", steps: [{ event: "", where: [] }, { event: "", where: [], withinMs: DAY_MS }] },
      },
      {
        id: "without", label: "Did one thing and not another since", about: "such as left a cart behind",
        blank: { type: "without", event: "", where: [], without: { event: "", where: [] }, forMs: 3 * DAY_MS },
      },
    ],
  },
  {
    section: "Who they are",
    kinds: [
      { id: "trait", label: "A trait", about: "such as city or plan", blank: { type: "trait", name: "", is: { op: "equals", value: "" } } },
      { id: "computed", label: "A computed trait", about: "a value kept from their events", blank: { type: "computed", name: "", is: { op: "at_least", value: 1 } } },
      { id: "stage", label: "Stage", about: "how far along they are", blank: { type: "stage", in: [] } },
      { id: "segment", label: "Another segment", about: "in or not in", blank: { type: "segment", id: 0 } },
      { id: "rfm", label: "Recency, frequency, money", about: "bands 1 to 5, 5 is best", blank: { type: "rfm", recency: [4, 5] } },
    ],
  },
  {
    section: "How to reach them",
    kinds: [
      { id: "consent", label: "Consent", about: "what they allow", blank: { type: "consent", channel: "email", purpose: "marketing", is: "granted" } },
      { id: "channel", label: "Preferred channel", about: "where most of their events are", blank: { type: "channel", preferred: [] } },
    ],
  },
  {
    section: "Their account",
    kinds: [
      { id: "account_trait", label: "A trait of their account", about: "such as plan of the company", blank: { type: "account_trait", name: "", is: { op: "equals", value: "" } } },
      {
        id: "account", label: "Somebody in their account …", about: "a colleague who meets conditions",
        blank: { type: "account", rule: { type: "all", rules: [BLANK_DID] } },
      },
    ],
  },
  {
    section: "Together",
    kinds: [
      { id: "group", label: "A group of conditions", about: "all, any or none of them", blank: { type: "any", rules: [{ type: "trait", name: "", is: { op: "equals", value: "" } }] } },
    ],
  },
]; // prettier-ignore

type Op = Test["op"];
/** Tests by what they are asked of, in words that follow a subject. */
export const OPS: readonly { readonly group: string; readonly items: readonly { readonly value: Op; readonly label: string }[] }[] = [
  {
    group: "Text",
    items: [
      { value: "equals", label: "is" },
      { value: "not_equals", label: "is not" },
      { value: "in", label: "is one of" },
      { value: "not_in", label: "is none of" },
      { value: "contains", label: "contains" },
      { value: "not_contains", label: "does not contain" },
      { value: "starts_with", label: "starts with" },
      { value: "ends_with", label: "ends with" },
    ],
  },
  {
    group: "Number",
    items: [
      { value: "at_least", label: "is at least" },
      { value: "at_most", label: "is at most" },
      { value: "above", label: "is above" },
      { value: "below", label: "is below" },
      { value: "between", label: "is between" },
    ],
  },
  {
    group: "Date",
    items: [
      { value: "within_last", label: "is within the last" },
      { value: "longer_ago", label: "is more than … ago" },
      { value: "within_next", label: "is within the next" },
      { value: "before", label: "is before" },
      { value: "after", label: "is on or after" },
    ],
  },
  {
    group: "Known or not",
    items: [
      { value: "exists", label: "is known" },
      { value: "not_exists", label: "is not known" },
    ],
  },
]; // prettier-ignore
/** Tests asked of how many times something happened. */
export const TIMES_OPS: readonly { readonly value: Op; readonly label: string }[] = [
  { value: "at_least", label: "at least" },
  { value: "at_most", label: "at most" },
  { value: "equals", label: "exactly" },
  { value: "above", label: "more than" },
  { value: "below", label: "fewer than" },
  { value: "between", label: "between" },
];
/** Tests asked of what is a number by its nature. */
export const NUMBER_OPS: readonly { readonly value: Op; readonly label: string }[] = [
  ...OPS[1]!.items,
  { value: "equals", label: "is" },
  { value: "exists", label: "is known" },
  { value: "not_exists", label: "is not known" },
];
/** Tests that a list answers. */
export const LIST_OPS: readonly { readonly value: Op; readonly label: string }[] = [
  { value: "contains", label: "contains" },
  { value: "not_contains", label: "does not contain" },
  ...OPS[3]!.items,
];

const KNOWN = ["exists", "not_exists"] as const;
const AMONG = ["in", "not_in"] as const;
const SAME = ["equals", "not_equals"] as const;
const NUMBER = ["above", "at_least", "below", "at_most"] as const;
const DATE = ["before", "after"] as const;
const SPAN = ["within_last", "longer_ago", "within_next"] as const;
const has = <T extends string>(list: readonly T[], op: string): op is T =>
  (list as readonly string[]).includes(op);
/** Whether a test compares with one number. */
export const isNumberOp = (op: Op): boolean => has(NUMBER, op);

/** What a test compares with, as a text and as a number. */
function heldBy(test: Test): { readonly text: string; readonly number: number } {
  const text = "value" in test ? String(test.value) : "values" in test ? String(test.values[0] ?? "") : "from" in test ? String(test.from) : "";
  return { text, number: text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : 1 };
} // prettier-ignore

/** The test of another kind that keeps as much of `test` as fits. */
export function testOf(op: Op, test: Test): Test {
  const { text, number } = heldBy(test);
  if (has(KNOWN, op)) return { op };
  if (has(AMONG, op)) return { op, values: "values" in test ? test.values : text === "" ? [] : [text] }; // prettier-ignore
  if (op === "between") return { op, from: number, to: number + 10 };
  if (has(NUMBER, op)) return { op, value: number };
  if (has(DATE, op)) return { op, at: "at" in test ? test.at : Number.NaN };
  if (has(SPAN, op)) return { op, ms: "ms" in test ? test.ms : 30 * DAY_MS };
  if (has(SAME, op)) return { op, value: "value" in test ? test.value : text };
  return { op, value: text };
}

/** What can be told of events, in words before "of" an event. */
export const MEASURES: readonly { readonly group: string; readonly items: readonly { readonly value: Measure["of"]; readonly label: string }[] }[] = [
  { group: "Events", items: [{ value: "count", label: "how many times" }, { value: "days_since_last", label: "days since the last" }, { value: "days_since_first", label: "days since the first" }, { value: "trend", label: "the change between two spans" }] },
  { group: "Number in a property", items: [{ value: "sum", label: "the total of" }, { value: "average", label: "the average of" }, { value: "min", label: "the smallest" }, { value: "max", label: "the largest" }] },
  { group: "Value of a property", items: [{ value: "distinct", label: "how many different" }, { value: "first", label: "the first" }, { value: "last", label: "the latest" }, { value: "most_frequent", label: "the most frequent" }, { value: "list", label: "the list of" }] },
]; // prettier-ignore

/** The measure of another kind, its property kept. */
export function measureOf(of: Measure["of"], measure: Measure): Measure {
  const property = "property" in measure ? measure.property : "";
  if (of === "count" || of === "days_since_last" || of === "days_since_first") return { of };
  if (of === "trend") return { of, ms: 30 * DAY_MS };
  return { of, property };
}

/** Which tests make sense for what a measure tells. */
export function opsOfMeasure(of: Measure["of"]): typeof OPS | typeof NUMBER_OPS {
  if (of === "list") return LIST_OPS;
  return of === "first" || of === "last" || of === "most_frequent" ? OPS : NUMBER_OPS;
}

/** Units of a duration, the largest first. */
export const DURATION_UNITS = [
  { name: "day", ms: DAY_MS },
  { name: "hour", ms: 3_600_000 },
  { name: "minute", ms: 60_000 },
  { name: "second", ms: 1000 },
] as const;

/** The largest unit that says `ms` in a whole number; days while there is no number. */
export const unitOf = (ms: number): (typeof DURATION_UNITS)[number] =>
  Number.isFinite(ms)
    ? (DURATION_UNITS.find((one) => ms >= one.ms && ms % one.ms === 0) ?? DURATION_UNITS[3])
    : DURATION_UNITS[0];

/** Whether a `did` says nothing but that it never happened. */
export function isNever({ measure, is }: Did): boolean {
  if (measure.of !== "count") return false;
  return (
    (is.op === "equals" && is.value !== "" && Number(is.value) === 0) ||
    (is.op === "at_most" && is.value === 0) ||
    (is.op === "below" && is.value === 1)
  );
}

/** Whether a condition asks only that something happened at all: its opposite is "did not do". */
export const isOnce = (rule: Rule): boolean =>
  rule.type === "did" && rule.measure.of === "count" && rule.is.op === "at_least" && rule.is.value === 1;
