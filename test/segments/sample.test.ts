/**
 * The sample workspace: who is in fourteen segments by the event log and in memory is who is in by a computation straight
 * from the files, made without the engine (csv-parse and arithmetic).
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { fold, nothing } from "../../src/customers/fold.ts";
import { type Facts, match } from "../../src/segments/match.ts";
import { Rule } from "../../src/segments/model.ts";
import { NO_CONTEXT, planOf } from "../../src/segments/plan.ts";
import { membersSql } from "../../src/segments/sql.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { aLog } from "../stores.ts";
import type { Hung } from "./arbitrary.ts";
import { statesOf } from "./facts.ts";
import { type Cells, rowsOf, sampleEvents } from "./sample-events.ts";

const DAY_MS = 86_400_000;
/** 2018-01-01 in the shops' zone, and the middle of 2017. */
const NOW = Date.UTC(2018, 0, 1, 5);
const JULY = Date.UTC(2017, 6, 1);
const workspace = 1 as WorkspaceId;

let log: EventLog;
let drop: () => Promise<void>;
let hung: readonly Hung[];
/** What the engine knows of each household. */
const known = new Map<number, { readonly knowledge: ReturnType<typeof nothing>; readonly own: Hung[] }>();
type Basket = {
  readonly at: number;
  readonly cents: number;
  readonly store: string;
};
type Household = { readonly baskets: Basket[]; readonly mailed: number[]; readonly redeemed: number[]; readonly met: { at: number; channel: string }[]; traits: Cells | null }; // prettier-ignore
const households = new Map<number, Household>();

/** New York: summer time from 2017-03-12 to 2017-11-04. */
const hourOf = (day: number, hour: number): number => {
  const at = day * DAY_MS;
  const summer = at >= Date.UTC(2017, 2, 12) && at < Date.UTC(2017, 10, 5);
  return at + (hour + (summer ? 4 : 5)) * 3_600_000;
};

async function readHouseholds(): Promise<void> {
  const of = (row: Cells): Household => {
    const id = Number(row["household_id"]);
    const held = households.get(id) ?? { baskets: [], mailed: [], redeemed: [], met: [], traits: null };
    households.set(id, held);
    return held;
  };
  for (const row of await rowsOf("households")) of(row).traits = row;
  for (const row of await rowsOf("mailings")) of(row).mailed.push(hourOf(Number(row["start_date"]), 11));
  for (const row of await rowsOf("redemptions")) of(row).redeemed.push(hourOf(Number(row["redemption_date"]), 18)); // prettier-ignore
  for (const row of await rowsOf("displays")) of(row).met.push({ at: Number(row["timestamp"]) * 1000, channel: row["channel"]! }); // prettier-ignore
  const baskets = new Map<string, { who: Household; at: number; cents: number; store: string }>();
  for (const row of await rowsOf("baskets")) {
    const id = row["basket_id"]!;
    const cents = Math.round(Number(row["sales_value"]) * 100);
    const held = baskets.get(id);
    if (held) held.cents += cents;
    else baskets.set(id, { who: of(row), at: Number(row["transaction_timestamp"]) * 1000, cents, store: row["store_id"]! }); // prettier-ignore
  }
  for (const { who, ...basket } of baskets.values()) who.baskets.push(basket);
  for (const { baskets: own } of households.values()) own.sort((a, b) => a.at - b.at || a.cents - b.cents);
}

/** Each household belongs to the shops it bought at: what the data has for accounts. */
const belonging = (all: readonly Hung[]): readonly Hung[] =>
  all.filter(({ event }) => event.name === "Order Completed").map(({ atom, event }) => ({
    atom,
    event: { ...event, id: `shop-${event.id}`, type: "group", name: "$account.joined", properties: {}, channel: "server", accountId: event.properties!["store_id"] as string },
  })); // prettier-ignore

beforeAll(async () => {
  ({ log, drop } = await aLog());
  const events = await sampleEvents();
  hung = [...events, ...belonging(events)];
  await log.insert("events", hung.map(({ atom, event }) => JSON.stringify({ atom, ...event })).join("\n"), "sample"); // prettier-ignore
  for (const one of hung) {
    const held = known.get(one.atom) ?? { knowledge: nothing(), own: [] };
    fold(held.knowledge, one.event);
    held.own.push(one);
    known.set(one.atom, held);
  }
  await readHouseholds();
}, 120_000);
afterAll(() => drop());

const sum = (baskets: readonly Basket[]) => baskets.reduce((all, { cents }) => all + cents, 0);
const since = <T extends { readonly at: number }>(things: readonly T[], days: number) => things.filter(({ at }) => at > NOW - days * DAY_MS); // prettier-ignore
const order = { type: "did", event: "Order Completed" };
const ago = (days: number) => ({ from: { agoMs: days * DAY_MS } });
const total = (of: string) => ({ of, property: "total" });

function grouped<T>(things: readonly T[], by: (thing: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) groups.set(by(thing), [...(groups.get(by(thing)) ?? []), thing]);
  return groups;
}
/** The value seen most often; of equals the one seen last. */
function favourite(baskets: readonly Basket[]): string | null {
  const shops = grouped(baskets, ({ store }) => store);
  return [...shops].toSorted(([a, one], [b, other]) => other.length - one.length || other.at(-1)!.at - one.at(-1)!.at || (a < b ? -1 : 1))[0]?.[0] ?? null; // prettier-ignore
}
/** By which channel most of what happened came. */
function preferred({ baskets, mailed, redeemed, met, traits }: Household): string {
  const all = [
    ...baskets.flatMap(({ at }) => [{ at, channel: "store" }, { at, channel: "server" }]), ...mailed.map((at) => ({ at, channel: "mail" })),
    ...redeemed.map((at) => ({ at, channel: "store" })), ...met, ...(traits ? [{ at: hourOf(Number(traits["known_day"]), 0), channel: "store" }] : []),
  ]; // prettier-ignore
  const last = (of: typeof all) => Math.max(...of.map(({ at }) => at));
  return [...grouped(all, ({ channel }) => channel)].toSorted(([a, one], [b, other]) => other.length - one.length || last(other) - last(one) || (a < b ? -1 : 1))[0]![0]; // prettier-ignore
}
/** Shops of which a household has redeemed so many coupons. */
const shopsOfRedeemers = (n: number): ReadonlySet<string> => {
  if (shops.size === 0)
    for (const { redeemed, baskets } of households.values())
      if (redeemed.length >= n) for (const { store } of baskets) shops.add(store);
  return shops;
};
const shops = new Set<string>();

type Segment = readonly [title: string, rule: unknown, isIn: (who: Household) => boolean];
const SEGMENTS: readonly Segment[] = [
  ["three baskets in the last 30 days", { ...order, when: ago(30), is: { op: "at_least", value: 3 } },
    ({ baskets }) => since(baskets, 30).length >= 3],
  ["20 dollars or more in the last 90 days", { ...order, when: ago(90), measure: total("sum"), is: { op: "at_least", value: 20 } },
    ({ baskets }) => sum(since(baskets, 90)) >= 2000],
  ["five baskets of more than 6 dollars on average", { type: "all", rules: [{ ...order, is: { op: "at_least", value: 5 } }, { ...order, measure: total("average"), is: { op: "above", value: 6 } }] },
    ({ baskets }) => baskets.length >= 5 && sum(baskets) / baskets.length > 600],
  ["bought and never redeemed a coupon", { type: "all", rules: [order, { type: "not", rule: { type: "did", event: "Coupon Redeemed" } }] },
    ({ baskets, redeemed }) => baskets.length > 0 && redeemed.length === 0],
  ["redeemed within 14 days of a mailing", { type: "sequence", steps: [{ event: "Mailing Delivered" }, { event: "Coupon Redeemed", withinMs: 14 * DAY_MS }] },
    ({ mailed, redeemed }) => redeemed.some((at) => mailed.some((from) => from < at && at <= from + 14 * DAY_MS))],
  ["mailed and not bought for 60 days", { type: "without", event: "Mailing Delivered", without: { event: "Order Completed" }, forMs: 60 * DAY_MS },
    ({ mailed, baskets }) => mailed.some((from) => from > (baskets.at(-1)?.at ?? 0) && from + 60 * DAY_MS <= NOW)],
  ["with two children and a middling income", { type: "all", rules: [{ type: "trait", name: "kids", is: { op: "at_least", value: 2 } }, { type: "trait", name: "income", is: { op: "in", values: ["35-49K", "50-74K"] } }] },
    ({ traits }) => traits !== null && Number(traits["kids_count"]) >= 2 && ["35-49K", "50-74K"].includes(traits["income"]!)],
  ["three shops in the second half of 2017", { ...order, when: { from: { at: JULY }, to: { at: NOW } }, measure: { of: "distinct", property: "store_id" }, is: { op: "at_least", value: 3 } },
    ({ baskets }) => new Set(baskets.filter(({ at }) => at >= JULY && at < NOW).map(({ store }) => store)).size >= 3],
  ["last bought more than 60 days ago", { ...order, measure: { of: "days_since_last" }, is: { op: "above", value: 60 } },
    ({ baskets }) => baskets.length > 0 && Math.floor((NOW - baskets.at(-1)!.at) / DAY_MS) > 60],
  ["mostly at shop 367", { ...order, measure: { of: "most_frequent", property: "store_id" }, is: { op: "equals", value: 367 } },
    ({ baskets }) => favourite(baskets) === "367"],
  ["more baskets this month than the month before", { ...order, measure: { of: "trend", ms: 30 * DAY_MS }, is: { op: "above", value: 0 } },
    ({ baskets }) => since(baskets, 30).length > since(baskets, 60).length - since(baskets, 30).length],
  ["a household of the same shop redeemed 20 coupons", { type: "account", rule: { type: "did", event: "Coupon Redeemed", is: { op: "at_least", value: 20 } } },
    ({ baskets }) => baskets.some(({ store }) => shopsOfRedeemers(20).has(store))],
  ["reached by mail mostly", { type: "channel", preferred: ["mail"] },
    (who) => preferred(who) === "mail"],
  ["a first basket of more than 10 dollars, and a greatest below 50", { type: "all", rules: [{ ...order, measure: total("first"), is: { op: "above", value: 10 } }, { type: "not", rule: { ...order, measure: total("max"), is: { op: "at_least", value: 50 } } }] },
    ({ baskets }) => baskets.length > 0 && baskets[0]!.cents > 1000 && Math.max(...baskets.map(({ cents }) => cents)) < 5000],
]; // prettier-ignore

test.each(SEGMENTS)("%s: the files say the same as the engine", async (_, rule, isIn) => {
  const planned = planOf(Rule.parse(rule), NO_CONTEXT);
  if (!planned.ok) throw new Error(JSON.stringify(planned.problems));
  const { plan } = planned;
  const expected = [...households].filter(([, who]) => isIn(who)).map(([id]) => id).toSorted((a, b) => a - b); // prettier-ignore
  const { text, parameters } = membersSql({ workspace, root: plan.root, now: NOW, firstStage: null });
  const rows = await log.rows<{ customer: number }>(`${text}`, parameters);
  expect(rows.map(({ customer }) => customer).toSorted((a, b) => a - b)).toEqual(expected);
  // A segment of nobody, or of everybody, would prove nothing.
  expect(expected.length).toBeGreaterThan(5);
  expect(expected.length).toBeLessThan(households.size);
  if (plan.reads.accounts) return;
  const inMemory = [...known].filter(([, { knowledge, own }]) => {
    const states = statesOf(plan.tracks.values(), own);
    const facts: Facts = {
      track: (key) => states.get(key), trait: (name) => knowledge.traits[name]?.[0], consent: () => undefined, channels: () => knowledge.channels,
      accountTraits: () => [], accountMatches: () => false, stage: null,
    };
    return match(plan.root, facts, NOW).matches;
  }).map(([id]) => id); // prettier-ignore
  expect(inMemory.toSorted((a, b) => a - b)).toEqual(expected);
});
