/** Who rehearses a journey, and what is noted of it. Pure. */
import type { Event } from "../events/model.ts";
import type { HeldIdentifier } from "../identity/directory.ts";
import type { DueMessage } from "../messages/judge.ts";
import type { Answer, Contact, MessageChannel, Preferences, Suppression } from "../permission/model.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import type { EntryRefusal, Run, RunEnd } from "./model.ts";

/** What is known of a customer beside events, as it is today. */
export type Person = {
  readonly customer: number;
  readonly identifiers: readonly HeldIdentifier[];
  readonly preferences: Preferences;
  /** What left before, of other journeys and by hand; oldest first. */
  readonly contacts: readonly Contact[];
  /** Keys of the conditions about accounts that the customer passes. */
  readonly accounts: ReadonlySet<string>;
  readonly address: (channel: MessageChannel) => string | null;
  readonly suppressed: (channel: MessageChannel, address: string, purpose: string) => Suppression | null;
  readonly stock: (product: string) => number | null;
};
/** Something that happened in a rehearsal. `run` counts the customer's entries from 1. */
export type Note = { readonly at: Instant } & (
  | { readonly type: "refused"; readonly reason: EntryRefusal }
  | { readonly type: "entered" | "held_out"; readonly run: number; readonly key: string; readonly begunAt: Instant }
  | { readonly type: "passed"; readonly run: number; readonly step: string; readonly path: string }
  | { readonly type: "asked"; readonly run: number; readonly step: string; readonly id: string; readonly what: "message" | "task" | "webhook" | "update" | "audience" }
  | { readonly type: "message"; readonly run: number; readonly step: string; readonly id: string; readonly answer: Answer; readonly zone: string }
  | { readonly type: "cancelled"; readonly run: number; readonly step: string; readonly id: string; readonly what: "message" | "task" | "call" }
  | { readonly type: "ended"; readonly run: number; readonly step: string; readonly state: RunEnd; readonly detail: string }
  | { readonly type: "converted"; readonly run: number; readonly value: number; readonly afterMessage: boolean }
  | { readonly type: "segment"; readonly segment: number; readonly entered: boolean }
); // prettier-ignore
/** A message that waits until it may leave. */
export type Waiting = DueMessage & { readonly run: Run; readonly step: string; readonly template: number; readonly dueAt: Instant }; // prettier-ignore
/** An entry, watched for the goal whatever becomes of its run. */
export type Entry = {
  readonly run: number;
  readonly enteredAt: Instant;
  sentAt: Instant | null;
  converted: boolean;
};

/** An event of our own making, as it would have been told. */
export function ownHappening(workspace: WorkspaceId, name: string, properties: JsonObject, now: Instant): Event {
  return {
    workspace, id: "", type: "track", name, happenedAt: now, receivedAt: now, originalAt: null, sentAt: null, identifiers: [],
    channel: "other", touchpoint: "", properties, key: 0,
  };
} // prettier-ignore
