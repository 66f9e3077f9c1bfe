/**
 * Reading the event log for one customer, or for what came lately: what ClickHouse holds, and what the workers have
 * handled but the log does not have yet, so that a timeline is complete the moment an event was processed.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { readInboxRows } from "../events/inbox.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";

/** An event as the log holds it: objects are JSON text, absent ones empty. */
export type LoggedEvent = {
  readonly atom: AtomId;
  readonly id: string;
  readonly type: Event["type"];
  readonly name: string;
  readonly happenedAt: Instant;
  readonly receivedAt: Instant;
  readonly channel: Event["channel"];
  readonly touchpoint: string;
  readonly identifiers: string;
  readonly properties: string;
  readonly traits: string;
  readonly campaign: string;
  readonly referrer: string;
  readonly accountId: string;
  readonly previous: string;
  readonly consents: string;
  readonly context: string;
};
export const LOGGED_COLUMNS =
  "atom, id, type, name, happenedAt, receivedAt, channel, touchpoint, identifiers, properties, traits, campaign, referrer, accountId, previous, consents, context";

/** Batches that are looked through for what the log does not have yet; more means that the log is far behind. */
const UNLOGGED_BATCHES_MAX = 100;

export type MomentsQuery = {
  readonly workspace: WorkspaceId;
  readonly atoms: readonly AtomId[];
  readonly limit: number;
  /** Only what comes after this place in newest-first order. */
  readonly after: readonly [happenedAt: Instant, id: string] | null;
  readonly channel: string | null;
  /** Only events of these names, and whatever happened since `orSince`, where that is told. */
  readonly names?: readonly string[];
  readonly orSince?: Instant;
};

/** The newest events of these atoms, newest first (of one instant the greater id first). */
export async function momentsOf(
  sql: Sql,
  log: EventLog,
  query: MomentsQuery,
): Promise<readonly LoggedEvent[]> {
  const { workspace, atoms, limit, after, channel, names, orSince = Infinity } = query;
  // First what is not logged yet: an event that is logged meanwhile is then found twice, not missed.
  const fresh = await unloggedOf(sql, atoms);
  const logged = await log.rows<LoggedEvent>(
    `select ${LOGGED_COLUMNS} from events
     where workspace = ${workspace} and atom in (${atoms.join(",")})
       ${after ? "and (happenedAt, id) < ({at:Int64}, {id:String})" : ""} ${channel === null ? "" : "and channel = {channel:String}"}
       ${names ? `and (name in {names:Array(String)}${Number.isFinite(orSince) ? " or happenedAt >= {since:Int64}" : ""})` : ""}
     order by happenedAt desc, id desc limit ${limit}`,
    {
      ...(after && { at: after[0], id: after[1] }),
      ...(channel !== null && { channel }),
      ...(names && { names }),
      ...(Number.isFinite(orSince) && { since: orSince }),
    },
  );
  const wanted = fresh.filter(
    (event) =>
      (channel === null || event.channel === channel) &&
      (!names || names.includes(event.name) || event.happenedAt >= orSince) &&
      (!after || event.happenedAt < after[0] || (event.happenedAt === after[0] && event.id < after[1])),
  );
  const once = new Map([...logged, ...wanted].map((event) => [event.id, event]));
  return [...once.values()]
    .toSorted((a, b) => b.happenedAt - a.happenedAt || (a.id < b.id ? 1 : -1))
    .slice(0, limit);
}

async function unloggedOf(sql: Sql, atoms: readonly AtomId[]): Promise<readonly LoggedEvent[]> {
  const batches = await sql.query<{ rows: string; atoms: string; own: string }>(
    "select rows, atoms, own from log_batches order by id desc limit $1",
    [UNLOGGED_BATCHES_MAX],
  );
  const ours = new Set(atoms.map(String));
  const found: LoggedEvent[] = [];
  for (const batch of batches) {
    for (const line of batch.own === "" ? [] : batch.own.split("\n")) {
      const { atom, ...event } = JSON.parse(line) as Event & { readonly atom: AtomId };
      if (ours.has(String(atom))) found.push(loggedOf(atom, event));
    }
    const on = batch.atoms.split(",");
    if (!on.some((atom) => ours.has(atom))) continue;
    const rows = await readInboxRows(sql, JSON.parse(batch.rows) as [number, number, number][]);
    const lines = rows.flatMap(({ body }) => body.split("\n"));
    for (const [i, line] of lines.entries())
      if (ours.has(on[i] ?? "")) found.push(loggedOf(Number(on[i]) as AtomId, JSON.parse(line) as Event));
  }
  return found;
}

/** An event in the form of the log. */
export function loggedOf(atom: AtomId, event: Event): LoggedEvent {
  const text = (value: unknown) => (value === undefined ? "" : JSON.stringify(value));
  return {
    atom, id: event.id, type: event.type, name: event.name, happenedAt: event.happenedAt, receivedAt: event.receivedAt,
    channel: event.channel, touchpoint: event.touchpoint, referrer: event.referrer ?? "", accountId: event.accountId ?? "",
    identifiers: text(event.identifiers), properties: text(event.properties), traits: text(event.traits), campaign: text(event.campaign),
    previous: text(event.previous), consents: text(event.consents), context: text(event.context),
  }; // prettier-ignore
}

/** A logged event's parts beyond the common ones, as `more` of a timeline. */
export function moreOf(event: LoggedEvent): JsonObject {
  const parsed = (text: string) => (text === "" ? undefined : (JSON.parse(text) as JsonObject));
  const more = {
    campaign: parsed(event.campaign), referrer: event.referrer || undefined, accountId: event.accountId || undefined,
    previous: parsed(event.previous), consents: parsed(event.consents), context: parsed(event.context),
  }; // prettier-ignore
  return Object.fromEntries(
    Object.entries(more).filter(
      (entry): entry is [string, NonNullable<(typeof entry)[1]>] => entry[1] !== undefined,
    ),
  );
}
