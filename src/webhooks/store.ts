/** The statements on webhooks and on what is still to be told. */
import type { Sql } from "../db/postgres.ts";
import { SEPARATOR } from "../db/postgres.ts";
import { type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { type Vault, keyNameOf, openedText } from "../vault.ts";
import type { DeliveryView, HookEvent, WebhookView } from "./model.ts";

/** Notified when there is something to send. */
export const WEBHOOK_CHANNEL = "webhooks";

/** What a webhook's secret is sealed as. */
export const SECRET_ABOUT = "webhook";

/** Something that happened, to be told to whoever asked for it. */
export type Happening = {
  readonly workspace: WorkspaceId;
  /** The segment it is about. */
  readonly segment: number;
  readonly type: Exclude<HookEvent, "test">;
  /** The event's id: the same happening always has the same, however often it is sent. */
  readonly messageId: string;
  readonly at: Instant;
  /** `data` of the body. */
  readonly data: { readonly [field: string]: unknown };
};

/**
 * Writes down, in the transaction in which it happened, what is to be told to whom; how many deliveries that makes. Once
 * it is committed, the sender is woken.
 */
export async function enqueue(tx: Sql, happenings: readonly Happening[], now: Instant): Promise<number> {
  if (happenings.length === 0) return 0;
  const column = (value: (one: Happening) => string | number) => happenings.map(value).join(SEPARATOR);
  const [row] = await tx.query<{ n: number }>(
    `with told as (
       insert into webhook_deliveries (webhook, workspace, message_id, body, created_at, due_at)
       select w.id, w.workspace, t.message_id, t.body, $5::bigint, $5::bigint
       from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1)))
         as t (workspace, segment, message_id, body)
       join webhooks w on w.workspace = t.workspace::int and (w.segment is null or w.segment = t.segment::int) and w.disabled_at is null
       returning 1)
     select count(*)::int as n, case when count(*) > 0 then pg_notify('${WEBHOOK_CHANNEL}', '') end from told`,
    [column((one) => one.workspace), column((one) => one.segment), column((one) => one.messageId), column(bodyOf), now],
  ); // prettier-ignore
  return row!.n;
}

/** The body of a happening, as every receiver gets it. */
export const bodyOf = ({ type, at, data }: Pick<Happening, "type" | "at" | "data">): string =>
  JSON.stringify({ type, timestamp: isoOf(at), data });

const VIEW = `w.id, w.url, w.segment, w.created_at as "createdAt", w.disabled_at as "disabledAt",
  (select count(*) from webhook_deliveries d where d.webhook = w.id and d.delivered_at is null and d.given_up_at is null) as waiting`;
type WebhookRow = Omit<WebhookView, "createdAt" | "disabledAt"> & {
  readonly createdAt: Instant;
  readonly disabledAt: Instant | null;
};
const viewOf = (row: WebhookRow): WebhookView => ({
  ...row,
  createdAt: isoOf(row.createdAt),
  disabledAt: row.disabledAt === null ? null : isoOf(row.disabledAt),
});

/** The workspace's webhooks, newest first. */
export async function listWebhooks(sql: Sql, workspace: WorkspaceId): Promise<WebhookView[]> {
  const rows = await sql.query<WebhookRow>(`select ${VIEW} from webhooks w where w.workspace = $1 order by w.id desc`, [workspace]); // prettier-ignore
  return rows.map(viewOf);
}

/** One webhook with its secret as it is kept; null when there is none. */
export async function readWebhook(
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
): Promise<{ readonly url: string; readonly secret: string } | null> {
  const [row] = await sql.query<{ url: string; secret: string }>(
    "select url, secret from webhooks where workspace = $1 and id = $2",
    [workspace, id],
  );
  return row ?? null;
}

/** Adds a webhook; null when the segment is none of this workspace's. */
export async function addWebhook(
  sql: Sql,
  workspace: WorkspaceId,
  made: { readonly url: string; readonly segment: number | null; readonly secret: string },
  now: Instant,
): Promise<WebhookView | null> {
  const [row] = await sql.query<WebhookRow>(
    `with w as (
       insert into webhooks (workspace, url, secret, segment, created_at)
       select $1, $2, $3, $4::int, $5 where $4::int is null or exists (select 1 from segments where workspace = $1 and id = $4::int)
       returning *)
     select ${VIEW} from w`,
    [workspace, made.url, made.secret, made.segment, now],
  );
  return row ? viewOf(row) : null;
}

/** Removes a webhook and what was still to be told; whether there was one. */
export async function removeWebhook(sql: Sql, workspace: WorkspaceId, id: number): Promise<boolean> {
  const rows = await sql.query("delete from webhooks where workspace = $1 and id = $2 returning id", [workspace, id]); // prettier-ignore
  return rows.length > 0;
}

type DeliveryRow = {
  readonly id: number;
  readonly messageId: string;
  readonly type: HookEvent;
  readonly createdAt: Instant;
  readonly dueAt: Instant;
  readonly attempts: number;
  readonly deliveredAt: Instant | null;
  readonly givenUpAt: Instant | null;
  readonly status: number | null;
  readonly detail: string | null;
};

/** Deliveries of one webhook before `before`, newest first. */
export async function listDeliveries(
  sql: Sql,
  webhook: number,
  before: number,
  limit: number,
): Promise<readonly DeliveryView[]> {
  const rows = await sql.query<DeliveryRow>(
    `select id, message_id as "messageId", body::json->>'type' as type, created_at as "createdAt", due_at as "dueAt", attempts,
       delivered_at as "deliveredAt", given_up_at as "givenUpAt", status, detail
     from webhook_deliveries where webhook = $1 and id < $2 order by id desc limit $3`,
    [webhook, before, limit],
  );
  return rows.map(({ deliveredAt, givenUpAt, dueAt, createdAt, ...row }) => {
    const doneAt = deliveredAt ?? givenUpAt;
    return {
      ...row,
      state: deliveredAt !== null ? "delivered" : givenUpAt !== null ? "given_up" : "waiting",
      createdAt: isoOf(createdAt),
      dueAt: doneAt === null ? isoOf(dueAt) : null,
      doneAt: doneAt === null ? null : isoOf(doneAt),
    };
  });
}

/** A delivery to be sent now. */
export type Claimed = {
  readonly id: number;
  readonly webhook: number;
  readonly url: string;
  readonly secret: string;
  readonly messageId: string;
  readonly body: string;
  readonly attempts: number;
  readonly claimedUntil: Instant;
};

/**
 * Claims deliveries that are due, at most `max`, and of each webhook no more than is left to it (`busy`: how many are
 * under way). Nobody else sends them until the claim runs out, which is also what repairs a sender that died.
 */
export async function claimDeliveries(
  sql: Sql,
  asked: {
    readonly now: Instant;
    readonly max: number;
    readonly perWebhook: number;
    readonly busy: ReadonlyMap<number, number>;
    readonly claimMs: number;
  },
): Promise<readonly Claimed[]> {
  const { now, max, perWebhook, busy, claimMs } = asked;
  return sql.query<Claimed>(
    `with due as materialized (
       select d.id from webhooks w
       left join unnest($4::int[], $5::int[]) as b (webhook, n) on b.webhook = w.id
       cross join lateral (
         select id from webhook_deliveries d
         where d.webhook = w.id and d.delivered_at is null and d.given_up_at is null and d.due_at <= $1 and d.claimed_until <= $1
         order by d.due_at limit greatest(0, $3::int - coalesce(b.n, 0)) for update skip locked) d
       limit $2)
     update webhook_deliveries d set claimed_until = $1 + $6::bigint, attempts = d.attempts + 1
     from due, webhooks w where d.id = due.id and w.id = d.webhook
     returning d.id, d.webhook, w.url, w.secret, d.message_id as "messageId", d.body, d.attempts, d.claimed_until as "claimedUntil"`,
    [now, max, perWebhook, [...busy.keys()], [...busy.values()], claimMs],
  );
}

export type Outcome = { readonly status: number | null; readonly detail: string | null } & (
  | { readonly end: "delivered" | "given_up" | "gone" }
  | { readonly end: "again"; readonly dueAt: Instant }
);

/** Writes down how a delivery went, unless the claim has passed to somebody else. `gone`: the address wants no more. */
export async function settle(
  sql: Sql,
  { id, webhook, claimedUntil }: Claimed,
  outcome: Outcome,
  now: Instant,
): Promise<void> {
  const over = outcome.end === "given_up" || outcome.end === "gone";
  await sql.query(
    `update webhook_deliveries set claimed_until = 0, status = $3, detail = $4, delivered_at = $5, given_up_at = $6, due_at = coalesce($7, due_at)
     where id = $1 and claimed_until = $2`,
    [
      id, claimedUntil, outcome.status, outcome.detail, outcome.end === "delivered" ? now : null, over ? now : null,
      outcome.end === "again" ? outcome.dueAt : null,
    ],
  ); // prettier-ignore
  if (outcome.end !== "gone") return;
  await sql.query("update webhooks set disabled_at = $2 where id = $1 and disabled_at is null", [webhook, now]); // prettier-ignore
  await sql.query(
    "update webhook_deliveries set given_up_at = $2, detail = $3 where webhook = $1 and delivered_at is null and given_up_at is null and claimed_until <= $2",
    [webhook, now, "The address answered that it wants no more (410)."],
  );
}

/** When the next delivery is due that is not under way; null when none waits. */
export async function nextDue(sql: Sql, now: Instant): Promise<Instant | null> {
  const [row] = await sql.query<{ due: Instant }>(
    "select due_at as due from webhook_deliveries where delivered_at is null and given_up_at is null and claimed_until <= $1 order by due_at limit 1",
    [now],
  );
  return row?.due ?? null;
}

/** Forgets deliveries that were done with before `until`. */
export async function forgetDeliveries(sql: Sql, until: Instant): Promise<void> {
  await sql.query("delete from webhook_deliveries where coalesce(delivered_at, given_up_at) < $1", [until]);
}

/** Seals with the key in use what was kept plain or sealed with another key that is here; how many webhooks that were. */
export async function resealWebhooks(tx: Sql, vault: Vault): Promise<number> {
  const rows = await tx.query<{ id: number; secret: string }>("select id, secret from webhooks order by id for update"); // prettier-ignore
  let changed = 0;
  for (const { id, secret } of rows) {
    const text = keyNameOf(secret) === vault.keyName ? null : openedText(vault, secret, SECRET_ABOUT);
    if (text === null) continue;
    await tx.query("update webhooks set secret = $2 where id = $1", [id, vault.seal(text, SECRET_ABOUT)]);
    changed++;
  }
  return changed;
}
