/** What happened in a rehearsal as sentences, and what a replay cannot know. Pure. */
import type { Answer, Policy } from "../permission/model.ts";
import { isoOf } from "../values.ts";
import type { EntryRefusal, JourneyDraft } from "./model.ts";
import type { StoryLine } from "./replay-model.ts";
import type { Play } from "./replay-plan.ts";
import type { Note } from "./replay-note.ts";

const REFUSED: { readonly [reason in EntryRefusal]: string } = {
  not_in_audience: "is not in the journey's audience",
  in_it_already: "is in it already",
  entered_before: "was in it before",
  too_soon: "was in it too short a time ago",
  key_used: "was in it for this key before",
  no_key: "nothing says which key it is for",
  too_many_runs: "is in too many journeys",
  paused: "the journey is paused",
  held_out_globally: "is held out of all journeys",
  late_event: "it happened too long ago",
};
const CANCELLED = { message: "The message", task: "The task", call: "The webhook" } as const;
const ASKED = { task: "A task is made.", webhook: "A webhook is called; it is taken to answer.", update: "Traits are written.", audience: "The audience changes.", message: "A message is asked for." } as const; // prettier-ignore

/** One note as a line of a customer's story. */
export function lineOf(note: Note, { steps }: Pick<JourneyDraft, "steps">): StoryLine {
  const step = "step" in note && note.step !== "" ? note.step : null;
  return { at: isoOf(note.at), step, words: wordsOf(note, steps) };
}

function wordsOf(note: Note, steps: JourneyDraft["steps"]): string {
  switch (note.type) {
    case "refused":
      return `Does not come in: ${REFUSED[note.reason]}.`;
    case "entered":
      return note.key === "" ? "Comes in." : `Comes in for ${note.key}.`;
    case "held_out":
      return "Would come in, and is held out to measure the others against.";
    case "segment":
      return `${note.entered ? "Enters" : "Leaves"} segment ${note.segment}.`;
    case "passed":
      return passedWords(note, steps);
    case "asked":
      return ASKED[note.what];
    case "message":
      return messageWords(note.answer);
    case "cancelled":
      return `${CANCELLED[note.what]} is not wanted any more.`;
    case "ended":
      return `Leaves the journey (${note.state.replaceAll("_", " ")})${note.detail === "" ? "." : `: ${note.detail}`}`;
    case "converted":
      return note.afterMessage ? "Reached the goal, after a message." : "Reached the goal.";
  }
} // prettier-ignore

function messageWords(answer: Answer): string {
  if (answer.type === "allowed") return "The message would leave.";
  const what = answer.type === "later" ? `The message waits until ${isoOf(answer.at)}` : "The message does not leave"; // prettier-ignore
  return `${what}: ${answer.detail}`;
}

function passedWords(
  { step, path }: Extract<Note, { type: "passed" }>,
  steps: JourneyDraft["steps"],
): string {
  const { type, title } = steps[step]!;
  const name = title ?? type.replaceAll("_", " ");
  return path === "next" ? `Goes on from ${name}.` : `Goes on from ${name} by "${path}".`;
}

/** What a replay of this draft cannot know, in words. */
export function caveatsOf(
  {
    plan: { draft },
    accountRules,
    watched,
    rounds,
    policy,
  }: Pick<Play, "plan" | "accountRules" | "watched" | "rounds"> & { readonly policy: Policy },
  oneIn: number,
): readonly string[] {
  const types = new Set(Object.values(draft.steps).map(({ type }) => type));
  const says = (told: boolean, words: string): readonly string[] => (told ? [words] : []);
  return [
    "Nothing was sent: people might have acted differently had they got the messages.",
    "Who is one customer, their addresses, wishes and unsubscribes are taken as they are today.",
    ...says(draft.entry.type === "api", "Who would have come in by the API cannot be known from events: nobody is counted."),
    ...says(draft.entry.type === "batch" && rounds === null, "Nobody is counted: a batch comes in when a person says so. Name a segment and an instant to see one."),
    ...says(watched.length > 0, "Segments are followed by the rules they have now."),
    ...says(accountRules.size > 0, "Conditions about accounts are answered as they hold at the end of the period."),
    ...says(types.has("task"), "Tasks are taken as never done."),
    ...says(types.has("webhook"), "Webhooks are taken to answer at once, with nothing to keep."),
    ...says(Object.values(draft.steps).some((step) => step.type === "decide" && step.by === "learning"), "Steps that learn choose as they would with nothing learnt yet."),
    ...says(Object.values(draft.steps).some((step) => step.type === "message" && step.bestTimeMs !== undefined), "Best times are those a customer had been told by then; for others their stage's or all customers', as they are known today."),
    ...says(policy.holds.some(({ type }) => type === "out_of_stock"), "Stock is taken as unknown: it is kept for today only."),
    ...says(draft.entry.type === "schedule" && rounds !== null && rounds.at.length === 0, "Its schedule has no time within the period."),
    ...says(oneIn > 1, `One in ${oneIn} customers was replayed, and the figures are scaled.`),
    "Messages of other journeys count as they left; those that only waited to leave are not known.",
  ]; // prettier-ignore
}
