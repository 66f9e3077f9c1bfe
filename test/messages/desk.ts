/**
 * What customers see of messages, on a real server, PostgreSQL and worker: a workspace with customers, messages that were
 * sent to them, and the events that come of what they do.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance, InjectOptions } from "fastify";
import { type First, ensureFirstWorkspace } from "../../src/access/first.ts";
import { createKeyRing } from "../../src/access/keys.ts";
import { configOf } from "../../src/config.ts";
import { findAtom } from "../../src/customers/read.ts";
import type { Database } from "../../src/db/postgres.ts";
import { createServer } from "../../src/http/server.ts";
import type { IdentifierKind } from "../../src/identity/model.ts";
import { linkRoutes } from "../../src/messages/links-routes.ts";
import { tellBy } from "../../src/messages/links-tell.ts";
import type { Happening } from "../../src/messages/model.ts";
import { preferenceRoutes } from "../../src/messages/routes-preferences.ts";
import { receiptRoutes } from "../../src/messages/routes-receipt.ts";
import { type TestMessage, templateRoutes } from "../../src/messages/routes-templates.ts";
import { type LinkKey, type Linkable, customerLinksOf, linkKeyOf } from "../../src/messages/tokens.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import type { AtomId, WorkspaceId } from "../../src/values.ts";
import { aDatabase, aLog } from "../stores.ts";
import { aWorld } from "../world.ts";
import { VAULT } from "../vault.ts";

/** A message that was made, and the paths its links lead to. */
export type Made = Linkable & { readonly unsubscribe: string; readonly preferences: string; readonly receipt: string }; // prettier-ignore
export type MessageSaid = Partial<Pick<Linkable, "id" | "channel" | "purpose">> & {
  readonly address?: string | null;
  readonly receipt?: object | null;
  readonly content?: object;
};
type Answer = { readonly status: number; readonly body: string; readonly headers: { readonly [name: string]: unknown } }; // prettier-ignore

export async function aDesk() {
  const dataDir = await mkdtemp(join(tmpdir(), "throughline-desk-"));
  const [database, { log, drop }] = await Promise.all([aDatabase(), aLog()]);
  const { sql } = database;
  const first = await ensureFirstWorkspace(sql, { dataDir, now: Date.now() });
  const world = await aWorld(sql, log);
  const key = await linkKeyOf(sql, VAULT, Date.now());
  const told: Happening[] = [];
  const tests: TestMessage[] = [];
  const uses = new Map<number, string[]>();
  const state = { failNext: false };
  const tell = async (happenings: readonly Happening[]) => {
    if (state.failNext) {
      state.failNext = false;
      throw new Error("The inbox is full.");
    }
    told.push(...happenings);
    await tellBy(sql, world.inbox)(happenings);
  };
  const base = "https://t.example";
  const { clock } = world;
  const app = createServer({
    config: configOf({ THROUGHLINE_DATA: dataDir }), sql, log, clock, keys: createKeyRing(sql, clock), metrics: createMetrics(),
    lag: { read: async () => ({ worker: { lagEvents: 0, lagMs: 0 }, eventLog: { lagEvents: 0, lagMs: 0 } }) },
    logger: createLog("silent"), version: "0.1.0", webDir: join(dataDir, "no-web"), collection: () => undefined,
    routes: (rooms) => {
      templateRoutes(rooms, {
        sql, clock, base, usesOf: async (_, id) => uses.get(id) ?? [],
        sendTest: async (test) => (tests.push(test), `m${tests.length}`),
      });
      linkRoutes(rooms, { sql, clock, key, tell });
      preferenceRoutes(rooms, { sql, clock, key, tell, base });
      receiptRoutes(rooms, { sql, key });
    },
  }); // prettier-ignore
  await app.ready();
  return {
    app, sql, world, first, key, told, tests, uses, ...asking(app, first), ...making(sql, first, key, base),
    /** What is told next cannot be kept. */
    failNext: () => void (state.failNext = true),
    atomBy: async (text: string): Promise<AtomId> => {
      const [kind, value] = text.split(" ") as [IdentifierKind, string];
      return (await findAtom(sql, first.workspace, kind, value))!;
    },
    stop: async () => {
      await app.close();
      await world.stop();
      await drop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  }; // prettier-ignore
}
export type Desk = Awaited<ReturnType<typeof aDesk>>;

function asking(app: FastifyInstance, first: First) {
  const answerOf = async (options: InjectOptions): Promise<Answer> => {
    const { statusCode, body, headers } = await app.inject(options);
    return { status: statusCode, body, headers };
  };
  return {
    /** As anybody asks who holds a link. */
    get: (url: string, headers: { readonly [name: string]: string } = { "user-agent": PERSON }) => answerOf({ method: "GET", url, headers }),
    ask: answerOf,
    /** As a browser sends a form. */
    form: (url: string, fields: readonly (readonly [string, string])[]) =>
      answerOf({
        method: "POST", url, payload: new URLSearchParams(fields.map(([name, value]): [string, string] => [name, value])).toString(),
        headers: { "content-type": "application/x-www-form-urlencoded", origin: "null" },
      }),
    api: async (method: "GET" | "POST" | "PUT" | "DELETE", url: string, body?: object, headers: { readonly [name: string]: string } = {}) => {
      const answer = await app.inject({ method, url, headers: { authorization: `Bearer ${first.secretKey}`, ...headers }, ...(body && { payload: body }) });
      return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
    },
  };
} // prettier-ignore
export const PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"; // prettier-ignore

let made = 0;
function making(sql: Database, { workspace }: First, key: LinkKey, base: string) {
  return {
    /** A message as the sender leaves it behind. */
    message: async (atom: AtomId, said: MessageSaid = {}, of: WorkspaceId = workspace): Promise<Made> => {
      const { id = `m-${++made}`, channel = "email", purpose = "marketing", address = null, receipt = null, content = {} } = said;
      await sql.query(
        `insert into messages (id, workspace, atom, channel, template, purpose, asked, state, due_at, created_at, expires_at, address, settled_at, template_no, content, receipt)
         values ($1, $2, $3, $4, 1, $5, '{}', 'sent', 0, 1780000000000, 0, $6, 1780000100000, 2, $7, $8)`,
        [id, of, atom, channel, purpose, address, JSON.stringify(content), receipt && JSON.stringify(receipt)],
      );
      const named = { id, workspace: of, atom, channel, purpose };
      const links = customerLinksOf(key, base, named);
      return { ...named, unsubscribe: links.unsubscribe.slice(base.length), preferences: links.preferences.slice(base.length), receipt: links.receipt.slice(base.length) };
    },
    suppressions: () => sql.query<{ channel: string; address: string; purpose: string; reason: string }>("select channel, address, purpose, reason from suppressions order by 1, 2, 3"),
  };
} // prettier-ignore
