/** Mail at each customer's best time, in a journey through the real worker and sender, by a clock that is moved hour by hour. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { HOURS_TRAIT } from "../../src/journeys/best-time.ts";
import { askedReplay } from "../../src/journeys/replay-ask.ts";
import { replay } from "../../src/journeys/replay.ts";
import type { Event } from "../../src/events/model.ts";
import { tellHours } from "../../src/needs/hours-tell.ts";
import type { HoursWorked } from "../../src/needs/model.ts";
import { isoOf } from "../../src/values.ts";
import { WORKSPACE, eventOf } from "../world.ts";
import { DAY_MS, HOUR_MS, type JourneyWorld, aJourneyWorld, onEvent } from "../journeys/story.ts";

/** Noon of a Wednesday, in UTC; midnight of the day. */
const NOON = Date.UTC(2026, 2, 11, 12);
const MIDNIGHT = NOON - 12 * HOUR_MS;
const QUIET = { from: 21 * 60, to: 8 * 60 };
let world: JourneyWorld;
let worked: HoursWorked;
let journey: number;

const named = (who: string) => [`user_id ${who}`, `email ${who}@example.com`];
const tells = (who: string, timezone: string): Event =>
  eventOf({
    who: named(who),
    name: "$customer.identified",
    at: MIDNIGHT - 90 * DAY_MS,
    receivedAt: NOON,
    traits: { timezone },
  });
/** Visits on the weekdays before, at an hour of UTC. */
const visits = (who: string, hourUtc: number, days: number): readonly Event[] =>
  Array.from({ length: days }, (_, n) => MIDNIGHT - (n + 1) * DAY_MS + hourUtc * HOUR_MS + 600_000)
    .filter((at) => ![0, 6].includes(new Date(at).getUTCDay()))
    .map((at) => eventOf({ who: named(who), name: "$page.viewed", at, receivedAt: NOON })); // prettier-ignore
const hours = () =>
  tellHours(
    { sql: world.sql, log: world.log, clock: world.clock, append: (events) => world.sends(events) },
    WORKSPACE,
    Math.floor(world.clock() / DAY_MS) * DAY_MS,
  );

beforeAll(async () => {
  world = await aJourneyWorld(() => NOON);
  await world.policy({ quietHours: [QUIET] });
  // The crowd is there at one o'clock, by London's clock, which is UTC's in winter.
  const crowd = Array.from({ length: 60 }, (_, n) => [tells(`crowd-${n}`, "Europe/London"), ...visits(`crowd-${n}`, 13, 14), ...visits(`crowd-${n}`, 9 + (n % 10), 5)]).flat();
  await world.sends([
    ...crowd,
    // In Berlin at seven in the evening; in New York at nine in the morning, which is four hours behind since last Sunday and five before.
    tells("ann", "Europe/Berlin"), ...visits("ann", 18, 40),
    tells("bob", "America/New_York"), ...visits("bob", 14, 40),
    tells("cal", "Asia/Tokyo"),
    // At eleven at night, which is quiet, and now and then at eight in the evening.
    tells("dan", "Europe/London"), ...visits("dan", 23, 60), ...visits("dan", 20, 25),
  ]);
  await world.feed.drain();
  worked = await hours();
  await world.passes(60_000);
  journey = await world.journey({
    entry: onEvent("Asked"), start: "mail",
    steps: { mail: { type: "message", channel: "email", template: world.template, bestTimeMs: 24 * HOUR_MS, next: null } },
  });
}); // prettier-ignore
afterAll(() => world.close());

const hourOf = async (who: string): Promise<readonly number[]> => {
  const rows = await world.sql.query<{ at: number }>("select settled_at as at from messages m join atoms a on a.id = m.atom where a.customer = any($1::bigint[]) and m.state = 'sent' order by 1", [
    (await world.identities(`user_id ${who}`))!.atoms.map(({ id }) => Number(id.slice(1))),
  ]);
  return rows.map(({ at }) => Math.floor((at - NOON) / HOUR_MS));
}; // prettier-ignore

test("customers with a history are told their hours; what all have in common is kept for the others", async () => {
  expect(worked).toMatchObject({ customers: 63, told: 63 });
  expect(worked.strength).toBeGreaterThan(1);
  const ann = (await world.customer("user_id ann"))!;
  expect(ann.traits["best_hour"]).toBe(19);
  expect(ann.traits[HOURS_TRAIT]).toMatch(/^[0-9a-z]{19}z[0-9a-z]{28}$/);
  expect((await world.customer("user_id cal"))!.traits[HOURS_TRAIT]).toBeUndefined();
  expect(worked.shared!.all).toMatch(/^[0-9a-z]{13}z/);
  expect((await hours()).told).toBe(0);
});

test("each gets the mail at their own hour, one without a history at everybody's, and nobody in a quiet hour", async () => {
  const people = ["ann", "bob", "cal", "dan"];
  for (const who of people) await world.says({ who: named(who), name: "Asked", at: world.clock() });
  for (const who of people) expect(await world.runsOf(who)).toEqual(["mail"]);
  for (let hour = 0; hour < 25; hour++) await world.passes(HOUR_MS);
  // 19:00 in Berlin; 9:00 in New York (four hours behind UTC); 13:00 in Tokyo the next day; 20:00 in London, since 23:00 is quiet.
  expect(await Promise.all(people.map(hourOf))).toEqual([[6], [1], [16], [8]]);
  for (const who of people) expect(await world.runsOf(who)).toEqual(["completed"]);
}); // prettier-ignore

test("a replay of the same time lets the mail leave at the same hours", async () => {
  await world.feed.drain();
  const asked = { journey, from: isoOf(NOON - HOUR_MS), to: isoOf(NOON + 25 * HOUR_MS) };
  const play = await askedReplay(world.sql, WORKSPACE, asked as never, world.clock());
  const result = await replay({ sql: world.sql, log: world.log, elapsedMs: () => performance.now(), onFault: (cause) => world.faults.push(cause) }, play);
  const left = result!.stories.flatMap(({ lines }) => lines.filter(({ words }) => words === "The message would leave.").map(({ at }) => (Date.parse(at) - NOON) / HOUR_MS));
  expect(left.toSorted((a, b) => a - b)).toEqual([1, 6, 8, 16]);
  expect(result!.caveats.some((words) => words.startsWith("Best times"))).toBe(true);
}); // prettier-ignore

test("who leaves the journey while it waits for the best time gets no mail", async () => {
  await world.journey({
    entry: onEvent("Looked"), exits: [onEvent("Bought")], start: "mail",
    steps: { mail: { type: "message", channel: "email", template: world.template, bestTimeMs: 24 * HOUR_MS, next: null } },
  });
  const before = await hourOf("ann");
  await world.says({ who: named("ann"), name: "Looked", at: world.clock() });
  await world.says({ who: named("ann"), name: "Bought", at: world.clock() });
  await world.passes(25 * HOUR_MS);
  expect(await hourOf("ann")).toEqual(before);
  expect((await world.runsOf("ann")).at(-1)).toBe("exited");
  expect(world.faults).toEqual([]);
}); // prettier-ignore
