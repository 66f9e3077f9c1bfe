import { describe, expect, test } from "vitest";
import { openClickhouse } from "../db/clickhouse.ts";
import { openPostgres } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { createHealth } from "./health.ts";

describe("readiness", () => {
  test("is lost with PostgreSQL, and says which store is away and that the lag is not known", async () => {
    const sql = openPostgres("postgresql://nobody@127.0.0.1:1/none", 1);
    const log = openClickhouse("http://127.0.0.1:1/none");
    const lag = { read: () => Promise.reject(new Failure("store_unavailable", "PostgreSQL is away.")) };
    const unknown = { lagEvents: null, lagMs: null };
    expect(await createHealth({ sql, log, lag, clock: () => 0 }).read()).toEqual({
      ready: false,
      worker: unknown,
      eventLog: unknown,
      stores: { postgres: "down", clickhouse: "down" },
    });
    await sql.close();
    await log.close();
  });

  test("is measured once for all who ask in the same moment, and again after it", async () => {
    let asked = 0;
    let now = 0;
    const sql = openPostgres("postgresql://nobody@127.0.0.1:1/none", 1);
    const behind = { lagEvents: 1, lagMs: 1 };
    const lag = { read: async () => (asked++, { worker: behind, eventLog: behind }) };
    const health = createHealth({ sql, log: null, lag, clock: () => now });
    await Promise.all(Array.from({ length: 100 }, () => health.read()));
    expect(asked).toBe(1);
    now = 250;
    await health.read();
    expect(asked).toBe(2);
    await sql.close();
  });
});
