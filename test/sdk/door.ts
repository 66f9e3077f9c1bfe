/**
 * The real door for tests: the whole server on a real PostgreSQL with the real inbox, listening on a free port of 127.0.0.1; and
 * what came in, read from the inbox's own rows.
 */
import { randomUUID } from "node:crypto";
import { type AddressInfo, connect } from "node:net";
import type { Database } from "../../src/db/postgres.ts";
import { createInbox } from "../../src/events/inbox.ts";
import type { Event, Inbox } from "../../src/events/model.ts";
import { createRefusedStore, type RefusedRow } from "../../src/events/refused.ts";
import { refusedRoutes } from "../../src/events/refused-routes.ts";
import { collectionRoutes } from "../../src/events/routes.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { type Platform, startPlatform } from "../http/platform.ts";

export type Door = {
  readonly platform: Platform;
  readonly sql: Database;
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly writeKey: string;
  readonly secretKey: string;
  readonly workspace: WorkspaceId;
  /** Every event in the inbox, in the order of arrival. */
  events(): Promise<readonly Event[]>;
  /** Waits until at least `n` events are in the inbox; fails after ten seconds, saying what is there. */
  until(n: number): Promise<readonly Event[]>;
  /** The same of different events: one that was sent twice under its id, as a page that goes may do, counts once. */
  untilDifferent(n: number): Promise<readonly Event[]>;
  refused(): Promise<readonly RefusedRow[]>;
  /** Empties the inbox and the refused events. */
  clear(): Promise<void>;
  /** What the door's meter counted for a step and outcome. */
  counted(step: string, outcome: string): number;
  stop(): Promise<void>;
};

/** Starts it; some 2 s. `waiting` says how many events wait, for back-pressure; `inbox` wraps the real one. */
export async function openDoor(
  options: { env?: { [name: string]: string }; waiting?: () => number; wrap?: (inbox: Inbox) => Inbox } = {},
): Promise<Door> {
  const counts = new Map<string, number>();
  const meter = {
    count: (step: string, outcome: string, n = 1) =>
      void counts.set(`${step} ${outcome}`, (counts.get(`${step} ${outcome}`) ?? 0) + n),
    time: () => undefined,
  };
  // The routes are registered before the platform hands out its database, so they reach it when they are first used.
  let late: { inbox: Inbox; sql: Database; keys: Platform["keys"]; platform: Platform } | undefined;
  const refused = createRefusedStore({
    query: (text, values) => late!.sql.query(text, values),
    transaction: (work) => late!.sql.transaction(work),
  });
  const inbox: Inbox = { append: (events) => late!.inbox.append(events) };
  const clock = Date.now;
  const platform = await startPlatform({
    env: { ...options.env },
    collection: (scope) =>
      collectionRoutes(scope, {
        inbox,
        keys: { find: (key) => late!.keys.find(key) },
        refused,
        meter,
        clock,
        config: {
          THROUGHLINE_STORE_IP: options.env?.["THROUGHLINE_STORE_IP"] === "true",
          THROUGHLINE_RATE_PER_KEY: Number(options.env?.["THROUGHLINE_RATE_PER_KEY"] ?? 100_000),
          THROUGHLINE_URL: options.env?.["THROUGHLINE_URL"],
        },
        newId: () => randomUUID(),
      }),
    routes: (app) => refusedRoutes(app, { inbox, refused, meter, clock, keepIp: false }),
  });
  const { sql, keys, first } = platform;
  const real = createInbox(sql, { clock, waitingMax: 1_000_000, waiting: options.waiting ?? (() => 0) });
  late = { inbox: options.wrap ? options.wrap(real) : real, sql, keys, platform };
  await platform.app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = platform.app.server.address() as AddressInfo;
  const workspace = (await keys.find(first.writeKey!))!.workspace;
  const heard = async (n: number, counted: (events: readonly Event[]) => readonly Event[]) => {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const events = counted(await door.events());
      if (events.length >= n) return events;
      if (Date.now() > deadline)
        throw new Error(`${events.length} of ${n} events came: ${events.map(({ type, name }) => `${type} ${name}`).join(", ")}; refused: ${(await door.refused()).map(({ detail }) => detail).join(" ")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }; // prettier-ignore
  const door: Door = {
    platform, sql, workspace,
    url: `http://127.0.0.1:${port}`,
    writeKey: first.writeKey!,
    secretKey: first.secretKey!,
    events: async () => {
      const rows = await sql.query<{ body: string }>("select body from inbox order by id");
      return rows.flatMap(({ body }) => body.split("\n").map((line) => JSON.parse(line) as Event));
    },
    until: (n) => heard(n, (events) => events),
    untilDifferent: (n) => heard(n, (events) => [...new Map(events.map((event) => [event.id, event])).values()]),
    refused: () => refused.list(workspace, {}, 1_000),
    clear: async () => {
      await sql.query("delete from inbox");
      await sql.query("delete from refused");
      await sql.query("delete from tallies");
      counts.clear();
    },
    counted: (step, outcome) => counts.get(`${step} ${outcome}`) ?? 0,
    stop: () => platform.stop(),
  }; // prettier-ignore
  return door;
}

/** What a developer's own HTTP client does: posts a body with the key as HTTP Basic, and reads the answer. */
export type Client = {
  readonly basic: (key?: string) => { [name: string]: string };
  readonly send: (path: string, body: unknown, headers?: { [name: string]: string }) => Promise<Sent>;
  /** Writes bytes to the socket and reads until the server closes it. */
  readonly raw: (text: string) => Promise<string>;
};
type Sent = {
  readonly status: number;
  readonly headers: Headers;
  readonly answer: { readonly success: boolean; readonly message?: string; readonly code?: string };
};
/** A client of the door that `of` gives when it is used. */
export function clientOf(of: () => Door): Client {
  const basic = (key = of().writeKey) => ({
    authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}`,
  });
  return {
    basic,
    send: async (path, body, headers = basic()) => {
      const response = await fetch(of().url + path, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body:
          typeof body === "string" || body instanceof Uint8Array ? (body as string) : JSON.stringify(body),
      });
      return {
        status: response.status,
        headers: response.headers,
        answer: (await response.json()) as Sent["answer"],
      };
    },
    raw: (text) =>
      new Promise((done, failed) => {
        const socket = connect(Number(new URL(of().url).port), "127.0.0.1", () => socket.write(text));
        let said = "";
        socket.on("data", (data) => (said += String(data)));
        socket.on("end", () => done(said));
        socket.on("error", failed);
      }),
  };
}
/** A good event. */
export const track = (more: object = {}) => ({
  type: "track",
  event: "Thing Happened",
  userId: "u1",
  ...more,
});
/** A good answer. */
export const OK = { status: 200, answer: { success: true } };
