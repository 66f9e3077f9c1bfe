/** A value with its interval on a scale that the rows of a table share; what it says stands in words beside it. */
import classes from "./whisker.module.css";

/** What the scale of several intervals spans; always with 0 in it. */
export function scaleOf(intervals: readonly { readonly low: number; readonly high: number }[]): readonly [least: number, most: number] {
  const least = Math.min(0, ...intervals.map(({ low }) => low));
  const most = Math.max(0, ...intervals.map(({ high }) => high));
  return most > least ? [least, most] : [0, 1];
} // prettier-ignore

type WhiskerProps = {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly scale: readonly [least: number, most: number];
  readonly label: string;
  /** Coloured by which side of 0 it lies on, where one side is better. */
  readonly judged?: boolean;
};
const [WIDTH, HEIGHT, EDGE] = [160, 20, 6];

/** The drawing. */
export function Whisker({ value, low, high, scale: [least, most], label, judged = false }: WhiskerProps) {
  const x = (at: number) => EDGE + ((Math.min(most, Math.max(least, at)) - least) / (most - least)) * (WIDTH - 2 * EDGE);
  const side = !judged ? "plain" : low > 0 ? "better" : high < 0 ? "worse" : "open";
  return (
    <svg className={classes["whisker"]} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} data-side={side}>
      <line x1={x(0)} x2={x(0)} y1={1} y2={HEIGHT - 1} className={classes["zero"]} />
      <line x1={x(low)} x2={x(high)} y1={HEIGHT / 2} y2={HEIGHT / 2} className={classes["range"]} />
      {[low, high].map((end, i) => <line key={i} x1={x(end)} x2={x(end)} y1={HEIGHT / 2 - 4} y2={HEIGHT / 2 + 4} className={classes["range"]} />)}
      <circle cx={x(value)} cy={HEIGHT / 2} r={4} className={classes["point"]} />
    </svg>
  );
} // prettier-ignore
