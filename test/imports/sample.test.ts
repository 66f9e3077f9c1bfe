/**
 * The sample workspace: what the platform reports is what a computation straight from the files says, made without the
 * engine (csv-parse and arithmetic). The figures of the originals are in sample/README.md.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { configOf } from "../../src/config.ts";
import { findOut, type Found } from "../../src/imports/found.ts";
import type { Import } from "../../src/imports/model.ts";
import { SAMPLE_FILES, SAMPLE_LAST_DAY } from "../../src/imports/sample.ts";
import { type Running, start } from "../../src/start.ts";
import { createLog } from "../../src/telemetry/log.ts";

type Cells = { readonly [column: string]: string };
const SAMPLE = fileURLToPath(new URL("../../sample", import.meta.url));
const KEY = "sk_sample_test_key";
let folder: string;
let running: Running;
let found: Found;
const tables: { [file: string]: readonly Cells[] } = {};

const ask = (
  path: string,
  init: Omit<RequestInit, "headers"> & { headers?: { [name: string]: string } } = {},
) => fetch(running.address + path, { ...init, headers: { authorization: `Bearer ${KEY}`, ...init.headers } });

async function bring(file: string, preset: string): Promise<Import> {
  const body = await readFile(join(SAMPLE, file));
  let now = (await (
    await ask(`/v1/imports?name=${file}&preset=${preset}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/gzip" },
    })
  ).json()) as Import;
  while (now.state === "waiting" || now.state === "running") {
    await pause(50);
    now = (await (await ask(`/v1/imports/${now.id}`)).json()) as Import;
  }
  return now;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-sample-"));
  const config = configOf({
    PORT: "0",
    HOST: "127.0.0.1",
    THROUGHLINE_DATA: folder,
    THROUGHLINE_SECRET_KEY: KEY,
    THROUGHLINE_API_RATE_PER_KEY: "1000000",
  });
  running = await start({ config, logger: createLog("silent"), version: "0", webDir: join(folder, "none") });
  for (const { file, preset } of SAMPLE_FILES) {
    tables[file.split(".")[0]!] = parse<Cells>(gunzipSync(await readFile(join(SAMPLE, file))), {
      columns: true,
    });
    const done = await bring(file, preset);
    expect(done).toMatchObject({ state: "done", rowsRefused: 0, eventsRefused: 0, rowsSkipped: 0 });
  }
  await running.drain();
  found = await findOut(running.stores.log!, running.first.workspace);
}, 300_000);
afterAll(async () => {
  await running?.stop();
  await rm(folder, { recursive: true, force: true });
});

const eventsNamed = (name: string) => found.names.find((of) => of.name === name);
const distinct = (rows: readonly Cells[], column: string) => new Set(rows.map((row) => row[column])).size;

describe("the sample workspace", () => {
  test("has the customers, mailings, redemptions and baskets that its files have", () => {
    const { households = [], mailings = [], displays = [], redemptions = [], baskets = [] } = tables;
    const people = new Set(
      [...households, ...mailings, ...displays, ...redemptions, ...baskets].map((row) => row["household_id"]),
    );
    expect(found.customers).toBe(people.size);
    expect(eventsNamed("Mailing Delivered")).toEqual({
      name: "Mailing Delivered",
      events: mailings.length,
      customers: distinct(mailings, "household_id"),
    });
    expect(eventsNamed("Coupon Redeemed")).toEqual({
      name: "Coupon Redeemed",
      events: redemptions.length,
      customers: distinct(redemptions, "household_id"),
    });
    expect(eventsNamed("Order Completed")).toEqual({
      name: "Order Completed",
      events: distinct(baskets, "basket_id"),
      customers: distinct(baskets, "household_id"),
    });
    expect((eventsNamed("Display Met")?.events ?? 0) + (eventsNamed("Mailer Met")?.events ?? 0)).toBe(
      displays.length,
    );
    expect(found.lastAt).toBeLessThan((SAMPLE_LAST_DAY + 1) * 86_400_000);
    expect(found.lastAt).toBeGreaterThanOrEqual(SAMPLE_LAST_DAY * 86_400_000);
  });

  test("has the originals' published sizes", () => {
    const { households = [], mailings = [], redemptions = [], baskets = [] } = tables;
    expect([households.length, mailings.length, redemptions.length, baskets.length]).toEqual([
      801, 6589, 2102, 75_000,
    ]);
  });

  test("every customer's purchases are worth what his baskets are", async () => {
    const cents = new Map<string, number>();
    const baskets = new Map<string, Set<string>>();
    for (const row of tables["baskets"]!) {
      const who = `household-${row["household_id"]!}`;
      cents.set(who, (cents.get(who) ?? 0) + Math.round(Number(row["sales_value"]) * 100));
      baskets.set(who, (baskets.get(who) ?? new Set()).add(row["basket_id"]!));
    }
    type Customer = {
      id: string;
      identifiers: { value: string }[];
      purchases: { orders: number; value: { currency: string; valueMinor: number }[] };
    };
    const lines = (await (await ask("/v1/export/customers")).text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Customer);
    expect(lines).toHaveLength(found.customers);
    for (const { identifiers, purchases } of lines) {
      const who = identifiers[0]!.value;
      expect([who, purchases.orders, purchases.value]).toEqual([
        who,
        baskets.get(who)?.size ?? 0,
        cents.has(who) ? [{ currency: "USD", valueMinor: cents.get(who) }] : [],
      ]);
    }
    const total = lines
      .flatMap(({ purchases }) => purchases.value)
      .reduce((sum, { valueMinor }) => sum + valueMinor, 0);
    expect(total).toBe(23_393_524);
  });

  test("the three-step paths are those of the files", async () => {
    type Moment = { readonly at: number; readonly id: string; readonly label: string };
    const roads = new Map<string, Moment[]>();
    const text = await (await ask("/v1/export/events")).text();
    for (const line of text.trim().split("\n")) {
      const event = JSON.parse(line) as {
        customerId: string;
        messageId: string;
        type: string;
        happenedAt: string;
        channel: string;
        touchpoint: string;
      };
      if (event.type === "identify") continue;
      const road = roads.get(event.customerId) ?? [];
      road.push({
        at: Date.parse(event.happenedAt),
        id: event.messageId,
        label: `${event.channel}: ${event.touchpoint}`,
      });
      roads.set(event.customerId, road);
    }
    const paths = new Map<string, { times: number; customers: Set<string> }>();
    for (const [customer, road] of roads) {
      const steps = road
        .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
        .map(({ label }) => label)
        .filter((label, i, all) => label !== all[i - 1]);
      for (let i = 0; i + 3 <= steps.length; i++) {
        const path = steps.slice(i, i + 3).join(" > ");
        const of = paths.get(path) ?? { times: 0, customers: new Set() };
        of.times += 1;
        of.customers.add(customer);
        paths.set(path, of);
      }
    }
    for (const { path, times, customers } of found.paths)
      expect({ path, times, customers }).toEqual({
        path,
        times: paths.get(path)?.times,
        customers: paths.get(path)?.customers.size,
      });
    const most = [...paths.values()]
      .map((of) => of.customers.size)
      .toSorted((a, b) => b - a)
      .slice(0, found.paths.length);
    expect(found.paths.map(({ customers }) => customers)).toEqual(most);
  });

  test("imported once more, nothing changes", async () => {
    for (const { file, preset } of SAMPLE_FILES.slice(0, 4)) await bring(file, preset);
    await running.drain();
    expect(await findOut(running.stores.log!, running.first.workspace)).toEqual(found);
  });
});
