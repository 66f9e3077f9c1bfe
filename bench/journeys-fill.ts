/** Customers in the midst of a journey, as the engine would have left them: put in place by SQL, because a million take it minutes. */
import type { Sql } from "../src/db/postgres.ts";

export type Waiting = {
  readonly journey: number;
  readonly version: number;
  /** When they came in. */
  readonly at: number;
  /** So many are due at `dueAt` (SQL over the atom's `id`, `$1` being `at`), the rest of `waiting` from an hour later on. */
  readonly soon: number;
  readonly waiting: number;
  readonly dueAt: string;
};

const HOUR_MS = 3_600_000;

/** Makes the first customers wait for a time at the step `step`: the run with the atom, its row, and the wake. */
export async function waitingOf(sql: Sql, { journey, version, at, soon, waiting, dueAt }: Waiting, step = "say"): Promise<void> {
  await sql.query(
    `with waiting as (select id, case when id <= $3 then ${dueAt} else $1::bigint + ${HOUR_MS} + id end as due from atoms where id <= $4),
     kept as (update atoms a set standing = format('{"r":0,"t":{},"s":{},"d":%s,"j":[{"id":"run-%s","journey":${journey},"version":%s,"key":"","enteredAt":%s,"at":"${step}","since":%s,"blocker":{"type":"time"},"dueAt":%s,"passed":0,"context":{},"seen":{}}]}', due, a.id, $2::int, $1::bigint, $1::bigint, due)
       from waiting w where w.id = a.id),
     shown as (insert into runs (id, workspace, journey, version, atom, step, state, blocker, entered_at, moved_at, due_at)
       select 'run-' || id, 1, ${journey}, $2, id, '${step}', 'running', 'time', $1, $1, due from waiting)
     insert into wakes (customer, workspace, due_at) select id, 1, due from waiting`,
    [at, version, soon, waiting],
  );
  await sql.query("vacuum (analyze) atoms");
} // prettier-ignore
