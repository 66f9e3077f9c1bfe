/**
 * The state store: PostgreSQL behind one small seam, the same on the embedded server and on a remote one.
 *
 * Large lists travel as one text parameter joined by SEPARATOR and are taken apart by `string_to_array`: measured on
 * 2 cores this is several times cheaper than node-postgres' array parameters, and JSON text never holds U+0001.
 */
import pg from "pg";
import { Failure } from "../errors.ts";
import { processGivesWay } from "../priority.ts";

/** Joins list elements in a text parameter: `unnest(string_to_array($1, chr(1)))`. JSON escapes it, so does the door. */
export const SEPARATOR = "\u0001";

// Counts and instants are far below 2^53, so bigint columns are numbers.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/** One connection's or one pool's way to run a statement. Rows come back in the statement's order. */
export interface Sql {
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /**
   * Runs `work` in one transaction: committed when it returns, rolled back when it throws. `later`: the commit need not
   * be on disk when it returns; the next durable commit of anybody carries it along, and a crash undoes it whole. Only
   * for what would be done again the same way.
   */
  transaction<T>(work: (tx: Sql) => Promise<T>, durable?: "now" | "later"): Promise<T>;
}
export interface Database extends Sql {
  readonly url: string;
  /** Calls `wake` whenever `channel` is notified, until `stop` is called. Reconnects by itself. */
  listen(channel: string, wake: () => void): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

/** SQLSTATE classes and codes that say the server, not the statement, is at fault: worth a retry. */
const UNAVAILABLE = /^(08|53|57P|58|XX)|^(ECONN|ENOENT|EPIPE|ETIMEDOUT|EAI)/;

/** `cause` as the fault it is: a server that cannot serve becomes `store_unavailable`, the rest stays as it is. */
export function faultOf(cause: unknown): unknown {
  if (cause instanceof Failure) return cause;
  const { code = "", message = "" } = (cause ?? {}) as { code?: string; message?: string };
  const lost = /Connection terminated|timeout exceeded when trying to connect|Client has encountered/.test(
    message,
  );
  if (!lost && !UNAVAILABLE.test(code)) return cause;
  return new Failure("store_unavailable", `PostgreSQL cannot serve for now: ${message}`, {
    cause,
    retryAfterSeconds: 1,
  });
}

/**
 * Opens a pool of at most `connectionsMax` connections on `url`. Throws `Failure("store_unavailable")` on use.
 *
 * `prepared`: for the few statements that are asked hundreds of times a second. Each connection reads and plans a text
 * once and knows it by a name from then on (measured for what a decision reads: 0.35 instead of 2.3 ms of CPU; for a
 * single event on its way from the door to the log 1.12 instead of 1.31 ms). Texts must be constant: each stays known for
 * as long as its connection. Plans never look at values, which of parameters of megabytes takes a third of the time.
 *
 * `bulk`: the same, with memory to sort thousands of rows. `background`: the same on a server of this machine, for what
 * nobody waits for (priority.ts).
 */
export function openPostgres(url: string, connectionsMax = 10, use: Use = "any"): Database {
  const config: pg.PoolConfig = {
    connectionString: url,
    max: connectionsMax,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    allowExitOnIdle: false,
    // Statements of a transaction that are asked for at once are sent at once.
    pipeline: isPipelined(use),
  };
  // Typed as returning nothing, but awaited before the connection is given out.
  if (use !== "any") config.onConnect = CONNECTED[use] as (client: pg.ClientBase) => void;
  const pool = new pg.Pool(config);
  // An idle connection that breaks is taken out of the pool by node-postgres; the next statement opens another.
  pool.on("error", () => undefined);
  return {
    url,
    query: (text, values) =>
      untilUndisturbed(() => run(pool, text, values, use === "any" ? undefined : nameOf(text))),
    transaction: (work, durable) => inTransaction(pool, work, durable, use),
    listen: (channel, wake) => listen(url, channel, wake),
    close: () => pool.end(),
  };
}

/** Of one connection a statement may be sent before the one before it was answered. */
const isPipelined = (use: Use): boolean => use === "bulk" || use === "background";

type Use = "any" | "prepared" | "bulk" | "background";

const CONNECTED = {
  prepared: async (client: pg.ClientBase) => {
    await client.query("set plan_cache_mode = force_generic_plan");
  },
  bulk: async (client: pg.ClientBase) => {
    await client.query("set plan_cache_mode = force_generic_plan; set work_mem = '64MB'");
  },
  background: async (client: pg.ClientBase) => {
    await CONNECTED.bulk(client);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    void processGivesWay(rows[0]!.pid);
  },
};

/** What a prepared statement is called; the same text has the same name on every connection. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = `t${names.size}`;
  names.set(text, name);
  return name;
}
const names = new Map<string, string>();

/** SQLSTATEs by which PostgreSQL chose this statement, of several that waited for each other, to begin again. */
const BEGIN_AGAIN = /^40(001|P01)$/;
const ATTEMPTS_MAX = 10;

/**
 * Does `work` again, a bounded number of times, while PostgreSQL breaks a deadlock by it. Only for what is undone whole
 * then: a statement of its own, or a whole transaction that changes nothing outside the database.
 */
export async function untilUndisturbed<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work();
    } catch (cause) {
      if (attempt === ATTEMPTS_MAX || !BEGIN_AGAIN.test((cause as { code?: string }).code ?? "")) throw cause;
    }
}

async function run<Row extends object>(
  on: pg.Pool | pg.PoolClient,
  text: string,
  values: readonly unknown[] = [],
  name?: string,
) {
  try {
    return (await on.query<Row>({ text, values: values as unknown[], ...(name !== undefined && { name }) }))
      .rows;
  } catch (cause) {
    throw faultOf(cause);
  }
}

/** What statements behind the one that failed are answered in the same transaction. */
const ALREADY_FAILED = "25P02";

/**
 * What all of these statements, or works of several, answer; they may be on their way at once. When one fails the others
 * are waited for all the same, because until then the connection is theirs; then what failed first is thrown.
 */
export async function together<const T extends readonly unknown[]>(all: T): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> {
  const settled = await Promise.allSettled(all);
  const causes = settled.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  if (causes.length > 0) throw causes.find((cause) => (cause as { code?: string }).code !== ALREADY_FAILED) ?? causes[0];
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as { -readonly [I in keyof T]: Awaited<T[I]> };
} // prettier-ignore

/** A table has other columns than when a statement was prepared: the connection goes, and with it what it knew. */
const STALE_PLAN = /^0A000$/;

async function inTransaction<T>(
  pool: pg.Pool,
  work: (tx: Sql) => Promise<T>,
  durable: "now" | "later" = "now",
  use: Use = "any",
): Promise<T> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (cause) {
    throw faultOf(cause);
  }
  let broken: Error | undefined;
  const onError = (error: Error) => (broken = error);
  client.on("error", onError);
  let isOver = false;
  const tx: Sql = {
    // What has no values (begin, commit) is not worth a name.
    query: async (text, values) => {
      // The connection may be somebody else's by now.
      if (isOver) throw new Error("A statement came after its transaction had ended.");
      return run(client, text, values, use === "any" || !values ? undefined : nameOf(text));
    },
    transaction: (inner) => inner(tx),
  };
  try {
    await tx.query(durable === "now" ? "begin" : "begin; set local synchronous_commit = off");
    const result = await work(tx);
    await tx.query("commit");
    return result;
  } catch (cause) {
    isOver = true;
    if (STALE_PLAN.test((cause as { code?: string }).code ?? "")) broken = cause as Error;
    await client.query("rollback").catch((error: Error) => (broken = error));
    throw faultOf(cause);
  } finally {
    isOver = true;
    client.off("error", onError);
    client.release(broken);
  }
}

async function listen(url: string, channel: string, wake: () => void) {
  let stopped = false;
  let client: pg.Client | null = null;
  let again: NodeJS.Timeout | null = null;
  const retry = () => {
    if (stopped || again) return;
    again = setTimeout(() => {
      again = null;
      connect().catch(retry);
    }, 1000);
  };
  const connect = async () => {
    const next = new pg.Client({ connectionString: url });
    next.on("error", () => {
      client = null;
      retry();
    });
    next.on("notification", wake);
    await next.connect();
    await next.query(`listen ${channel}`);
    client = next;
    wake();
  };
  await connect().catch(retry);
  return {
    stop: async () => {
      stopped = true;
      if (again) clearTimeout(again);
      await client?.end();
    },
  };
}
