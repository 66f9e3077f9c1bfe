/** The house kept in order, now and every hour: partitions made ahead, and what has run out forgotten. */
import type { Config } from "./config.ts";
import type { Sql } from "./db/postgres.ts";
import { forgetLooks } from "./desk/store.ts";
import { dropInboxPartitions, ensureInboxPartitions } from "./events/inbox.ts";
import type { Clock } from "./values.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Runs once before it answers, then hourly until `stop`. */
export async function keepUp(
  sql: Sql,
  config: Config,
  clock: Clock,
  onFault: (cause: unknown) => void,
): Promise<{ stop(): void }> {
  await tidy(sql, config, clock());
  const timer = setInterval(() => void tidy(sql, config, clock()).catch(onFault), HOUR_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

async function tidy(sql: Sql, config: Config, now: number): Promise<void> {
  await ensureInboxPartitions(sql, now);
  await dropInboxPartitions(sql, now - config.THROUGHLINE_INBOX_DAYS * DAY_MS);
  await sql.query("delete from seen where day < $1", [
    Math.floor(now / DAY_MS) - config.THROUGHLINE_SEEN_DAYS,
  ]);
  await forgetLooks(sql, now);
}
