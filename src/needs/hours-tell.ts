/**
 * Works out when a workspace's customers are likely to be there, tells each who has a history of their own by a trait, and
 * keeps what holds for the others where journeys read it. History is read twice, part by part: once for what holds for all,
 * once for each, so that no more than a part is in memory.
 */
import { setImmediate as turn } from "node:timers/promises";
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
import { countHours, countMoments, forgetJoinedHours, readHoursPart, readMoments, readShared, writeHours, writeShared } from "./hours-store.ts"; // prettier-ignore
import { HOURS_LIMITS, type HoursWorked, NEEDS_LIMITS } from "./model.ts";
import { readStages } from "./store.ts";
import { TIMED, tellingOf } from "./tell.ts";

/** The trait that names the likeliest hour of a weekday, for rules. */
const BEST_HOUR_TRAIT = "best_hour";

type There = { readonly customer: number; readonly stage: string | null; readonly counts: Counts };

/** Works it out of everything before `endAt`. */
export async function tellHours(deps: NeedsDeps, workspace: WorkspaceId, endAt: Instant): Promise<HoursWorked> {
  const { sql, log, clock } = deps;
  const parts = Math.max(1, Math.ceil(Math.max(await countMoments(log, workspace, endAt), await countHours(sql, workspace)) / NEEDS_LIMITS.partCustomers));
  const every = Array.from({ length: parts }, (_, remainder): Which => ({ by: "number", of: parts, remainder }));
  const around = { zone: (await readPolicy(sql, workspace)).zone, firstStage: (await readStages(sql, workspace))[0]?.key ?? null };
  const tally = new HoursTally();
  for (const which of every) for (const { stage, counts } of await readThere(deps, workspace, endAt, which, around)) tally.add(stage, counts);
  const prior = tally.prior();
  const shared = prior && sharedHoursOf(prior);
  await share(deps, workspace, shared, clock());
  const joined = await forgetJoinedHours(sql, workspace);
  let told = 0;
  for (const which of every) told += await tellPart(deps, workspace, which, { joined, prior, there: prior ? await readThere(deps, workspace, endAt, which, around) : [] }, endAt);
  return { customers: tally.customers, slots: Math.round(tally.all.reduce((sum, n) => sum + n, 0)), strength: prior?.strength ?? null, shared, told };
} // prettier-ignore

/** Those of a part who were there, by their own clocks. */
async function readThere({ sql, log }: NeedsDeps, workspace: WorkspaceId, endAt: Instant, which: Which, { zone, firstStage }: { readonly zone: string; readonly firstStage: string | null }): Promise<readonly There[]> {
  const rows = await readMoments(log, workspace, endAt, which);
  const there: There[] = [];
  for (let from = 0; from < rows.length; from += NEEDS_LIMITS.tellMax) {
    // Others have their turn between.
    await turn();
    const some = rows.slice(from, from + NEEDS_LIMITS.tellMax);
    const zones = zonesOf(await loadAtoms(sql, some.map(({ customer }) => customer as AtomId)));
    for (const { customer, stage, slots } of some) {
      const moments = slots.map((slot) => slot * HOURS_LIMITS.slotMs);
      there.push({ customer, stage: stage === "" ? firstStage : stage, counts: countsOf(moments, zones.get(customer) ?? zone) });
    }
  }
  return there;
} // prettier-ignore

/** The zones of customers of whom one is known. */
function zonesOf(atoms: readonly CustomerAtom[]): ReadonlyMap<number, string> {
  const of = new Map<number, CustomerAtom[]>();
  for (const one of atoms) of.set(one.customer, [...(of.get(one.customer) ?? []), one]);
  return new Map(
    [...of].flatMap(([customer, its]) => {
      const zone = zoneOf(knowledgeOf(its), its.flatMap(({ identifiers }) => identifiers))?.name;
      return zone === undefined ? [] : [[customer, zone]];
    }),
  );
} // prettier-ignore

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
async function tellPart({ sql, append, clock }: NeedsDeps, workspace: WorkspaceId, which: Which, { joined, prior, there }: { readonly joined: ReadonlySet<number>; readonly prior: Prior | null; readonly there: readonly There[] }, endAt: Instant): Promise<number> {
  const before = await readHoursPart(sql, workspace, which);
  const now = new Map(there.map(({ customer, stage, counts }) => [customer, prior && ownHoursOf(counts, stage, prior)]));
  for (const customer of [...before.keys(), ...joined]) if (customer % which.of === which.remainder && !now.has(customer)) now.set(customer, null);
  // What was told of one who is another's part now lies among that one's traits: they are told anew.
  const moved = [...now].filter(([customer, hours]) => joined.has(customer) || (hours === null ? before.has(customer) : hoursMoved(hours, before.get(customer))));
  for (let from = 0; from < moved.length; from += NEEDS_LIMITS.tellMax) {
    const some = moved.slice(from, from + NEEDS_LIMITS.tellMax);
    const at = clock();
    const traitsOf = (hours: string | null) => ({ [HOURS_TRAIT]: hours, [BEST_HOUR_TRAIT]: hours === null ? null : likeliestOf(hours).weekdayHour });
    await append(some.map(([customer, hours]) => tellingOf(workspace, TIMED, customer, traitsOf(hours), endAt, at)));
    await writeHours(sql, workspace, some, at);
  }
  return moved.length;
} // prettier-ignore
