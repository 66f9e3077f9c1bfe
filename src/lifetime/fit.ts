/**
 * Fits each workspace's purchases once a day and tells customers what came of it. The fit is kept first; customers are told
 * after, part by part, and noted when their events are durable: after a crash those not noted are told again at the next fit.
 * Where nothing can be fitted any more, what they were told is taken back in the same way.
 */
import type { EventLog } from "../db/clickhouse.ts";
import { alone } from "../db/alone.ts";
import { LOCKS } from "../db/locks.ts";
import type { Database } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { startRounds, type Rounds } from "../rounds.ts";
import { Parameters } from "../segments/sql-values.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import { scarce } from "./histories.ts";
import { workOutAside } from "./host.ts";
import { LIFETIME_LIMITS, LifetimeAsked } from "./model.ts";
import { type KeptFit, PARTS_OF, type OneCustomer, type Place, forgetTold, readCurrency, readCustomers, readDueWorkspaces, readFit, readHistories, readPurchase, readSomeTold, readSpan, readSpending, readTold, writeFit, writeTold } from "./store.ts"; // prettier-ignore
import { type Sure, hasMoved, oftenOf, sureOf, tellingOf, toldOf, withdrawalOf } from "./tell.ts";
import { type Worked, frequencyOf } from "./workout.ts";

const DAY_MS = 86_400_000;
const LOOK_MS = 3_600_000;

export type FitDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Makes events of our own durable. */
  readonly append: (events: readonly Event[]) => Promise<void>;
};

/** A fit, or that another process is at this workspace just now. */
export type FitOutcome = { readonly type: "kept"; readonly kept: KeptFit } | { readonly type: "under_way" };

/**
 * Fits one workspace unless another process is at it; a fit of the same purchases that was made after `madeAfterAt` is taken
 * as it is.
 */
export async function fitOnce(deps: FitDeps, workspace: WorkspaceId, asked: LifetimeAsked, madeAfterAt: Instant): Promise<FitOutcome> {
  const done = await alone(deps.sql, LOCKS.lifetimeFit, workspace, async () => {
    const before = await readFit(deps.sql, workspace);
    const isMade = before !== null && before.fittedAt > madeAfterAt && before.asked.event === asked.event && before.asked.value === asked.value;
    return isMade ? before : fitWorkspace(deps, workspace, asked);
  });
  return done.type === "done" ? { type: "kept", kept: done.value } : done;
} // prettier-ignore

/** Fits one workspace now, keeps the fit, and tells customers where there is one. */
export async function fitWorkspace(
  deps: FitDeps,
  workspace: WorkspaceId,
  asked: LifetimeAsked,
): Promise<KeptFit> {
  const { sql, log, clock } = deps;
  const purchase = await readPurchase(sql, workspace, asked);
  // Whole days: today's purchases are not all made yet.
  const endDay = Math.floor(clock() / DAY_MS) - 1;
  const looked = { log, workspace, purchase, parameters: () => new Parameters() };
  const currency = await readCurrency(looked, endDay);
  const place: Place = { ...looked, currency };
  const { firstDay, events } = await readSpan(place, endDay);
  const middleDay = firstDay + Math.floor(((endDay - firstDay) * 2) / 3);
  const histories = await readHistories(place, endDay, endDay);
  const worked = scarce(histories) ?? (await workOutAside({
    histories, heldWeeks: (endDay - middleDay) / 7,
    spending: await readSpending(place, endDay),
    held: await readHistories(place, middleDay, endDay),
  })); // prettier-ignore
  const kept = (told: number): KeptFit => ({
    asked,
    result: { worked, events, endDay, told, purchase, currency },
    fittedAt: clock(),
  });
  await writeFit(sql, workspace, kept(0));
  // What rested on a fit before does not stand when there is none any more.
  const told = worked.type === "fitted" ? await tellAll(deps, place, worked, endDay) : await withdrawAll(deps, workspace, endDay); // prettier-ignore
  const whole = kept(told);
  await writeFit(sql, workspace, whole);
  return whole;
}

/** Tells customers what moved; how many. */
async function tellAll({ sql, append, clock }: FitDeps, place: Place, worked: Extract<Worked, { type: "fitted" }>, endDay: number): Promise<number> {
  const frequency = frequencyOf(worked);
  const parts = PARTS_OF(worked.customers);
  // How often they come is as sure of all customers of one history: the law is asked once.
  const known = new Map<string, ReturnType<typeof oftenOf>>();
  const sureOfOne = (one: OneCustomer): Sure => {
    const key = `${one.repeats} ${one.recencyDays} ${one.ageDays}`;
    const often = known.get(key) ?? oftenOf(frequency, one);
    if (known.size < LIFETIME_LIMITS.rowsMax) known.set(key, often);
    return sureOf(often, worked.gammaGamma, one);
  };
  let told = 0;
  for (let part = 0; part < parts; part += 1) {
    const customers = new Map((await readCustomers(place, endDay, part, parts)).map((one) => [one.customer, one]));
    const all = [...customers.values()].map((one) => toldOf(frequency, worked.gammaGamma, one));
    const before = new Map((await readTold(sql, place.workspace, all.map(({ customer }) => customer))).map((one) => [Number(one.customer), one]));
    const moved = all.filter((one) => hasMoved(one, before.get(one.customer)));
    for (let from = 0; from < moved.length; from += LIFETIME_LIMITS.tellMax) {
      const some = moved.slice(from, from + LIFETIME_LIMITS.tellMax);
      const now = clock();
      await append(some.map((one) => tellingOf(place.workspace, one, sureOfOne(customers.get(one.customer)!), endDay, now)));
      await writeTold(sql, place.workspace, some, now);
    }
    told += moved.length;
  }
  return told;
} // prettier-ignore

/** Takes back what customers were told; of how many. */
async function withdrawAll({ sql, append, clock }: FitDeps, workspace: WorkspaceId, endDay: number): Promise<number> {
  let withdrawn = 0;
  for (;;) {
    const some = await readSomeTold(sql, workspace);
    if (some.length === 0) return withdrawn;
    const now = clock();
    await append(some.map((customer) => withdrawalOf(workspace, customer, endDay, now)));
    await forgetTold(sql, workspace, some);
    withdrawn += some.length;
  }
} // prettier-ignore

/** Looks every hour which workspaces' fits are a day old, and fits them one after the other. */
export function startFitter(deps: FitDeps & { readonly onFault: (cause: unknown) => void }): Rounds {
  const { sql, clock, onFault } = deps;
  return startRounds({
    faultMs: LOOK_MS,
    onFault,
    round: async (isStopping) => {
      const dueAt = clock() - LIFETIME_LIMITS.everyMs;
      for (const workspace of await readDueWorkspaces(sql, dueAt)) {
        if (isStopping()) break;
        const asked = (await readFit(sql, workspace))?.asked ?? LifetimeAsked.parse({});
        // One workspace's trouble is no other's; it is tried again in an hour. What another process is at or has just done is done.
        await fitOnce(deps, workspace, asked, dueAt).catch(onFault);
      }
      return LOOK_MS;
    },
  });
}
