/**
 * Which variation of an experiment a customer gets, with GrowthBook's rules of assignment: namespaces, filters, ranges, and
 * the memory that keeps a customer in a variation when weights or coverage change.
 *
 * Journeys need less (`assign.ts`). This is for experiments that are run on several sides at once, where an assignment made
 * here must be the one that GrowthBook's SDK makes.
 */
import { bucketRanges, chooseVariation, hashOf, inNamespace, inRange } from "./hash.ts";
import type { Namespace, Range } from "./hash.ts";

/** The identifiers of a customer by their kind, e.g. `{ id: "c1042", device: "d77" }`. An empty one counts as missing. */
export type Units = Readonly<Record<string, string>>;

/** Lets only those in whose place under `seed` lies in one of the ranges. */
export interface Filter {
  readonly seed: string;
  readonly ranges: readonly Range[];
  readonly unit?: string;
  readonly hashVersion?: number;
}

/** What decides an assignment. */
export interface Experiment {
  readonly key: string;
  /** The names of the variations, in the order of the weights. */
  readonly variations: readonly string[];
  /** The kind of identifier that is hashed, and the one taken when a customer has none of it. */
  readonly unit: string;
  readonly fallbackUnit?: string;
  /** The key, when absent. */
  readonly seed?: string;
  readonly hashVersion?: number;
  readonly weights?: readonly number[];
  readonly coverage?: number;
  /** Put in place of weights and coverage. */
  readonly ranges?: readonly Range[];
  readonly namespace?: Namespace;
  /** Put in place of the namespace. */
  readonly filters?: readonly Filter[];
  /** Raised to forget what is remembered and assign anew. */
  readonly version?: number;
  /** Who was assigned under a version below this one takes no further part. */
  readonly versionMin?: number;
}

/** What is remembered of one identifier: variation names by `experimentKey__version`. */
export interface Remembered {
  readonly unit: string;
  readonly value: string;
  readonly assignments: Readonly<Record<string, string>>;
}

/** A place in an experiment, or why there is none. */
export type Assignment =
  | {
      readonly type: "in";
      readonly index: number;
      readonly variation: string;
      readonly place: number;
      readonly unit: string;
      readonly value: string;
      /** Whether the variation was remembered, not hashed. */
      readonly remembered: boolean;
    }
  | {
      readonly type: "out";
      readonly reason:
        | "too_few_variations"
        | "no_identifier"
        | "filtered"
        | "not_covered"
        | "version_blocked"
        | "unknown_hash";
    };

/** The assignment by hashing alone. Never throws. */
export const variationOf = (experiment: Experiment, units: Units): Assignment =>
  variationWithMemory(experiment, units, []);

/**
 * The assignment of a customer of whom `memory` is remembered. A remembered variation wins over filters, ranges and weights.
 * What is remembered of the experiment's own identifier wins over the fallback's, and of other identifiers nothing is used.
 */
export function variationWithMemory(
  experiment: Experiment,
  units: Units,
  memory: readonly Remembered[],
): Assignment {
  const seed = experiment.seed ?? experiment.key;
  if (experiment.variations.length < 2) return { type: "out", reason: "too_few_variations" };
  const unit = units[experiment.unit] ? experiment.unit : (experiment.fallbackUnit ?? experiment.unit);
  const value = units[unit];
  if (!value) return { type: "out", reason: "no_identifier" };

  const recalled = recall(experiment, units, memory);
  if (recalled === "blocked") return { type: "out", reason: "version_blocked" };
  if (recalled < 0 && !passes(experiment, units, value)) return { type: "out", reason: "filtered" };
  const place = hashOf(seed, value, experiment.hashVersion ?? 1);
  if (place === null) return { type: "out", reason: "unknown_hash" };
  const ranges =
    experiment.ranges ?? bucketRanges(experiment.variations.length, experiment.coverage, experiment.weights);
  const index = recalled >= 0 ? recalled : chooseVariation(place, ranges);
  const variation = experiment.variations[index];
  if (variation === undefined) return { type: "out", reason: "not_covered" };
  return { type: "in", index, variation, place, unit, value, remembered: recalled >= 0 };
}

/** `memory` with an assignment written under the identifier that it was made for. The memory given is not changed. */
export function remember(
  experiment: Experiment,
  assignment: Assignment,
  memory: readonly Remembered[],
): readonly Remembered[] {
  if (assignment.type === "out") return memory;
  const { unit, value, variation } = assignment;
  const isIts = (one: Remembered): boolean => one.unit === unit && one.value === value;
  const before = memory.find(isIts)?.assignments ?? {};
  const assignments = { ...before, [memoryKey(experiment, experiment.version ?? 0)]: variation };
  return [...memory.filter((one) => !isIts(one)), { unit, value, assignments }];
}

const memoryKey = (experiment: Experiment, version: number): string => `${experiment.key}__${version}`;

function recall(experiment: Experiment, units: Units, memory: readonly Remembered[]): number | "blocked" {
  const of = (unit: string | undefined): Remembered["assignments"] =>
    memory.find((one) => one.unit === unit && one.value === units[one.unit])?.assignments ?? {};
  const assignments = { ...of(experiment.fallbackUnit), ...of(experiment.unit) };
  for (let version = 0; version < (experiment.versionMin ?? 0); version += 1)
    if (memoryKey(experiment, version) in assignments) return "blocked";
  const name = assignments[memoryKey(experiment, experiment.version ?? 0)];
  return name === undefined ? -1 : experiment.variations.indexOf(name);
}

function passes(experiment: Experiment, units: Units, value: string): boolean {
  if (!experiment.filters) return !experiment.namespace || inNamespace(value, experiment.namespace);
  return experiment.filters.every((filter) => {
    const hashed = filter.unit === undefined ? value : units[filter.unit];
    const place = hashed ? hashOf(filter.seed, hashed, filter.hashVersion ?? 2) : null;
    return place !== null && filter.ranges.some((range) => inRange(place, range));
  });
}
