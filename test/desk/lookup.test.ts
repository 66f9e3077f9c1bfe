/** Customers are found by whatever people say of themselves, over HTTP and by index; and only in their own workspace. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Lookup } from "../../src/desk/model.ts";
import { type Keys, type Whole, startWholeOfTwo } from "../http/whole.ts";
import { DAY_MS, ago, deskOf } from "./stage.ts";

let [whole, first, other] = [] as unknown as [Whole, Keys, Keys];
let desk: ReturnType<typeof deskOf>;
const person = (userId: string, traits: object, at = DAY_MS) => ({ type: "identify", userId, timestamp: ago(at), traits }); // prettier-ignore
beforeAll(async () => {
  ({ whole, first, other } = await startWholeOfTwo());
  desk = deskOf(whole, first);
  await whole.ask(first, "PUT", "/v1/desk/settings", { country: "DE" });
  await desk.sends(
    person("ann", { name: "Ann Müller-Lüdenscheidt", email: "ann@example.com", phone: "+49 171 1234567", loyalty_id: "Gold-4711" }),
    { type: "track", userId: "ann", event: "Order Completed", timestamp: ago(DAY_MS), properties: { order_id: "R-2026/0042", total: 10, currency: "EUR" } },
    person("sorensen", { name: "Søren Þórsson Straße", email: "soeren@example.com" }),
    person("ivan", { firstName: "Иван", lastName: "ЁЛКИН" }),
    person("carl", { name: "Carl O'Brien", phone: "+1 415 555 2671" }),
  ); // prettier-ignore
  await deskOf(whole, other).sends(person("theirs", { name: "Ann Elsewhere", email: "ann@example.com", phone: "+49 171 1234567", loyalty_id: "Gold-4711" })); // prettier-ignore
});
afterAll(() => whole.end());

const ANN = "Ann Müller-Lüdenscheidt";
describe("a customer is found", () => {
  test.each([
    ["the phone as they say it at the till", { phone: "0171 1234567" }],
    ["the phone with strokes and brackets", { phone: "(0171) 123-45 67" }],
    ["the phone with 00", { phone: "0049 171 1234567" }],
    ["the phone with its country", { phone: "+49 171/1234567" }],
    ["the country without its plus", { phone: "49 171 1234567" }],
    ["the e-mail address in any case", { email: " Ann@Example.com " }],
    ["the order's number", { order: "R-2026/0042" }],
    ["the order's number as it is read aloud", { order: "r2026 0042" }],
    ["the loyalty code", { loyalty: "gold-4711" }],
    ["the beginning of a name", { name: "ann" }],
    ["the last name without its accents", { name: "ludenscheidt" }],
    ["the last name as it is written without umlauts", { name: "Mueller" }],
    ["parts of both names, in any order", { name: "muel an" }],
  ])("by %s", async (_, query) => {
    expect(await desk.found(query as { [name: string]: string })).toEqual([ANN]);
  });

  test.each([
    ["0171 1234567", "phone"], ["ann@example.com", "email"], ["#R-2026/0042", "order"], ["GOLD-4711", "loyalty"], ["Ann", "user_id"], ["lüdenscheidt", "name"],
  ])("by whatever is typed: %s", async (q, by) => {
    const one = await desk.one({ q });
    expect([one.name, one.foundBy.includes(by as never), one.orders]).toEqual([ANN, true, 1]);
    expect(await desk.one({ q: one.id })).toMatchObject({ name: ANN, foundBy: ["customer_id"] });
  }); // prettier-ignore

  test.each([
    ["soren torss", "Søren Þórsson Straße"], ["SOEREN STRASSE", "Søren Þórsson Straße"], ["иван елкин", "Иван ЁЛКИН"], ["ИВАН", "Иван ЁЛКИН"], ["o'br", "Carl O'Brien"],
  ])("by a name in another writing: %s", async (name, expected) => {
    expect(await desk.found({ name })).toEqual([expected]);
  }); // prettier-ignore

  test("by a number of another country that is told whole, and not by the middle of a name", async () => {
    expect(await desk.found({ q: "+1 (415) 555-2671" })).toEqual(["Carl O'Brien"]);
    expect(await desk.found({ name: "nn" })).toEqual([]);
  });

  test("by the order's number also where it was placed before there was the index", async () => {
    const { sql } = whole.stores;
    await sql.query("delete from order_numbers where workspace = $1", [first.workspace]);
    expect(await desk.found({ order: "R-2026/0042" })).toEqual([]);
    const migration = await readFile("src/db/migrations/state/0020.sql", "utf8");
    await sql.query(/insert into order_numbers[^;]+;/.exec(migration)![0]);
    expect(await desk.found({ order: "R-2026/0042" })).toEqual([ANN]);
  });
});

test("nobody is found of another workspace, and each finds their own", async () => {
  const theirs = deskOf(whole, other);
  expect(await theirs.found({ order: "R-2026/0042" })).toEqual([]);
  expect(await theirs.found({ q: "+49 171 1234567" })).toEqual(["Ann Elsewhere"]);
  expect(await theirs.found({ name: "ann" })).toEqual(["Ann Elsewhere"]);
  const { id } = await desk.one({ q: "0171 1234567" });
  expect((await whole.answer(other, "GET", `/v1/customers/${id}/desk`)).status).toBe(404);
  expect((await whole.answer(other, "POST", `/v1/customers/${id}/notes`, { text: "x" })).status).toBe(404);
  // Theirs is laid down without a country: it says why a number as it is said finds nobody.
  const told = await theirs.lookup({ q: "0171 1234567" });
  expect([told.customers, told.hint]).toEqual([[], expect.stringContaining("without its country")]);
});

test("of many who fit the twenty seen last are told, the last one first, and that there are more", async () => {
  const many = Array.from({ length: 30 }, (_, i) => person(`many-${i}`, { name: `Zoë Many${i}` }, (40 - ((i * 7) % 30)) * 3_600_000)); // prettier-ignore
  await desk.sends(...many);
  const told = await desk.lookup({ name: "zoe" });
  expect([told.customers.length, told.hasMore]).toEqual([20, true]);
  const seen = told.customers.map(({ lastSeenAt }) => Date.parse(lastSeenAt!));
  expect(seen).toEqual(seen.toSorted((a, b) => b - a));
  const all = many.map(({ timestamp }) => Date.parse(timestamp)).toSorted((a, b) => b - a);
  expect(seen).toEqual(all.slice(0, 20));
  expect((await desk.lookup({ name: "zoe many29" })).hasMore).toBe(false);
});

test("what asks for nobody is refused in a sentence", async () => {
  const answer = await whole.answer<{ detail: string }>(first, "GET", "/v1/customers/lookup");
  expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining("Say by what to look")]);
  const short = await whole.ask<Lookup>(first, "GET", "/v1/customers/lookup?name=a");
  expect([short.customers, short.hint]).toEqual([[], "Of a name 2 letters are needed."]);
});
