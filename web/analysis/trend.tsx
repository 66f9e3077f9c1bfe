/**
 * How a figure went: a line with its own scale and unit, where it changed beyond chance, and a pale end where days are not
 * over. What it shows stands in words beside it and in a table behind it.
 */
import { useElementSize } from "@mantine/hooks";
import { useId } from "react";
import { ticksOf } from "./ticks.ts";
import classes from "./trend.module.css";

/** A point of the line; `value` null where nothing could be told, `complete` false where more will come. */
export type TrendPoint = { readonly at: number; readonly value: number | null; readonly complete: boolean };
/** Where the line changed, by the point with which it began. */
export type TrendMark = { readonly at: number; readonly words: string; readonly tone: "good" | "bad" | "plain" }; // prettier-ignore
type TrendProps = {
  readonly points: readonly TrendPoint[];
  readonly marks?: readonly TrendMark[];
  readonly label: string;
  readonly say: (value: number) => string;
  readonly wordsOfAt: (at: number) => string;
};
type Known = { readonly at: number; readonly value: number; readonly complete: boolean };

/** Until it is known how wide the chart may be. */
const WIDTH = 720;
const [HEIGHT, LEFT, TOP, BOTTOM] = [220, 60, 12, 24];

/** The stretches of points that follow each other without one that is not known, as paths. */
export function stretchesOf(points: readonly TrendPoint[], place: (point: Known) => readonly [x: number, y: number]): readonly string[] {
  const stretches: string[] = [];
  let open = "";
  for (const { at, value, complete } of points) {
    if (value === null) {
      if (open !== "") stretches.push(open);
      open = "";
      continue;
    }
    const [x, y] = place({ at, value, complete });
    open += `${open === "" ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return open === "" ? stretches : [...stretches, open];
} // prettier-ignore

/** The chart. Nothing is drawn of fewer than two points. */
export function Trend({ points, marks = [], label, say, wordsOfAt }: TrendProps) {
  const clip = useId();
  const { ref, width: measured } = useElementSize();
  const width = measured || WIDTH;
  const known = points.flatMap(({ at, value, complete }) => (value === null ? [] : [{ at, value, complete }]));
  if (known.length < 2) return null;
  const [first, last] = [points[0]!.at, points.at(-1)!.at];
  const values = known.map(({ value }) => value);
  const ticks = ticksOf(Math.min(0, ...values), Math.max(0, ...values));
  const [least, most] = [ticks[0]!, ticks.at(-1)!];
  const [inner, tall] = [Math.max(1, width - LEFT - 8), HEIGHT - TOP - BOTTOM];
  const x = (at: number) => ((at - first) / Math.max(1, last - first)) * inner;
  const y = (value: number) => tall - ((value - least) / (most - least)) * tall;
  const place = ({ at, value }: Known) => [x(at), y(value)] as const;
  // The last complete point joins both parts of the line.
  const until = points.findLastIndex(({ complete }) => complete);
  const paths = [
    ...stretchesOf(points.slice(0, until + 1), place).map((path) => ({ path, complete: true })),
    ...stretchesOf(points.slice(Math.max(0, until)), place).map((path) => ({ path, complete: false })),
  ];
  return (
    <div ref={ref} className={classes["trend"]}>
    <svg width={width} height={HEIGHT} role="img" aria-label={label}>
      <defs><clipPath id={clip}><rect y={-2} width={inner} height={tall + 4} /></clipPath></defs>
      <g transform={`translate(${LEFT} ${TOP})`}>
        {ticks.map((tick) => (
          <g key={tick}>
            <line x2={inner} y1={y(tick)} y2={y(tick)} className={classes["grid"]} />
            <text x={-8} y={y(tick)} textAnchor="end" dominantBaseline="middle">{say(tick).replace(/\.0(?= )/, "")}</text>
          </g>
        ))}
        {marks.filter(({ at }) => at >= first && at <= last).map(({ at, words, tone }) => (
          <g key={at} data-tone={tone} className={classes["mark"]}>
            <line x1={x(at)} x2={x(at)} y1={0} y2={tall} />
            <circle cx={x(at)} cy={0} r={4}><title>{words}</title></circle>
          </g>
        ))}
        <g clipPath={`url(#${clip})`}>
          {paths.map(({ path, complete }, i) => <path key={i} d={path} className={classes["line"]} data-complete={complete} />)}
        </g>
        {[first, last].map((at, end) => (
          <text key={end} x={end === 0 ? 0 : inner} y={tall + 18} textAnchor={end === 0 ? "start" : "end"}>{wordsOfAt(at)}</text>
        ))}
      </g>
    </svg>
    </div>
  );
} // prettier-ignore
