/** The statements that put what a batch decided about rules into the tables, inside the batch's transaction. */
import type { Sql } from "../db/postgres.ts";
import { SEPARATOR } from "../db/postgres.ts";
import { LANES } from "../events/model.ts";
import { type AtomId, type Instant, type WorkspaceId, customerIdOf } from "../values.ts";
import { type Happening, enqueue } from "../webhooks/store.ts";
import type { Effects } from "./evaluate.ts";

const HOUR_MS = 3_600_000;
const column = <T>(rows: readonly T[], value: (row: T) => string | number): string =>
  rows.map(value).join(SEPARATOR);

/** Writes everything but the own events, which go to the log with the batch. */
export async function saveEffects(tx: Sql, effects: Effects, now: Instant): Promise<void> {
  await saveMembers(tx, effects);
  await saveHours(tx, effects, now);
  await saveStages(tx, effects.stages);
  if (effects.gone.length > 0) {
    await tx.query("delete from wakes where customer = any($1::bigint[])", [effects.gone]);
    await tx.query("delete from customer_stages where customer = any($1::bigint[])", [effects.gone]);
  }
  await saveWakes(tx, effects.wakes);
  await wakeAccounts(tx, effects.accounts, now);
  await enqueue(tx, effects.own.flatMap(happeningOf), now);
}

/** What webhooks are told of an own event. */
function happeningOf({ atom, event }: Effects["own"][number]): readonly Happening[] {
  const { workspace, id, name, happenedAt, properties = {} } = event;
  const { segment, ...rest } = properties;
  if ((name !== "$segment.entered" && name !== "$segment.left") || typeof segment !== "number") return [];
  const type = name === "$segment.entered" ? "segment.entered" : "segment.left";
  const { version: _, name: segmentName, ...why } = rest;
  const data = { customerId: customerIdOf(atom), segment: { id: segment, name: segmentName }, ...why };
  return [{ workspace, segment, type, messageId: id, at: happenedAt, data }];
}

async function saveMembers(tx: Sql, { entered, left }: Effects): Promise<void> {
  const changes = new Map<number, number>();
  const count = (rows: readonly { version: number; n: number }[], sign: number) => {
    for (const { version, n } of rows) changes.set(version, (changes.get(version) ?? 0) + sign * n);
  };
  if (left.length > 0)
    count(
      await tx.query<{ version: number; n: number }>(
        `with gone as (delete from segment_members m using unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1))) as t (version, customer)
           where m.version = t.version::int and m.customer = t.customer::bigint returning m.version)
         select version, count(*)::int as n from gone group by version`,
        [column(left, (row) => row.version), column(left, (row) => row.customer)],
      ),
      -1,
    );
  const stay = entered.filter(({ stays }) => stays);
  if (stay.length > 0)
    count(
      await tx.query<{ version: number; n: number }>(
        `with come as (insert into segment_members (version, customer, since_at)
           select version::int, customer::bigint, since::bigint
           from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1))) as t (version, customer, since)
           order by 1, 2 on conflict do nothing returning version)
         select version, count(*)::int as n from come group by version`,
        [
          column(stay, (row) => row.version),
          column(stay, (row) => row.customer),
          column(stay, (row) => row.since),
        ],
      ),
      1,
    );
  const rows = [...changes].filter(([, n]) => n !== 0).toSorted(([a], [b]) => a - b);
  if (rows.length > 0)
    await tx.query(
      `update versions v set members = v.members + c.n
       from (select * from unnest($1::int[], $2::int[]) as t (id, n) order by id) c where v.id = c.id`,
      [rows.map(([version]) => version), rows.map(([, n]) => n)],
    );
}

/** Who came and went, by hour; only what really turned, in segments that serve. */
async function saveHours(tx: Sql, { entered, left }: Effects, now: Instant): Promise<void> {
  const hours = new Map<number, { entered: number; left: number }>();
  const of = (segment: number) => {
    const held = hours.get(segment) ?? { entered: 0, left: 0 };
    hours.set(segment, held);
    return held;
  };
  for (const { segment, live } of entered) if (live) of(segment).entered++;
  for (const { segment, live, counted } of left) if (live && counted) of(segment).left++;
  if (hours.size === 0) return;
  const rows = [...hours].toSorted(([a], [b]) => a - b);
  await tx.query(
    `insert into segment_hours (segment, hour_at, entered, "left", members)
     select segment, $4::bigint, entered, gone, (select max(v.members) from versions v where v.segment = t.segment and v.state = 'live')
     from unnest($1::int[], $2::bigint[], $3::bigint[]) as t (segment, entered, gone)
     where exists (select 1 from segments s where s.id = segment)
     on conflict (segment, hour_at) do update set entered = segment_hours.entered + excluded.entered, "left" = segment_hours."left" + excluded."left",
       members = excluded.members`,
    [
      rows.map(([segment]) => segment), rows.map(([, n]) => n.entered), rows.map(([, n]) => n.left),
      Math.floor(now / HOUR_MS) * HOUR_MS,
    ], // prettier-ignore
  );
}

async function saveStages(tx: Sql, stages: Effects["stages"]): Promise<void> {
  if (stages.length === 0) return;
  // One row a customer: the last word of the batch.
  const rows = [...new Map(stages.map((row) => [row.customer, row])).values()].toSorted((a, b) => a.customer - b.customer); // prettier-ignore
  await tx.query(
    `insert into customer_stages (workspace, customer, stage, since_at)
     select workspace::int, customer::bigint, stage, since::bigint
     from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1))) as t (workspace, customer, stage, since)
     on conflict (customer) do update set stage = excluded.stage, since_at = excluded.since_at`,
    [column(rows, (row) => row.workspace), column(rows, (row) => row.customer), column(rows, (row) => row.stage), column(rows, (row) => row.since)],
  ); // prettier-ignore
}

/** Asks for wakes; one that is due before stays, and so does what it is named by: a batch in flight that ends it asks for this itself. */
export async function saveWakes(tx: Sql, wakes: readonly { workspace: WorkspaceId; customer: AtomId; dueAt: Instant }[]): Promise<void> {
  if (wakes.length === 0) return;
  const rows = [...new Map(wakes.toSorted((a, b) => b.dueAt - a.dueAt).map((row) => [row.customer, row])).values()].toSorted((a, b) => a.customer - b.customer);
  await tx.query(
    `insert into wakes (workspace, customer, due_at)
     select workspace::int, customer::bigint, due::bigint
     from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1))) as t (workspace, customer, due)
     on conflict (customer) do update set due_at = least(wakes.due_at, excluded.due_at)`,
    [column(rows, (row) => row.workspace), column(rows, (row) => row.customer), column(rows, (row) => row.dueAt)],
  );
} // prettier-ignore

/** Wakes further away than this are kept in bundles, and only then unfolded: a million rows need not be written at once. */
export const AHEAD_MS = 300_000;
const BUNDLE = 1_000;

/** Asks for many wakes at once, in any order. */
export async function saveManyWakes(sql: Sql, workspace: WorkspaceId, turning: readonly (readonly [customer: number, at: Instant])[], now: Instant): Promise<void> {
  const inOrder = turning.toSorted((a, b) => a[1] - b[1]);
  const near = inOrder.findIndex(([, at]) => at > now + AHEAD_MS);
  const soon = near === -1 ? inOrder : inOrder.slice(0, near);
  for (let from = 0; from < soon.length; from += 20 * BUNDLE)
    await saveWakes(sql, soon.slice(from, from + 20 * BUNDLE).map(([customer, dueAt]) => ({ workspace, customer: customer as AtomId, dueAt })));
  const bundles: { readonly dueAt: Instant; readonly body: string }[] = [];
  for (let from = soon.length; from < inOrder.length; from += BUNDLE)
    bundles.push({ dueAt: inOrder[from]![1], body: inOrder.slice(from, from + BUNDLE).map(([customer, at]) => `${customer} ${at}`).join(",") });
  for (let from = 0; from < bundles.length; from += 100) {
    const part = bundles.slice(from, from + 100);
    await sql.query(
      `insert into wake_bundles (workspace, due_at, body) select $1::int, due::bigint, body
       from unnest(string_to_array($2, chr(1)), string_to_array($3, chr(1))) as t (due, body)`,
      [workspace, column(part, ({ dueAt }) => dueAt), column(part, ({ body }) => body)],
    );
  }
} // prettier-ignore

/** Unfolds the bundles whose first wake is near. */
export async function unfoldWakes(sql: Sql, now: Instant): Promise<void> {
  for (;;) {
    const [row] = await sql.query<{ n: number }>(
      `with taken as (
         delete from wake_bundles where id in (
           select id from wake_bundles where due_at <= $1 order by due_at limit 10 for update skip locked)
         returning workspace, body),
       wanted as (
         select distinct on (customer) workspace, customer, due_at from (
           select workspace, split_part(pair, ' ', 1)::bigint as customer, split_part(pair, ' ', 2)::bigint as due_at
           from taken, unnest(string_to_array(body, ',')) pair) p
         order by customer, due_at),
       asked as (
         insert into wakes (workspace, customer, due_at) select workspace, customer, due_at from wanted order by customer
         on conflict (customer) do update set due_at = least(wakes.due_at, excluded.due_at))
       select count(*)::int as n from taken`,
      [now + AHEAD_MS],
    );
    if (row!.n === 0) return;
  }
}

/** Wakes the other members of accounts. */
async function wakeAccounts(tx: Sql, accounts: Effects["accounts"], now: Instant): Promise<void> {
  if (accounts.length === 0) return;
  await tx.query(
    `insert into wakes (workspace, customer, due_at, cause)
     select distinct a.workspace, a.customer, $4::bigint, 'account'
     from unnest($1::int[], $2::text[], $3::bigint[]) as t (workspace, account_id, except_customer)
     join account_members m on m.workspace = t.workspace and m.account_id = t.account_id
     join atoms a on a.id = m.atom and a.customer <> t.except_customer
     order by 2 on conflict (customer) do update set due_at = least(wakes.due_at, excluded.due_at), cause = excluded.cause, n = nextval('wake_n')`,
    [accounts.map((row) => row.workspace), accounts.map((row) => row.accountId), accounts.map((row) => row.except), now],
  ); // prettier-ignore
}

/** A customer to be asked again, and why. `n` names the last time it was asked for. */
export type Wake = {
  readonly customer: AtomId;
  readonly dueAt: Instant;
  readonly cause: "time" | "identity" | "account" | "rule";
  readonly n: number;
};

/**
 * The customers whose time has come, at most `max`, of those whom the holder of `lanes` wakes. They are read and not
 * locked: the batch before this one may still have to write there. `endWakes` takes them off the list.
 */
export async function readWakes(
  tx: Sql,
  now: Instant,
  lanes: readonly number[],
  max: number,
): Promise<readonly Wake[]> {
  return tx.query<Wake>(
    'select customer, due_at as "dueAt", cause, n from wakes where due_at <= $1 and customer % $2 = any($3::bigint[]) order by due_at limit $4',
    [now, LANES, lanes, max],
  );
}

/** Takes these wakes off the list, but for those asked for again since. */
export async function endWakes(tx: Sql, wakes: readonly Wake[]): Promise<void> {
  if (wakes.length === 0) return;
  const rows = wakes.toSorted((a, b) => a.customer - b.customer);
  await tx.query(
    `delete from wakes where customer in (
       select w.customer from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1))) as t (customer, n)
       join wakes w on w.customer = t.customer::bigint and w.n = t.n::bigint order by 1 for update of w)`,
    [column(rows, (row) => row.customer), column(rows, (row) => row.n)],
  );
}

/** When there is something to do next for the holder of `lanes` (null: of all): a wake, somebody to enter a journey, a bundle to unfold; null when nothing. */
export async function nextWake(sql: Sql, lanes: readonly { readonly lane: number }[] | null): Promise<Instant | null> {
  const [row] = await sql.query<{ dueAt: Instant | null }>(
    `select least((select due_at from wakes where $1::bigint[] is null or customer % $2 = any($1::bigint[]) order by due_at limit 1),
       (select due_at from journey_entries where $1::bigint[] is null or customer % $2 = any($1::bigint[]) order by due_at limit 1),
       (select due_at from wake_bundles order by due_at limit 1) - $3::bigint) as "dueAt"`,
    [lanes?.map(({ lane }) => lane) ?? null, LANES, AHEAD_MS],
  );
  return row?.dueAt ?? null;
} // prettier-ignore
