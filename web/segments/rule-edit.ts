/**
 * Changing a rule as a tree: groups told by how many of their conditions have to hold, and what is not finished yet.
 * Paths are those the server names problems by, as in `rules/0/is`. Pure.
 */
import type { Measure, Rule, Test, Where, Window } from "../../src/segments/model.ts";

/** A single condition. */
export type Leaf = Exclude<Rule, { type: "all" | "any" | "not" | "account" }>;
/** Whether a rule is a single condition. */
export const isLeaf = (rule: Rule): rule is Leaf =>
  rule.type !== "all" && rule.type !== "any" && rule.type !== "not" && rule.type !== "account";

/** A problem, and where in the rule it stands. */
export type Problem = { readonly path: string; readonly message: string };

/** The path of a part of what stands at `path`. */
export const partOf = (path: string, part: string): string => (path === "" ? part : `${path}/${part}`);
/** Where in the rule a pointer into a segment's draft leads; null where it leads elsewhere, as to the name. */
export function placeInRule(pointer: string): string | null {
  const place = pointer.replace(/^[#/]+/, "");
  return place === "rule" ? "" : place.startsWith("rule/") ? place.slice("rule/".length) : null;
}

/** How many conditions of a group have to hold. */
export type Mode = "all" | "any" | "none" | "not_all";
export type Group = { readonly mode: Mode; readonly rules: readonly Rule[]; readonly rulesPath: string };

/** `rule` as a group; null where it is a single condition. */
export function groupOf(rule: Rule, path: string): Group | null {
  if (rule.type === "all" || rule.type === "any") return { mode: rule.type, rules: rule.rules, rulesPath: partOf(path, "rules") };
  if (rule.type !== "not") return null;
  const inner = rule.rule;
  if (inner.type !== "all" && inner.type !== "any") return null;
  return { mode: inner.type === "any" ? "none" : "not_all", rules: inner.rules, rulesPath: partOf(path, "rule/rules") };
} // prettier-ignore

/** The rule of a group. */
export function ruleOf(mode: Mode, rules: readonly Rule[]): Rule {
  if (mode === "all" || mode === "any") return { type: mode, rules };
  return { type: "not", rule: { type: mode === "none" ? "any" : "all", rules } };
}

/** The rule with a group at its root and in each account rule, which is what the builder draws. Means the same. */
export const rooted = (rule: Rule): Rule => {
  const inner = grouped(rule);
  return groupOf(inner, "") === null ? { type: "all", rules: [inner] } : inner;
};
function grouped(rule: Rule): Rule {
  if (rule.type === "all" || rule.type === "any") return { ...rule, rules: rule.rules.map(grouped) };
  if (rule.type === "not") return { ...rule, rule: grouped(rule.rule) };
  if (rule.type === "account") return { ...rule, rule: rooted(rule.rule) };
  return rule;
}

/** `list` with the item at `at` replaced, or left out where `item` is null. */
export const replaced = <T>(list: readonly T[], at: number, item: T | null): readonly T[] =>
  item === null ? list.filter((_, i) => i !== at) : list.map((one, i) => (i === at ? item : one));

/** `list` with the item at `from` standing at `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): readonly T[] {
  if (to < 0 || to >= list.length) return list;
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from]!, ...rest.slice(to)];
}

/** What a person has not filled in yet, and where. The server's own check finds the rest. */
export function unfinished(rule: Rule): readonly Problem[] {
  const found: Problem[] = [];
  look(rule, "", (path, message) => found.push({ path, message }));
  return found;
}
type Say = (path: string, message: string) => void;

function look(rule: Rule, path: string, say: Say): void {
  if (isLeaf(rule)) lookAtLeaf(rule, path, say);
  else if ("rule" in rule) look(rule.rule, partOf(path, "rule"), say);
  else {
    if (rule.rules.length === 0) say(path, "Add a condition.");
    rule.rules.forEach((one, i) => look(one, partOf(path, `rules/${i}`), say));
  }
}

function lookAtLeaf(rule: Leaf, path: string, say: Say): void {
  switch (rule.type) {
    case "trait":
    case "computed":
    case "account_trait":
      if (rule.name === "") say(partOf(path, "name"), "Choose a trait.");
      return lookAtTest(rule.is, partOf(path, "is"), say);
    case "did":
      lookAtEvent(rule, path, say);
      lookAtMeasure(rule.measure, partOf(path, "measure"), say);
      lookAtTest(rule.is, partOf(path, "is"), say);
      return lookAtWindow(rule.when, partOf(path, "when"), say);
    case "sequence":
      rule.steps.forEach((step, i) => {
        lookAtEvent(step, partOf(path, `steps/${i}`), say);
        if (step.withinMs !== undefined) lookAtDuration(step.withinMs, partOf(path, `steps/${i}/withinMs`), say);
      });
      return lookAtWindow(rule.when, partOf(path, "when"), say);
    case "without":
      lookAtEvent(rule, path, say);
      lookAtEvent(rule.without, partOf(path, "without"), say);
      return lookAtDuration(rule.forMs, partOf(path, "forMs"), say);
    case "segment":
    case "stage":
    case "journey":
    case "consent":
    case "channel":
    case "rfm":
      return lookAtChoice(rule, path, say);
  }
} // prettier-ignore

type Choice = Extract<Leaf, { type: "segment" | "stage" | "journey" | "consent" | "channel" | "rfm" }>;
function lookAtChoice(rule: Choice, path: string, say: Say): void {
  switch (rule.type) {
    case "segment":
      if (rule.id < 1) say(partOf(path, "id"), "Choose a segment.");
      return;
    case "stage":
      if (rule.in.length === 0) say(partOf(path, "in"), "Choose a stage.");
      return;
    case "channel":
      if (rule.preferred.length === 0) say(partOf(path, "preferred"), "Choose a channel.");
      return;
    case "consent":
      if (rule.purpose === "") say(partOf(path, "purpose"), "Name the purpose, such as marketing.");
      return;
    case "rfm":
      if (!rule.recency && !rule.frequency && !rule.money) say(path, "Choose bands of recency, frequency or money.");
      return;
    case "journey":
      if (!(rule.id >= 1)) say(partOf(path, "id"), "Choose a journey.");
  }
} // prettier-ignore

function lookAtEvent({ event, where }: { readonly event: string | null; readonly where: readonly Where[] }, path: string, say: Say): void {
  if (event === "") say(partOf(path, "event"), "Choose an event.");
  where.forEach(({ property, is }, i) => {
    if (property === "") say(partOf(path, `where/${i}/property`), "Choose a property.");
    lookAtTest(is, partOf(path, `where/${i}/is`), say);
  });
} // prettier-ignore

function lookAtMeasure(measure: Measure, path: string, say: Say): void {
  if ("property" in measure && measure.property === "") say(partOf(path, "property"), "Choose a property.");
  if (measure.of === "trend") lookAtDuration(measure.ms, partOf(path, "ms"), say);
}

function lookAtTest(is: Test, path: string, say: Say): void {
  if ("value" in is && is.value === "") say(partOf(path, "value"), "Enter a value.");
  if ("value" in is && Number.isNaN(is.value)) say(partOf(path, "value"), "Enter a number.");
  if ("values" in is && is.values.length === 0) say(partOf(path, "values"), "Enter at least one value.");
  if (is.op === "between" && !(Number.isFinite(is.from) && Number.isFinite(is.to))) say(path, "Enter two numbers.");
  if (is.op === "between" && is.from > is.to) say(path, "The first number is greater than the second.");
  if ("at" in is && Number.isNaN(is.at)) say(partOf(path, "at"), "Choose a date.");
  if ("ms" in is) lookAtDuration(is.ms, partOf(path, "ms"), say);
} // prettier-ignore

function lookAtWindow(when: Window | undefined, path: string, say: Say): void {
  for (const side of ["from", "to"] as const) {
    const bound = when?.[side];
    if (bound && "agoMs" in bound) lookAtDuration(bound.agoMs, partOf(path, side), say);
    if (bound && "at" in bound && Number.isNaN(bound.at)) say(partOf(path, side), "Choose a date.");
  }
}

function lookAtDuration(ms: number, path: string, say: Say): void {
  if (!(ms >= 1000)) say(path, "Enter how long.");
}

/** What a computed trait still lacks, and where. */
export function unfinishedTrait(draft: { readonly event: string | null; readonly where: readonly Where[]; readonly measure: Measure; readonly when?: Window | undefined }): readonly Problem[] {
  const found: Problem[] = [];
  const say: Say = (path, message) => found.push({ path, message });
  lookAtEvent(draft, "", say);
  lookAtMeasure(draft.measure, "measure", say);
  lookAtWindow(draft.when, "when", say);
  return found;
} // prettier-ignore

/** Problems at `path` or inside what stands there. */
export const problemsAt = (problems: readonly Problem[], path: string): readonly Problem[] =>
  path === "" ? problems : problems.filter((one) => one.path === path || one.path.startsWith(`${path}/`));
