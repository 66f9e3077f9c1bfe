/**
 * What an answer to a journey's webhook means, which parts of it a run keeps, and the events by which a run, the rules and
 * the log hear what became of a call. Pure.
 */
import type { Event } from "../events/model.ts";
import { cleaned } from "../events/text.ts";
import { nameOf } from "../messages/happenings.ts";
import { valueAt } from "../segments/compare.ts";
import type { AtomId, Instant, Json, JsonObject, WorkspaceId } from "../values.ts";

/** Every bound of calls in one place. */
export const CALL_LIMITS = {
  attemptsMax: 8,
  /** Waits after the first, second, ... attempt that failed. */
  retryMs: [5_000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000, 10_800_000],
  /** A receiver that says when to come again is heeded up to this. */
  retryAfterMsMax: 6 * 3_600_000,
  timeoutMs: 15_000,
  /** Nobody else makes a call that is under way; longer than one can take. */
  claimMs: 60_000,
  /** Calls under way to one address, and in all. */
  perAddress: 4,
  atOnce: 32,
  /** Traits and audiences written in one transaction. */
  quickMax: 500,
  /** What is read of an answer; what comes after it is not. */
  answerCharsMax: 65_536,
  /** What is kept of it, for one name and in all, as JSON. */
  keptCharsMax: 2_000,
  keptAllCharsMax: 4_000,
  detailCharsMax: 300,
} as const;

/** Why a call failed; closed. */
export type CallFailure =
  | "template_error"
  | "missing_variable"
  | "too_large"
  | "refused"
  | "unreachable"
  | "no_customer";
/** What is to be done about an answer. */
export type CallOutcome =
  | { readonly type: "done"; readonly answer: JsonObject }
  | { readonly type: "again"; readonly dueAt: Instant; readonly detail: string }
  | { readonly type: "failed"; readonly reason: CallFailure; readonly detail: string }; // prettier-ignore

/** How a receiver answered; `status` null: it did not. */
export type CallAnswer = { readonly status: number | null; readonly detail: string | null; readonly retryAfterSeconds: number | null }; // prettier-ignore

/** Refusals of the receiver's that pass: too early, too many, in use, not in time. */
const PASSES: ReadonlySet<number> = new Set([408, 409, 423, 425, 429]);
const JITTER_RATIO = 0.1;

/**
 * What an answer means after so many attempts. 2xx is success. What is wrong with the request (4xx) stays wrong and is not
 * tried again; what is the matter with the receiver or the way there (5xx, no answer) is, later and later. `random` in [0, 1).
 */
export function callOutcome(
  { status, detail, retryAfterSeconds }: CallAnswer,
  keep: { readonly [name: string]: string },
  attempts: number,
  now: Instant,
  random: number,
): CallOutcome {
  const words = wordsIn(status, detail);
  const failed = (reason: CallFailure): CallOutcome => ({ type: "failed", reason, detail: words });
  if (status !== null && status >= 200 && status < 300) return { type: "done", answer: keptOf(detail ?? "", status, keep) }; // prettier-ignore
  if (status !== null && status < 500 && !PASSES.has(status)) return failed("refused");
  const waitMs = attempts < CALL_LIMITS.attemptsMax ? CALL_LIMITS.retryMs[attempts - 1] : undefined;
  if (waitMs === undefined) return failed(status === null ? "unreachable" : "refused");
  const askedMs = Math.min(CALL_LIMITS.retryAfterMsMax, (retryAfterSeconds ?? 0) * 1000);
  return { type: "again", dueAt: now + Math.round(Math.max(waitMs * (1 + JITTER_RATIO * random), askedMs)), detail: words }; // prettier-ignore
}

function wordsIn(status: number | null, detail: string | null): string {
  if (status === null) return (detail ?? "No answer.").slice(0, CALL_LIMITS.detailCharsMax);
  if (status >= 300 && status < 400) return "It redirects, which is not followed.";
  return `It answered ${status}${detail ? `: ${detail}` : "."}`.slice(0, CALL_LIMITS.detailCharsMax);
}

/**
 * The parts of an answer that a run keeps, by the names it gives them: a path with dots into the JSON, numbers into lists,
 * `$status` for the answer's status. What is not there, or too long, is left out.
 */
export function keptOf(text: string, status: number, keep: { readonly [name: string]: string }): JsonObject {
  const body = jsonIn(text);
  const kept: { [name: string]: Json } = {};
  let left: number = CALL_LIMITS.keptAllCharsMax;
  for (const [name, path] of Object.entries(keep)) {
    const value = path === "$status" ? status : partAt(body, path);
    if (value === undefined) continue;
    const clean = cleaned(value);
    const size = JSON.stringify(clean).length + name.length;
    if (size > Math.min(left, CALL_LIMITS.keptCharsMax)) continue;
    left -= size;
    kept[name] = clean;
  }
  return kept;
}

function jsonIn(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    // An answer need not be JSON: then there is nothing to keep of it.
    if (cause instanceof SyntaxError || cause instanceof RangeError) return undefined;
    throw cause;
  }
}

function partAt(body: Json | undefined, path: string): Json | undefined {
  if (path === "" || body === undefined) return body;
  let value: Json | undefined = body;
  for (const key of path.split(".")) {
    if (Array.isArray(value))
      value = /^\d{1,6}$/.test(key) ? (value as readonly Json[])[Number(key)] : undefined;
    else value = typeof value === "object" && value !== null ? valueAt(value as JsonObject, key) : undefined;
    if (value === undefined) return undefined;
  }
  return value;
}

/** A call that came to its end, as it is told. */
export type Settled = {
  readonly id: string;
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly kind: "webhook" | "update" | "audience";
  readonly body: JsonObject;
  readonly state: "done" | "failed";
  readonly answer: JsonObject | null;
  readonly detail: string | null;
  readonly dueAt: Instant;
  readonly settledAt: Instant;
};

/** The event that tells of it. It is named by the call: told twice it is one event. */
export function eventOfCall(call: Settled): Event {
  const { id, workspace, atom, kind, body, state, answer, detail, dueAt, settledAt } = call;
  // Whose doing it is: a replay of that journey tells its own from what others did.
  const whose: JsonObject = typeof body["journey"] === "number" ? { journey: body["journey"] } : {};
  // Traits are told as of when the journey asked for them: asked later, they are last.
  const at = kind === "webhook" ? settledAt : dueAt;
  const common = {
    workspace, happenedAt: at, receivedAt: settledAt, originalAt: null, sentAt: null, identifiers: [nameOf(atom)], channel: "server" as const,
    touchpoint: "journey", key: 0, of: atom,
  }; // prettier-ignore
  if (kind === "update")
    // Named as our own doing: a journey that notes something of customers does not make them active.
    return {
      ...common,
      id,
      type: "identify",
      name: "$journey.updated",
      traits: body["traits"] as JsonObject,
      properties: whose,
    };
  if (kind === "audience") {
    const name = body["change"] === "add" ? "$audience.added" : "$audience.removed";
    return {
      ...common,
      id,
      type: "track",
      name,
      properties: { ...whose, audience: body["audience"] ?? "", call: id },
    };
  }
  return state === "done"
    ? { ...common, id: `${id}:done`, type: "track", name: "$call.done", properties: { ...whose, call: id, answer: answer ?? {} } }
    : { ...common, id: `${id}:failed`, type: "track", name: "$call.failed", properties: { ...whose, call: id, reason: detail ?? "" } }; // prettier-ignore
}
