/**
 * The loop that brings digests and looks for changes. Whoever writes an occasion's row composes it, and whoever turns a
 * mail to `sending` hands it over, so each goes out once however many processes look. A mail whose sender died in between
 * is unknown: it is not sent again.
 */
import { createHash } from "node:crypto";
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import type { Delivery, Outgoing } from "../messages/model.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import { composeDigest } from "./compose.ts";
import { DigestDraft } from "./model.ts";
import { type DigestRow, dueAt, readDigests } from "./store.ts";
import { lookForChanges } from "./watch.ts";

export type DigestDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Hands a mail over to the workspace's own provider of email. */
  readonly handOver: (outgoing: Outgoing) => Promise<Delivery>;
  readonly onFault: (cause: unknown) => void;
};

const LOOK_MS = 60_000;
const ATTEMPTS_MAX = 5;
const AGAIN_MS = 5 * 60_000;
/** Longer than any driver takes: whoever held it is gone. */
const GONE_MS = 10 * 60_000;
const KEPT_MS = 90 * 86_400_000;
const MAILS_AT_ONCE = 100;

/** Starts the loop; it looks every minute. */
export const startDigests = (deps: DigestDeps): Rounds =>
  startRounds({
    round: async (isStopping) => {
      await bringDigests(deps);
      if (!isStopping()) await lookForChanges(deps);
      return LOOK_MS;
    },
    onFault: deps.onFault,
    faultMs: LOOK_MS,
  });

/** Composes what is due and hands over what waits; how many mails were sent. */
export async function bringDigests(deps: DigestDeps): Promise<number> {
  const now = deps.clock();
  for (const digest of await readDigests(deps.sql, null))
    try {
      const at = dueAt(digest, now);
      if (at !== null) await compose(deps, digest, at, now);
    } catch (cause) {
      // One digest's trouble is no other's.
      deps.onFault(cause);
    }
  await deps.sql.query("update digest_mails set state = 'unknown', detail = 'The process that was sending it ended.' where state = 'sending' and due_at < $1", [now - GONE_MS]);
  return handOverDue(deps, now);
} // prettier-ignore

/** Writes the occasion down, then composes it. What cannot be composed says why. */
async function compose(deps: DigestDeps, digest: DigestRow, at: Instant, now: Instant): Promise<void> {
  const { sql } = deps;
  const [mine] = await sql.query("insert into digest_occasions (digest, at, problem) values ($1, $2, 'It is being composed.') on conflict do nothing returning 1 as one", [digest.id, at]);
  if (!mine) return;
  await sql.query("delete from digest_occasions where digest = $1 and at < $2", [digest.id, now - KEPT_MS]);
  try {
    const { subject, text, html } = await composeDigest(deps, digest, now);
    const { to } = DigestDraft.parse(digest.draft);
    await sql.transaction(async (tx) => {
      await tx.query("update digest_occasions set subject = $3, body_text = $4, body_html = $5, problem = null where digest = $1 and at = $2", [digest.id, at, subject, text, html]);
      await tx.query(
        "insert into digest_mails (digest, at, address, state, due_at) select $1, $2, address, 'due', $4 from unnest($3::text[]) as t (address) on conflict do nothing",
        [digest.id, at, [...new Set(to.map((address) => address.toLowerCase()))], now],
      );
    });
  } catch (cause) {
    await sql.query("update digest_occasions set problem = 'It could not be composed.' where digest = $1 and at = $2", [digest.id, at]);
    throw cause;
  }
} // prettier-ignore

type MailRow = { readonly digest: number; readonly at: Instant; readonly address: string; readonly attempts: number; readonly workspace: WorkspaceId; readonly subject: string; readonly text: string; readonly html: string }; // prettier-ignore

async function handOverDue(deps: DigestDeps, now: Instant): Promise<number> {
  const { sql } = deps;
  const mine = await sql.query<MailRow>(
    `with due as (select digest, at, address from digest_mails where state = 'due' and due_at <= $1 order by due_at limit ${MAILS_AT_ONCE} for update skip locked),
     taken as (update digest_mails m set state = 'sending', due_at = $1, attempts = m.attempts + 1 from due d where m.digest = d.digest and m.at = d.at and m.address = d.address
       returning m.digest, m.at, m.address, m.attempts)
     select t.*, g.workspace, o.subject, o.body_text as text, o.body_html as html from taken t join digests g on g.id = t.digest join digest_occasions o on o.digest = t.digest and o.at = t.at`,
    [now],
  );
  let sent = 0;
  for (const mail of mine) if (await handOver(deps, mail, now)) sent++;
  return sent;
} // prettier-ignore

async function handOver({ sql, handOver: give }: DigestDeps, mail: MailRow, now: Instant): Promise<boolean> {
  const { digest, at, address, attempts, workspace, subject, text, html } = mail;
  // The same for each try, so that a provider that can sends it once.
  const id = `digest-${digest}-${at}-${createHash("sha256").update(address).digest("hex").slice(0, 12)}`;
  const delivery = await give({
    id, workspace, customer: "c0", to: address, purpose: "transactional", unsubscribe: null,
    content: { channel: "email", subject, html, text, from: null, replyTo: null },
  }).catch((cause: unknown): Delivery => ({ type: "unknown", detail: cause instanceof Error ? cause.message : String(cause) }));
  const settle = (state: string, detail: string, dueMs = now) =>
    sql.query("update digest_mails set state = $4, detail = $5, due_at = $6 where digest = $1 and at = $2 and address = $3", [digest, at, address, state, detail.slice(0, 500), dueMs]);
  switch (delivery.type) {
    case "sent":
      await settle("sent", "");
      return true;
    case "retry":
      if (attempts >= ATTEMPTS_MAX) await settle("failed", delivery.detail);
      else await settle("due", delivery.detail, now + (delivery.afterMs ?? AGAIN_MS));
      return false;
    case "failed":
      await settle("failed", delivery.detail);
      return false;
    case "unknown":
      await settle("unknown", delivery.detail);
      return false;
  }
} // prettier-ignore
