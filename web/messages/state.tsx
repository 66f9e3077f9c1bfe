/** How a message stands, as a word on its colour, with why. */
import type { MessageState } from "../../src/messages/model.ts";
import classes from "./messages.module.css";
import { reasonWords, STATE_WORDS } from "./words.ts";

/** "Refused: Quiet hours". */
export function MessageStateWord({ state, reason }: { state: MessageState; reason: string | null }) {
  const { label, tone } = STATE_WORDS[state];
  return (
    <span className={classes["stated"]}>
      <span className={classes["state"]} data-tone={tone}>
        {label}
      </span>
      {reason !== null && state !== "sent" && <span className={classes["small"]}>{reasonWords(reason)}</span>}
    </span>
  );
}
