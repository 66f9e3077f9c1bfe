/**
 * What a rehearsal of a draft needs: the draft planned, the segments it waits for as rules, and which events of the log
 * can make a difference to it. Pure: nothing of a draft that is rehearsed is stored.
 */
import type { Policy } from "../permission/model.ts";
import { NOBODY } from "../segments/force.ts";
import { match } from "../segments/match.ts";
import { type Node, type PlanContext, planOf } from "../segments/plan.ts";
import type { Track, TrackSpec } from "../segments/track.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { SharedHours } from "./best-time.ts";
import { eventNameOf } from "./force.ts";
import type { JourneyDraft, Trigger } from "./model.ts";
import { type PlannedAnswer, type PlannedJourney, planJourney } from "./plan.ts";
import { triggersOf } from "./ways.ts";

/** How a journey's `update` is told. */
export const UPDATED = "$journey.updated";

/** A segment whose members the rehearsal follows, by the rule it has now. */
export type Watched = {
  readonly id: number;
  readonly root: Node;
  /** Whether somebody of whom nothing is known is in: they enter with their first event. */
  readonly holdsNobody: boolean;
};
/** What is asked of the events of one name. */
export type Need = {
  /** Only events from here on count; null: all there are. */
  readonly since: Instant | null;
  /** Whether anything looks at what else the event says. */
  readonly properties: boolean;
};
/** Which events of the log can make a difference. */
export type Needs = {
  readonly names: ReadonlyMap<string, Need>;
  /** Everything the customer did, if only that it happened. */
  readonly everything: boolean;
  readonly identifies: boolean;
  readonly consents: boolean;
  /** Whether messages are asked for, so that addresses, wishes and earlier contacts matter. */
  readonly messages: boolean;
};
/** A draft made ready to be rehearsed with many customers. */
export type Play = {
  readonly workspace: WorkspaceId;
  /** Chance is drawn by it: a journey's own number gives each customer the arms they will have. */
  readonly journey: number;
  readonly plan: PlannedJourney;
  readonly policy: Policy;
  /** When those customers are likely to be there who have no hours of their own, as it is known today. */
  readonly hours: SharedHours | null;
  readonly globalHoldoutRatio: number;
  readonly firstStage: string | null;
  readonly from: Instant;
  /** Not itself in the period. */
  readonly until: Instant;
  readonly watched: readonly Watched[];
  readonly tracks: readonly Track[];
  readonly tracksOf: ReadonlyMap<string, readonly Track[]>;
  /** Tracks that every doing of the customer tells. */
  readonly tracksOfAny: readonly Track[];
  /** Conditions about accounts, by key: who passes is looked up once for all customers. */
  readonly accountRules: ReadonlyMap<string, Node>;
  /** When all members of a segment come in together: by schedule or batch. */
  readonly rounds: { readonly segment: number; readonly at: readonly Instant[] } | null;
  readonly needs: Needs;
  /** Names of events that tell of orders, or that holds ask of. */
  readonly knowledge: ReadonlySet<string>;
  readonly asksChannels: boolean;
};
export type PlayAsked = {
  readonly workspace: WorkspaceId;
  readonly journey: number;
  readonly draft: JourneyDraft;
  readonly context: PlanContext;
  readonly policy: Policy;
  readonly hours?: Play["hours"];
  readonly globalHoldoutRatio: number;
  readonly firstStage: string | null;
  readonly from: Instant;
  readonly until: Instant;
  readonly rounds: Play["rounds"];
};
export type PlayAnswer =
  | { readonly ok: true; readonly play: Play }
  | Extract<PlannedAnswer, { readonly ok: false }>;

/** A draft ready to be rehearsed, or what is wrong with it. */
export function playOf(asked: PlayAsked): PlayAnswer {
  const { draft, context } = asked;
  const planned = planJourney(draft, context);
  if (!planned.ok) return planned;
  const watched: Watched[] = [];
  const tracks = new Map(planned.plan.tracks);
  for (const id of new Set([...segmentsIn(draft), ...(asked.rounds ? [asked.rounds.segment] : [])])) {
    const segment = planOf({ type: "segment", id }, context);
    if (!segment.ok) return segment;
    for (const [key, track] of segment.plan.tracks) tracks.set(key, track);
    const root = withoutAccounts(segment.plan.root);
    watched.push({ id, root, holdsNobody: match(root, { ...NOBODY, stage: asked.firstStage }, 0).matches });
  }
  const original = [...planned.plan.rules.values()];
  const plan = { ...planned.plan, rules: new Map([...planned.plan.rules].map(([path, node]) => [path, withoutAccounts(node)])) };
  const leaves = [...original, ...watched.map(({ root }) => root)].flatMap(leavesOf);
  const rules = [...plan.rules.values(), ...watched.map(({ root }) => root)].flatMap(leavesOf);
  return { ok: true, play: whole(asked, plan, watched, [...tracks.values()], leaves, rules) };
} // prettier-ignore

type Leaf = Exclude<Node, { type: "all" | "any" | "not" }>;

function whole(
  asked: PlayAsked,
  plan: PlannedJourney,
  watched: readonly Watched[],
  tracks: readonly Track[],
  leaves: readonly Leaf[],
  rules: readonly Leaf[],
): Play {
  const { draft, context: _, hours = null, ...rest } = asked;
  const steps = Object.values(draft.steps);
  const choosesTimes = steps.some((step) => step.type === "message" && step.bestTimeMs !== undefined);
  const messages = steps.some(({ type }) => type === "message");
  const knowledge = new Set(messages ? knowledgeNames(asked.policy) : []);
  const asksChannels = leaves.some(({ type }) => type === "channel");
  const byName = new Map<string, Track[]>();
  for (const track of tracks)
    if (track.spec.event !== null) byName.set(track.spec.event, [...(byName.get(track.spec.event) ?? []), track]);
  const tracksOfAny = tracks.filter(({ spec }) => spec.event === null);
  const asksTraits = leaves.some(({ type }) => type === "trait");
  const identifies = messages || asksTraits || draft.entry.type === "date" || steps.some(({ type }) => type === "wait_time" || type === "wait_date");
  return {
    ...rest, hours, plan, watched, tracks, tracksOf: byName, tracksOfAny, knowledge, asksChannels,
    accountRules: new Map(rules.flatMap((leaf) => (leaf.type === "account" ? [[leaf.key, leaf.node] as const] : []))),
    needs: {
      names: namesNeeded(asked, tracks, knowledge, [...(choosesTimes || leaves.some(({ type }) => type === "stage") ? ["$stage.changed"] : []), ...(identifies ? [UPDATED] : [])]),
      everything: asksChannels || tracksOfAny.length > 0 || watched.some(({ holdsNobody }) => holdsNobody),
      identifies,
      consents: messages || leaves.some(({ type }) => type === "consent"),
      messages,
    },
  };
} // prettier-ignore

/** Segments that triggers wait for. */
function segmentsIn(draft: JourneyDraft): readonly number[] {
  const { entry } = draft;
  return [
    ...triggersOf(draft).flatMap(([, trigger]) => (trigger.type === "segment" ? [trigger.id] : [])),
    ...(entry.type === "schedule" ? [entry.segment] : []),
  ];
}

function leavesOf(node: Node): readonly Leaf[] {
  if (node.type === "all" || node.type === "any") return node.nodes.flatMap(leavesOf);
  return node.type === "not" ? leavesOf(node.node) : [node as Leaf];
}

/** Conditions on an account's traits become conditions whose answer is looked up, as those on its members are. */
function withoutAccounts(node: Node): Node {
  if (node.type === "all" || node.type === "any") return { ...node, nodes: node.nodes.map(withoutAccounts) };
  if (node.type === "not") return { ...node, node: withoutAccounts(node.node) };
  if (node.type !== "account" && node.type !== "account_trait") return node;
  return { path: node.path, type: "account", key: JSON.stringify(node), node };
}

/** What the holds of a policy ask of: orders, what happened to them, and events by name. */
function knowledgeNames({ holds }: Policy): readonly string[] {
  const orders = ["Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"];
  return holds.flatMap((hold): readonly string[] => {
    if (hold.type === "open_case") return [...hold.opened, ...hold.closed];
    if (hold.type === "human_talking") return [...hold.events, ...hold.ended];
    return hold.type === "out_of_stock" ? [] : orders;
  });
}

/** From when on the events of a track can count, at the beginning of the period or later. */
const sinceOf = ({ since, keep }: TrackSpec, from: Instant): Instant | null =>
  keep.kind === "newest" && keep.spanMs !== null ? Math.max(since ?? -Infinity, from - keep.spanMs) : since;

function namesNeeded({ draft, from }: PlayAsked, tracks: readonly Track[], knowledge: ReadonlySet<string>, own: readonly string[]): ReadonlyMap<string, Need> {
  const names = new Map<string, Need>();
  const need = (name: string, since: Instant | null, properties: boolean) => {
    const held = names.get(name);
    if (!held) return names.set(name, { since, properties });
    const earliest = held.since === null || since === null ? null : Math.min(held.since, since);
    return names.set(name, { since: earliest, properties: held.properties || properties });
  };
  for (const [path, trigger] of triggersOf(draft))
    if (trigger.type === "event") need(eventNameOf(trigger), from, asksProperties(draft, path, trigger));
  for (const { spec } of tracks)
    if (spec.event !== null) need(spec.event, sinceOf(spec, from), spec.where.length > 0 || spec.property !== null);
  for (const name of knowledge) need(name, null, name.startsWith("Order "));
  for (const name of own) need(name, null, true);
  // Of our own doings it must be told whether they are this very journey's.
  return new Map([...names].map(([name, one]) => [name, name.startsWith("$") ? { ...one, properties: true } : one]));
} // prettier-ignore

function asksProperties(
  draft: JourneyDraft,
  path: string,
  trigger: Extract<Trigger, { type: "event" }>,
): boolean {
  if (trigger.where.length > 0) return true;
  if (path === "goal/when") return draft.goal?.value !== undefined;
  if (path !== "entry") return false;
  return (
    draft.reentry.type === "key" ||
    Object.values(draft.steps).some((step) => step.type === "message" && step.products.length > 0)
  );
}
