/** Who works at the desk sees the desk and nothing else, without whole contact data; and every look is written down. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Timeline } from "../../src/customers/document.ts";
import type { DeskView, Lookup } from "../../src/desk/model.ts";
import type { TaskView } from "../../src/people/model.ts";
import { type Whole, startWhole } from "../http/whole.ts";
import { type Person, aPerson, ago, ahead, asPerson, deskOf } from "./stage.ts";

let whole: Whole;
let desk: ReturnType<typeof deskOf>;
let person: Person;
let id: string;
const as = <T>(method: string, path: string, body?: unknown) => asPerson<T>(whole, person, method, path, body); // prettier-ignore
const role = (name: string) => whole.stores.sql.query("update members set role = $1", [name]);
beforeAll(async () => {
  whole = await startWhole();
  desk = deskOf(whole, whole.first);
  await whole.ask(whole.first, "PUT", "/v1/desk/settings", { country: "DE" });
  person = await aPerson(whole, "desk");
  await desk.sends(
    { type: "identify", userId: "ann@example.com", traits: { name: "Ann Meier", email: "ann@example.com", phone: "+49 171 1234567" } },
    { type: "track", userId: "ann@example.com", event: "Question Asked", timestamp: ago(60_000), properties: { topic: "Write to ann@example.com or 0171 1234567, please" } },
  ); // prettier-ignore
  ({ id } = await desk.one({ email: "ann@example.com" }));
});
afterAll(() => whole.end());

describe("somebody with the role desk", () => {
  beforeAll(() => role("desk"));

  test("finds and opens a customer, and sees no whole address or number anywhere", async () => {
    const found = await as<Lookup>("GET", "/v1/customers/lookup?q=0171%201234567");
    expect(found.body.customers).toMatchObject([{ id, name: "Ann Meier", foundBy: ["phone"] }]);
    const story = await as<DeskView>("GET", `/v1/customers/${id}/desk?found=phone`);
    expect(story.body.who).toMatchObject({ isMasked: true, reach: [{ kind: "email", value: "a•••@example.com" }, { kind: "phone", value: "+49•••67" }, { kind: "user_id" }] }); // prettier-ignore
    expect(story.body.questions).toMatchObject([{ about: "Write to a•••@example.com or •••67, please" }]);
    for (const { body } of [found, story])
      expect(JSON.stringify(body)).not.toMatch(/ann@example|1234567|123 4567/);
  });

  test("sees them whole where the workspace shows them", async () => {
    await whole.ask(whole.first, "PUT", "/v1/desk/settings", { country: "DE", showsContact: true });
    const story = await as<DeskView>("GET", `/v1/customers/${id}/desk`);
    expect(story.body.who).toMatchObject({ isMasked: false, reach: [{ value: "ann@example.com" }, { value: "+491711234567" }, {}] }); // prettier-ignore
    await whole.ask(whole.first, "PUT", "/v1/desk/settings", { country: "DE" });
  });

  test("opens nothing else: no document, no list, no export, no key, no settings, no audit", async () => {
    const others = [`/v1/customers/${id}`, "/v1/customers", `/v1/customers/${id}/timeline`, "/v1/export/customers", "/v1/keys", "/v1/tasks", "/v1/desk/looks", "/v1/desk/panels", "/v1/customers/lookup?kind=email&value=ann@example.com"]; // prettier-ignore
    for (const path of others) expect([path, (await as("GET", path)).status]).toEqual([path, 403]);
    expect((await as("PUT", "/v1/desk/settings", { showsContact: true })).status).toBe(403);
    expect((await as("POST", "/v1/keys", { kind: "secret", name: "mine" })).status).toBe(403);
  });

  test("writes back under their own name: a note, a task and its end are in the timeline", async () => {
    const note = { text: "Wants a call.", messageId: "note-1" };
    expect((await as("POST", `/v1/customers/${id}/notes`, note)).status).toBe(201);
    expect((await as("POST", `/v1/customers/${id}/notes`, note)).status).toBe(201);
    const task = { title: "Call Ann", dueAt: ahead(3_600_000), messageId: "task-1" };
    const made = await as<{ id: string }>("POST", `/v1/customers/${id}/tasks`, task);
    expect((await as<{ id: string }>("POST", `/v1/customers/${id}/tasks`, task)).body.id).toBe(made.body.id); // prettier-ignore
    await whole.drain();
    const open = await as<DeskView>("GET", `/v1/customers/${id}/desk`);
    expect(open.body).toMatchObject({ tasks: [{ title: "Call Ann", madeBy: "Bea" }], notes: [{ by: "Bea", text: "Wants a call." }] }); // prettier-ignore
    expect(open.body.next.map(({ kind }) => kind)).toEqual(["question", "task"]);
    const done = await as("POST", `/v1/customers/${id}/tasks/done`, {
      taskId: made.body.id,
      note: "Reached.",
    });
    expect(done.status).toBe(201);
    expect((await as("POST", `/v1/customers/${id}/tasks/done`, { taskId: made.body.id })).status).toBe(409);
    await whole.drain();
    const { events } = await whole.ask<Timeline>(whole.first, "GET", `/v1/customers/${id}/timeline`);
    expect(events.flatMap(({ name, properties }) => (properties["by"] === "Bea" ? [name] : [])).toSorted()).toEqual(["$task.completed", "$task.created", "Note Added"]); // prettier-ignore
    const { tasks } = await whole.ask<{ tasks: TaskView[] }>(whole.first, "GET", `/v1/tasks?customerId=${id}`); // prettier-ignore
    expect(tasks).toMatchObject([{ title: "Call Ann", state: "done", doneBy: "Bea", note: "Reached." }]);
  });

  test("is told what cannot be: a promise for yesterday, the task of somebody else", async () => {
    expect((await as("POST", `/v1/customers/${id}/promises`, { promise: "x", dueAt: ago(60_000) })).status).toBe(422); // prettier-ignore
    expect((await as("POST", `/v1/customers/${id}/tasks/done`, { taskId: "task-of-nobody" })).status).toBe(404); // prettier-ignore
    expect((await as("POST", "/v1/customers/c999999/notes", { text: "x" })).status).toBe(404);
  });
});

test("a viewer looks and sees all of it, but writes nothing back", async () => {
  await role("viewer");
  const story = await as<DeskView>("GET", `/v1/customers/${id}/desk`);
  expect(story.body.who).toMatchObject({ isMasked: false });
  expect((await as("POST", `/v1/customers/${id}/notes`, { text: "x" })).status).toBe(403);
});

test("every look can be read by an owner: who, whom, and by what they were found; never what was typed", async () => {
  await role("owner");
  await as("GET", "/v1/customers/lookup?q=nobody@example.com");
  await as("GET", "/v1/customers/lookup?email=nobody@example.com");
  const { body } = await as<{ looks: { who: string; name: string; what: string; foundBy: string[]; customers: string[] }[] }>("GET", "/v1/desk/looks"); // prettier-ignore
  const bea = body.looks.filter(({ name }) => name === "Bea");
  expect(bea[0]).toMatchObject({ what: "lookup", foundBy: ["email"], customers: [] });
  expect(bea.map(({ what, foundBy }) => `${what} ${foundBy.join()}`)).toEqual(expect.arrayContaining(["lookup phone", "opened phone", "opened link"])); // prettier-ignore
  expect(body.looks.filter(({ who }) => who.startsWith("key"))).toMatchObject([{ what: "lookup", foundBy: ["email"], customers: [id] }]); // prettier-ignore
  expect(JSON.stringify(await whole.stores.sql.query("select * from desk_looks"))).not.toMatch(/@|1234567/);
  const whom = await as<{ looks: { customers: string[] }[] }>(
    "GET",
    `/v1/desk/looks?customerId=${id}&limit=2`,
  );
  expect(whom.body.looks.map(({ customers }) => customers)).toEqual([[id], [id]]);
});
