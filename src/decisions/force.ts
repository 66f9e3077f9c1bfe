/**
 * The places in force, ready to be asked: rules planned, Liquid read. Read again with the rules in force whenever the
 * epoch has moved; while that takes long, those before serve.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Sql } from "../db/postgres.ts";
import { type Force, type StoredContext, contextFrom, loadForce } from "../segments/force.ts";
import { type Chooser, readyModelOf } from "../learning/choose.ts";
import { type Learned, readLearned } from "../learning/store.ts";
import type { ComputedTraitDraft, Rule } from "../segments/model.ts";
import { type Node, type PlanContext, planOf } from "../segments/plan.ts";
import type { JsonObject, WorkspaceId } from "../values.ts";
import type { CandidateInForce } from "./eligible.ts";
import { type PreparedContent, prepareContent } from "./fill.ts";
import type { Candidate, PlaceDraft } from "./model.ts";
import { EXPOSED } from "./outcome.ts";

/** A place that serves. */
export type PlaceInForce = Pick<PlaceDraft, "kind" | "ranking"> & {
  readonly key: string;
  readonly version: number;
  readonly default: JsonObject | null;
  readonly candidates: readonly CandidateInForce[];
  readonly contents: ReadonlyMap<string, PreparedContent>;
  readonly products: readonly string[];
  /** Of a place that learns, and was not stopped. */
  readonly chooser: Chooser | null;
};
/** What is in force at an epoch, of all workspaces. */
export type InForce = {
  readonly epoch: number;
  readonly force: Force;
  placesOf(workspace: WorkspaceId): ReadonlyMap<string, PlaceInForce>;
  traitsOf(workspace: WorkspaceId): readonly ComputedTraitDraft[];
};

/** The rule that matches while a customer has seen a candidate as often as it may be shown; null: as often as one likes. */
export const shownEnoughRule = (place: string, { id, frequency }: Pick<Candidate, "id" | "frequency">): Rule | null =>
  frequency && {
    type: "did", event: EXPOSED,
    where: [{ property: "place", is: { op: "equals", value: place } }, { property: "candidate", is: { op: "equals", value: id } }],
    when: { from: { agoMs: frequency.withinMs } }, measure: { of: "count" }, is: { op: "at_least", value: frequency.most },
  }; // prettier-ignore

type PlaceRow = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly key: string;
  readonly number: number;
  /** `enough`: the rules of how often candidates are shown, by id. As they were stored: a track is named by its very text. */
  readonly body: { readonly draft: PlaceDraft; readonly enough: { readonly [candidate: string]: Rule } };
  readonly context: StoredContext;
};

async function load(sql: Sql, epoch: number): Promise<InForce> {
  const force = await loadForce(sql, epoch);
  const rows = await sql.query<PlaceRow>(
    "select id, workspace, name as key, number, body, context from versions where kind = 'place' and state = 'live' order by id",
  );
  const learned = await readLearned(sql);
  const traits = await sql.query<{ workspace: WorkspaceId; body: ComputedTraitDraft }>(
    "select workspace, body from versions where kind = 'trait' and state = 'live' order by name",
  );
  const places = new Map<WorkspaceId, Map<string, PlaceInForce>>();
  for (const row of rows) {
    const held = places.get(row.workspace) ?? new Map<string, PlaceInForce>();
    places.set(row.workspace, held.set(row.key, placeOf(row, learned)));
  }
  return {
    epoch,
    force,
    placesOf: (workspace) => places.get(workspace) ?? NONE,
    traitsOf: (workspace) => traits.flatMap((row) => (row.workspace === workspace ? [row.body] : [])),
  };
}
const NONE: ReadonlyMap<string, PlaceInForce> = new Map();

function placeOf(
  { id, workspace, key, number, body: { draft, enough }, context }: PlaceRow,
  learned: Learned,
): PlaceInForce {
  const { candidates, kind, learning } = draft;
  const { model, isStopped } = learned(workspace, key, number);
  // What was stopped is decided by priority, and says so. In places laid down long ago nothing stands of learning.
  const chooser =
    draft.ranking === "learning" && learning && !isStopped
      ? { ...learning, model: readyModelOf(model, learning) }
      : null;
  return {
    key, version: id, kind, ranking: draft.ranking === "learning" && !chooser ? "priority" : draft.ranking, chooser, default: draft.default as JsonObject | null,
    candidates: candidates.map((candidate) => readyOf(candidate, enough[candidate.id] ?? null, contextFrom(context))),
    contents: new Map(candidates.map((one) => [one.id, prepareContent(one.content as JsonObject).prepared])),
    products: [...new Set(candidates.flatMap(({ products }) => products))],
  }; // prettier-ignore
}

/** A candidate made ready; `enough` matches while it was shown as often as it may be. Throws when its rule makes no sense in `context`: what was stored had been checked. */
export function readyOf(candidate: Candidate, enough: Rule | null, context: PlanContext): CandidateInForce {
  const plan = (rule: Rule | null): Node | null => {
    if (rule === null) return null;
    const planned = planOf(rule, context);
    if (planned.ok) return planned.plan.root;
    throw new Error(`A stored place cannot be planned: ${planned.problems.map(({ path, message }) => `${path}: ${message}`).join(" ")}`); // prettier-ignore
  };
  return {
    candidate,
    rule: plan(candidate.rule),
    shownEnough: plan(enough),
    startsAt: candidate.startsAt === null ? -Infinity : Date.parse(candidate.startsAt),
    endsAt: candidate.endsAt === null ? Infinity : Date.parse(candidate.endsAt),
  };
}

/** What is in force, and what was when it was last read. */
export type InForceReader = {
  /** At `epoch` or later. */
  readonly at: (epoch: number) => Promise<InForce>;
  /** As last read; null: never yet. */
  readonly held: () => InForce | null;
};

/** Keeps what is in force at the newest epoch asked for; what was before, for whoever waited `staleMs` for it. */
export function inForceReader(sql: Sql, staleMs: number): InForceReader {
  let held: InForce | null = null;
  let loading: Promise<InForce> | null = null;
  const at = (epoch: number): Promise<InForce> => {
    if (held && held.epoch >= epoch) return Promise.resolve(held);
    loading ??= load(sql, epoch)
      .then((read) => (held = read))
      .finally(() => (loading = null));
    const former = held;
    if (!former) return loading;
    loading.catch(() => undefined);
    return Promise.race([loading, pause(staleMs).then(() => former)]);
  };
  return { at, held: () => held };
}
