/** When customers are likely to be there: own history and everybody's weighed as they were made, and the best hour within the law. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { areHours, bestTimeOf, cellOf, hoursOf, textOfHours } from "../../src/journeys/best-time.ts";
import { HoursTally, countsOf, hoursMoved, likeliestOf, ownHoursOf, sharedHoursOf, shrunk, strengthOf } from "../../src/needs/hours.ts"; // prettier-ignore
import { leavesByHours } from "../../src/permission/allow.ts";
import { Policy } from "../../src/permission/model.ts";
import { isWithin, localOf } from "../../src/permission/zone.ts";
import { begun } from "../../src/journeys/enter.ts";
import { walk } from "../../src/journeys/walk.ts";
import { NOW as MORNING, knowing, planOfDraft } from "../journeys/walking.ts";
import { randomOf } from "../random.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Wednesday, at noon in UTC. */
const NOON = Date.UTC(2026, 2, 11, 12);
const zones = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"); // prettier-ignore
const hours = fc.array(fc.integer({ min: 0, max: 35 }), { minLength: 48, maxLength: 48 }).map((signs) => signs.map((n) => n.toString(36)).join("")); // prettier-ignore
const around = fc.integer({ min: 0, max: 400 * DAY_MS }).map((ms) => NOON + ms);
const WEEK_MS = 7 * DAY_MS;

test("the chosen time is within the time given, begins an hour or is now, and no hour that may be is likelier", () => {
  const minute = fc.integer({ min: 0, max: 1439 });
  const policies = fc.record({ quietHours: fc.array(fc.record({ from: minute, to: minute }), { maxLength: 2 }), sendingWindows: fc.array(fc.record({ from: minute, to: minute }), { maxLength: 2 }) });
  fc.assert(
    fc.property(hours, zones, around, fc.integer({ min: HOUR_MS, max: WEEK_MS }), policies, (text, zone, now, withinMs, laid) => {
      const mayLeave = leavesByHours({ channel: "email", purpose: "marketing" }, Policy.parse(laid), zone);
      const at = bestTimeOf(text, zone, now, withinMs, mayLeave);
      expect(at >= now && at <= now + withinMs).toBe(true);
      if (at !== now) expect([localOf(at, zone).minute % 60, at % 60_000, mayLeave(at)]).toEqual([0, 0, true]);
      const signAt = (one: number): string => text[cellOf(one, zone)]!;
      const open = Array.from({ length: Math.floor(withinMs / 900_000) + 1 }, (_, n) => now + n * 900_000).filter((one) => localOf(one, zone).minute % 60 === 0 || one === now).filter(mayLeave);
      for (const one of open) expect(signAt(one) <= signAt(at) || !mayLeave(at)).toBe(true);
    }),
  );
}); // prettier-ignore

test("a run waits for the best time once, and asks then, though a better one would come after it", () => {
  const plan = planOfDraft({ start: "say", steps: { say: { type: "message", channel: "email", template: 1, bestTimeMs: 2 * HOUR_MS, next: null } } });
  const first = begun("r", 1, 1, "", plan.draft, {}, MORNING, MORNING);
  // Each hour of the day is likelier than the one before.
  const later = Array.from({ length: 48 }, (_, cell) => (cell % 24).toString(36)).join("");
  const waits = walk(plan, first, { type: "began" }, knowing({ hours: later }), MORNING);
  expect(waits.run).toMatchObject({ at: "say", blocker: { type: "time" }, dueAt: MORNING - (MORNING % HOUR_MS) + 2 * HOUR_MS });
  expect(waits.effects).toEqual([]);
  const dueAt = waits.run!.dueAt!;
  expect(walk(plan, waits.run!, { type: "time" }, knowing({ hours: later }), dueAt - 1).run).toBe(waits.run);
  const asks = walk(plan, waits.run!, { type: "time" }, knowing({ hours: later }), dueAt);
  expect(asks.effects).toMatchObject([{ type: "message", step: "say" }]);
  expect(asks.run).toMatchObject({ blocker: { type: "message" }, dueAt: null });
  // Where nothing is known, and where no hour may be, it is at once.
  for (const known of [knowing(), knowing({ hours: later, leavesBy: () => () => false })])
    expect(walk(plan, first, { type: "began" }, known, MORNING).effects).toMatchObject([{ type: "message" }]);
}); // prettier-ignore

test("it never lies in a quiet hour or outside of a window, unless all the time does", () => {
  const policy = Policy.parse({ quietHours: [{ from: 21 * 60, to: 8 * 60 }], sendingWindows: [{ from: 9 * 60, to: 18 * 60 }] }); // prettier-ignore
  const mayLeave = leavesByHours({ channel: "email", purpose: "marketing" }, policy, "Asia/Tokyo");
  fc.assert(
    fc.property(hours, around, (text, now) => {
      const at = bestTimeOf(text, "Asia/Tokyo", now, 2 * DAY_MS, mayLeave);
      expect(isWithin(policy.quietHours[0]!, at, "Asia/Tokyo")).toBe(false);
      expect(isWithin(policy.sendingWindows[0]!, at, "UTC")).toBe(true);
    }),
  );
  const never = bestTimeOf("z".repeat(48), "UTC", NOON, DAY_MS, () => false);
  expect(never).toBe(NOON);
  const all = leavesByHours({ channel: "email", purpose: "transactional" }, policy, "Asia/Tokyo");
  expect([0, 6, 12, 18].map((hour) => all(NOON + hour * HOUR_MS))).toEqual([true, true, true, true]);
});

test("own hours go before the stage's, and those before everybody's; what is no hours is nothing", () => {
  const [own, stage, all] = ["1", "2", "3"].map((sign) => sign.repeat(48)) as [string, string, string];
  const shared = { all, stages: { warm: stage } };
  expect(hoursOf(own, "warm", shared)).toBe(own);
  expect(hoursOf("never", "warm", shared)).toBe(stage);
  expect(hoursOf(undefined, "cold", shared)).toBe(all);
  expect(hoursOf(undefined, "constructor", shared)).toBe(all);
  expect(hoursOf(undefined, null, null)).toBeNull();
  expect([areHours(own), areHours("A".repeat(48)), areHours("1".repeat(47)), areHours(1)]).toEqual([true, false, false, false]); // prettier-ignore
});

test("moments count by the customer's own clock, across changes of the clock as well", () => {
  // 19:30 in Berlin on a Tuesday in winter and in summer.
  const moments = [Date.UTC(2026, 0, 13, 18, 30), Date.UTC(2026, 6, 14, 17, 30)];
  expect(countsOf(moments, "Europe/Berlin")[19]).toBe(2);
  expect(countsOf([Date.UTC(2026, 0, 17, 18, 30)], "Europe/Berlin")[24 + 19]).toBe(1);
});

test("with n moments a customer keeps n / (n + strength) of their own", () => {
  const counts = new Float64Array(48);
  counts[9] = 30;
  const prior = Array.from({ length: 48 }, () => 1 / 48);
  const shares = shrunk(counts, prior, 10);
  expect(shares[9]).toBeCloseTo((30 / 40) * 1 + (10 / 40) * (1 / 48), 12);
  expect(shares[10]).toBeCloseTo((10 / 40) * (1 / 48), 12);
});

test("a customer's shares lie between their own and the prior's, nearer to their own the more is known", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { minLength: 48, maxLength: 48 }), fc.double({ min: 2, max: 500, noNaN: true }), (counts, strength) => {
      const prior = Array.from({ length: 48 }, () => 1 / 48);
      const total = counts.reduce((sum, n) => sum + n, 0);
      const [once, ten] = [shrunk(counts, prior, strength), shrunk(counts.map((n) => 10 * n), prior, strength)];
      expect(once.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
      for (const [cell, share] of once.entries()) {
        const own = total === 0 ? prior[cell]! : counts[cell]! / total;
        expect(share).toBeGreaterThanOrEqual(Math.min(own, prior[cell]!) - 1e-12);
        expect(share).toBeLessThanOrEqual(Math.max(own, prior[cell]!) + 1e-12);
        expect(Math.abs(ten[cell]! - own)).toBeLessThanOrEqual(Math.abs(share - own) + 1e-12);
      }
    }),
  );
}); // prettier-ignore

/** Customers with shares of gamma draws: Dirichlet with a strength that is known. */
function made(customers: number, strength: number, moments: number) {
  const random = randomOf(99);
  const shares = Array.from({ length: 48 }, (_, cell) => (cell % 24 >= 17 && cell % 24 < 23 ? 4 : 1));
  const sum = shares.reduce((all, one) => all + one, 0);
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
  // Marsaglia and Tsang 2000.
  const gamma = (shape: number): number => {
    if (shape < 1) return gamma(shape + 1) * random() ** (1 / shape);
    const d = shape - 1 / 3;
    for (;;) {
      const x = normal();
      const v = (1 + x / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(random()) < (x * x) / 2 + d - d * v + d * Math.log(v)) return d * v;
    }
  };
  return Array.from({ length: customers }, () => {
    const own = shares.map((one) => gamma((strength * one) / sum));
    const total = own.reduce((all, one) => all + one, 0);
    const counts = new Float64Array(48);
    for (let n = 0; n < moments; n++) {
      let left = random() * total;
      let cell = 0;
      while (cell < 47 && (left -= own[cell]!) > 0) cell++;
      counts[cell]! += 1;
    }
    return counts;
  });
}

test("how much people differ is found as they were made, whatever they have in common", () => {
  for (const strength of [5, 20, 100]) {
    const tally = new HoursTally();
    for (const counts of made(4_000, strength, 30)) tally.add(null, counts);
    const found = tally.prior()!.strength;
    expect(found / strength).toBeGreaterThan(0.8);
    expect(found / strength).toBeLessThan(1.25);
  }
  expect(strengthOf([0.5, 0.5], 0.4)).toBe(1_000);
});

test("with few customers nothing is told; a stage with few moments has everybody's hours", () => {
  const tally = new HoursTally();
  const some = made(60, 10, 20);
  for (const counts of some.slice(0, 49)) tally.add("warm", counts);
  expect(tally.prior()).toBeNull();
  tally.add("cold", some[49]!);
  const prior = tally.prior()!;
  expect([...prior.stages.keys()]).toEqual(["warm"]);
  const shared = sharedHoursOf(prior);
  expect(areHours(shared.all) && areHours(shared.stages["warm"])).toBe(true);
  const own = new Float64Array(48);
  own[9] = 200;
  expect(likeliestOf(ownHoursOf(own, "cold", prior)!).weekdayHour).toBe(9);
});

test("who comes at all hours has none that is best, and is written to at once", () => {
  const tally = new HoursTally();
  const weekly = Float64Array.from({ length: 48 }, (_, cell) => (cell < 24 ? 10 : 4));
  for (let customer = 0; customer < 60; customer++) tally.add("warm", weekly);
  const prior = tally.prior()!;
  expect(sharedHoursOf(prior)).toEqual({ all: null, stages: {} });
  expect(ownHoursOf(weekly, "warm", prior)).toBeNull();
  expect(hoursOf(undefined, "warm", sharedHoursOf(prior))).toBeNull();
});

test("hours are told again when the likeliest is another or one moved by much, and not before", () => {
  const flat = textOfHours(Array.from({ length: 48 }, (_, cell) => (cell === 9 || cell === 33 ? 1 : 0.5)));
  const moved = (cell: number, sign: string): string => flat.slice(0, cell) + sign + flat.slice(cell + 1);
  expect(hoursMoved(flat, undefined)).toBe(true);
  expect(hoursMoved(moved(3, "k"), flat)).toBe(false);
  expect(hoursMoved(moved(3, "r"), flat)).toBe(true);
  expect(hoursMoved(moved(9, "u"), moved(9, "v"))).toBe(false);
});
