/** An import whose process is killed in the middle goes on in the next one, and nothing is lost, doubled or miscounted. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbedded } from "../../src/db/embedded.ts";
import { migrateState } from "../../src/db/migrate.ts";
import { type Database, openPostgres } from "../../src/db/postgres.ts";
import { createInbox } from "../../src/events/inbox.ts";
import { announce, takeContent } from "../../src/imports/intake.ts";
import { dataPath, openPlace, refusedPath } from "../../src/imports/place.ts";
import { runNext } from "../../src/imports/run.ts";
import { readImport } from "../../src/imports/store.ts";
import type { WorkspaceId } from "../../src/values.ts";

const WORKSPACE = 1 as WorkspaceId;
const ROWS = 60_000;
let dataDir: string;
let server: EmbeddedPostgres;
let sql: Database;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "throughline-crash-"));
  server = await startEmbedded({ dataDir });
  sql = openPostgres(server.url);
  await migrateState(sql);
});
afterAll(async () => {
  await sql?.close();
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const sizeOf = (path: string) => stat(path).then((file) => file.size, () => 0); // prettier-ignore

/** Orders of two lines each; every hundredth order has a bad line between its lines, every 250th names nobody. */
function file(): Buffer {
  const lines = ["order_id,email,order_date,sku,qty,line_total"];
  for (let order = 0; order < ROWS / 2; order++) {
    const who = order % 250 === 0 ? "" : `c${order % 5000}@example.com`;
    lines.push(`o${order},${who},2024-01-01T10:00:00Z,s1,1,5`);
    if (order % 100 === 0) lines.push("a line,that is,too short");
    lines.push(`o${order},${who},2024-01-01T10:00:00Z,s2,2,7.5`);
  }
  return Buffer.from(`${lines.join("\n")}\n`);
}

test.each([
  ["as it is", (bytes: Buffer) => bytes],
  ["packed", gzipSync],
] as const)("a killed import of a file %s goes on where it was", async (label, pack) => {
  const { folder, place } = await openPlace(dataDir);
  const clock = Date.now;
  const intake = { sql, clock, folder, place, receiving: new Set<number>(), onReady: () => undefined };
  const { row } = await announce(intake, WORKSPACE, 1, {
    name: `${label}.csv`,
    preset: "orders-csv",
    mapping: null,
    sizeBytes: null,
    sha256: null,
  });
  await takeContent(intake, row, Readable.from([pack(file())]), 0);
  const program = fileURLToPath(new URL("runner-process.ts", import.meta.url));

  let kills = 0;
  for (let last = 0; kills < 2; kills++) {
    await sql.query("update imports set lease_until = 0 where id = $1", [row.id]);
    const child = spawn(process.execPath, ["--import", "tsx", program, server.url, folder, place], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    const exited = new Promise((resolve) => child.once("exit", resolve));
    let now = (await readImport(sql, WORKSPACE, row.id))!;
    // Killed when more stands in the file of refused rows than the saved position knows of.
    while (
      now.state !== "done" &&
      (now.rowsRead <= last || (await sizeOf(refusedPath(folder, row.id))) <= now.refusedBytes)
    )
      now = (await readImport(sql, WORKSPACE, row.id))!;
    child.kill("SIGKILL");
    await exited;
    last = now.rowsRead;
    if (now.state === "done") break;
  }
  expect(kills).toBeGreaterThan(0);

  // The dead process's lease has run out for us.
  const later = () => Date.now() + 60_000;
  const inbox = createInbox(sql, { clock, waitingMax: 1e9, waiting: () => 0 });
  const deps = {
    sql, inbox, clock: later, seconds: () => performance.now() / 1000, folder, place, keepIp: false, meter: { count: () => undefined, time: () => undefined },
    log: (message: string, cause: unknown) => { throw new Error(message, { cause }); },
  }; // prettier-ignore
  await runNext(deps, new AbortController().signal);

  const orders = ROWS / 2;
  const bad = orders / 100;
  const nameless = orders / 250;
  const done = (await readImport(sql, WORKSPACE, row.id))!;
  expect(done).toMatchObject({
    state: "done",
    rowsRead: ROWS + bad,
    rowsRefused: bad + 2 * nameless,
    eventsAccepted: orders - nameless,
    eventsRefused: 0,
  });
  const refused = (await readFile(refusedPath(folder, row.id), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { line: number; reason: string });
  expect(refused).toHaveLength(bad + nameless);
  expect(new Set(refused.map(({ line, reason }) => `${line} ${reason}`)).size).toBe(bad + nameless);
  const bodies = await sql.query<{ body: string }>("select body from inbox");
  const events = bodies.flatMap(({ body }) =>
    body
      .split("\n")
      .map((line) => JSON.parse(line) as { id: string; properties: { total: number; products: unknown[] } }),
  );
  expect(new Set(events.map(({ id }) => id)).size).toBe(orders - nameless);
  // What was sent twice was the same both times, with all its lines.
  expect(
    events.every(({ properties }) => properties.total === 12.5 && properties.products.length === 2),
  ).toBe(true);
  await expect(stat(dataPath(folder, row.id))).rejects.toThrow("ENOENT");
  await sql.query("delete from inbox");
});
