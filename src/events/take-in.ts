/**
 * What the door does with the text of one request once it is known whose it is: the steps, then the durable storage of what
 * was accepted and of what was refused. Only when both are on disk may anyone be told "success".
 *
 * A batch of more events than LIMITS.batchEventsMax is taken all the same (to answer 400 would make the sender's SDK throw it
 * away); it is worked through in slices, so that other requests are not kept waiting.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Json } from "../values.ts";
import type { Arrival } from "./draft.ts";
import type { StepMeter } from "./meter.ts";
import { type Event, type Inbox, LIMITS, type Refused } from "./model.ts";
import type { RefusedStore } from "./refused.ts";
import { admit } from "./steps.ts";

export type TakeInDeps = { readonly inbox: Inbox; readonly refused: RefusedStore; readonly meter: StepMeter };

/**
 * Resolves to how many were accepted and refused, after both are durable. Throws as `Inbox.append` does; then the
 * accepted events were not taken, and nothing was written down as refused either, for the sender will send all again.
 */
export async function takeIn(
  given: readonly Json[],
  arrival: Arrival,
  deps: TakeInDeps,
): Promise<{ accepted: number; refused: number }> {
  const accepted: Event[] = [];
  const refused: Refused[] = [];
  for (let from = 0; from < given.length; from += LIMITS.batchEventsMax) {
    if (from > 0) await nextTurn();
    const slice =
      given.length <= LIMITS.batchEventsMax ? given : given.slice(from, from + LIMITS.batchEventsMax);
    const admitted = admit(slice, arrival, deps.meter, () => performance.now() / 1000);
    for (const event of admitted.accepted) accepted.push(event);
    for (const event of admitted.refused) refused.push(event);
  }
  if (accepted.length > 0) await deps.inbox.append(accepted);
  const { workspace, key, receivedAt } = arrival;
  await deps.refused.append(refused.map((entry) => ({ ...entry, workspace, key, refusedAt: receivedAt })));
  return { accepted: accepted.length, refused: refused.length };
}
