/**
 * The event log's store: ClickHouse behind `@clickhouse/client`, in process (chDB) or over HTTP, the same SQL.
 */
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { createChdbConnection } from "chdb/connection";
import { Failure } from "../errors.ts";

/** Scalar parameters of a statement, written `{name:Type}` in its text. */
export type LogParameters = {
  readonly [name: string]: string | number | boolean | readonly (string | number)[];
};

export interface EventLog {
  /** Runs a statement that returns nothing. */
  command(text: string, parameters?: LogParameters): Promise<void>;
  /** The rows of a query, whole. 64-bit integers come back as numbers (all of ours are below 2^53). */
  rows<Row extends object>(text: string, parameters?: LogParameters): Promise<readonly Row[]>;
  /**
   * Inserts rows given as lines of JSON into `table`, once by `token`: a second insert of the same token changes
   * nothing, also after a crash. The lines of one token must be the same each time.
   */
  insert(table: string, lines: string, token: string): Promise<void>;
  close(): Promise<void>;
}

type ChdbConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>["connection"]>;
// What fails is thrown, and logged once by whoever catches it.
const QUIET = { level: ClickHouseLogLevel.OFF };
const READ_SETTINGS = { output_format_json_quote_64bit_integers: 0 } as const;

/** Opens chDB under `path`, which no other process may have open. */
export function openChdb(path: string): EventLog {
  // Two copies of one interface (the client's and its common part's) differ by a private field only.
  const connection = createChdbConnection({ path }) as unknown as ChdbConnection;
  return eventLogOn(createClient({ connection, log: QUIET }), "embedded");
}

/** A client of the ClickHouse server at `url`; the database is the path's last part. */
export function openClickhouse(url: string): EventLog {
  return eventLogOn(
    // Longer than any statement may take (analysis/bound.ts), so that the server says why it gave one up.
    createClient({ url, request_timeout: 150_000, max_open_connections: 8, log: QUIET }),
    "server",
  );
}

function eventLogOn(client: ClickHouseClient, kind: "embedded" | "server"): EventLog {
  const inTurn = kind === "embedded" ? turnsOf(client) : <T>(work: () => Promise<T>): Promise<T> => work();
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await inTurn(work);
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      throw new Failure("store_unavailable", `The event log cannot serve for now: ${messageOf(cause)}`, {
        cause,
        retryAfterSeconds: 1,
      });
    }
  };
  return {
    command: (query, parameters) =>
      guard(async () => {
        await client.command({ query, ...(parameters && { query_params: parameters }) });
      }),
    rows: <Row extends object>(query: string, parameters?: LogParameters) =>
      guard(async () => {
        const answer = await client.query({
          query,
          format: "JSONEachRow",
          clickhouse_settings: READ_SETTINGS,
          ...(parameters && { query_params: parameters }),
        });
        return answer.json<Row>();
      }),
    insert: (table, lines, token) =>
      guard(async () => {
        // The settings stand in the text because chDB's connection passes none; both engines read them there. An insert
        // may hold events of any number of months (an import of ten years does), and so go to as many partitions.
        await client.command({
          query: `insert into ${table} settings insert_deduplication_token = '${token}', async_insert = 0, max_partitions_per_insert_block = 0 format JSONEachRow ${lines}`,
          ...(kind === "server" && { clickhouse_settings: { wait_end_of_query: 1 } }),
        });
      }),
    close: () => client.close(),
  };
}

/**
 * One statement after the other, as chDB works them off anyway. What a failed statement had told by then stays in chDB's
 * buffer and comes before the rows of the next one: so after a failure it is read away before anybody else has a turn.
 */
function turnsOf(client: ClickHouseClient): <T>(work: () => Promise<T>) => Promise<T> {
  let before: Promise<unknown> = Promise.resolve();
  const emptied = async (): Promise<void> => {
    const answer = await client.query({ query: "select 1 as one", format: "JSONEachRow" });
    await answer.text();
  };
  return (work) => {
    const its = before.then(work);
    before = its.catch(() => emptied().catch(() => undefined));
    return its;
  };
}

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? cause.message.slice(0, 300) : String(cause);
