import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSplitter, type FileRow, type Shape } from "./split.ts";

const CSV: Shape = { format: "csv", delimiter: ",", rowBytesMax: 200, cells: 2 };
const NDJSON: Shape = { format: "ndjson", delimiter: ",", rowBytesMax: 200, cells: null };

function rowsOf(
  bytes: Buffer,
  shape: Shape,
  sizes: readonly number[],
  from = { bytes: 0, line: 1 },
): FileRow[] {
  const splitter = createSplitter(shape, from);
  const rows: FileRow[] = [];
  let at = from.bytes;
  for (let i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length]!);
    rows.push(...splitter.take(bytes.subarray(at, at + size), false));
    at += size;
  }
  return [...rows, ...splitter.take(Buffer.alloc(0), true)];
}

const piece = fc.constantFrom(
  "a,b\n",
  "\u00e9\u4e2d,\u{1f600}\r\n",
  '"x\ny",z\n',
  "one\n",
  "a,b,c\n",
  "\n",
  '"open,q\n',
  "a,b,,\n",
  `${"long".repeat(80)}\n`,
  '{"a":1}\n',
  "{bad\n",
  "[1]\n",
);
const text = fc
  .array(
    fc.oneof(
      piece.map((part) => Buffer.from(part)),
      fc.constant(Buffer.from([0xff, 0x2c, 0x41, 0x0a])),
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.concat(parts));
const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 8 });

describe("the splitter", () => {
  test.each([
    ["csv", CSV],
    ["ndjson", NDJSON],
  ] as const)("gives the same rows of %s in whatever pieces they come", (_, shape) => {
    fc.assert(
      fc.property(text, sizes, (bytes, cuts) => {
        expect(rowsOf(bytes, shape, cuts)).toEqual(rowsOf(bytes, shape, [bytes.length || 1]));
      }),
    );
  });

  test("going on from the end of any row gives the rows that follow", () => {
    fc.assert(
      fc.property(text, sizes, fc.nat(), (bytes, cuts, pick) => {
        const all = rowsOf(bytes, CSV, [bytes.length || 1]);
        if (all.length === 0) return;
        const at = pick % all.length;
        expect(rowsOf(bytes, CSV, cuts, all[at]!.end).map(({ line, text: raw }) => [line, raw])).toEqual(
          all.slice(at + 1).map(({ line, text: raw }) => [line, raw]),
        );
      }),
    );
  });

  test("says where each bad row is and why, and reads on", () => {
    const bytes = Buffer.concat([
      Buffer.from("a,b\none\n"), Buffer.from([0xff, 0x2c, 0x41, 0x0a]), Buffer.from('"open,q\n'), Buffer.from(`${"x".repeat(300)}\n`), Buffer.from("c,d\n"),
    ]); // prettier-ignore
    const rows = rowsOf(bytes, CSV, [bytes.length]);
    expect(rows.map((row) => [row.line, row.type === "row" ? row.row : row.reason])).toEqual([
      [1, ["a", "b"]],
      [2, "columns_differ"],
      [3, "not_utf8"],
      [4, "columns_differ"],
      [5, "row_too_long"],
      [6, ["c", "d"]],
    ]);
    expect(rows.at(-1)!.end).toEqual({ bytes: bytes.length, line: 7 });
  });

  test("tells broken lines of JSON apart", () => {
    const rows = rowsOf(Buffer.from('{"a":1}\n{bad\n[1]\n\n{"b":2}'), NDJSON, [5]);
    expect(rows.map((row) => [row.line, row.type === "row" ? row.row : row.reason])).toEqual([
      [1, { a: 1 }],
      [2, "not_json"],
      [3, "not_an_object"],
      [5, { b: 2 }],
    ]);
  });
});
