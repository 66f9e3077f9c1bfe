/**
 * What follows from what providers tell: each report is written down once, addresses that are dead or unwilling get
 * nothing any more, and the customer's history is told. All of it in the transaction it is given.
 */
import { createHash } from "node:crypto";
import type { Sql } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { type MessageChannel, type Suppression, TRANSACTIONAL } from "../permission/model.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import type { Notice } from "./drivers/dsn.ts";
import { type Bounces, idOfBounceAddress, idOfMail } from "./drivers/mail.ts";
import { happeningOf } from "./happenings.ts";
import type { Report } from "./model.ts";

/** The provider whose callback it was: it speaks of messages that went by it, and of no others. */
export type Reporter = { readonly id: number; readonly workspace: WorkspaceId; readonly channel: MessageChannel }; // prettier-ignore

type Named = {
  readonly id: string;
  readonly atom: AtomId;
  readonly version: number | null;
  readonly step: string | null;
  readonly providerId: string | null;
  readonly purpose: string;
  readonly journey: number | null;
  readonly template: number;
  readonly address: string | null;
};

/** An answer belongs to the last message of so long. */
const ANSWER_MS = 30 * 86_400_000;
/** Of a report's time a clock that runs ahead is believed no further. */
const AHEAD_MS = 60_000;

/**
 * Applies reports; those that came before change nothing. Returns the events to be told of customers, in the
 * reports' order; the same report always makes the same event. A report about a message that is not this provider's own still counts for its address, where it names one.
 */
export async function applyReports(
  tx: Sql,
  reporter: Reporter,
  reports: readonly Report[],
  now: Instant,
): Promise<readonly Event[]> {
  const unique = [...new Map(reports.map((report) => [report.reportId, report])).values()];
  if (unique.length === 0) return [];
  const messageOf = await messagesOf(tx, reporter, unique, now);
  const fresh = await writeDown(tx, reporter, unique, messageOf);
  const events: Event[] = [];
  for (const report of unique) {
    if (!fresh.has(report.reportId)) continue;
    const message = messageOf(report);
    const at = Math.min(report.at, now + AHEAD_MS);
    await heed(tx, reporter, { ...report, at }, message, now);
    if (message && report.what !== "deferred") events.push(eventOf(reporter, { ...report, at }, message));
  }
  await lift(tx, unique.flatMap((report) => (report.what === "replied" ? [] : (messageOf(report)?.id ?? []))), now);
  return events;
} // prettier-ignore

/** Finds the messages that reports are about: by our id, by the provider's, or the last one an answer can be to. */
async function messagesOf(tx: Sql, { id, workspace, channel }: Reporter, reports: readonly Report[], now: Instant) {
  const COLUMNS = `m.id, m.atom, m.version, m.step, m.provider_id as "providerId", m.purpose, m.journey, m.template, m.address`;
  const ids = reports.flatMap(({ messageId }) => messageId ?? []);
  const providerIds = reports.flatMap(({ providerId }) => providerId ?? []);
  const named = await tx.query<Named>(
    `select ${COLUMNS} from messages m where m.workspace = $1 and m.id = any($2::text[]) and m.channel = $5 and (m.provider is null or m.provider = $3)
     union select ${COLUMNS} from messages m where m.workspace = $1 and m.provider = $3 and m.provider_id = any($4::text[]) and m.channel = $5`,
    [workspace, ids, id, providerIds, channel],
  );
  const byId = new Map(named.map((one) => [one.id, one]));
  const byProviderId = new Map(named.flatMap((one) => (one.providerId === null ? [] : [[one.providerId, one] as const])));
  const find = ({ messageId, providerId }: Report) => byId.get(messageId ?? "") ?? byProviderId.get(providerId ?? "");
  const unnamed = channel === "sms" || channel === "whatsapp" ? reports.filter((report) => !find(report)).flatMap(({ address }) => address ?? []) : [];
  const last = unnamed.length === 0 ? [] : await tx.query<Named>(
    `select ${COLUMNS} from unnest($2::text[]) as a (address) cross join lateral (
       select * from messages m where m.workspace = $1 and m.address = a.address and m.channel = $3 and m.channel in ('sms', 'whatsapp')
         and m.created_at > $4 and m.state in ('sent', 'unknown') order by m.created_at desc limit 1) m`,
    [workspace, [...new Set(unnamed)], channel, now - ANSWER_MS],
  );
  const byAddress = new Map(last.map((one) => [one.address, one]));
  return (report: Report): Named | undefined => find(report) ?? byAddress.get(report.address);
} // prettier-ignore

/** Writes reports down; which of them are new. */
async function writeDown(
  tx: Sql,
  { workspace }: Reporter,
  reports: readonly Report[],
  messageOf: (report: Report) => Named | undefined,
): Promise<ReadonlySet<string>> {
  const column = <T>(value: (report: Report) => T) => reports.map(value);
  const rows = await tx.query<{ id: string }>(
    `insert into message_reports (workspace, report_id, message, what, at, detail)
     select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) on conflict (workspace, report_id) do nothing
     returning report_id as id`,
    [
      workspace, column(({ reportId }) => reportId), column((report) => messageOf(report)?.id ?? null), column(({ what }) => what),
      column(({ at }) => Math.round(at)), column(({ detail }) => detail),
    ],
  ); // prettier-ignore
  return new Set(rows.map(({ id }) => id));
}

/** What a report means for the address it is about. */
async function heed(tx: Sql, { workspace, channel }: Reporter, report: Report, message: Named | undefined, now: Instant): Promise<void> {
  const told = message?.address ?? report.address;
  if (told === null || told === undefined) return;
  const address = channel === "email" ? told.toLowerCase() : told;
  const { what, at, detail, purpose, permanent } = report;
  if (what === "resubscribed") return unsuppress(tx, { workspace, channel, address, purpose: purpose ?? null, at });
  const reason = REASONS[what];
  if (reason === undefined || (reason === "bounced" && !permanent)) return;
  const declined = reason === "unsubscribed" ? (purpose ?? declinedBy(channel, message)) : "";
  await suppress(tx, { workspace, channel, address, purpose: declined, reason, message: message?.id ?? null, detail, at }, now);
} // prettier-ignore
const REASONS: { readonly [what in Report["what"]]?: Suppression } = {
  bounced: "bounced",
  complained: "complained",
  unsubscribed: "unsubscribed",
};

/** A word such as STOP declines a number's every message; leaving a mailing list declines what it was for. */
function declinedBy(channel: MessageChannel, message: Named | undefined): string {
  if (channel !== "email" || !message) return "";
  return message.purpose === TRANSACTIONAL ? "marketing" : message.purpose;
}

export type Suppressed = {
  readonly workspace: WorkspaceId;
  readonly channel: MessageChannel;
  readonly address: string;
  /** Empty: whatever it is for. */
  readonly purpose: string;
  readonly reason: Suppression;
  readonly message: string | null;
  readonly detail: string;
  readonly at: Instant;
};

/**
 * Lets an address get nothing any more. Of two reasons the graver one is kept, so that lifting one does not lift the
 * other. A push address is retired with it, unless it was told again since.
 */
export async function suppress(tx: Sql, made: Suppressed, now: Instant): Promise<void> {
  const { workspace, channel, address, purpose, reason, message, detail, at } = made;
  await tx.query(
    `insert into suppressions as s (workspace, channel, address, purpose, reason, since_at, message, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (workspace, channel, address, purpose) do update
       set reason = excluded.reason, since_at = excluded.since_at, message = excluded.message, detail = excluded.detail
       where array_position($9::text[], excluded.reason) > array_position($9::text[], s.reason)`,
    [workspace, channel, address, purpose, reason, Math.round(at), message, detail, GRAVITY],
  );
  if (channel !== "web_push" && channel !== "mobile_push") return;
  await tx.query(
    "update push_addresses set retired_at = $4 where workspace = $1 and channel = $2 and address = $3 and retired_at is null and told_at <= $5",
    [workspace, channel, address, now, Math.round(at)],
  );
}
/** From what may pass to what never does: an address that bounced may be mended, what a person said stays said. */
const GRAVITY: readonly Suppression[] = ["invalid", "bounced", "unsubscribed", "complained", "erased"];

/** Lets an address that declined get messages again; whatever else is against it stays. */
async function unsuppress(
  tx: Sql,
  { workspace, channel, address, purpose, at }: { workspace: WorkspaceId; channel: MessageChannel; address: string; purpose: string | null; at: Instant },
): Promise<void> {
  await tx.query(
    `delete from suppressions where workspace = $1 and channel = $2 and address = $3 and reason = 'unsubscribed' and since_at <= $4
       and ($5::text is null or purpose = $5)`,
    [workspace, channel, address, Math.round(at), purpose],
  );
} // prettier-ignore

/** A message of which nobody knew whether it was sent was sent, when its provider tells of it. */
async function lift(tx: Sql, ids: readonly string[], now: Instant): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(
    "update messages set state = 'sent', settled_at = coalesce(settled_at, $2) where id = any($1::text[]) and state = 'unknown'",
    [[...new Set(ids)], now],
  );
}

function eventOf({ workspace, channel }: Reporter, report: Report, message: Named): Event {
  const { what, at, detail, permanent } = report;
  const said = {
    ...(what === "bounced" && { permanent, detail }),
    ...(what === "failed" && { detail }),
    ...(what === "clicked" && detail !== "" && { url: detail }),
    ...(what === "replied" && { text: detail }),
  };
  return happeningOf({ ...message, workspace, channel }, what, at, said, againOf(report));
}

/** What can happen more than once to a message is named by its report. */
function againOf({ what, permanent, reportId }: Report): string {
  if (what === "bounced") return permanent ? "permanent" : "";
  if (what !== "clicked" && what !== "replied") return "";
  return createHash("sha256").update(reportId).digest("hex").slice(0, 12);
}

/**
 * What a mail that came back says, of our mail that its own address or the mail enclosed names; nothing when neither
 * does. The address it is about is then our message's own: anybody can send such a mail, and name any address in it.
 */
export function reportsOfNotice(notice: Notice, provider: number, bounces: Bounces | undefined, now: Instant): readonly Report[] {
  const messageId = notice.sentTo.map((address) => bounces && idOfBounceAddress(address, bounces)).find(Boolean) ?? idOfMail(notice.mailId);
  if (!messageId) return [];
  const base = { provider, providerId: null, messageId, at: notice.at ?? now, address: null };
  if (notice.type === "complaint") {
    // "not-spam" takes a complaint back that nobody made to us; the rest but "opt-out" is a complaint.
    if (notice.kind === "not-spam") return [];
    const what = notice.kind.startsWith("opt-out") ? "unsubscribed" : "complained";
    return [{ ...base, reportId: `arf:${messageId}:${notice.kind.slice(0, 50)}`, what, permanent: true, detail: notice.kind.slice(0, 50) }];
  }
  return notice.recipients.slice(0, 1).flatMap(({ action, status, permanent, detail }): readonly Report[] => {
    const what = ({ failed: "bounced", delayed: "deferred", delivered: "delivered", relayed: "delivered", expanded: null } as const)[action];
    return what === null ? [] : [{ ...base, reportId: `dsn:${messageId}:${action}:${status ?? ""}`, what, permanent, detail }];
  });
} // prettier-ignore
