/** A digest goes through a real mail server, once for each occasion; what changed raises an alert. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { bringDigests } from "../../src/digest/send.ts";
import {
  addDigest,
  addView,
  checkDigest,
  listAlerts,
  listDigests,
  markAlert,
  removeView,
} from "../../src/digest/store.ts";
import { lookForChanges } from "../../src/digest/watch.ts";
import { DigestDraft, ViewDraft } from "../../src/digest/model.ts";
import { createDrivers } from "../../src/messages/providers.ts";
import { addProvider, listProviders } from "../../src/messages/provider-store.ts";
import { tellHistory } from "../analysis/history.ts";
import { type Counterpart, aMailCounterpart } from "../messages/counterparts.ts";
import { type Stood, WORKSPACE, stood } from "../metrics/stood.ts";
import { VAULT } from "../vault.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Monday, half past eight in Berlin, which is where the workspace's clock hangs. */
const MONDAY = Date.UTC(2026, 2, 16, 7, 30);
let stores: Stood;
let mail: Counterpart;
let now = MONDAY;
const faults: unknown[] = [];
beforeAll(async () => {
  stores = await stood();
  mail = await aMailCounterpart();
  const { sql } = stores;
  await sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', '{\"zone\": \"Europe/Berlin\"}') where id = $1", [WORKSPACE]);
  const [user] = await sql.query<{ id: number }>("insert into users (email, name, password_hash, created_at) values ('Ann@example.com', 'Ann', '', 0) returning id");
  await sql.query("insert into members (workspace, user_id, role) values ($1, $2, 'owner')", [WORKSPACE, user!.id]);
  await addProvider(sql, VAULT, WORKSPACE, { channel: "email", driver: "smtp", name: "Mail", config: { host: "127.0.0.1", port: mail.port, from: "Shop <shop@example.com>", security: "none" } as never, perSecond: null }, 10, 0);
}); // prettier-ignore
afterAll(async () => {
  await mail.close();
  await stores.drop();
});
beforeEach(async () => {
  now = MONDAY;
  mail.received.length = 0;
  mail.mood = "takes";
  faults.length = 0;
  await stores.forget();
  await stores.sql.query("truncate digests, views, alerts, alert_looks cascade");
});

/** What one process brings digests with. */
function aProcess() {
  const drivers = createDrivers({ sql: stores.sql, clock: () => now, publicUrl: undefined });
  const deps = {
    ...stores, clock: () => now, onFault: (cause: unknown) => void faults.push(cause),
    handOver: async (outgoing: Parameters<ReturnType<typeof drivers.of>["send"]>[0]) => drivers.of((await listProviders(stores.sql, VAULT, WORKSPACE))[0]!).send(outgoing),
  };
  return { brings: () => bringDigests(deps), looks: () => lookForChanges(deps), close: () => drivers.close() };
} // prettier-ignore
async function aDigest(more: object = {}): Promise<number> {
  const view = ViewDraft.parse({ name: "Visitors & buyers", path: "/v1/metrics", body: { metrics: ["conversion"] }, lastDays: 7 }); // prettier-ignore
  const id = await addView(stores.sql, WORKSPACE, view, "Ann", 0);
  const draft = DigestDraft.parse({ name: "Monday", to: ["ann@example.com"], every: "week", weekday: 1, hour: 8, views: [id], ...more }); // prettier-ignore
  await checkDigest(stores.sql, WORKSPACE, draft);
  await addDigest(stores.sql, WORKSPACE, draft, 0);
  return id;
}
/** Fifty customers a day of whom ten buy; in the last `fewer` days, two. */
async function shop(days: number, fewer: number): Promise<void> {
  const events = Array.from({ length: days }, (_, day) =>
    Array.from({ length: 50 }, (_customer, i) => {
      const at = MONDAY - (days - day) * DAY_MS + i * 60_000;
      const wave = (day * 7 + i * 3) % 5 === 0 ? 1 : 0;
      const buyers = day >= days - fewer ? 2 : 10 + wave * (day % 4);
      return [{ atom: day * 50 + i + 1, at, name: "$page.viewed" }, ...(i < buyers ? [{ atom: day * 50 + i + 1, at: at + 1, name: "Order Completed", properties: { total: 10 } }] : [])]; // prettier-ignore
    }).flat(),
  ).flat();
  await tellHistory(stores.log, events);
}

test("a digest comes on Monday at eight by the workspace's clock, once, however many processes look", async () => {
  await shop(10, 0);
  await aDigest();
  const [one, other] = [aProcess(), aProcess()];
  now = MONDAY - HOUR_MS;
  expect(await one.brings()).toBe(0);
  now = MONDAY;
  const sent = await Promise.all([one.brings(), other.brings(), one.brings(), other.brings()]);
  await one.brings();
  expect([sent.reduce((a, b) => a + b, 0), mail.received.length, faults]).toEqual([1, 1, []]);
  const { body } = mail.received[0]!;
  expect(body).toMatch(/^Subject: Monday: Test/m);
  expect(body).toMatch(/^To: ann@example.com/m);
  expect(body).toContain("Visitors & buyers");
  expect(body).toContain("Visitors &amp; buyers");
  expect(body.replaceAll("=\r\n", "")).toMatch(
    /9 Mar 2026 to 15 Mar 2026 \(Europe\/Berlin\), as of 16 Mar 2026, [0-9:]+, from [0-9,]+ events of 350 customers\. A share with Wilson's interval/,
  );
  expect(body.replaceAll("=\r\n", "")).toMatch(/Conversion \| [0-9.]+ % \| [0-9.]+ % to [0-9.]+ % \| 350/);
  expect(await listDigests(stores.sql, WORKSPACE, now)).toMatchObject([{ last: { at: "2026-03-16T07:00:00.000Z", sent: 1, problem: null }, nextAt: "2026-03-23T07:00:00.000Z" }]); // prettier-ignore
  now = MONDAY + 7 * DAY_MS;
  expect(await other.brings()).toBe(1);
  await Promise.all([one.close(), other.close()]);
});

test("a busy mail server gets it later, and a refused address is said", async () => {
  await aDigest();
  const one = aProcess();
  mail.mood = "busy";
  expect(await one.brings()).toBe(0);
  mail.mood = "takes";
  expect(await one.brings()).toBe(0);
  now += HOUR_MS;
  expect(await one.brings()).toBe(1);
  mail.mood = "bad_address";
  now += 7 * DAY_MS;
  expect(await one.brings()).toBe(0);
  expect((await listDigests(stores.sql, WORKSPACE, now))[0]!.last).toMatchObject({ sent: 0, problem: expect.stringContaining("ann@example.com") as string }); // prettier-ignore
  await one.close();
});

test("a digest goes to people of the workspace only, and a view it brings stays", async () => {
  const id = await aDigest();
  await expect(aDigest({ to: ["eve@example.com"] })).rejects.toThrow(
    "eve@example.com is nobody of this workspace",
  );
  await expect(removeView(stores.sql, WORKSPACE, id)).rejects.toThrow('The digest "Monday" brings this view');
});

test("a drop in conversion raises one alert, which stands in the digest until somebody has seen it", async () => {
  await shop(90, 14);
  const one = aProcess();
  expect(await one.looks()).toBeGreaterThan(0);
  expect(await one.looks()).toBe(0);
  now += DAY_MS;
  await one.looks();
  const { alerts } = await listAlerts(stores.sql, WORKSPACE, { open: true, limit: 50 });
  const drops = alerts.filter(({ metric }) => metric === "conversion");
  expect(drops).toMatchObject([{ direction: "down", worse: true, part: null, words: expect.stringMatching(/^Conversion fell from 2[0-9.]+ % to 4 % \([0-9.]+ % to [0-9.]+ %, of 700\), since 2 Mar 2026\.$/) as string, since: "2026-03-01T23:00:00.000Z" }]); // prettier-ignore
  now = MONDAY;
  await aDigest({ views: [await addView(stores.sql, WORKSPACE, ViewDraft.parse({ name: "Back", path: "/v1/retention", body: {}, lastDays: 60 }), "Ann", 0)] }); // prettier-ignore
  await one.brings();
  expect(mail.received[0]!.body.replaceAll("=\r\n", "")).toContain("Conversion fell from");
  const seen = await markAlert(stores.sql, WORKSPACE, drops[0]!.id, "Ann", now);
  expect(seen).toMatchObject({ seenBy: "Ann" });
  expect((await listAlerts(stores.sql, WORKSPACE, { open: true, limit: 50 })).alerts.filter(({ metric }) => metric === "conversion")).toEqual([]); // prettier-ignore
  expect(faults).toEqual([]);
  await one.close();
});
