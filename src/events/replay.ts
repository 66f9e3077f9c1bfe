/**
 * Trying refused events again: each goes through the steps as it came (or as corrected), with the time it was received then.
 *
 * An event the pipeline could not process is kept as the inbox had it and goes there again as it is. Order of writing:
 * the inbox first, then the mark. A crash between the two makes a second try possible, which changes nothing, because the
 * event has the same message id both times (an event without one gets an id made of its row's number).
 */
import type { Clock, Json, WorkspaceId } from "../values.ts";
import { type Refusal, refusal } from "./draft.ts";
import { arrivalFor } from "./envelope.ts";
import type { StepMeter } from "./meter.ts";
import type { Event, Inbox } from "./model.ts";
import type { RefusedRow, RefusedStore } from "./refused.ts";
import { admit } from "./steps.ts";

export type ReplayDeps = {
  readonly inbox: Inbox;
  readonly refused: RefusedStore;
  readonly meter: StepMeter;
  readonly clock: Clock;
  readonly keepIp: boolean;
};
export type ReplayInput = {
  readonly row: RefusedRow;
  readonly corrected?: { readonly [field: string]: unknown } | undefined;
};
/** Either `event` or `refusal` is there. */
export type Replayed = { readonly id: number; readonly event?: Event; readonly refusal?: Refusal };

/** Tries rows of one workspace that have not been replayed; the outcomes are in their order. Throws as `Inbox.append`. */
export async function replay(
  workspace: WorkspaceId,
  rows: readonly ReplayInput[],
  deps: ReplayDeps,
): Promise<readonly Replayed[]> {
  const outcomes = rows.map((input) => again(workspace, input, deps));
  await deps.inbox.append(outcomes.flatMap(({ event }) => event ?? []));
  await deps.refused.markReplayed(
    workspace,
    outcomes.flatMap(({ id, event }) => (event ? [id] : [])),
    deps.clock(),
  );
  await deps.refused.refuseAgain(
    workspace,
    outcomes.flatMap(({ id, refusal: why }) => (why ? [{ id, ...why }] : [])),
  );
  return outcomes;
}

function again(workspace: WorkspaceId, { row, corrected }: ReplayInput, deps: ReplayDeps): Replayed {
  const { id } = row;
  const text = corrected ? JSON.stringify(corrected) : row.body;
  const given = jsonOf(text);
  if (given === undefined)
    return {
      id,
      refusal: refusal(
        row.reason,
        `${sentenceOf(row.detail)} It was cut when it was kept, so send a corrected event.`,
      ),
    };
  if (row.reason === "processing_failed" && !corrected) {
    const event = given as unknown as Event;
    return event.workspace === workspace
      ? { id, event }
      : { id, refusal: refusal("processing_failed", "It is of another workspace.") };
  }
  const arrival = arrivalFor(
    {
      workspace,
      key: row.key ?? 0,
      receivedAt: row.refusedAt,
      newId: () => `refused-${id}`,
      keepIp: deps.keepIp,
    },
    { text },
  );
  const { accepted, refused } = admit([given], arrival, deps.meter, () => performance.now() / 1000);
  return accepted[0] ? { id, event: accepted[0] } : { id, refusal: refused[0]! };
}

function jsonOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

const CUT = " It was cut when it was kept";
const sentenceOf = (detail: string): string =>
  detail.includes(CUT) ? detail.slice(0, detail.indexOf(CUT)) : detail;
