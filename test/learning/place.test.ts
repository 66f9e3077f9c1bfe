/** A place that learns, on the whole platform: visitors are asked for, report, and what they did is learned from and guarded. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Decision } from "../../src/decisions/model.ts";
import type { LearningAnswer } from "../../src/learning/document.ts";
import { type LearnDeps, learnOnce } from "../../src/learning/learn.ts";
import { type Desk, startDesk } from "../decisions/desk.ts";
import { SEED, randomOf } from "../random.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000", THROUGHLINE_RATE_PER_KEY: "100000" });
});
afterAll(() => desk.end());

const HOUR_MS = 3_600_000;
const LEARNING = { reward: "clicked", withinMs: 60_000, floorRatio: 0.05, holdoutRatio: 0.2 };
const PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"; // prettier-ignore
const DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36";
/** Learns as if so many hours had passed; what was stopped. */
async function learnAfter(hours: number): Promise<readonly string[]> {
  await desk.drain();
  const stopped: string[] = [];
  const { sql, log } = desk.stores;
  const deps: LearnDeps = { sql, log: log!, clock: () => Date.now() + hours * HOUR_MS, onStop: ({ key }, words) => stopped.push(`${key}: ${words}`) }; // prettier-ignore
  await learnOnce(deps);
  return stopped;
}
const learningOf = (key: string) => desk.ask<LearningAnswer>(desk.first, "GET", `/v1/places/${key}/learning`);

type Visitor = { readonly device: string; readonly isPhone: boolean };
const visitorOf = (random: () => number): Visitor => ({ device: randomUUID(), isPhone: random() < 0.5 });
/** Asks as a browser does, and says what was shown. */
async function shownTo({ device, isPhone }: Visitor, place: string): Promise<Decision> {
  const answer = await fetch(`${desk.address}/v1/decide?writeKey=${desk.first.writeKey}`, {
    method: "POST", headers: { "content-type": "application/json", origin: "https://shop.example", "user-agent": isPhone ? PHONE : DESKTOP },
    body: JSON.stringify({ anonymousId: device, places: [place] }),
  });
  const { decisions } = (await answer.json()) as { decisions: Decision[] };
  return decisions[0]!;
} // prettier-ignore

/** Lets `n` visitors come, who report what `reactionOf` says; who was shown what. */
async function come(place: string, n: number, reactionOf: (candidate: string, visitor: Visitor, arm: Decision["reason"]) => string | null, random: () => number) {
  const seen: { readonly visitor: Visitor; readonly decision: Decision }[] = [];
  const one = async () => {
    const visitor = visitorOf(random);
    const decision = await shownTo(visitor, place);
    seen.push({ visitor, decision });
    if (!decision.choice) return;
    await desk.report(decision.token!, "exposed");
    const reaction = reactionOf(decision.choice.id, visitor, decision.reason);
    if (reaction !== null) await desk.report(decision.token!, reaction);
  };
  for (let i = 0; i < n; i += 10) await Promise.all(Array.from({ length: Math.min(10, n - i) }, one));
  return seen;
} // prettier-ignore
const CANDIDATES = [{ id: "plain", priority: 90 }, { id: "phones", priority: 50 }, { id: "desks", priority: 10 }];

describe("a place that learns", () => {
  test("gives everybody the same chance at first, then shows what was clicked to those who click, and tells what else would have come of it", async () => {
    const random = randomOf(SEED);
    await desk.place("learner", CANDIDATES, { ranking: "learning", learning: LEARNING });
    expect(await learningOf("learner")).toMatchObject({ state: "gathering", learned: null, evaluation: { state: "too_little_data", needed: 200 } });
    const clicksOf = (candidate: string, { isPhone }: Visitor) => (random() < (candidate === "plain" ? 0.1 : (candidate === "phones") === isPhone ? 0.5 : 0.03) ? "clicked" : null);
    const first = await come("learner", 400, clicksOf, random);
    const counts = new Map<string, number>();
    for (const { decision } of first) if (decision.reason === "learning") counts.set(decision.choice!.id, (counts.get(decision.choice!.id) ?? 0) + 1);
    for (const { id } of CANDIDATES) expect(counts.get(id)! / 400).toBeGreaterThan(0.17);
    expect(first.filter(({ decision }) => decision.reason === "priority").every(({ decision }) => decision.choice!.id === "plain")).toBe(true);

    // Nobody's time is over: nothing is learned yet, and nothing counts as no click.
    await learnAfter(0);
    expect((await learningOf("learner")).learned).toMatchObject({ exposures: 0 });
    expect(await learnAfter(1)).toEqual([]);
    expect(await learningOf("learner")).toMatchObject({ state: "learning", learned: { exposures: 400 } });

    const later = await come("learner", 200, clicksOf, random);
    const shareOf = (isPhone: boolean, id: string) => {
      const own = later.filter(({ visitor, decision }) => visitor.isPhone === isPhone && decision.reason === "learning");
      return own.filter(({ decision }) => decision.choice!.id === id).length / own.length;
    };
    expect([shareOf(true, "phones") > 0.6, shareOf(false, "desks") > 0.6]).toEqual([true, true]);
  }, 120_000);
}); // prettier-ignore
