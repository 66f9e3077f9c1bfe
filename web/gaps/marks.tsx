/** Small marks of a gap that the list and the gap's own screen share: its state, its trend, what is at stake. */
import { Minus, TrendingDown, TrendingUp } from "lucide-react";
import type { GapState, GapView } from "../../src/gaps/model.ts";
import { TooLittleNote } from "../analysis/basis.tsx";
import { intervalWords } from "../analysis/numbers.ts";
import classes from "./gaps.module.css";
import { STATE_WORDS, sumWords } from "./words.ts";

/** The state as a word with a dot. */
export const StateMark = ({ state }: { state: GapState }) => (
  <span className={classes["state"]} data-state={state}>
    {STATE_WORDS[state]}
  </span>
);

/** A difference of shares as people say it: "+4.2 points". */
export const points = (ratio: number): string =>
  `${ratio > 0 ? "+" : ratio < 0 ? "−" : ""}${(100 * Math.abs(ratio)).toFixed(1)} points`;
const TRENDS = {
  growing: { icon: TrendingUp, label: "Growing" },
  shrinking: { icon: TrendingDown, label: "Shrinking" },
  unclear: { icon: Minus, label: "No clear trend" },
} as const;

/** Whether it grows, with the interval of the change to hover over. */
export function TrendMark({ trend }: { trend: GapView["trend"] }) {
  const { icon: Icon, label } = TRENDS[trend.direction];
  const words = trend.change === null ? "Too few before to compare" : `Against the period before, ${intervalWords(trend.change, points)}`;
  return (
    <span className={classes["trend"]} title={words}>
      <Icon size={14} aria-hidden="true" />
      {label}
    </span>
  );
} // prettier-ignore

/** The value with its interval; too little data says so and nothing else. */
export function ValueWords({ value }: { value: GapView["value"] }) {
  if (value.type === "none")
    return <dd className={classes["small"]} title={value.detail}>nothing known to be lost</dd>;
  if (value.type === "too_little_data")
    return <dd className={classes["small"]}><TooLittleNote told={value} compact /></dd>;
  return (
    <>
      <dd title={value.words}>{sumWords(value.amount, value.currency)}</dd>
      <dd className={classes["small"]}>{intervalWords(value.interval, (n) => sumWords(n, null))}</dd>
    </>
  );
} // prettier-ignore
