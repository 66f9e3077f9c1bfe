/** Kinds and states of gaps, and what became of them, as a person calls them. Pure. */
import type { GapKind, GapState, GapView } from "../../src/gaps/model.ts";

export const KIND_WORDS: { readonly [kind in GapKind]: string } = {
  drop_off: "Drop-off",
  hesitation: "Hesitation",
  starting_over: "Starting over",
  broken_handoff: "Broken hand-off",
  slow_response: "Slow first response",
  silence_after_purchase: "Silence after purchase",
  irrelevant_message: "Irrelevant message",
  contradiction: "Contradiction",
  unanswered_question: "Unanswered question",
  broken_promise: "Broken promise",
  unrecognised: "Not recognised",
  silent_touchpoint: "Silent touchpoint",
  changed_behaviour: "Changed behaviour",
};
export const STATE_WORDS: { readonly [state in GapState]: string } = {
  open: "Open",
  being_fixed: "Being fixed",
  proven: "Proven",
  rolled_back: "Rolled back",
  dismissed: "Dismissed",
};
export const REMEDY_WORDS: { readonly [type in GapView["remedy"]["type"]]: string } = {
  journey: "A journey",
  content: "Content",
  task: "A task",
  data_fix: "A fix of the data",
};
/** What a person may say of a gap in a state: the button, and the state it comes to. */
export const CHANGES: { readonly [state in GapState]: readonly { readonly to: GapState; readonly label: string }[] } = {
  open: [{ to: "being_fixed", label: "We are fixing it" }, { to: "dismissed", label: "Dismiss" }],
  being_fixed: [{ to: "proven", label: "It is proven" }, { to: "rolled_back", label: "We rolled it back" }, { to: "open", label: "Open it again" }],
  proven: [{ to: "rolled_back", label: "We rolled it back" }, { to: "open", label: "Open it again" }],
  rolled_back: [{ to: "being_fixed", label: "We try again" }, { to: "open", label: "Open it again" }],
  dismissed: [{ to: "open", label: "Open it again" }],
}; // prettier-ignore

/** A sum over the horizon as people say it: "12,300 EUR", without a currency where the orders told none. */
export const sumWords = (n: number, currency: string | null): string => {
  const digits = Math.abs(n) >= 100 ? 0 : 2;
  const told = n.toLocaleString("en", { maximumFractionDigits: digits });
  return currency === null ? told : `${told} ${currency}`;
};
