/** Whether a customer enters a journey, and the run that begins then. Pure. */
import { heldOut } from "../experiments/assign.ts";
import { valueAt, textOf } from "../segments/compare.ts";
import type { Instant, JsonObject } from "../values.ts";
import { type EntryRefusal, JOURNEY_LIMITS, type JourneyDraft, type Run } from "./model.ts";

/** What is known of earlier entries of a customer into one journey. */
export type Entered = { readonly n: number; readonly at: Instant; readonly keys: readonly string[] };
export const NEVER_ENTERED: Entered = { n: 0, at: -Infinity, keys: [] };
export type EntryAnswer =
  | { readonly type: "enters" | "held_out"; readonly key: string }
  | { readonly type: "refused"; readonly reason: EntryRefusal };
export type EntryAsked = {
  readonly draft: JourneyDraft;
  readonly journey: number;
  /** The customer's id: what chance is drawn by. */
  readonly customer: string;
  readonly workspace: number;
  /** The properties of what brings them in; the key of an entry by the API. */
  readonly context: JsonObject;
  readonly key: string;
  readonly entered: Entered;
  readonly live: readonly Run[];
  /** Whether the journey's audience holds; asked only when all else lets them in. */
  inAudience(): boolean;
  readonly globalHoldoutRatio: number;
};

/** Whether they enter now. The order of reasons: key, in it already, earlier entries, room, audience, holdouts. */
export function mayEnter(asked: EntryAsked, now: Instant): EntryAnswer {
  const { draft, journey, entered, live } = asked;
  const refused = (reason: EntryRefusal): EntryAnswer => ({ type: "refused", reason });
  const { reentry } = draft;
  const key = reentry.type === "key" ? keyOf(asked, reentry.property) : "";
  if (key === null) return refused("no_key");
  if (reentry.type === "key" && entered.keys.includes(key)) return refused("key_used");
  if (live.some((run) => run.journey === journey && run.key === key)) return refused("in_it_already");
  if (reentry.type === "once" && entered.n > 0) return refused("entered_before");
  if (reentry.type === "after" && now - entered.at < reentry.ms) return refused("too_soon");
  if (live.length >= JOURNEY_LIMITS.runsPerCustomer) return refused("too_many_runs");
  if (!asked.inAudience()) return refused("not_in_audience");
  if (heldOut(`workspace/${asked.workspace}`, asked.customer, asked.globalHoldoutRatio)) return refused("held_out_globally"); // prettier-ignore
  if (heldOut(`journey/${journey}`, asked.customer, draft.holdoutRatio)) return { type: "held_out", key };
  return { type: "enters", key };
}

function keyOf({ key, context }: EntryAsked, property: string): string | null {
  const value = key !== "" ? key : textOf(valueAt(context, property));
  return value === null || value === "" ? null : value.slice(0, JOURNEY_LIMITS.keyCharsMax);
}

/** Earlier entries after this one. */
export function enteredOnce(entered: Entered, key: string, now: Instant): Entered {
  const keys = key === "" ? entered.keys : [key, ...entered.keys].slice(0, JOURNEY_LIMITS.keysRemembered);
  return { n: entered.n + 1, at: now, keys };
}

/**
 * The run that begins; it stands at the first step and has not passed it yet. `begunAt`: when the event that brought them
 * in happened. What happened after that concerns the run, though we may have heard of both only now.
 */
export function begun(id: string, journey: number, version: number, key: string, draft: JourneyDraft, event: JsonObject, begunAt: Instant, now: Instant): Run {
  const context: JsonObject = JSON.stringify(event).length <= JOURNEY_LIMITS.contextBytesMax ? { event } : { event: shortened(event) };
  return {
    id, journey, version, key, enteredAt: begunAt, at: draft.start, since: now, blocker: { type: "time" }, dueAt: null, passed: 0, context, seen: {},
  };
} // prettier-ignore

/** The properties that fit, in their order; what is too long goes. */
function shortened(event: JsonObject): JsonObject {
  let left = JOURNEY_LIMITS.contextBytesMax;
  return Object.fromEntries(
    Object.entries(event).filter(([name, value]) => {
      const size = name.length + JSON.stringify(value).length;
      if (size > left) return false;
      left -= size;
      return true;
    }),
  );
}
