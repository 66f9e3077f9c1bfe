/** What customers do with messages, as events that go the way of all others: through the inbox, once, to their own atom. */
import type { Sql } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { type About, EVENT_CHANNEL, happeningOf, nameOf } from "./happenings.ts";
import type { Happening, Tell } from "./model.ts";

/** The event of a happening; `about` null: it came by no message, or by one that is gone. Pure. */
export function eventOf({ id, workspace, atom, name, at, message, channel, properties, consents }: Happening, about: About | null): Event {
  const event: Event = {
    workspace, id, type: "track", name, happenedAt: at, receivedAt: at, originalAt: null, sentAt: null, identifiers: [nameOf(atom)],
    channel: channel === null ? "web" : (EVENT_CHANNEL[channel] ?? "other"), touchpoint: channel === null ? "preferences" : "message",
    properties: { ...(message !== null && { message }), ...(channel !== null && { channel }), ...properties },
    ...(consents.length > 0 && { consents }), key: 0, of: atom,
  };
  // The properties are those of a provider's report; the id is our own, which tells people and programs apart.
  return about === null ? event : { ...event, properties: happeningOf(about, "", at, properties).properties! };
} // prettier-ignore

/** Tells by the inbox: when it resolves, what was told is durable. */
export const tellBy =
  (sql: Sql, inbox: { append(events: readonly Event[]): Promise<unknown> }): Tell =>
  async (happenings) => {
    const about = await messagesOf(sql, happenings);
    await inbox.append(happenings.map((one) => eventOf(one, (one.message !== null && about.get(one.message)) || null))); // prettier-ignore
  };

async function messagesOf(sql: Sql, happenings: readonly Happening[]): Promise<ReadonlyMap<string, About>> {
  const ids = [...new Set(happenings.flatMap(({ message, channel }) => (message !== null && channel !== null ? [message] : [])))]; // prettier-ignore
  if (ids.length === 0) return new Map();
  const rows = await sql.query<About>(
    "select id, workspace, atom, journey, version, step, template, channel, purpose from messages where id = any($1::text[])",
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
