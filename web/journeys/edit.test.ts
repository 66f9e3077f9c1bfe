/** Changing a journey as a graph: laws over random journeys, and the cases a person meets. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { JourneyDraft, type Step } from "../../src/journeys/model.ts";
import { waysOf } from "../../src/journeys/ways.ts";
import {
  changed,
  freshId,
  inserted,
  led,
  outlineOf,
  type Place,
  reached,
  removed,
  targetOf,
} from "./edit.ts";
import { draw } from "./layout.ts";
import { PALETTE } from "./palette.ts";
import type { JourneyNames } from "./words.ts";

const NAMES: JourneyNames = { segment: () => null, stage: () => null, template: () => null };
const draftOf = (steps: { [id: string]: object }, start: string): JourneyDraft =>
  JourneyDraft.parse({ name: "J", entry: { type: "api" }, start, steps });
const wait = (next: string | null) => ({ type: "wait", ms: 1000, next });
const LINE = draftOf({ a: wait("b"), b: wait("c"), c: wait(null) }, "a");
const FORK = draftOf({ f: { type: "branch", paths: [{ rule: { type: "all", rules: [{ type: "trait", name: "x", is: { op: "exists" } }] }, next: "l" }], next: "r" }, l: wait("z"), r: wait("z"), z: wait(null) }, "f"); // prettier-ignore

const placesOf = (draft: JourneyDraft): Place[] => [
  { step: null, path: "next" },
  ...Object.entries(draft.steps).flatMap(([step, one]) => waysOf(one).map(({ path }) => ({ step, path }))),
];
const kinds: readonly Step[] = PALETTE.flatMap((section) => section.kinds.map(({ blank }) => blank));

/** Journeys as a person makes them: one step after the other, put in somewhere, taken out, led elsewhere. */
const acts = fc.array(
  fc.record({ what: fc.constantFrom("put", "put", "put", "take", "lead"), at: fc.nat(), other: fc.nat() }),
  { maxLength: 25 },
);
const made = acts.map((list) =>
  list.reduce((draft, { what, at, other }) => {
    const [places, ids] = [placesOf(draft), Object.keys(draft.steps)];
    const [place, id] = [places[at % places.length]!, ids[other % ids.length]!];
    if (what === "take") return removed(draft, id).draft;
    if (what === "lead") return led(draft, place, id === place.step ? null : id).draft;
    const kind = kinds[other % kinds.length]!;
    return inserted(draft, place, kind.type === "jump" ? { ...kind, to: draft.start } : kind).draft;
  }, LINE),
);
const isWhole = (draft: JourneyDraft): boolean =>
  draft.start in draft.steps &&
  Object.values(draft.steps).every((step) =>
    waysOf(step).every(({ next }) => next === null || next in draft.steps),
  ) &&
  reached(draft).length === Object.keys(draft.steps).length;

describe("changing a journey", () => {
  test("however steps are put in, taken out and led, every way leads somewhere and every step is led to", () => {
    fc.assert(fc.property(made, isWhole));
  });

  test("a list of the journey tells each step exactly once", () => {
    fc.assert(
      fc.property(made, (draft) => {
        expect(
          outlineOf(draft)
            .map(({ id }) => id)
            .toSorted(),
        ).toEqual(Object.keys(draft.steps).toSorted());
      }),
    );
  });

  test("the drawing has a card for each step and a line for each way, none above where it begins but a way back", () => {
    fc.assert(
      fc.property(made, (draft) => {
        const { nodes, ways } = draw(draft, NAMES, true);
        expect(nodes.filter(({ kind }) => kind === "step")).toHaveLength(Object.keys(draft.steps).length);
        expect(ways).toHaveLength(placesOf(draft).length);
        for (const one of nodes)
          for (const other of nodes)
            if (one !== other)
              expect(
                one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y,
                `${one.id} lies on ${other.id}`,
              ).toBe(true);
      }),
      { numRuns: 60 },
    );
  }, 30_000); // prettier-ignore

  test("a step put in goes on to where the way led before", () => {
    const { draft, selected } = inserted(LINE, { step: "a", path: "next" }, { type: "wait", ms: 5000, next: null }); // prettier-ignore
    expect(targetOf(draft, { step: "a", path: "next" })).toBe(selected);
    expect(targetOf(draft, { step: selected!, path: "next" })).toBe("b");
  });

  test("a branch put in leads all its paths on, and a holdout's path to the end", () => {
    const branch = kinds.find(({ type }) => type === "branch")!;
    const { draft, selected } = inserted(LINE, { step: null, path: "next" }, branch);
    expect(waysOf(draft.steps[selected!]!).map(({ next }) => next)).toEqual(["a", "a"]);
    const split: Step = { type: "split", paths: [{ key: "a", weight: 9, holdout: false, next: null }, { key: "none", weight: 1, holdout: true, next: null }] }; // prettier-ignore
    const held = inserted(LINE, { step: "b", path: "next" }, split);
    expect(waysOf(held.draft.steps[held.selected!]!).map(({ next }) => next)).toEqual(["c", null]);
  });

  test("a step taken out is bridged, at the beginning too", () => {
    expect(removed(LINE, "b").draft.steps["a"]).toEqual(wait("c"));
    expect(removed(LINE, "a").draft.start).toBe("b");
    expect(Object.keys(removed(draftOf({ a: wait(null) }, "a"), "a").draft.steps)).toEqual(["exit_1"]);
  });

  test("a branch taken out goes on by “otherwise”, and what only its other path led to goes with it", () => {
    const { draft, dropped } = removed(FORK, "f");
    expect(Object.keys(draft.steps).toSorted()).toEqual(["r", "z"]);
    expect(dropped).toBe(1);
  });

  test("a path taken away takes what only it led to with it", () => {
    const step = FORK.steps["f"]!;
    if (step.type !== "branch") throw new Error("The fork is a branch.");
    const { draft, dropped } = changed(FORK, "f", { ...step, paths: [], next: "r" });
    expect([dropped, "l" in draft.steps]).toEqual([1, false]);
  });

  test("steps that stood alone before are left where they are", () => {
    const alone = { ...LINE, steps: { ...LINE.steps, lost: wait(null) as Step } };
    expect("lost" in removed(alone, "b").draft.steps).toBe(true);
  });

  test("a new step gets the least free number", () => {
    expect(freshId({ wait_1: wait(null) as Step, wait_3: wait(null) as Step }, "wait")).toBe("wait_2");
  });

  test("a fork is told with its paths before what they come back to", () => {
    expect(outlineOf(FORK).map(({ id, depth }) => `${depth} ${id}`)).toEqual(["0 f", "1 l", "0 r", "0 z"]);
  });
});
