/** What to do next for the customer in front of one, the most urgent first: what is owed comes before what could be sold. Pure. */
import type { Decision } from "../decisions/model.ts";
import type { DeskView, NextStep, OpenTask, Promised } from "./model.ts";

type Known = Pick<DeskView, "promises" | "questions" | "tasks"> & {
  readonly decisions: readonly Decision[];
};

/** Promises that are overdue or due, open complaints and questions, tasks, then what the workspace's places decide. */
export function nextOf(known: Known, isOver: (at: string) => boolean): NextStep[] {
  const owed = known.promises.filter(({ state }) => state === "overdue" || state === "due" || state === "open"); // prettier-ignore
  const said = known.questions.map(({ isComplaint, about, event }): NextStep => ({
    kind: isComplaint ? "complaint" : "question", title: isComplaint ? "Settle the complaint" : "Answer the question", detail: about ?? event, dueAt: null, isUrgent: isComplaint, id: null,
  })); // prettier-ignore
  const tasks = known.tasks.map((task) => ofTask(task, isOver));
  const steps = [...owed.map(ofPromise), ...said, ...tasks];
  return [
    ...steps.filter(({ isUrgent }) => isUrgent),
    ...steps.filter(({ isUrgent }) => !isUrgent),
    ...known.decisions.flatMap(ofDecision),
  ];
}

const STATE: { readonly [state in Promised["state"]]: string } = {
  overdue: "Overdue: ", due: "Due: ", open: "Promised: ", kept: "", withdrawn: "",
}; // prettier-ignore
const ofPromise = ({ id, promise, state, dueAt, by }: Promised): NextStep => ({
  kind: "promise", title: `${STATE[state]}${promise}`, detail: by === null ? null : `Promised by ${by}`, dueAt, isUrgent: state !== "open", id,
}); // prettier-ignore
const ofTask = ({ id, title, detail, dueAt }: OpenTask, isOver: (at: string) => boolean): NextStep => ({
  kind: "task", title, detail: detail === "" ? null : detail, dueAt, isUrgent: dueAt !== null && isOver(dueAt), id,
}); // prettier-ignore

/** What a candidate says to a person: the texts of its content by the names people give them. */
function ofDecision({ place, choice }: Decision): readonly NextStep[] {
  if (choice === null) return [];
  const text = (...names: readonly string[]): string | null => {
    for (const name of names) {
      const value = choice.content[name];
      if (typeof value === "string" && value.trim() !== "") return value.trim();
    }
    return null;
  };
  const title = text("title", "headline", "name", "say") ?? choice.id.replaceAll(/[-_]/g, " ");
  const detail = text("text", "body", "detail", "description", "subtitle");
  return [
    { kind: "decision", title, detail: detail ?? `From ${place}`, dueAt: null, isUrgent: false, id: null },
  ];
}
