/**
 * Why a customer is in, or is not: the rule as a tree, each condition in words with what it was asked of, whether it
 * passes and when time alone may change that. Pure; the answers are match.ts's own, so they cannot differ from it.
 */
import { type Instant, type Json, isoOf } from "../values.ts";
import { RFM_ORDER, bandsOf } from "./bands.ts";
import type { Why } from "./document.ts";
import { type Facts, consentOf, match, preferredOf } from "./match.ts";
import { measured } from "./measure.ts";
import type { Measure, Rule } from "./model.ts";
import type { Measured, Node, PlanContext } from "./plan.ts";
import type { Newest, Track } from "./track.ts";
import { type Names, dateWords, wordsOf } from "./words.ts";

type Asked = {
  readonly facts: Facts;
  readonly now: Instant;
  readonly context: PlanContext;
  readonly names: Names;
};
type Found = { readonly value: Json; readonly found: string };

/** The answer tree of `rule` for one customer. `root` is the rule's plan, made with the same context. */
export function explain(rule: Rule, root: Node, asked: Asked): Why {
  const { matches, turnsAt } = match(root, asked.facts, asked.now);
  const rules = membersOf(rule, root, asked.context).map(([one, node]) => explain(one, node, asked));
  const { value, found } =
    rules.length > 0 ? { value: null, found: null } : foundOf(rule, root, asked, matches);
  return {
    path: root.path, type: rule.type, words: headOf(rule, asked.names), matches, value, found,
    changesAt: turnsAt === null ? null : isoOf(turnsAt), rules,
  }; // prettier-ignore
}

/** Groups are headed by what they ask of their members; these tell the rest. */
function headOf(rule: Rule, names: Names): string {
  if (rule.type === "all") return "all of these";
  if (rule.type === "any") return "at least one of these";
  return rule.type === "not" ? "not this" : wordsOf(rule, names);
}

/** The members of a rule and their nodes: the plan mirrors the rule, with references put in their place. */
function membersOf(rule: Rule, node: Node, context: PlanContext): readonly (readonly [Rule, Node])[] {
  if (rule.type === "all" || rule.type === "any")
    return node.type === rule.type ? rule.rules.map((one, i) => [one, node.nodes[i]!] as const) : [];
  if (rule.type === "not") return node.type === "not" ? [[rule.rule, node.node]] : [];
  if (rule.type === "segment") {
    const inner = context.segments.get(rule.id);
    return inner ? [[inner, node]] : [];
  }
  const { rfm } = context;
  if (rule.type !== "rfm" || !rfm) return [];
  const rules = RFM_ORDER.flatMap((name) => (rule[name] ? bandsOf(rfm, name, rule[name]) : []));
  return [[{ type: "all", rules }, node]];
}

/** What a condition was asked of. */
function foundOf(rule: Rule, node: Node, asked: Asked, matches: boolean): Found {
  const { facts, now } = asked;
  switch (node.type) {
    case "did":
      return measureFound(node.what, facts, now);
    case "sequence":
      return lastFound(node.tracks, facts, eventsOf(rule));
    case "without":
      return lastFound([node.track, node.without], facts, eventsOf(rule));
    case "account":
      return { value: matches, found: matches ? "there is such a member" : "there is no such member" };
    case "all":
    case "any":
    case "not":
      return { value: matches, found: matches ? "yes" : "no" };
    case "trait":
    case "account_trait":
    case "stage":
    case "consent":
    case "channel":
      return heldFound(node, facts);
  }
}

type Held = Extract<Node, { type: "trait" | "account_trait" | "stage" | "consent" | "channel" }>;
/** What is known now, without events. */
function heldFound(node: Held, facts: Facts): Found {
  switch (node.type) {
    case "trait":
      return known(facts.trait(node.name));
    case "account_trait":
      return known([...facts.accountTraits(node.name)]);
    case "stage":
      return known(facts.stage ?? undefined);
    case "consent":
      return consentFound(consentOf(facts, node.channel, node.purpose));
    case "channel":
      return known(preferredOf(facts.channels()) ?? undefined);
  }
}

const consentFound = (answer: "granted" | "denied" | undefined): Found => ({
  value: answer ?? "unknown",
  found: answer ?? "never answered",
});

function known(value: Json | undefined): Found {
  const nothing =
    value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
  if (nothing) return { value: value ?? null, found: value === "" ? "empty" : "not known" };
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return { value, found: text.length > 200 ? `${text.slice(0, 199)}…` : text };
}

function measureFound(what: Measured, facts: Facts, now: Instant): Found {
  const state = facts.track(what.track.key);
  const { keep } = what.track.spec;
  const value = measured(what, state, now, keep.kind);
  // Only so many events are kept as the test needs: then the number says "or more".
  const full = keep.kind === "newest" && value === keep.n;
  return { value, found: measureWordsFound(what.measure, value, full) };
}

function measureWordsFound(measure: Measure, value: Json, full: boolean): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return "nothing";
  if (measure.of === "count") {
    if (full) return `${Number(value)} times or more`;
    return value === 0 ? "never" : value === 1 ? "once" : `${Number(value)} times`;
  }
  if (measure.of === "days_since_first" || measure.of === "days_since_last")
    return value === 1 ? "1 day" : `${Number(value)} days`;
  return known(value).found;
}

/** When each of these events happened last. */
function lastFound(tracks: readonly Track[], facts: Facts, events: readonly string[]): Found {
  const last = tracks.map(({ key }) => ((facts.track(key) ?? []) as Newest)[0]?.[0] ?? null);
  const told = last.map((at, i) => `${events[i] ?? "it"} ${at === null ? "never" : `last on ${dateWords(at)}`}`); // prettier-ignore
  return { value: last.map((at) => (at === null ? null : isoOf(at))), found: told.join(", ") };
}

function eventsOf(rule: Rule): readonly string[] {
  const named = ({ event }: { readonly event: string | null }) => event ?? "anything";
  if (rule.type === "sequence") return rule.steps.map(named);
  if (rule.type === "without") return [named(rule), named(rule.without)];
  return ["entered", "left"];
}
