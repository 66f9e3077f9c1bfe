/**
 * compare.ts said in SQL: a value as text, number, date or list, and the tests a rule asks of it. Pure: makes text and
 * parameters. Whatever a person wrote reaches the event log as a parameter, never as part of the statement.
 */
import type { LogParameters } from "../db/clickhouse.ts";
import { DATE_PATTERN, NUMBER_PATTERN, SECONDS_BELOW, TEXT_CHARS_MAX, textOf } from "./compare.ts";
import type { Scalar, Test } from "./model.ts";

/** Values of a statement, each named once. */
export class Parameters {
  readonly #names = new Map<string, string>();
  readonly values: { [name: string]: LogParameters[string] } = {};

  text(value: string): string {
    return this.#named(value, "String");
  }

  texts(values: readonly string[]): string {
    return this.#named([...new Set(values)], "Array(String)");
  }

  #named(value: string | readonly string[], type: string): string {
    const key = `${type} ${JSON.stringify(value)}`;
    let name = this.#names.get(key);
    if (name === undefined) {
      name = `p${this.#names.size}`;
      this.#names.set(key, name);
      this.values[name] = value;
    }
    return `{${name}:${type}}`;
  }
}

/** A value in the forms that tests ask for, as SQL. `text` and `number` are null where there is none. */
export type SqlValue = {
  readonly text: string;
  readonly number: string;
  readonly exists: string;
  /** The texts of a list's elements and whether it is one; null: it never is. */
  readonly list: { readonly elements: string; readonly is: string } | null;
};

/** A constant of our own, never of a person. */
export const literal = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
/** A number as it stands; parsing its text is exact, a literal's need not be. */
export const floating = (number: number): string => `toFloat64('${String(number)}')`;
export const whole = (number: number): string => `toInt64(${String(Math.round(number))})`;

const TOKENS = String.raw`"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[^"0-9-]+|-`;
/**
 * JSON without whole numbers beyond 64 bits: they make the parser refuse the whole text they stand in; with a fraction it
 * takes them. Nearly no text has one, and for those without only the search costs.
 */
export function tamed(json: string): string {
  // JSON.stringify writes 17 digits that mean something at most: the others are 0.
  const huge = `if(match(${json}, '[0-9]{17}000'), ${json}, '')`;
  const parts = `arrayMap(t -> if(match(t, '^-?[0-9]{20,}$'), concat(t, '.0'), t), extractAll(${huge}, ${literal(TOKENS)}))`;
  return `if(${huge} = '', ${json}, arrayStringConcat(${parts}))`;
}

/** The JSON text of a member; empty where there is none. `json` is tamed. */
export const memberSql = (json: string, name: string, parameters: Parameters): string =>
  `JSONExtractRaw(${json}, ${parameters.text(name)})`;

/** The JSON text at a path; a key that has dots itself is found first. */
export function pathSql(json: string, path: string, parameters: Parameters): string {
  const direct = memberSql(json, path, parameters);
  if (!path.includes(".")) return direct;
  const keys = path.split(".").map((key) => parameters.text(key));
  return `if(${direct} != '', ${direct}, JSONExtractRaw(${json}, ${keys.join(", ")}))`;
}

const cutSql = (text: string): string => `substringUTF8(${text}, 1, ${TEXT_CHARS_MAX})`;
const first = (raw: string): string => `substring(${raw}, 1, 1)`;

/** `textOf` of a JSON text. */
const rawText = (raw: string): string =>
  `if(startsWith(${raw}, '"'), ${cutSql(`JSONExtractString(${raw})`)}, if(${first(raw)} in ('', 'n', '[', '{'), null, ${raw}))`;

/** A JSON text's value. `raw` is used many times: name a column. */
export function valueOfRaw(raw: string): SqlValue {
  const parts = `JSONExtractArrayRaw(if(startsWith(${raw}, '['), ${tamed(raw)}, ''))`;
  const texts = `arrayFilter(x -> x is not null, arrayMap(r -> ${rawText("r")}, ${parts}))`;
  return {
    ...valueOfText(rawText(raw)),
    exists: `(${raw} not in ('', 'null'))`,
    list: { elements: texts, is: `startsWith(${raw}, '[')` },
  };
}

/** The value of a text; null where there is none. */
export function valueOfText(text: string): SqlValue {
  const parsed = `toFloat64OrNull(${text})`;
  const number = `if(match(ifNull(${text}, ''), ${literal(NUMBER_PATTERN)}) and abs(ifNull(${parsed}, 2e15)) <= 1e15, ${parsed}, null)`;
  return { text, number, exists: `(${text} is not null)`, list: null };
}

/** The value of a number; null where there is none. */
export function valueOfNumber(number: string): SqlValue {
  // Only what would also be a number as text: see NUMBER_PATTERN.
  const able = `abs(ifNull(${number}, 2e15)) < 1e15 and (${number} = 0 or abs(${number}) >= 1e-99)`;
  return {
    text: `if(${number} is null, null, toString(${number}))`,
    number: `if(${able}, ${number}, null)`,
    exists: `(${number} is not null)`,
    list: null,
  };
}

/** The value of a list of texts that is never absent. */
export const valueOfList = (elements: string): SqlValue => ({
  text: "cast(null as Nullable(String))",
  number: "cast(null as Nullable(Float64))",
  exists: "1",
  list: { elements, is: "1" },
});

type DateTest = Extract<Test, { op: "before" | "after" | "within_last" | "longer_ago" | "within_next" }>;
type NumberTest = Extract<Test, { op: "above" | "at_least" | "below" | "at_most" | "between" }>;
type TextTest = Exclude<Test, DateTest | NumberTest>;
const COMPARED = { above: ">", at_least: ">=", below: "<", at_most: "<=" } as const;

/** Whether a value passes at the instant `now`: 0 or 1, never null. */
export function testSql(test: Test, value: SqlValue, now: string, parameters: Parameters): string {
  if (isOfDates(test)) return holds(dateTest(test, dateSql(value), now));
  return isOfNumbers(test) ? numberTest(test, value.number) : textTest(test, value, parameters);
}

const isOfDates = (test: Test): test is DateTest =>
  test.op === "before" || test.op === "after" || test.op === "within_last" || test.op === "longer_ago" || test.op === "within_next"; // prettier-ignore
const isOfNumbers = (test: Test): test is NumberTest => test.op === "between" || test.op in COMPARED;
const holds = (condition: string): string => `ifNull(${condition}, 0)`;

function numberTest(test: NumberTest, number: string): string {
  if (test.op === "between")
    return holds(`${number} >= ${floating(test.from)} and ${number} <= ${floating(test.to)}`);
  return holds(`${number} ${COMPARED[test.op]} ${floating(test.value)}`);
}

function textTest(test: TextTest, value: SqlValue, parameters: Parameters): string {
  const { text } = value;
  const wanted = (scalar: Scalar): string => textOf(scalar)!;
  switch (test.op) {
    case "exists":
      return value.exists;
    case "not_exists":
      return `not ${value.exists}`;
    case "equals":
      return holds(`${text} = ${parameters.text(wanted(test.value))}`);
    case "not_equals":
      return `not ${holds(`${text} = ${parameters.text(wanted(test.value))}`)}`;
    case "in":
      return amongTexts(text, parameters.texts(test.values.map(wanted)));
    case "not_in":
      return `not ${amongTexts(text, parameters.texts(test.values.map(wanted)))}`;
    case "contains":
      return containing(value, parameters.text(test.value));
    case "not_contains":
      return `not ${containing(value, parameters.text(test.value))}`;
    case "starts_with":
      return holds(`startsWith(lower(${text}), lower(${parameters.text(test.value)}))`);
    case "ends_with":
      return holds(`endsWith(lower(${text}), lower(${parameters.text(test.value)}))`);
  }
}

const amongTexts = (text: string, wanted: string): string =>
  `(${text} is not null and has(${wanted}, ifNull(${text}, '')))`;

function containing({ text, list }: SqlValue, sought: string): string {
  const part = holds(`position(lower(${text}), lower(${sought})) > 0`);
  return list ? `if(${list.is}, has(${list.elements}, ${sought}), ${part})` : part;
}

function dateTest(test: DateTest, at: string, now: string): string {
  switch (test.op) {
    case "before":
      return `${at} < ${whole(test.at)}`;
    case "after":
      return `${at} >= ${whole(test.at)}`;
    case "within_last":
      return `${at} <= ${now} and ${at} > ${now} - ${whole(test.ms)}`;
    case "longer_ago":
      return `${at} <= ${now} - ${whole(test.ms)}`;
    case "within_next":
      return `${at} > ${now} and ${at} <= ${now} + ${whole(test.ms)}`;
  }
}

/** `dateOf` of a value: of a text `t` and its number `n`, which the statement thereby tells once. */
const dateSql = ({ text, number }: SqlValue): string =>
  `arrayElement(arrayMap((t, n) -> ${DATE}, [${text}], [${number}]), 1)`;

const DATE = ((): string => {
  const part = (from: number, length: number): string => `toInt32OrZero(substring(ifNull(t, ''), ${from}, ${length}))`;
  const day = `makeDate32(${part(1, 4)}, ${part(6, 2)}, ${part(9, 2)})`;
  const fraction = `toInt32OrZero(rightPad(extract(ifNull(t, ''), '[.]([0-9]+)Z$'), 3, '0'))`;
  // Seconds are absent from 2026-11-21T10:00Z; what stands there then is no number.
  const time = `${part(12, 2)} * 3600000 + ${part(15, 2)} * 60000 + ${part(18, 2)} * 1000 + ${fraction}`;
  const date = `if(toDayOfMonth(${day}) = ${part(9, 2)}, toInt64(toInt32(${day})) * 86400000 + ${time}, null)`;
  const since = `if(ifNull(n >= 0, 0), toInt64(floor(ifNull(if(n < ${SECONDS_BELOW}, n * 1000, n), 0))), null)`;
  return `if(match(ifNull(t, ''), ${literal(DATE_PATTERN)}), ${date}, ${since})`;
})(); // prettier-ignore

/** A text whose order by bytes is the order of UTF-16 units, which is that of texts in knowledge. */
export const utf16Order = (text: string): string =>
  `replaceAll(replaceAll(${text}, '\\xEE', '\\xF8'), '\\xEF', '\\xF9')`;

/** A text the engine wrote as JSON in the order of the same JSON written by JSON.stringify. */
export function jsonOrder(json: string): string {
  const lines = `arrayStringConcat(arrayMap(t -> if(t = '\\\\u2028', '\u2028', if(t = '\\\\u2029', '\u2029', t)), extractAll(${json}, '\\\\\\\\u[0-9a-f]{4}|\\\\\\\\.|[^\\\\\\\\]+')))`;
  const texts = `if(position(${json}, '\\\\u202') > 0, ${lines}, ${json})`;
  const numbers = `if(match(${json}, '^-?[0-9.]+e[0-9]'), replaceOne(${json}, 'e', 'e+'), ${texts})`;
  return utf16Order(numbers);
}
/** The engine writes / as JSON.stringify does only when told so. */
export const SQL_SETTINGS = "settings output_format_json_escape_forward_slashes = 0";
