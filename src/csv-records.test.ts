import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { delimiterOf, takeRecords } from "./csv-records.ts";

const cells = (text: string, delimiter = ",") =>
  takeRecords(text, delimiter, true).records.map((record) => record.cells);
const quoted = (cell: string) =>
  /[",\n\r]/.test(cell) || cell === "" ? `"${cell.replaceAll('"', '""')}"` : cell;
const table = fc.array(
  fc.array(fc.string({ unit: fc.constantFrom("a", "b", '"', ",", "\n", "\r\n", "\u00e9", " ", ";") }), {
    minLength: 1,
    maxLength: 5,
  }),
  { minLength: 1, maxLength: 8 },
);

describe("CSV", () => {
  test("reads any table as csv-parse does", () => {
    fc.assert(
      fc.property(table, fc.constantFrom("\n", "\r\n"), fc.boolean(), (rows, end, final) => {
        const text = rows.map((row) => row.map(quoted).join(",")).join(end) + (final ? end : "");
        expect(cells(text)).toEqual(parse(text, { relax_column_count: true, record_delimiter: end }));
        expect(cells(text)).toEqual(rows);
      }),
    );
  });

  test("gives the same records wherever the text is cut", () => {
    fc.assert(
      fc.property(table, fc.nat(), fc.constantFrom("\n", "\r\n"), (rows, at, end) => {
        const text = rows.map((row) => row.map(quoted).join(",")).join(end) + end;
        const cut = at % (text.length + 1);
        const first = takeRecords(text.slice(0, cut), ",", false);
        const second = takeRecords(text.slice(first.rest), ",", true);
        expect([...first.records, ...second.records].map((record) => record.cells)).toEqual(rows);
        const lines = (text.match(/\n/g) ?? []).length;
        expect(first.lines + second.lines).toBe(lines);
      }),
    );
  });

  test("a quote inside a cell stands for itself", () => {
    expect(cells('a,5" pipe,b\n')).toEqual([["a", '5" pipe', "b"]]);
    expect(cells('"a"x,b')).toEqual([["ax", "b"]]);
  });

  test("lines may end in CR alone, and empty lines are no records", () => {
    expect(cells("a,b\r1,2\r")).toEqual([
      ["a", "b"],
      ["1", "2"],
    ]);
    expect(takeRecords("a\n\n\nb\n", ",", true).records.map(({ line }) => line)).toEqual([0, 3]);
  });

  test("a quote that is never closed leaves its record in the rest", () => {
    const taken = takeRecords('a,b\n"c,d\ne,f\n', ",", true);
    expect(taken.records).toHaveLength(1);
    expect(taken.rest).toBe(4);
  });

  test("the delimiter is the sign that occurs most outside quotes", () => {
    expect(delimiterOf("a;b;c,d")).toBe(";");
    expect(delimiterOf('"x,y,z"\tb\tc')).toBe("\t");
    expect(delimiterOf("one")).toBe(",");
  });
});
