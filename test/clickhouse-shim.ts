/**
 * A test shim, not a server: ClickHouse's HTTP interface in front of chDB, as far as `@clickhouse/client` uses it, so
 * that the code for a remote ClickHouse runs against a real engine where no server can be had. Run as a process of its
 * own: `tsx test/clickhouse-shim.ts FOLDER`; it prints its port.
 */
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { createChdbConnection } from "chdb/connection";

const connection = createChdbConnection({ path: process.argv[2] ?? ":memory:" });
let down = false;
/** One after the other, and after a failure what chDB had told by then is read away: a server mixes up no answers. */
let before: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const its = before.then(work);
  before = its.catch(() => connection.query({ query: "select 1" }).catch(() => undefined));
  return its;
}

const server = createServer((request, response) => {
  void (async () => {
    const url = new URL(request.url ?? "/", "http://shim");
    if (url.pathname === "/ping") return void response.end("Ok.\n");
    // For tests of an event log that is away: POST /shim/down and /shim/up.
    if (url.pathname.startsWith("/shim/")) {
      down = url.pathname === "/shim/down";
      return void response.end("Ok.\n");
    }
    const body = await text(request);
    if (down) return void response.writeHead(503).end("The shim was told to be down.");
    const query = [url.searchParams.get("query"), body].filter(Boolean).join("\n");
    const query_params = Object.fromEntries(
      [...url.searchParams]
        .filter(([name]) => name.startsWith("param_"))
        .map(([name, value]) => [name.slice(6), unescaped(value)]),
    );
    const quoted = url.searchParams.get("output_format_json_quote_64bit_integers");
    const settings =
      quoted === null ? {} : { output_format_json_quote_64bit_integers: Number(quoted) as 0 | 1 };
    const result = await inTurn(() => connection.query({ query, query_params, clickhouse_settings: settings as never })); // prettier-ignore
    response.writeHead(200, {
      "content-type": "text/plain; charset=utf-8",
      "x-clickhouse-query-id": result.query_id,
    });
    result.stream.pipe(response);
  })().catch((cause: unknown) => {
    const message = cause instanceof Error ? cause.message : String(cause);
    response.writeHead(500, { "x-clickhouse-exception-code": "1" }).end(message);
  });
});
/** Parameters travel escaped as in ClickHouse's tab-separated format. */
const unescaped = (value: string): string =>
  value.replaceAll(/\\(.)/g, (_, char: string) => ({ n: "\n", t: "\t", r: "\r", 0: "\0" })[char] ?? char);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" && address ? address.port : 0}\n`);
});
process.once("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => void connection.close().then(() => process.exit(0)));
});
