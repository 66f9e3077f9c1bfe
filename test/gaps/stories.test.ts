/**
 * Irrelevant messages, contradictions and starting over, each as the story it is: in a world in which it happens to a known
 * share of the people it is found with that size, its evidence tells the story, and where it does not happen nobody is alarmed.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GapKind, GapMeasured } from "../../src/gaps/model.ts";
import { writeStock } from "../../src/catalogue/stock.ts";
import { writePolicy } from "../../src/permission/store.ts";
import { Policy } from "../../src/permission/model.ts";
import type { WorkspaceId } from "../../src/values.ts";
import type { Past } from "../analysis/history.ts";
import { bothStores } from "../stores.ts";
import { nameOf, putWorld, searchWorld } from "./planted.ts";
import { DAY_MS, PERIOD, PLANTS, type Plant, worldOf } from "./worlds.ts";

const WORKSPACE = 1 as WorkspaceId;
const HOUR_MS = 3_600_000;
let stores: Awaited<ReturnType<typeof bothStores>>;
beforeAll(async () => {
  stores = await bothStores();
});
afterAll(() => stores.drop());

type Story = readonly [title: string, plant: Plant, moments: readonly string[]];
/** A story's evidence: the names of its moments in their order, without what they say. */
const toldBy = (gap: GapMeasured): readonly string[] => gap.evidence[0]!.moments.map(({ event }) => event);

/** The world with all the stories of a kind in it, and the one without. */
function stories(kind: GapKind, seed: number, all: readonly Story[]): void {
  describe(`stories of ${kind}`, () => {
    let found: readonly GapMeasured[];
    beforeAll(async () => {
      await putWorld(stores.log, worldOf(seed, all.map(([, plant]) => plant))); // prettier-ignore
      found = (await searchWorld(stores.sql, stores.log, [kind])).gaps;
    }, 120_000);

    test.each(all)("%s", (_title, plant, moments) => {
      const gap = found.find((one) => nameOf(one) === nameOf(PLANTS[plant]));
      expect(gap, `${nameOf(PLANTS[plant])} among ${found.map(nameOf).join("; ")}`).toBeDefined();
      const { interval } = gap!.affected;
      expect(interval.low).toBeLessThanOrEqual(PLANTS[plant].planted);
      expect(interval.high).toBeGreaterThanOrEqual(PLANTS[plant].planted);
      expect(toldBy(gap!)).toEqual(moments);
    });

    test("nothing else of its kind is found, and nothing at all where none of it happens", async () => {
      expect(found.map(nameOf).toSorted()).toEqual(all.map(([, plant]) => nameOf(PLANTS[plant])).toSorted()); // prettier-ignore
      await putWorld(stores.log, worldOf(seed + 1, []));
      const { gaps, looked } = await searchWorld(stores.sql, stores.log, [kind]);
      expect(gaps.map(nameOf)).toEqual([]);
      expect(looked).toMatchObject([{ kind, notLooked: null }]);
    }, 120_000);
  });
}

stories("irrelevant_message", 4_101, [
  ["who bought a product in the store is sent advertising for it four days later", "irrelevant_message", ["Order Completed", "Email Sent"]],
  ["a product that ran out long ago goes on being advertised", "out_of_stock", ["Email Sent"]],
  ["who complained and was never answered is sent advertising meanwhile", "complaint_open", ["Complaint Received", "Email Sent"]],
  ["who signed up is asked to sign up", "already_done", ["Signed Up", "Email Sent"]],
]); // prettier-ignore

stories("contradiction", 4_201, [
  ["the store asks another price than the web did five hours before", "contradiction", ["Price Shown (web, 50)", "Price Shown (store, 55)"]],
  ["the store knows nothing of the web's ten percent off", "other_offer", ["Price Shown (web, 10)", "Price Shown (store, 0)"]],
  ["the web promises a product in two days, the store in nine", "other_delivery", ["Price Shown (web, 2)", "Price Shown (store, 9)"]],
]); // prettier-ignore

stories("starting_over", 4_301, [
  ["who called calls again on the same matter the next day", "starting_over", ["Call Started", "Call Started"]],
  ["who said who they are is asked for it again two hours later", "identified_again", ["Identity Requested", "Identity Requested"]],
  ["a form is begun for the third time within a day", "form_begun_again", ["Form Started", "Form Started", "Form Started"]],
  ["who goes from one help page to the other and back finds no end", "round_in_circles", ["Help Article Viewed", "FAQ Viewed", "Help Article Viewed", "FAQ Viewed", "Help Article Viewed"]],
  ["who began a form in the portal begins it anew in the store", "begun_elsewhere", ["Form Started (portal)", "Form Started (store)"]],
  ["sales hands a lead to the store, and the store hands it back to sales", "passed_back", ["Lead Assigned (sales to store)", "Lead Assigned (store to sales)"]],
]); // prettier-ignore

/** Eighty people in the period, each doing this. */
const eighty = (of: (tell: (days: number, name: string, channel: string, properties?: object) => Past, i: number) => readonly Past[]) =>
  Array.from({ length: 80 }, (_, i) =>
    of((days, name, channel, properties) => ({ atom: i + 1, at: PERIOD.from + 10 * DAY_MS + i * HOUR_MS + Math.round(days * DAY_MS), name, channel, ...(properties && { properties }) }), i),
  ).flat(); // prettier-ignore
async function gapsOf(events: readonly Past[], kind: GapKind): Promise<readonly GapMeasured[]> {
  await putWorld(stores.log, { events, joined: [] });
  return (await searchWorld(stores.sql, stores.log, [kind])).gaps;
}

test("an order that is promised for Tuesday on the phone and for Thursday by email is a contradiction; another hour of the same day is none", async () => {
  const promised = (byEmail: string) =>
    eighty((tell, i) => [
      tell(0, "Delivery Promised", "phone", { order_id: `o${i}`, delivery_date: "2026-04-07T09:00:00Z" }),
      tell(0.1, "Delivery Promised", "email", { order_id: `o${i}`, delivery_date: byEmail }),
    ]); // prettier-ignore
  expect((await gapsOf(promised("2026-04-09"), "contradiction")).map(nameOf)).toEqual(["contradiction: delivery: email and phone"]);
  expect(await gapsOf(promised("2026-04-07T17:00:00Z"), "contradiction")).toEqual([]);
}); // prettier-ignore

test("a ticket written down during the call is no new beginning; a ticket on the next day is one", async () => {
  const asked = (afterDays: number) =>
    eighty((tell, i) => [
      tell(0, "Call Started", "phone", { topic: "Repair", call_id: `c${i}` }),
      tell(afterDays, "Ticket Created", "support", { topic: "repair", ticket_id: `t${i}` }),
    ]);
  expect(await gapsOf(asked(0.01), "starting_over")).toEqual([]);
  const [anew] = await gapsOf(asked(1), "starting_over");
  expect(anew).toMatchObject({ subject: "begun anew elsewhere after phone", title: "Changed the channel and had to begin anew (phone)", affected: { people: 80, of: 80 } }); // prettier-ignore
});

test("a cart that was filled in the app and is not there on the web is begun anew; another product is another wish", async () => {
  const filled = (onTheWeb: string) =>
    eighty((tell) => [
      tell(0, "Product Added", "app", { product_id: "boot" }),
      tell(2, "Product Added", "web", { product_id: onTheWeb }),
    ]);
  expect((await gapsOf(filled("boot"), "starting_over")).map(nameOf)).toEqual(["starting_over: begun anew elsewhere after app"]); // prettier-ignore
  expect(await gapsOf(filled("sock"), "starting_over")).toEqual([]);
});

test("going to and fro between cart and checkout is a circle at the third time, not at the second", async () => {
  const rounds = (times: number) =>
    eighty((tell) =>
      Array.from({ length: times }, (_, i) => [
        tell(i / 50, "Checkout Started", "web", { order_id: "o" }),
        tell(i / 50 + 0.01, "Cart Updated", "web"),
      ]).flat(),
    );
  expect((await gapsOf(rounds(3), "starting_over")).map(nameOf)).toEqual(["starting_over: round in circles in web"]); // prettier-ignore
  expect(await gapsOf(rounds(2), "starting_over")).toEqual([]);
});

test("days are those of the workspace's clock: until when a promise for a day is kept, and on how many days somebody came", async () => {
  const story = (all: readonly (readonly [day: number, hour: number, name: string, properties?: object])[]): readonly Past[] =>
    Array.from({ length: 80 }, (_, i) =>
      all.map(([day, hour, name, properties]) => ({ atom: i + 1, at: Date.UTC(2026, 3, 6 + day, hour, i % 30), name, channel: "web" as const, ...(properties && { properties: { promise_id: `p${i}`, ...properties } }) })),
    ).flat();
  const promised = (hour: number) => story([[0, 12, "Promise Made", { promise: "call back", due_at: "2026-04-06" }], [1, hour, "Promise Kept", {}]]);
  const looked = (hour: number) => story([[0, 12, "Pricing Viewed"], [1, hour, "Pricing Viewed"], [2, hour, "Pricing Viewed"]]);
  await writePolicy(stores.sql, WORKSPACE, Policy.parse({ zone: "America/New_York" }));
  expect(await gapsOf(promised(2), "broken_promise")).toEqual([]);
  expect((await gapsOf(promised(6), "broken_promise")).map(nameOf)).toEqual(["broken_promise: call back"]);
  expect(await gapsOf(looked(2), "hesitation")).toEqual([]);
  expect((await gapsOf(looked(6), "hesitation")).map(nameOf)).toEqual(["hesitation: prices"]);
  await writePolicy(stores.sql, WORKSPACE, Policy.parse({}));
}); // prettier-ignore

test("the workspace's own stock and policy tell what is out of stock and which case is open, as events do", async () => {
  const events = eighty((tell) => [
    tell(0, "Ticket Created", "support", { topic: "late" }),
    tell(1, "$message.sent", "email", { purpose: "marketing", products: [{ product_id: "boot" }] }),
  ]);
  expect(await gapsOf(events, "irrelevant_message")).toEqual([]);
  await writeStock(stores.sql, WORKSPACE, new Map([["boot", 0]]), PERIOD.from);
  expect((await gapsOf(events, "irrelevant_message")).map(nameOf)).toEqual(["irrelevant_message: out of stock"]); // prettier-ignore
  // There were twelve again before anything was sent.
  await writeStock(stores.sql, WORKSPACE, new Map([["boot", 12], ["sock", 0]]), PERIOD.from + DAY_MS); // prettier-ignore
  expect(await gapsOf(events, "irrelevant_message")).toEqual([]);
  await writePolicy(stores.sql, WORKSPACE, Policy.parse({ holds: [{ type: "open_case", opened: ["Ticket Created"], closed: ["Ticket Solved"] }] })); // prettier-ignore
  expect((await gapsOf(events, "irrelevant_message")).map(nameOf)).toEqual(["irrelevant_message: complaint open"]); // prettier-ignore
  const settled = eighty((tell) => [tell(0.5, "Ticket Solved", "support")]);
  expect(await gapsOf([...events, ...settled], "irrelevant_message")).toEqual([]);
  await writePolicy(stores.sql, WORKSPACE, Policy.parse({}));
});
