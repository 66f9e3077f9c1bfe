/** Customers in the midst of a journey, as the engine would have left them: put in place by SQL, because a million take it minutes. */
import type { Sql } from "../src/db/postgres.ts";

export type Waiting = {
  readonly journey: number;
  readonly version: number;
  readonly step: string;
  /** When they came in. */
  readonly at: number;
  /** The first and the last atom. */
  readonly from: number;
  readonly to: number;
  /** When their time comes: SQL over the atom's `id`, `$1` being `at`. */
  readonly dueAt: string;
};

/** Makes customers wait for a time: the run with the atom, its row, and the wake. */
export async function waitingOf(sql: Sql, { journey, version, step, at, from, to, dueAt }: Waiting): Promise<void> {
  await sql.query(
    `with waiting as (select id, ${dueAt} as due from atoms where id between $3 and $4),
     kept as (update atoms a set standing = format('{"r":0,"t":{},"s":{},"d":%s,"j":[{"id":"run-%s","journey":${journey},"version":%s,"key":"","enteredAt":%s,"at":"${step}","since":%s,"blocker":{"type":"time"},"dueAt":%s,"passed":0,"context":{},"seen":{}}]}', due, a.id, $2::int, $1::bigint, $1::bigint, due)
       from waiting w where w.id = a.id),
     shown as (insert into runs (id, workspace, journey, version, atom, step, state, blocker, entered_at, moved_at, due_at)
       select 'run-' || id, 1, ${journey}, $2, id, '${step}', 'running', 'time', $1, $1, due from waiting)
     insert into wakes (customer, workspace, due_at) select id, 1, due from waiting`,
    [at, version, from, to],
  );
} // prettier-ignore
