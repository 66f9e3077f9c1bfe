/**
 * The statements of the outbox: what is due, how a handed over message ended, what is to be told to its run. What lets a
 * message leave is claim.ts.
 */
import { type Database, type Sql, untilUndisturbed } from "../db/postgres.ts";
import type { MessageChannel, Suppression } from "../permission/model.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import type { Named } from "./facts.ts";
import type { DueMessage } from "./judge.ts";
import { MESSAGE_LIMITS, type MessageState } from "./model.ts";
import { suppress as takeOut } from "./reports.ts";

/** A row of `messages` that is due. */
export type OutboxMessage = DueMessage & {
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly journey: number | null;
  readonly version: number | null;
  readonly run: string | null;
  readonly step: string | null;
  readonly template: number;
  /** The newest version of it; null when it is gone. */
  readonly templateNo: number | null;
  readonly createdAt: Instant;
  /** This attempt, 1 first. */
  readonly attempts: number;
};
/** The columns of an OutboxMessage. */
export const MESSAGE = `id, workspace, atom, journey, version, run, step, channel, template, purpose, asked, created_at as "createdAt", expires_at as "expiresAt", attempts`;

/**
 * Whose turn comes first among what is due: what the law asks for, what answers one customer, then what goes to many. So
 * nobody's saved cart waits behind a newsletter.
 */
export const TURNS = { transactional: 0, single: 1, many: 2 } as const;
export const turnOf = (purpose: string, toMany: boolean): number =>
  purpose === "transactional" ? TURNS.transactional : toMany ? TURNS.many : TURNS.single;

const CHANNELS: readonly MessageChannel[] = ["email", "sms", "whatsapp", "web_push", "mobile_push", "in_app", "webhook"]; // prettier-ignore

/** A workspace's channel: each is served for itself, so that none waits for another. */
export type Lane = { readonly workspace: WorkspaceId; readonly channel: MessageChannel };

/** The lanes in which messages wait, and when the first of each is due: one step in the index for each of their turns. */
export const readLanes = (sql: Sql): Promise<readonly (Lane & { readonly dueAt: Instant })[]> =>
  sql.query<Lane & { readonly dueAt: Instant }>(
    `select w.id as workspace, c.channel, min(m.due_at) as "dueAt" from workspaces w cross join unnest($1::text[]) as c (channel) cross join unnest($2::int[]) as t (turn)
     cross join lateral (
       select due_at from messages where workspace = w.id and channel = c.channel and state = 'due' and messages.turn = t.turn order by due_at limit 1) m
     group by w.id, c.channel`,
    [CHANNELS, Object.values(TURNS)],
  ); // prettier-ignore

/**
 * Messages that were tried, never taken, and do not leave now take no place under a cap. Of transactional ones nobody can
 * say that: they are handed over again even where the answer was lost.
 */
export async function freeContacts(tx: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.query("delete from contacts where message = any($1::text[]) and purpose <> 'transactional'", [ids]); // prettier-ignore
}

/** What waits for a more valuable message of these atoms' customers is looked at again: that one does not leave. */
export async function freeReserved(tx: Sql, atoms: readonly AtomId[], now: Instant): Promise<void> {
  if (atoms.length === 0) return;
  await tx.query(
    `update messages set due_at = $2 where id in (
       select m.id from messages m where m.state = 'due' and m.reason = 'reserved' and m.due_at > $2 and m.atom in (
         select customer from atoms where id = any($1::bigint[])
         union select a.id from atoms one join atoms a on a.customer = one.customer and a.customer <> a.id where one.id = any($1::bigint[]))
       order by m.id for update of m)`,
    [atoms, now],
  );
}

const DAY_MS = 86_400_000;
/** Counts outcomes with their reasons, by day. */
export async function count(sql: Sql, { workspace, channel }: Lane, counts: ReadonlyMap<string, number>, now: Instant): Promise<void> {
  if (counts.size === 0) return;
  const rows = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, n]) => ({ outcome: name.split("\u0001")[0], reason: name.split("\u0001")[1] ?? "", n }));
  await sql.query(
    `insert into message_counts (workspace, day_at, channel, outcome, reason, n)
     select $2, $3, $4, outcome, reason, n from jsonb_to_recordset($1::jsonb) as t (outcome text, reason text, n bigint)
     on conflict (workspace, day_at, channel, outcome, reason) do update set n = message_counts.n + excluded.n`,
    [JSON.stringify(rows), workspace, Math.floor(now / DAY_MS) * DAY_MS, channel],
  );
} // prettier-ignore

/** How handing a message over ended, or that it is to be tried again at `dueAt`. */
export type Settlement = {
  readonly message: OutboxMessage;
  readonly state: "sent" | "failed" | "unknown" | "refused" | "due";
  readonly dueAt: Instant;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly provider: number | null;
  readonly providerId: string | null;
  readonly templateNo: number | null;
  readonly content: JsonObject | null;
  readonly receipt: JsonObject | null;
  /** The provider's own trouble: this attempt does not count. */
  readonly uncounted: boolean;
  readonly suppress: { readonly address: string; readonly reason: Suppression } | null;
};

/** Writes how messages of one lane ended. A message whose claim had passed to somebody else is left alone. */
export async function settle(
  sql: Database,
  lane: Lane,
  settlements: readonly Settlement[],
  now: Instant,
): Promise<void> {
  const rows = settlements
    .toSorted((a, b) => (a.message.id < b.message.id ? -1 : 1))
    .map(({ message, ...rest }) => ({
      id: message.id,
      attempts: message.attempts,
      state: rest.state,
      due_at: rest.dueAt,
      reason: rest.reason,
      detail: rest.detail?.slice(0, MESSAGE_LIMITS.detailCharsMax) ?? null,
      provider: rest.provider,
      provider_id: rest.providerId,
      template_no: rest.templateNo,
      content: rest.content,
      receipt: rest.receipt,
      uncounted: rest.uncounted,
    }));
  await untilUndisturbed(() =>
    sql.transaction(async (tx) => {
      const written = await tx.query<{ id: string }>(
        `update messages m set state = t.state, due_at = t.due_at, reason = t.reason, detail = t.detail, provider = coalesce(t.provider, m.provider),
           provider_id = coalesce(t.provider_id, m.provider_id), template_no = coalesce(t.template_no, m.template_no), content = coalesce(t.content, m.content),
           receipt = coalesce(t.receipt, m.receipt), attempts = m.attempts - t.uncounted::int, claimed_until = 0,
           settled_at = case when t.state = 'due' then null else $2::bigint end
         from jsonb_to_recordset($1::jsonb) as t (id text, attempts int, state text, due_at bigint, reason text, detail text, provider int, provider_id text,
           template_no int, content jsonb, receipt jsonb, uncounted boolean)
         where m.id = t.id and m.state = 'sending' and m.attempts = t.attempts returning m.id`,
        [JSON.stringify(rows), now],
      );
      const ids = new Set(written.map(({ id }) => id));
      await settled(tx, lane, settlements.filter(({ message }) => ids.has(message.id)), now); // prettier-ignore
    }),
  );
}

/** What follows from settlements that were written. */
async function settled(tx: Sql, lane: Lane, settlements: readonly Settlement[], now: Instant): Promise<void> {
  const counts = new Map<string, number>();
  for (const { state, reason } of settlements) {
    const name = `${state === "due" ? "retried" : state}\u0001${reason ?? ""}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const stayed = settlements.filter(({ state }) => state === "failed" || state === "refused").map(({ message }) => message);
  // What never left takes no place under a cap.
  if (stayed.length > 0) await tx.query("delete from contacts where message = any($1::text[])", [stayed.map(({ id }) => id)]);
  await freeReserved(tx, stayed.map(({ atom }) => atom), now);
  for (const { message, suppress, detail } of settlements)
    if (suppress) await takeOut(tx, { ...lane, ...suppress, purpose: "", message: message.id, detail: detail ?? "", at: now }, now);
  await count(tx, lane, counts, now);
} // prettier-ignore

/**
 * Messages whose sender died between handing them over and hearing of it: transactional ones are sent again under the
 * same id, for the others nobody can say whether they were sent, and they are not sent twice.
 */
export const recover = (sql: Sql, now: Instant): Promise<readonly { readonly id: string }[]> =>
  sql.query<{ id: string }>(
    `update messages m set state = case when m.purpose = 'transactional' and m.attempts < $2 then 'due' else 'unknown' end, claimed_until = 0, due_at = $1,
       reason = case when m.purpose = 'transactional' and m.attempts < $2 then m.reason else 'sender_died' end,
       settled_at = case when m.purpose = 'transactional' and m.attempts < $2 then null else $1::bigint end
     from (select id from messages where state = 'sending' and claimed_until < $1 order by id limit 1000 for update skip locked) lost
     where m.id = lost.id returning m.id`,
    [now, MESSAGE_LIMITS.attemptsMax],
  ); // prettier-ignore

/** A settled message whose run was not told yet. */
export type Untold = Omit<OutboxMessage, "expiresAt" | "attempts" | "templateNo"> & {
  readonly state: MessageState;
  readonly reason: string | null;
  readonly settledAt: Instant;
};
export const readUntold = (sql: Sql, max: number): Promise<readonly Untold[]> =>
  sql.query<Untold>(
    `select ${MESSAGE}, state, reason, settled_at as "settledAt" from messages where settled_at is not null and told_at is null order by settled_at limit $1`,
    [max],
  ); // prettier-ignore
export const markTold = (sql: Sql, ids: readonly string[], now: Instant) =>
  sql.query("update messages set told_at = $2 where id = any($1::text[])", [ids, now]);

/**
 * Keeps where the links of a short message lead before it is handed over: they do not say it themselves, and must lead
 * there even if nobody hears any more whether it was sent.
 */
export async function keepLinks(sql: Sql, { id, channel }: OutboxMessage, { content, templateNo }: { readonly content: JsonObject; readonly templateNo: number }): Promise<void> {
  if ((channel !== "sms" && channel !== "whatsapp") || (content["links"] as readonly unknown[]).length === 0) return;
  await sql.query("update messages set content = $2, template_no = $3 where id = $1", [id, JSON.stringify(content), templateNo]);
} // prettier-ignore

/** What the versions of journeys are called, for receipts. */
export async function readNamed(sql: Sql, versions: readonly number[]): Promise<ReadonlyMap<number, Named>> {
  if (versions.length === 0) return new Map();
  const rows = await sql.query<Named & { readonly id: number }>(
    `select v.id, j.name, coalesce(v.number, 0) as number, coalesce(v.body->'draft'->>'description', '') as description
     from versions v join journeys j on j.id = v.journey where v.id = any($1::int[])`,
    [versions],
  );
  return new Map(rows.map(({ id, ...named }) => [id, named]));
}
