/** A published plan over what the log tells of its runs. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { MomentGrouping } from "../../src/analysis/model.ts";
import { JourneyDraft } from "../../src/journeys/model.ts";
import { conformanceOf } from "../../src/map/conformance.ts";
import { ConformanceRequest } from "../../src/map/judged-model.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { type TestStores, mapStores } from "./ask.ts";

const HOUR_MS = 3_600_000;
const T0 = Date.UTC(2026, 0, 10);
const [JOURNEY, VERSION] = [7, 70];
const SCOPE = { from: "2026-01-01T00:00:00Z", to: "2026-03-01T00:00:00Z" };

const DRAFT = JourneyDraft.parse({
  name: "Saved cart",
  entry: { type: "event", event: "Product Added" },
  goal: { when: { type: "event", event: "Order Completed" } },
  start: "pause",
  steps: {
    pause: { type: "wait_until", title: "Do they order?", paths: [{ when: { type: "event", event: "Asked" }, next: "talk" }], maxMs: 3 * HOUR_MS, next: "nudge" }, // prettier-ignore
    nudge: { type: "message", channel: "email", template: 1, purpose: "marketing", next: "chance" },
    chance: { type: "split", paths: [{ key: "a", weight: 1, next: "done" }, { key: "b", weight: 1, next: null }, { key: "c", weight: 0, next: "talk" }] }, // prettier-ignore
    done: { type: "exit", reason: "That was all." },
    talk: { type: "task", name: "Talk", next: null },
  },
});

let stores: TestStores;
beforeAll(async () => {
  stores = await mapStores();
  const { sql } = stores;
  await sql.query("insert into journeys (id, workspace, name, state, draft, created_at, updated_at) overriding system value values ($1, 1, 'Saved cart', 'live', $2, 0, 0)", [JOURNEY, JSON.stringify(DRAFT)]);
  await sql.query(
    `insert into versions (id, workspace, kind, journey, number, body, context, state, created_at, live_at, published_by, former_runs)
     overriding system value values ($1, 1, 'journey', $2, 3, $3, '{}', 'live', 0, 0, 'Ada', 'pin')`,
    [VERSION, JOURNEY, JSON.stringify({ draft: DRAFT })],
  );
}); // prettier-ignore
afterAll(() => stores.drop());

const own = (atom: number, hour: number, name: string, properties: object = {}): Past => ({ atom, at: T0 + hour * HOUR_MS, name, channel: "other", properties: { journey: JOURNEY, version: VERSION, run: `r${atom}`, ...properties } }); // prettier-ignore
const did = (atom: number, hour: number, name: string): Past => ({ atom, at: T0 + hour * HOUR_MS, name });
const asked = (told: object = {}) =>
  conformanceOf(
    stores,
    1 as WorkspaceId,
    ConformanceRequest.parse({ journey: JOURNEY, scope: SCOPE, ...told }),
    MomentGrouping.parse({}),
  );
async function gone(rows: readonly (readonly [string, string, number])[]): Promise<void> {
  await stores.sql.query("delete from step_hours");
  for (const [step, path, n] of rows)
    await stores.sql.query("insert into step_hours (version, step, path, hour_at, n) values ($1, $2, $3, $4, $5)", [VERSION, step, path, T0, n]); // prettier-ignore
}
/** How many runs stand where, now. */
async function stand(rows: { readonly [step: string]: number }): Promise<void> {
  await stores.sql.query("delete from run_deltas");
  for (const [step, n] of Object.entries(rows))
    await stores.sql.query("insert into run_deltas (workspace, journey, version, state, step, blocker, n) values (1, $1, $2, 'running', $3, 'until', $4)", [JOURNEY, VERSION, step, n]); // prettier-ignore
}

test("who follows the plan, who leaves it where, what nobody does, and what people do that it does not know", async () => {
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, [
    // Eight come to an end of the plan, one by its exit; one orders before; two leave by asking not to be written to; one is still in it.
    ...Array.from({ length: 8 }, (_, i) => i + 1).flatMap((atom) => [
      own(atom, 0, "$journey.entered"), own(atom, 3, "$message.sent", { step: "nudge" }), own(atom, 3.1, "$journey.split", { step: "chance", arm: "b" }),
      own(atom, 4, "$journey.left", { reason: atom === 1 ? "exited" : "completed", step: atom === 1 ? "done" : "chance" }),
    ]),
    own(9, 0, "$journey.entered"), own(9, 1, "$journey.left", { reason: "goal", step: "pause" }),
    ...[10, 11].flatMap((atom) => [own(atom, 0, "$journey.entered"), own(atom, 2, "$journey.left", { reason: "exited", step: "pause" })]),
    own(12, 0, "$journey.entered"),
    own(13, 0, "$journey.held_out"),
    // Six look at the shop's hours while they wait, one after the message; what the plan asks about is no surprise.
    ...[1, 2, 3, 4, 5, 12].map((atom) => did(atom, 1, "Shop hours viewed")), did(6, 3.5, "Shop hours viewed"), did(6, 3.6, "Order Completed"),
    did(7, 5, "Shop hours viewed"), did(20, 1, "Shop hours viewed"),
  ]); // prettier-ignore
  await gone([["$entry", "entered", 12], ["pause", "next", 8], ["nudge", "next", 8], ["chance", "a", 1], ["chance", "b", 7]]); // prettier-ignore
  await stand({ pause: 1 });
  const { conformance, customers } = await asked();
  expect(customers).toBe(12);
  expect(conformance).toMatchObject({
    version: { id: VERSION, number: 3 },
    runs: { entered: 12, running: 1, ended: 11, heldOut: 1 },
    followed: { runs: 9, ratio: 9 / 11 },
    medianMs: 4 * HOUR_MS,
    deviations: [{ step: "pause", end: "exited", runs: 2, share: 2 / 12 }],
  });
  expect(conformance!.steps.map(({ step, passed, left }) => [step, passed, left])).toEqual([["pause", 8, 3], ["talk", 0, 0], ["nudge", 8, 0], ["chance", 8, 0], ["done", 0, 0]]); // prettier-ignore
  expect(conformance!.unmet.map(({ kind, step, of }) => [kind, step, of])).toEqual([["wait_always_times_out", "pause", 8]]); // prettier-ignore
  expect(conformance!.between.map(({ after, name, people, share }) => [after, name, people, share])).toEqual([
    ["entry", "Shop hours viewed", 6, 6 / 12],
    ["chance", "Shop hours viewed", 1, 1 / 8],
  ]); // prettier-ignore
});

test("that nobody comes to a step is said when those who could have are past it, and never while they wait before it", async () => {
  await stores.log.command("truncate table events");
  const entered = Array.from({ length: 20 }, (_, i) => own(i + 1, 0, "$journey.entered"));
  const unreached = async () => {
    const { conformance } = await asked();
    return conformance!.unmet.flatMap(({ kind, step, of, atMost }) => (kind === "step_never_reached" ? [[step, of, atMost]] : [])); // prettier-ignore
  };
  await tellHistory(stores.log, entered);
  await gone([["$entry", "entered", 20]]);
  await stand({ pause: 20 });
  expect(await unreached()).toEqual([]);
  // Four came to an end of the plan, and fifteen wait for their message: these can still come to all but nothing, since `talk` has an open way from `pause` only.
  await tellHistory(stores.log, [1, 2, 3, 4].map((atom) => own(atom, 4, "$journey.left", { reason: "completed", step: "chance" }))); // prettier-ignore
  await gone([["$entry", "entered", 20], ["pause", "next", 19], ["nudge", "next", 4], ["chance", "b", 4]]); // prettier-ignore
  await stand({ pause: 1, nudge: 15 });
  expect(await unreached()).toEqual([]);
  // The last one is past the pause: of twenty nobody was talked to; whether they are done shows later.
  await gone([["$entry", "entered", 20], ["pause", "next", 20], ["nudge", "next", 4], ["chance", "b", 4]]); // prettier-ignore
  await stand({ nudge: 16 });
  expect(await unreached()).toEqual([["talk", 20, expect.closeTo(1 - 0.05 ** (1 / 20), 12)]]);
  // Sixteen that went on in another version may have come to it there.
  await stand({});
  expect(await unreached()).toEqual([["talk", 4, expect.closeTo(1 - 0.05 ** (1 / 4), 12)], ["done", 4, expect.closeTo(1 - 0.05 ** (1 / 4), 12)]]); // prettier-ignore
});

test("a message that never leaves and a way that nobody takes are told", async () => {
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, [own(1, 0, "$journey.entered"), own(1, 4, "$journey.left", { reason: "completed", step: "chance" })]); // prettier-ignore
  await gone([["pause", "0", 1], ["pause", "next", 4], ["nudge", "next", 4], ["chance", "b", 4], ["talk", "next", 1]]); // prettier-ignore
  const { conformance } = await asked();
  expect(conformance!.unmet.map(({ kind, step, path }) => [kind, step, path])).toEqual([["message_never_leaves", "nudge", null], ["way_never_gone", "chance", "a"], ["step_never_reached", "done", null]]); // prettier-ignore
});

test("of a part of the customers their runs are told; the steps, counted for all together, are said to be everybody's", async () => {
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, [
    // One of Acme's leaves before a message; three others get theirs.
    { ...did(1, -1, "Met"), accountId: "acme" }, { ...did(2, -1, "Met"), accountId: "acme" },
    own(1, 0, "$journey.entered"), own(1, 2, "$journey.left", { reason: "exited", step: "pause" }),
    ...[2, 3, 4, 5].flatMap((atom) => [
      own(atom, 0, "$journey.entered"), ...(atom === 2 ? [] : [own(atom, 3, "$message.sent", { step: "nudge" }), own(atom, 4, "$journey.left", { reason: "completed", step: "chance" })]),
    ]),
  ]); // prettier-ignore
  await gone([["$entry", "entered", 5], ["pause", "next", 3], ["nudge", "next", 3], ["chance", "a", 1], ["chance", "b", 2]]); // prettier-ignore
  const [{ conformance: acme }, { conformance: all }] = [await asked({ scope: { ...SCOPE, account: "acme" } }), await asked()]; // prettier-ignore
  expect(acme).toMatchObject({
    stepsOf: "everybody",
    runs: { entered: 2, running: 1, ended: 1 },
    followed: { runs: 0, ratio: 0 },
    deviations: [{ step: "pause", end: "exited", runs: 1, share: 1 / 2 }],
    notes: expect.arrayContaining([expect.stringContaining("told of all customers")]),
  });
  // Nothing of a part is set against what all did: not a message that left for others and a step that others came to.
  expect(all).toMatchObject({ stepsOf: "scope", runs: { entered: 5 } });
  expect([acme!.steps, acme!.unmet]).toEqual([all!.steps, all!.unmet]);
  expect(acme!.unmet.map(({ kind }) => kind)).not.toContain("message_never_leaves");
  expect(all!.notes.join(" ")).not.toContain("told of all customers");
});

test("a journey nobody came into tells nothing, and one that is not there is not found", async () => {
  await stores.log.command("truncate table events");
  expect((await asked()).conformance).toBeNull();
  await expect(asked({ version: 4 })).rejects.toMatchObject({ code: "not_found" });
  await expect(asked({ journey: 8 })).rejects.toMatchObject({ code: "not_found" });
});
