/** Places that learn, on the whole platform: visitors are asked for, report, and what they did is learned from, told and guarded. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Decision } from "../../src/decisions/model.ts";
import type { LearningAnswer } from "../../src/learning/document.ts";
import { learnOnce, startLearner } from "../../src/learning/learn.ts";
import type { Model } from "../../src/learning/model.ts";
import { type Desk, startDesk } from "../decisions/desk.ts";
import { SEED, randomOf } from "../random.ts";

const [HOUR_MS, DAY_MS] = [3_600_000, 86_400_000];
/** When the time of an exposure is over. */
const LATER_MS = 15 * 60_000;
/** The platform's clock is set ahead in place of waiting. It begins at five past noon: neither the hour nor the part of the day ends in a test. */
const ahead = new SharedArrayBuffer(8);
const aheadMs = new Float64Array(ahead);
aheadMs[0] = DAY_MS * 1.5 + 300_000 - (Date.now() % DAY_MS);
let desk: Desk;
beforeAll(async () => {
  // A key may be spent on so many visitors at once, and the machine of a test may be slow for a moment.
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000", THROUGHLINE_RATE_PER_KEY: "100000" }, { ahead });
});
afterAll(() => desk.end());

const LEARNING = { reward: "clicked", withinMs: 60_000, floorRatio: 0.05, holdoutRatio: 0.2 };
const PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"; // prettier-ignore
const DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36";
const stopped: string[] = [];

/** Lets time pass and looks at all places, as the platform does every minute. */
async function pass(ms: number): Promise<void> {
  await desk.drain();
  aheadMs[0]! += ms;
  const { sql, log } = desk.stores;
  await learnOnce({ sql, log: log!, clock: () => Date.now() + aheadMs[0]!, onStop: ({ key }, words) => stopped.push(`${key}: ${words}`) }); // prettier-ignore
}
const readLearning = (key: string) => desk.ask<LearningAnswer>(desk.first, "GET", `/v1/places/${key}/learning`); // prettier-ignore
/** How a place learns as soon as that is as expected: the platform looks too, and may be at it just now. */
const learnsAs = (key: string, expected: object): Promise<LearningAnswer> =>
  vi.waitFor(async () => {
    const answer = await readLearning(key);
    expect(answer).toMatchObject(expected);
    return answer;
  }, 20_000);

type Visitor = { readonly device: string; readonly isPhone: boolean };
/** Asks as a browser does; what is shown. */
async function shownTo({ device, isPhone }: Visitor, place: string): Promise<Decision> {
  const answer = await fetch(`${desk.address}/v1/decide?writeKey=${desk.first.writeKey}`, {
    method: "POST", headers: { "content-type": "application/json", origin: "https://shop.example", "user-agent": isPhone ? PHONE : DESKTOP },
    body: JSON.stringify({ anonymousId: device, places: [place] }),
  });
  const { decisions } = (await answer.json()) as { decisions: Decision[] };
  return decisions[0]!;
} // prettier-ignore

type Reaction = { readonly outcome: string; readonly more?: object } | null;
type Seen = { readonly visitor: Visitor; readonly decision: Decision };
const random = randomOf(SEED);
/** Lets `n` new visitors come and see a place, of whom each may react to what is shown; who was shown what. */
async function come(place: string, n: number, reactionOf: (decision: Decision, visitor: Visitor) => Reaction): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  const one = async () => {
    const visitor = { device: randomUUID(), isPhone: random() < 0.5 };
    const decision = await shownTo(visitor, place);
    seen.push({ visitor, decision });
    await desk.report(decision.token!, "exposed");
    const reaction = reactionOf(decision, visitor);
    if (reaction) await desk.report(decision.token!, reaction.outcome, reaction.more);
  };
  for (let i = 0; i < n; i += 10) await Promise.all(Array.from({ length: Math.min(10, n - i) }, one));
  return seen;
} // prettier-ignore
const shareOf = (seen: readonly Seen[], id: string, who: (one: Seen) => boolean): number => {
  const own = seen.filter((one) => who(one) && one.decision.reason === "learning");
  return own.filter(({ decision }) => decision.choice!.id === id).length / own.length;
};
const storedModel = async (key: string): Promise<Model> => (await desk.stores.sql.query<{ model: Model }>("select model from place_learning where place = $1 order by number desc", [key]))[0]!.model; // prettier-ignore

const CANDIDATES = [{ id: "plain", priority: 90 }, { id: "phones", priority: 50 }, { id: "desks", priority: 10 }]; // prettier-ignore
const clicks = ({ choice }: Decision, { isPhone }: Visitor): Reaction =>
  random() < (choice!.id === "plain" ? 0.1 : (choice!.id === "phones") === isPhone ? 0.5 : 0.03) ? { outcome: "clicked" } : null; // prettier-ignore

describe("a place that learns", () => {
  test("gives everybody the same chance at first, but for those held out, whom priority decides for", async () => {
    await desk.place("learner", CANDIDATES, { ranking: "learning", learning: LEARNING });
    expect(await readLearning("learner")).toMatchObject({ state: "gathering", evaluation: { state: "too_little_data", needed: 200 } }); // prettier-ignore
    const seen = await come("learner", 400, clicks);
    for (const { id } of CANDIDATES) expect(shareOf(seen, id, () => true)).toBeGreaterThan(0.22);
    const held = seen.filter(({ decision }) => decision.reason === "priority");
    expect([held.length > 40, held.every(({ decision }) => decision.choice!.id === "plain")]).toEqual([true, true]); // prettier-ignore
    // Asked again within the hour, a visitor who has done nothing sees the same.
    for (let i = 0; i < 20; i += 1) {
      const visitor = { device: randomUUID(), isPhone: i % 2 === 0 };
      const { choice } = await shownTo(visitor, "learner");
      expect((await shownTo(visitor, "learner")).choice).toEqual(choice);
    }
  }, 120_000);

  test("learns of an exposure when its time is over, and then shows each visitor what is clicked by those alike", async () => {
    await pass(0);
    expect((await readLearning("learner")).learned?.exposures ?? 0).toBe(0);
    await pass(LATER_MS);
    await learnsAs("learner", { state: "learning", learned: { exposures: 400 } });
    const seen = await come("learner", 200, clicks);
    expect(shareOf(seen, "phones", ({ visitor }) => visitor.isPhone)).toBeGreaterThan(0.6);
    expect(shareOf(seen, "desks", ({ visitor }) => !visitor.isPhone)).toBeGreaterThan(0.6);
  }, 120_000);

  test("tells what other ways of choosing would have given", async () => {
    await pass(LATER_MS);
    const { evaluation } = await learnsAs("learner", { place: "learner", number: 1, state: "learning", learned: { exposures: 600 }, stops: [] }); // prettier-ignore
    // Looked at again by two at once, with nothing new to learn from.
    aheadMs[0]! += LATER_MS;
    const learnedAt = (await readLearning("learner")).learned!.at;
    await Promise.all([pass(0), pass(0)]);
    expect((await readLearning("learner")).learned!.at).toBe(learnedAt);
    if (evaluation.state !== "told") throw new Error("There is no evaluation.");
    const { ways, exposures, customers, method } = evaluation;
    expect([exposures, customers, method.includes("Dudik")]).toEqual([600, 600, true]);
    expect(ways.map(({ way }) => way)).toEqual(["learned", "priority", "uniform", "only:plain", "only:phones", "only:desks"]); // prettier-ignore
    const of = (name: string) => ways.find(({ way }) => way === name)!;
    // In truth 0.45 or so, 0.1 and 0.21.
    expect(of("learned").dr.interval[0]).toBeGreaterThan(of("priority").dr.interval[1]);
    for (const name of ["priority", "uniform"] as const) expect(Math.abs(of(name).snips.value - (name === "uniform" ? 0.21 : 0.1))).toBeLessThan(0.08); // prettier-ignore
    expect(of("priority").effectiveSampleSize).toBeGreaterThan(100);
  });

  test("learns the same again from the log, and nothing of what a page makes up", async () => {
    const before = await storedModel("learner");
    await desk.stores.sql.query("update place_learning set model = null, mark = null, learned_at = null where place = 'learner'"); // prettier-ignore
    const context = { stage: null, device: "phone", channel: null, known: "new", hour: 3, segments: [] };
    const forged = { touchpoint: "learner", decision: "made-up", place: "learner", candidate: "plain", version: 1, ranking: "learning", propensity: 0.001, learning: { arm: "learned", context, eligible: ["plain"] } }; // prettier-ignore
    for (const event of ["$decision.exposed", "$decision.clicked"])
      await desk.tell({ anonymousId: randomUUID(), event, properties: forged });
    await desk.drain();
    aheadMs[0]! += LATER_MS;
    const { sql, log } = desk.stores;
    const faults: unknown[] = [];
    const learner = startLearner({ sql, log: log!, clock: () => Date.now() + aheadMs[0]!, onStop: () => undefined, onFault: (cause) => faults.push(cause) }); // prettier-ignore
    await learnsAs("learner", { learned: { exposures: 600 } });
    await learner.stop();
    expect([await storedModel("learner"), faults]).toEqual([before, []]);
  });

  test("that is laid down anew goes on with what it knows of its candidates", async () => {
    await desk.place("learner", [...CANDIDATES, { id: "fresh", priority: 5 }], { ranking: "learning", learning: LEARNING }); // prettier-ignore
    const seen = await come("learner", 100, () => null);
    expect(shareOf(seen, "phones", ({ visitor }) => visitor.isPhone)).toBeGreaterThan(0.35);
    expect(shareOf(seen, "plain", () => true)).toBeLessThan(0.3);
  }, 60_000);
});

test("what comes too late is no reward, and what was not exposed nothing to learn from", async () => {
  await desk.place("late", CANDIDATES, { ranking: "learning", learning: LEARNING });
  const tokens: string[] = [];
  for (let i = 0; i < 12; i += 1) tokens.push((await shownTo({ device: randomUUID(), isPhone: true }, "late")).token!); // prettier-ignore
  // Ten are exposed. Of these two click in time and eight too late; the other two click without having been exposed.
  for (const token of tokens.slice(0, 10)) await desk.report(token, "exposed");
  for (const token of tokens.slice(8)) await desk.report(token, "clicked");
  aheadMs[0]! += 61_000;
  for (const token of tokens.slice(0, 8)) await desk.report(token, "clicked");
  await pass(LATER_MS);
  await learnsAs("late", { state: "gathering", learned: { exposures: 10, rewards: 2 } });
});

describe("a guard", () => {
  const guarded = { ranking: "learning", learning: { ...LEARNING, guards: [{ type: "outcome", outcome: "dismissed" }] } }; // prettier-ignore
  /** Whatever is not first by priority is put away by most. */
  const annoyed = ({ reason }: Decision): Reaction =>
    reason === "learning" && random() < 0.6 ? { outcome: "dismissed" } : null;

  test("stops a place that does harm: priority decides from the next decision on, and it is told why", async () => {
    const rule = { type: "trait", name: "plan", is: { op: "equals", value: "gold" } };
    const { id: segment } = await desk.ask<{ id: number }>(desk.first, "POST", "/v1/segments", { name: "Gold", rule }); // prettier-ignore
    const candidates = [...CANDIDATES, { id: "gold", priority: 95, rule: { type: "segment", id: segment } }];
    await desk.place("watched", candidates, guarded);
    await come("watched", 300, annoyed);
    await pass(LATER_MS);
    const { stops, guards } = await learnsAs("watched", { state: "stopped", number: 1 });
    expect(stops).toMatchObject([{ number: 1, guard: { isWorse: true, guard: { outcome: "dismissed" }, arms: { holdout: { did: 0 } } } }]); // prettier-ignore
    expect([guards[0]!.words, stopped.length <= 1]).toEqual([stops[0]!.guard.words, true]);
    expect(stops[0]!.guard.words).toMatch(/^\$decision\.dismissed: \d+ of \d+ customers with learning, 0 of \d+ held out\. It is worse/); // prettier-ignore
    const seen = await come("watched", 20, () => null);
    for (const { decision } of seen) expect([decision.reason, decision.choice!.id]).toEqual(["priority", "plain"]); // prettier-ignore

    // A segment that its rules refer to is changed: the place is renewed, and stays stopped.
    const { version } = await desk.ask<{ version: number }>(desk.first, "GET", "/v1/places/watched");
    await desk.ask(desk.first, "PUT", `/v1/segments/${segment}`, { name: "Gold", rule: { ...rule, is: { op: "equals", value: "platinum" } } }); // prettier-ignore
    await vi.waitFor(async () => expect((await desk.ask<{ version: number }>(desk.first, "GET", "/v1/places/watched")).version).toBeGreaterThan(version), 20_000); // prettier-ignore
    for (const { decision } of await come("watched", 10, () => null)) expect(decision.reason).toBe("priority"); // prettier-ignore
  }, 120_000);

  test("begins anew with a place that is laid down anew, and what was stopped before stays told", async () => {
    await desk.place("watched", CANDIDATES, guarded);
    await pass(LATER_MS);
    const { stops } = await learnsAs("watched", { number: 2, guards: [{ isWorse: false, arms: { learned: { customers: 0 } } }] }); // prettier-ignore
    expect(stops.map(({ number }) => number)).toEqual([1]);
    const seen = await come("watched", 20, () => null);
    expect(seen.some(({ decision }) => decision.reason === "learning")).toBe(true);
    expect((await desk.answer(desk.first, "DELETE", "/v1/places/watched")).status).toBe(200);
    expect((await desk.answer(desk.first, "GET", "/v1/places/watched/learning")).status).toBe(404);
    expect(await desk.stores.sql.query("select 1 from place_learning where place = 'watched'")).toEqual([]);
  }, 60_000);

  test("of an event looks at each customer from the first exposure on, and only so long", async () => {
    const asked = { type: "event", event: "Unsubscribed", worse: "more", withinMs: 30 * 60_000 };
    await desk.place("events", CANDIDATES, {
      ranking: "learning",
      learning: { ...LEARNING, guards: [asked] },
    });
    const seen = await come("events", 60, () => null);
    const [learned, other] = seen.filter(({ decision }) => decision.reason === "learning").map(({ visitor }) => visitor.device); // prettier-ignore
    const at = (ms: number) => new Date(Date.now() + aheadMs[0]! + ms).toISOString();
    await desk.tell({ anonymousId: learned, event: "Unsubscribed", timestamp: at(60_000) }, { anonymousId: other, event: "Unsubscribed", timestamp: at(-HOUR_MS) }); // prettier-ignore
    await pass(20 * 60_000);
    await learnsAs("events", { guards: [{ arms: { learned: { customers: 0 } } }] });
    await pass(20 * 60_000);
    const held = seen.filter(({ decision }) => decision.reason === "priority").length;
    await learnsAs("events", { guards: [{ arms: { learned: { customers: 60 - held, did: 1 }, holdout: { customers: held, did: 0 } } }] }); // prettier-ignore
  }, 60_000);
});

test("a place learns nothing unless it is laid down so, and ranks as it did", async () => {
  await desk.place("quiet", CANDIDATES, { learning: LEARNING });
  for (const { decision } of await come("quiet", 20, clicks)) expect([decision.reason, decision.choice!.id]).toEqual(["priority", "plain"]); // prettier-ignore
  await pass(LATER_MS);
  expect(await readLearning("quiet")).toMatchObject({ state: "off", learned: null });
  await desk.place("plain", CANDIDATES);
  const { status, body } = await desk.answer<{ detail: string }>(desk.first, "GET", "/v1/places/plain/learning"); // prettier-ignore
  expect([status, body.detail]).toEqual([404, expect.stringContaining("learning laid down")]);
});

test("a place that was laid down before places could learn is read and served as it was", async () => {
  await desk.place("old", CANDIDATES);
  await desk.stores.sql.query("update versions set body = body #- '{draft,learning}' where kind = 'place' and name = 'old'"); // prettier-ignore
  expect(await desk.ask(desk.first, "GET", "/v1/places/old")).toMatchObject({ key: "old", learning: null });
  expect((await come("old", 1, () => null))[0]!.decision).toMatchObject({ reason: "priority", choice: { id: "plain" } }); // prettier-ignore
});

test("a value is learned in its own currency", async () => {
  const learning = { ...LEARNING, reward: "value", currency: "EUR" };
  await desk.place("worth", CANDIDATES, { ranking: "learning", learning });
  const bought = ({ choice }: Decision): Reaction => ({ outcome: "converted", more: choice!.id === "desks" ? { valueMinor: 5_000 + Math.floor(random() * 1_000), currency: "EUR" } : { valueMinor: 90_000, currency: "USD" } }); // prettier-ignore
  await come("worth", 200, bought);
  await pass(LATER_MS);
  await learnsAs("worth", { state: "learning", learned: { exposures: 200 } });
  expect(shareOf(await come("worth", 60, () => null), "desks", () => true)).toBeGreaterThan(0.8);
}, 120_000);
