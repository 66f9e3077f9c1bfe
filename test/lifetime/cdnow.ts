/** CDNOW's purchases (MIT, test/fixtures/cdnow) by customer, and the published summary of them. */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import type { Counted, InDays } from "../../src/lifetime/histories.ts";
import type { Spending } from "../../src/lifetime/model.ts";
import { counted, historyOf } from "../../src/lifetime/histories.ts";

const DAY_MS = 86_400_000;
const dayOf = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / DAY_MS;

/** The last day of the 39 weeks that laws are fitted to, and of the data. */
export const END_DAY = dayOf(1997, 9, 30);
export const LAST_DAY = dayOf(1998, 6, 30);

export type Purchase = { readonly customer: number; readonly day: number; readonly dollars: number };

const linesOf = async (name: string): Promise<readonly string[]> =>
  gunzipSync(await readFile(new URL(`../fixtures/cdnow/${name}.gz`, import.meta.url))).toString().trim().split(/\r?\n/); // prettier-ignore

/** All purchases, in the order of the file. */
export async function readPurchases(): Promise<readonly Purchase[]> {
  return (await linesOf("CDNOW_sample.txt")).map((line) => {
    const [, customer, day, , dollars] = line.trim().split(/ +/);
    return {
      customer: Number(customer),
      day: dayOf(Number(day!.slice(0, 4)), Number(day!.slice(4, 6)), Number(day!.slice(6))),
      dollars: Number(dollars),
    };
  });
}

/** The published summary: frequency, recency and T in weeks of two decimals. */
export async function readSummary(): Promise<
  readonly (readonly [frequency: number, recency: number, age: number])[]
> {
  const [, ...rows] = await linesOf("cdnow_customers_summary.csv");
  return rows.map((row) => {
    const [, frequency, recency, age] = row.split(",").map(Number);
    return [frequency!, recency!, age!];
  });
}

/** Each customer's purchases, by number. */
export function byCustomer(purchases: readonly Purchase[]): ReadonlyMap<number, readonly Purchase[]> {
  const found = new Map<number, Purchase[]>();
  for (const purchase of purchases) found.set(purchase.customer, [...(found.get(purchase.customer) ?? []), purchase]);
  return found;
} // prettier-ignore

/** Everybody's history at the end of the 39 weeks. */
export const historiesAt = (purchases: readonly Purchase[], endDay: number): readonly InDays[] =>
  [...byCustomer(purchases).values()].flatMap((of) => historyOf(of.map(({ day }) => day), endDay) ?? []); // prettier-ignore

export const countedAt = (purchases: readonly Purchase[], endDay: number): readonly Counted[] =>
  counted(historiesAt(purchases, endDay));

/** What those who came back until `endDay` spent on the average of the days on which they did. */
export const spendingAt = (purchases: readonly Purchase[], endDay: number): readonly Spending[] =>
  [...byCustomer(purchases).values()].flatMap((of) => {
    const days = new Map<number, number>();
    for (const { day, dollars } of of) if (day <= endDay) days.set(day, (days.get(day) ?? 0) + dollars);
    const repeats = [...days].toSorted(([a], [b]) => a - b).slice(1);
    const spent = repeats.reduce((sum, [, dollars]) => sum + dollars, 0);
    return repeats.length > 0 && spent > 0 ? [{ repeats: repeats.length, meanSpent: spent / repeats.length, customers: 1 }] : [];
  }); // prettier-ignore
