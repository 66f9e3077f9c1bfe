/** Numbers by day and kind as stacked bars. What it shows stands in a table behind it. */
import { count } from "../ui/format.ts";
import { ticksOf } from "../segments/chart.tsx";
import chart from "../segments/chart.module.css";
import classes from "./messages.module.css";

const DAY_MS = 86_400_000;
/** A day with the number of each kind. */
export type Bar = {
  readonly at: number;
  readonly parts: readonly { readonly kind: string; readonly n: number }[];
};
type Counted = { readonly day: string; readonly kind: string; readonly n: number };

/** The last `days` days up to `now`, the oldest first, each with its numbers; days without any as well. */
export function stacksOf(counts: readonly Counted[], days: number, now: number): readonly Bar[] {
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  return Array.from({ length: days }, (_, i) => {
    const at = today - (days - 1 - i) * DAY_MS;
    const day = new Date(at).toISOString().slice(0, 10);
    const parts = new Map<string, number>();
    for (const one of counts) if (one.day === day) parts.set(one.kind, one.n + (parts.get(one.kind) ?? 0));
    return { at, parts: [...parts].map(([kind, n]) => ({ kind, n })) };
  });
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [720, 220, 56, 24];

/** The chart with its legend. */
export function BarChart({ bars, label, wordsOf, dayWords }: { bars: readonly Bar[]; label: string; wordsOf: (kind: string) => string; dayWords: (at: number) => string }) {
  const sum = ({ parts }: Bar) => parts.reduce((all, { n }) => all + n, 0);
  const ticks = ticksOf(Math.max(0, ...bars.map(sum)));
  const most = ticks.at(-1)!;
  const [inner, tall] = [WIDTH - LEFT - 8, HEIGHT - BOTTOM - 8];
  const width = inner / bars.length;
  const kinds = [...new Set(bars.flatMap(({ parts }) => parts.map(({ kind }) => kind)))].toSorted();
  return (
    <>
      <svg className={chart["chart"]} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        <g transform={`translate(${LEFT} 8)`}>
          {ticks.map((tick) => (
            <g key={tick}>
              <line x2={inner} y1={tall - (tick / most) * tall} y2={tall - (tick / most) * tall} className={chart["grid"]} />
              <text x={-8} y={tall - (tick / most) * tall} textAnchor="end" dominantBaseline="middle">{count(tick)}</text>
            </g>
          ))}
          {bars.map(({ at, parts }, i) => {
            let y = tall;
            return kinds.map((kind) => {
              const n = parts.find((one) => one.kind === kind)?.n ?? 0;
              const height = (n / most) * tall;
              y -= height;
              return n === 0 ? null : <rect key={`${at} ${kind}`} x={i * width + width * 0.12} y={y} width={width * 0.76} height={height} rx={1.5} className={classes["kind"]} data-kind={kind} />;
            });
          })}
          {[bars[0], bars.at(-1)].map((bar, end) => bar && (
            <text key={end === 0 ? "first" : "last"} x={end === 0 ? 0 : inner} y={tall + 18} textAnchor={end === 0 ? "start" : "end"}>{dayWords(bar.at)}</text>
          ))}
        </g>
      </svg>
      <ul className={classes["legend"]} aria-hidden="true">
        {kinds.map((kind) => (
          <li key={kind}>
            <span className={classes["swatch"]} data-kind={kind} />
            {wordsOf(kind)}
          </li>
        ))}
      </ul>
    </>
  );
} // prettier-ignore
