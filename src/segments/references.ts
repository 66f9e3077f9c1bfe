/** What a rule refers to, and who refers to whom: so that a change reaches all that depend on it. Pure. */
import type { Rule, StageModel } from "./model.ts";

/** What a rule names, directly. */
export type References = {
  readonly segments: ReadonlySet<number>;
  readonly computed: ReadonlySet<string>;
  readonly stages: ReadonlySet<string>;
  readonly rfm: boolean;
};

/** What these rules refer to, themselves. */
export function referencesOf(rules: readonly Rule[]): References {
  const found = {
    segments: new Set<number>(),
    computed: new Set<string>(),
    stages: new Set<string>(),
    rfm: false,
  };
  const look = (rule: Rule): void => {
    if (rule.type === "all" || rule.type === "any") rule.rules.forEach(look);
    if (rule.type === "not" || rule.type === "account") look(rule.rule);
    if (rule.type === "segment") found.segments.add(rule.id);
    if (rule.type === "computed") found.computed.add(rule.name);
    if (rule.type === "stage") for (const key of rule.in) found.stages.add(key);
    if (rule.type === "rfm") found.rfm = true;
  };
  rules.forEach(look);
  return found;
}

/** Where a rule refers to which segment, itself. */
export function segmentPlaces(rule: Rule, path = ""): readonly { readonly path: string; readonly id: number }[] {
  const at = (step: string) => (path === "" ? step : `${path}/${step}`);
  if (rule.type === "all" || rule.type === "any") return rule.rules.flatMap((one, i) => segmentPlaces(one, at(`rules/${i}`)));
  if (rule.type === "not" || rule.type === "account") return segmentPlaces(rule.rule, at("rule"));
  return rule.type === "segment" ? [{ path: at("id"), id: rule.id }] : [];
} // prettier-ignore

/** The rules of a stage model: all but the first stage's. */
export const stageRules = (model: StageModel): readonly Rule[] =>
  model.stages.flatMap(({ rule }) => rule ?? []);

/** What a rule refers to, itself or through segments. */
export function reachOf(rules: readonly Rule[], segments: ReadonlyMap<number, Rule>): References {
  const ids = new Set<number>();
  const waiting = [...rules];
  const all: Rule[] = [];
  while (waiting.length > 0) {
    const rule = waiting.pop()!;
    all.push(rule);
    for (const id of referencesOf([rule]).segments) {
      const inner = segments.get(id);
      if (ids.has(id) || !inner) continue;
      ids.add(id);
      waiting.push(inner);
    }
  }
  return { ...referencesOf(all), segments: ids };
}

/** The segments that refer to `id`, themselves or through others; without it. */
export function dependentsOf(id: number, segments: ReadonlyMap<number, Rule>): ReadonlySet<number> {
  const users = new Map<number, number[]>();
  for (const [user, rule] of segments)
    for (const used of referencesOf([rule]).segments) users.set(used, [...(users.get(used) ?? []), user]);
  const found = new Set<number>();
  const waiting = [id];
  while (waiting.length > 0)
    for (const user of users.get(waiting.pop()!) ?? []) {
      if (user === id || found.has(user)) continue;
      found.add(user);
      waiting.push(user);
    }
  return found;
}
