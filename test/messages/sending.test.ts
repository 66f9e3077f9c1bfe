/** Sending on real stores to servers that really listen: never twice, never over a cap, and nobody waits for another's trouble. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/postgres.ts";
import { settle } from "../../src/messages/outbox.ts";
import { MESSAGE_LIMITS } from "../../src/messages/model.ts";
import { aReceiver } from "../journeys/receiver.ts";
import { WORKSPACE } from "../world.ts";
import { DAY_MS, type Outbox, anOutbox, mailIdsIn, rests } from "./sending-story.ts";

let outbox: Outbox;
beforeEach(async () => {
  outbox = await anOutbox();
});
afterEach(() => outbox.close());
const settledIn = ({ state }: { readonly state: string }) => state !== "due" && state !== "sending";

describe("two senders on one outbox", () => {
  test("keep a cap exactly: of ten messages each of twenty customers gets three a day, and each of those once", async () => {
    await outbox.policy({ caps: [{ name: "Three a day", most: 3, over: { ms: DAY_MS } }] });
    await outbox.byMail();
    const people = Array.from({ length: 20 }, (_, n) => `p${n}`);
    await outbox.meet(...people);
    const ids: string[] = [];
    for (let n = 0; n < 10; n++) for (const who of people) ids.push(await outbox.asks(who, { else: n < 8 ? "wait" : "skip" })); // prettier-ignore
    const [one, other] = await Promise.all([outbox.sender(), outbox.sender()]);
    other.wake();
    const rows = await outbox.until(one, ids, rests(outbox.clock));
    const states = rows.map(({ state, reason }) => (reason === null ? state : `${state} ${reason}`));
    expect(states.filter((state) => state === "sent").length).toBe(60);
    expect(new Set(states)).toEqual(new Set(["sent", "due cap", "refused cap"]));
    expect(new Set(rows.filter(({ state }) => state === "due").map(({ dueAt }) => dueAt))).toEqual(new Set([outbox.clock() + DAY_MS])); // prettier-ignore
    const perPerson = new Map<string, number>();
    for (const { headers } of outbox.mail.received) perPerson.set(headers["to"]!, (perPerson.get(headers["to"]!) ?? 0) + 1); // prettier-ignore
    expect([...perPerson.values()]).toEqual(people.map(() => 3));
    await outbox.passes(DAY_MS);
    await outbox.until(one, ids, rests(outbox.clock));
    const mails = mailIdsIn(outbox.mail);
    expect([mails.length, new Set(mails).size]).toEqual([120, 120]);
    expect(outbox.faults).toEqual([]);
  });
});

describe("a provider in trouble", () => {
  test("that says nothing holds up no other channel", async () => {
    outbox.mail.mood = "silent";
    const hooks = await aReceiver(() => ({ status: 204 }));
    await outbox.byMail();
    await outbox.provider("webhook", "webhook", {
      secret: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
    });
    await outbox.provider("in_app", "in_app", { secret: "x".repeat(43) });
    const hook = await outbox.aTemplate("Hook", { channel: "webhook", url: hooks.url, body: "{}" });
    const note = await outbox.aTemplate("Note", { channel: "in_app", title: "Hello", body: "You" });
    await outbox.meet("ann", "ben");
    const stuck = [await outbox.asks("ann"), await outbox.asks("ben", { purpose: "transactional" })];
    const others: string[] = [];
    for (const who of ["ann", "ben"]) {
      others.push(await outbox.asks(who, { channel: "webhook", template: hook }));
      others.push(await outbox.asks(who, { channel: "in_app", template: note }));
    }
    const sender = await outbox.sender();
    await outbox.until(sender, stuck, ({ state }) => state === "sending");
    const rows = await outbox.until(sender, others, settledIn);
    expect(rows.map(({ state }) => state)).toEqual(["sent", "sent", "sent", "sent"]);
    expect((await outbox.rowsOf(stuck)).map(({ state }) => state)).toEqual(["sending", "sending"]);
    expect(hooks.received.length).toBe(2);
    while (outbox.mail.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    outbox.mail.hangUp();
    const ends = await outbox.until(sender, stuck, rests(outbox.clock));
    // Both were handed over whole, and nobody said that they were taken.
    expect(ends.map(({ state, reason }) => `${state} ${reason}`).toSorted()).toEqual(["due retried", "unknown answer_lost"]); // prettier-ignore
    await hooks.close();
  });

  test("with one address: that one is refused for good, and nobody else is written to twice", async () => {
    await outbox.byMail();
    await outbox.meet("ann", "ben", "cem");
    outbox.mail.mood = "bad_address";
    const bad = await outbox.asks("ann");
    const sender = await outbox.sender();
    await outbox.until(sender, [bad], settledIn);
    outbox.mail.mood = "takes";
    const more = [await outbox.asks("ann"), await outbox.asks("ben"), await outbox.asks("cem")];
    const rows = await outbox.until(sender, more, settledIn);
    expect(rows.map(({ state, reason }) => `${state} ${reason}`).toSorted()).toEqual(["refused suppressed", "sent null", "sent null"]); // prettier-ignore
    await outbox.passes(DAY_MS);
    const last = await outbox.asks("ben");
    await outbox.until(sender, [last], settledIn);
    expect(outbox.mail.received.map(({ headers }) => headers["to"] ?? "").toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["ben@example.com", "ben@example.com", "cem@example.com"]); // prettier-ignore
  });

  test("for a while is asked again, each time later, and the message leaves once", async () => {
    await outbox.byMail();
    await outbox.meet("ann");
    outbox.mail.mood = "busy";
    const ids = [await outbox.asks("ann")];
    const sender = await outbox.sender();
    const waitsMs: number[] = [];
    for (let n = 0; n < 3; n++) {
      const [row] = await outbox.until(sender, ids, rests(outbox.clock));
      expect(row).toMatchObject({ state: "due", reason: "retried", attempts: n + 1 });
      waitsMs.push(row!.dueAt - outbox.clock());
      if (n === 2) outbox.mail.mood = "takes";
      await outbox.passes(waitsMs.at(-1)!);
    }
    await outbox.until(sender, ids, settledIn);
    await outbox.passes(DAY_MS);
    expect(waitsMs).toEqual([5_000, 30_000, 120_000]);
    expect(mailIdsIn(outbox.mail)).toEqual(ids);
  });

  test("of the store: what was handed over is settled when it is over, and not handed over again", async () => {
    await outbox.byMail();
    await outbox.meet("ann", "ben");
    const ids = [await outbox.asks("ann"), await outbox.asks("ben", { purpose: "transactional" })];
    let left = 1;
    // The store that goes away for a moment once the mail is with its server.
    const shaky: Database = {
      ...outbox.sql,
      transaction: (work, durable) => {
        if (outbox.mail.received.length === 0 || left-- <= 0) return outbox.sql.transaction(work, durable);
        return Promise.reject(new Error("The store is gone."));
      },
    };
    const sender = await outbox.sender(shaky);
    const rows = await outbox.until(sender, ids, settledIn);
    expect(rows.map(({ state }) => state)).toEqual(["sent", "sent"]);
    expect(mailIdsIn(outbox.mail).toSorted()).toEqual(ids.toSorted());
    expect(outbox.faults.map(String)).toEqual(["Error: The store is gone."]);
  });
});

describe("a sender that dies after handing over", () => {
  test("is followed by one that repeats what is transactional under the same name, and nothing else", async () => {
    await outbox.byMail();
    await outbox.meet("ann");
    const [offer, bill] = [await outbox.asks("ann"), await outbox.asks("ann", { purpose: "transactional" })];
    expect((await outbox.claims()).length).toBe(2);
    await outbox.passes(MESSAGE_LIMITS.claimMs - 1);
    const sender = await outbox.sender();
    // As long as the claim holds nobody else takes them; something else shows that the sender was there.
    const other = await outbox.asks("ann", { purpose: "transactional" });
    await outbox.until(sender, [other], settledIn);
    expect((await outbox.rowsOf([offer, bill])).map(({ state }) => state)).toEqual(["sending", "sending"]);
    await outbox.passes(10_000);
    const rows = await outbox.until(sender, [offer, bill], settledIn);
    expect(Object.fromEntries(rows.map(({ id, state }) => [id, state]))).toEqual({ [offer]: "unknown", [bill]: "sent" }); // prettier-ignore
    expect(mailIdsIn(outbox.mail)).toEqual([other, bill]);
  });

  test("and wakes up late changes nothing that was decided without it, nor any cap", async () => {
    await outbox.policy({ caps: [{ name: "One a day", most: 1, over: { ms: DAY_MS } }] });
    await outbox.byMail();
    await outbox.meet("ann");
    const offer = await outbox.asks("ann");
    const [late] = await outbox.claims();
    await outbox.passes(MESSAGE_LIMITS.claimMs + 1);
    const sender = await outbox.sender();
    await outbox.until(sender, [offer], settledIn);
    await settle(outbox.sql, { workspace: WORKSPACE, channel: "email" }, [{
      message: late!.message, state: "failed", dueAt: outbox.clock(), reason: "rejected", detail: "Too late.", provider: null, providerId: null, templateNo: null,
      content: null, receipt: null, uncounted: false, suppress: { address: "ann@example.com", reason: "bounced" },
    }], outbox.clock()); // prettier-ignore
    const second = await outbox.asks("ann");
    await outbox.until(sender, [second], rests(outbox.clock));
    expect((await outbox.rowsOf([offer, second])).map(({ state, reason }) => `${state} ${reason}`)).toEqual(["unknown sender_died", "due cap"]); // prettier-ignore
  });
});

describe("a provider's rate", () => {
  test("is kept to the message", async () => {
    await outbox.byMail(20);
    const people = Array.from({ length: 50 }, (_, n) => `p${n}`);
    await outbox.meet(...people);
    const ids: string[] = [];
    for (const who of people) ids.push(await outbox.asks(who));
    const sender = await outbox.sender();
    const begunAt = outbox.clock();
    const sentBy = async (n: number) => {
      for (;;) {
        sender.wake();
        const rows = await outbox.rowsOf(ids);
        if (rows.filter(settledIn).length >= n) return;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    for (const n of [20, 30, 50]) {
      await sentBy(n);
      await outbox.passes(n === 20 ? 500 : 1_000);
    }
    const atMs = (await outbox.rowsOf(ids)).map(({ settledAt }) => settledAt! - begunAt);
    expect([0, 500, 1_500].map((at) => atMs.filter((one) => one === at).length)).toEqual([20, 10, 20]);
  });

  test("of less than one a second sends as well", async () => {
    await outbox.byMail(0.5);
    await outbox.meet("ann", "ben");
    const [first, second] = [
      await outbox.asks("ann", { purpose: "transactional" }),
      await outbox.asks("ben"),
    ];
    const sender = await outbox.sender();
    await outbox.until(sender, [first], settledIn);
    expect((await outbox.rowsOf([second])).map(({ state }) => state)).toEqual(["due"]);
    await outbox.passes(2_000);
    await outbox.until(sender, [second], settledIn);
  });
});
