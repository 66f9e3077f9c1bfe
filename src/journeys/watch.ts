/**
 * The job that watches that every live run has a time, or somebody who will answer (readStranded). Whoever stands twice in
 * a row, a minute apart, without either is stranded: counted, named in the log, and helped on by looking at the customer
 * again and by telling once more what it waits for. There are never any, unless somebody changed the store by hand.
 *
 * Twice in a row, because what a run waits for may be settled and its event still be on its way through the inbox.
 */
import type { Database, Sql } from "../db/postgres.ts";
import type { Clock, Instant } from "../values.ts";
import { readStranded } from "./store.ts";

export type WatchDeps = {
  readonly sql: Database;
  readonly clock: Clock;
  /** Events that no worker has handled yet: while there are many, nobody is called stranded. */
  readonly waiting: () => number;
  /** The runs that were found stranded now. */
  readonly onStranded: (runs: readonly string[]) => void;
  readonly onFault: (cause: unknown) => void;
};
export type Watch = {
  /** Stranded runs, as last seen. */
  stranded(): number;
  /** Looks once; the runs that are stranded. */
  look(): Promise<readonly string[]>;
  stop(): Promise<void>;
};

const LOOK_MS = 60_000;
/** A run that moved less than this ago is not looked at. */
export const GRACE_MS = 60_000;
const WAITING_MAX = 1_000;

/** Starts to look every minute. */
export function startWatch({ sql, clock, waiting, onStranded, onFault }: WatchDeps): Watch {
  let before = new Map<string, Instant>();
  let stranded = 0;
  let looking: Promise<readonly string[]> = Promise.resolve([]);
  const look = async (): Promise<readonly string[]> => {
    if (waiting() > WAITING_MAX) return [];
    const now = clock();
    const found = await readStranded(sql, now, GRACE_MS);
    const again = found.filter(({ id }) => now - (before.get(id) ?? now) >= LOOK_MS);
    before = new Map(found.map(({ id }) => [id, before.get(id) ?? now]));
    stranded = again.length;
    if (again.length > 0) {
      onStranded(again.map(({ id }) => id));
      await helpOn(sql, again.map(({ id }) => id), now); // prettier-ignore
    }
    return again.map(({ id }) => id);
  };
  const next = () => (looking = looking.then(look, look));
  const timer = setInterval(() => void next().catch(onFault), LOOK_MS);
  timer.unref();
  return {
    stranded: () => stranded,
    look: next,
    stop: async () => {
      clearInterval(timer);
      await looking.catch(() => []);
    },
  };
}

/**
 * Lets the customers of these runs be looked at now, and tells again what they wait for where it came to its end. Events
 * are named by what they tell of: who heard of it before hears nothing new.
 */
const helpOn = (sql: Sql, runs: readonly string[], now: Instant): Promise<void> =>
  sql.transaction(async (tx) => {
    await tx.query(
      `insert into wakes (workspace, customer, due_at, cause) select distinct r.workspace, a.customer, $2::bigint, 'rule' from runs r join atoms a on a.id = r.atom
       where r.id = any($1::text[]) order by 2 on conflict (customer) do update set due_at = least(wakes.due_at, excluded.due_at), n = nextval('wake_n')`,
      [runs, now],
    );
    await tx.query("update calls set told_at = null where run = any($1::text[]) and settled_at is not null", [runs]);
    await tx.query("update messages set told_at = null where run = any($1::text[]) and settled_at is not null and state <> 'cancelled'", [runs]);
    await tx.query("update tasks set told_at = null where run = any($1::text[]) and done_by is not null", [runs]);
  }); // prettier-ignore
