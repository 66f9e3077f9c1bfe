/** Making a gap's remedy: the journey's draft by the journeys' own functions, tasks for those who show it, or a note. */
import { randomUUID } from "node:crypto";
import type { z } from "zod";
import type { Database, Sql } from "../db/postgres.ts";
import { atomsOfCustomer } from "../customers/read.ts";
import { changeDraft } from "../journeys/change.ts";
import { JourneyDraft } from "../journeys/model.ts";
import { EXAMPLE_SITE, makeStarter, starterOf } from "../journeys/starters.ts";
import { readJourney, readJourneys } from "../journeys/store.ts";
import { addTask } from "../people/store.ts";
import { type Instant, type WorkspaceId, atomOf } from "../values.ts";
import type { Remedy, RemedyAsked, RemedyMade } from "./model.ts";
import { type StoredGap, note, writeJourney, writeState } from "./store.ts";

type Made = z.infer<typeof RemedyMade>["made"];
type Asked = z.infer<typeof RemedyAsked>;
const TASK_DUE_MS = 2 * 86_400_000;

/** Makes it, links it, and says that the gap is being fixed. */
export async function makeRemedy(sql: Database, workspace: WorkspaceId, gap: StoredGap, asked: Asked, by: string, now: Instant): Promise<Made> {
  const { remedy } = gap.measured.gap;
  const made = await madeOf(sql, workspace, gap, remedy, asked, by, now);
  await sql.transaction(async (tx) => {
    await writeState(tx, gap, "being_fixed", now);
    if (made.type === "journey") await writeJourney(tx, gap.id, made.journeyId);
    await note(tx, workspace, gap.id, { by, what: "remedy", state: "being_fixed", words: wordsOf(remedy, made) }, now);
  });
  return made;
} // prettier-ignore

async function madeOf(sql: Database, workspace: WorkspaceId, gap: StoredGap, remedy: Remedy, asked: Asked, by: string, now: Instant): Promise<Made> {
  switch (remedy.type) {
    case "journey":
      return { type: "journey", journeyId: await makeJourney(sql, workspace, remedy, asked, by, now) };
    case "task":
      return { type: "tasks", taskIds: await makeTasks(sql, workspace, gap, remedy, by, now) };
    case "content":
    case "data_fix":
      return { type: "noted" };
    default:
      return remedy satisfies never;
  }
} // prettier-ignore

const wordsOf = ({ title }: Remedy, made: Made): string =>
  made.type === "journey"
    ? `The draft of journey ${made.journeyId} was made: ${title}.`
    : made.type === "tasks"
      ? `${made.taskIds.length} tasks were made: ${title}.`
      : `It is being fixed by: ${title}.`;

/** The starter's draft with the remedy's parameters put in; nothing is published. */
async function makeJourney(sql: Database, workspace: WorkspaceId, { starter, parameters }: Extract<Remedy, { type: "journey" }>, asked: Asked, by: string, now: Instant): Promise<number> {
  const journey = await makeStarter(sql, workspace, starterOf(starter), { site: asked.site ?? EXAMPLE_SITE, by }, now);
  const { draft } = await readJourney(sql, workspace, journey);
  const changed = withParameters(draft, { ...parameters, holdoutRatio: asked.holdoutRatio ?? parameters.holdoutRatio });
  const name = await freeName(sql, workspace, asked.name ?? parameters.name, journey);
  await changeDraft(sql, workspace, journey, { ...changed, name }, now);
  return journey;
} // prettier-ignore

/** A draft whose events are called as the workspace calls them, and which may begin with another event. */
export function withParameters(
  draft: JourneyDraft,
  { entryEvent, eventNames, holdoutRatio }: Extract<Remedy, { type: "journey" }>["parameters"],
): JourneyDraft {
  const renamed = JourneyDraft.parse(
    JSON.parse(JSON.stringify(draft), (key: string, value: unknown) =>
      key === "event" && typeof value === "string" ? (eventNames[value] ?? value) : value,
    ),
  );
  if (entryEvent === null) return { ...renamed, holdoutRatio };
  const { audience: _ofTheStarter, ...rest } = renamed;
  return { ...rest, entry: { type: "event", event: entryEvent, where: [] }, holdoutRatio };
}

async function freeName(sql: Sql, workspace: WorkspaceId, wanted: string, own: number): Promise<string> {
  const names = new Set((await readJourneys(sql, workspace)).filter(({ id }) => id !== own).map(({ name }) => name.toLowerCase())); // prettier-ignore
  let name = wanted;
  for (let i = 2; names.has(name.toLowerCase()); i++) name = `${wanted} ${i}`;
  return name;
}

/** A task for each customer who shows the gap. */
async function makeTasks(sql: Sql, workspace: WorkspaceId, gap: StoredGap, remedy: Extract<Remedy, { type: "task" }>, by: string, now: Instant): Promise<string[]> {
  const ids: string[] = [];
  for (const { customerId } of gap.measured.gap.evidence) {
    const [atom] = await atomsOfCustomer(sql, workspace, atomOf(customerId)!);
    // Somebody erased since then has no task.
    if (!atom) continue;
    const id = `task-${randomUUID()}`;
    await addTask(sql, workspace, { id, atom: atom.customer, title: remedy.title, detail: remedy.detail, team: remedy.team, outcomes: [], dueAt: now + TASK_DUE_MS, by }, now);
    ids.push(id);
  }
  return ids;
} // prettier-ignore
