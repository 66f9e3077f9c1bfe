/** Asks a world for its gaps, and holds what is found against what was planted. */
import { Questions } from "../../src/analysis/questions.ts";
import type { EventLog } from "../../src/db/clickhouse.ts";
import type { Sql } from "../../src/db/postgres.ts";
import type { GapKind, GapMeasured } from "../../src/gaps/model.ts";
import { type Searched, searchGaps } from "../../src/gaps/search.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { tellHistory } from "../analysis/history.ts";
import { LOOKED_AT, PERIOD, PLANTS, type Plant, type World, worldOf } from "./worlds.ts";
import { randomOf } from "../random.ts";

export type Found = Extract<Searched, { type: "found" }>;
const LINES = 20_000;

/** Puts a world in place of whatever the log held. */
export async function putWorld(log: EventLog, { events, joined }: World): Promise<void> {
  await log.command("truncate table events");
  await log.command("truncate table customersOfAtoms");
  for (let from = 0; from < events.length; from += LINES) await tellHistory(log, events.slice(from, from + LINES));
  const lines = joined.map(([atom, customer]) => JSON.stringify({ workspace: 1, atom, customer, version: 1 }));
  if (lines.length > 0) await log.insert("customersOfAtoms", lines.join("\n"), crypto.randomUUID());
} // prettier-ignore

/** Looks for gaps, of these kinds where they are named, when all of the world is over. */
export async function searchWorld(sql: Sql, log: EventLog, kinds?: readonly GapKind[]): Promise<Found> {
  const questions = new Questions(() => LOOKED_AT);
  const asked = { scope: PERIOD, ...(kinds && { kinds: [...kinds] }) };
  const { answer } = await searchGaps({ sql, log, questions }, 1 as WorkspaceId, asked, true, LOOKED_AT);
  if (answer.type !== "found") throw new Error(answer.detail);
  return answer;
}

/** What became of one world: which of the planted were found, of the right size, and what else was raised. */
export type Held = {
  readonly planted: readonly Plant[];
  readonly found: readonly Plant[];
  readonly rightSize: readonly Plant[];
  readonly falseAlarms: readonly string[];
};
export const nameOf = ({ kind, subject }: Pick<GapMeasured, "kind" | "subject">): string => `${kind}: ${subject}`; // prettier-ignore

/** Plants whose ratio is people's; the size of the other two is told in events and shares of a week. */
const SIZED = (plant: Plant): boolean => plant !== "silent_touchpoint" && plant !== "changed_behaviour";

export async function held(sql: Sql, log: EventLog, seed: number, planted: readonly Plant[]): Promise<Held> {
  await putWorld(log, worldOf(seed, planted));
  const { gaps } = await searchWorld(sql, log);
  const ofPlant = (plant: Plant) => gaps.find((gap) => nameOf(gap) === nameOf(PLANTS[plant]));
  const expected = new Set(planted.map((plant) => nameOf(PLANTS[plant])));
  return {
    planted,
    found: planted.filter((plant) => ofPlant(plant) !== undefined),
    rightSize: planted.filter((plant) => {
      const interval = ofPlant(plant)?.affected.interval;
      return interval !== undefined && (!SIZED(plant) || (interval.low <= PLANTS[plant].planted && PLANTS[plant].planted <= interval.high));
    }),
    falseAlarms: gaps.map(nameOf).filter((name) => !expected.has(name)),
  };
} // prettier-ignore

/** The kinds planted in the world of a seed: each with a chance of three in ten, and none at all in every fifth world. */
export function plantsOf(seed: number): readonly Plant[] {
  const draw = randomOf(seed * 7_919);
  const plants = (Object.keys(PLANTS) as Plant[]).filter(() => draw() < 0.3);
  return seed % 5 === 0 ? [] : plants;
}
