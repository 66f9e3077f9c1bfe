/** What the desk has nothing to show of, and why: an empty place on a screen says nothing, a sentence does. Pure. */
import type { DeskView } from "./model.ts";

type Shown = Omit<DeskView, "missing" | "next" | "avoid" | "customerId" | "asOf">;
/** What could be told if there were something. */
export type Sources = {
  readonly hasStages: boolean;
  readonly isLogAway: boolean;
  readonly deskPlaces: number;
  readonly undecided: boolean;
};

/** A sentence for each thing that is not there. */
export function missingOf(shown: Shown, sources: Sources): string[] {
  const said: (readonly [boolean, string])[] = [
    [sources.isLogAway, "The event log cannot be read for now: questions, promises, notes and sentiment are not shown."],
    [shown.stage === null, sources.hasStages ? "They are in no stage yet." : "No stages are laid down, so none is shown."],
    [shown.moments.length === 0 && !sources.isLogAway, "Nothing has happened with them yet."],
    [shown.cart.items.length === 0, "Nothing lies in their cart."],
    [shown.purchases.orders === 0, "They have not bought anything yet."],
    [shown.questions.length === 0 && !sources.isLogAway, "No question of theirs is open."],
    [shown.promises.length === 0 && !sources.isLogAway, "Nothing was promised to them."],
    [shown.sentiment === null && !sources.isLogAway, "Nobody told their mood: none is guessed."],
    [sources.deskPlaces === 0, "No place of the kind “desk” is laid down, so nothing is proposed."],
    [sources.undecided, "What to propose could not be decided in time."],
  ]; // prettier-ignore
  return said.flatMap(([isMissing, sentence]) => (isMissing ? [sentence] : []));
}
