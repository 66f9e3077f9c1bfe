/**
 * A replay against what really happened: journeys are published, traffic by chance goes through the real worker and the
 * real sender, and afterwards each journey's draft is replayed over the same period. Who came in, which ways were taken
 * and when which message left must be the same, to the millisecond.
 *
 * THROUGHLINE_SEED=… repeats a run, THROUGHLINE_CASES=… makes more of them.
 */
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { readPublished } from "../../src/journeys/store.ts";
import { readJourneyContext } from "../../src/journeys/change.ts";
import { replay, rehearse } from "../../src/journeys/replay.ts";
import { type Extent, type Told, extentOf, readParts } from "../../src/journeys/replay-log.ts";
import { readCommon, readPeople } from "../../src/journeys/replay-people.ts";
import { type Play, playOf } from "../../src/journeys/replay-plan.ts";
import type { Note } from "../../src/journeys/replay-note.ts";
import type { Rehearsal } from "../../src/journeys/replay-run.ts";
import { Policy } from "../../src/permission/model.ts";
import { SEED } from "../random.ts";
import { WORKSPACE } from "../world.ts";
import { type Doing, HOURS, RULES, aDraft, traffic } from "./replay-drafts.ts";
import { type StoodWorld, aStoodWorld } from "./stood.ts";
import { DAY_MS, MINUTE_MS } from "./story.ts";

const ROUNDS = Number(process.env["THROUGHLINE_CASES"] ?? 2);
const JOURNEYS = 10;
const policy = Policy.parse({
  zone: "Europe/Berlin",
  quietHours: [{ from: 1290, to: 420 }],
  sendingWindows: [{ from: 360, to: 1380, weekdays: [1, 2, 3, 4, 5, 6] }],
  holds: [{ type: "open_case", opened: ["Added"], closed: ["Bought", "Viewed"] }],
});

const REFUSED = /^\$entry (?!entered \d|held_out \d)/;

/** What one journey did with everybody, as lines that can be compared. */
type Story = { readonly ways: readonly string[]; readonly runs: readonly string[]; readonly messages: readonly string[] }; // prettier-ignore

async function happened({ sql }: StoodWorld, version: number): Promise<Story> {
  const ways = await sql.query<{ step: string; path: string; n: number }>("select step, path, sum(n)::int as n from step_hours where version = $1 group by 1, 2", [version]); // prettier-ignore
  const runs = await sql.query<{ customer: number; step: string | null; state: string; entered_at: number; moved_at: number; key: string }>("select a.customer, r.step, r.state, r.entered_at, r.moved_at, r.key from runs r join atoms a on a.id = r.atom where r.version = $1", [version]); // prettier-ignore
  const messages = await sql.query<{ customer: number; step: string; state: string; created_at: number; settled_at: number | null; reason: string | null }>("select a.customer, m.step, m.state, m.created_at, m.settled_at, m.reason from messages m join atoms a on a.id = m.atom where m.version = $1", [version]); // prettier-ignore
  return {
    ways: ways.map(({ step, path, n }) => `${step} ${path} ${n}`).toSorted(),
    runs: runs.map((run) => `${run.customer} ${run.entered_at} ${run.key} ${run.state} ${run.state === "running" ? run.step : ""} ${run.state === "running" ? "" : run.moved_at}`).toSorted(),
    messages: messages.map((one) => `${one.customer} ${one.step} ${one.created_at} ${one.state} ${one.settled_at} ${one.state === "refused" ? one.reason : ""}`).toSorted(),
  };
} // prettier-ignore

async function everythingTold(log: EventLog, play: Play, extent: Extent): Promise<readonly object[]> {
  const all: Told[] = [];
  for await (const { told } of readParts({ log, play, oneIn: 1 }, extent)) all.push(...told);
  return all.toSorted((a, b) => a.customer - b.customer);
}

async function rehearsed({ sql, log }: StoodWorld, play: Play): Promise<Story> {
  const ways = new Map<string, number>();
  const runs: string[] = [];
  const messages: string[] = [];
  const common = await readCommon(sql, play, new Map());
  const extent = await extentOf(log, play);
  // Whether those who may come in are named or looked for part by part, the same is read.
  if (extent.entering.length > 0) {
    expect(await everythingTold(log, play, extent)).toEqual(
      await everythingTold(log, play, { ...extent, entering: [] }),
    );
  }
  for await (const { told } of readParts({ log, play, oneIn: 1 }, extent))
    for (const [i, person] of (await readPeople(sql, play, common, told)).entries()) {
      const rehearsal = rehearse(play, person, told[i]!.events);
      for (const way of waysIn(rehearsal)) ways.set(way, (ways.get(way) ?? 0) + 1);
      runs.push(...runsIn(rehearsal).map((line) => `${person.customer} ${line}`));
      messages.push(...messagesIn(rehearsal).map((line) => `${person.customer} ${line}`));
    }
  const counted = [...ways].map(([name, n]) => `${name} ${n}`);
  return { ways: counted.toSorted(), runs: runs.toSorted(), messages: messages.toSorted() };
}

const notesOf = <Type extends Note["type"]>({ notes }: Rehearsal, type: Type) =>
  notes.filter((note): note is Note & { type: Type } => note.type === type);

const waysIn = (rehearsal: Rehearsal): readonly string[] => [
  ...notesOf(rehearsal, "refused").map(({ reason }) => `$entry ${reason}`),
  ...notesOf(rehearsal, "passed").map(({ step, path }) => `${step} ${path}`),
  ...notesOf(rehearsal, "held_out").map(() => "$entry held_out"),
  ...notesOf(rehearsal, "entered").map(() => "$entry entered"),
];

const runsIn = (rehearsal: Rehearsal): readonly string[] => [
  ...notesOf(rehearsal, "held_out").map(({ at, key, begunAt }) => `${begunAt} ${key} held_out  ${at}`),
  ...notesOf(rehearsal, "entered").map(({ run, key, begunAt }) => {
    const end = notesOf(rehearsal, "ended").find((one) => one.run === run);
    if (end) return `${begunAt} ${key} ${end.state}  ${end.at}`;
    return `${begunAt} ${key} running ${rehearsal.runs.find(({ id }) => id === String(run))!.at} `;
  }),
];

const messagesIn = (rehearsal: Rehearsal): readonly string[] =>
  notesOf(rehearsal, "asked").filter(({ what }) => what === "message").map(({ id, step, at }) => {
    const last = notesOf(rehearsal, "message").findLast((one) => one.id === id && one.answer.type !== "later");
    const cancelled = notesOf(rehearsal, "cancelled").find((one) => one.id === id);
    if (last?.answer.type === "refused") return `${step} ${at} refused ${last.at} ${last.answer.reason}`;
    if (last) return `${step} ${at} sent ${last.at} `;
    return cancelled ? `${step} ${at} cancelled ${cancelled.at} ` : `${step} ${at} due null `;
  }); // prettier-ignore

async function says(world: StoodWorld, doings: readonly Doing[], round: string): Promise<void> {
  for (const { afterMs, who, name, properties, traits, denies, ...rest } of doings) {
    await world.moves(world.clock() + afterMs);
    const { dueInDays } = rest as { dueInDays?: number };
    const told = dueInDays === undefined ? traits : { due: new Date(world.clock() + dueInDays * DAY_MS).toISOString() };
    await world.says({
      who: [`user_id ${round}-${who}`, ...(who === 0 ? [] : [`email ${round}-${who}@example.com`])], name, at: world.clock(), receivedAt: world.clock(),
      ...(properties && { properties: properties as never }), ...(told && { traits: told as never }),
      ...(denies !== undefined && { consents: [{ channel: "email", purpose: "marketing", answer: denies ? "denied" : "granted", source: "api" }] as never }),
    });
    await world.rests();
  }
} // prettier-ignore

describe("a replay", () => {
  test.each(Array.from({ length: ROUNDS }, (_, i) => SEED + i))("tells what the same journeys really did, for traffic by chance (seed %i)", { timeout: 300_000 }, async (seed) => {
    const world = await aStoodWorld(policy);
    onTestFinished(() => world.close());
    const shared = { all: HOURS.join(""), stages: {} };
    await world.sql.query("insert into send_hours_shared (workspace, shared, made_at) values ($1, $2, 0)", [WORKSPACE, JSON.stringify(shared)]);
    const segments: number[] = [];
    for (const rule of RULES.slice(0, 6)) segments.push(await world.segment(rule));
    const [first, ...others] = fc.sample(aDraft(segments, world.template), { seed, numRuns: JOURNEYS });
    // One is open to everybody, so that chance cannot make a world in which nothing happens.
    const { audience: _, ...open } = { ...first!, entry: { type: "event", event: "Viewed" }, reentry: { type: "always" }, holdoutRatio: 0 };
    const drafts = [open, ...others];
    const ids: number[] = [];
    for (const draft of drafts) ids.push(await world.journey(draft));
    await world.passes(MINUTE_MS);
    const from = world.clock();
    await says(world, fc.sample(traffic, { seed, numRuns: 1 })[0]!, String(seed));
    await world.moves(world.clock() + 4 * DAY_MS);
    const until = world.clock() + 1;
    await world.feed.drain();
    expect(world.faults).toEqual([]);
    const context = await readJourneyContext(world.sql, WORKSPACE);
    let [entries, messages] = [0, 0];
    for (const journey of ids) {
      const [version] = await readPublished(world.sql, WORKSPACE, journey);
      const { draft } = version!;
      const planned = playOf({ workspace: WORKSPACE, journey, draft, context, policy, hours: shared, globalHoldoutRatio: 0, firstStage: null, from, until, rounds: null });
      if (!planned.ok) throw new Error(JSON.stringify(planned.problems));
      const live = await happened(world, version!.id);
      const got = await rehearsed(world, planned.play);
      // Who is refused on their day is asked again whenever something else wakes them that day, and counted each time.
      const counted = ({ ways, ...rest }: Story) => ({ ...rest, ways: draft.entry.type === "date" ? ways.filter((way) => !REFUSED.test(way)) : ways });
      expect(counted(got), JSON.stringify(draft)).toEqual(counted(live));
      const told = await replay({ sql: world.sql, log: world.log, elapsedMs: () => performance.now(), onFault: (cause) => world.faults.push(cause) }, planned.play);
      expect(told!.entries + told!.heldOut).toBe(live.runs.length);
      expect(told!.messages.reduce((sum, { left }) => sum + left, 0)).toBe(live.messages.filter((one) => one.includes(" sent ")).length);
      expect(told!.steps.flatMap(({ step, paths }) => paths.flatMap(({ path, n }) => (n > 0 ? [`${step} ${path} ${n}`] : []))).toSorted()).toEqual(live.ways.filter((one) => !one.startsWith("$")));
      entries += told!.entries;
      messages += live.messages.length;
    }
    expect(entries + messages).toBeGreaterThan(0);
  }); // prettier-ignore
});
