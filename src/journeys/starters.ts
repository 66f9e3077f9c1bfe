/** The starting journeys: what they look like, and making one in a workspace, with its templates and segments, as a draft. */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { addTemplate, listTemplates } from "../messages/templates.ts";
import { createSegment } from "../segments/change.ts";
import { readDefinitions } from "../segments/store.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { createJourney } from "./change.ts";
import { JOURNEY_LIMITS, type JourneyDraft } from "./model.ts";
import type { JourneyStarter, Numbers } from "./starters-model.ts";
import { SELLING } from "./starters-sell.ts";
import { SERVING } from "./starters-serve.ts";
import { readJourneys } from "./store.ts";

/** All of them, in the order in which a business usually begins. */
export const JOURNEY_STARTERS: readonly JourneyStarter[] = [...SELLING, ...SERVING];
/** The address that stands in the list, where nobody's is known. */
export const EXAMPLE_SITE = "https://www.example.com";

/** The draft as it would be where its templates and segments are numbered as they stand. */
export function exampleDraft(starter: JourneyStarter): JourneyDraft {
  const place = (all: readonly { readonly key: string }[]) => (key: string) => 1 + all.findIndex((one) => one.key === key); // prettier-ignore
  return starter.draft({
    template: place(starter.templates(EXAMPLE_SITE)),
    segment: place(starter.segments),
  });
}

/** Throws `Failure("not_found")`. */
export const starterOf = (key: string): JourneyStarter =>
  JOURNEY_STARTERS.find((one) => one.key === key) ?? missing(key);
function missing(key: string): never {
  throw new Failure("not_found", `There is no starting journey ${key}. There are ${JOURNEY_STARTERS.map((one) => one.key).join(", ")}.`); // prettier-ignore
}

/**
 * Makes a starting journey's segments, templates and draft; the journey's number. Segments and templates that are there by
 * name are used as they stand: they may have been made for the same journey before, and changed since.
 */
export const makeStarter = (
  sql: Sql,
  workspace: WorkspaceId,
  starter: JourneyStarter,
  asked: { readonly site: string; readonly by: string },
  now: Instant,
): Promise<number> =>
  sql.transaction(async (tx) => {
    const numbers: Numbers = {
      segment: byKey(await segmentsFor(tx, workspace, starter, now)),
      template: byKey(await templatesFor(tx, workspace, starter, asked, now)),
    };
    const draft = starter.draft(numbers);
    const names = new Set((await readJourneys(tx, workspace)).map(({ name }) => name.toLowerCase()));
    let name = draft.name;
    for (let i = 2; names.has(name.toLowerCase()) && i <= JOURNEY_LIMITS.journeys; i++) name = `${draft.name} ${i}`; // prettier-ignore
    return createJourney(tx, workspace, { ...draft, name }, now);
  });

const byKey = (numbers: ReadonlyMap<string, number>) => (key: string) => numbers.get(key)!;

async function segmentsFor(tx: Sql, workspace: WorkspaceId, { segments }: JourneyStarter, now: Instant) {
  const held = [...(await readDefinitions(tx, workspace)).segments.values()];
  const numbers = new Map<string, number>();
  for (const { key, draft } of segments) {
    const known = held.find(({ name }) => name.toLowerCase() === draft.name.toLowerCase());
    numbers.set(key, known?.id ?? (await createSegment(tx, workspace, draft, now)));
  }
  return numbers;
}

async function templatesFor(
  tx: Sql,
  workspace: WorkspaceId,
  { templates }: JourneyStarter,
  { site, by }: { readonly site: string; readonly by: string },
  now: Instant,
) {
  const held = await listTemplates(tx, workspace);
  const numbers = new Map<string, number>();
  for (const { key, draft } of templates(site)) {
    const known = held.find((one) => one.draft.name.toLowerCase() === draft.name.toLowerCase());
    numbers.set(key, known?.id ?? (await addTemplate(tx, workspace, draft, by, now)));
  }
  return numbers;
}
