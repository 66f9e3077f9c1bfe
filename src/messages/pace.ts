/**
 * A provider's rate, kept over all processes that send: when the next message may go lies in one row, and whoever wants to
 * hand messages over takes turns from it first. What was taken and not used is given back; what a process that died had
 * taken is lost, which sends less and never more.
 */
import type { Sql } from "../db/postgres.ts";
import type { Instant } from "../values.ts";

/** Turns taken, and when the next one comes. */
export type Turns = { readonly n: number; readonly nextAt: Instant };
export type Pace = { readonly provider: number; readonly perSecond: number };

/** A rate gathers for so long, so that a burst leaves at once; a slow one always lets one message go. */
export const GATHER_MS = 1_000;

/** Takes at most `max` turns of a provider's rate. */
export async function takeTurns(sql: Sql, { provider, perSecond }: Pace, max: number, now: Instant): Promise<Turns> {
  const gatheredAt = now - Math.max(GATHER_MS, 1000 / perSecond);
  const take = () =>
    sql.query<Turns>(
      `with held as materialized (select provider, greatest(next_at, $2::float8) as at from provider_paces where provider = $1 for update),
       turns as (select provider, at, greatest(0, least($5::int, floor(($3::float8 - at) * $4::float8 / 1000 + 1e-6)))::int as n from held)
       update provider_paces p set next_at = t.at + t.n * 1000 / $4::float8 from turns t where p.provider = t.provider
       returning t.n, p.next_at + 1000 / $4::float8 as "nextAt"`,
      [provider, gatheredAt, now, perSecond, max],
    );
  const [taken] = await take();
  if (taken) return taken;
  await sql.query("insert into provider_paces (provider, next_at) values ($1, $2) on conflict do nothing", [provider, gatheredAt]); // prettier-ignore
  const [first] = await take();
  // A provider that was removed meanwhile hands nothing over.
  return first ?? { n: 0, nextAt: now + GATHER_MS };
} // prettier-ignore

/** How many messages may be handed over now; `unused` gives turns back. A provider without a rate lets any number go. */
export type Allowance = Turns & { unused(n: number): Promise<unknown> };
export async function allowanceOf(sql: Sql, { id, perSecond }: { readonly id: number; readonly perSecond: number | null }, max: number, now: Instant): Promise<Allowance> {
  if (perSecond === null) return { n: max, nextAt: now, unused: async () => undefined };
  const pace = { provider: id, perSecond };
  const turns = await takeTurns(sql, pace, max, now);
  return { ...turns, unused: async (n) => (n > 0 ? giveBackTurns(sql, pace, n) : undefined) };
} // prettier-ignore

/** Gives turns back that were not used. */
export const giveBackTurns = (sql: Sql, { provider, perSecond }: Pace, n: number): Promise<unknown> =>
  sql.query("update provider_paces set next_at = next_at - $2::float8 where provider = $1", [provider, (n * 1000) / perSecond]); // prettier-ignore
