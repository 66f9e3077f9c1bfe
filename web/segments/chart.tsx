/**
 * How a number went over time: a line of our own, as small as it can be. What it shows stands in words beside it and in a
 * table behind it; the drawing alone carries nothing.
 */
import { useId } from "react";
import { count } from "../ui/format.ts";
import classes from "./chart.module.css";

/** A moment and the number then; null where none is known. */
export type Point = { readonly at: number; readonly value: number | null };
type Known = { readonly at: number; readonly value: number };

const known = (points: readonly Point[]): readonly Known[] =>
  points.flatMap(({ at, value }) => (value === null ? [] : [{ at, value }]));

/** The line's path within `width` by `height`, `least` at the bottom and `most` at the top. */
export function pathOf(points: readonly Known[], width: number, height: number, least: number, most: number): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return "";
  const spanMs = Math.max(1, last.at - first.at);
  const x = (at: number) => ((at - first.at) / spanMs) * width;
  // A number that never changed is a line in the middle.
  const y = (value: number) =>
    most === least ? height / 2 : height - ((value - least) / (most - least)) * height;
  return points.map(({ at, value }, i) => `${i === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
} // prettier-ignore

const bounds = (points: readonly Known[]): readonly [number, number] => {
  const values = points.map(({ value }) => value);
  return [Math.min(...values), Math.max(...values)];
};

/** The course of a number as a line of a table's row. */
export function Sparkline({ points, label }: { points: readonly Point[]; label: string }) {
  const shown = known(points);
  if (shown.length < 2) return <span className="quiet">–</span>;
  const [least, most] = bounds(shown);
  return (
    <svg className={classes["spark"]} viewBox="-2 -2 100 28" role="img" aria-label={label} preserveAspectRatio="none">
      <path d={pathOf(shown, 96, 24, least, most)} vectorEffect="non-scaling-stroke" />
    </svg>
  );
} // prettier-ignore

/** Round steps between 0 and `most`: at most five, each a number people say. */
export function ticksOf(most: number): readonly number[] {
  if (most <= 0) return [0, 1];
  const rough = most / 4;
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((n) => n * size).find((n) => n >= rough)!,
  );
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [720, 220, 56, 24];

/** The chart: the line from zero, with what its axes mean. */
export function LineChart({ points, label, wordsOfAt }: { points: readonly Point[]; label: string; wordsOfAt: (at: number) => string }) {
  const clip = useId();
  const shown = known(points);
  if (shown.length < 2) return null;
  const ticks = ticksOf(bounds(shown)[1]);
  const most = ticks.at(-1)!;
  const [inner, tall] = [WIDTH - LEFT - 8, HEIGHT - BOTTOM - 8];
  const line = pathOf(shown, inner, tall, 0, most);
  const y = (value: number) => tall - (value / most) * tall;
  return (
    <svg className={classes["chart"]} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      <defs><clipPath id={clip}><rect width={inner} height={tall + 1} /></clipPath></defs>
      <g transform={`translate(${LEFT} 8)`}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line x2={inner} y1={y(tick)} y2={y(tick)} className={classes["grid"]} />
            <text x={-8} y={y(tick)} textAnchor="end" dominantBaseline="middle">{count(tick)}</text>
          </g>
        ))}
        <path d={`${line}L${inner} ${tall}L0 ${tall}Z`} className={classes["area"]} clipPath={`url(#${clip})`} />
        <path d={line} className={classes["line"]} />
        {[shown[0]!, shown.at(-1)!].map(({ at }, end) => (
          <text key={at} x={end === 0 ? 0 : inner} y={tall + 18} textAnchor={end === 0 ? "start" : "end"}>{wordsOfAt(at)}</text>
        ))}
      </g>
    </svg>
  );
} // prettier-ignore
