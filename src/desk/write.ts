/** What somebody at the desk writes back, as events of the business: they go the way of all events, under the writer's name. Pure. */
import type { Event } from "../events/model.ts";
import { nameOf } from "../messages/happenings.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import { isoOf } from "../values.ts";
import type { NoteDraft, PromiseDraft, PromiseEnd } from "./model.ts";
import { WITHDRAWN } from "./talk.ts";

/** Who writes, of whom, when, and under which name of their own making. */
export type Writing = {
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly by: string;
  readonly messageId: string;
  readonly now: Instant;
};

function eventOf({ workspace, atom, by, messageId, now }: Writing, name: string, channel: Event["channel"], properties: JsonObject): Event {
  return {
    workspace, id: `desk:${messageId}`, type: "track", name, happenedAt: now, receivedAt: now, originalAt: null, sentAt: null,
    identifiers: [nameOf(atom)], channel, touchpoint: "desk", properties: { ...properties, by }, key: 0, of: atom,
  };
} // prettier-ignore

/** A note on the customer. */
export const noteEvent = (writing: Writing, { text, channel }: NoteDraft): Event =>
  eventOf(writing, "Note Added", channel, { note: text });

/** The name of a promise that is written under this message id. */
export const promiseIdOf = ({ messageId }: Pick<Writing, "messageId">): string => `promise-${messageId}`;
/** Something promised by a time. */
export const promiseEvent = (writing: Writing, { promise, dueAt, channel }: PromiseDraft): Event =>
  eventOf(writing, "Promise Made", channel, { promise_id: promiseIdOf(writing), promise, due_at: isoOf(Date.parse(dueAt)) }); // prettier-ignore

/** A promise that was kept, or is not owed any more. */
export const promiseEndEvent = (writing: Writing, what: "kept" | "withdrawn", { promiseId, text, channel }: PromiseEnd): Event =>
  eventOf(writing, what === "kept" ? "Promise Kept" : WITHDRAWN, channel, { promise_id: promiseId, ...(text !== "" && { note: text }) }); // prettier-ignore

/** A task somebody at the desk made; its end is told as any task's is. */
export const taskEvent = (writing: Writing, task: { readonly id: string; readonly title: string; readonly team: string; readonly dueAt: Instant | null }): Event =>
  eventOf(writing, "$task.created", "server", { task: task.id, title: task.title, ...(task.team !== "" && { team: task.team }), ...(task.dueAt !== null && { due_at: isoOf(task.dueAt) }) }); // prettier-ignore
