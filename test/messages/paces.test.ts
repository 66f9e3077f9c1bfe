/** A provider's rate holds over all who send, in one process or in several. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { giveBackTurns, takeTurns } from "../../src/messages/pace.ts";
import { type Platform, freePort, startPlatform } from "../chaos/platform.ts";
import { type Outbox, anOutbox } from "./sending-story.ts";

let outbox: Outbox;
beforeEach(async () => {
  outbox = await anOutbox();
});
afterEach(async () => {
  await outbox.close();
  expect(outbox.faults).toEqual([]);
});

const people = (n: number) => Array.from({ length: n }, (_, i) => `p${i}`);
const settledMs = async (ids: readonly string[], begunAt: number) =>
  (await outbox.rowsOf(ids)).flatMap(({ settledAt }) => (settledAt === null ? [] : [settledAt - begunAt]));

describe("a provider's rate", () => {
  test("is shared by two who send, to the message", { timeout: 60_000 }, async () => {
    await outbox.byMail(20);
    await outbox.meet(...people(60));
    const ids: string[] = [];
    for (const who of people(60)) ids.push(await outbox.asks(who));
    const begunAt = outbox.clock();
    const senders = [await outbox.sender(), await outbox.sender()];
    for (const n of [20, 40, 60]) {
      await expect.poll(async () => {
        for (const sender of senders) sender.wake();
        return (await settledMs(ids, begunAt)).length;
      }, { timeout: 20_000, interval: 5 }).toBe(n); // prettier-ignore
      await outbox.passes(1_000);
    }
    const atMs = await settledMs(ids, begunAt);
    expect([0, 1_000, 2_000].map((at) => atMs.filter((one) => one === at).length)).toEqual([20, 20, 20]);
  });

  test("lets no more turns be taken in any time than it has, whoever takes and gives back how many", { timeout: 60_000 }, async () => {
    const provider = await outbox.byMail(1);
    const asked = fc.record({ afterMs: fc.integer({ min: 0, max: 1_500 }), max: fc.integer({ min: 1, max: 60 }), unused: fc.integer({ min: 0, max: 10 }) });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(0.5, 3, 25), fc.array(asked, { minLength: 1, maxLength: 25 }), async (perSecond, all) => {
        await outbox.sql.query("delete from provider_paces");
        const pace = { provider: provider!.id, perSecond };
        const used: { at: number; n: number }[] = [];
        let now = outbox.clock();
        for (const { afterMs, max, unused } of all) {
          now += afterMs;
          // Two take at once.
          for (const { n } of await Promise.all([takeTurns(outbox.sql, pace, max, now), takeTurns(outbox.sql, pace, max, now)])) {
            expect(n).toBeLessThanOrEqual(max);
            const back = Math.min(n, unused);
            if (back > 0) await giveBackTurns(outbox.sql, pace, back);
            used.push({ at: now, n: n - back });
          }
        }
        for (const [i, { at: from }] of used.entries()) {
          let sum = 0;
          for (const { at, n } of used.slice(i)) {
            sum += n;
            expect(sum).toBeLessThanOrEqual(((at - from) / 1000) * perSecond + Math.max(1, perSecond) + 1e-6);
          }
        }
      }),
      { numRuns: 40 },
    );
  }); // prettier-ignore

  test("is kept by two processes that send together", { timeout: 120_000 }, async () => {
    const [perSecond, n] = [25, 125];
    await outbox.byMail(perSecond);
    await outbox.meet(...people(n));
    const folder = await mkdtemp(join(tmpdir(), "throughline-paces-"));
    const env = { DATABASE_URL: outbox.sql.url };
    const platforms: Platform[] = [];
    try {
      for (let i = 0; i < 2; i++) platforms.push(await startPlatform(folder, await freePort(), env, ["--roles", "sender"])); // prettier-ignore
      const begunAt = Date.now();
      await outbox.sql.query(
        `insert into messages (id, workspace, atom, channel, template, purpose, asked, state, due_at, created_at, expires_at)
         select $1 || id, workspace, id, 'email', $2, 'transactional', '{"tags":[],"products":[],"priority":50,"else":"wait","context":{},"why":{"type":"api","by":"a test"}}', 'due', $3::bigint, $3::bigint, $3::bigint + 86400000
         from atoms`,
        [randomUUID(), outbox.template, begunAt],
      );
      await outbox.sql.query("select pg_notify('messages', '')");
      const sent = async () => (await outbox.sql.query<{ n: number; last: number }>("select count(*)::int as n, max(at) as last from contacts"))[0]!; // prettier-ignore
      await expect.poll(async () => (await sent()).n, { timeout: 60_000, interval: 50 }).toBe(n);
      await expect.poll(() => outbox.mail.received.length, { timeout: 60_000, interval: 50 }).toBe(n);
      // A second's worth had gathered; the others came at the rate of both together. A slow machine only takes longer.
      expect((await sent()).last - begunAt).toBeGreaterThanOrEqual(((n - perSecond) / perSecond) * 1000 - 1);
      expect(platforms.map((platform) => platform.said())).toEqual(["", ""].map(() => expect.not.stringContaining("error"))); // prettier-ignore
    } finally {
      for (const { process: child, gone } of platforms) {
        child.kill("SIGTERM");
        await gone;
      }
      await rm(folder, { recursive: true, force: true });
    }
  });
});
