import fc from "fast-check";
import { expect, test } from "vitest";
import { createGrouper, type Group } from "./group.ts";
import type { FileRow } from "./split.ts";

/** Rows as a file of them would give; the line serves as the byte position too. */
const rowsOf = (keys: readonly (string | null)[]): FileRow[] =>
  keys.map((key, i) => {
    const common = { line: i + 1, text: `${i}`, end: { bytes: i + 1, line: i + 2 } };
    return key === null
      ? { ...common, type: "refused", reason: "columns_differ", detail: "bad" }
      : { ...common, type: "row", row: [key, `${i}`] };
  });
function groupsOf(rows: readonly FileRow[]): Group[] {
  const grouper = createGrouper((row) => (row as readonly string[])[0]!);
  return [...rows.map((row) => grouper.add(row)), grouper.finish()].filter((group) => group !== null);
}
const keys = fc.array(fc.constantFrom("a", "b", null), { maxLength: 30 });

test("every row is in exactly one group, in order, and rows of one group share their key", () => {
  fc.assert(
    fc.property(keys, (of) => {
      const groups = groupsOf(rowsOf(of));
      expect(
        groups
          .flatMap(({ rows, refused }) => [
            ...rows.map((row) => Number((row as readonly string[])[1])),
            ...refused.map(({ line }) => line - 1),
          ])
          .toSorted((a, b) => a - b),
      ).toEqual(of.map((_, i) => i));
      for (const { rows } of groups)
        expect(new Set(rows.map((row) => (row as readonly string[])[0])).size).toBeLessThanOrEqual(1);
    }),
  );
});

test("a run that stops after any group and goes on from its end gives the groups that follow", () => {
  fc.assert(
    fc.property(keys, (of) => {
      const rows = rowsOf(of);
      const groups = groupsOf(rows);
      for (const [i, group] of groups.entries())
        expect(groupsOf(rows.slice(group.end.bytes))).toEqual(groups.slice(i + 1));
    }),
  );
});
