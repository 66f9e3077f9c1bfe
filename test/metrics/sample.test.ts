/**
 * The sample workspace over the API: cohorts of repeat purchase, the response to campaigns, and the way from the mailing
 * through the coupon to the purchase are what a computation straight from the files says (csv-parse and arithmetic).
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { SAMPLE_FILES } from "../../src/imports/sample.ts";
import type { FunnelAnswer, MetricsAnswer, RetentionAnswer } from "../../src/metrics/model.ts";
import { type Whole, startWhole } from "../http/whole.ts";
import { type Cells, rowsOf } from "../segments/sample-events.ts";

const DAY_MS = 86_400_000;
const ZONE = "America/New_York";
let whole: Whole;
type Basket = { readonly who: string; readonly at: number };
let baskets: readonly Basket[];
let mailings: readonly {
  readonly who: string;
  readonly at: number;
  readonly campaign: string;
  readonly type: string;
}[];
let redemptions: readonly { readonly who: string; readonly at: number; readonly campaign: string }[];

/** New York: summer time from 2017-03-12 to 2017-11-04. */
const hourOf = (day: number, hour: number): number => {
  const at = day * DAY_MS;
  const summer = at >= Date.UTC(2017, 2, 12) && at < Date.UTC(2017, 10, 5);
  return at + (hour + (summer ? 4 : 5)) * 3_600_000;
};
const whoOf = (row: Cells): string => row["household_id"]!;

beforeAll(async () => {
  whole = await startWhole({ THROUGHLINE_API_RATE_PER_KEY: "1000000" });
  await whole.stores.sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', $1::jsonb)", [JSON.stringify({ zone: ZONE })]);
  for (const { file, preset } of SAMPLE_FILES) {
    const answer = await fetch(`${whole.address}/v1/imports?name=${file}&preset=${preset}`, {
      method: "POST", headers: { authorization: `Bearer ${whole.first.secretKey}`, "content-type": "application/gzip" }, body: await readFile(`sample/${file}`),
    });
    const { id } = (await answer.json()) as { id: number };
    await vi.waitFor(async () => expect(await whole.ask(whole.first, "GET", `/v1/imports/${id}`)).toMatchObject({ state: "done" }), { timeout: 120_000, interval: 200 });
  }
  await whole.drain();
  const lines = await rowsOf("baskets");
  baskets = [...new Map(lines.map((row) => [row["basket_id"]!, { who: whoOf(row), at: Number(row["transaction_timestamp"]) * 1000 }])).values()];
  mailings = (await rowsOf("mailings")).map((row) => ({ who: whoOf(row), at: hourOf(Number(row["start_date"]), 11), campaign: row["campaign_id"]!, type: row["campaign_type"]! }));
  redemptions = (await rowsOf("redemptions")).map((row) => ({ who: whoOf(row), at: hourOf(Number(row["redemption_date"]), 18), campaign: row["campaign_id"]! }));
}, 400_000); // prettier-ignore
afterAll(() => whole?.end());

const scope = { from: "2017-01-01T05:00:00Z", to: "2018-01-02T05:00:00Z" };
const [FROM, TO] = [Date.parse(scope.from), Date.parse(scope.to)];
function byWho<T extends { readonly who: string }>(things: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const own = groups.get(thing.who);
    if (own) own.push(thing);
    else groups.set(thing.who, [thing]);
  }
  return groups;
}
const monthThere = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit" });
const monthOf = (at: number): number => {
  const parts = Object.fromEntries(monthThere.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return parts["year"]! * 12 + parts["month"]!;
}; // prettier-ignore

test("cohorts of repeat purchase are those of the files, month by month of the shops' clock", async () => {
  const order = { event: "Order Completed" };
  const { retention, zone } = await whole.ask<RetentionAnswer>(whole.first, "POST", "/v1/retention", { scope, first: order, returned: order, every: "month", cells: 12 }); // prettier-ignore
  const cohorts = new Map<number, { n: number; back: Map<number, number> }>();
  for (const own of byWho(baskets).values()) {
    const first = Math.min(...own.map(({ at }) => at));
    const cohort = monthOf(first);
    const held = cohorts.get(cohort) ?? { n: 0, back: new Map<number, number>() };
    held.n++;
    for (const offset of new Set(own.filter(({ at }) => at > first).map(({ at }) => monthOf(at) - cohort)))
      held.back.set(offset, (held.back.get(offset) ?? 0) + 1);
    cohorts.set(cohort, held);
  }
  if (retention.type !== "cohorts") throw new Error(retention.detail);
  expect(zone).toBe(ZONE);
  const expected = [...cohorts].toSorted(([a], [b]) => a - b).map(([, { n, back }]) => ({ n, back }));
  expect(retention.cohorts.map(({ customers }) => customers)).toEqual(expected.map(({ n }) => n));
  expect(retention.cohorts.length).toBeGreaterThan(10);
  for (const [i, { cells }] of retention.cohorts.entries())
    expect(cells.map(({ period, returned }) => [period, returned])).toEqual(cells.map(({ period }) => [period, expected[i]!.back.get(period) ?? 0])); // prettier-ignore
  // December's last days were seen; January had only just begun.
  expect(retention.cohorts[0]!.cells.at(-1)).toMatchObject({ period: 12, complete: false, share: null });
});

/** A household's furthest try by looking at each mailing: a coupon after it and a basket after that, all within 60 days. */
function furthest(steps: readonly (readonly number[])[], windowMs: number): number {
  let best = 0;
  for (const start of steps[0]!) {
    let [reached, last] = [1, start];
    for (const later of steps.slice(1)) {
      const next = Math.min(...later.filter((at) => at > last && at <= start + windowMs));
      if (!Number.isFinite(next)) break;
      [reached, last] = [reached + 1, next];
    }
    best = Math.max(best, reached);
  }
  return best;
}

test("the way from the mailing through the coupon to the purchase is that of the files", async () => {
  const windowMs = 60 * DAY_MS;
  const { funnel, basis } = await whole.ask<FunnelAnswer>(whole.first, "POST", "/v1/funnels", {
    scope, window: { ms: windowMs }, steps: [{ event: "Mailing Delivered" }, { event: "Coupon Redeemed" }, { event: "Order Completed" }],
  }); // prettier-ignore
  const [mailed, redeemed, bought] = [byWho(mailings), byWho(redemptions), byWho(baskets)];
  const inside = (things: readonly { readonly at: number }[] = []) => things.map(({ at }) => at).filter((at) => at >= FROM && at < TO); // prettier-ignore
  const reached = [...mailed.keys()].map((who) => furthest([inside(mailed.get(who)), inside(redeemed.get(who)), inside(bought.get(who))], windowMs)); // prettier-ignore
  if (funnel.type !== "steps") throw new Error(funnel.detail);
  expect(funnel.steps.map(({ people }) => people)).toEqual([1, 2, 3].map((n) => reached.filter((of) => of >= n).length)); // prettier-ignore
  expect(funnel.steps[0]!.people).toBeGreaterThan(1_000);
  expect(funnel.steps[2]!.people).toBeGreaterThan(100);
  expect(basis).toMatchObject({
    customers: new Set([...mailed.keys(), ...bought.keys(), ...redeemed.keys()]).size,
  });
});

test("each kind of campaign has the response that the files have", async () => {
  const windowMs = 30 * DAY_MS;
  const { groups } = await whole.ask<FunnelAnswer>(whole.first, "POST", "/v1/funnels", {
    scope, window: { ms: windowMs }, breakdown: { by: "property", property: "campaign_type" },
    steps: [{ event: "Mailing Delivered", where: [{ property: "campaign_type", is: { op: "in", values: ["Type A"] } }] }, { event: "Coupon Redeemed" }],
  }); // prettier-ignore
  const [mailed, redeemed] = [byWho(mailings.filter(({ type }) => type === "Type A")), byWho(redemptions)];
  const responded = [...mailed].filter(([who, own]) => own.some(({ at }) => (redeemed.get(who) ?? []).some((one) => one.at > at && one.at <= at + windowMs))).length; // prettier-ignore
  expect(groups).toMatchObject([{ value: "Type A", funnel: { steps: [{ people: mailed.size }, { people: responded }] } }]); // prettier-ignore
});

test("conversion, revenue and repeat purchase add up to the files' own totals; as CSV too", async () => {
  const { metrics } = await whole.ask<MetricsAnswer>(whole.first, "POST", "/v1/metrics", { scope, metrics: ["conversion", "revenue", "repeat_purchase"], every: "week" }); // prettier-ignore
  const lines = await rowsOf("baskets");
  const cents = lines.reduce((sum, row) => sum + Math.round(Number(row["sales_value"]) * 100), 0);
  const buyers = new Set(baskets.map(({ who }) => who)).size;
  const [conversion, revenue, repeat] = metrics.map(({ figures }) => figures[0]!);
  expect(revenue!.result).toMatchObject({ type: "estimate", n: buyers });
  expect(Math.round((revenue!.result as { value: number }).value * 100)).toBe(cents);
  expect(Math.round(revenue!.series.reduce((sum, { value }) => sum + (value ?? 0), 0) * 100)).toBe(cents);
  expect(conversion!.result).toMatchObject({ type: "estimate" });
  // Whoever bought at two different times; of the first week those with an earlier order in it.
  const again = (own: readonly Basket[]): boolean => new Set(own.map(({ at }) => at)).size > 1;
  const repeaters = [...byWho(baskets).values()].filter(again).length;
  expect(repeat!.result).toMatchObject({ value: repeaters / buyers, n: buyers });
  const second = Date.parse(repeat!.series[1]!.from);
  const early = [...byWho(baskets.filter(({ at }) => at < second)).values()];
  expect(repeat!.series[0]).toMatchObject({
    value: early.filter(again).length / early.length,
    n: early.length,
  });
  const csv = await whole.answer<string>(whole.first, "POST", "/v1/metrics?format=csv", { scope, metrics: ["revenue"], every: "week" }); // prettier-ignore
  expect(csv.headers.get("content-type")).toContain("text/csv");
  expect(csv.body.split("\r\n")[0]).toBe("metric,unit,part,name,from,value,low,high,n,what,before,p_value");
});
