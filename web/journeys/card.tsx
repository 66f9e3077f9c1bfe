/** A step or the entry as a card: what it is, what it does in a sentence, its numbers and what is wrong with it. */
import { TriangleAlert } from "lucide-react";
import type { KeyboardEvent } from "react";
import type { JourneyDraft, Step } from "../../src/journeys/model.ts";
import { count } from "../ui/format.ts";
import classes from "./canvas.module.css";
import type { Figures } from "./figures.ts";
import { StepIcon } from "./step-icon.tsx";
import { entryWords, type JourneyNames, sentenceOf, titleOf } from "./words.ts";

export type CardProps = {
  readonly draft: JourneyDraft;
  /** Null: the entry. */
  readonly id: string | null;
  readonly names: JourneyNames;
  readonly selected: boolean;
  readonly problems: number;
  readonly figures: Figures | null;
  readonly onSelect: (id: string | null) => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
};

/** What a card says: its heading and its sentence. */
export function cardWords(draft: JourneyDraft, step: Step | null, names: JourneyNames): { readonly title: string; readonly sentence: string } {
  return step === null
    ? { title: "They come in", sentence: entryWords(draft.entry, names) }
    : { title: titleOf(step), sentence: sentenceOf(step, names) };
} // prettier-ignore

/** The numbers under a card. */
function Numbers({ id, figures }: { id: string | null; figures: Figures }) {
  if (id === null)
    return (
      <span className={classes["figures"]}>
        <span>
          <strong>{count(figures.entered)}</strong> came in
        </span>
        {figures.heldOut > 0 && <span>{count(figures.heldOut)} held out</span>}
      </span>
    );
  const reached = figures.reached.get(id);
  if (reached === undefined)
    return (
      <span className={classes["figures"]}>
        <span>{figures.unknown}</span>
      </span>
    );
  const [standing, refused] = [figures.standing.get(id) ?? 0, figures.refused.get(id) ?? 0];
  return (
    <span className={classes["figures"]}>
      <span>
        <strong>{count(reached)}</strong> came here
      </span>
      {refused > 0 && <span data-bad>{count(refused)} refused</span>}
      {standing > 0 && <span data-here>{count(standing)} here now</span>}
    </span>
  );
}

/** The card. It is a button: Enter opens it, the arrows lead along the journey. */
export function StepCard({ draft, id, names, selected, problems, figures, onSelect, onKeyDown }: CardProps) {
  const step = id === null ? null : (draft.steps[id] ?? null);
  const { title, sentence } = cardWords(draft, step, names);
  const wrong = problems > 0 ? `${problems === 1 ? "1 problem" : `${problems} problems`}` : "";
  return (
    <button
      type="button"
      className={`nodrag nopan ${classes["card"]}`}
      data-card={id ?? ""}
      data-selected={selected}
      data-wrong={problems > 0}
      aria-pressed={selected}
      onClick={() => onSelect(id)}
      onKeyDown={onKeyDown}
    >
      <span className={classes["said"]}>
        <StepIcon type={step?.type ?? "entry"} />
        <span className={classes["words"]}>
          <span className={classes["title"]}>{title}</span>
          <span className={classes["sentence"]} title={sentence}>
            {sentence}
          </span>
        </span>
        {wrong !== "" && (
          <span className={classes["wrong"]} title={wrong}>
            <TriangleAlert size={16} aria-hidden="true" />
            <span className="unseen">{wrong}</span>
          </span>
        )}
      </span>
      {figures !== null && <Numbers id={id} figures={figures} />}
    </button>
  );
}
