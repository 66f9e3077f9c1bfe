/**
 * The rules in force, ready to be asked with every event: which tracks an event tells, and which versions may turn with
 * what changed. Read again whenever the epoch has moved.
 */
import type { Sql } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import type { WorkspaceId } from "../values.ts";
import type { Facts } from "./match.ts";
import { match } from "./match.ts";
import { type ComputedTraitDraft, type RfmModel, type Rule, type StageModel } from "./model.ts";
import { type Node, type Plan, type PlanContext, measuredOf, planOf } from "./plan.ts";
import { type Track, type TrackSpec, itemOf, tell, type TrackState } from "./track.ts";

/** A track in force; `ready` null: history is still being read. */
export type TrackInForce = {
  readonly id: number;
  readonly key: string;
  readonly spec: TrackSpec;
  readonly ready: number | null;
};
/** A segment's version that is evaluated with every event (catching up, or serving). */
export type SegmentInForce = {
  readonly version: number;
  readonly segment: number;
  readonly name: string;
  readonly plan: Plan;
  readonly ready: number;
  /** Serving: what turns is told. While catching up it is only kept. */
  readonly live: boolean;
};
export type StagesInForce = {
  readonly version: number;
  readonly model: StageModel;
  /** The plan of each stage but the first, in order. */
  readonly plans: readonly Plan[];
  readonly ready: number;
  readonly live: boolean;
};
type Listeners = {
  readonly byTrack: Map<number, SegmentInForce[]>;
  readonly byTrait: Map<string, SegmentInForce[]>;
  readonly onConsents: SegmentInForce[];
  readonly onChannels: SegmentInForce[];
  readonly onAccounts: SegmentInForce[];
  readonly onStage: SegmentInForce[];
};
/** What is in force in one workspace. */
export type WorkspaceForce = Listeners & {
  readonly tracks: ReadonlyMap<number, TrackInForce>;
  readonly trackOfKey: ReadonlyMap<string, TrackInForce>;
  readonly segments: readonly SegmentInForce[];
  readonly byVersion: ReadonlyMap<string, SegmentInForce>;
  readonly stages: StagesInForce | null;
  /** What is asked of the members of accounts, by key. */
  readonly accountRules: ReadonlyMap<string, Node>;
  readonly asksAccounts: boolean;
  /** Who is in knowing nothing of them: asked of each new customer. */
  readonly ofNobody: readonly SegmentInForce[];
  tracksOf(event: Event): readonly TrackInForce[];
};
export type Force = {
  readonly epoch: number;
  /** The greatest ready number: atoms below it have history to take up. */
  readonly ready: number;
  of(workspace: WorkspaceId): WorkspaceForce | undefined;
};
/** What `body` and `context` of a version hold. */
export type StoredContext = {
  /** The version of the rule language it was written in (RULE_VERSION). */
  readonly language: number;
  readonly segments: { readonly [id: string]: Rule };
  readonly computed: { readonly [name: string]: ComputedTraitDraft };
  readonly rfm: RfmModel | null;
  readonly stages: readonly string[];
};

/** The context as planOf takes it. */
export function contextFrom(stored: StoredContext): PlanContext {
  return {
    segments: new Map(Object.entries(stored.segments).map(([id, rule]) => [Number(id), rule])),
    computed: new Map(Object.entries(stored.computed)),
    rfm: stored.rfm,
    stages: new Set(stored.stages),
  };
}

/** What a version defines. Rules of a journey or a place need tracks like a segment's; what else they are journeys/ and decisions/ know. */
export type VersionKind = "segment" | "trait" | "stages" | "journey" | "place";
type VersionRow = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly kind: VersionKind;
  readonly segment: number | null;
  readonly name: string;
  readonly body: unknown;
  readonly context: StoredContext;
  readonly state: string;
  readonly ready: number;
};

/** The tracks a version needs, with the plans that ask them. Throws when a stored rule no longer makes sense. */
export function tracksOfVersion({ kind, body, context }: Pick<VersionRow, "kind" | "body" | "context">): ReadonlyMap<string, Track> {
  const all = new Map<string, Track>();
  if (kind === "trait") {
    const { track } = measuredOf(body as ComputedTraitDraft);
    return all.set(track.key, track);
  }
  for (const { tracks } of plansOf({ kind, body, context })) for (const [key, track] of tracks) all.set(key, track);
  return all;
} // prettier-ignore

/** The plans of all rules of a version that is no computed trait. */
function plansOf({ kind, body, context }: Pick<VersionRow, "kind" | "body" | "context">): readonly Plan[] {
  if (kind === "segment") return [planned(body as Rule, context)];
  if (kind === "stages") return stagePlans(body as StageModel, context);
  return (body as { readonly rules: readonly Rule[] }).rules.map((rule) => planned(rule, context));
}

/** The plan of a stored rule. Throws: what was stored had been checked, so a problem here is a bug. */
export function planned(rule: Rule, context: StoredContext): Plan {
  const answer = planOf(rule, contextFrom(context));
  if (answer.ok) return answer.plan;
  throw new Error(`A stored rule cannot be planned: ${answer.problems.map(({ path, message }) => `${path}: ${message}`).join(" ")}`); // prettier-ignore
}

export function stagePlans(model: StageModel, context: StoredContext): readonly Plan[] {
  return model.stages.slice(1).map(({ rule }) => planned(rule ?? { type: "all", rules: [] }, context));
}

/** A replaced journey `v` in which somebody still is. */
export const STILL_WALKED = `(v.kind = 'journey' and v.state = 'replaced' and exists (
  select 1 from runs r where r.journey = v.journey and r.version = v.id and r.state = 'running'))`;

/** Everything in force, at the epoch the caller holds. */
export async function loadForce(sql: Sql, epoch: number): Promise<Force> {
  const tracks = await sql.query<TrackInForce & { workspace: WorkspaceId }>(
    'select id, workspace, key, spec, ready_no as ready from tracks order by id',
  ); // prettier-ignore
  const versions = await sql.query<VersionRow>(
    `select v.id, v.workspace, v.kind, v.segment, coalesce(s.name, v.name, '') as name, v.body, v.context, v.state, v.ready_no as ready
     from versions v left join segments s on s.id = v.segment
     where v.state in ('catching_up', 'live') or ${STILL_WALKED} order by v.id`,
  );
  const workspaces = new Set([...tracks, ...versions].map(({ workspace }) => workspace));
  const forces = new Map(
    [...workspaces].map((workspace) => [
      workspace,
      forceOf(tracks.filter((one) => one.workspace === workspace), versions.filter((one) => one.workspace === workspace)),
    ]),
  ); // prettier-ignore
  const ready = Math.max(0, ...tracks.map((one) => one.ready ?? 0), ...versions.map((one) => one.ready));
  return { epoch, ready, of: (workspace) => forces.get(workspace) };
}

function forceOf(tracks: readonly TrackInForce[], versions: readonly VersionRow[]): WorkspaceForce {
  const byEvent = new Map<string, TrackInForce[]>();
  const anyEvent: TrackInForce[] = [];
  for (const track of tracks) {
    if (track.spec.event === null) anyEvent.push(track);
    else push(byEvent, track.spec.event, track);
  }
  const trackOfKey = new Map(tracks.map((track) => [track.key, track]));
  const segments = versions.filter(({ kind }) => kind === "segment").map(segmentOf);
  const stageRow = versions.filter(({ kind }) => kind === "stages").at(-1);
  const stages = stageRow ? stagesOf(stageRow) : null;
  const nobody = { ...NOBODY, stage: stages?.model.stages[0]!.key ?? null };
  const force = {
    tracks: new Map(tracks.map((track) => [track.id, track])), trackOfKey, segments,
    byVersion: new Map(segments.map((segment) => [String(segment.version), segment])),
    stages,
    accountRules: new Map<string, Node>(
      versions.filter(({ kind }) => kind !== "trait" && kind !== "stages").flatMap((version) => plansOf(version)).flatMap(({ accountRules }) => [...accountRules]),
    ),
    asksAccounts: versions.some((version) => version.kind !== "trait" && plansOf(version).some(({ reads }) => reads.accounts)),
    ofNobody: segments.filter(({ plan }) => match(plan.root, nobody, 0).matches),
    tracksOf: (event: Event) => {
      const named = byEvent.get(event.name);
      return named ? (anyEvent.length > 0 ? [...named, ...anyEvent] : named) : anyEvent;
    },
    ...listeners(segments, trackOfKey),
  }; // prettier-ignore
  return force;
}

function listeners(segments: readonly SegmentInForce[], trackOfKey: ReadonlyMap<string, TrackInForce>): Listeners {
  const found: Listeners = { byTrack: new Map(), byTrait: new Map(), onConsents: [], onChannels: [], onAccounts: [], onStage: [] };
  for (const one of segments) {
    const { reads } = one.plan;
    for (const key of reads.tracks) push(found.byTrack, trackOfKey.get(key)?.id ?? 0, one);
    for (const name of reads.traits) push(found.byTrait, name, one);
    if (reads.consents) found.onConsents.push(one);
    if (reads.channels) found.onChannels.push(one);
    if (reads.accounts) found.onAccounts.push(one);
    if (reads.stage) found.onStage.push(one);
  }
  return found;
} // prettier-ignore

function segmentOf({ id, segment, name, body, context, state, ready }: VersionRow): SegmentInForce {
  return {
    version: id,
    segment: segment!,
    name,
    plan: planned(body as Rule, context),
    ready,
    live: state === "live",
  };
}

function stagesOf({ id, body, context, state, ready }: VersionRow): StagesInForce {
  const model = body as StageModel;
  return { version: id, model, plans: stagePlans(model, context), ready, live: state === "live" };
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const held = map.get(key);
  if (held) held.push(value);
  else map.set(key, [value]);
}

/** Nobody in particular: what is known of a customer of whom nothing is known. */
export const NOBODY: Facts = {
  track: () => undefined,
  trait: () => undefined,
  consent: () => undefined,
  channels: () => ({}),
  accountTraits: () => [],
  accountMatches: () => false,
  stage: null,
};

/** Tells an event to the tracks it is of; the numbers of those that changed. `states` is changed in place. */
export function tellTracks(
  force: WorkspaceForce,
  states: { [track: string]: TrackState },
  event: Event,
): readonly number[] {
  let told: number[] | null = null;
  for (const { id, spec } of force.tracksOf(event)) {
    const item = itemOf(spec, event);
    if (item === null) continue;
    states[id] = tell(spec, states[id], item);
    (told ??= []).push(id);
  }
  return told ?? NONE;
}
const NONE: readonly number[] = [];
