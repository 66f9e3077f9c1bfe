/** The starting journeys: each can be published as it is made, each letter is complete for somebody unknown, and each goes as its story says. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Event } from "../../src/events/model.ts";
import { changeDraft, problemsOf, publish, readJourneyContext } from "../../src/journeys/change.ts";
import { changeState } from "../../src/journeys/change.ts";
import { type Caller, startCaller } from "../../src/journeys/calls.ts";
import { movedBy } from "../../src/journeys/force.ts";
import { planJourney } from "../../src/journeys/plan.ts";
import { triggersOf } from "../../src/journeys/ways.ts";
import {
  EXAMPLE_SITE,
  JOURNEY_STARTERS,
  exampleDraft,
  makeStarter,
  starterOf,
} from "../../src/journeys/starters.ts";
import { readJourney } from "../../src/journeys/store.ts";
import { prepareTemplate, renderMessage } from "../../src/messages/render.ts";
import { templateDataOf } from "../../src/messages/render-data.ts";
import { readTemplate } from "../../src/messages/templates.ts";
import { endTask } from "../../src/people/store.ts";
import { startTaskTeller } from "../../src/people/tell.ts";
import { WORKSPACE } from "../world.ts";
import { DAY_MS, HOUR_MS, type JourneyWorld, MINUTE_MS, aJourneyWorld } from "./story.ts";
import { VAULT } from "../vault.ts";

const SITE = "https://shop.example";
/** Monday, 23 November 2026, nine in the morning in London. */
const BEGIN_AT = Date.UTC(2026, 10, 23, 9);
let world: JourneyWorld;
let caller: Caller;
let live: number[] = [];
beforeAll(async () => {
  world = await aJourneyWorld(() => BEGIN_AT);
  await world.policy({ quietHours: [], zone: "Europe/London" });
  caller = startCaller({ sql: world.sql, vault: VAULT, clock: world.clock, tell, random: () => 0, onFault: (cause) => world.faults.push(cause) }); // prettier-ignore
});
afterEach(async () => {
  for (const id of live.splice(0)) await changeState(world.sql, WORKSPACE, id, "stopped", world.clock());
  await world.woken();
  expect(world.faults.splice(0)).toEqual([]);
});
afterAll(async () => {
  await caller.stop();
  await world.close();
});
const tell = (events: readonly Event[]) => world.inbox.append(events);

/** Makes a starting journey as a business does, and publishes it; everybody enters, nobody is held out. */
async function begins(key: string): Promise<number> {
  const id = await makeStarter(
    world.sql,
    WORKSPACE,
    starterOf(key),
    { site: SITE, by: "a tester" },
    world.clock(),
  );
  const { draft } = await readJourney(world.sql, WORKSPACE, id);
  await changeDraft(world.sql, WORKSPACE, id, { ...draft, holdoutRatio: 0 }, world.clock());
  await publish(
    world.sql,
    WORKSPACE,
    id,
    { formerRuns: "pin", by: "a tester", expected: null },
    world.clock(),
  );
  await world.built();
  live.push(id);
  return id;
}
/** Somebody of whom an address is known and nothing else. */
const says = (who: string, name: string, properties?: object) =>
  world.says({ who: [`user_id ${who}`, `email ${who}@example.com`], name, at: world.clock(), ...(properties && { properties: properties as never }) }); // prettier-ignore
const identifies = (who: string, traits: object) =>
  world.says({ who: [`user_id ${who}`, `email ${who}@example.com`], name: "$customer.identified", at: world.clock(), traits: traits as never }); // prettier-ignore
const passes = async (ms: number) => {
  await world.passes(ms);
  await called();
};
/** Waits until audiences are as journeys asked. */
async function called(): Promise<void> {
  for (;;) {
    caller.wake();
    const [left] = await world.sql.query("select 1 as one from calls where state = 'due' or told_at is null limit 1"); // prettier-ignore
    await world.handled();
    if (!left) return world.sent();
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
const atomOf = async (who: string) => (await world.sql.query<{ atom: number }>("select atom from identifiers where value = $1", [who]))[0]!.atom; // prettier-ignore
/** What somebody got so far: the steps whose messages left. */
const got = async (who: string) =>
  (await world.messagesOf(who)).filter((one) => one.endsWith(" sent")).map((one) => one.slice(0, -" sent".length)); // prettier-ignore
const openTasks = async (who: string) =>
  world.sql.query<{ id: string; team: string }>(
    "select id, team from tasks where atom = $1 and state = 'open'",
    [await atomOf(who)],
  );
async function taskEnds(who: string, outcome: string): Promise<void> {
  const [task] = await openTasks(who);
  await endTask(world.sql, WORKSPACE, task!.id, { state: "done", outcome, note: "", by: "Sam" }, world.clock());
  const teller = startTaskTeller({ sql: world.sql, clock: world.clock, append: tell, onFault: (cause) => world.faults.push(cause) });
  await teller.tell();
  await teller.stop();
  await world.handled();
  await world.sent();
  await called();
} // prettier-ignore
const audiencesOf = async (who: string) =>
  (await world.sql.query<{ audience: string }>("select audience from audience_members where atom = $1", [await atomOf(who)])).map(({ audience }) => audience); // prettier-ignore

describe.each(JOURNEY_STARTERS.map((one) => [one.key, one] as const))(
  "the starting journey %s",
  (key, starter) => {
    test("is made as a draft that could be published as it is, by a business that has nothing yet", async () => {
      const id = await makeStarter(world.sql, WORKSPACE, starter, { site: SITE, by: "a tester" }, world.clock()); // prettier-ignore
      const { state, draft } = await readJourney(world.sql, WORKSPACE, id);
      const context = await readJourneyContext(world.sql, WORKSPACE);
      expect([state, problemsOf(draft, context)]).toEqual(["draft", []]);
      const planned = planJourney(draft, context);
      const named = planned.ok
        ? [...movedBy(planned.plan)].filter((name) => !name.startsWith("$segment"))
        : [];
      expect(starter.events).toEqual(expect.arrayContaining(named));
      // Twice: with a name of its own, and the same templates.
      const again = await readJourney(world.sql, WORKSPACE, await makeStarter(world.sql, WORKSPACE, starter, { site: SITE, by: "a tester" }, world.clock())); // prettier-ignore
      expect([again.name === draft.name, again.draft.steps]).toEqual([false, draft.steps]);
      expect([key, triggersOf(exampleDraft(starter)).length]).toEqual([key, triggersOf(draft).length]);
    });

    test("writes letters that are complete for somebody of whom only an address is known", async () => {
      const data = templateDataOf(BARE, null, {}, { unsubscribe: "u", preferences: "p", receipt: "r" }, { name: "Boots & Co", address: null }); // prettier-ignore
      for (const { draft } of starter.templates(SITE)) {
        const prepared = await prepareTemplate(draft);
        expect(prepared).toMatchObject({ type: "prepared" });
        if (prepared.type !== "prepared") continue;
        const manner = { now: BEGIN_AT, zone: "UTC", locale: "en" };
        const rendered = renderMessage(prepared.template, data, {
          manner,
          foot: null,
          track: null,
          openPixel: null,
        });
        expect([draft.name, rendered.type]).toEqual([draft.name, "rendered"]);
        if (rendered.type !== "rendered") continue;
        const { content } = rendered;
        const words =
          content.channel === "email"
            ? [content.subject, content.text, content.html].join("\n")
            : JSON.stringify(content);
        expect(words).not.toMatch(/\{\{|\{%|undefined|example\.com|Hello ,/);
        expect(words).toContain("Boots &");
        if (rendered.content.channel === "email") expect(rendered.content.text.length).toBeGreaterThan(150);
      }
    });
  },
);
const BARE = {
  id: "c1", name: null, firstSeenAt: null, lastSeenAt: null, events: 1, identifiers: [{ kind: "email", value: "ann@example.com", createdAt: "2026-01-01T00:00:00.000Z" }],
  traits: {}, traitsAt: {}, counts: {}, channels: {}, firstTouch: null, lastTouch: null, recentlyViewed: [], cart: { items: [], updatedAt: null },
  purchases: { orders: 0, value: [], firstAt: null, lastAt: null, recent: [] }, consents: [], accounts: [], recentEvents: [],
} as const satisfies Record<string, unknown> as never; // prettier-ignore

describe("the saved cart", () => {
  test("is reminded of after three hours and once more after a day, of what is in it; who orders hears nothing", async () => {
    await begins("saved_cart");
    const boots = { product_id: "b-1", name: "Trail boots", price: 129, currency: "EUR", quantity: 1 };
    for (const who of ["ann", "ben"]) await says(who, "Product Added", boots);
    await passes(2 * HOUR_MS);
    await says("ben", "Order Completed", { order_id: "o-1", total: 129, products: [boots] });
    await passes(HOUR_MS);
    expect([await got("ann"), await got("ben"), await world.runsOf("ben")]).toEqual([["kept"], [], ["goal"]]);
    const [kept] = await world.sql.query<{ content: { subject: string; text: string } }>("select content from messages where atom = $1", [await atomOf("ann")]); // prettier-ignore
    expect(kept!.content.subject).toBe("Your choice is kept");
    expect(kept!.content.text).toContain("- Trail boots, €129.00");
    await passes(DAY_MS);
    await passes(10 * DAY_MS);
    expect([await got("ann"), await world.runsOf("ann")]).toEqual([["kept", "help"], ["completed"]]);
  });

  test("is not pressed on somebody who complains", async () => {
    await begins("saved_cart");
    await says("cem", "Product Added", { product_id: "b-1" });
    await says("cem", "Complaint Received");
    await passes(2 * DAY_MS);
    expect([await got("cem"), await world.runsOf("cem")]).toEqual([[], ["exited"]]);
  });
});

describe("browsing without buying", () => {
  test("begins with the third product, waits for the evening, and ends when something is put in the cart", async () => {
    await begins("browse");
    for (const who of ["dan", "eve"])
      for (const name of ["Boots", "Socks"]) await says(who, "Product Viewed", { product_id: name, name });
    expect(await world.runsOf("dan")).toEqual([]);
    for (const who of ["dan", "eve"]) await says(who, "Product Viewed", { product_id: "Hat", name: "Hat" });
    expect(await world.runsOf("dan")).toEqual(["rest"]);
    await passes(12 * HOUR_MS);
    await passes(DAY_MS);
    expect([await got("dan"), await got("eve")]).toEqual([["seen"], ["seen"]]);
    await says("eve", "Product Added", { product_id: "Hat" });
    await passes(4 * DAY_MS);
    expect([await got("dan"), await got("eve")]).toEqual([["seen", "advice"], ["seen"]]);
  });
});

describe("the welcome", () => {
  test("says hello at once, shows the first steps, and offers a hand only to those who have not begun", async () => {
    await begins("welcome");
    for (const who of ["fay", "gus", "hal"]) await says(who, "Signed Up");
    expect(await got("fay")).toEqual(["hello"]);
    await passes(2 * DAY_MS);
    await says("gus", "Product Viewed", { product_id: "Hat" });
    await says("hal", "Order Completed", { order_id: "o-2", total: 20 });
    await passes(5 * DAY_MS);
    expect([await got("fay"), await got("gus"), await got("hal")]).toEqual([
      ["hello", "steps", "hand"],
      ["hello", "steps"],
      ["hello", "steps"],
    ]);
    expect(await world.runsOf("hal")).toEqual(["goal"]);
    await says("fay", "Signed Up");
    expect(await got("fay")).toHaveLength(3);
  });
});

describe("after the purchase", () => {
  test("comes help when it has arrived, then a question, then what goes with it; once for each order", async () => {
    await begins("after_purchase");
    const order = { order_id: "o-3", total: 99, currency: "EUR", products: [{ product_id: "b-1", name: "Trail boots" }] }; // prettier-ignore
    for (const who of ["ivy", "jon"]) await says(who, "Order Completed", { ...order, order_id: `o-${who}` });
    await says("ivy", "Order Completed", { ...order, order_id: "o-ivy" });
    await says("ivy", "Order Delivered", { order_id: "o-ivy" });
    await passes(DAY_MS);
    expect([await got("ivy"), await got("jon")]).toEqual([["help"], []]);
    await passes(4 * DAY_MS);
    expect(await got("jon")).toEqual(["help"]);
    await says("jon", "Order Refunded", { order_id: "o-jon" });
    await passes(3 * DAY_MS);
    expect(await got("ivy")).toEqual(["help", "review"]);
    await passes(31 * DAY_MS);
    expect([await got("ivy"), await got("jon")]).toEqual([["help", "review", "again"], ["help"]]);
  });

  test("nothing is sold to somebody who has bought again anyway", async () => {
    await begins("after_purchase");
    await says("kim", "Order Completed", { order_id: "o-4", total: 99 });
    await passes(5 * DAY_MS);
    await passes(7 * DAY_MS);
    await passes(DAY_MS);
    await says("kim", "Order Completed", { order_id: "o-5", total: 50 });
    for (const days of [5, 7, 17]) await passes(days * DAY_MS);
    // The second order's own journey has asked how it is by now, and is still waiting.
    expect([await got("kim"), await world.runsOf("kim")]).toEqual([
      ["help", "review", "help", "review"],
      ["completed", "month"],
    ]);
  });
});

describe("a lead", () => {
  const looks = (who: string) => world.says({ who: [`user_id ${who}`], name: "$page.viewed", at: world.clock(), properties: { path: "/pricing" } }); // prettier-ignore
  test("is called by sales when the prices are looked at for the third time, and the call decides what follows", async () => {
    await begins("lead_follow_up");
    for (const who of ["lea", "max", "nia"]) await identifies(who, { email: `${who}@example.com` });
    for (const who of ["lea", "max", "nia"]) {
      await looks(who);
      await looks(who);
    }
    // Somebody to whom nobody could write is nobody's lead.
    for (let i = 0; i < 3; i++) await looks("nobody");
    expect(await openTasks("lea")).toEqual([]);
    for (const who of ["lea", "max", "nia"]) await looks(who);
    expect([(await openTasks("lea"))[0]!.team, await openTasks("nobody")]).toEqual(["Sales", []]);
    await taskEnds("lea", "meeting");
    await taskEnds("max", "not_now");
    // Sales has no time for Nia.
    await passes(3 * DAY_MS);
    expect([await world.runsOf("lea"), await got("nia"), await got("max")]).toEqual([
      ["completed"],
      ["missed"],
      [],
    ]);
    await passes(30 * DAY_MS);
    expect(await got("max")).toEqual(["later"]);
  });
});

describe("an appointment", () => {
  const at = (ms: number) => new Date(world.clock() + ms).toISOString();
  test("is confirmed, reminded of a day and two hours before, and asked about afterwards; moved, the reminders move", async () => {
    await begins("appointment");
    await identifies("ole", { appointment_at: at(3 * DAY_MS) });
    await says("ole", "Appointment Booked", { place: "High Street 1" });
    expect(await got("ole")).toEqual(["booked"]);
    await passes(DAY_MS);
    await identifies("ole", { appointment_at: at(4 * DAY_MS) });
    await passes(DAY_MS + HOUR_MS);
    expect(await got("ole")).toEqual(["booked"]);
    await passes(2 * DAY_MS);
    expect(await got("ole")).toEqual(["booked", "day"]);
    await passes(DAY_MS - 2 * HOUR_MS);
    // No telephone number is known: the text message cannot leave, and the journey goes on.
    expect(await world.messagesOf("ole")).toContainEqual(expect.stringMatching(/^hours refused/));
    await passes(2 * DAY_MS);
    expect(await got("ole")).toEqual(["booked", "day", "after"]);
  });

  test("that is cancelled is not reminded of; one that is booked for this afternoon is not called tomorrow's", async () => {
    await begins("appointment");
    await identifies("pia", { appointment_at: at(3 * DAY_MS) });
    await says("pia", "Appointment Booked");
    await says("pia", "Appointment Cancelled");
    await identifies("quy", { appointment_at: at(5 * HOUR_MS), phone: "+447700900123" });
    await says("quy", "Appointment Booked");
    await passes(5 * MINUTE_MS);
    await passes(4 * DAY_MS);
    expect([await got("pia"), (await got("quy")).includes("day")]).toEqual([["booked"], false]);
  });

  test("of which no time is known is confirmed, and nothing more is said", async () => {
    await begins("appointment");
    await says("rob", "Appointment Booked");
    await passes(7 * DAY_MS);
    expect([await got("rob"), await world.runsOf("rob")]).toEqual([["booked"], ["completed"]]);
  });
});

describe("winning back", () => {
  test("begins four months after the last order; who does not react is left in peace, who buys is not bothered", async () => {
    await begins("win_back");
    for (const who of ["sue", "tom", "uma"]) await says(who, "Order Completed", { order_id: `o-${who}`, total: 30 });
    await passes(119 * DAY_MS);
    await says("uma", "Order Completed", { order_id: "o-uma-2", total: 30 });
    expect(await got("sue")).toEqual([]);
    await passes(2 * DAY_MS);
    await passes(DAY_MS);
    expect([await got("sue"), await got("tom"), await got("uma")]).toEqual([["miss"], ["miss"], []]);
    await says("tom", "Order Completed", { order_id: "o-tom-2", total: 30 });
    await passes(10 * DAY_MS);
    await passes(14 * DAY_MS);
    await passes(14 * DAY_MS);
    expect([await got("sue"), await audiencesOf("sue")]).toEqual([["miss", "new", "stay"], ["Left in peace"]]);
    expect([await got("tom"), await world.runsOf("tom"), await audiencesOf("tom")]).toEqual([["miss"], ["goal"], []]);
  }); // prettier-ignore
});

describe("a complaint", () => {
  test("stops selling, is looked after by a person, and asked about when it was solved", async () => {
    await begins("complaint");
    await says("val", "Complaint Received", { about: "wrong size" });
    await called();
    expect([await got("val"), await audiencesOf("val")]).toEqual([["sorry"], ["Complaint open"]]);
    await taskEnds("val", "solved");
    expect(await got("val")).toEqual(["sorry"]);
    await passes(3 * DAY_MS);
    expect([await got("val"), await audiencesOf("val"), await world.runsOf("val")]).toEqual([["sorry", "better"], [], ["completed"]]); // prettier-ignore
  });

  test("that service does not solve within a day goes to somebody else", async () => {
    await begins("complaint");
    await says("wim", "Complaint Received");
    await called();
    expect((await openTasks("wim")).map(({ team }) => team)).toEqual(["Service"]);
    await passes(DAY_MS);
    expect((await openTasks("wim")).map(({ team }) => team)).toContain("Head of service");
  });
});

test("the letters lead to the business's own site, which the list shows as an example", async () => {
  const id = await makeStarter(world.sql, WORKSPACE, starterOf("welcome"), { site: SITE, by: "a tester" }, world.clock()); // prettier-ignore
  const { draft } = await readJourney(world.sql, WORKSPACE, id);
  const [step] = Object.values(draft.steps);
  if (step?.type !== "message") throw new Error("The welcome begins with a message.");
  const stored = await readTemplate(world.sql, WORKSPACE, step.template);
  expect(JSON.stringify(stored!.draft)).toContain(`href=\\"${SITE}\\"`);
  expect(JSON.stringify(starterOf("welcome").templates(EXAMPLE_SITE))).not.toContain(SITE);
});
