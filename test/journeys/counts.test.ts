/** How many runs stand where is kept by what changes; it must be what counting the rows would answer, at every instant. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Sql } from "../../src/db/postgres.ts";
import {
  type Ended,
  type Standing,
  addUpRuns,
  readEnds,
  readRunning,
  readStanding,
} from "../../src/journeys/counts.ts";
import { journeyCounts } from "../../src/journeys/view.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { WORKSPACE } from "../world.ts";
import { DAY_MS, HOUR_MS, type JourneyWorld, aJourneyWorld, onEvent, wait } from "./story.ts";

/** What the rows say. */
const byRows = async (sql: Sql, workspace: WorkspaceId, journey: number) => ({
  standing: await sql.query<Standing>("select version, step, blocker, count(*)::int as n from runs where workspace = $1 and journey = $2 and state = 'running' and step is not null group by 1, 2, 3 order by 1, 2, 3", [workspace, journey]),
  ends: await sql.query<Ended>("select version, state, count(*)::int as n from runs where workspace = $1 and journey = $2 and state <> 'running' group by 1, 2 order by 1, 2", [workspace, journey]),
}); // prettier-ignore
const byCounts = async (sql: Sql, workspace: WorkspaceId, journey: number) => ({
  standing: await readStanding(sql, workspace, journey),
  ends: await readEnds(sql, workspace, journey),
});

let world: JourneyWorld;
beforeAll(async () => {
  world = await aJourneyWorld();
}, 120_000);
afterAll(() => world.close());

const draft = (template: number) => ({
  entry: onEvent("Added"),
  reentry: { type: "always" },
  exits: [onEvent("Bought")],
  holdoutRatio: 0.2,
  start: "rest",
  steps: {
    rest: wait(2 * HOUR_MS, "nudge"),
    nudge: { type: "message", channel: "email", template, next: "look", refused: "ask" },
    look: {
      type: "wait_until",
      paths: [{ when: onEvent("Viewed"), next: null }],
      maxMs: DAY_MS,
      next: "ask",
    },
    ask: { type: "task", name: "Call them", outcomes: [{ outcome: "yes", next: null }], maxMs: DAY_MS, next: null }, // prettier-ignore
  },
});

describe("how many stand where", () => {
  test("is what counting everybody would answer, after any traffic, joins of customers and changes of the journey", { timeout: 240_000 }, async () => {
    const doing = fc.record({
      who: fc.integer({ min: 0, max: 7 }), by: fc.constantFrom("user_id", "email", "both", "both"), name: fc.constantFrom("Added", "Added", "Viewed", "Bought"),
      afterMs: fc.constantFrom(0, 1_000, HOUR_MS, 5 * HOUR_MS, DAY_MS), adds: fc.boolean(),
    });
    const [seed] = fc.sample(fc.integer({ min: 1 }), 1);
    const said = fc.sample(fc.array(doing, { minLength: 60, maxLength: 60, size: "max" }), { numRuns: 1, seed: seed! })[0]!;
    const journey = await world.journey(draft(world.template), "migrate");
    let seen = 0;
    for (const [i, { who, by, name, afterMs, adds }] of said.entries()) {
      await world.passes(afterMs);
      await world.says({ who: [...(by === "email" ? [] : [`user_id c${who}`]), ...(by === "user_id" ? [] : [`email c${who}@example.com`])], name, at: world.clock(), receivedAt: world.clock() });
      if (adds) await addUpRuns(world.sql);
      const counted = await byCounts(world.sql, WORKSPACE, journey);
      expect(counted, `seed ${seed}, after ${i + 1}`).toEqual(await byRows(world.sql, WORKSPACE, journey));
      seen += counted.standing.length + counted.ends.length;
    }
    expect(seen).toBeGreaterThan(60);
    await world.stop(journey);
    await world.passes(HOUR_MS);
    expect(await readRunning(world.sql, WORKSPACE)).toEqual([]);
    // An erased customer's runs go with them.
    await world.sql.query("delete from runs where journey = $1 and atom = (select min(atom) from runs where journey = $1)", [journey]);
    const rows = await byRows(world.sql, WORKSPACE, journey);
    expect(await byCounts(world.sql, WORKSPACE, journey)).toEqual(rows);
    const told = await journeyCounts(world.sql, WORKSPACE, journey, { version: null, since: 0 }, world.clock());
    expect(told!.ends).toEqual(rows.ends.map((row) => ({ state: row.state, n: row.n })));
    expect(world.faults).toEqual([]);
  }); // prettier-ignore

  test("stays exact while several transactions write, some are undone, and others add up", { timeout: 120_000 }, async () => {
    const { sql } = world;
    const [journey, workspace] = [4_000_001, WORKSPACE];
    onTestFinished(async () => void (await sql.query("delete from runs where journey = $1", [journey])));
    const chance = fc.sample(fc.infiniteStream(fc.nat(1_000)), 1)[0]!;
    const of = (n: number): number => (chance.next().value as number) % n;
    const change = async (tx: Sql, lane: number): Promise<void> => {
      const ids = Array.from({ length: 1 + of(20) }, () => `count-${lane}-${of(60)}`);
      const states = ["running", "running", "completed", "exited"];
      if (of(6) === 0) await tx.query("delete from runs where id = any($1::text[])", [ids]);
      else
        await tx.query(
          `insert into runs (id, workspace, journey, version, atom, step, state, blocker, entered_at, moved_at)
           select id, $2, $3, $4, 1, $5, $6, 'time', 0, 0 from unnest($1::text[]) as t (id)
           on conflict (id) do update set version = excluded.version, step = excluded.step, state = excluded.state`,
          [[...new Set(ids)], workspace, journey, 1 + of(2), `s${of(3)}`, states[of(4)]],
        );
    };
    const writes = async (lane: number): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        const undone = of(5) === 0;
        const work = sql.transaction(async (tx) => {
          await change(tx, lane);
          await change(tx, lane);
          if (undone) throw new Undone();
        }, "later");
        await work.catch((cause: unknown) => {
          if (!(cause instanceof Undone)) throw cause;
        });
      }
    };
    const adds = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) await addUpRuns(sql);
    };
    // One instant of the store, in the midst of it all.
    const looks = async (): Promise<void> => {
      for (let i = 0; i < 40; i++)
        await sql.transaction(async (tx) => {
          await tx.query("set transaction isolation level repeatable read");
          expect(await byCounts(tx, workspace, journey)).toEqual(await byRows(tx, workspace, journey));
        }, "later");
    };
    await Promise.all([writes(0), writes(1), writes(2), adds(), adds(), looks()]);
    const rows = await byRows(sql, workspace, journey);
    expect(rows.standing.length).toBeGreaterThan(0);
    expect(await byCounts(sql, workspace, journey)).toEqual(rows);
    while ((await addUpRuns(sql)) > 0);
    expect(await byCounts(sql, workspace, journey)).toEqual(rows);
  }); // prettier-ignore
});

class Undone extends Error {}
