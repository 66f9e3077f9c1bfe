import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Rule, Test } from "../../src/segments/model.ts";
import { isNever, KINDS, measureOf, OPS, testOf, unitOf } from "./choices.ts";
import { groupOf, isLeaf, moved, placeInRule, problemsAt, rooted, ruleOf, unfinished } from "./rule-edit.ts";

const leaf = fc.constantFrom<Rule>(
  { type: "trait", name: "plan", is: { op: "equals", value: "pro" } },
  { type: "segment", id: 3 },
  { type: "did", event: "Order Completed", where: [], measure: { of: "count" }, is: { op: "at_least", value: 1 } },
); // prettier-ignore
const { rule: anyRule } = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.record({ type: fc.constantFrom("all" as const, "any" as const), rules: fc.array(tie("rule"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ type: fc.constantFrom("not" as const, "account" as const), rule: tie("rule") }),
  ),
})); // prettier-ignore

/** What a rule means when leaves that `say` names are true; somebody of the account is the customer here. */
function holds(rule: Rule, say: (leaf: Rule) => boolean): boolean {
  if (isLeaf(rule)) return say(rule);
  if (rule.type === "not") return !holds(rule.rule, say);
  if ("rule" in rule) return holds(rule.rule, say);
  const answers = rule.rules.map((one) => holds(one, say));
  return rule.type === "all" ? answers.every(Boolean) : answers.some(Boolean);
}

describe("changing a rule as a tree", () => {
  test("giving a rule a group at its root changes nothing of what it means", () => {
    fc.assert(
      fc.property(anyRule, fc.func(fc.boolean()), (rule, say) => {
        const root = rooted(rule);
        expect(groupOf(root, "")).not.toBeNull();
        expect(holds(root, say)).toBe(holds(rule, say));
        expect(rooted(root)).toEqual(root);
      }),
    );
  });

  test("a group taken apart and put together is the same rule", () => {
    fc.assert(
      fc.property(anyRule, (rule) => {
        const group = groupOf(rule, "");
        if (group) expect(ruleOf(group.mode, group.rules)).toEqual(rule);
      }),
    );
  });

  test("a group's path leads to its rules as the server names them", () => {
    const rule: Rule = { type: "not", rule: { type: "any", rules: [{ type: "segment", id: 1 }] } };
    expect(groupOf(rule, "rules/2")).toMatchObject({ mode: "none", rulesPath: "rules/2/rule/rules" });
    expect(groupOf(rule, "")).toMatchObject({ rulesPath: "rule/rules" });
  });

  test("moving keeps everything and knows its ends", () => {
    expect(moved(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
    expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "c", "b"]);
    expect(moved(["a"], 0, 1)).toEqual(["a"]);
  });
});

describe("what is not finished", () => {
  test("each kind of the menu is a rule once what it marks has been filled in", () => {
    for (const { blank } of KINDS.flatMap(({ kinds }) => kinds)) {
      const marked = unfinished({ type: "all", rules: [blank] }).map(({ path }) => path);
      const right = Rule.safeParse(blank).success;
      // Where the server would refuse, something is marked; consent and bands begin whole.
      if (!right) expect(marked.length, JSON.stringify(blank)).toBeGreaterThan(0);
      for (const path of marked) expect(path).toMatch(/^rules\/0/);
    }
  });

  test("is told where it stands", () => {
    const rule: Rule = {
      type: "all",
      rules: [
        { type: "trait", name: "", is: { op: "at_least", value: Number.NaN } },
        { type: "not", rule: { type: "any", rules: [] } },
        { type: "sequence", steps: [{ event: "A", where: [{ property: "", is: { op: "exists" } }] }, { event: "", where: [] }] },
      ],
    }; // prettier-ignore
    expect(unfinished(rule).map(({ path }) => path)).toEqual([
      "rules/0/name",
      "rules/0/is/value",
      "rules/1/rule",
      "rules/2/steps/0/where/0/property",
      "rules/2/steps/1/event",
    ]);
    expect(problemsAt(unfinished(rule), "rules/2").length).toBe(2);
    expect(problemsAt([{ path: "rules/10", message: "" }], "rules/1")).toEqual([]);
  });

  test("a pointer into a draft leads into its rule, or elsewhere", () => {
    expect(placeInRule("#/rule/rules/0/is")).toBe("rules/0/is");
    expect(placeInRule("#/rule/rule/rules/0")).toBe("rule/rules/0");
    expect(placeInRule("#/rule")).toBe("");
    expect(placeInRule("#/name")).toBeNull();
  });
});

describe("choices", () => {
  const ops = OPS.flatMap(({ items }) => items.map(({ value }) => value));
  test("any test turns into any other that the server takes, but for dates and values still to be entered", () => {
    const begun: Test[] = [
      { op: "equals", value: "5" },
      { op: "at_least", value: 3 },
      { op: "in", values: ["x"] },
      { op: "between", from: 1, to: 2 },
      { op: "within_last", ms: 86_400_000 },
      { op: "exists" },
    ];
    for (const is of begun)
      for (const op of ops) {
        const next = testOf(op, is);
        expect(next.op).toBe(op);
        const missing = unfinished({ type: "trait", name: "a", is: next });
        expect(Test.safeParse(next).success, JSON.stringify(next)).toBe(missing.length === 0 || (missing[0]!.message === "Enter a value." && (op === "equals" || op === "not_equals")));
      }
  }); // prettier-ignore

  test("never is known in each way it can be said", () => {
    const { blank } = KINDS[0]!.kinds[1]!;
    const never = (is: Test) => isNever({ ...(blank as Extract<Rule, { type: "did" }>), is });
    expect([never({ op: "equals", value: 0 }), never({ op: "at_most", value: 0 }), never({ op: "below", value: 1 })]).toEqual([true, true, true]);
    expect([never({ op: "at_least", value: 1 }), never({ op: "equals", value: "" }), never({ op: "below", value: 2 })]).toEqual([false, false, false]);
  }); // prettier-ignore

  test("a length of time is told in its largest whole unit, and a measure keeps its property", () => {
    expect([unitOf(86_400_000).name, unitOf(5_400_000).name, unitOf(Number.NaN).name]).toEqual(["day", "minute", "day"]);
    expect(measureOf("sum", { of: "last", property: "total" })).toEqual({ of: "sum", property: "total" });
    expect(measureOf("count", { of: "last", property: "total" })).toEqual({ of: "count" });
  }); // prettier-ignore
});
