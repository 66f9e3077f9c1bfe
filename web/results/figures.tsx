/** A figure of a metric: its value with interval and sample, its course, and what changed in it. */
import type { Basis } from "../../src/analysis/model.ts";
import type { Change, Figure, Metric } from "../../src/metrics/model.ts";
import { BasisNote, TooLittleNote } from "../analysis/basis.tsx";
import { changeWords, intervalWords, valueWords } from "../analysis/numbers.ts";
import { Sparkline } from "../segments/chart.tsx";
import { count, date } from "../ui/format.ts";
import classes from "./results.module.css";

type Of = Pick<Metric, "unit" | "better" | "title" | "method" | "source" | "definition">;

/** What the value's sample is called. */
export const sampleWords = (n: number): string => `from ${count(n)}`;

/** The lines of the note beside a figure. */
export function linesOf({ method, source, definition }: Of, figure: Figure | undefined, say: (value: number) => string) {
  const { result } = figure ?? {};
  return [
    ["What it is", definition],
    ...(result?.type === "estimate" ? [
      ["Interval", result.interval ? intervalWords(result.interval, say) : "It is a count, which is what it is."] as const,
      ["Sample", count(result.n)] as const,
    ] : []),
    ["Method", method],
    ["Source", source],
  ] as const;
} // prettier-ignore

/** The value, its interval and how many it rests on; or that there is too little, and nothing else. */
export function Value({ figure, unit }: { figure: Figure; unit: Metric["unit"] }) {
  const { result } = figure;
  if (result.type === "too_little_data") return <TooLittleNote told={result} compact />;
  const say = (value: number) => valueWords(value, unit);
  return (
    <span className={classes["value"]}>
      <strong>{say(result.value)}</strong>
      <span className={classes["small"]}>
        {result.interval ? `${say(result.interval.low)} to ${say(result.interval.high)}, ` : ""}
        {sampleWords(result.n)}
      </span>
    </span>
  );
}

/** Whether a change is good, bad, or neither. */
export const toneOf = (
  { direction }: Pick<Change, "direction">,
  better: Metric["better"],
): "good" | "bad" | "plain" =>
  better === "neither" ? "plain" : (direction === "up") === (better === "more") ? "good" : "bad";

/** A change in a sentence; its day is one of the workspace's clock. */
export function wordsOfChange({ since, direction, before, after, sizeRatio }: Change, unit: Metric["unit"], zone: string): string {
  const size = sizeRatio === null ? "" : ` (${changeWords(sizeRatio)})`;
  return `${direction === "up" ? "Up" : "Down"} from ${valueWords(before, unit)} to ${valueWords(after, unit)}${size} since ${date(Date.parse(since), zone)}`;
} // prettier-ignore

/** The newest change as a word or two, coloured by whether it is good. */
export function LastChange({ figure, metric, zone }: { figure: Figure; metric: Of; zone: string }) {
  const { changes } = figure;
  if (changes.type === "too_little_data") return <span className="quiet" title={changes.detail}>Not watched yet</span>;
  const last = changes.changes.at(-1);
  if (!last) return <span className="quiet">No change</span>;
  return (
    <span className={classes["change"]} data-tone={toneOf(last, metric.better)} title={wordsOfChange(last, metric.unit, zone)}>
      {last.direction === "up" ? "↑" : "↓"} {last.sizeRatio === null ? valueWords(last.after, metric.unit) : changeWords(last.sizeRatio)}
      <span className={classes["small"]}>since {date(Date.parse(last.since), zone)}</span>
    </span>
  );
} // prettier-ignore

/** The course as a small line. */
export function Course({ figure, unit }: { figure: Figure; unit: Metric["unit"] }) {
  if (figure.result.type === "too_little_data") return null;
  const points = figure.series.filter(({ complete }) => complete).map(({ from, value }) => ({ at: Date.parse(from), value })); // prettier-ignore
  const values = points.flatMap(({ value }) => value ?? []);
  const label = values.length < 2 ? "No trend yet" : `From ${valueWords(values[0]!, unit)} to ${valueWords(values.at(-1)!, unit)}`; // prettier-ignore
  return <Sparkline points={points} label={label} />;
}

/** The note beside a figure's name. */
export function FigureNote({ metric, figure, basis }: { metric: Of; figure: Figure | undefined; basis: Basis }) {
  return <BasisNote of={metric.title} lines={linesOf(metric, figure, (value) => valueWords(value, metric.unit))} basis={{ ...basis, method: "" }} />;
} // prettier-ignore
