/** The statements that put what a batch decided about journeys into the tables, inside the batch's transaction. */
import { SEPARATOR, type Sql } from "../db/postgres.ts";
import { LANES } from "../events/model.ts";
import { MESSAGES_CHANNEL } from "../messages/direct.ts";
import { GIVE_WAY } from "../messages/give-way.ts";
import { freeContacts, freeReserved, turnOf } from "../messages/outbox.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import type { JourneyEffects, QueuedEntry, RunChange } from "./advance.ts";
import type { Effect } from "./walk.ts";

const HOUR_MS = 3_600_000;
type Asked = JourneyEffects["asked"][number];
type Is<Type extends Effect["type"]> = Asked & { readonly effect: Extract<Effect, { type: Type }> };

/** Writes runs, counts, messages, tasks and calls; all but the own events, which go to the log with the batch. */
export async function saveJourneyEffects(tx: Sql, made: JourneyEffects, now: Instant): Promise<void> {
  await saveRuns(tx, [...made.runs.values()], now);
  await savePassed(tx, made.passed, now);
  const of = <Type extends Effect["type"]>(type: Type) => made.asked.filter((one): one is Is<Type> => one.effect.type === type); // prettier-ignore
  await saveMessages(tx, of("message"), now);
  await saveTasks(tx, of("task"), now);
  await saveCalls(tx, [...of("webhook"), ...of("update"), ...of("audience")], now);
  await cancel(tx, of("cancel"), now);
  await saveArms(tx, made.exposed);
}

/** Stands for null in a list; a text that somebody else chose is written as JSON, which never holds it. */
const NULL = "\u0002";
/** The lists of `n` parameters, as \`unnest\` takes them. */
const listsOf = (n: number): string => Array.from({ length: n }, (_, i) => `string_to_array($${i + 1}, chr(1), chr(2))`).join(", "); // prettier-ignore
/** A text that came as JSON. */
const textIn = (name: string): string => `(${name}::jsonb #>> '{}')`;

async function saveRuns(tx: Sql, changes: readonly RunChange[], now: Instant): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.toSorted((a, b) => (a.run.id < b.run.id ? -1 : 1));
  const of = (value: (change: RunChange) => string | number | null) => rows.map((row) => value(row) ?? NULL).join(SEPARATOR);
  await tx.query(
    `insert into runs (id, workspace, journey, version, atom, key, step, state, blocker, entered_at, moved_at, due_at, detail)
     select id, workspace::int, journey::int, version::int, atom::bigint, ${textIn("key")}, step, state, blocker, entered_at::bigint, $13, due_at::bigint, ${textIn("detail")}
     from unnest(${listsOf(12)}) as t (id, workspace, journey, version, atom, key, step, state, blocker, entered_at, due_at, detail)
     on conflict (id) do update set version = excluded.version, step = excluded.step, state = excluded.state, blocker = excluded.blocker,
       moved_at = excluded.moved_at, due_at = excluded.due_at, detail = excluded.detail`,
    [
      of(({ run }) => run.id), of(({ workspace }) => workspace), of(({ run }) => run.journey), of(({ run }) => run.version), of(({ atom }) => atom),
      of(({ run }) => JSON.stringify(run.key)), of(({ run, end }) => (end?.state === "held_out" ? null : run.at)), of(({ end }) => end?.state ?? "running"),
      of(({ run, end }) => (end ? null : run.blocker.type)), of(({ run }) => run.enteredAt), of(({ run, end }) => (end ? null : run.dueAt)),
      of(({ end }) => end && JSON.stringify(end.detail)), now,
    ],
  );
} // prettier-ignore

async function savePassed(tx: Sql, passed: JourneyEffects["passed"], now: Instant): Promise<void> {
  if (passed.size === 0) return;
  const rows = [...passed].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => {
    const [version, step, path] = name.split(SEPARATOR);
    return { version: Number(version), step, path, hour_at: Math.floor(now / HOUR_MS) * HOUR_MS, n };
  }); // prettier-ignore
  await tx.query(
    `insert into step_hours (version, step, path, hour_at, n)
     select * from jsonb_to_recordset($1::jsonb) as t (version int, step text, path text, hour_at bigint, n bigint)
     on conflict (version, step, path, hour_at) do update set n = step_hours.n + excluded.n`,
    [JSON.stringify(rows)],
  );
}

async function saveMessages(tx: Sql, asked: readonly Is<"message">[], now: Instant): Promise<void> {
  if (asked.length === 0) return;
  const of = (value: (one: Is<"message">) => string | number) => asked.map(value).join(SEPARATOR);
  const asJson = ({ run: { context }, priority, because: why, effect: { products, asked: { tags, else: otherwise } } }: Is<"message">) =>
    JSON.stringify({ tags, products, priority, else: otherwise, context, why });
  await tx.query(
    `insert into messages (id, workspace, atom, journey, version, run, step, channel, template, purpose, asked, turn, state, due_at, created_at, expires_at)
     select id, workspace::int, atom::bigint, journey::int, version::int, run, step, channel, template::int, purpose, asked::jsonb, turn::smallint, 'due', $14, $14, expires_at::bigint
     from unnest(${listsOf(13)}) as t (id, workspace, atom, journey, version, run, step, channel, template, purpose, asked, turn, expires_at) on conflict (id) do nothing`,
    [
      of(({ effect }) => effect.id), of(({ workspace }) => workspace), of(({ atom }) => atom), of(({ run }) => run.journey), of(({ run }) => run.version),
      of(({ run }) => run.id), of(({ effect }) => effect.step), of(({ effect }) => effect.asked.channel), of(({ effect }) => effect.asked.template),
      of(({ effect }) => effect.asked.purpose), of(asJson), of(({ effect, toMany }) => turnOf(effect.asked.purpose, toMany)), of(({ effect }) => now + effect.asked.expiresMs), now,
    ],
  );
  await tx.query(`select pg_notify('${MESSAGES_CHANNEL}', '')`);
} // prettier-ignore

async function saveTasks(tx: Sql, asked: readonly Is<"task">[], now: Instant): Promise<void> {
  if (asked.length === 0) return;
  const rows = asked.map(({ workspace, atom, run, effect: { id, asked: of } }) => ({
    id, workspace, atom, run: run.id, title: of.name, detail: of.detail, team: of.team, outcomes: of.outcomes.map(({ outcome }) => outcome),
    due_at: of.dueMs === null ? null : now + of.dueMs,
  })); // prettier-ignore
  await tx.query(
    `insert into tasks (id, workspace, atom, run, title, detail, team, outcomes, created_at, due_at)
     select id, workspace, atom, run, title, detail, team, array(select jsonb_array_elements_text(outcomes)), $2, due_at
     from jsonb_to_recordset($1::jsonb) as t (id text, workspace int, atom bigint, run text, title text, detail text, team text, outcomes jsonb, due_at bigint)
     on conflict (id) do nothing`,
    [JSON.stringify(rows), now],
  );
}

/** Notified when there is a call to make. */
export const CALLS_CHANNEL = "calls";

async function saveCalls(tx: Sql, asked: readonly (Is<"webhook"> | Is<"update"> | Is<"audience">)[], now: Instant): Promise<void> {
  if (asked.length === 0) return;
  const rows = asked.map(({ workspace, atom, run, effect }) => ({
    id: effect.id, workspace, atom, run: run.id, kind: effect.type, body: { ...bodyOf(effect, run.context), journey: run.journey },
  })); // prettier-ignore
  await tx.query(
    `insert into calls (id, workspace, atom, run, kind, body, due_at) select id, workspace, atom, run, kind, body, $2
     from jsonb_to_recordset($1::jsonb) as t (id text, workspace int, atom bigint, run text, kind text, body jsonb) on conflict (id) do nothing`,
    [JSON.stringify(rows), now],
  );
  await tx.query(`select pg_notify('${CALLS_CHANNEL}', '')`);
} // prettier-ignore

function bodyOf(
  effect: Extract<Effect, { type: "webhook" | "update" | "audience" }>,
  context: JsonObject,
): JsonObject {
  if (effect.type === "update") return { traits: effect.traits };
  if (effect.type === "audience") return { audience: effect.asked.audience, change: effect.asked.change };
  const { url, body, keep } = effect.asked;
  return { url, body, keep, context };
}

/** What a run that ended still waited for is not wanted any more; what is on its way already stays. */
async function cancel(tx: Sql, asked: readonly Is<"cancel">[], now: Instant): Promise<void> {
  const ids = (type: "message" | "task" | "call") =>
    asked.flatMap(({ effect: { blocker } }) => (blocker.type === type ? [blocker.id] : [])).toSorted();
  const [messages, tasks, calls] = [ids("message"), ids("task"), ids("call")];
  if (messages.length > 0) {
    const cancelled = await tx.query<{ id: string }>(
      `update messages set state = 'cancelled', reason = 'run_ended', settled_at = $2, told_at = $2 where id in (
         select id from messages where id = any($1::text[]) and state = 'due' order by id for update) returning id`,
      [messages, now],
    );
    const gone = new Set(cancelled.map(({ id }) => id));
    await freeContacts(tx, [...gone]);
    // Most ends are those of the message itself, which left: then nothing was kept waiting for it.
    const freed = asked.filter(
      ({ effect: { blocker } }) => blocker.type === "message" && gone.has(blocker.id),
    );
    await freeReserved(
      tx,
      freed.map(({ atom }) => atom),
      now,
    );
  }
  if (tasks.length > 0)
    await tx.query("update tasks set state = 'cancelled', done_at = $2 where id = any($1::text[]) and state = 'open'", [tasks, now]); // prettier-ignore
  if (calls.length > 0)
    await tx.query("update calls set state = 'failed', detail = 'The run ended.' where id = any($1::text[]) and state = 'due'", [calls]); // prettier-ignore
}

async function saveArms(tx: Sql, exposed: JourneyEffects["exposed"]): Promise<void> {
  const counts = new Map<
    string,
    { version: number; step: string; arm: string; shown: number; converted: number }
  >();
  for (const { version, step, arm, converted } of exposed) {
    const name = [version, step, arm].join(SEPARATOR);
    const held = counts.get(name) ?? { version, step, arm, shown: 0, converted: 0 };
    held[converted ? "converted" : "shown"]++;
    counts.set(name, held);
  }
  if (counts.size === 0) return;
  await tx.query(
    `insert into arms (version, step, arm, shown, converted)
     select * from jsonb_to_recordset($1::jsonb) as t (version int, step text, arm text, shown bigint, converted bigint) order by 1, 2, 3
     on conflict (version, step, arm) do update set shown = arms.shown + excluded.shown, converted = arms.converted + excluded.converted`,
    [JSON.stringify([...counts.values()])],
  );
}

/** The queued entries that are due, at most `max`, of the customers whom the holder of `lanes` wakes. Read without a lock, like wakes. */
export async function readEntries(tx: Sql, now: Instant, lanes: readonly number[], max: number): Promise<readonly QueuedEntry[]> {
  return tx.query<QueuedEntry>(
    "select id, workspace, journey, customer, key, context from journey_entries where due_at <= $1 and customer % $2 = any($3::bigint[]) order by due_at, id limit $4",
    [now, LANES, lanes, max],
  );
} // prettier-ignore

/** Whether so many of a workspace are still to be let in that a send to them had better wait. */
export async function isLettingIn(sql: Sql, workspace: WorkspaceId, now: Instant): Promise<boolean> {
  const rows = await sql.query(
    "select 1 as one from journey_entries where workspace = $1 and due_at <= $2 order by due_at, id offset $3 limit 1",
    [workspace, now, GIVE_WAY.entriesMin],
  );
  return rows.length > 0;
}

/** Takes entries off the queue: exactly one batch may; answers whether all were still there. */
export async function endEntries(tx: Sql, entries: readonly QueuedEntry[]): Promise<boolean> {
  if (entries.length === 0) return true;
  const gone = await tx.query<{ id: number }>("delete from journey_entries where id = any($1::bigint[]) returning id", [entries.map(({ id }) => id)]); // prettier-ignore
  return gone.length === entries.length;
}
