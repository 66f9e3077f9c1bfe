/** What the address of the map means, and that what is chosen survives in it. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { caseOf, caseWords, groupingOf, partOf, textOfPart } from "./question.ts";

const key = fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" });

test("what is chosen on the map is the same after the address was shared", () => {
  const parts = fc.oneof(
    fc.record({ type: fc.constant("edge" as const), from: key, to: key }),
    fc.record({ type: fc.constantFrom("moment" as const, "start" as const, "end" as const), moment: key }),
  );
  fc.assert(
    fc.property(parts, (part) => {
      expect({ ...partOf(textOfPart(part)) }).toEqual({ ...part });
    }),
  );
});

test("an address that was cut or mistyped chooses nothing", () => {
  for (const text of [undefined, "", "edge,a", "moment", "moment,%E0%A4", "nonsense,a"]) expect(partOf(text)).toBeNull();
}); // prettier-ignore

test("a goal or a key without its name means customers, a visit without a length the usual one", () => {
  expect(caseOf({ by: "goal" })).toEqual({ by: "customer" });
  expect(caseOf({ by: "key" })).toEqual({ by: "customer" });
  expect(caseOf({ by: "visit", gap: "x" })).toEqual({ by: "visit", gapMs: 30 * 60_000 });
  expect(caseOf({ by: "goal", goal: "Order Completed" })).toEqual({ by: "goal", goal: "Order Completed" });
});

test("the way from a purchase to the next is one that can be chosen, and is called so", () => {
  const again = caseOf({ by: "goal", start: "Order Completed", goal: "Order Completed" });
  expect(again).toEqual({ by: "goal", start: "Order Completed", goal: "Order Completed" });
  expect(caseWords(again)).toBe("From Order Completed to the next");
  expect(caseWords({ by: "goal", start: "Signed Up", goal: "Order Completed" })).toBe("Signed Up to Order Completed"); // prettier-ignore
});

test("channels only is a rule for each channel; finer detail keeps the workspace's own rules", () => {
  const own = { rules: [{ name: "x*", as: "X" }], pages: "by_path" as const, channels: "apart" as const };
  expect(groupingOf({ detail: "channels" }, undefined)?.rules).toContainEqual({ channel: "web", as: "Website" }); // prettier-ignore
  expect(groupingOf({ detail: "pages" }, own)).toEqual({ ...own, pages: "together" });
  expect(groupingOf({}, own)).toBeUndefined();
});
