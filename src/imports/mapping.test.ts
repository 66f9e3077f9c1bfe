import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compile, type RowMapper } from "./mapping.ts";
import { Mapping } from "./model.ts";
import { numberOf } from "./sources.ts";

const hash = (text: string) => `h(${text})`;
const place = { file: "f.csv", line: 2, text: "row" };

function mapper(shape: object, header: readonly string[] | null): RowMapper {
  const compiled = compile(Mapping.parse(shape), header, hash);
  if (compiled.type === "missing") throw new Error(`missing ${compiled.columns.join()}`);
  return compiled.mapper;
}
const track = (rest: object) => ({
  format: "csv",
  events: [
    {
      type: "track",
      name: { constant: "Done" },
      identifiers: [{ kind: "user_id", from: { column: "who" } }],
      ...rest,
    },
  ],
});
const only = (of: RowMapper, row: readonly string[]) => {
  const mapped = of.map([row], place);
  return mapped.type === "mapped" ? mapped.bodies[0]! : mapped;
};

describe("a mapping", () => {
  test("the same rows give the same bodies and ids, and every row has an outcome", () => {
    const header = ["who", "when", "amount", "note"];
    const of = () =>
      mapper(
        track({
          time: { columns: ["when"] },
          properties: { amount: { column: "amount", as: "number" } },
          rest: "properties",
        }),
        header,
      );
    fc.assert(
      fc.property(
        fc.array(fc.string(), { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 2 }),
        (row, line) => {
          const at = { ...place, line, text: row.join() };
          const once = of().map([row], at);
          expect(of().map([row], at)).toEqual(once);
          if (once.type === "mapped") expect(once.bodies).toHaveLength(1);
          else expect(once.detail).not.toBe("");
        },
      ),
    );
  });

  test("rows of one file that differ have ids that differ", () => {
    const of = mapper(track({}), ["who", "x"]);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 2, max: 50 }), fc.string({ maxLength: 3 })), {
          selector: ([line, text]) => `${line}\n${text}`,
        }),
        (rows) => {
          const ids = rows.map(([line, text]) => {
            const mapped = of.map([["u", text]], { file: "f", line, text });
            return mapped.type === "mapped" ? mapped.bodies[0]!["messageId"] : null;
          });
          expect(new Set(ids).size).toBe(rows.length);
        },
      ),
    );
  });

  test("a cell that cannot be read as asked refuses the row and says which", () => {
    const of = mapper(track({ properties: { n: { column: "n", as: "number" } } }), ["who", "n"]);
    expect(only(of, ["u", "12.5"])).toMatchObject({ properties: { n: 12.5 } });
    expect(only(of, ["u", ""])).toMatchObject({ properties: {} });
    expect(only(of, ["u", "twelve"])).toEqual({
      type: "refused",
      reason: "bad_value",
      detail: 'n: "twelve" is no number.',
    });
  });

  test("a row that names nobody, or no time, is refused", () => {
    const of = mapper(
      track({
        time: {
          columns: ["day", "clock"],
          format: "pattern",
          pattern: "dd.MM.yyyy HH:mm",
          zone: "Europe/Berlin",
        },
      }),
      ["who", "day", "clock"],
    );
    expect(only(of, ["u", "01.02.2024", "12:00"])).toMatchObject({ timestamp: "2024-02-01T11:00:00.000Z" });
    expect(only(of, [" ", "01.02.2024", "12:00"])).toMatchObject({ reason: "no_identifier" });
    expect(only(of, ["u", "", ""])).toEqual({
      type: "refused",
      reason: "no_time",
      detail: "day and clock: is empty.",
    });
    expect(only(of, ["u", "02/01/2024", "12:00"])).toMatchObject({ reason: "no_time" });
  });

  test("conditions choose rows; rows nothing chooses give no event and are no fault", () => {
    const of = mapper(track({ where: [{ column: "state", is: ["paid"] }] }), ["who", "state"]);
    expect(of.map([["u", "paid"]], place)).toMatchObject({ type: "mapped", bodies: [{}] });
    expect(of.map([["u", "open"]], place)).toEqual({ type: "mapped", bodies: [] });
  });

  test("several events of one row have ids of their own, and long ids are shortened", () => {
    const event = {
      type: "identify",
      identifiers: [{ kind: "user_id", from: { column: "who" } }],
      id: { columns: ["who"], prefix: "p-" },
    };
    const of = mapper({ format: "csv", events: [event, event] }, ["who"]);
    const ids = (who: string) => {
      const mapped = of.map([[who]], place);
      return mapped.type === "mapped" ? mapped.bodies.map((body) => body["messageId"]) : [];
    };
    expect(ids("u")).toEqual(["p-u", "p-u.1"]);
    expect(ids("u".repeat(200))[0]).toBe(`p-h(p-${"u".repeat(200)})`);
  });

  test("rows of a group are one event with products and sums", () => {
    const of = mapper(
      {
        ...track({ properties: { total: { sum: "price" } }, products: { sku: { column: "sku" } } }),
        groupBy: ["who"],
      },
      ["who", "sku", "price"],
    );
    expect(of.keyOf!(["u", "a", "1"])).toBe(of.keyOf!(["u", "b", "2"]));
    const mapped = of.map(
      [
        ["u", "a", "0.1"],
        ["u", "b", "0.2"],
      ],
      place,
    );
    expect(mapped).toMatchObject({
      bodies: [{ properties: { total: 0.3, products: [{ sku: "a" }, { sku: "b" }] } }],
    });
  });

  test("columns the file does not have are all named", () => {
    expect(compile(Mapping.parse(track({ time: { columns: ["when"] } })), ["x"], hash)).toEqual({
      type: "missing",
      columns: ["who", "when"],
    });
  });

  test("NDJSON is read by paths, and no name reaches a prototype", () => {
    const of = mapper(
      { ...track({ rest: "properties", properties: { city: { column: "a.city" } } }), format: "ndjson" },
      null,
    );
    const row = JSON.parse('{"who":7,"a":{"city":"Rome"},"__proto__":{"evil":1},"n":null}') as {
      [key: string]: never;
    };
    expect(of.map([row], place)).toMatchObject({
      bodies: [{ userId: "7", properties: { city: "Rome", a: { city: "Rome" } } }],
    });
    expect(({} as { evil?: number }).evil).toBeUndefined();
    expect(Mapping.safeParse(track({ properties: { "a.__proto__.b": { constant: 1 } } })).success).toBe(
      false,
    );
  });

  test.each([
    ["1,234.50", ".", 1234.5],
    ["1.234,50", ",", 1234.5],
    ["\u20ac 12.90", ".", 12.9],
    ["(3.20)", ".", -3.2],
    ["EUR 5", ".", 5],
    ["45 %", ".", 45],
    ["1e3", ".", 1000],
    ["1.2.3", ".", undefined],
    ["", ".", undefined],
    ["-", ".", undefined],
  ] as const)("the number %s with %s is %s", (text, decimal, expected) =>
    expect(numberOf(text, decimal)).toBe(expected),
  );
});
