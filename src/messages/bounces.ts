/** Mail that came back, whichever way it is brought: by the mail server's pipe over HTTP, or by SMTP (bounce-server.ts). */
import type { Sql } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import type { Clock } from "../values.ts";
import { readNotice } from "./drivers/dsn.ts";
import type { Report } from "./model.ts";
import type { ProviderRow } from "./provider-store.ts";
import { configOf } from "./providers.ts";
import { applyReports, reportsOfNotice } from "./reports.ts";

export type BounceDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  /** Appends events of our own to the inbox. */
  readonly tell: (events: readonly Event[]) => Promise<void>;
};

/** Applies what a provider tells, and tells the customers' history of it; how much of it was news. */
export const applyAndTell = ({ sql, clock, tell }: BounceDeps, provider: ProviderRow, reports: readonly Report[]): Promise<number> =>
  sql.transaction(async (tx) => {
    const events = await applyReports(tx, provider, reports, clock());
    // Before the reports are committed: told twice it is one event, and not told it would be none.
    if (events.length > 0) await tell(events);
    return events.length;
  }); // prettier-ignore

/** Whether the mail that is told of left by this provider: others may share its envelope sender. */
const leftBy = async (sql: Sql, { id, workspace }: ProviderRow, { messageId }: Report): Promise<boolean> =>
  (await sql.query("select 1 as one from messages where id = $1 and workspace = $2 and provider = $3", [messageId, workspace, id])).length > 0; // prettier-ignore

/**
 * Takes one mail as it is. `sentTo`: the address it was brought to, where nobody says of which provider's mail it tells:
 * then only what left by this one counts. What is no bounce or complaint, or is about no message of this provider, changes nothing.
 */
export async function takeMail(deps: BounceDeps, provider: ProviderRow, mail: Buffer, sentTo: string | null = null): Promise<{ readonly reports: number; readonly told: number }> {
  const notice = readNotice(mail.toString("latin1"));
  if (!notice) return { reports: 0, told: 0 };
  const known = sentTo === null ? notice : { ...notice, sentTo: [sentTo, ...notice.sentTo] };
  const all = reportsOfNotice(known, provider.id, configOf(provider, "smtp")?.bounces, deps.clock());
  const reports = sentTo === null || (all[0] && (await leftBy(deps.sql, provider, all[0]))) ? all : [];
  return { reports: reports.length, told: reports.length === 0 ? 0 : await applyAndTell(deps, provider, reports) };
} // prettier-ignore
