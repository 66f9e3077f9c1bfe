/** What keeps a message from leaving, or lets it leave later; and that whoever waits for it hears of it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type JourneyWorld, aJourneyWorld, onEvent, wait } from "../journeys/story.ts";
import { VAULT } from "../vault.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, NOON, type Outbox, anOutbox, mailIdsIn, rests } from "./sending-story.ts"; // prettier-ignore

describe("a message that is due", () => {
  let outbox: Outbox;
  let sender: Awaited<ReturnType<Outbox["sender"]>>;
  beforeAll(async () => {
    outbox = await anOutbox();
    await outbox.byMail();
    await outbox.meet("ann", "ben", "cem", "dan", "eve", "fay", "gus");
    sender = await outbox.sender();
  });
  afterAll(() => outbox.close());
  const ends = async (...ids: readonly string[]) =>
    (await outbox.until(sender, ids, rests(outbox.clock))).map(({ state, reason }) => reason === null ? state : `${state} ${reason}`); // prettier-ignore
  const mailsTo = (who: string) =>
    outbox.mail.received.filter(({ headers }) => headers["to"] === `${who}@example.com`).length;

  test("does not go to an address that is suppressed", async () => {
    await outbox.sql.query("insert into suppressions (workspace, channel, address, purpose, reason, since_at, message, detail) values (1, 'email', 'ann@example.com', 'marketing', 'unsubscribed', 0, null, '')"); // prettier-ignore
    expect(await ends(await outbox.asks("ann"))).toEqual(["refused suppressed"]);
    expect(await ends(await outbox.asks("ann", { purpose: "transactional" }))).toEqual(["sent"]);
  });

  test("does not go to who said no by an event before", async () => {
    await outbox.says({
      who: ["user_id ben"], name: "Preferences Saved", at: outbox.clock(), consents: [{ channel: "email", purpose: "marketing", answer: "denied", source: "api" }],
    } as never); // prettier-ignore
    expect(await ends(await outbox.asks("ben"))).toEqual(["refused consent_denied"]);
  });

  test("waits for the end of quiet hours, to the minute", async () => {
    await outbox.policy({ quietHours: [{ from: 11 * 60, to: 14 * 60 + 1 }] });
    const id = await outbox.asks("cem");
    const [row] = await outbox.until(sender, [id], rests(outbox.clock));
    const untilMs = 2 * HOUR_MS + MINUTE_MS;
    expect([row!.reason, row!.dueAt]).toEqual(["quiet_hours", NOON + untilMs]);
    await outbox.passes(untilMs - 1);
    // Something that may leave shows that the sender looked.
    await ends(await outbox.asks("dan", { purpose: "transactional" }));
    expect([mailsTo("dan"), mailsTo("cem")]).toEqual([1, 0]);
    await outbox.passes(1);
    expect(await ends(id)).toEqual(["sent"]);
    expect((await outbox.rowsOf([id]))[0]!.settledAt).toBe(NOON + untilMs);
    await outbox.policy({});
  });

  test("is given up when it could not leave in time: permitted too late, or never taken", async () => {
    const minute = Math.floor((outbox.clock() % DAY_MS) / MINUTE_MS);
    await outbox.policy({ quietHours: [{ from: minute - 1, to: minute + 120 }] });
    expect(await ends(await outbox.asks("eve", { expiresMs: HOUR_MS }))).toEqual(["refused expired"]);
    await outbox.policy({});
    outbox.mail.mood = "busy";
    const id = await outbox.asks("eve", { expiresMs: MINUTE_MS });
    expect(await ends(id)).toEqual(["due retried"]);
    await outbox.passes(5_000);
    expect(await ends(id)).toEqual(["due retried"]);
    await outbox.passes(30_000);
    // The next attempt would come after its end.
    expect(await ends(id)).toEqual(["failed given_up"]);
    outbox.mail.mood = "takes";
    await outbox.passes(DAY_MS);
    expect([await ends(id), mailsTo("eve")]).toEqual([["failed given_up"], 0]);
  });

  test("whose template lacks something is refused, and takes no place under a cap", async () => {
    await outbox.policy({ caps: [{ name: "One a day", most: 1, over: { ms: DAY_MS } }] });
    const broken = await outbox.aTemplate("Lacks", { channel: "email", subject: "{{ nobody.knows }}", html: "<p>Hello</p>" }); // prettier-ignore
    const [first] = await ends(await outbox.asks("fay", { template: broken }));
    expect(first).toMatch(/^refused (?!cap)/);
    expect(await ends(await outbox.asks("fay"))).toEqual(["sent"]);
    expect(await ends(await outbox.asks("fay"))).toEqual(["due cap"]);
  });

  test("and was tried, but may not leave any more, takes no place under a cap", async () => {
    outbox.mail.mood = "busy";
    const id = await outbox.asks("gus", { expiresMs: HOUR_MS });
    expect(await ends(id)).toEqual(["due retried"]);
    outbox.mail.mood = "takes";
    await outbox.passes(2 * HOUR_MS);
    expect(await ends(id)).toEqual(["refused expired"]);
    expect(await ends(await outbox.asks("gus"))).toEqual(["sent"]);
  });

  test("of a greater worth leaves first where there is one place", async () => {
    await outbox.passes(DAY_MS);
    const minute = Math.floor((outbox.clock() % DAY_MS) / MINUTE_MS);
    const cap = { name: "One a day", most: 1, over: { ms: DAY_MS } };
    // Both wait, so that both are due in the same moment.
    await outbox.policy({ caps: [cap], quietHours: [{ from: minute - 1, to: minute + 60 }] });
    const [small, great] = [await outbox.asks("dan", { priority: 10 }), await outbox.asks("dan", { priority: 90 })]; // prettier-ignore
    await ends(small, great);
    await outbox.passes(HOUR_MS);
    const rows = await outbox.until(sender, [small, great], rests(outbox.clock));
    expect(Object.fromEntries(rows.map(({ id, state }) => [id, state]))).toEqual({ [small]: "due", [great]: "sent" }); // prettier-ignore
    await outbox.policy({});
    expect(new Set(mailIdsIn(outbox.mail)).size).toBe(outbox.mail.received.length);
    expect(outbox.faults).toEqual([]);
  });
});

describe("a run", () => {
  let world: JourneyWorld;
  beforeAll(async () => {
    world = await aJourneyWorld(() => NOON);
    await world.policy({ quietHours: [] });
  });
  afterAll(() => world.close());
  const says = (name: string, who: string, address = true) =>
    world.says({ who: [`user_id ${who}`, ...(address ? [`email ${who}@example.com`] : [])], name, at: world.clock() }); // prettier-ignore

  test("hears what became of its message, and goes by the way for it", async () => {
    const broken = await world.sql.query<{ id: number }>("insert into templates (workspace, name, created_at, updated_at) values (1, 'Lacks', 0, 0) returning id"); // prettier-ignore
    await world.sql.query("insert into template_versions (template, number, body, created_at) values ($1, 1, $2, 0)", [
      broken[0]!.id,
      JSON.stringify({ name: "Lacks", description: "", content: { channel: "email", subject: "{{ nobody.knows }}", html: "<p>x</p>" }, onMissing: "refuse", trackLinks: true, trackOpens: false }),
    ]); // prettier-ignore
    const steps = (template: number) => ({
      hello: { type: "message", channel: "email", template, next: "glad", refused: "sad" },
      glad: wait(DAY_MS, null), sad: wait(DAY_MS, null),
    }); // prettier-ignore
    await world.journey({ entry: onEvent("Came"), start: "hello", steps: steps(world.template) });
    await world.journey({ entry: onEvent("Came Late"), start: "hello", steps: steps(broken[0]!.id) });
    await says("Came", "ann");
    await says("Came", "ben", false);
    await says("Came Late", "cem");
    expect([await world.runsOf("ann"), await world.messagesOf("ann")]).toEqual([["glad"], ["hello sent"]]);
    expect([await world.runsOf("ben"), await world.messagesOf("ben")]).toEqual([
      ["sad"],
      ["hello refused no_address"],
    ]);
    expect(await world.runsOf("cem")).toEqual(["sad"]);
    expect((await world.messagesOf("cem"))[0]).toMatch(/^hello refused /);
    expect(world.faults).toEqual([]);
  });

  test("that ends takes back what was tried and not taken, and frees its place under a cap", async () => {
    const { mail, byMail } = await mailFor(world);
    await byMail();
    await world.policy({ quietHours: [], caps: [{ name: "One a day", most: 1, over: { ms: DAY_MS } }] });
    await world.journey({
      entry: onEvent("Cart"), exits: [onEvent("Order")], reentry: { type: "always" }, start: "nudge",
      steps: { nudge: { type: "message", channel: "email", template: world.template, next: null } },
    }); // prettier-ignore
    mail.mood = "busy";
    await says("Cart", "dan");
    expect(await world.messagesOf("dan")).toEqual(["nudge due retried"]);
    await says("Order", "dan");
    mail.mood = "takes";
    await says("Cart", "dan");
    expect((await world.messagesOf("dan")).toSorted()).toEqual(["nudge cancelled run_ended", "nudge sent"]);
    expect(mail.received.length).toBe(1);
    await mail.close();
  });
});

async function mailFor(world: JourneyWorld) {
  const { aMailCounterpart } = await import("./counterparts.ts");
  const { addProvider } = await import("../../src/messages/provider-store.ts");
  const mail = await aMailCounterpart();
  const config = { host: "127.0.0.1", port: mail.port, security: "none", from: "Shop <shop@example.com>" };
  return { mail, byMail: () => addProvider(world.sql, VAULT, 1 as never, { channel: "email", driver: "smtp", name: "Mail", config, perSecond: null }, 10, world.clock()) }; // prettier-ignore
}
