/** What a draft changes against what is published, a line a change: steps by what they are, the rest by what it is called. */
import type { BlastRadius } from "../../src/journeys/document.ts";
import type { Step } from "../../src/journeys/model.ts";
import classes from "./journeys.module.css";
import { type JourneyNames, lineOf, STEP_WORDS } from "./words.ts";

type Changed = BlastRadius["changes"][number];
const FIELD_WORDS: { readonly [path: string]: string } = {
  name: "Name", description: "Description", priority: "Priority", entry: "How customers come in", audience: "Who may come in", reentry: "Who may come in again",
  exits: "What takes them out", goal: "Goal", holdoutRatio: "Held out", start: "First step", language: "Language",
}; // prettier-ignore
const CHANGE_WORDS = { added: "New", removed: "Gone", changed: "Changed" } as const;

const isStep = (value: unknown): value is Step =>
  typeof value === "object" && value !== null && "type" in value && String(value.type) in STEP_WORDS;

/** A change in a line: what it is about, and where it helps how it was. */
export function changeWords({ path, change, before, after }: Changed, names: JourneyNames): { readonly what: string; readonly detail: string } {
  if (!path.startsWith("steps/")) return { what: FIELD_WORDS[path] ?? path, detail: "" };
  const [was, is] = [before, after].map((step) => (isStep(step) ? lineOf(step, names) : ""));
  if (change === "removed") return { what: was || path, detail: "" };
  return { what: is || path, detail: change === "changed" && was !== is ? `was: ${was}` : "" };
} // prettier-ignore

/** The list; `none` is said where nothing differs. */
export function ChangeList({
  changes,
  names,
  none = "Nothing differs from what is published.",
}: {
  changes: readonly Changed[];
  names: JourneyNames;
  none?: string;
}) {
  if (changes.length === 0) return <p className="quiet">{none}</p>;
  return (
    <ul className={classes["changes"]} aria-label="Changes">
      {changes.map((one) => {
        const { what, detail } = changeWords(one, names);
        return (
          <li key={one.path}>
            <span className={classes["change"]} data-change={one.change}>
              {CHANGE_WORDS[one.change]}
            </span>
            <span className="wrap">
              {what}
              {detail !== "" && <span className="quiet"> {detail}</span>}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
