/**
 * What is wrong with a rule as it was sent, and where: `rules/0/is/value`. The schema alone says of a wrong rule only
 * that it is none of its shapes; here each condition is looked at by the shape it says it has. Pure.
 */
import type { z } from "zod";
import { Leaf, Measure, Rule, SEGMENT_LIMITS, Test } from "./model.ts";
import type { Problem } from "./plan.ts";

const PROBLEMS_MAX = 20;
const GROUPS: readonly unknown[] = ["all", "any"];
const AROUND: readonly unknown[] = ["not", "account"];
const TYPES = [...GROUPS, ...AROUND, ...literalsOf(Leaf.options, "type")].join(", ");
/** What a discriminator may be, by its name. */
const CHOICES: { readonly [key: string]: string } = {
  type: TYPES,
  op: literalsOf(Test.options, "op").join(", "),
  of: literalsOf(Measure.options, "of").join(", "),
};

export type Shaped =
  | { readonly ok: true; readonly rule: Rule }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** The rule in `value`, or what is wrong with its shape. */
export function shapeOf(value: unknown): Shaped {
  const problems = ruleProblems(value, "", 0);
  if (problems.length > 0) return { ok: false, problems: problems.slice(0, PROBLEMS_MAX) };
  return { ok: true, rule: Rule.parse(value) };
}

/** What is wrong with a value by a schema that may hold rules (a segment's draft, the stage model). */
export function problemsBy(schema: z.ZodType, value: unknown): readonly Problem[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => issueProblems(issue, value, "")).slice(0, PROBLEMS_MAX);
}

const joined = (...steps: readonly PropertyKey[]): string => steps.filter((step) => step !== "").map(String).join("/"); // prettier-ignore

function ruleProblems(value: unknown, path: string, depth: number): readonly Problem[] {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return [{ path, message: `A rule is an object with a type: ${TYPES}.` }];
  // Deeper ones are refused by the plan; this only keeps a hostile depth from the stack.
  if (depth > SEGMENT_LIMITS.depth * 2) return [{ path, message: `Nested more than ${SEGMENT_LIMITS.depth} deep.` }];
  const rule = value as { readonly [key: string]: unknown };
  const { type } = rule;
  if (GROUPS.includes(type)) return [...extra(rule, ["type", "rules"], path), ...groupProblems(rule["rules"], joined(path, "rules"), depth)];
  if (AROUND.includes(type)) return [...extra(rule, ["type", "rule"], path), ...ruleProblems(rule["rule"], joined(path, "rule"), depth + 1)];
  const parsed = Leaf.safeParse(value);
  return parsed.success ? [] : parsed.error.issues.flatMap((issue) => issueProblems(issue, value, path));
} // prettier-ignore

function groupProblems(rules: unknown, path: string, depth: number): readonly Problem[] {
  const max = SEGMENT_LIMITS.conditionsPerGroup;
  if (!Array.isArray(rules) || rules.length < 1 || rules.length > max)
    return [{ path, message: `Expected a list of 1 to ${max} rules.` }];
  return rules.flatMap((one, i) => ruleProblems(one, joined(path, i), depth + 1));
}

function extra(
  rule: { readonly [key: string]: unknown },
  known: readonly string[],
  path: string,
): readonly Problem[] {
  const names = Object.keys(rule).filter((name) => !known.includes(name));
  return names.length === 0
    ? []
    : [{ path, message: `Not known here: ${names.join(", ")}. Known: ${known.join(", ")}.` }];
}

function issueProblems(issue: z.core.$ZodIssue, value: unknown, base: string): readonly Problem[] {
  const path = joined(base, ...issue.path);
  const last = String(issue.path.at(-1) ?? "");
  if (issue.code !== "invalid_union") return [{ path, message: messageOf(issue) }];
  if (last in CHOICES && issue.errors.length === 0)
    return [{ path, message: `Expected one of: ${CHOICES[last]!}.` }];
  const inner = valueIn(value, issue.path);
  // A rule inside something else: the union of rule shapes says nothing, so it is looked at by its own shape.
  if (last === "rule" && base === "") return ruleProblems(inner, path, 0);
  const nearest = issue.errors.toSorted((a, b) => a.length - b.length || (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0]; // prettier-ignore
  if (!nearest || nearest.every((one) => one.code === "invalid_type" && one.path.length === 0))
    return [{ path, message: expectedOf(issue.errors) }];
  return nearest.flatMap((one) => issueProblems(one, inner, path));
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `Expected ${NAMES[issue.expected] ?? issue.expected}.`;
  if (issue.code === "unrecognized_keys") return `Not known here: ${issue.keys.join(", ")}.`;
  if (issue.code === "invalid_value") return `Expected one of: ${issue.values.map(String).join(", ")}.`;
  return /[.!?]$/.test(issue.message) ? issue.message : `${issue.message}.`;
}

const NAMES: { readonly [expected: string]: string } = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
};

function expectedOf(branches: readonly (readonly z.core.$ZodIssue[])[]): string {
  const expected = branches.flat().flatMap((one) => (one.code === "invalid_type" ? [NAMES[one.expected] ?? one.expected] : [])); // prettier-ignore
  const names = [...new Set(expected)];
  return names.length === 0 ? "Not one of the forms expected here." : `Expected ${names.join(" or ")}.`;
}

function valueIn(value: unknown, path: readonly PropertyKey[]): unknown {
  let inner = value;
  for (const step of path)
    inner = typeof inner === "object" && inner !== null ? (inner as { [key: PropertyKey]: unknown })[step] : undefined; // prettier-ignore
  return inner;
}

function literalsOf(
  options: readonly { readonly shape: { readonly [key: string]: unknown } }[],
  key: string,
): readonly string[] {
  return options.flatMap(({ shape }) => [...(shape[key] as z.ZodLiteral | z.ZodEnum).def.type === "literal"
    ? (shape[key] as z.ZodLiteral).values
    : (shape[key] as z.ZodEnum).options].map(String)); // prettier-ignore
}
