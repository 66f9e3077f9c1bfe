/**
 * Events as they arrive, by server-sent events. Read from the inbox and the refused list, so that a viewer sees what
 * any collector took in, in this process or another. One reader serves all viewers of a workspace, and only while
 * there are any; at high rates the newest few of each look are shown and the rest are counted.
 */
import type { ServerResponse } from "node:http";
import type { Sql } from "../db/postgres.ts";
import { type Event, LANES } from "../events/model.ts";
import type { App } from "../http/app.ts";
import { keyOf } from "../identity/directory.ts";
import { type AtomId, type Clock, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import { hashOf, loadPointers } from "./store.ts";

const LOOK_MS = 500;
const SHOWN_MAX = 25;
const VIEWERS_MAX = 200;
/** A line now and then keeps proxies from ending a silent stream. */
const KEEP_ALIVE_LOOKS = 30;
const WINDOW_MS = 60_000;
/** Named in each statement, because the inbox's key begins with the lane. */
const ALL_LANES = Array.from({ length: LANES }, (_, lane) => lane);

type Stream = {
  readonly viewers: Set<ServerResponse>;
  lastId: number;
  lastRefused: number;
  looks: number;
  timer: NodeJS.Timeout;
};
type Found = { readonly event: Event; readonly customerId: string | null };

/** Registers `GET /v1/events/live`. */
export function liveRoutes(app: App, { sql, clock }: { readonly sql: Sql; readonly clock: Clock }): void {
  const streams = new Map<WorkspaceId, Stream>();
  app.get("/v1/events/live", { config: { access: "secret" }, schema: { operationId: "watchEvents", tags: ["Events"], summary: "Events as they arrive (server-sent events)" } },
    async ({ workspace, raw }, reply) => {
      const viewers = [...streams.values()].reduce((sum, stream) => sum + stream.viewers.size, 0);
      if (viewers >= VIEWERS_MAX) return reply.code(503).header("retry-after", "30").send();
      const stream = streams.get(workspace) ?? (await begin(sql, clock, workspace, streams));
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
      response.write("retry: 2000\n\n");
      stream.viewers.add(response);
      raw.on("close", () => leave(streams, workspace, stream, response));
      return reply;
    }); // prettier-ignore
  app.addHook("preClose", async () => {
    for (const stream of streams.values()) for (const viewer of stream.viewers) viewer.end();
  });
}

async function begin(
  sql: Sql,
  clock: Clock,
  workspace: WorkspaceId,
  streams: Map<WorkspaceId, Stream>,
): Promise<Stream> {
  const [at] = await sql.query<{ inbox: number; refused: number }>(
    `select coalesce((select max(i.id) from unnest($1::smallint[]) as l (lane)
         cross join lateral (select id from inbox where inbox.lane = l.lane order by id desc limit 1) i), 0) as inbox,
       coalesce((select max(id) from refused), 0) as refused`,
    [ALL_LANES],
  );
  const raced = streams.get(workspace);
  if (raced) return raced;
  const stream: Stream = {
    viewers: new Set(),
    lastId: at!.inbox,
    lastRefused: at!.refused,
    looks: 0,
    timer: setTimeout(() => undefined, 0),
  };
  const look = async () => {
    try {
      await show(sql, clock, workspace, stream);
    } catch (cause) {
      write(stream, "trouble", { detail: cause instanceof Error ? cause.message : String(cause) });
    }
    if (streams.get(workspace) === stream) stream.timer = setTimeout(() => void look(), LOOK_MS).unref();
  };
  streams.set(workspace, stream);
  stream.timer = setTimeout(() => void look(), LOOK_MS).unref();
  return stream;
}

function leave(
  streams: Map<WorkspaceId, Stream>,
  workspace: WorkspaceId,
  stream: Stream,
  viewer: ServerResponse,
): void {
  stream.viewers.delete(viewer);
  if (stream.viewers.size > 0) return;
  clearTimeout(stream.timer);
  streams.delete(workspace);
}

async function show(sql: Sql, clock: Clock, workspace: WorkspaceId, stream: Stream): Promise<void> {
  // Rows hold the events of all workspaces; how each of our own begins can stand nowhere else in a line of JSON.
  const rows = await sql.query<{ id: number; own: number; body: string | null }>(
    `select id, (length(body) - length(replace(body, $3, ''))) / length($3) as own,
       case when row_number() over (order by id desc) <= 10 then body end as body
     from inbox where lane = any($4::smallint[]) and id > $1 and received_at > $2 order by id`,
    [stream.lastId, clock() - WINDOW_MS, `{"workspace":${workspace},`, ALL_LANES],
  );
  stream.lastId = Math.max(stream.lastId, ...rows.map(({ id }) => id));
  const events = rows
    .flatMap(({ body }) => (body === null ? [] : body.split("\n").map((line) => JSON.parse(line) as Event)))
    .filter((event) => event.workspace === workspace);
  const shown = events.slice(-SHOWN_MAX);
  const unseen =
    rows.reduce((sum, row) => sum + (row.body === null ? row.own : 0), 0) + events.length - shown.length;
  if (unseen > 0) write(stream, "skipped", { events: unseen });
  for (const { event, customerId } of await whoseAre(sql, shown))
    write(stream, "event", viewOf(event, customerId));
  const refused = await sql.query<{
    id: number;
    workspace: number;
    reason: string;
    detail: string;
    messageId: string | null;
  }>(
    'select id, workspace, reason, detail, message_id as "messageId" from refused where id > $1 order by id limit 100',
    [stream.lastRefused],
  );
  for (const one of refused) {
    stream.lastRefused = one.id;
    if (one.workspace === workspace)
      write(stream, "refused", {
        id: one.id,
        reason: one.reason,
        detail: one.detail,
        messageId: one.messageId,
      });
  }
  if (++stream.looks % KEEP_ALIVE_LOOKS === 0)
    for (const viewer of stream.viewers) viewer.write(": still here\n\n");
}

/** The customers of events that a worker has handled by now. */
async function whoseAre(sql: Sql, events: readonly Event[]): Promise<readonly Found[]> {
  const hashes = events.map(({ workspace, identifiers }) => hashOf(keyOf(workspace, identifiers[0]!)));
  const pointers = await loadPointers(sql, hashes);
  const atoms = [...new Set([...pointers.values()].map(({ atom }) => atom))].filter((atom) => atom !== 0);
  const rows =
    atoms.length === 0
      ? []
      : await sql.query<{ id: AtomId; customer: AtomId }>(
          "select id, customer from atoms where id = any($1::bigint[])",
          [atoms],
        );
  const customers = new Map(rows.map(({ id, customer }) => [id, customer]));
  return events.map((event, i) => {
    const atom = pointers.get(hashes[i]!)?.atom;
    const customer = atom ? customers.get(atom) : undefined;
    return { event, customerId: customer === undefined ? null : customerIdOf(customer) };
  });
}

function viewOf(event: Event, customerId: string | null) {
  const { id, name, type, channel, touchpoint, identifiers, properties, traits } = event;
  return {
    messageId: id, customerId, name, type, channel, touchpoint, identifiers, happenedAt: isoOf(event.happenedAt), receivedAt: isoOf(event.receivedAt),
    properties: properties ?? {}, traits: traits ?? {},
  }; // prettier-ignore
}

function write(stream: Stream, event: string, data: object): void {
  const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  for (const viewer of stream.viewers) {
    // A viewer that does not read is let go rather than kept in memory.
    if (viewer.writableLength > 1_000_000) viewer.destroy();
    else viewer.write(text);
  }
}
