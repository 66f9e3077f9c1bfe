/** GrowthBook's published cases of assignment (test/fixtures/growthbook, MIT), all of those that are kept there. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketRanges, chooseVariation, equalWeights, hashOf, inNamespace, placeOf } from "./hash.ts";
import type { Namespace, Range } from "./hash.ts";
import { remember, variationOf, variationWithMemory } from "./variation.ts";
import type { Experiment, Filter, Remembered, Units } from "./variation.ts";

type Attributes = Record<string, string | null>;
interface Told {
  key: string;
  variations: unknown[];
  weights?: number[];
  coverage?: number;
  hashAttribute?: string;
  fallbackAttribute?: string;
  seed?: string;
  hashVersion?: number;
  ranges?: Range[];
  namespace?: Namespace;
  filters?: (Omit<Filter, "unit"> & { attribute?: string })[];
  meta?: { key: string }[];
  bucketVersion?: number;
  minBucketVersion?: number;
  disableStickyBucketing?: boolean;
}
interface Doc {
  attributeName: string;
  attributeValue: string;
  assignments: Record<string, string>;
}
interface Expected {
  bucket: number;
  hashAttribute: string;
  hashValue: string;
  key: string;
  stickyBucketUsed: boolean;
  variationId: number;
}
interface Cases {
  hash: [seed: string, value: string, version: number, expected: number | null][];
  getBucketRange: [string, [number, number, number[] | null], Range[]][];
  chooseVariation: [string, number, Range[], number][];
  inNamespace: [string, string, Namespace, boolean][];
  getEqualWeights: [number, number[]][];
  run: [string, { attributes?: Attributes }, Told, unknown, inExperiment: boolean, hashUsed: boolean][];
  stickyBucket: [
    string,
    { attributes: Attributes; features: Record<string, { rules: Told[] }> },
    Doc[],
    string,
    Expected | null,
    Record<string, Doc>,
  ][];
}
const cases = JSON.parse(readFileSync("test/fixtures/growthbook/cases.json", "utf8")) as Cases;

const unitsOf = (attributes: Attributes = {}): Units =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([kind, value]) => (value === null ? [] : [[kind, value]])),
  );
/** GrowthBook's words in ours; absent stays absent. */
const experimentOf = (told: Told): Experiment => {
  const {
    variations,
    hashAttribute,
    fallbackAttribute,
    filters,
    meta,
    bucketVersion,
    minBucketVersion,
    ...same
  } = told;
  return {
    ...same,
    variations: variations.map((_, i) => meta?.[i]?.key ?? `${i}`),
    unit: hashAttribute ?? "id",
    ...(fallbackAttribute === undefined ? {} : { fallbackUnit: fallbackAttribute }),
    ...(bucketVersion === undefined ? {} : { version: bucketVersion }),
    ...(minBucketVersion === undefined ? {} : { versionMin: minBucketVersion }),
    ...(filters === undefined
      ? {}
      : {
          filters: filters.map(({ attribute, ...rest }) => (attribute ? { ...rest, unit: attribute } : rest)),
        }),
  };
};

describe("GrowthBook's cases", () => {
  test("are all here", () => {
    const counts = Object.values(cases).flatMap((section: unknown) =>
      Array.isArray(section) ? [section.length] : [],
    );
    expect(counts).toEqual([15, 13, 13, 16, 6, 56, 13]);
  });

  test.each(cases.hash)("seed %j and value %j hash by version %i to %j", (seed, value, version, expected) => {
    expect(hashOf(seed, value, version)).toBe(expected);
  });

  test.each(cases.getBucketRange)("ranges: %s", (_, [variations, coverage, weights], expected) => {
    const ranges = bucketRanges(variations, coverage, weights ?? undefined);
    expect(ranges.length).toBe(expected.length);
    ranges.forEach(([from, to], i) => {
      expect(from).toBeCloseTo(expected[i]![0], 9);
      expect(to).toBeCloseTo(expected[i]![1], 9);
    });
  });

  test.each(cases.chooseVariation)("choice: %s", (_, place, ranges, expected) => {
    expect(chooseVariation(place, ranges)).toBe(expected);
  });

  test.each(cases.inNamespace)("namespace: %s", (_, value, namespace, expected) => {
    expect(inNamespace(value, namespace)).toBe(expected);
  });

  test.each(cases.getEqualWeights)("%i equal weights", (n, expected) => {
    const weights = equalWeights(n);
    expect(weights.length).toBe(expected.length);
    weights.forEach((weight, i) => expect(weight).toBeCloseTo(expected[i]!, 8));
  });

  test.each(cases.run)("run: %s", (_, context, told, expected, inExperiment, hashUsed) => {
    const assignment = variationOf(experimentOf(told), unitsOf(context.attributes));
    expect(assignment.type).toBe(inExperiment ? "in" : "out");
    expect(hashUsed).toBe(inExperiment);
    expect(told.variations[assignment.type === "in" ? assignment.index : 0]).toEqual(expected);
  });

  test.each(cases.stickyBucket)("memory: %s", (_, context, docs, feature, expected, docsAfter) => {
    const told = context.features[feature]!.rules[0]!;
    const experiment = { ...experimentOf(told), key: told.seed ?? told.key ?? feature };
    const units = unitsOf(context.attributes);
    const memory = docs.map((doc): Remembered => ({
      unit: doc.attributeName,
      value: doc.attributeValue,
      assignments: doc.assignments,
    }));
    const usesMemory = told.disableStickyBucketing !== true;
    const got = variationWithMemory(experiment, units, usesMemory ? memory : []);
    const after = usesMemory ? remember(experiment, got, memory) : memory;
    expect(got.type === "out" ? null : got).toEqual(
      expected && {
        type: "in",
        index: expected.variationId,
        variation: expected.key,
        place: expected.bucket,
        unit: expected.hashAttribute,
        value: expected.hashValue,
        remembered: expected.stickyBucketUsed,
      },
    );
    const own = after.filter((one) => units[one.unit] === one.value);
    expect(Object.fromEntries(own.map((one) => [`${one.unit}||${one.value}`, one.assignments]))).toEqual(
      Object.fromEntries(Object.entries(docsAfter).map(([key, doc]) => [key, doc.assignments])),
    );
  });
});

describe("laws of hashing", () => {
  test("who is remembered stays, though a filter, the coverage or the weights would put him elsewhere", () => {
    const open: Experiment = { key: "k", variations: ["a", "b"], unit: "id" };
    const first = variationOf(open, { id: "1" });
    const memory = remember(open, first, []);
    const closed = { ...open, coverage: 0, weights: [0, 1], filters: [{ seed: "s", ranges: [] }] };
    expect(first).toMatchObject({ type: "in", variation: "a", remembered: false });
    expect(variationOf(closed, { id: "1" })).toEqual({ type: "out", reason: "filtered" });
    expect(variationWithMemory(closed, { id: "1" }, memory)).toMatchObject({
      variation: "a",
      remembered: true,
    });
    expect(variationWithMemory(closed, { id: "2" }, memory)).toEqual({ type: "out", reason: "filtered" });
  });

  test("a place is at least 0 and below 1, and the same each time", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (seed, value) => {
        const place = placeOf(seed, value);
        expect(place).toBeGreaterThanOrEqual(0);
        expect(place).toBeLessThan(1);
        expect(hashOf(seed, value, 2)).toBe(place);
      }),
    );
  });

  test("raising the coverage takes customers in and moves nobody who was in", () => {
    const ratio = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ratio, ratio, ratio, fc.integer({ min: 2, max: 6 }), (a, b, place, variations) => {
        const before = chooseVariation(place, bucketRanges(variations, Math.min(a, b), undefined));
        const after = chooseVariation(place, bucketRanges(variations, Math.max(a, b), undefined));
        if (before >= 0) expect(after).toBe(before);
      }),
    );
  });

  test("without an identifier, with one variation or an unknown hash nobody is assigned", () => {
    const experiment: Experiment = { key: "k", variations: ["a", "b"], unit: "id" };
    expect(variationOf(experiment, {})).toEqual({ type: "out", reason: "no_identifier" });
    expect(variationOf({ ...experiment, variations: ["a"] }, { id: "1" })).toEqual({
      type: "out",
      reason: "too_few_variations",
    });
    expect(variationOf({ ...experiment, hashVersion: 9 }, { id: "1" })).toEqual({
      type: "out",
      reason: "unknown_hash",
    });
  });
});
