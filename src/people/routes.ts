/** HTTP of tasks: what is to be done for whom, and what came of it. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { atomsOfCustomer, readCustomer } from "../customers/read.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Actor, App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { forceReader, readCustomerSegments } from "../segments/customer.ts";
import { type Clock, type WorkspaceId, atomOf } from "../values.ts";
import { TASK_LIMITS, TaskCancel, TaskDetail, TaskDraft, TaskList, TaskOutcome, TasksQuery } from "./model.ts"; // prettier-ignore
import { addTask, endTask, listTasks, readNames, readTask, taskViewOf } from "./store.ts";

export type TaskDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  /** Says that a task was ended: the run that waits for it is told. */
  readonly onEnded: () => Promise<void>;
};
const access = { access: "secret" } as const;
const tags = ["Tasks"];
const Params = z.object({ id: z.string().min(1).max(100) });
const byOf = (actor: Actor): string => actor.name;

/** Registers the routes; each needs a secret key or a session. */
export function taskRoutes(app: App, { sql, clock, onEnded }: TaskDeps): void {
  const detail = detailReader(sql, clock);

  app.get("/v1/tasks", {
    config: access,
    schema: {
      operationId: "listTasks", tags, summary: "What is asked of people for customers, newest first",
      querystring: z.object({ ...pageQuery(200, 50), ...TasksQuery }), response: { 200: TaskList },
    },
  }, async ({ workspace, query: { limit, cursor, state, team, customerId } }) => {
    const place = placeOf(cursor, ["number", "string"]);
    const atoms = customerId === undefined ? null : (await atomsOfCustomer(sql, workspace, atomOf(customerId)!)).map(({ id }) => id);
    const rows = await listTasks(sql, workspace, { state: state ?? null, team: team ?? null, atoms, before: place ? [place[0], place[1]] : null, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const names = await readNames(sql, page.map(({ customer }) => customer));
    return { tasks: page.map((row) => taskViewOf(row, names.get(row.customer) ?? null)), nextCursor: rows.length > limit && last ? cursorOf([last.createdAt, last.id]) : null };
  }); // prettier-ignore

  app.get("/v1/tasks/:id", {
    config: access,
    schema: { operationId: "readTask", tags, summary: "A task with what one should know of the customer before doing it", params: Params, response: { 200: TaskDetail } },
  }, async ({ workspace, params }) => detail(workspace, params.id)); // prettier-ignore

  app.post("/v1/tasks", {
    config: access,
    schema: { operationId: "createTask", tags, summary: "Ask somebody to do something for a customer", body: TaskDraft, response: { 201: TaskDetail } },
  }, async ({ workspace, body, actor }, reply) => {
    const [atom] = await atomsOfCustomer(sql, workspace, atomOf(body.customerId)!);
    if (!atom) throw new Failure("unprocessable", `There is no customer ${body.customerId} in this workspace.`);
    const id = `task-${randomUUID()}`;
    const { title, detail: words, team } = body;
    const dueAt = body.dueAt === null ? null : Date.parse(body.dueAt);
    await addTask(sql, workspace, { id, atom: atom.customer, title, detail: words, team, outcomes: [...new Set(body.outcomes)], dueAt, by: byOf(actor) }, clock());
    return reply.code(201).header("location", `/v1/tasks/${id}`).send(await detail(workspace, id));
  }); // prettier-ignore

  app.post("/v1/tasks/:id/complete", {
    config: access,
    schema: {
      operationId: "completeTask", tags, summary: "Say what came of a task",
      description: "The journey that waits for it goes on by that outcome. Of several people who complete a task at once one does; the others get 409.",
      params: Params, body: TaskOutcome, response: { 200: TaskDetail },
    },
  }, async ({ workspace, params, body, actor }) => {
    await endTask(sql, workspace, params.id, { state: "done", outcome: body.outcome ?? null, note: body.note, by: byOf(actor) }, clock());
    await onEnded();
    return detail(workspace, params.id);
  }); // prettier-ignore

  app.post("/v1/tasks/:id/cancel", {
    config: access,
    schema: {
      operationId: "cancelTask", tags, summary: "Say that a task need not be done any more",
      description: "The journey that waits for it goes on as if time had run out.",
      params: Params, body: TaskCancel, response: { 200: TaskDetail },
    },
  }, async ({ workspace, params, body, actor }) => {
    await endTask(sql, workspace, params.id, { state: "cancelled", outcome: null, note: body.note, by: byOf(actor) }, clock());
    await onEnded();
    return detail(workspace, params.id);
  }); // prettier-ignore
}

function detailReader(sql: Sql, clock: Clock): (workspace: WorkspaceId, id: string) => Promise<TaskDetail> {
  const force = forceReader(sql);
  return async (workspace, id) => {
    const task = await readTask(sql, workspace, id);
    const atom = task.customer;
    const [customer, rules] = await Promise.all([readCustomer(sql, workspace, atom), readCustomerSegments(sql, await force(), workspace, atom, clock())]); // prettier-ignore
    const view = taskViewOf(task, customer?.name ?? null);
    return {
      ...view,
      customer: {
        id: view.customerId,
        name: customer?.name ?? null,
        stage: rules?.stage?.name ?? null,
        segments: rules?.segments.map(({ name }) => name) ?? [],
        identifiers: customer?.identifiers.map(({ kind, value }) => ({ kind, value })) ?? [],
        lastEvents: (customer?.recentEvents ?? []).slice(0, TASK_LIMITS.eventsShown).map(({ at, name, channel, touchpoint }) => ({ at, name, channel, touchpoint })), // prettier-ignore
      },
    };
  };
}
