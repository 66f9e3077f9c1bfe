import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { expect, test } from "vitest";
import { csvCell, csvOf } from "./csv.ts";

// The signs CSV itself is made of, often. Texts a spreadsheet would run are led by an apostrophe on purpose; the law is
// about all others.
const unit = fc.oneof(
  fc.constantFrom('"', ",", "\r", "\n", " ", "é"),
  fc.string({ minLength: 1, maxLength: 1 }),
);
const harmless = fc.string({ unit }).filter((text) => !/^[=+\-@\t\r]/.test(text));

test("what is written as CSV reads back as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(harmless, harmless), { maxLength: 5 }), (rows) => {
      const text = csvOf(["a", "b"], rows);
      expect(parse(text, { bom: false, relax_quotes: false })).toEqual([["a", "b"], ...rows]);
    }),
  );
});

test("a cell that a spreadsheet would run as a formula is made a text", () => {
  expect(csvCell('=HYPERLINK("http://evil.example")')).toBe(`"'=HYPERLINK(""http://evil.example"")"`);
  expect(["+4,9", "@x", "-2", "plain"].map(csvCell)).toEqual([`"'+4,9"`, "'@x", "'-2", "plain"]);
  // A phone number's plus is no formula.
  expect(csvCell("+491701234567")).toBe("+491701234567");
  // Readers that end rows at a lone CR exist, though the law's reader is not one.
  expect(csvCell("a\rb")).toBe('"a\rb"');
  expect(csvCell(-5)).toBe("-5");
  expect(csvCell(null)).toBe("");
});
