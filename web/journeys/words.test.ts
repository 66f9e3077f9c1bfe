/** Journeys in words, and what is not filled in yet. */
import { expect, test } from "vitest";
import { JourneyDraft, type Step } from "../../src/journeys/model.ts";
import { PALETTE } from "./palette.ts";
import { unfinished } from "./unfinished.ts";
import {
  entryWords,
  type JourneyNames,
  placeOfProblem,
  sentenceOf,
  wayWords,
  weekdayWords,
} from "./words.ts";

const NAMES: JourneyNames = {
  segment: (id) => (id === 1 ? "VIP" : null),
  stage: () => null,
  template: (id) => (id === 7 ? "Cart reminder" : null),
};
const stepOf = (step: object): Step =>
  JourneyDraft.parse({ name: "J", entry: { type: "api" }, start: "a", steps: { a: step } }).steps["a"]!;

test.each([
  [{ type: "event", event: "Order Completed", where: [{ property: "total", is: { op: "at_least", value: 50 } }] }, "When Order Completed where total is at least 50 happens."],
  [{ type: "segment", id: 1, on: "left" }, "When they leave the segment “VIP”."],
  [{ type: "date", trait: "birthday", offsetDays: -3, minute: 570, yearly: true }, "3 days before the day in birthday, at 09:30, every year."],
] as const)("an entry reads as a sentence: %j", (entry, words) => {
  expect(entryWords(entry as never, NAMES)).toBe(words);
}); // prettier-ignore

test.each([
  [{ type: "message", channel: "email", template: 7, next: null }, "Email: “Cart reminder”"],
  [{ type: "wait", ms: 5_400_000, next: null }, "For 90 minutes"],
  [{ type: "wait_time", minute: 540, weekdays: [1, 2, 3, 4, 5], next: null }, "Until 09:00 where they are, Mon to Fri"],
  [{ type: "split", paths: [{ key: "a", weight: 1, next: null }, { key: "b", weight: 3, next: null }] }, "a 25 %, b 75 %"],
  [{ type: "wait_until", paths: [{ when: { type: "event", event: "Paid" }, next: null }], maxMs: 86_400_000, next: null }, "Paid; at most 1 day"],
] as const)("a step reads as a sentence: %j", (step, words) => {
  expect(sentenceOf(stepOf(step), NAMES)).toBe(words);
}); // prettier-ignore

test("ways are called by what leads along them", () => {
  const message = stepOf({ type: "message", channel: "sms", template: 7, next: null, refused: null });
  expect([wayWords(message, "next", NAMES), wayWords(message, "refused", NAMES)]).toEqual(["left", "did not leave"]); // prettier-ignore
  const plain = stepOf({ type: "message", channel: "sms", template: 7, next: null });
  expect(wayWords(plain, "next", NAMES)).toBe("");
});

test("weekdays in a row are a span, others a list", () => {
  expect([weekdayWords([5, 1, 2, 3, 4]), weekdayWords([6, 2])]).toEqual(["Mon to Fri", "Tue, Sat"]);
});

test("a problem is told where it stands", () => {
  expect(placeOfProblem("steps/nudge/template")).toEqual({ part: "step", step: "nudge" });
  expect(placeOfProblem("audience/rules/0").part).toBe("entry");
  expect(placeOfProblem("goal/when/event").part).toBe("settings");
});

test("every kind of step the palette offers fits the model once nothing is missing", () => {
  for (const { blank } of PALETTE.flatMap(({ kinds }) => kinds)) {
    const step = blank.type === "jump" ? { ...blank, to: "a" } : blank;
    const draft = { name: "J", description: "", language: 1, priority: 50, entry: { type: "api" }, reentry: { type: "once" }, exits: [], holdoutRatio: 0.05, start: "a", steps: { a: step } } as unknown as JourneyDraft; // prettier-ignore
    const missing = unfinished(draft);
    const parsed = JourneyDraft.safeParse(draft);
    expect(parsed.success || missing.length > 0, blank.type).toBe(true);
  }
});

test("what is missing is told with its place", () => {
  const draft = JourneyDraft.parse({ name: "J", entry: { type: "event", event: "Paid" }, start: "a", steps: { a: { type: "wait", ms: 1000, next: null } } }); // prettier-ignore
  expect(unfinished(draft)).toEqual([]);
  const lacking = { ...draft, name: " ", entry: { ...draft.entry, event: "" } as typeof draft.entry };
  expect(unfinished(lacking).map(({ path }) => path)).toEqual(["name", "entry/event"]);
});
