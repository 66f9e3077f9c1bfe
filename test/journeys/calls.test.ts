/** What journeys ask of other systems: webhooks, traits and audiences, each done once and told to the run. */
import { createHmac } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CALL_LIMITS, callOutcome, keptOf } from "../../src/journeys/call-rules.ts";
import { claimCalls } from "../../src/journeys/call-store.ts";
import { type Caller, type CallerDeps, callSecretOf, startCaller } from "../../src/journeys/calls.ts";
import type { Event } from "../../src/events/model.ts";
import type { JsonObject } from "../../src/values.ts";
import { WORKSPACE } from "../world.ts";
import { type Answers, type Received, type Receiver, aReceiver } from "./receiver.ts";
import { HOUR_MS, type JourneyWorld, aJourneyWorld, onEvent, wait } from "./story.ts";
import { VAULT } from "../vault.ts";

let world: JourneyWorld;
const callers: Caller[] = [];
const receivers: Receiver[] = [];
beforeAll(async () => {
  world = await aJourneyWorld();
});
afterEach(async () => {
  for (const caller of callers.splice(0)) await caller.stop();
  for (const receiver of receivers.splice(0)) await receiver.close();
  expect(world.faults.splice(0)).toEqual([]);
});
afterAll(() => world.close());

const receiver = async (answer: (n: number, received: Received) => Answers | Promise<Answers>) => {
  const made = await aReceiver(answer);
  receivers.push(made);
  return made;
};
const tell = (events: readonly Event[]) => world.inbox.append(events);
function calling(more: Partial<CallerDeps> = {}): Caller {
  const caller = startCaller({ sql: world.sql, vault: VAULT, clock: world.clock, tell, random: () => 0, onFault: (cause) => world.faults.push(cause), ...more }); // prettier-ignore
  callers.push(caller);
  return caller;
}
/** Waits until nothing that is due is left to do, and everybody was told. */
async function done(caller: Caller): Promise<void> {
  for (;;) {
    caller.wake();
    const [left] = await world.sql.query(
      "select 1 as one from calls where (state = 'due' and due_at <= $1) or (settled_at is not null and told_at is null) limit 1",
      [world.clock()],
    );
    await world.handled();
    await world.woken();
    if (!left) return;
    await pause(3);
  }
}
const says = (who: string, name: string, properties?: object) =>
  world.says({ who: [`user_id ${who}`], name, at: world.clock(), ...(properties && { properties: properties as never }) }); // prettier-ignore
const atomOf = async (who: string) => (await world.sql.query<{ atom: number }>("select atom from identifiers where value = $1", [who]))[0]!.atom; // prettier-ignore
const webhook = (url: string, next: string | null, more: object = {}) => ({
  type: "webhook",
  url,
  next,
  ...more,
});
const callsOf = async (who: string) =>
  world.sql.query<{ id: string; state: string; attempts: number; detail: string | null; dueAt: number }>(
    `select id, state, attempts, detail, due_at as "dueAt" from calls where atom = $1 order by due_at`,
    [await atomOf(who)],
  );
const told = async (who: string, prefix: string) =>
  (await world.moments([await atomOf(who)]))
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, properties }) => ({ name, properties: JSON.parse(properties) as JsonObject }))
    .toReversed();

describe("a webhook", () => {
  test("is called once, signed, with what the step says, and its answer is there for later steps", async () => {
    const crm = await receiver((n) => (n === 1 ? { status: 200, body: '{"ticket": {"id": "T-7", "days": [3, 4]}}' } : { status: 204 })); // prettier-ignore
    await world.journey({
      entry: onEvent("Order Returned"), start: "open",
      steps: {
        open: webhook(crm.url, "rest", {
          body: '{"order": "{{ event.order_id }}", "who": "{{ customer.traits.name | default: \'somebody\' }}"}',
          keep: { ticket: "ticket.id", day: "ticket.days.1", status: "$status", none: "not.there" },
        }),
        rest: wait(HOUR_MS, "later"),
        later: webhook(crm.url, null, { body: '{"ticket": "{{ vars.ticket }}", "status": {{ vars.status | json }}}' }),
      },
    }); // prettier-ignore
    const caller = calling();
    await says("ann", "Order Returned", { order_id: 'o-"1' });
    await done(caller);
    expect(await world.runsOf("ann")).toEqual(["rest"]);
    const [first] = crm.received;
    expect(JSON.parse(first!.body)).toEqual({ order: 'o-"1', who: "somebody" });
    const [call] = await callsOf("ann");
    const key = Buffer.from(
      (await callSecretOf(world.sql, VAULT, WORKSPACE, 0)).slice("whsec_".length),
      "base64",
    );
    const signed = `${call!.id}.${String(first!.headers["webhook-timestamp"])}.${first!.body}`;
    expect(first!.headers).toMatchObject({
      "webhook-id": call!.id,
      "webhook-signature": `v1,${createHmac("sha256", key).update(signed).digest("base64")}`,
    });
    expect((await told("ann", "$call")).map(({ name, properties }) => [name, properties])).toEqual([
      [
        "$call.done",
        { journey: expect.any(Number), call: call!.id, answer: { ticket: "T-7", day: 4, status: 200 } },
      ],
    ]);
    await world.passes(HOUR_MS);
    await done(caller);
    expect(JSON.parse(crm.received[1]!.body)).toEqual({ ticket: "T-7", status: 200 });
    expect([crm.received.length, await world.runsOf("ann")]).toEqual([2, ["completed"]]);
  });

  test("that has no body of its own tells what is known", async () => {
    const crm = await receiver(() => ({ status: 200 }));
    await world.journey({
      entry: onEvent("Form Sent"),
      start: "tell",
      steps: { tell: webhook(crm.url, null) },
    });
    const caller = calling();
    await says("abe", "Form Sent", { form: "contact" });
    await done(caller);
    expect(JSON.parse(crm.received[0]!.body)).toMatchObject({
      event: { form: "contact" },
      customer: { id: expect.stringMatching(/^c/) },
      call: { id: expect.any(String) },
    });
    expect(crm.received[0]!.body).not.toContain("unsubscribe");
  });

  test("that fails for now is called again later under the same id, and the run goes on when it is taken", async () => {
    const crm = await receiver((n) => (n === 1 ? { status: 503, headers: { "retry-after": "60" } } : { status: 200 })); // prettier-ignore
    await world.journey({
      entry: onEvent("Lead Scored"),
      start: "crm",
      steps: { crm: webhook(crm.url, null, { failed: "task" }), task: { type: "exit" } },
    });
    const caller = calling();
    await says("ben", "Lead Scored");
    await done(caller);
    const [call] = await callsOf("ben");
    expect(call).toMatchObject({ state: "due", attempts: 1, detail: "It answered 503." });
    expect(call!.dueAt - world.clock()).toBeGreaterThan(30_000);
    expect(await world.runsOf("ben")).toEqual(["crm"]);
    await world.passes(60_000);
    await done(caller);
    expect(new Set(crm.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect([crm.received.length, await world.runsOf("ben")]).toEqual([2, ["completed"]]);
  });

  test("is given up after eight attempts, and the run takes the way of failure", async () => {
    const crm = await receiver(() => ({ status: 500, body: "out of order" }));
    await world.journey({
      entry: onEvent("Quote Asked"),
      start: "crm",
      steps: { crm: webhook(crm.url, null, { failed: "sorry" }), sorry: { type: "exit", reason: "no CRM" } },
    });
    const caller = calling();
    await says("cem", "Quote Asked");
    await done(caller);
    for (const ms of CALL_LIMITS.retryMs) {
      await world.passes(ms);
      await done(caller);
    }
    expect([crm.received.length, await world.runsOf("cem")]).toEqual([CALL_LIMITS.attemptsMax, ["exited"]]);
    expect((await told("cem", "$call")).map(({ properties }) => properties["reason"])).toEqual([
      "refused: It answered 500: out of order",
    ]);
  });

  test("whose body names what is not known is not called at all", async () => {
    const crm = await receiver(() => ({ status: 200 }));
    await world.journey({
      entry: onEvent("Poll Answered"),
      start: "crm",
      steps: {
        crm: webhook(crm.url, null, {
          body: '{"score": "{{ customer.traits.score }}"}',
          failed: "without",
        }),
        without: { type: "exit" },
      },
    });
    const caller = calling();
    await says("dan", "Poll Answered");
    await done(caller);
    expect([crm.received.length, await world.runsOf("dan")]).toEqual([0, ["exited"]]);
    expect((await callsOf("dan"))[0]!.detail).toMatch(/^missing_variable: /);
  });

  test("whose process dies while it is called is called again by another, under the same id, and told once", async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const crm = await receiver(async (n) => {
      if (n === 1) await held;
      return { status: 200, body: `{"n": ${n}}` };
    });
    await world.journey({
      entry: onEvent("Guest Arrived"),
      start: "crm",
      steps: { crm: webhook(crm.url, null, { keep: { n: "n" } }) },
    });
    // The first process: it has claimed the call and posted it, and is never heard of again.
    await says("eve", "Guest Arrived");
    const [claimed] = await claimCalls(world.sql, { now: world.clock(), max: 10, busy: new Map() });
    void fetch(crm.url, { method: "POST", headers: { "webhook-id": claimed!.id }, body: "{}" }).catch(() => undefined); // prettier-ignore
    const caller = calling();
    await pauseUntil(() => crm.received.length === 1);
    expect(await claimCalls(world.sql, { now: world.clock(), max: 10, busy: new Map() })).toEqual([]);
    await world.passes(CALL_LIMITS.claimMs);
    await done(caller);
    letGo();
    expect(crm.received.map(({ headers }) => headers["webhook-id"])).toEqual([claimed!.id, claimed!.id]);
    expect([await world.runsOf("eve"), (await told("eve", "$call")).length]).toEqual([["completed"], 1]);
  });

  test("whose process dies between doing and telling is not called again, and told once however often it is told", async () => {
    const crm = await receiver(() => ({ status: 200 }));
    await world.journey({ entry: onEvent("Door Opened"), start: "crm", steps: { crm: webhook(crm.url, null) } }); // prettier-ignore
    const broken: unknown[] = [];
    const dying = calling({
      // It reaches the inbox, and the process dies before it has noted that.
      tell: async (events) => {
        await tell(events);
        throw new Error("killed");
      },
      onFault: (cause) => broken.push(cause),
    });
    await says("fay", "Door Opened");
    await pauseUntil(() => broken.length > 0);
    await dying.stop();
    await done(calling());
    expect([
      crm.received.length,
      await world.runsOf("fay"),
      (await told("fay", "$call")).map(({ name }) => name),
    ]).toEqual([1, ["completed"], ["$call.done"]]);
  });

  test("is not made any more when the run ends before it is due again", async () => {
    const crm = await receiver(() => ({ status: 500 }));
    await world.journey({
      entry: onEvent("Chat Began"),
      exits: [onEvent("Chat Ended")],
      start: "crm",
      steps: { crm: webhook(crm.url, null) },
    });
    const caller = calling();
    await says("gus", "Chat Began");
    await done(caller);
    await says("gus", "Chat Ended");
    await world.passes(HOUR_MS);
    await done(caller);
    expect([crm.received.length, (await callsOf("gus"))[0]!.state]).toEqual([1, "failed"]);
    expect(await told("gus", "$call")).toEqual([]);
  });

  test("by two processes at once is made once each, and one slow address holds up no other", async () => {
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const slow = await receiver(async () => (await held, { status: 200 }));
    const quick = await receiver(() => ({ status: 200 }));
    await world.journey({ entry: onEvent("Slow One"), start: "crm", steps: { crm: webhook(slow.url, null) } }); // prettier-ignore
    await world.journey({ entry: onEvent("Quick One"), start: "crm", steps: { crm: webhook(quick.url, null) } }); // prettier-ignore
    const people = Array.from({ length: 40 }, (_, i) => `p${i}`);
    for (const who of people) await world.says({ who: [`user_id ${who}`], name: "Slow One", at: world.clock() });
    const both = [calling(), calling()];
    await pauseUntil(() => slow.received.length === 2 * CALL_LIMITS.perAddress);
    for (const who of people) await world.says({ who: [`user_id ${who}`], name: "Quick One", at: world.clock() });
    await pauseUntil(() => quick.received.length === people.length);
    expect(slow.received).toHaveLength(2 * CALL_LIMITS.perAddress);
    letGo();
    for (const caller of both) await done(caller);
    expect([slow.received.length, quick.received.length]).toEqual([people.length, people.length]);
    expect(new Set(slow.received.map(({ headers }) => headers["webhook-id"])).size).toBe(people.length);
  }); // prettier-ignore
});

async function pauseUntil(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(3);
}

describe("what needs nobody outside", () => {
  test("a trait is noted, and the customer is no more active by that than before", async () => {
    await world.journey({
      entry: onEvent("Course Finished"),
      start: "note",
      steps: { note: { type: "update", traits: { finished: true, plan: { name: "pro" } }, next: null } },
    });
    const caller = calling();
    await says("hal", "Course Finished");
    const before = await world.customer("user_id hal");
    await done(caller);
    const after = await world.customer("user_id hal");
    expect(after!.traits).toMatchObject({ finished: true, plan: { name: "pro" } });
    expect([after!.events, after!.lastSeenAt]).toEqual([before!.events, before!.lastSeenAt]);
  });

  test("audiences are entered and left in the order the journey says, and both are told", async () => {
    // In and out again 18 times, and out at last; then into another.
    const steps = Array.from({ length: 38 }, (_, i) => [
      `s${i}`,
      { type: "audience", audience: i === 37 ? "Stays" : "Seen", change: i === 37 || i % 2 === 1 ? "add" : "remove", next: i === 37 ? null : `s${i + 1}` },
    ]);
    await world.journey({ entry: onEvent("Ad Seen"), start: "s0", steps: Object.fromEntries(steps) as object });
    const both = [calling(), calling()];
    await says("ivy", "Ad Seen");
    for (const caller of both) await done(caller);
    const rows = await world.sql.query<{ audience: string }>("select audience from audience_members where atom = $1", [await atomOf("ivy")]);
    expect(rows).toEqual([{ audience: "Stays" }]);
    const events = await told("ivy", "$audience");
    const count = (name: string, audience: string) => events.filter((one) => one.name === name && one.properties["audience"] === audience).length;
    expect([count("$audience.added", "Seen"), count("$audience.removed", "Seen"), count("$audience.added", "Stays")]).toEqual([18, 19, 1]);
  }); // prettier-ignore
});

describe("an answer", () => {
  const answered = (status: number | null, retryAfterSeconds: number | null = null) => ({ status, detail: "words", retryAfterSeconds }); // prettier-ignore
  test("of 2xx is success; what is wrong with the request is not tried again, what is wrong with the receiver is", () => {
    const typeOf = (status: number | null) => callOutcome(answered(status), {}, 1, 0, 0).type;
    expect([200, 204, 301, 400, 404, 410, 408, 429, 500, 503, null].map(typeOf)).toEqual([
      "done", "done", "failed", "failed", "failed", "failed", "again", "again", "again", "again", "again",
    ]); // prettier-ignore
  });

  test("that fails is tried again later and later, eight times in all, and not before the receiver asks for it", () => {
    const waits = Array.from({ length: 8 }, (_, i) => callOutcome(answered(500), {}, i + 1, 0, 0)).map((one) => (one.type === "again" ? one.dueAt : one.type)); // prettier-ignore
    expect(waits).toEqual([...CALL_LIMITS.retryMs, "failed"]);
    expect(callOutcome(answered(429, 90), {}, 1, 0, 0)).toMatchObject({ dueAt: 90_000 });
    expect(callOutcome(answered(429, 1e9), {}, 1, 0, 0)).toMatchObject({
      dueAt: CALL_LIMITS.retryAfterMsMax,
    });
  });

  test("is kept within its bounds, clean, and only where it is what was asked for", () => {
    const of = (body: string, path: string) => keptOf(body, 200, { it: path })["it"];
    expect(of('{"a": {"b": [1, {"c": "x"}]}}', "a.b.1.c")).toBe("x");
    expect(of('{"a.b": 1}', "a.b")).toBeUndefined();
    expect(of('[7]', "0")).toBe(7);
    expect(of("no JSON", "a")).toBeUndefined();
    expect(of("no JSON", "$status")).toBe(200);
    expect(of('{"a": "x\\u0000\\ud800y"}', "a")).toBe("x\ufffdy");
    expect(of(JSON.stringify({ a: "x".repeat(CALL_LIMITS.keptCharsMax) }), "a")).toBeUndefined();
    expect(of('{"__proto__": {"a": 1}}', "constructor.name")).toBeUndefined();
  }); // prettier-ignore
});
