/** A real server on a real PostgreSQL for the tests of HTTP and access; the clock is the test's. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { ensureFirstWorkspace, type First } from "../../src/access/first.ts";
import { createKeyRing, type KeyRing } from "../../src/access/keys.ts";
import { type Config, configOf } from "../../src/config.ts";
import type { Database } from "../../src/db/postgres.ts";
import { createServer, type ServerDeps } from "../../src/http/server.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { aDatabase } from "../stores.ts";

export type Platform = {
  readonly app: FastifyInstance;
  readonly sql: Database;
  readonly first: First;
  readonly keys: KeyRing;
  readonly metrics: Metrics;
  readonly config: Config;
  readonly dataDir: string;
  /** The lines of the log so far. */
  readonly lines: string[];
  /** Moves the server's clock. */
  passes(ms: number): void;
  /** Another server on the same stores, as a second process would be. */
  another(env?: { readonly [name: string]: string }): Promise<{ app: FastifyInstance; keys: KeyRing }>;
  stop(): Promise<void>;
};

export type PlatformOptions = Partial<
  Pick<ServerDeps, "routes" | "collection" | "webDir" | "log" | "lag">
> & {
  readonly env?: { readonly [name: string]: string };
};

/** Starts it, on a database of its own. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const dataDir = await mkdtemp(join(tmpdir(), "throughline-http-"));
  const database = await aDatabase();
  const { sql } = database;
  let aheadMs = 0;
  const clock = () => Date.now() + aheadMs;
  const config = configOf({ THROUGHLINE_DATA: dataDir, ...options.env });
  const first = await ensureFirstWorkspace(sql, {
    dataDir,
    writeKey: config.THROUGHLINE_WRITE_KEY,
    secretKey: config.THROUGHLINE_SECRET_KEY,
    now: clock(),
  });
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(...String(chunk).trim().split("\n"));
      done();
    },
  });
  const open = async (own: Config) => {
    const keys = createKeyRing(sql, clock);
    const metrics = createMetrics();
    const app = createServer({
      config: own,
      sql,
      log: options.log ?? null,
      clock,
      lag: options.lag ?? {
        read: async () => ({ worker: { lagEvents: 3, lagMs: 40 }, eventLog: { lagEvents: 5, lagMs: 1500 } }),
      },
      keys,
      metrics,
      logger: createLog("debug", sink),
      version: "0.1.0",
      webDir: options.webDir ?? join(dataDir, "no-web"),
      routes: options.routes ?? (() => undefined),
      collection: options.collection ?? (() => undefined),
    });
    await app.ready();
    return { app, keys, metrics };
  };
  const own = await open(config);
  const others: FastifyInstance[] = [];
  return {
    ...own,
    sql,
    first,
    config,
    dataDir,
    lines,
    passes: (ms) => void (aheadMs += ms),
    another: async (env = {}) => {
      const other = await open(configOf({ THROUGHLINE_DATA: dataDir, ...options.env, ...env }));
      others.push(other.app);
      return other;
    },
    stop: async () => {
      for (const app of [own.app, ...others]) await app.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
