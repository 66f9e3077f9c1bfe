/**
 * The definitions of a workspace as they are stored: segments, computed traits, the stage model and the bands, each with
 * its versions. Read whole, because rules refer to one another: a workspace has at most a few thousand.
 */
import { LOCKS } from "../db/locks.ts";
import type { Sql } from "../db/postgres.ts";
import { type Instant, type WorkspaceId, isoOf } from "../values.ts";
import type { Progress } from "./document.ts";
import { type StoredContext, type VersionKind, contextFrom } from "./force.ts";
import { type ComputedTraitDraft, RULE_VERSION, RfmModel, type Rule, type StageModel } from "./model.ts";
import type { Plan, PlanContext } from "./plan.ts";
import { planOf } from "./plan.ts";
import { reachOf, stageRules } from "./references.ts";
import type { Names } from "./words.ts";

export type VersionState = "waiting" | "seeding" | "catching_up" | "live" | "replaced" | "failed";
/** A row of `versions`. */
export type Version = {
  readonly id: number;
  readonly kind: VersionKind;
  readonly segment: number | null;
  readonly journey: number | null;
  readonly name: string | null;
  readonly body: unknown;
  readonly context: StoredContext;
  readonly state: VersionState;
  readonly doneRatio: number;
  readonly asOf: Instant | null;
  readonly problem: string | null;
  readonly members: number;
  readonly createdAt: Instant;
};
/** The newest version of a definition, and the one that serves (often the same). */
type Versions = { readonly newest: Version; readonly serving: Version | null };
export type StoredSegment = Versions & {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  readonly rule: Rule;
};
export type StoredTrait = Versions & { readonly draft: ComputedTraitDraft };
export type StoredStages = Versions & { readonly model: StageModel };
/** A published journey as far as rules are concerned: `segments` are those whose entries and exits it listens to. */
export type StoredJourneyRules = Versions & {
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly segments: readonly number[];
};
/** A place as far as rules are concerned. */
export type StoredPlaceRules = Versions & { readonly rules: readonly Rule[] };
/** Everything defined in a workspace, by its newest versions. */
export type Definitions = {
  /** By their keys. */
  readonly places: ReadonlyMap<string, StoredPlaceRules>;
  readonly journeys: ReadonlyMap<number, StoredJourneyRules>;
  readonly segments: ReadonlyMap<number, StoredSegment>;
  readonly computed: ReadonlyMap<string, StoredTrait>;
  readonly stages: StoredStages | null;
  readonly rfm: RfmModel | null;
};

const VERSION = `id, kind, segment, journey, name, body, context, state, done_ratio as "doneRatio", as_of as "asOf", problem, members, created_at as "createdAt"`;
/** Notified when there is a version to build, for workers in other processes. */
export const DEFINED_CHANNEL = "versions";

/** Changes definitions: one at a time in a workspace, because a change is checked against all others. */
export const changing = <T>(sql: Sql, workspace: WorkspaceId, work: (tx: Sql) => Promise<T>): Promise<T> =>
  sql.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1, $2)", [LOCKS.definitions, workspace]);
    return work(tx);
  });

/** All definitions of a workspace. */
export async function readDefinitions(sql: Sql, workspace: WorkspaceId): Promise<Definitions> {
  // One after the other: within a transaction there is one connection.
  const rows = await sql.query<Pick<StoredSegment, "id" | "name" | "description" | "createdAt" | "updatedAt">>(
    `select id, name, description, created_at as "createdAt", updated_at as "updatedAt" from segments where workspace = $1 order by lower(name)`,
    [workspace],
  ); // prettier-ignore
  const versions = await readVersions(sql, workspace);
  const segments = new Map<number, StoredSegment>();
  for (const row of rows) {
    const found = versions.get(`segment ${row.id}`);
    if (found) segments.set(row.id, { ...row, ...found, rule: found.newest.body as Rule });
  }
  const computed = new Map<string, StoredTrait>();
  for (const [key, found] of versions)
    if (key.startsWith("trait "))
      computed.set(found.newest.name!, { ...found, draft: found.newest.body as ComputedTraitDraft });
  const stages = versions.get("stages");
  const places = new Map<string, StoredPlaceRules>();
  for (const found of versions.values())
    if (found.newest.kind === "place")
      places.set(found.newest.name!, { ...found, rules: (found.newest.body as { rules: readonly Rule[] }).rules }); // prettier-ignore
  return {
    places,
    journeys: await journeysIn(sql, workspace, versions),
    segments,
    computed,
    stages: stages ? { ...stages, model: stages.newest.body as StageModel } : null,
    rfm: await readRfm(sql, workspace),
  };
}

async function journeysIn(sql: Sql, workspace: WorkspaceId, versions: ReadonlyMap<string, Versions>): Promise<Definitions["journeys"]> {
  const found = [...versions.values()].filter(({ newest }) => newest.kind === "journey");
  if (found.length === 0) return new Map();
  const names = await sql.query<{ id: number; name: string }>("select id, name from journeys where workspace = $1", [workspace]);
  return new Map(
    found.map((one) => {
      const { rules, segments = [] } = one.newest.body as { rules: readonly Rule[]; segments?: readonly number[] };
      const journey = one.newest.journey!;
      return [journey, { ...one, rules, segments, name: names.find(({ id }) => id === journey)?.name ?? "" }];
    }),
  );
} // prettier-ignore

async function readVersions(sql: Sql, workspace: WorkspaceId): Promise<ReadonlyMap<string, Versions>> {
  const rows = await sql.query<Version>(
    `select ${VERSION} from versions where workspace = $1 and state <> 'replaced' order by id`,
    [workspace],
  );
  const found = new Map<string, Versions>();
  for (const row of rows) {
    const key = keyOf(row);
    found.set(key, { newest: row, serving: row.state === "live" ? row : (found.get(key)?.serving ?? null) });
  }
  return found;
}

const keyOf = ({ kind, segment, journey, name }: Version): string =>
  kind === "stages" ? kind : `${kind} ${segment ?? journey ?? name!}`;

/** The workspace's bands; null while none are set. */
export async function readRfm(sql: Sql, workspace: WorkspaceId): Promise<RfmModel | null> {
  const [row] = await sql.query<{ rfm: unknown }>("select settings->'rfm' as rfm from workspaces where id = $1", [workspace]); // prettier-ignore
  return RfmModel.nullable().parse(row?.rfm ?? null);
}

/** What rules may refer to now. */
export function contextOf({ segments, computed, stages, rfm }: Definitions): PlanContext {
  return {
    segments: new Map([...segments].map(([id, { rule }]) => [id, rule])),
    computed: new Map([...computed].map(([name, { draft }]) => [name, draft])),
    rfm,
    stages: new Set(stages?.model.stages.map(({ key }) => key)),
  };
}

/** What references are called. */
export const namesOf = ({ segments, stages }: Definitions): Names => ({
  segment: (id) => segments.get(id)?.name ?? null,
  stage: (key) => stages?.model.stages.find((stage) => stage.key === key)?.name ?? null,
});

/** The part of a context that these rules reach: what a version keeps, so that later changes do not move it. */
export function storedContextOf(rules: readonly Rule[], context: PlanContext): StoredContext {
  const reach = reachOf(rules, context.segments);
  return {
    language: RULE_VERSION,
    segments: Object.fromEntries([...reach.segments].map((id) => [id, context.segments.get(id)!])),
    computed: Object.fromEntries([...reach.computed].map((name) => [name, context.computed.get(name)!])),
    rfm: reach.rfm ? context.rfm : null,
    stages: reach.stages.size > 0 ? [...context.stages] : [],
  };
}

/** The plan of a segment's version with the context it was made with; null when it no longer makes sense. */
export function planOfVersion({ body, context }: Pick<Version, "body" | "context">): Plan | null {
  const planned = planOf(body as Rule, contextFrom(context));
  return planned.ok ? planned.plan : null;
}

type NewVersion =
  | { readonly kind: "segment"; readonly segment: number; readonly body: Rule }
  | { readonly kind: "trait"; readonly name: string; readonly body: ComputedTraitDraft }
  | { readonly kind: "stages"; readonly body: StageModel }
  | {
      readonly kind: "journey";
      readonly journey: number;
      readonly body: { readonly rules: readonly Rule[] };
    }
  | { readonly kind: "place"; readonly name: string; readonly body: { readonly rules: readonly Rule[] } };

function rulesOf(made: NewVersion): readonly Rule[] {
  if (made.kind === "segment") return [made.body];
  if (made.kind === "stages") return stageRules(made.body);
  return made.kind === "trait" ? [] : made.body.rules;
}

/**
 * Makes a version, to be built by the worker. Versions of the same thing that still wait, or failed, are given up; one
 * that is being built is left to its builder (customers may be asked it already), and serves until the new one is whole.
 */
export async function makeVersion(
  tx: Sql,
  workspace: WorkspaceId,
  made: NewVersion,
  context: PlanContext,
  now: Instant,
): Promise<number> {
  const segment = made.kind === "segment" ? made.segment : null;
  const name = made.kind === "trait" || made.kind === "place" ? made.name : null;
  const journey = made.kind === "journey" ? made.journey : null;
  await tx.query(
    `update versions set state = 'replaced' where workspace = $1 and kind = $2 and segment is not distinct from $3
       and name is not distinct from $4 and journey is not distinct from $5 and state in ('waiting', 'failed')`,
    [workspace, made.kind, segment, name, journey],
  );
  const rules = rulesOf(made);
  const [row] = await tx.query<{ id: number }>(
    `insert into versions (workspace, kind, segment, name, body, context, state, created_at, journey)
     values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8) returning id`,
    [workspace, made.kind, segment, name, JSON.stringify(made.body), JSON.stringify(storedContextOf(rules, context)), now, journey],
  ); // prettier-ignore
  await tx.query(`select pg_notify('${DEFINED_CHANNEL}', '')`);
  return row!.id;
}

/** The answer's fields on versions: of the one that serves, and of the one on its way. */
export function standingOf({ newest, serving }: Versions) {
  const { state } = newest;
  const phase = state === "waiting" || state === "seeding" || state === "catching_up" ? state : null;
  const progress: Progress | null = phase && {
    version: newest.id,
    phase,
    doneRatio: Math.min(1, Math.max(0, newest.doneRatio)),
    startedAt: isoOf(newest.createdAt),
  };
  return {
    state: phase ? ("building" as const) : state === "failed" ? ("failed" as const) : ("live" as const),
    version: serving?.id ?? null,
    asOf: serving?.asOf == null ? null : isoOf(serving.asOf),
    progress,
    problem: state === "failed" ? (newest.problem ?? "It could not be built.") : null,
  };
}
