/**
 * Recommendations measured, in processes of their own because one process can open one event log:
 *
 *     tsx bench/recommendations-log.ts FOLDER found product|type   how much of what households buy next is found, as JSON
 *     tsx bench/recommendations-log.ts FOLDER fill EVENTS CUSTOMERS makes a shop's log in place
 *     tsx bench/recommendations-log.ts FOLDER took                  what working its lists out took, as JSON
 *
 * What is found is measured on what came after the lists were worked out: the last four weeks of the data, of which the
 * lists know nothing.
 */
import { join } from "node:path";
import { ItemDraft, type Item } from "../src/catalogue/model.ts";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";
import { type GroupOf, computeLists } from "../src/recommendations/compute.ts";
import { type Lists, type Person, RECOMMENDATION_LIMITS, type Recommend, Settings, nameOfList } from "../src/recommendations/model.ts"; // prettier-ignore
import { offered } from "../src/recommendations/offer.ts";
import { type Found, found } from "../src/recommendations/rank.ts";
import { readLists, writeLists } from "../src/recommendations/store.ts";
import type { WorkspaceId } from "../src/values.ts";
import { timed, type Took } from "./asked.ts";
import { onFolder } from "./fill.ts";
import { type JourneyData, type Shopping, journeyData } from "./journeydata.ts";

const DAY_MS = 86_400_000;
const HELD_DAYS = 28;
const TOP = 10;
const WORKSPACE = 1 as WorkspaceId;
const ROWS_AT_ONCE = 20_000;

/** Times of `took`; `reads` in ms. */
export type ListsTook = {
  readonly computed: Took;
  readonly written: Took;
  readonly reads: readonly number[];
};
/** How well one way found what was bought: means over cases, and how far they may be off (95 %). */
export type Quality = {
  readonly task: "next weeks" | "basket";
  readonly way: string;
  readonly repeats: boolean;
  readonly cases: number;
  readonly recall: number;
  readonly recallOff: number;
  readonly ndcg: number;
  readonly ndcgOff: number;
};

async function told(log: EventLog, shoppings: readonly Shopping[]): Promise<void> {
  for (let from = 0; from < shoppings.length; from += ROWS_AT_ONCE) {
    const lines = shoppings.slice(from, from + ROWS_AT_ONCE).map(({ household, order, at, products }) =>
      JSON.stringify({
        workspace: WORKSPACE, atom: household, happenedAt: at, receivedAt: at, id: order, type: "track", name: "Order Completed", channel: "pos", touchpoint: "till", key: 1,
        properties: JSON.stringify({ order_id: order, products: products.map((product_id) => ({ product_id })) }),
      }),
    ); // prettier-ignore
    await log.insert("events", lines.join("\n"), `shoppings ${from}`);
  }
}

/** Customers of each income as groups; what a group is called in the product (segment, stage) makes no difference here. */
const groupsOf = ({ incomes }: JourneyData): readonly GroupOf[] =>
  [...new Set(incomes.values())].map((income) => ({
    group: { stage: income },
    customers: () => `select arrayJoin([${[...incomes].flatMap(([household, own]) => (own === income ? [household] : [])).join()}])`,
  })); // prettier-ignore

type World = {
  readonly data: JourneyData;
  readonly lists: Lists;
  readonly now: number;
  readonly before: ReadonlyMap<number, readonly Shopping[]>;
  readonly items: { readonly [repeats in "true" | "false"]: ReadonlyMap<string, Item> };
};

const byHousehold = (shoppings: readonly Shopping[]): ReadonlyMap<number, readonly Shopping[]> => {
  const all = new Map<number, Shopping[]>();
  for (const one of shoppings) all.set(one.household, [...(all.get(one.household) ?? []), one]);
  return all;
};

async function worldOf(log: EventLog, data: JourneyData, settings: Settings, endsAt: number): Promise<World> {
  const now = endsAt - HELD_DAYS * DAY_MS;
  const known = data.shoppings.filter(({ at }) => at < now);
  await told(log, known);
  const { lists } = await computeLists({ log, workspace: WORKSPACE, now, settings, groups: groupsOf(data), categoriesOf: async () => data.categories }); // prettier-ignore
  // Everything is offered; what is consumable may be shown again.
  const itemsOf = (consumable: boolean) =>
    new Map([...data.categories].map(([id, category]): [string, Item] => [id, { ...ItemDraft.parse({ consumable }), id, category: [...category], feed: null, goneAt: null, updatedAt: now }])); // prettier-ignore
  return {
    data, now,
    lists: new Map(lists.map((list) => [nameOfList(list), list.entries])),
    before: byHousehold(known),
    items: { true: itemsOf(true), false: itemsOf(false) },
  }; // prettier-ignore
}

const personOf = (shoppings: readonly Shopping[], cart: readonly string[]): Person => ({
  viewed: [], cart, inCart: new Set(cart),
  bought: productsOf(shoppings),
  boughtAt: new Map(shoppings.flatMap(({ at, products }) => products.map((product) => [product, at] as const))),
}); // prettier-ignore

/** The category of which a household bought most. */
function favourite({ data }: World, shoppings: readonly Shopping[]): string {
  const counts = new Map<string, number>();
  for (const product of shoppings.flatMap(({ products }) => products)) {
    const name = (data.categories.get(product) ?? []).join(" > ");
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0]?.[0] || "none";
}

type Ask = Omit<Recommend, "count">;
/** The ways that are compared, for one household at the end of what is known of it. */
const waysOf = (world: World, household: number, shoppings: readonly Shopping[]): { readonly [way: string]: Ask | "own" } => {
  const income = world.data.incomes.get(household);
  return {
    popular: { by: "popular" },
    "popular in its income": income === undefined ? { by: "popular" } : { by: "popular", stage: income },
    "popular in its category": { by: "popular", of: favourite(world, shoppings) },
    "next likely": { by: "next" },
    "bought lately": "own",
  };
}; // prettier-ignore

/** Each product once, the last bought first. */
const productsOf = (shoppings: readonly Shopping[]): readonly string[] => [...new Set(shoppings.toReversed().flatMap(({ products }) => products))]; // prettier-ignore
/** What the household itself bought last, which is no more than its memory. */
const ownOf = (shoppings: readonly Shopping[]): readonly Found[] =>
  productsOf(shoppings).map((product) => ({ product, why: { by: "viewed", of: null, customers: null, lift: null } })); // prettier-ignore

class Tally {
  readonly #all = new Map<string, { readonly recalls: number[]; readonly ndcgs: number[] }>();

  /** Counts one case: what was shown, and what was really bought. */
  count(key: string, shown: readonly string[], bought: ReadonlySet<string>): void {
    const held = this.#all.get(key) ?? { recalls: [], ndcgs: [] };
    const gain = (hit: readonly boolean[]) => hit.reduce((sum, is, i) => sum + (is ? 1 / Math.log2(i + 2) : 0), 0); // prettier-ignore
    const hits = shown.slice(0, TOP).map((product) => bought.has(product));
    held.recalls.push(hits.filter(Boolean).length / bought.size);
    held.ndcgs.push(gain(hits) / gain(Array.from({ length: Math.min(TOP, bought.size) }, () => true)));
    this.#all.set(key, held);
  }

  qualities(): readonly Quality[] {
    return [...this.#all].map(([key, { recalls, ndcgs }]) => {
      const [task, way, repeats] = JSON.parse(key) as [Quality["task"], string, boolean];
      const [recall, ndcg] = [meanOf(recalls), meanOf(ndcgs)];
      return { task, way, repeats, cases: recalls.length, recall: recall.mean, recallOff: recall.off, ndcg: ndcg.mean, ndcgOff: ndcg.off }; // prettier-ignore
    });
  }
}

function meanOf(values: readonly number[]): { readonly mean: number; readonly off: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1); // prettier-ignore
  return { mean, off: 1.96 * Math.sqrt(variance / values.length) };
}

/** What each household that was known buys in the weeks after; with what it had bought before, and without. */
function nextWeeks(world: World, held: readonly Shopping[], tally: Tally): void {
  for (const [household, later] of byHousehold(held)) {
    const shoppings = world.before.get(household);
    if (!shoppings) continue;
    const person = personOf(shoppings, []);
    const all = new Set(later.flatMap(({ products }) => products));
    for (const repeats of [true, false]) {
      const bought = repeats ? all : new Set([...all].filter((product) => !person.boughtAt.has(product)));
      if (bought.size === 0) continue;
      for (const [way, ask] of Object.entries(waysOf(world, household, shoppings))) {
        if (ask === "own" && !repeats) continue;
        const of = ask === "own" ? ownOf(shoppings) : found(ask, person, world.lists);
        const asked: Recommend = ask === "own" ? { by: "viewed", count: TOP } : { ...ask, count: TOP };
        const shown = offered(of, asked, world.items[`${repeats}`], person, { now: world.now, justBoughtMs: Infinity }); // prettier-ignore
        tally.count(JSON.stringify(["next weeks", way, repeats]), shown.map(({ product }) => product), bought); // prettier-ignore
      }
    }
  }
}

/** Each product of each later order in turn is hidden: is it found by the others? */
function baskets(world: World, held: readonly Shopping[], tally: Tally): void {
  for (const { household, products } of held) {
    const shoppings = world.before.get(household) ?? [];
    if (products.length < 2) continue;
    for (const hidden of products) {
      const person = personOf(shoppings, products.filter((product) => product !== hidden)); // prettier-ignore
      for (const repeats of [true, false]) {
        if (!repeats && person.boughtAt.has(hidden)) continue;
        for (const by of ["popular", "together"] as const) {
          const shown = offered(found({ by }, person, world.lists), { count: TOP }, world.items[`${repeats}`], person, { now: world.now, justBoughtMs: Infinity }); // prettier-ignore
          tally.count(JSON.stringify(["basket", by, repeats]), shown.map(({ product }) => product), new Set([hidden])); // prettier-ignore
        }
      }
    }
  }
}

/** `endsAt`: when the weeks end that are found; null: with the data. */
async function qualities(log: EventLog, by: "product" | "type", given: unknown, endsAt: number | null): Promise<readonly Quality[]> {
  const data = await journeyData(by);
  const world = await worldOf(log, data, Settings.parse(given), endsAt ?? data.shoppings.at(-1)!.at + 1);
  const held = data.shoppings.filter(({ at }) => at >= world.now && at < world.now + HELD_DAYS * DAY_MS);
  const tally = new Tally();
  nextWeeks(world, held, tally);
  baskets(world, held, tally);
  return tally.qualities();
} // prettier-ignore

const NOW = Date.UTC(2026, 10, 20);
/** A shop of 5,000 products: of ten events one order of one to eight products, the others looks and what is put in carts. */
async function fill(log: EventLog, events: number, customers: number): Promise<void> {
  const draw = (n: number, of: number): string => `cityHash64(number, ${n}) % ${of}`;
  // Products are bought unevenly: the square of what is drawn.
  const product = (n: string): string => `concat('{"product_id":"p', toString(intDiv(pow(cityHash64(number, ${n}) % 5000, 2), 5000)), '"}')`;
  const products = `concat('{"order_id":"', toString(number), '","products":[', arrayStringConcat(arrayMap(n -> ${product("n + 100")}, range(1 + ${draw(9, 8)})), ','), ']}')`;
  const STEP = 1_000_000;
  for (let from = 0; from < events; from += STEP)
    await log.command(
      `insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, properties)
       select ${WORKSPACE}, 1 + ${draw(1, customers)}, ${NOW} - toInt64(${draw(4, 360 * DAY_MS)}) as happened, happened, concat('bench-', toString(number)), 'track',
         multiIf(${draw(3, 10)} = 0, 'Order Completed', ${draw(3, 10)} < 3, 'Product Added', 'Product Viewed') as named, 'web', '/', 1, if(named = 'Order Completed', ${products}, ${product("7")})
       from numbers(${from}, ${Math.min(STEP, events - from)}) settings max_partitions_per_insert_block = 0`,
    );
} // prettier-ignore

/** Questions of a decision whose lists are timed: a cart or last purchases of as many products as are heard. */
const READS = 2_000;
/** What working the lists out took, and then what putting them in place and reading those of one customer take. */
async function took(log: EventLog, dataDir: string): Promise<ListsTook> {
  const settings = Settings.parse({});
  let lists: Awaited<ReturnType<typeof computeLists>>["lists"] = [];
  const computed = await timed("lists worked out", async () => {
    const all = await computeLists({ log, workspace: WORKSPACE, now: NOW, settings, groups: [], categoriesOf: async () => new Map() }); // prettier-ignore
    ({ lists } = all);
    return `${all.counted.orders} orders of ${all.counted.customers} customers, ${all.counted.products} products, ${lists.length} lists`; // prettier-ignore
  });
  return onFolder(dataDir, async (sql) => {
    await sql.query("insert into workspaces (id, name, created_at) overriding system value values ($1, 'Bench', 0)", [WORKSPACE]); // prettier-ignore
    const basis = { settings, asOfAt: NOW, computedAt: NOW, customers: 0, orders: 0, products: 0, lists: lists.length, tookMs: 0 }; // prettier-ignore
    const written = await timed("lists put in place", async () => (await writeLists(sql, WORKSPACE, lists, basis), "")); // prettier-ignore
    const keys = lists.filter(({ kind }) => kind === "basket").map(({ key }) => key);
    const reads: number[] = [];
    for (let n = 0; n < READS; n += 1) {
      const names = Array.from({ length: RECOMMENDATION_LIMITS.seeds }, (_, i) => ({ kind: "next" as const, key: keys[(n * 31 + i * 7) % keys.length]! })); // prettier-ignore
      const began = performance.now();
      await readLists(sql, WORKSPACE, names);
      reads.push(performance.now() - began);
    }
    return { computed, written, reads };
  });
}

const [folder, what, one, other, endsAt] = process.argv.slice(2);
const log = openChdb(join(folder!, "log"));
try {
  await migrateLog(log);
  if (what === "fill") await fill(log, Number(one), Number(other));
  else {
    const answer = what === "took" ? await took(log, join(folder!, "data")) : await qualities(log, one as "product" | "type", JSON.parse(other ?? "{}"), endsAt === undefined ? null : Number(endsAt)); // prettier-ignore
    process.stdout.write(JSON.stringify(answer));
  }
} finally {
  await log.close();
}
