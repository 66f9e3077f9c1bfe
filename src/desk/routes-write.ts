/** HTTP of what the desk writes back: notes, promises and tasks, each an event of the business under the writer's name. */
import { randomUUID } from "node:crypto";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Event } from "../events/model.ts";
import type { Actor, App } from "../http/app.ts";
import { addTask, endTask, readTask } from "../people/store.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { DESK_LIMITS, DeskTaskDone, DeskTaskDraft, NoteDraft, PromiseDraft, PromiseEnd, WrittenBack } from "./model.ts"; // prettier-ignore
import { DESK, type DeskDeps, Params, ownCustomer, tags } from "./asked.ts";
import { type Writing, noteEvent, promiseEndEvent, promiseEvent, promiseIdOf, taskEvent } from "./write.ts";

type Asked = {
  readonly workspace: WorkspaceId;
  readonly params: { readonly id: string };
  readonly actor: Actor;
  readonly body: { readonly messageId?: string | undefined };
};

/** Registers the routes. */
export function writeRoutes(app: App, deps: DeskDeps): void {
  const { sql, clock, inbox } = deps;
  const writingOf = async ({ workspace, params, actor, body }: Asked): Promise<Writing> => ({
    workspace, atom: await ownCustomer(sql, workspace, actor, params.id), by: actor.name, messageId: body.messageId ?? randomUUID(), now: clock(),
  }); // prettier-ignore
  const write = async (event: Event, id: string | null): Promise<WrittenBack> => {
    await inbox.append([event]);
    return { messageId: event.id, id };
  };
  const description = "An event like any other: durable once it is answered, and in the timeline when it was handled. Sent again with the same messageId it is written once.";
  const schema = (operationId: string, summary: string) => ({ operationId, tags, summary, description, params: Params, response: { 201: WrittenBack } });

  app.post("/v1/customers/:id/notes", {
    config: DESK, schema: { ...schema("addNote", "Note something about a customer"), body: NoteDraft },
  }, async (request, reply) => reply.code(201).send(await write(noteEvent(await writingOf(request), request.body), null)));

  app.post("/v1/customers/:id/promises", {
    config: DESK, schema: { ...schema("makePromise", "Promise a customer something by a time"), body: PromiseDraft },
  }, async (request, reply) => {
    const writing = await writingOf(request);
    checkDue(Date.parse(request.body.dueAt), writing.now);
    return reply.code(201).send(await write(promiseEvent(writing, request.body), promiseIdOf(writing)));
  });

  for (const what of ["kept", "withdrawn"] as const)
    app.post(`/v1/customers/:id/promises/${what}`, {
      config: DESK,
      schema: { ...schema(what === "kept" ? "keepPromise" : "withdrawPromise", what === "kept" ? "Say that a promise was kept" : "Say that a promise is not owed any more"), body: PromiseEnd },
    }, async (request, reply) => {
      const { body } = request;
      // A promise ends once, whoever says so first: its end is named by it where the sender names none.
      const messageId = body.messageId ?? `${body.promiseId.replaceAll(/[^\w.:-]/g, "_").slice(0, DESK_LIMITS.messageIdChars)}:${what}`;
      return reply.code(201).send(await write(promiseEndEvent(await writingOf({ ...request, workspace: request.workspace, actor: request.actor, params: request.params, body: { messageId } }), what, body), body.promiseId));
    });

  app.post("/v1/customers/:id/tasks", {
    config: DESK, schema: { ...schema("addDeskTask", "Ask somebody to do something for a customer"), body: DeskTaskDraft },
  }, async (request, reply) => {
    const writing = await writingOf(request);
    const { title, detail, team } = request.body;
    const dueAt = request.body.dueAt === null ? null : Date.parse(request.body.dueAt);
    if (dueAt !== null) checkDue(dueAt, writing.now);
    const id = `task-${writing.messageId}`;
    if (!(await isTaskOf(sql, writing, id))) await addTask(sql, writing.workspace, { id, atom: writing.atom, title, detail, team, outcomes: [], dueAt, by: writing.by }, writing.now);
    return reply.code(201).send(await write(taskEvent(writing, { id, title, team, dueAt }), id));
  });

  app.post("/v1/customers/:id/tasks/done", {
    config: DESK, schema: { ...schema("doDeskTask", "Say that a task was done"), body: DeskTaskDone },
  }, async (request, reply) => {
    const { taskId, outcome, note } = request.body;
    const writing = await writingOf({ workspace: request.workspace, actor: request.actor, params: request.params, body: {} });
    if (!(await isTaskOf(sql, writing, taskId))) throw new Failure("not_found", `There is no task ${taskId} for this customer.`);
    await endTask(sql, writing.workspace, taskId, { state: "done", outcome: outcome ?? null, note, by: writing.by }, writing.now);
    await deps.onTaskEnded();
    return reply.code(201).send({ messageId: `${taskId}:done`, id: taskId });
  });
} // prettier-ignore

/** Whether there is such a task for this customer. */
async function isTaskOf(sql: Sql, { workspace, atom }: Writing, id: string): Promise<boolean> {
  const found = await readTask(sql, workspace, id).catch((cause: unknown) => {
    if (cause instanceof Failure && cause.code === "not_found") return null;
    throw cause;
  });
  return found?.customer === atom;
}

function checkDue(dueAt: Instant, now: Instant): void {
  if (dueAt <= now || dueAt > now + DESK_LIMITS.aheadMs)
    throw new Failure("unprocessable", "By when it is due lies ahead, and no more than 400 days.");
}
