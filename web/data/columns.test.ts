import fc from "fast-check";
import { expect, test } from "vitest";
import { Mapping } from "../../src/imports/model.ts";
import {
  type Columns,
  columnsOf,
  csvTableOf,
  fieldOf,
  mappingOf,
  numericColumns,
  type Role,
} from "./columns.ts";

const plain: Mapping = Mapping.parse({ format: "csv", events: [{ type: "track", name: { constant: "x" }, identifiers: [{ kind: "email", from: { column: "e" } }] }] }); // prettier-ignore
const roles: Role[] = [
  "out",
  "id:email",
  "id:user_id",
  "time",
  "name",
  "message_id",
  "channel",
  "touchpoint",
  "property",
  "trait",
];
const anyColumns = fc.record({
  type: fc.constantFrom("track" as const, "identify" as const),
  eventName: fc.constantFrom("", "Order Completed"),
  roles: fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.constantFrom(...roles), {
    maxKeys: 8,
    noNullPrototype: true,
  }),
});

test("whatever is chosen becomes a mapping the server takes, or a sentence that says what is missing", () => {
  fc.assert(
    fc.property(anyColumns, (columns) => {
      const chosen = mappingOf(columns, plain, new Set());
      if (chosen.type === "incomplete") expect(chosen.detail).toMatch(/\.$/);
      else expect(Mapping.safeParse(chosen.mapping).error?.issues ?? []).toEqual([]);
    }),
  );
});

test("choices read back from the mapping they made", () => {
  const columns: Columns = { type: "track", eventName: "Order Completed", roles: { mail: "id:email", when: "time", total: "property", no: "message_id" } }; // prettier-ignore
  const chosen = mappingOf(columns, plain, new Set(["total"]));
  expect(chosen.type === "mapping" && chosen.mapping.events[0]?.properties).toEqual({
    no: { column: "no", as: "text" },
    total: { column: "total", as: "number" },
  });
  const back = chosen.type === "mapping" ? columnsOf(chosen.mapping, ["mail", "when", "total", "no"]) : null;
  expect(back).toEqual({
    type: "track",
    eventName: "Order Completed",
    roles: { mail: "id:email", when: "time", total: "property", no: "message_id" },
  });
});

test("a column of plain numbers is a number; one with leading zeros or a plus is a text", () => {
  const rows = [["1.5", "0123", "+49", ""], ["-2", "0456", "+43", ""]]; // prettier-ignore
  expect([...numericColumns(["price", "zip", "phone", "empty"], rows)]).toEqual(["price"]);
});

test("a file no preset knows still shows its columns", () => {
  expect(csvTableOf('\uFEFFa;b\r\n1;"x\ny"\r\n')).toMatchObject({
    header: ["a", "b"],
    rows: [["1", "x\ny"]],
    mapping: { delimiter: ";" },
  });
  expect(csvTableOf('{"a":1}\n')).toBeNull();
  expect(csvTableOf("only a header\n")).toBeNull();
});

test("a column's name cannot become a prototype's key or a path", () => {
  expect([fieldOf("a.b"), fieldOf("__proto__"), fieldOf(" ")]).toEqual([
    "a_b",
    "column___proto__",
    "column_",
  ]);
});
