/** The statements on tasks. */
import { absorb, nothing } from "../customers/fold.ts";
import { nameOf as displayName } from "../customers/names.ts";
import { loadAtoms } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Event } from "../events/model.ts";
import { nameOf } from "../messages/happenings.ts";
import { type AtomId, type Instant, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import { TASK_LIMITS, type TaskState, type TaskView } from "./model.ts";

/** A task as it is read. */
export type TaskRow = {
  readonly id: string;
  readonly atom: AtomId;
  readonly customer: AtomId;
  readonly title: string;
  readonly detail: string;
  readonly team: string;
  readonly outcomes: readonly string[];
  readonly state: TaskState;
  readonly outcome: string | null;
  readonly note: string | null;
  readonly madeBy: string | null;
  readonly doneBy: string | null;
  readonly createdAt: Instant;
  readonly dueAt: Instant | null;
  readonly doneAt: Instant | null;
  readonly run: string | null;
  readonly journey: number | null;
  readonly journeyName: string | null;
  readonly step: string | null;
  readonly runState: string | null;
};
const ROW = `t.id, t.atom, a.customer, t.title, t.detail, t.team, t.outcomes, t.state, t.outcome, t.note, t.made_by as "madeBy", t.done_by as "doneBy",
  t.created_at as "createdAt", t.due_at as "dueAt", t.done_at as "doneAt", t.run, r.journey, j.name as "journeyName", r.step, r.state as "runState"`;
const FROM =
  "tasks t join atoms a on a.id = t.atom left join runs r on r.id = t.run left join journeys j on j.id = r.journey";

/** Tasks, newest first; of these atoms where some are named. */
export const listTasks = (
  sql: Sql,
  workspace: WorkspaceId,
  asked: { readonly state: TaskState | null; readonly team: string | null; readonly atoms: readonly AtomId[] | null; readonly before: readonly [Instant, string] | null; readonly limit: number },
): Promise<readonly TaskRow[]> =>
  sql.query<TaskRow>(
    `select ${ROW} from ${FROM} where t.workspace = $1 and ($2::text is null or t.state = $2) and ($3::text is null or t.team = $3)
       and ($4::bigint[] is null or t.atom = any($4)) and ($5::bigint is null or (t.created_at, t.id) < ($5, $6))
     order by t.created_at desc, t.id desc limit $7`,
    [workspace, asked.state, asked.team, asked.atoms, asked.before?.[0] ?? null, asked.before?.[1] ?? null, asked.limit],
  ); // prettier-ignore

/** The names of customers, of those who have one. */
export async function readNames(
  sql: Sql,
  customers: readonly AtomId[],
): Promise<ReadonlyMap<AtomId, string>> {
  const atoms = await loadAtoms(sql, [...new Set(customers)]);
  return new Map(
    [...new Set(atoms.map(({ customer }) => customer))].flatMap((customer) => {
      const known = atoms.filter((one) => one.customer === customer).map(({ knowledge }) => knowledge);
      const name = displayName(known.reduce(absorb, nothing()).traits);
      return name === null ? [] : [[customer, name] as const];
    }),
  );
}

/** One task. Throws `Failure("not_found")`. */
export async function readTask(sql: Sql, workspace: WorkspaceId, id: string): Promise<TaskRow> {
  const [row] = await sql.query<TaskRow>(`select ${ROW} from ${FROM} where t.workspace = $1 and t.id = $2`, [workspace, id]); // prettier-ignore
  if (!row) throw new Failure("not_found", `There is no task ${id}.`);
  return row;
}

/** Makes a task by hand. */
export async function addTask(
  sql: Sql,
  workspace: WorkspaceId,
  made: { readonly id: string; readonly atom: AtomId; readonly title: string; readonly detail: string; readonly team: string; readonly outcomes: readonly string[]; readonly dueAt: Instant | null; readonly by: string },
  now: Instant,
): Promise<void> {
  const [row] = await sql.query(
    `insert into tasks (id, workspace, atom, title, detail, team, outcomes, made_by, due_at, created_at)
     select $1, $2, $3::bigint, $4, $5, $6, $7::text[], $8, $9, $10
     where (select count(*) from tasks where atom = $3::bigint and state = 'open' and made_by is not null) < ${TASK_LIMITS.openPerCustomer} returning 1 as one`,
    [made.id, workspace, made.atom, made.title, made.detail, made.team, made.outcomes, made.by, made.dueAt, now],
  );
  if (!row) throw new Failure("unprocessable", `A customer has at most ${TASK_LIMITS.openPerCustomer} open tasks made by hand.`);
} // prettier-ignore

/**
 * Ends an open task: exactly one of those who try at once does. Throws `Failure("conflict")` for the others, and
 * `Failure("unprocessable")` for an outcome that is none of the task's.
 */
export async function endTask(
  sql: Sql,
  workspace: WorkspaceId,
  id: string,
  ended: { readonly state: "done" | "cancelled"; readonly outcome: string | null; readonly note: string; readonly by: string },
  now: Instant,
): Promise<void> {
  const task = await readTask(sql, workspace, id);
  if (ended.state === "done") checkOutcome(task, ended.outcome);
  const [row] = await sql.query(
    "update tasks set state = $3, outcome = $4, note = $5, done_by = $6, done_at = $7 where workspace = $1 and id = $2 and state = 'open' returning 1 as one",
    [workspace, id, ended.state, ended.outcome, ended.note, ended.by, now],
  );
  if (row) return;
  const { state, doneBy } = await readTask(sql, workspace, id);
  throw new Failure("conflict", `This task is ${state} already${doneBy === null ? "" : `, by ${doneBy}`}.`);
} // prettier-ignore

function checkOutcome({ outcomes }: TaskRow, outcome: string | null): void {
  const names = outcomes.join(", ");
  if (outcomes.length === 0 && outcome !== null)
    throw new Failure("unprocessable", "This task has no outcomes to choose from: leave the outcome out.");
  if (outcomes.length > 0 && outcome === null)
    throw new Failure("unprocessable", `Say what came of it: ${names}.`);
  if (outcome !== null && !outcomes.includes(outcome))
    throw new Failure("unprocessable", `"${outcome}" is no outcome of this task. There are ${names}.`);
}

/** What a person ended and the customer's run was not told yet. */
export type UntoldTask = {
  readonly id: string;
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly state: "done" | "cancelled";
  readonly outcome: string | null;
  readonly doneBy: string;
  readonly doneAt: Instant;
};
export const readUntoldTasks = (sql: Sql): Promise<readonly UntoldTask[]> =>
  sql.query<UntoldTask>(
    `select id, workspace, atom, state, outcome, done_by as "doneBy", done_at as "doneAt" from tasks
     where done_by is not null and told_at is null order by done_at, id limit ${TASK_LIMITS.tellMax}`,
  );
/** Notes that these were told. */
export const markTasksTold = (sql: Sql, ids: readonly string[], now: Instant): Promise<unknown> =>
  sql.query("update tasks set told_at = $2 where id = any($1::text[])", [ids, now]);

/** The event that tells what came of a task, by which the run that waits goes on. Told twice it is one event. */
export const eventOfTask = ({ id, workspace, atom, state, outcome, doneBy, doneAt }: UntoldTask): Event => ({
  workspace, id: `${id}:${state}`, type: "track", name: state === "done" ? "$task.completed" : "$task.cancelled", happenedAt: doneAt, receivedAt: doneAt,
  originalAt: null, sentAt: null, identifiers: [nameOf(atom)], channel: "server", touchpoint: "task",
  properties: { task: id, outcome: outcome ?? state, by: doneBy }, key: 0, of: atom,
}); // prettier-ignore

const isoOrNull = (at: Instant | null): string | null => (at === null ? null : isoOf(at));
/** The task as the API answers it. */
export const taskViewOf = (row: TaskRow, customerName: string | null): TaskView => ({
  id: row.id, customerId: customerIdOf(row.customer), customerName, title: row.title, detail: row.detail, team: row.team,
  outcomes: [...row.outcomes], state: row.state, outcome: row.outcome, note: row.note, madeBy: row.madeBy, doneBy: row.doneBy,
  createdAt: isoOf(row.createdAt), dueAt: isoOrNull(row.dueAt), doneAt: isoOrNull(row.doneAt),
  run: row.run === null || row.journey === null ? null
    : { id: row.run, journeyId: row.journey, journey: row.journeyName ?? "", step: row.step, state: row.runState ?? "" },
}); // prettier-ignore
