/** Test runs over HTTP, on somebody invented and on a known customer; and replays asked for, read and called off. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReplayView } from "../../src/journeys/replay-model.ts";
import type { JourneyResults } from "../../src/journeys/results-model.ts";
import type { TryResult } from "../../src/journeys/try.ts";
import { type Problem, ask, end, get, send, start, until } from "../segments/platform.ts";
import { DAY_MS, HOUR_MS, onEvent, wait } from "./story.ts";

beforeAll(async () => {
  await start();
  await ask("PUT", "/v1/policy", { quietHours: [{ from: 1260, to: 480 }] });
});
afterAll(() => end());

const DRAFT = {
  name: "Saved cart", entry: onEvent("Product Added"), exits: [onEvent("Order Completed")], holdoutRatio: 0, start: "rest",
  goal: { when: onEvent("Order Completed"), withinMs: 7 * DAY_MS, value: "total" },
  steps: {
    rest: wait(2 * HOUR_MS, "who"),
    who: { type: "branch", paths: [{ rule: { type: "did", event: "Order Completed", is: { op: "at_least", value: 2 } }, next: "call" }], next: "nudge" },
    nudge: { type: "message", channel: "email", template: 1, next: null },
    call: { type: "task", name: "Call them", outcomes: [{ outcome: "reached", next: null }], maxMs: DAY_MS, next: "nudge" },
  },
}; // prettier-ignore
const steps = (body: object) => ask<TryResult>("POST", "/v1/journeys/try", body).then((answer) => answer.body.steps); // prettier-ignore
const words = (told: TryResult["steps"][number]) => told.happened.map((one) => one.words);

describe("a test run", () => {
  test("tells step by step what an invented customer gets, when, and why not yet", async () => {
    const told = await steps({
      draft: DRAFT, traits: { email: "ann@example.com", timezone: "Europe/Berlin" }, at: "2026-10-05T18:00:00Z",
      steps: [{ do: "event", name: "Product Added" }, { do: "wait", ms: 2 * HOUR_MS }, { do: "until", at: "2026-10-06T06:00:00Z" }],
    }); // prettier-ignore
    expect(words(told[0]!)).toEqual(["Comes in."]);
    expect(told[0]!.runs).toEqual([{ run: 1, step: "rest", since: "2026-10-05T18:00:00.000Z", waitsFor: "time", id: null, until: "2026-10-05T20:00:00.000Z" }]); // prettier-ignore
    const message = told[1]!.happened.find(({ type }) => type === "message")!;
    expect(message).toMatchObject({
      step: "nudge", reason: "quiet_hours",
      message: { template: 1, channel: "email", purpose: "marketing", answer: "later", laterAt: "2026-10-06T06:00:00.000Z" },
    }); // prettier-ignore
    expect(told[1]!.runs[0]).toMatchObject({ step: "nudge", waitsFor: "message", until: "2026-10-06T06:00:00.000Z" }); // prettier-ignore
    expect(words(told[2]!)).toEqual(["The message would leave.", "Goes on from message.", "Leaves the journey (completed)."]); // prettier-ignore
    expect(told[2]!.runs).toEqual([]);
  });

  test("goes by the history of a known customer, and by what a task comes to", async () => {
    await send([
      { user: "bea", event: "Order Completed", daysAgo: 9, properties: { total: 10 } },
      { user: "bea", event: "Order Completed", daysAgo: 3, properties: { total: 30 } },
    ]);
    const customerId = await until(
      async () => (await get<{ customers: { id: string }[] }>("/v1/customers?query=bea")).body.customers[0]?.id,
      (id) => id !== undefined,
    ); // prettier-ignore
    // The log hears of events a moment later.
    const told = await until(
      () => steps({ draft: DRAFT, customerId, steps: [{ do: "event", name: "Product Added" }, { do: "wait", ms: 2 * HOUR_MS }, { do: "complete", outcome: "reached" }, { do: "complete", outcome: "reached" }] }),
      (all) => all[1]!.runs[0]?.step === "call",
    ); // prettier-ignore
    expect(told[1]!.runs[0]).toMatchObject({ step: "call", waitsFor: "task" });
    expect(words(told[2]!)).toEqual(['Goes on from task by "reached".', "Leaves the journey (completed)."]);
    expect(told[3]!.problem).toBe("No run waits for such a task.");
  });

  test("refuses a clock that goes back, a draft that is wrong and a customer nobody knows", async () => {
    const [first] = await steps({ draft: DRAFT, at: "2026-10-05T18:00:00Z", steps: [{ do: "until", at: "2026-10-05T17:00:00Z" }] }); // prettier-ignore
    expect(first!.problem).toBe("The clock is further already: it goes forward only.");
    const wrong = await ask<Problem>("POST", "/v1/journeys/try", { draft: { ...DRAFT, start: "nowhere" }, steps: [{ do: "wait", ms: 1 }] }); // prettier-ignore
    expect([wrong.status, wrong.body.errors?.[0]?.detail]).toEqual([422, "There is no step nowhere."]);
    const nobody = await ask<Problem>("POST", "/v1/journeys/try", { draft: DRAFT, customerId: "c999999", steps: [{ do: "wait", ms: 1 }] }); // prettier-ignore
    expect(nobody.status).toBe(404);
  });
});

describe("a replay over HTTP", () => {
  const period = { from: new Date(Date.now() - 30 * DAY_MS).toISOString(), to: new Date().toISOString() };

  test("tells who would have come in, what they would have got, and what it cannot know", async () => {
    await send([
      { user: "cal", traits: { email: "cal@example.com", timezone: "UTC" }, daysAgo: 20 },
      { user: "cal", event: "Product Added", daysAgo: 10 },
      { user: "dan", event: "Product Added", daysAgo: 10 },
      { user: "dan", event: "Order Completed", daysAgo: 9.99, properties: { total: 25 } },
    ]);
    const done = await until(
      async () => {
        const started = await ask<ReplayView>("POST", "/v1/replays", { draft: DRAFT, ...period });
        expect(started.status).toBe(202);
        const view = await until(() => get<ReplayView>(`/v1/replays/${started.body.id}`), ({ body }) => body.state !== "running"); // prettier-ignore
        return view.body;
      },
      ({ result }) => result === null || result.customersEntered === 2,
    );
    expect(done).toMatchObject({ state: "done", doneRatio: 1, problem: null });
    expect(done.result).toMatchObject({
      customersEntered: 2, entries: 2, sampled: { oneIn: 1 }, conversions: { afterEntering: { customers: 1, value: 25 } },
      messages: [{ step: "nudge", asked: 1, left: 1 }],
    }); // prettier-ignore
    expect(done.result!.caveats).toContain("Tasks are taken as never done.");
    expect(done.result!.stories).toHaveLength(2);
  });

  test("can be called off, and says when there is none", async () => {
    const started = await ask<ReplayView>("POST", "/v1/replays", { draft: DRAFT, ...period });
    const cancelled = await ask<ReplayView>("DELETE", `/v1/replays/${started.body.id}`);
    expect(["cancelled", "done"]).toContain(cancelled.body.state);
    expect((await get(`/v1/replays/${started.body.id}`)).body).toEqual(cancelled.body);
    expect((await get("/v1/replays/nothing")).status).toBe(404);
    const backwards = await ask("POST", "/v1/replays", { draft: DRAFT, from: period.to, to: period.from }); // prettier-ignore
    expect(backwards.status).toBe(400);
  });

  test("the results of a published journey are told, and of one never published are not there", async () => {
    const template = await ask<{ id: number }>("POST", "/v1/templates", { name: "Nudge", content: { channel: "email", subject: "Hello", html: "<p>Hello</p>" } }); // prettier-ignore
    const draft = { ...DRAFT, steps: { ...DRAFT.steps, nudge: { ...DRAFT.steps.nudge, template: template.body.id } } }; // prettier-ignore
    const made = await ask<{ id: number }>("POST", "/v1/journeys", { draft });
    expect((await get(`/v1/journeys/${made.body.id}/results`)).status).toBe(404);
    await ask("POST", `/v1/journeys/${made.body.id}/publish`, { formerRuns: "pin" });
    const results = await get<JourneyResults>(`/v1/journeys/${made.body.id}/results`);
    expect(results.status).toBe(200);
    expect(results.body).toMatchObject({ version: { number: 1 }, goal: true, journey: { arms: [{ key: "held_out", customers: 0 }, { key: "entered", customers: 0 }], verdicts: [] }, splits: [] }); // prettier-ignore
  });
});
