/**
 * Fits each workspace's purchases once a day and tells customers what came of it. The fit is kept first; customers are told
 * after, part by part, and noted when their events are durable: after a crash those not noted are told again at the next fit.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { startRounds, type Rounds } from "../rounds.ts";
import { Parameters } from "../segments/sql-values.ts";
import type { Clock, WorkspaceId } from "../values.ts";
import { scarce } from "./histories.ts";
import { workOutAside } from "./host.ts";
import { LIFETIME_LIMITS, LifetimeAsked } from "./model.ts";
import { type KeptFit, PARTS_OF, type Place, readCustomers, readDueWorkspaces, readFit, readHistories, readSpan, readSpending, readTold, writeFit, writeTold } from "./store.ts"; // prettier-ignore
import { hasMoved, tellingOf, toldOf } from "./tell.ts";
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

/** Fits one workspace now, keeps the fit, and tells customers where there is one. */
export async function fitWorkspace(
  deps: FitDeps,
  workspace: WorkspaceId,
  asked: LifetimeAsked,
): Promise<KeptFit> {
  const { sql, log, clock } = deps;
  const place: Place = { log, workspace, asked, parameters: () => new Parameters() };
  // Whole days: today's purchases are not all made yet.
  const endDay = Math.floor(clock() / DAY_MS) - 1;
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
    result: { worked, events, endDay, told },
    fittedAt: clock(),
  });
  await writeFit(sql, workspace, kept(0));
  const told = worked.type === "fitted" ? await tellAll(deps, place, worked, endDay) : 0;
  const whole = kept(told);
  await writeFit(sql, workspace, whole);
  return whole;
}

/** Tells customers what moved; how many. */
async function tellAll({ sql, append, clock }: FitDeps, place: Place, worked: Extract<Worked, { type: "fitted" }>, endDay: number): Promise<number> {
  const frequency = frequencyOf(worked);
  const parts = PARTS_OF(worked.customers);
  let told = 0;
  for (let part = 0; part < parts; part += 1) {
    const all = (await readCustomers(place, endDay, part, parts)).map((one) => toldOf(frequency, worked.gammaGamma, one));
    const before = new Map((await readTold(sql, place.workspace, all.map(({ customer }) => customer))).map((one) => [Number(one.customer), one]));
    const moved = all.filter((one) => hasMoved(one, before.get(one.customer)));
    for (let from = 0; from < moved.length; from += LIFETIME_LIMITS.tellMax) {
      const some = moved.slice(from, from + LIFETIME_LIMITS.tellMax);
      const now = clock();
      await append(some.map((one) => tellingOf(place.workspace, one, endDay, now)));
      await writeTold(sql, place.workspace, some, now);
    }
    told += moved.length;
  }
  return told;
} // prettier-ignore

/** Looks every hour which workspaces' fits are a day old, and fits them one after the other. */
export function startFitter(deps: FitDeps & { readonly onFault: (cause: unknown) => void }): Rounds {
  const { sql, clock, onFault } = deps;
  return startRounds({
    faultMs: LOOK_MS,
    onFault,
    round: async (isStopping) => {
      for (const workspace of await readDueWorkspaces(sql, clock() - LIFETIME_LIMITS.everyMs)) {
        if (isStopping()) break;
        const asked = (await readFit(sql, workspace))?.asked ?? LifetimeAsked.parse({});
        // One workspace's trouble is no other's; it is tried again in an hour.
        await fitWorkspace(deps, workspace, asked).catch(onFault);
      }
      return LOOK_MS;
    },
  });
}
