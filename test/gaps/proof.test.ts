/** What proves that a gap was closed: only what happened after it was begun to be fixed, over as long a time as before. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Questions } from "../../src/analysis/questions.ts";
import { searchAndKeep } from "../../src/gaps/keep.ts";
import { mayBecome } from "../../src/gaps/state.ts";
import { readGap, readGaps, readHistory, writeState } from "../../src/gaps/store.ts";
import { proofOf } from "../../src/gaps/view.ts";
import type { Instant, WorkspaceId } from "../../src/values.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { bothStores } from "../stores.ts";
import { DAY_MS, WORLD_AT } from "./worlds.ts";

const WORKSPACE = 1 as WorkspaceId;
const HOUR_MS = 3_600_000;
const DAYS = 40;
/** When it is begun to be fixed: all of the period before is settled. */
const FIXED_AT = WORLD_AT + (DAYS + 7) * DAY_MS;
let stores: Awaited<ReturnType<typeof bothStores>>;
beforeAll(async () => {
  stores = await bothStores();
});
afterAll(() => stores.drop());

/** A hundred people ask within the days from `fromAt` on; so many of them are answered only after two days. */
async function ask(fromAt: Instant, slow: number, atomFrom: number): Promise<void> {
  const events = Array.from({ length: 100 }, (_, i): readonly Past[] => {
    const [atom, at] = [atomFrom + i, fromAt + Math.round((i / 100) * DAYS * DAY_MS) + HOUR_MS];
    return [
      { atom, at, name: "Ticket Created", channel: "support" },
      { atom, at: at + (i % 10 < slow / 10 ? 50 : 1) * HOUR_MS, name: "Ticket Replied", channel: "support" },
    ];
  });
  await tellHistory(stores.log, events.flat());
}
const deps = () => ({ ...stores, questions: new Questions(() => 0) });
const search = (from: Instant, days: number, now = from + (days + 7) * DAY_MS) =>
  searchAndKeep(deps(), WORKSPACE, { scope: { from, to: from + days * DAY_MS }, kinds: ["slow_response"] }, true, now); // prettier-ignore
const proofAt = async (id: number, now: Instant) =>
  proofOf(deps(), WORKSPACE, await readGap(stores.sql, WORKSPACE, id), now);
const notesOf = async (id: number) => (await readHistory(stores.sql, WORKSPACE, id)).map(({ what }) => what);

test("a gap is proven by what happened after it was begun to be fixed, and by nothing before", async () => {
  const { sql } = stores;
  await ask(WORLD_AT - 200 * DAY_MS, 10, 1);
  await ask(WORLD_AT, 70, 1_001);
  await ask(FIXED_AT + DAY_MS, 10, 2_001);
  const { found } = await search(WORLD_AT, DAYS, FIXED_AT);
  const [id] = [...found.keys()] as [number];
  await writeState(sql, await readGap(sql, WORKSPACE, id), "being_fixed", FIXED_AT);
  expect(await proofAt(id, FIXED_AT)).toMatchObject({ type: "none", words: expect.stringContaining("from 2026-04-03 on") as string }); // prettier-ignore

  // Last summer it was no gap: that changes nothing of what is kept, and proves nothing.
  const kept = await readGap(sql, WORKSPACE, id);
  await search(WORLD_AT - 200 * DAY_MS, DAYS, FIXED_AT + DAY_MS);
  expect(await readGap(sql, WORKSPACE, id)).toEqual(kept);
  expect(await notesOf(id)).toEqual(["found"]);
  // Nor does a period that begins before it was fixed, or one that is shorter than the one before.
  await search(FIXED_AT - 10 * DAY_MS, DAYS);
  await search(FIXED_AT + 10 * DAY_MS, 25);
  const none = await proofAt(id, FIXED_AT + DAYS * DAY_MS);
  expect([none.type, mayBecome("being_fixed", "proven", none).type]).toEqual(["none", "refused"]);

  const after = FIXED_AT + DAY_MS;
  await search(after, DAYS);
  const proof = await proofAt(id, after + DAYS * DAY_MS);
  expect(proof).toMatchObject({ type: "before_after", ratioBefore: 0.7, ratioNow: 0.1, verdict: "fell" });
  expect(mayBecome("being_fixed", "proven", proof).type).toBe("may");
  // What is measured later over other periods does not take the proof away.
  await search(FIXED_AT - 5 * DAY_MS, DAYS + 20);
  expect(await proofAt(id, after + 60 * DAY_MS)).toEqual(proof);
  expect(await notesOf(id)).toEqual(["not_found", "found"]);
});

test("a search over an older period finds the gap that was there without writing over what is kept of it", async () => {
  await search(WORLD_AT, DAYS);
  const [gap] = await readGaps(stores.sql, WORKSPACE, { state: null, kind: "slow_response" });
  const { found } = await search(WORLD_AT, DAYS - 1, FIXED_AT + 90 * DAY_MS);
  expect([...found.keys()]).toEqual([gap!.id]);
  expect(await readGap(stores.sql, WORKSPACE, gap!.id)).toEqual(gap);
});
