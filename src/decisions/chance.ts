/** What the choice of a place that learns hangs on: the context of the customer, and who is held out. */
import { heldOut } from "../experiments/assign.ts";
import { KIND_RULES } from "../identity/model.ts";
import { contextOf } from "../learning/context.ts";
import type { LearningContext } from "../learning/model.ts";
import { zoneOf } from "../permission/recipient.ts";
import { localOf } from "../permission/zone.ts";
import { knowledgeOf, segmentsHeld } from "../segments/facts.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { Chance } from "./decide.ts";
import type { InForce, PlaceInForce } from "./force.ts";
import type { Seen } from "./known.ts";
import type { Question } from "./model.ts";
import type { Snapshot } from "./snapshots.ts";

type ChanceDeps = {
  readonly workspace: WorkspaceId;
  readonly snapshot: Pick<Snapshot, "policy">;
  readonly inForce: Pick<InForce, "force">;
  readonly seen: Seen;
  readonly context: Question["context"];
  readonly userAgent: string | null;
};

/**
 * The chance of each place, put together when a place that learns first asks. The context is of what may speak for a
 * candidate, for nothing else does so here. Held out are names and not decisions, so that a customer stays on one side.
 */
export function chances(deps: ChanceDeps, now: Instant): (place: PlaceInForce) => Chance {
  const { workspace, seen } = deps;
  let context: LearningContext | null = null;
  const who = `${seen.who.kind}:${seen.who.value}`;
  return ({ key, chooser }) => {
    const place = `place:${workspace}:${key}`;
    context ??= contextNow(deps, now);
    return { context, heldOut: heldOut(place, who, chooser?.holdoutRatio ?? 0), who, place };
  };
}

function contextNow({ workspace, snapshot, inForce, seen: { shown, shownFacts }, context, userAgent }: ChanceDeps, now: Instant): LearningContext {
  const knowledge = knowledgeOf(shown);
  const identifiers = shown.flatMap((atom) => atom.identifiers);
  const held = segmentsHeld(shown);
  const segments = (inForce.force.of(workspace)?.segments ?? []).filter(({ version, live }) => live && held.has(version)).map(({ segment }) => segment);
  const zone = zoneOf(knowledge, identifiers, context.timezone)?.name ?? snapshot.policy.zone;
  return contextOf({ stage: shownFacts.stage, segments, knowledge, isNamed: identifiers.some(([kind]) => KIND_RULES[kind].person), userAgent, minute: localOf(now, zone).minute }, now);
} // prettier-ignore
