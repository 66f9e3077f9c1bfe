/** What a journey did while it was live, told apart from history when the same journey is replayed. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventOfCall } from "../../src/journeys/call-rules.ts";
import { extentOf, readParts } from "../../src/journeys/replay-log.ts";
import { rehearse } from "../../src/journeys/replay.ts";
import type { AtomId } from "../../src/values.ts";
import { WORKSPACE } from "../world.ts";
import { aLog } from "../stores.ts";
import { NOON, aPerson, aPlay, lines } from "./played.ts";
import { DAY_MS, HOUR_MS } from "./story.ts";

let stores: Awaited<ReturnType<typeof aLog>>;
beforeAll(async () => {
  stores = await aLog();
});
afterAll(() => stores.drop());

const OWN = 1;
/** A journey's update as the live journey tells it. */
const updated = (journey: number, afterMs: number, traits: object) => {
  const at = NOON + afterMs;
  const call = { id: `0-${journey}-${afterMs}`, workspace: WORKSPACE, atom: 1 as AtomId, kind: "update", body: { traits, journey }, state: "done", answer: {}, detail: null, dueAt: at, settledAt: at } as const; // prettier-ignore
  return eventOfCall(call as never);
};
const identified = (afterMs: number, traits: object) => ({ id: `z-${afterMs}`, name: "$customer.identified", type: "identify", happenedAt: NOON + afterMs, receivedAt: NOON + afterMs, traits, key: 1, properties: {} }); // prettier-ignore
async function happened(...events: readonly object[]): Promise<void> {
  await stores.log.command("truncate table events");
  const rows = events.map((event) => {
    const { id, name, type, happenedAt, receivedAt, traits, properties, key } = event as ReturnType<
      typeof identified
    >;
    return JSON.stringify({ workspace: WORKSPACE, atom: 1, id, name, type, channel: "server", touchpoint: "/", happenedAt, receivedAt, traits: JSON.stringify(traits ?? {}), properties: JSON.stringify(properties ?? {}), key }); // prettier-ignore
  });
  await stores.log.insert("events", rows.join("\n"), randomUUID());
}
/** On their day at one by their clock; the journey itself moves the clock. */
const play = aPlay({ entry: { type: "date", trait: "due", offsetDays: 0, minute: 780, yearly: false }, reentry: { type: "always" }, start: "a", steps: { a: { type: "update", traits: { timezone: "Asia/Tokyo" }, next: null } } }); // prettier-ignore
async function replayed() {
  for await (const { told } of readParts({ log: stores.log, play, oneIn: 1 }, await extentOf(stores.log, play)))
    return { whose: told[0]!.events.map(({ key }) => (key === 0 ? "ours" : "theirs")), notes: rehearse(play, { ...aPerson(), identifiers: [] }, told[0]!.events).notes }; // prettier-ignore
  throw new Error("Nobody was read.");
}
const due = { due: new Date(NOON).toISOString() };
const zone = (timezone: string) => ({ timezone });

describe("the replay of a journey that was live", () => {
  test("reads none of its own updates of the period: each comes of the rehearsal again, at its own instant", async () => {
    // It was told at two that their day is today, and the journey set the clock at that very instant.
    await happened(identified(2 * HOUR_MS, due), updated(OWN, 2 * HOUR_MS, zone("Asia/Tokyo")));
    const { whose, notes } = await replayed();
    expect(whose).toEqual(["theirs"]);
    expect(lines(notes)).toEqual(["2:00 entered", "2:00 a next", "2:00 completed"]);
    // One o'clock by the clock they came in with (UTC), not by the one the journey gave them then.
    expect(notes.find(({ type }) => type === "entered")).toMatchObject({ begunAt: NOON + HOUR_MS });
  });

  test("knows what it had set before the period, and what others set", async () => {
    await happened(updated(OWN, -DAY_MS, zone("Asia/Tokyo")), identified(2 * HOUR_MS, due));
    const before = await replayed();
    expect(before.whose).toEqual(["ours", "theirs"]);
    expect(before.notes.filter(({ type }) => type === "entered")).toEqual([]);
    await happened(identified(-HOUR_MS, due), updated(OWN + 1, -HOUR_MS, zone("America/New_York")));
    const { whose, notes } = await replayed();
    expect(whose).toEqual(["theirs", "ours"]);
    expect(lines(notes)[0]).toBe("5:00 entered");
  });

  test("takes our own doings of an instant after what happened then, whatever their ids", async () => {
    await happened(updated(OWN + 1, 0, zone("America/New_York")), identified(0, due));
    expect((await replayed()).whose).toEqual(["theirs", "ours"]);
  });
});
