/**
 * The envelope of a collection request: a batch, a list, or one event; with what it says for all of them. Pure.
 */
import type { Instant, Json, JsonObject, WorkspaceId } from "../values.ts";
import { instantOf } from "./clock.ts";
import type { Arrival } from "./draft.ts";
import type { EventType } from "./model.ts";
import { cleaned, needsCleaning, objectOf, textOf } from "./text.ts";

/** A parsed body. `writeKey` is what the body says; whoever reads it decides whether it counts. */
export type Envelope = {
  readonly events: readonly Json[];
  readonly sentAt: Json | undefined;
  readonly context: JsonObject | undefined;
  readonly writeKey: string | undefined;
};

/** Why a body is no envelope, as a sentence; or the envelope. Never throws. */
export function envelopeOf(text: string): Envelope | string {
  let body: Json;
  try {
    // A byte order mark is no JSON, but some platforms write one.
    body = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text) as Json;
  } catch (cause) {
    return `The body is not JSON: ${cause instanceof Error ? cause.message.slice(0, 120) : String(cause)}`;
  }
  if (Array.isArray(body))
    return { events: body as readonly Json[], sentAt: undefined, context: undefined, writeKey: undefined };
  const fields = objectOf(body);
  if (!fields) return "The body must be a JSON object.";
  const writeKey = textOf(fields["writeKey"], 300);
  const { batch } = fields;
  if (batch === undefined) return { events: [fields], sentAt: undefined, context: undefined, writeKey };
  if (!Array.isArray(batch)) return "The field batch must be a list of events.";
  return {
    events: batch as readonly Json[],
    sentAt: fields["sentAt"],
    context: objectOf(fields["context"]),
    writeKey,
  };
}

/** What every event of a request shares, from who sent it and what the envelope says. */
export function arrivalFor(
  by: {
    readonly workspace: WorkspaceId;
    readonly key: number;
    readonly receivedAt: Instant;
    readonly newId: () => string;
    readonly country?: string | undefined;
    readonly keepIp?: boolean;
  },
  request: {
    readonly text: string;
    readonly type?: EventType | null;
    readonly sentAt?: Json | undefined;
    readonly context?: JsonObject | undefined;
    readonly gpc?: boolean;
    readonly userAgent?: string | null;
    readonly ip?: string | null;
  },
): Arrival {
  const unclean = needsCleaning(request.text);
  return {
    workspace: by.workspace,
    key: by.key,
    receivedAt: by.receivedAt,
    type: request.type ?? null,
    sentAt: instantOf(request.sentAt),
    context: request.context && unclean ? (cleaned(request.context) as JsonObject) : request.context,
    gpc: request.gpc ?? false,
    userAgent: request.userAgent ?? null,
    ip: request.ip ?? null,
    keepIp: by.keepIp ?? false,
    country: by.country,
    // Two bytes a character at most in what is Latin text; the exact count is made where it matters.
    sizeBytes: request.text.length * 3,
    unclean,
    newId: by.newId,
  };
}
