/** The statements on calls: claiming what is due, settling each once, and what is still to be told. */
import type { Database, Sql } from "../db/postgres.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import { CALL_LIMITS, type CallOutcome, type Settled } from "./call-rules.ts";

/** A webhook to be called now. */
export type ClaimedCall = {
  readonly id: string;
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly run: string;
  readonly url: string;
  /** Liquid that renders to JSON; empty: what is known is sent as it is. */
  readonly body: string;
  readonly keep: { readonly [name: string]: string };
  readonly context: JsonObject;
  readonly attempts: number;
  readonly claimedUntil: Instant;
};

/**
 * Claims webhooks that are due, at most `max`, and to each address no more than are left to it (`busy`: how many are under
 * way). Nobody else makes them until the claim runs out, which is also what repairs a process that died.
 */
export const claimCalls = (sql: Sql, asked: { readonly now: Instant; readonly max: number; readonly busy: ReadonlyMap<string, number> }): Promise<readonly ClaimedCall[]> =>
  sql.query<ClaimedCall>(
    `with busy as materialized (select * from unnest($3::text[], $4::int[]) as t (url, n)),
     found as materialized (
       select c.id, c.due_at, coalesce(b.n, 0) as n, row_number() over (partition by c.url order by c.due_at, c.id) as place from (
         select id, body->>'url' as url, due_at from calls
         where state = 'due' and kind = 'webhook' and due_at <= $1 and claimed_until <= $1
           and body->>'url' not in (select url from busy where n >= ${CALL_LIMITS.perAddress})
         order by due_at, id limit 1000) c left join busy b on b.url = c.url),
     taken as materialized (
       select id from calls where id in (select id from found where n + place <= ${CALL_LIMITS.perAddress} order by due_at, id limit $2)
         and state = 'due' and claimed_until <= $1 for update skip locked)
     update calls c set claimed_until = $1 + ${CALL_LIMITS.claimMs}::bigint, attempts = c.attempts + 1 from taken where c.id = taken.id
     returning c.id, c.workspace, c.atom, c.run, c.body->>'url' as url, c.body->>'body' as body, c.body->'keep' as keep, c.body->'context' as context,
       c.attempts, c.claimed_until as "claimedUntil"`,
    [asked.now, asked.max, [...asked.busy.keys()], [...asked.busy.values()]],
  ); // prettier-ignore

/** Writes down how a call went, unless the claim has passed to somebody else or the run that wanted it has ended. */
export async function settleCall(sql: Sql, { id, claimedUntil }: ClaimedCall, outcome: CallOutcome, now: Instant): Promise<void> {
  if (outcome.type === "again")
    await sql.query("update calls set claimed_until = 0, due_at = $3, detail = $4 where id = $1 and claimed_until = $2 and state = 'due'", [
      id, claimedUntil, outcome.dueAt, outcome.detail,
    ]);
  else
    await sql.query(
      "update calls set claimed_until = 0, state = $3, settled_at = $4, answer = $5, detail = $6 where id = $1 and claimed_until = $2 and state = 'due'",
      [
        id, claimedUntil, outcome.type, now, outcome.type === "done" ? JSON.stringify(outcome.answer) : null,
        outcome.type === "failed" ? `${outcome.reason}: ${outcome.detail}` : null,
      ],
    );
} // prettier-ignore

/**
 * Does what needs nobody outside: traits are only told, audiences are changed, in the transaction that settles them. Of
 * one run's changes of audiences only the earliest is taken, so that they come in their order. How many were done.
 */
export const doQuickCalls = (sql: Database, now: Instant): Promise<number> =>
  sql.transaction(async (tx) => {
    const [row] = await tx.query<{ n: number }>(
      `with taken as materialized (
         select id, workspace, atom, kind, body, due_at from calls c
         where state = 'due' and kind <> 'webhook' and due_at <= $1 and (kind = 'update' or not exists (
           select 1 from calls e where e.run = c.run and e.state = 'due' and e.kind = 'audience' and (e.due_at, length(e.id), e.id) < (c.due_at, length(c.id), c.id)))
         order by due_at, id limit ${CALL_LIMITS.quickMax} for update skip locked),
       changes as (select distinct on (workspace, body->>'audience', atom) workspace, body->>'audience' as audience, atom, body->>'change' as change
         from taken where kind = 'audience' order by workspace, body->>'audience', atom, due_at desc, length(id) desc, id desc),
       added as (insert into audience_members (workspace, audience, atom, since_at) select workspace, audience, atom, $1 from changes where change = 'add'
         order by 1, 2, 3 on conflict do nothing),
       removed as (delete from audience_members m using changes c where c.change = 'remove' and m.workspace = c.workspace and m.audience = c.audience and m.atom = c.atom),
       done as (update calls c set state = 'done', settled_at = $1 from taken t where c.id = t.id returning 1)
       select count(*)::int as n from done`,
      [now],
    );
    return row!.n;
  });

/** What came to its end and was not told yet, the earliest first. */
export const readUntoldCalls = (sql: Sql, max: number): Promise<readonly Settled[]> =>
  sql.query<Settled>(
    `select id, workspace, atom, kind, body, state, answer, detail, due_at as "dueAt", settled_at as "settledAt" from calls
     where settled_at is not null and told_at is null order by settled_at, id limit $1`,
    [max],
  );

/** Notes that these were told. */
export const markCallsTold = (sql: Sql, ids: readonly string[], now: Instant): Promise<unknown> =>
  sql.query("update calls set told_at = $2 where id = any($1::text[])", [ids, now]);

/** When the next call is due that nobody makes now; null: none waits. */
export async function nextCallDue(sql: Sql, now: Instant): Promise<Instant | null> {
  const [row] = await sql.query<{ due: Instant }>("select due_at as due from calls where state = 'due' and claimed_until <= $1 order by due_at limit 1", [now]); // prettier-ignore
  return row?.due ?? null;
}

/** Forgets calls that were told before `until`, and those that were never made because their run ended by then. */
export const forgetCalls = (sql: Sql, until: Instant): Promise<unknown> =>
  sql.query("delete from calls where told_at < $1 or (state = 'failed' and settled_at is null and due_at < $1)", [until]); // prettier-ignore
