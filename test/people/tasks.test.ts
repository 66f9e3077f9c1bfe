/** Tasks: what a journey or a colleague asks of people for a customer, done by exactly one, and what the journey does then. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TaskDetail, TaskView } from "../../src/people/model.ts";
import { type Keys, type Whole, startWhole } from "../http/whole.ts";

let whole: Whole;
let keys: Keys;
let other: Keys;
beforeAll(async () => {
  whole = await startWhole();
  other = await whole.workspace("Other");
  keys = whole.first;
});
afterAll(() => whole.end());

const ask = <T>(method: string, path: string, body?: unknown, by = keys) =>
  whole.answer<T>(by, method, path, body);
async function sends(...batch: object[]): Promise<void> {
  const answer = await fetch(`${whole.address}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${keys.writeKey}:`)}` },
    body: JSON.stringify({ batch }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
  await whole.drain();
}
async function until<T>(asked: () => Promise<T>, found: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await asked();
    if (found(value)) return value;
    await pause(10);
  }
}
const idOf = async (user: string) => (await ask<{ id: string }>("GET", `/v1/customers/lookup?kind=user_id&value=${user}`)).body.id; // prettier-ignore
const tasksOf = async (query: string, by = keys) => (await ask<{ tasks: TaskView[] }>("GET", `/v1/tasks?${query}`, undefined, by)).body.tasks; // prettier-ignore
type RunsAnswer = { readonly runs: readonly { readonly state: string; readonly step: string | null }[] };
const runOf = async (customerId: string) => (await ask<RunsAnswer>("GET", `/v1/customers/${customerId}/journeys`)).body.runs[0]; // prettier-ignore

/** A journey that asks sales to call, and goes on by what came of it. */
async function aJourney(name: string, event: string): Promise<number> {
  const draft = {
    name, entry: { type: "event", event }, start: "call", holdoutRatio: 0,
    steps: {
      call: {
        type: "task", name: "Call the customer", detail: "Pricing was seen again and again.", team: "Sales", dueMs: 86_400_000,
        outcomes: [{ outcome: "won", next: "thanks" }, { outcome: "lost", next: null }], maxMs: null, next: "later",
      },
      thanks: { type: "wait", ms: 86_400_000, next: null },
      later: { type: "wait", ms: 86_400_000, next: null },
    },
  }; // prettier-ignore
  const made = await ask<{ id: number }>("POST", "/v1/journeys", { draft });
  expect(made.status).toBe(201);
  expect((await ask("POST", `/v1/journeys/${made.body.id}/publish`, { formerRuns: "pin" })).status).toBe(202);
  await until(
    () => ask<{ versions: readonly { readonly state: string }[] }>("GET", `/v1/journeys/${made.body.id}`),
    ({ body }) => body.versions[0]!.state === "live",
  );
  return made.body.id;
}

describe("a task of a journey", () => {
  test("shows who it is for and why, is completed by exactly one, and the journey goes on by the outcome", async () => {
    const journey = await aJourney("Leads", "Pricing Viewed");
    await sends(
      { type: "identify", userId: "ann", traits: { firstName: "Ann", lastName: "Meier", email: "ann@example.com" } },
      { type: "track", userId: "ann", event: "Pricing Viewed" },
    ); // prettier-ignore
    const customerId = await idOf("ann");
    const [task] = await until(
      () => tasksOf(`customerId=${customerId}`),
      (tasks) => tasks.length > 0,
    );
    expect(task).toMatchObject({
      customerId, customerName: "Ann Meier", title: "Call the customer", team: "Sales", state: "open", outcomes: ["won", "lost"], madeBy: null,
      run: { journeyId: journey, journey: "Leads", step: "call", state: "running" },
    }); // prettier-ignore
    const { body: detail } = await ask<TaskDetail>("GET", `/v1/tasks/${task!.id}`);
    expect(detail.customer).toMatchObject({ name: "Ann Meier" });
    expect(detail.customer.lastEvents.map(({ name }) => name)).toContain("Pricing Viewed");
    expect(detail.customer.identifiers).toContainEqual({ kind: "email", value: "ann@example.com" });

    // What is no outcome of it is refused, and changes nothing.
    for (const body of [{}, { outcome: "maybe" }])
      expect((await ask("POST", `/v1/tasks/${task!.id}/complete`, body)).status).toBe(422);
    const answers = await Promise.all(Array.from({ length: 5 }, (_, i) => ask<TaskDetail>("POST", `/v1/tasks/${task!.id}/complete`, { outcome: i === 0 ? "won" : "lost", note: `by ${i}` }))); // prettier-ignore
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409, 409]);
    const won = answers.find(({ status }) => status === 200)!.body;
    const after = await until(() => runOf(customerId), (run) => run?.step !== "call"); // prettier-ignore
    expect([after?.state, after?.step]).toEqual(won.outcome === "won" ? ["running", "thanks"] : ["completed", "call"]); // prettier-ignore
    expect((await ask<TaskDetail>("GET", `/v1/tasks/${task!.id}`)).body).toMatchObject({ state: "done", note: won.note, doneBy: expect.any(String) }); // prettier-ignore
    expect(await tasksOf("state=open&team=Sales")).toEqual([]);
    expect((await ask("POST", `/v1/tasks/${task!.id}/cancel`, {})).status).toBe(409);
  });

  test("that a person cancels lets the journey go on as if time had run out", async () => {
    await aJourney("Callbacks", "Callback Wanted");
    await sends({ type: "track", userId: "ben", event: "Callback Wanted" });
    const customerId = await idOf("ben");
    const [task] = await until(
      () => tasksOf(`customerId=${customerId}&state=open`),
      (tasks) => tasks.length > 0,
    );
    expect((await ask("POST", `/v1/tasks/${task!.id}/cancel`, { note: "Wrong number" })).status).toBe(200);
    expect((await until(() => runOf(customerId), (run) => run?.step !== "call"))?.step).toBe("later"); // prettier-ignore
  });

  test("is told once more after a crash in between, and heard once", async () => {
    await aJourney("Visits", "Visit Wanted");
    await sends({ type: "track", userId: "cem", event: "Visit Wanted" });
    const customerId = await idOf("cem");
    const [task] = await until(
      () => tasksOf(`customerId=${customerId}`),
      (tasks) => tasks.length > 0,
    );
    // A process that ended the task and died before it told.
    await whole.stores.sql.query("update tasks set state = 'done', outcome = 'won', done_by = 'Somebody', done_at = $2 where id = $1", [task!.id, Date.now()]); // prettier-ignore
    // Whoever ends the next task tells what was left.
    const { body: made } = await ask<TaskDetail>("POST", "/v1/tasks", { customerId, title: "Another" });
    await ask("POST", `/v1/tasks/${made.id}/complete`, {});
    expect((await until(() => runOf(customerId), (run) => run?.step !== "call"))?.step).toBe("thanks"); // prettier-ignore
    await whole.stores.sql.query("update tasks set told_at = null where id = $1", [task!.id]);
    await ask("POST", "/v1/tasks", { customerId, title: "A third" });
    const [third] = await tasksOf(`customerId=${customerId}&state=open`);
    await ask("POST", `/v1/tasks/${third!.id}/complete`, {});
    await whole.drain();
    const { events } = (await ask<{ events: { name: string; properties: { task: string } }[] }>("GET", `/v1/customers/${customerId}/timeline?limit=100`)).body; // prettier-ignore
    expect(events.filter(({ name, properties }) => name === "$task.completed" && properties.task === task!.id)).toHaveLength(1); // prettier-ignore
  });
});

describe("a task made by hand", () => {
  test("is made for a customer, listed by team, page by page, and done without an outcome", async () => {
    await sends({ type: "track", userId: "dan", event: "Signed Up" });
    const customerId = await idOf("dan");
    const made: string[] = [];
    for (let i = 0; i < 5; i++) {
      const { status, body } = await ask<TaskDetail>("POST", "/v1/tasks", { customerId, title: `Task ${i}`, team: "Service", dueAt: "2030-01-01T09:00:00+01:00" }); // prettier-ignore
      expect([status, body.dueAt, body.madeBy !== null]).toEqual([201, "2030-01-01T08:00:00.000Z", true]);
      made.push(body.id);
    }
    const seen: string[] = [];
    let cursor = "";
    do {
      const { body } = await ask<{ tasks: TaskView[]; nextCursor: string | null }>("GET", `/v1/tasks?team=Service&limit=2&cursor=${cursor}`); // prettier-ignore
      seen.push(...body.tasks.map(({ id }) => id));
      cursor = body.nextCursor ?? "";
    } while (cursor !== "");
    expect(seen.toSorted()).toEqual(made.toSorted());
    expect((await ask("POST", `/v1/tasks/${made[0]!}/complete`, { outcome: "won" })).status).toBe(422);
    expect((await ask<TaskDetail>("POST", `/v1/tasks/${made[0]!}/complete`, { note: "Done." })).body.state).toBe("done"); // prettier-ignore
  });

  test("is nobody's business in another workspace", async () => {
    await sends({ type: "track", userId: "eve", event: "Signed Up" });
    const customerId = await idOf("eve");
    const { body } = await ask<TaskDetail>("POST", "/v1/tasks", { customerId, title: "Call" });
    expect(await tasksOf("", other)).toEqual([]);
    for (const [method, path, sent] of [["GET", `/v1/tasks/${body.id}`], ["POST", `/v1/tasks/${body.id}/complete`, {}], ["POST", `/v1/tasks/${body.id}/cancel`, {}]] as const)
      expect((await ask(method, path, sent, other)).status).toBe(404);
    expect((await ask("POST", "/v1/tasks", { customerId, title: "Call" }, other)).status).toBe(422);
  }); // prettier-ignore
});
