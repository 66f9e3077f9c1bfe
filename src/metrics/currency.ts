/**
 * Sums of money are in one currency: the one that most events tell. What is told in another counts with no worth, and how much
 * that is is said; what tells none is taken to be in the same. Pure: makes text.
 */
import { type Parameters, memberSql, valueOfRaw } from "../segments/sql-values.ts";

/** How many different currencies are looked at. */
const CURRENCIES_MAX = 200;
/** The currency sums are in (null: no event tells one), how many events tell it, and how many tell another. */
export type Currency = { readonly main: string | null; readonly events: number; readonly others: number };
type CurrencyRow = { readonly currency: string; readonly n: number };

/** SQL of an event's currency by its properties (tamed JSON), in capital letters; empty where none is told. */
export const currencySql = (json: string, parameters: Parameters): string =>
  `upper(ifNull(${valueOfRaw(memberSql(json, "currency", parameters)).text}, ''))`;

/** The statement that counts the currencies of `rows`, which have a column `currency`. */
export const currenciesSql = (rows: string): string =>
  `select currency, count() as n from (${rows}) where currency != '' group by currency order by n desc, currency limit ${CURRENCIES_MAX}`;

/** The most frequent one of them. */
export const currencyOf = ([first, ...rest]: readonly CurrencyRow[]): Currency => ({
  main: first?.currency ?? null,
  events: first?.n ?? 0,
  others: rest.reduce((sum, { n }) => sum + n, 0),
});

/** SQL of whether a worth in this currency is one of the sum's. */
export const isCountedSql = (currency: string, { main }: Currency, parameters: Parameters): string =>
  main === null ? "1" : `${currency} in ('', ${parameters.text(main)})`;

/** Which currency sums are in and what they leave out, as a sentence; empty where no event tells one. */
export function currencyWords({ main, events, others }: Currency): string {
  if (main === null) return "";
  return others === 0
    ? ` Worths are in ${main}.`
    : ` Worths are in ${main}, the most frequent currency: ${others} of ${events + others} that tell one are in another and count with no worth.`;
}
