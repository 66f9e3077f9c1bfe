/** Estimates in words: shares, lengths of time, sums and scores, each with where the true value lies. Pure. */
import type { Interval } from "../../src/analysis/model.ts";
import type { MetricUnit } from "../../src/metrics/model.ts";
import { count } from "../ui/format.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** .0423 -> "4.2 %"; of a small share so many digits that it says something, none of 0 and 100. */
export function percent(ratio: number): string {
  const points = 100 * ratio;
  const size = Math.abs(points);
  const digits = size === 0 || size === 100 ? 0 : size >= 0.95 ? 1 : 2;
  return `${points.toFixed(digits)} %`;
}

/** A length of time in its largest unit: "40 s", "12 min", "5.2 h", "12 days". */
export function span(ms: number): string {
  const [n, unit] =
    ms < MINUTE_MS
      ? [ms / 1000, "s"]
      : ms < HOUR_MS
        ? [ms / MINUTE_MS, "min"]
        : ms < 2 * DAY_MS
          ? [ms / HOUR_MS, "h"]
          : [ms / DAY_MS, "days"];
  const told = n >= 10 || Number.isInteger(n) ? Math.round(n).toLocaleString("en") : n.toFixed(1);
  return `${told} ${told === "1" && unit === "days" ? "day" : unit}`;
}

/** A number that people write with at most two digits behind the point. */
const short = (n: number): string => {
  const digits = Math.abs(n) >= 1000 ? 0 : Math.abs(n) >= 10 ? 1 : 2;
  return count(Number(n.toFixed(digits)));
};
const amounts = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
/** A sum in the events' own currency. */
export const amount = (n: number): string =>
  Math.abs(n) >= 1000 ? count(Math.round(n)) : Number.isInteger(n) ? count(n) : amounts.format(n);

/** A value of a metric. */
export function valueWords(value: number, unit: MetricUnit): string {
  switch (unit) {
    case "ratio":
      return percent(value);
    case "ms":
      return span(value);
    case "money":
      return amount(value);
    case "score":
    case "count":
      return short(value);
  }
}

/** "95 %: 3.1 % to 5.0 %". */
export const intervalWords = ({ low, high, level }: Interval, say: (value: number) => string): string =>
  `${Math.round(100 * level)} %: ${say(low)} to ${say(high)}`;

/** "+12 %", "−3.4 %": how much a value changed. */
export const changeWords = (ratio: number): string =>
  `${ratio > 0 ? "+" : ratio < 0 ? "−" : ""}${percent(Math.abs(ratio))}`;
