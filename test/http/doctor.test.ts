/** The doctor on real stores: before the first start, beside a running server, and after it stopped or broke. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configOf } from "../../src/config.ts";
import { start } from "../../src/start.ts";
import type { Finding } from "../../src/telemetry/diagnosis.ts";
import { runDoctor } from "../../src/telemetry/doctor.ts";
import { createLog } from "../../src/telemetry/log.ts";

let dataDir: string;
let port: number;

/** A port nobody listens on now. */
const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => done(found));
    });
  });
const env = (more: { readonly [name: string]: string } = {}) =>
  configOf({ THROUGHLINE_DATA: dataDir, PORT: String(port), HOST: "127.0.0.1", ...more });
const examined = async (more?: { readonly [name: string]: string }) => {
  const findings = await runDoctor({
    config: env(more),
    logDir: join(dataDir, "clickhouse"),
    now: Date.now(),
    nodeVersion: process.versions.node,
  });
  return (name: string): Finding | undefined => findings.find((finding) => finding.name === name);
};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "throughline-doctor-"));
  port = await freePort();
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

describe("the doctor", () => {
  test("before the first start finds nothing broken and says what will be made", async () => {
    const of = await examined();
    expect(
      ["Node.js", "Data folder", "Disk", "Server", "PostgreSQL", "ClickHouse"].map((name) => of(name)?.state),
    ).not.toContain("broken");
    expect(of("Server")).toMatchObject({ state: "note", todo: expect.stringContaining("npm start") });
    expect(of("PostgreSQL")?.found).toContain("not set up yet");
  });

  test("beside a running server looks at its stores without disturbing them, and after it at the same ones", async () => {
    const running = await start({
      config: env(),
      logger: createLog("silent"),
      version: "0.1.0",
      webDir: join(dataDir, "no-web"),
    });
    try {
      const of = await examined();
      expect(of("Server")).toMatchObject({
        state: "ok",
        found: expect.stringMatching(/ready; worker 0 events behind, event log 0/),
      });
      expect(of("PostgreSQL")).toMatchObject({
        state: "ok",
        found: expect.stringMatching(/^18\.\d+ embedded, /),
      });
      expect(of("Schema")).toMatchObject({ state: "ok", found: "current" });
      expect(of("Worker")).toMatchObject({
        state: "ok",
        found: expect.stringMatching(/^0 events wait in 8 lanes/),
      });
      expect(of("Clock")?.state).toBe("ok");
      expect(of("ClickHouse")?.state).toBe("ok");
      expect((await fetch(`${running.address}/readyz`)).status).toBe(200);
      await running.stores.sql.query("insert into migrations (number, breaking) values (9000, false)");
      expect((await examined())("Schema")?.found).toContain("9000");
      await running.stores.sql.query("delete from migrations where number = 9000");
    } finally {
      await running.stop();
    }
    const of = await examined();
    expect(of("Server")?.state).toBe("note");
    expect(of("PostgreSQL")?.state).toBe("ok");
    expect(of("Schema")?.state).toBe("ok");
  });

  test("finds a key others may read, a taken port and a store that cannot be reached", async () => {
    await chmod(join(dataDir, "keys.json"), 0o644);
    const other = createServer((socket) => socket.end("no HTTP\r\n")).listen(port, "127.0.0.1");
    try {
      const of = await examined({
        DATABASE_URL: "postgresql://nobody@127.0.0.1:1/none",
        CLICKHOUSE_URL: "http://127.0.0.1:1/none",
      });
      expect(of("keys.json")).toMatchObject({ state: "broken", todo: expect.stringContaining("chmod 600") });
      expect(of("Server")).toMatchObject({ state: "broken", found: expect.stringContaining("EADDRINUSE") });
      expect(of("PostgreSQL")).toMatchObject({
        state: "broken",
        todo: expect.stringContaining("DATABASE_URL"),
      });
      expect(of("ClickHouse")).toMatchObject({
        state: "broken",
        todo: expect.stringContaining("CLICKHOUSE_URL"),
      });
    } finally {
      other.close();
    }
  });

  test("stops at a data folder that is none", async () => {
    const file = join(dataDir, "file");
    await writeFile(file, "");
    const of = await examined({ THROUGHLINE_DATA: file });
    expect(of("Data folder")).toMatchObject({
      state: "broken",
      todo: expect.stringContaining("THROUGHLINE_DATA"),
    });
    expect(of("PostgreSQL")).toBeUndefined();
  });
});
