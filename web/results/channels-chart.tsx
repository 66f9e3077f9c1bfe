/** What each model gives each channel, as points on a line: points that lie together agree. The table below has the numbers. */
import { percent } from "../analysis/numbers.ts";
import classes from "./channels.module.css";

/** A channel, and its share by each model. */
export type CreditRow = {
  readonly name: string;
  readonly credits: readonly { readonly model: string; readonly ratio: number; readonly words: string }[];
};

const SHOWN_MAX = 12;
/** A hue for each place in the list of models. */
const hueOf = (place: number): string => `hsl(${(170 + place * 67) % 360} 55% 48%)`;

/** The chart: a channel a row. */
export function Credits({ rows, models }: { rows: readonly CreditRow[]; models: readonly string[] }) {
  const shown = rows.slice(0, SHOWN_MAX);
  const most = Math.max(0.01, ...shown.flatMap(({ credits }) => credits.map(({ ratio }) => ratio)));
  const at = (ratio: number) => `${(100 * Math.max(0, ratio)) / most}%`;
  return (
    <div className={classes["chart"]}>
      <ul className={classes["legend"]} aria-label="Models">
        {models.map((model, i) => (
          <li key={model}>
            <span className={classes["dot"]} style={{ background: hueOf(i) }} aria-hidden="true" />
            {model}
          </li>
        ))}
      </ul>
      <div role="img" aria-label="Shares of the conversions by channel and model; the table below has every number">
        {shown.map(({ name, credits }) => {
          const ratios = credits.map(({ ratio }) => ratio);
          const [low, high] = [Math.min(...ratios), Math.max(...ratios)];
          return (
            <div key={name} className={classes["line"]}>
              <span className={classes["who"]} title={name}>{name}</span>
              <span className={classes["track"]}>
                {ratios.length > 0 && <span className={classes["range"]} style={{ left: at(low), width: `calc(${at(high)} - ${at(low)})` }} />}
                {credits.map(({ model, ratio, words }) => (
                  <span key={model} className={classes["point"]} style={{ left: at(ratio), background: hueOf(models.indexOf(model)) }} title={`${model}: ${words}`} />
                ))}
              </span>
              <span className={classes["spread"]}>{ratios.length === 0 ? "–" : percent(low) === percent(high) ? percent(low) : `${percent(low)} – ${percent(high)}`}</span>
            </div>
          );
        })}
      </div>
      {rows.length > SHOWN_MAX && <p className="quiet">The {SHOWN_MAX} met most; the table has all {rows.length}.</p>}
    </div>
  );
} // prettier-ignore
