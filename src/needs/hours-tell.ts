/**
 * Works out when a workspace's customers are likely to be there, tells each who has a history of their own by a trait, and
 * keeps what holds for the others where journeys read it. History is read twice, part by part: once for what holds for all,
 * once for each, so that no more than a part is in memory.
 */
import { knowledgeOf } from "../segments/facts.ts";
import { type CustomerAtom, loadAtoms } from "../customers/store.ts";
import { HOURS_TRAIT, type SharedHours } from "../journeys/best-time.ts";
import { zoneOf } from "../permission/recipient.ts";
import { readPolicy } from "../permission/store.ts";
import { moveEpoch } from "../segments/epoch.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import type { Which } from "./features.ts";
import type { NeedsDeps } from "./fit.ts";
import { type Counts, HoursTally, type Prior, countsOf, hoursMoved, likeliestOf, ownHoursOf, sharedHoursOf } from "./hours.ts"; // prettier-ignore
import {
  countMoments,
  readHoursPart,
  readMoments,
  readShared,
  writeHours,
  writeShared,
} from "./hours-store.ts";
import { HOURS_LIMITS, type HoursWorked, NEEDS_LIMITS } from "./model.ts";
import { readStages } from "./store.ts";
import { TIMED, tellingOf } from "./tell.ts";

/** The trait that names the likeliest hour of a weekday, for rules. */
const BEST_HOUR_TRAIT = "best_hour";

type There = { readonly customer: number; readonly stage: string | null; readonly counts: Counts };

/** Works it out of everything before `endAt`. */
export async function tellHours(deps: NeedsDeps, workspace: WorkspaceId, endAt: Instant): Promise<HoursWorked> {
  const { sql, log, clock } = deps;
  const parts = Math.max(1, Math.ceil((await countMoments(log, workspace, endAt)) / NEEDS_LIMITS.partCustomers));
  const every = Array.from({ length: parts }, (_, remainder): Which => ({ by: "number", of: parts, remainder }));
  const around = { zone: (await readPolicy(sql, workspace)).zone, firstStage: (await readStages(sql, workspace))[0]?.key ?? null };
  const tally = new HoursTally();
  for (const which of every) for (const { stage, counts } of await readThere(deps, workspace, endAt, which, around)) tally.add(stage, counts);
  const prior = tally.prior();
  const shared = prior && sharedHoursOf(prior);
  await share(deps, workspace, shared, clock());
  let told = 0;
  for (const which of every) told += await tellPart(deps, workspace, which, prior && { prior, there: await readThere(deps, workspace, endAt, which, around) }, endAt);
  return { customers: tally.customers, slots: Math.round(tally.all.reduce((sum, n) => sum + n, 0)), strength: prior?.strength ?? null, shared, told };
} // prettier-ignore

/** Those of a part who were there, by their own clocks. */
async function readThere({ sql, log }: NeedsDeps, workspace: WorkspaceId, endAt: Instant, which: Which, { zone, firstStage }: { readonly zone: string; readonly firstStage: string | null }): Promise<readonly There[]> {
  const rows = await readMoments(log, workspace, endAt, which);
  const zones = new Map<number, string>();
  for (let from = 0; from < rows.length; from += NEEDS_LIMITS.tellMax) {
    const atoms = await loadAtoms(sql, rows.slice(from, from + NEEDS_LIMITS.tellMax).map(({ customer }) => customer as AtomId));
    const of = new Map<number, CustomerAtom[]>();
    for (const one of atoms) of.set(one.customer, [...(of.get(one.customer) ?? []), one]);
    for (const [customer, its] of of) zones.set(customer, zoneIn(its, zone));
  }
  return rows.map(({ customer, stage, slots }) => ({
    customer, stage: stage === "" ? firstStage : stage, counts: countsOf(slots.map((slot) => slot * HOURS_LIMITS.slotMs), zones.get(customer) ?? zone),
  }));
} // prettier-ignore
const zoneIn = (atoms: readonly CustomerAtom[], otherwise: string): string =>
  zoneOf(knowledgeOf(atoms), atoms.flatMap(({ identifiers }) => identifiers))?.name ?? otherwise; // prettier-ignore

/** Keeps what holds for those without hours of their own; journeys read it anew with the epoch. */
async function share({ sql }: NeedsDeps, workspace: WorkspaceId, shared: SharedHours | null, now: Instant): Promise<void> {
  const before = await readShared(sql, workspace);
  const moved = (is: string | null = null, was: string | null = null): boolean => (is === null || was === null ? is !== was : hoursMoved(is, was));
  const isSame = shared === null || before === null ? shared === before : !moved(shared.all, before.all) && !Object.keys({ ...shared.stages, ...before.stages }).some((name) => moved(shared.stages[name], before.stages[name]));
  if (isSame) return;
  await sql.transaction(async (tx) => {
    await moveEpoch(tx);
    await writeShared(tx, workspace, shared, now);
  });
} // prettier-ignore

/** Tells those of a part whose hours moved, and takes back what rests on nothing any more; how many. */
async function tellPart({ sql, append, clock }: NeedsDeps, workspace: WorkspaceId, which: Which, known: { readonly prior: Prior; readonly there: readonly There[] } | null, endAt: Instant): Promise<number> {
  const before = await readHoursPart(sql, workspace, which);
  const now = new Map<number, string | null>(known?.there.map(({ customer, stage, counts }) => [customer, ownHoursOf(counts, stage, known.prior)]));
  for (const customer of before.keys()) if (!now.has(customer)) now.set(customer, null);
  const moved = [...now].filter(([customer, hours]) => (hours === null ? before.has(customer) : hoursMoved(hours, before.get(customer))));
  for (let from = 0; from < moved.length; from += NEEDS_LIMITS.tellMax) {
    const some = moved.slice(from, from + NEEDS_LIMITS.tellMax);
    const at = clock();
    const traitsOf = (hours: string | null) => ({ [HOURS_TRAIT]: hours, [BEST_HOUR_TRAIT]: hours === null ? null : likeliestOf(hours).weekdayHour });
    await append(some.map(([customer, hours]) => tellingOf(workspace, TIMED, customer, traitsOf(hours), endAt, at)));
    await writeHours(sql, workspace, some, at);
  }
  return moved.length;
} // prettier-ignore
