/** A journey's state as a word on its colour. */
import classes from "./journeys.module.css";
import { STATE_WORDS } from "./words.ts";

/** "Live". */
export function StateBadge({ state }: { state: string }) {
  return (
    <span className={classes["state"]} data-state={state}>
      {STATE_WORDS[state] ?? state}
    </span>
  );
}
