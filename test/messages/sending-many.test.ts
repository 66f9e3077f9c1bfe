/** A send to many waits for nobody's single message, and leaves once those it is for were let into their journey. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GIVE_WAY, NOT_WAITING, type Waiting, giveWay } from "../../src/messages/give-way.ts";
import { WORKSPACE } from "../world.ts";
import { MINUTE_MS, type Outbox, anOutbox, mailIdsIn } from "./sending-story.ts";

describe("a send to many", () => {
  let outbox: Outbox;
  let ahead = MINUTE_MS;
  beforeEach(async () => {
    ahead = MINUTE_MS;
    outbox = await anOutbox();
    await outbox.meet("ann", "ben", "cem");
    await outbox.byMail();
  });
  afterEach(() => outbox.close());

  test("comes after what one customer is told, and that after what the law asks for", async () => {
    const many = await outbox.asks("ann", { toMany: true });
    const single = await outbox.asks("ben");
    const receipt = await outbox.asks("cem", { purpose: "transactional" });
    for (const next of [receipt, single, many])
      expect((await outbox.claims("email", 120_000, 1)).map(({ message }) => message.id)).toEqual([next]);
  });

  /** So many whom a journey is to let in a moment before the sender's now, and after the worker's. */
  const lettingIn = async (n: number) => {
    const [journey] = await outbox.sql.query<{ id: number }>(
      "insert into journeys (workspace, name, state, draft, created_at, updated_at) values ($1, 'To many', 'live', '{}', 0, 0) returning id",
      [WORKSPACE],
    );
    await outbox.sql.query(
      "insert into journey_entries (workspace, journey, customer, due_at) select $1, $2, n, $3 from generate_series(1, $4::int) n",
      [WORKSPACE, journey!.id, outbox.clock() + MINUTE_MS, n],
    );
  };

  test("waits while many are still to be let in, and nothing else does", async () => {
    await lettingIn(GIVE_WAY.entriesMin + 1);
    const sender = await outbox.sender(outbox.sql, () => outbox.clock() + ahead);
    const many = await outbox.asks("ann", { toMany: true });
    const single = await outbox.asks("ben");
    await outbox.until(sender, [single], ({ state }) => state === "sent");
    expect(mailIdsIn(outbox.mail)).toEqual([single]);
    expect((await outbox.rowsOf([many]))[0]).toMatchObject({ state: "due", attempts: 0 });

    await outbox.sql.query("delete from journey_entries where id % 2 = 0");
    ahead += GIVE_WAY.lookMs;
    await outbox.until(sender, [many], ({ state }) => state === "sent");
  });

  test("waits no longer than its time, however many there are", async () => {
    await lettingIn(GIVE_WAY.entriesMin + 1);
    const sender = await outbox.sender(outbox.sql, () => outbox.clock() + ahead);
    const [many, single] = [await outbox.asks("ann", { toMany: true }), await outbox.asks("ben")];
    await outbox.until(sender, [single], ({ state }) => state === "sent");
    ahead += GIVE_WAY.waitMsMax;
    await outbox.until(sender, [many], ({ state }) => state === "sent");
  });

  test("does not wait for a few", async () => {
    await lettingIn(GIVE_WAY.entriesMin);
    const sender = await outbox.sender(outbox.sql, () => outbox.clock() + ahead);
    const many = await outbox.asks("ann", { toMany: true });
    await outbox.until(sender, [many], ({ state }) => state === "sent");
  });
});

test("one wait is as long as waitMsMax at most, and ends with the last who is let in", () => {
  const looks = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 90_000 })), { maxLength: 30 });
  fc.assert(
    fc.property(looks, (all) => {
      let [now, began]: [number, number | null] = [1_000_000, null];
      let waiting: Waiting = NOT_WAITING;
      for (const [isLettingIn, ms] of all) {
        now += ms;
        waiting = giveWay(waiting, isLettingIn, now);
        began = isLettingIn ? (began ?? now) : null;
        expect(waiting.mayGo).toBe(began === null || now - began >= GIVE_WAY.waitMsMax);
      }
    }),
  );
});
