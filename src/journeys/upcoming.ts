/** Which messages a customer's runs wait to send, for caps that look ahead. Pure. */
import type { CustomerAtom } from "../customers/store.ts";
import type { Upcoming } from "../permission/model.ts";
import type { Journeys } from "./force.ts";
import type { Run, Step } from "./model.ts";

/** How many steps are looked through from a wait to its message: what is further lies behind other decisions. */
const STEPS_AHEAD = 5;

/** The next message of each run that waits for time alone, but for the runs named. */
export function upcomingOf(journeys: Journeys, atoms: readonly CustomerAtom[], except: ReadonlySet<string>): readonly Upcoming[] {
  return atoms.flatMap(({ workspace, standing }) => {
    if (!standing.hasRuns) return [];
    const force = journeys.of(workspace);
    return (standing.data.j as readonly Run[]).flatMap((run): readonly Upcoming[] => {
      const journey = force?.byVersion.get(run.version);
      if (!journey || run.dueAt === null || except.has(run.id)) return [];
      const step = messageAfter(journey.plan.draft.steps, run.at);
      return step ? [{ at: run.dueAt, channel: step.channel, purpose: step.purpose, tags: step.tags, priority: journey.plan.draft.priority }] : [];
    });
  });
} // prettier-ignore

/** The message a wait leads to without another wait or choice. */
function messageAfter(steps: { readonly [id: string]: Step }, from: string): Extract<Step, { type: "message" }> | null {
  let at: string | null = from;
  for (let n = 0; n < STEPS_AHEAD && at !== null; n++) {
    const step: Step | undefined = steps[at];
    if (step?.type === "message") return step;
    if (!step || (n > 0 && step.type.startsWith("wait"))) return null;
    at = step.type === "jump" ? step.to : "next" in step && !("paths" in step) && !("candidates" in step) ? step.next : null;
  }
  return null;
} // prettier-ignore
