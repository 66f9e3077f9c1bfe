/** Paths of tests: told in a line, or any at all. */
import fc from "fast-check";
import type { Journey, Path } from "../../src/attribution/model.ts";
import { decayShares, pathsOf } from "../../src/attribution/paths.ts";

export const DAY_MS = 86_400_000;
export const HALF_LIFE_MS = 7 * DAY_MS;

/** The path of these channels ("ads email"), met so many days before; all on the last day unless told. */
export function aPath(
  channels: string,
  { conversions = 0, value = 0, nulls = 0 }: { conversions?: number; value?: number; nulls?: number },
  ageDays: readonly number[] = channels.split(" ").map(() => 0),
): Path {
  const shares = decayShares(ageDays.map((days) => days * DAY_MS), HALF_LIFE_MS); // prettier-ignore
  return {
    channels: channels.split(" "), conversions, value, nulls,
    squares: conversions > 0 ? value ** 2 / conversions : 0,
    decayed: { conversions: shares.map((share) => share * conversions), value: shares.map((share) => share * value) },
  }; // prettier-ignore
}

/** Journeys over a few channels, at least one of which converts. */
export const someJourneys = (channelsMax = 5): fc.Arbitrary<readonly Journey[]> => {
  const touchpoint = fc.record({
    channel: fc.integer({ min: 0, max: channelsMax - 1 }).map((i) => (i === 0 ? "direct" : `c${i}`)),
    ageMs: fc.integer({ min: 0, max: 40 * DAY_MS }),
  });
  const touchpoints = fc.array(touchpoint, { minLength: 1, maxLength: 7 })
    .map((all) => all.toSorted((a, b) => b.ageMs - a.ageMs)); // prettier-ignore
  const journey = fc.record({
    touchpoints,
    converted: fc.boolean(),
    value: fc.integer({ min: 0, max: 500 }),
  });
  return fc
    .tuple(fc.array(journey, { maxLength: 30 }), journey)
    .map(([journeys, one]) => [...journeys, { ...one, converted: true, value: one.value + 1 }]);
};

/** Their paths. */
export const somePaths = (channelsMax = 5): fc.Arbitrary<readonly Path[]> =>
  someJourneys(channelsMax).map((journeys) => pathsOf(journeys, HALF_LIFE_MS));
