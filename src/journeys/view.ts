/** Journeys as they are shown, put together from what is stored. */
import type { Sql } from "../db/postgres.ts";
import type { Instant, Json, JsonObject, WorkspaceId } from "../values.ts";
import { customerIdOf, isoOf } from "../values.ts";
import { Failure } from "../errors.ts";
import { problemsOf, readJourneyContext } from "./change.ts";
import type {
  BlastRadius,
  JourneyCounts,
  JourneySummary,
  JourneyVersion,
  JourneyView,
  RunView,
  VersionView,
} from "./document.ts";
import type { JourneyDraft } from "./model.ts";
import { type Running, readEnds, readRunning, readStanding } from "./counts.ts";
import { type PublishedVersion, type RunRow, type StoredJourney, readJourney, readJourneys, readPassed, readPublished } from "./store.ts"; // prettier-ignore

const DAY_MS = 86_400_000;

async function countsOf(sql: Sql, workspace: WorkspaceId, now: Instant) {
  const running = await readRunning(sql, workspace);
  const entered = await sql.query<Running>(
    `select v.journey, v.id as version, sum(h.n)::int as n from versions v join step_hours h on h.version = v.id
     where v.workspace = $1 and v.kind = 'journey' and h.step = '$entry' and h.path = 'entered' and h.hour_at >= $2 group by 1, 2`,
    [workspace, now - DAY_MS],
  );
  const sum = (rows: readonly Running[], journey: number) => rows.reduce((all, row) => all + (row.journey === journey ? row.n : 0), 0);
  return {
    running: (journey: number) => sum(running, journey),
    inVersion: (version: number) => running.find((row) => row.version === version)?.n ?? 0,
    entered: (journey: number) => sum(entered, journey),
  };
} // prettier-ignore

type Published = readonly PublishedVersion[];
const servingOf = (versions: Published) => versions.find(({ state }) => state === "live") ?? null;

function summaryOf(journey: StoredJourney, versions: Published, counts: Awaited<ReturnType<typeof countsOf>>): JourneySummary {
  const { id, name, state, draft, createdAt, updatedAt } = journey;
  const newest = versions[0];
  return {
    id, name, description: draft.description, state, entry: draft.entry.type, steps: Object.keys(draft.steps).length,
    running: counts.running(id), enteredLastDay: counts.entered(id), version: servingOf(versions)?.number ?? null,
    changed: newest === undefined || changesOf(newest.draft, draft).length > 0, createdAt: isoOf(createdAt), updatedAt: isoOf(updatedAt),
  };
} // prettier-ignore

/** All journeys. */
export async function listJourneys(sql: Sql, workspace: WorkspaceId, now: Instant): Promise<readonly JourneySummary[]> {
  const journeys = await readJourneys(sql, workspace);
  const versions = await readPublished(sql, workspace);
  const counts = await countsOf(sql, workspace, now);
  return journeys.map((one) => summaryOf(one, versions.filter(({ journey }) => journey === one.id), counts));
} // prettier-ignore

/** One journey with its draft, what is wrong with it, and its versions. */
export async function viewJourney(
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
  now: Instant,
): Promise<JourneyView> {
  const journey = await readJourney(sql, workspace, id);
  const versions = await readPublished(sql, workspace, id);
  const counts = await countsOf(sql, workspace, now);
  return {
    ...summaryOf(journey, versions, counts),
    draft: journey.draft,
    draftNo: journey.draftNo,
    problems: [...problemsOf(journey.draft, await readJourneyContext(sql, workspace))],
    versions: versions.map((version) => versionOf(version, counts.inVersion(version.id))),
  };
}

function versionOf({ id, number, state, publishedAt, publishedBy, formerRuns, problem }: PublishedVersion, running: number): JourneyVersion {
  const building = state === "waiting" || state === "seeding" || state === "catching_up";
  return { id, number, state: building ? "building" : state, publishedAt: isoOf(publishedAt), publishedBy, formerRuns, problem, running };
} // prettier-ignore

/** A published version whole, against the draft (null) or another version by number. Throws `Failure("not_found")`. */
export async function viewVersion(sql: Sql, workspace: WorkspaceId, id: number, asked: { readonly number: number; readonly against: number | null }): Promise<VersionView> {
  const journey = await readJourney(sql, workspace, id);
  const versions = await readPublished(sql, workspace, id);
  const found = (number: number): PublishedVersion => {
    const version = versions.find((one) => one.number === number);
    if (!version) throw new Failure("not_found", `Journey ${id} has no version ${number}.`);
    return version;
  };
  const version = found(asked.number);
  const other = asked.against === null ? journey.draft : found(asked.against).draft;
  const running = await readRunning(sql, workspace);
  return {
    ...versionOf(version, running.find((one) => one.version === version.id)?.n ?? 0),
    draft: version.draft, against: asked.against ?? "draft", changes: changesOf(version.draft, other),
  };
} // prettier-ignore

/** Where two drafts differ: whole steps and whole fields, by path. */
export function changesOf(before: JourneyDraft, after: JourneyDraft): BlastRadius["changes"] {
  const flat = ({ steps, ...fields }: JourneyDraft): ReadonlyMap<string, Json> =>
    new Map<string, Json>([
      ...Object.entries(fields as unknown as JsonObject),
      ...Object.entries(steps).map(([id, step]) => [`steps/${id}`, step as unknown as Json] as const),
    ]);
  const [one, other] = [flat(before), flat(after)];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((path): BlastRadius["changes"] => {
    const [was, is] = [one.get(path), other.get(path)];
    if (canonical(was) === canonical(is)) return [];
    if (was === undefined) return [{ path, change: "added", after: is! }];
    return is === undefined ? [{ path, change: "removed", before: was }] : [{ path, change: "changed", before: was, after: is }]; // prettier-ignore
  });
}

/** JSON with its keys in order: the store keeps its own order of them. */
function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return String(JSON.stringify(value));
  return `{${Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join()}}`; // prettier-ignore
}

/** Who would be affected by publishing the draft now. */
export async function blastRadius(
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
  now: Instant,
): Promise<BlastRadius> {
  const journey = await readJourney(sql, workspace, id);
  const versions = await readPublished(sql, workspace, id);
  const standing = await readStanding(sql, workspace, id);
  const counts = await countsOf(sql, workspace, now);
  const [waiting] = await sql.query<{ n: number }>("select count(*)::int as n from messages where workspace = $1 and journey = $2 and state = 'due'", [workspace, id]); // prettier-ignore
  const byStep = new Map<string, BlastRadius["byStep"][number]>();
  for (const { version, step, n } of standing) {
    const of = versions.find((one) => one.id === version);
    const same = of && journey.draft.steps[step]?.type === of.draft.steps[step]?.type;
    const held = byStep.get(`${version} ${step}`);
    byStep.set(`${version} ${step}`, { version: of?.number ?? 0, step, n: n + (held?.n ?? 0), becomes: same ? "goes_on" : "is_taken_out" });
  } // prettier-ignore
  const serving = servingOf(versions);
  return {
    draftNo: journey.draftNo,
    running: counts.running(id),
    byStep: [...byStep.values()],
    waitingMessages: waiting!.n,
    changes: serving ? changesOf(serving.draft, journey.draft) : [],
    enteredLastDay: counts.entered(id),
  };
}

/** What is drawn on the canvas of a version: who stands where, and how many went which way since an instant. */
export async function journeyCounts(sql: Sql, workspace: WorkspaceId, id: number, asked: { readonly version: number | null; readonly since: Instant }, now: Instant): Promise<JourneyCounts | null> {
  const versions = await readPublished(sql, workspace, id);
  const of = asked.version === null ? (servingOf(versions) ?? versions[0]) : versions.find(({ number }) => number === asked.version);
  if (!of) return null;
  const passed = await readPassed(sql, [of.id], asked.since);
  const standing = (await readStanding(sql, workspace, id)).filter(({ version }) => version === of.id);
  const ends = (await readEnds(sql, workspace, id)).filter(({ version }) => version === of.id);
  const entries = passed.filter(({ step }) => step === "$entry");
  const entry = (path: string) => entries.find((one) => one.path === path)?.n ?? 0;
  return {
    version: of.number, since: isoOf(asked.since), asOf: isoOf(now), entered: entry("entered"), heldOut: entry("held_out"),
    refused: entries.filter(({ path }) => path !== "entered" && path !== "held_out").map(({ path, n }) => ({ reason: path, n })),
    steps: Object.keys(of.draft.steps).map((step) => ({
      step,
      standing: standing.reduce((sum, row) => sum + (row.step === step ? row.n : 0), 0),
      waitsFor: standing.filter((row) => row.step === step).map(({ blocker, n }) => ({ blocker, n })),
      passed: passed.filter((row) => row.step === step).map(({ path, n }) => ({ path, n })),
    })),
    ends: ends.map(({ state, n }) => ({ state, n })),
  };
} // prettier-ignore

/** A run as it is shown. */
export const runView = ({ id, journey, name, number, customer, key, step, enteredAt, movedAt, dueAt, blocker, state, detail }: RunRow): RunView => ({
  id, key, step, detail, journey: { id: journey, name }, version: number, customerId: customerIdOf(customer), state: state as RunView["state"],
  waitsFor: blocker as RunView["waitsFor"], enteredAt: isoOf(enteredAt), movedAt: isoOf(movedAt), dueAt: dueAt === null ? null : isoOf(dueAt),
}); // prettier-ignore
