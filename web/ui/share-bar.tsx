/** A share as a bar; what it shows stands beside it in words. */
import classes from "./share-bar.module.css";

/** As long as `ratio` says, of the width it is given. */
export function ShareBar({ ratio }: { ratio: number }) {
  return (
    <span className={classes["bar"]} aria-hidden="true">
      <span style={{ width: `${100 * ratio}%` }} />
    </span>
  );
}
