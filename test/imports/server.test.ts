/** Imports and exports against the whole platform over HTTP, and the commands that use them. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configOf } from "../../src/config.ts";
import type { Import } from "../../src/imports/model.ts";
import { type Running, start } from "../../src/start.ts";
import { createLog } from "../../src/telemetry/log.ts";

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const KEY = "sk_import_test_key";
let folder: string;
let running: Running;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-import-"));
  const config = configOf({
    PORT: "0",
    HOST: "127.0.0.1",
    THROUGHLINE_DATA: join(folder, "data"),
    THROUGHLINE_SECRET_KEY: KEY,
    THROUGHLINE_WRITE_KEY: "wk_import_test_key",
  });
  running = await start({ config, logger: createLog("silent"), version: "0", webDir: join(folder, "none") });
});
afterAll(async () => {
  await running?.stop();
  await rm(folder, { recursive: true, force: true });
});

const ask = (
  path: string,
  init: Omit<RequestInit, "headers"> & { headers?: { [name: string]: string } } = {},
) => fetch(running.address + path, { ...init, headers: { authorization: `Bearer ${KEY}`, ...init.headers } });
const json = async <T>(path: string, init?: Parameters<typeof ask>[1]) =>
  (await (await ask(path, init)).json()) as T;
const upload = (query: string, body: string | Buffer) =>
  json<Import>(`/v1/imports?${query}`, { method: "POST", body, headers: { "content-type": "text/csv" } });
async function ended(id: number): Promise<Import> {
  for (;;) {
    const now = await json<Import>(`/v1/imports/${id}`);
    if (now.state !== "waiting" && now.state !== "running") return now;
    await pause(20);
  }
}
const refusedOf = async (id: number) =>
  (await (await ask(`/v1/imports/${id}/refused`)).text())
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { line: number; reason: string; detail: string });
const lookup = (value: string) => ask(`/v1/customers/lookup?kind=email&value=${encodeURIComponent(value)}`);

const PEOPLE =
  'email,first_name,city\nada@example.com,Ada,London\nshort,row\n,Nobody,Paris\nnull,Null,Rome\nbob@example.com,"Bob ""B""\nBuilder",Leeds\n';

test("a file of people becomes customers; what is refused says where and why", async () => {
  const done = await ended((await upload("name=people.csv", `\uFEFF${PEOPLE.replaceAll("\n", "\r\n")}`)).id);
  expect(done).toMatchObject({
    state: "done",
    preset: "customers-csv",
    rowsRead: 5,
    rowsRefused: 2,
    eventsAccepted: 2,
    eventsRefused: 1,
  });
  expect((await refusedOf(done.id)).map(({ line, reason }) => [line, reason])).toEqual([
    [3, "columns_differ"],
    [4, "no_identifier"],
    [5, "blocked_identifier"],
  ]);
  await running.drain();
  const bob = (await (await lookup("BOB@example.com")).json()) as {
    traits: { firstName: string; address: { city: string } };
  };
  expect(bob.traits).toMatchObject({ firstName: 'Bob "B"\r\nBuilder', address: { city: "Leeds" } });
});

test("the same file again, by name and content, changes nothing", async () => {
  const before = await json<{ processed: number; duplicates: number }>("/v1/stats");
  const done = await ended((await upload("name=people.csv", `\uFEFF${PEOPLE.replaceAll("\n", "\r\n")}`)).id);
  expect(done.eventsAccepted).toBe(2);
  await running.drain();
  const after = await json<{ processed: number; duplicates: number }>("/v1/stats");
  expect([after.processed - before.processed, after.duplicates - before.duplicates]).toEqual([0, 2]);
});

test("an upload in parts goes on where it broke off, and only there", async () => {
  const bytes = gzipSync(
    `user_id,event,timestamp\n${Array.from({ length: 3000 }, (_, i) => `u${i},Visited,2024-01-01`).join("\n")}\n`,
  );
  const begun = await json<Import>("/v1/imports/begin", {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "visits.csv.gz", preset: "events-csv", sizeBytes: bytes.length, sha256: "a".repeat(64) }),
  }); // prettier-ignore
  const put = (offset: number, part: Buffer) =>
    ask(`/v1/imports/${begun.id}/content?offset=${offset}`, {
      method: "PUT",
      body: part,
      headers: { "content-type": "application/octet-stream" },
    });
  expect(await (await put(0, bytes.subarray(0, 1000))).json()).toMatchObject({
    state: "uploading",
    receivedBytes: 1000,
  });
  expect((await put(500, bytes.subarray(500))).status).toBe(409);
  expect((await put(1000, Buffer.concat([bytes.subarray(1000), Buffer.from("more")]))).status).toBe(413);
  // Too much ends an import: its file cannot be the one announced.
  expect((await ended(begun.id)).state).toBe("failed");

  const again = await json<Import>("/v1/imports/begin", {
    method: "POST", headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "visits.csv.gz", preset: "events-csv", sizeBytes: bytes.length, sha256: "a".repeat(64) }),
  }); // prettier-ignore
  expect(again.id).not.toBe(begun.id);
  const putAgain = (offset: number, part: Buffer) =>
    ask(`/v1/imports/${again.id}/content?offset=${offset}`, {
      method: "PUT",
      body: part,
      headers: { "content-type": "application/octet-stream" },
    });
  await putAgain(0, bytes.subarray(0, 1000));
  await putAgain(1000, bytes.subarray(1000));
  expect(await ended(again.id)).toMatchObject({ state: "done", rowsRead: 3000, eventsAccepted: 3000 });
});

test("what is no such file is an answer in a sentence", async () => {
  const refuse = async (query: string, body: string | Buffer) => {
    const answer = await ask(`/v1/imports?${query}`, {
      method: "POST",
      body,
      headers: { "content-type": "text/csv" },
    });
    return [answer.status, ((await answer.json()) as { detail: string }).detail];
  };
  expect(await refuse("name=a.csv", Buffer.from("PK\u0003\u0004rest"))).toEqual([
    422,
    expect.stringContaining("Excel"),
  ]);
  expect(await refuse("name=a.csv", "colour,size\nred,1\n")).toEqual([
    422,
    expect.stringContaining("Name a preset"),
  ]);
  expect(await refuse("name=a.csv&preset=shopify-orders-csv", "Name\n1\n")).toEqual([
    422,
    expect.stringContaining("lacks Email"),
  ]);
  expect(await refuse("name=a.csv&preset=none", "a\n1\n")).toEqual([
    422,
    expect.stringContaining("customers-csv"),
  ]);
  expect(await refuse("name=a.csv", "\n\n")).toEqual([422, "The file is empty."]);
  expect(await refuse("name=a.csv", "a,a\n1,2\n")).toEqual([422, expect.stringContaining("twice")]);
  expect(
    (await refuse(`name=a.csv&mapping=${encodeURIComponent('{"format":"csv"}')}`, "a\n1\n"))[0],
  ).toBeGreaterThanOrEqual(400);
  const packed = (rows: number) =>
    gzipSync(`email\n${Array.from({ length: rows }, (_, i) => `p${i}@example.com`).join("\n")}`);
  const short = packed(5_000);
  expect(await refuse("name=cut.csv.gz", short.subarray(0, short.length - 500))).toEqual([
    422,
    expect.stringContaining("cut off"),
  ]);
  // Where the beginning can be read, what comes before the break is imported.
  const long = packed(70_000);
  const done = await ended((await upload("name=cut.csv.gz", long.subarray(0, long.length - 5000))).id);
  expect(done).toMatchObject({ state: "failed", detail: expect.stringContaining("cut off") });
  expect(done.eventsAccepted).toBe(done.rowsRead);
  expect(done.eventsAccepted).toBeGreaterThan(55_000);
});

test("what was exported and imported into another workspace gives the same events", async () => {
  const events = [
    {
      type: "page",
      anonymousId: "dev-1",
      messageId: "x-1",
      timestamp: "2024-05-01T10:00:00Z",
      name: "Boots",
      properties: { path: "/boots", url: "https://shop.example/boots?utm_source=news&utm_medium=email" },
      context: {
        page: { referrer: "https://www.google.com/" },
        campaign: { source: "news", medium: "email", name: "may" },
        locale: "de-DE",
      },
    },
    {
      type: "identify",
      userId: "u-1",
      anonymousId: "dev-1",
      messageId: "x-2",
      timestamp: "2024-05-01T10:01:00Z",
      traits: { email: "Eve@Example.com", plan: "pro" },
    },
    {
      type: "group",
      userId: "u-1",
      groupId: "acme",
      messageId: "x-3",
      timestamp: "2024-05-01T10:02:00Z",
      traits: { name: "Acme" },
    },
    {
      type: "alias",
      userId: "u-1",
      previousId: "old-1",
      messageId: "x-4",
      timestamp: "2024-05-01T10:03:00Z",
    },
    {
      type: "track",
      event: "Product Viewed",
      anonymousId: "dev-1",
      messageId: "x-8",
      timestamp: "2024-05-01T10:03:30Z",
      context: {
        globalPrivacyControl: true,
        userAgent:
          "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
        page: { url: "https://shop.example/a?gclid=abc", path: "/a" },
      },
    },
    { type: "screen", userId: "u-1", messageId: "x-5", timestamp: "2024-05-01T10:04:00Z", name: "Cart" },
    {
      type: "track",
      event: "Unsubscribed",
      userId: "u-1",
      messageId: "x-6",
      timestamp: "2024-05-01T10:05:00Z",
      properties: { channel: "email" },
    },
    {
      type: "track",
      event: "Order Completed",
      userId: "u-1",
      messageId: "x-7",
      timestamp: "2024-05-01T10:06:00Z",
      properties: { order_id: "o-1", total: 12.5, products: [{ product_id: "b" }] },
      context: { channel: "store", consent: { categoryPreferences: { Advertising: false } } },
    },
  ];
  const sent = await ask("/v1/batch", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Basic ${Buffer.from("wk_import_test_key:").toString("base64")}`,
    },
    body: JSON.stringify({ batch: events }),
  });
  expect(sent.status).toBe(200);
  await running.drain();
  type Line = { messageId: string; customerId: string; receivedAt: string; happenedAt: string };
  const exported = async (key: string) => {
    const text = await (
      await fetch(`${running.address}/v1/export/events`, { headers: { authorization: `Bearer ${key}` } })
    ).text();
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line)
      .filter(({ messageId }) => messageId.startsWith("x-"))
      .toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1));
  };
  const mine = await exported(KEY);
  expect(mine.map(({ messageId }) => messageId)).toEqual(events.map(({ messageId }) => messageId).toSorted());

  const sql = running.stores.sql;
  const { addWorkspace } = await import("../../src/access/store.ts");
  const { createKey } = await import("../../src/access/keys.ts");
  const other = await addWorkspace(sql, "Other", Date.now());
  const { value } = await createKey(sql, other, { kind: "secret", name: "Other" }, Date.now());
  const begun = (await (
    await fetch(`${running.address}/v1/imports?name=export.ndjson`, {
      method: "POST",
      headers: { authorization: `Bearer ${value}`, "content-type": "application/x-ndjson" },
      body: mine.map((line) => JSON.stringify(line)).join("\n"),
    })
  ).json()) as Import;
  expect((await ask(`/v1/imports/${begun.id}`)).status).toBe(404);
  for (;;) {
    const now = (await (
      await fetch(`${running.address}/v1/imports/${begun.id}`, {
        headers: { authorization: `Bearer ${value}` },
      })
    ).json()) as Import;
    if (now.state === "done" || now.state === "failed") {
      expect(now).toMatchObject({
        state: "done",
        preset: "throughline-ndjson",
        eventsAccepted: events.length,
        rowsRefused: 0,
        eventsRefused: 0,
      });
      break;
    }
    await pause(20);
  }
  await running.drain();
  const bare = (lines: Line[]) => lines.map((line) => ({ ...line, customerId: "", receivedAt: "" }));
  expect(bare(await exported(value))).toEqual(bare(mine));
});

test("a cancelled import keeps what it brought in and can be asked for again", async () => {
  const rows = Array.from({ length: 12_000 }, (_, i) => `cancel${i}@example.com`);
  const begun = await upload("name=cancel.csv", `email\n${rows.join("\n")}\n`);
  const cancelled = await json<Import>(`/v1/imports/${begun.id}/cancel`, { method: "POST" });
  expect(cancelled.state).toBe("cancelled");
  expect((await ask(`/v1/imports/${begun.id}/cancel`, { method: "POST" })).status).toBe(409);
  const done = await ended((await upload("name=cancel.csv", `email\n${rows.join("\n")}\n`)).id);
  expect(done.eventsAccepted).toBe(rows.length);
  await running.drain();
  expect((await lookup("cancel11999@example.com")).status).toBe(200);
});

test("the command imports, says what was refused, does nothing the second time, and exports", async () => {
  const path = join(folder, "shop.csv.gz");
  await writeFile(
    path,
    gzipSync(
      "order_id,email,order_date,total\no1,cli@example.com,2024-01-02,10\no2,,2024-01-02,20\no3,cli@example.com,yesterday,5\n",
    ),
  );
  const call = (...args: string[]) =>
    execute(
      process.execPath,
      [
        "--import",
        "tsx",
        join(ROOT, "src/cli/commands.ts"),
        ...args,
        "--url",
        running.address,
        "--secret-key",
        KEY,
      ],
      { cwd: ROOT },
    );
  const dry = await call("import", path, "--dry-run");
  expect(dry.stdout).toContain("Order Completed");
  expect((await lookup("cli@example.com")).status).toBe(404);
  const first = await call("import", path);
  expect(first.stderr).toContain("3 rows, 1 events");
  expect(first.stdout).toContain("2 refused");
  const refused = (await readFile(`${path}.refused.ndjson`, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { line: number; reason: string });
  expect(refused.map(({ line, reason }) => [line, reason])).toEqual([
    [3, "no_identifier"],
    [4, "no_time"],
  ]);
  const second = await call("import", path);
  expect(second.stderr).toContain("already imported");
  await running.drain();
  expect(
    ((await (await lookup("cli@example.com")).json()) as { purchases: { orders: number } }).purchases.orders,
  ).toBe(1);
  await call("export", "customers", "--out", join(folder, "customers.ndjson.gz"));
  const customers = gunzipSync(await readFile(join(folder, "customers.ndjson.gz")))
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string });
  expect(new Set(customers.map(({ id }) => id)).size).toBe(customers.length);
  expect(customers.length).toBeGreaterThan(12_000);
  await expect(call("import", join(folder, "nothing.csv"))).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("there is no such file"),
  });
  await expect(call("import", path, "--prest", "x")).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^There is no option --prest\./),
  });
});
