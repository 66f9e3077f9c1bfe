/** Numbers drawn on the canvas: live counts and what a replay came to, in one form. Pure. */
import type { JourneyCounts } from "../../src/journeys/document.ts";
import type { ReplayResult } from "../../src/journeys/replay-model.ts";
import { wayId } from "./edit.ts";

/** So often live counts are asked for anew, wherever they stand. */
export const COUNTS_EVERY_MS = 5_000;

/** Numbers by step and by way. Absent: none, as for a step that is not in the version counted. */
export type Figures = {
  readonly entered: number;
  readonly heldOut: number;
  readonly standing: ReadonlyMap<string, number>;
  readonly reached: ReadonlyMap<string, number>;
  readonly ways: ReadonlyMap<string, number>;
  /** What is said of a step there are no numbers for. */
  readonly unknown: string;
  /** By step: what did not leave. */
  readonly refused: ReadonlyMap<string, number>;
};

type Passed = readonly { readonly path: string; readonly n: number }[];
const sum = (passed: Passed): number => passed.reduce((all, { n }) => all + n, 0);

/** The live counts of a version. Whoever stands at a step has reached it and has not gone on. */
export const figuresOfCounts = ({ entered, heldOut, steps }: JourneyCounts): Figures => ({
  entered,
  heldOut,
  standing: new Map(steps.map(({ step, standing }) => [step, standing])),
  reached: new Map(steps.map(({ step, standing, passed }) => [step, standing + sum(passed)])),
  ways: new Map(
    steps.flatMap(({ step, passed }) => passed.map(({ path, n }) => [wayId({ step, path }), n] as const)),
  ),
  unknown: "New in the draft",
  refused: new Map(),
});

/** What a replay came to. */
export const figuresOfReplay = ({ entries, heldOut, steps, messages }: ReplayResult): Figures => ({
  entered: entries,
  heldOut,
  standing: new Map(steps.map(({ step, stillIn }) => [step, stillIn])),
  reached: new Map(steps.map(({ step, reached }) => [step, reached])),
  ways: new Map(
    steps.flatMap(({ step, paths }) => paths.map(({ path, n }) => [wayId({ step, path }), n] as const)),
  ),
  unknown: "Nobody came here",
  refused: new Map(messages.map(({ step, refused }) => [step, sum(refused.map(({ reason, n }) => ({ path: reason, n })))])),
}); // prettier-ignore
