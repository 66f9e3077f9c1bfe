/** What is at stake in a gap: people are counted once, for as long as they could be, and only where something is lost. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Questions } from "../../src/analysis/questions.ts";
import type { GapMeasured } from "../../src/gaps/model.ts";
import { searchGaps } from "../../src/gaps/search.ts";
import type { Instant, WorkspaceId } from "../../src/values.ts";
import type { Past } from "../analysis/history.ts";
import { bothStores } from "../stores.ts";
import { putWorld } from "./planted.ts";
import { DAY_MS, PERIOD, PERIOD_DAYS } from "./worlds.ts";

const HOUR_MS = 3_600_000;
let stores: Awaited<ReturnType<typeof bothStores>>;
beforeAll(async () => {
  stores = await bothStores();
});
afterAll(() => stores.drop());

/** The gaps of a log with nothing else in it, asked at the period's end. */
async function gapsOf(events: readonly Past[], now: Instant = PERIOD.to): Promise<readonly GapMeasured[]> {
  const { sql, log } = stores;
  await putWorld(log, { events, joined: [] });
  const { answer } = await searchGaps({ sql, log, questions: new Questions(() => now) }, 1 as WorkspaceId, { scope: PERIOD }, true, now); // prettier-ignore
  if (answer.type !== "found") throw new Error(answer.detail);
  return answer.gaps;
}
const bought = (atom: number, at: number): Past => ({ atom, at, name: "Order Completed", channel: "store", properties: { order_id: `${atom}-${at}`, total: 50, currency: "EUR" } }); // prettier-ignore
const wordsOf = ({ value }: GapMeasured): string => (value.type === "known" ? value.words : value.detail);

test("people are scaled by the time in which they were counted: the last days, in which nothing is settled yet, do not make the value smaller", async () => {
  // Ten a day put something in the cart and buy it elsewhere much later or never; ten a day buy and hear nothing.
  const events = Array.from({ length: 10 * PERIOD_DAYS }, (_, i): readonly Past[] => {
    const at = PERIOD.from + Math.floor(i / 10) * DAY_MS + HOUR_MS;
    const carted = { atom: 5_000 + i, at, name: "Product Added", channel: "app" };
    return [carted, bought(1 + i, at), ...(i % 50 === 0 ? [{ ...bought(1 + i, at + 2 * HOUR_MS), name: "Email Sent", channel: "email" }] : [])];
  }).flat(); // prettier-ignore
  const gaps = await gapsOf(events);
  const found = (kind: string) => gaps.find((one) => one.kind === kind)!;
  // Two weeks to hear something, one week to order.
  expect(wordsOf(found("silence_after_purchase"))).toContain(" people in 42 days");
  expect(wordsOf(found("drop_off"))).toContain(" people in 49 days");
  const { affected, value } = found("drop_off");
  expect(value.type === "known" && value.amount).toBeCloseTo((affected.people * 90 * 0.1 * 50) / 49, 6);
});

test("a hundred customers are a hundred people, however often each of them is missed", async () => {
  const weeks = (2 * PERIOD_DAYS) / 7;
  const events = Array.from({ length: 100 }, (_, i) =>
    Array.from({ length: weeks }, (_week, week): readonly Past[] => {
      const at = PERIOD.from - PERIOD_DAYS * DAY_MS + (7 * week + (i % 7)) * DAY_MS + HOUR_MS;
      return [
        { atom: 1 + i, at, name: "Page Read", channel: "web" },
        // Silent for the last half of the period; done by three in ten of the people instead of by all in all of it.
        ...(week < (3 * weeks) / 4 ? [{ atom: 1 + i, at, name: "Lamp Read", channel: "app" }] : []),
        ...(week < weeks / 2 || (i + week) % 10 < 3
          ? [{ atom: 1 + i, at, name: "Login", channel: "web" }]
          : []),
      ];
    }),
  ).flat(2);
  const buyers = Array.from({ length: 25 }, (_, i) => bought(1 + i, PERIOD.from + DAY_MS));
  const gaps = await gapsOf([...events, ...buyers]);
  const found = (subject: string) => gaps.find((one) => one.subject === subject)!;
  const silent = found("app: Lamp Read");
  expect(silent).toMatchObject({ kind: "silent_touchpoint", affected: { people: 100, of: 100, events: 400 } }); // prettier-ignore
  const fewer = found("web: Login");
  expect(fewer).toMatchObject({ kind: "changed_behaviour", affected: { people: 70, of: 100 }, trend: { before: { people: 100, of: 100 } } }); // prettier-ignore
  expect(fewer.affected.ratio).toBeCloseTo(0.7, 2);
  expect(wordsOf(silent)).toContain("100 people in 56 days");
  expect(wordsOf(fewer)).toContain("70 people in 56 days");
});

test("what more people do than before is told, and nothing is at stake in it: it comes after what is lost", async () => {
  const weeks = (2 * PERIOD_DAYS) / 7;
  const events = Array.from({ length: 400 }, (_, i) =>
    Array.from({ length: weeks }, (_week, week): readonly Past[] => {
      const at = PERIOD.from - PERIOD_DAYS * DAY_MS + (7 * week + (i % 7)) * DAY_MS + HOUR_MS;
      const [more, fewer] = week < weeks / 2 ? [2, 3] : [8, 2];
      return [
        { atom: 1 + i, at, name: "Page Read", channel: "web" },
        ...((i + week) % 10 < more ? [{ atom: 1 + i, at, name: "Review Written", channel: "web" }] : []),
        ...((i + week) % 10 < fewer ? [{ atom: 1 + i, at, name: "Login", channel: "web" }] : []),
      ];
    }),
  ).flat(2);
  const gaps = await gapsOf([...events, ...Array.from({ length: 25 }, (_, i) => bought(1 + i, PERIOD.from + DAY_MS))]);
  const [fewer, more] = ["web: Login", "web: Review Written"].map((subject) => gaps.find((one) => one.subject === subject)!);
  expect(more).toMatchObject({ trend: { direction: "growing" }, value: { type: "none" }, ranking: { score: 0 } });
  expect(more!.ranking.words).toContain("nothing is known to be lost");
  expect(fewer).toMatchObject({ trend: { direction: "shrinking" }, value: { type: "known" } });
  expect(more!.affected.people).toBeGreaterThan(fewer!.affected.people);
  expect(more!.ranking.place).toBeGreaterThan(fewer!.ranking.place);
}); // prettier-ignore
