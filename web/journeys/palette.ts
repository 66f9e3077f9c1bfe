/** The steps a person can put in, in plain words, each as it begins. Pure. */
import type { Goal, JourneyDraft, Step, Trigger } from "../../src/journeys/model.ts";
import type { Rule } from "../../src/segments/model.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A trigger as it begins: an event still to be chosen. */
export const BLANK_TRIGGER: Trigger = { type: "event", event: "", where: [] };
/** A rule as it begins: a group without conditions. */
export const BLANK_RULE: Rule = { type: "all", rules: [] };
/** A goal as it begins. */
export const BLANK_GOAL: Goal = { when: BLANK_TRIGGER, withinMs: 14 * DAY_MS, ends: true };

/** A new journey: an event, a wait, and the way out. */
export const blankJourney = (name: string): JourneyDraft => ({
  name, description: "", language: 1, priority: 50, entry: { type: "api" }, reentry: { type: "once" }, exits: [], holdoutRatio: 0.05, start: "exit_1", steps: { exit_1: { type: "exit", reason: "" } },
}); // prettier-ignore

/** A kind of step as the palette offers it. */
export type Kind = {
  readonly type: Step["type"];
  readonly label: string;
  readonly about: string;
  readonly blank: Step;
};
const next = null;
const message = (channel: "email" | "sms"): Step => ({
  type: "message", channel, template: 0, purpose: "marketing", tags: [], products: [], else: "wait", expiresMs: 3 * DAY_MS, next,
}); // prettier-ignore

/** All kinds, in the palette's sections. */
export const PALETTE: readonly { readonly section: string; readonly kinds: readonly Kind[] }[] = [
  {
    section: "Say something",
    kinds: [{ type: "message", label: "Message", about: "by email, SMS, push or another channel", blank: message("email") }],
  },
  {
    section: "Wait",
    kinds: [
      { type: "wait", label: "For a while", about: "such as 2 days", blank: { type: "wait", ms: DAY_MS, next } },
      { type: "wait_time", label: "For a time of day", about: "where the customer is, on chosen weekdays", blank: { type: "wait_time", minute: 540, next } },
      { type: "wait_date", label: "For a date of theirs", about: "such as 3 days before an appointment", blank: { type: "wait_date", trait: "", offsetMs: -DAY_MS, missed: "continue", next } },
      { type: "wait_until", label: "Until something happens", about: "each with a path of its own, with a longest time", blank: { type: "wait_until", paths: [{ when: BLANK_TRIGGER, next }], maxMs: 3 * DAY_MS, next } },
    ],
  },
  {
    section: "Choose a path",
    kinds: [
      { type: "branch", label: "Branch", about: "by what is true of the customer", blank: { type: "branch", paths: [{ name: "", rule: BLANK_RULE, next }], next } },
      { type: "split", label: "Split by chance", about: "to try variants, or to hold some out", blank: { type: "split", paths: [{ key: "a", weight: 50, holdout: false, next }, { key: "b", weight: 50, holdout: false, next }] } },
      { type: "decide", label: "Decide", about: "the best of several, by order, priority or learning", blank: { type: "decide", by: "order", candidates: [{ key: "first", priority: 50, next }, { key: "second", priority: 50, next }], next } },
    ],
  },
  {
    section: "Do something",
    kinds: [
      { type: "task", label: "Task for a person", about: "and go on by what comes of it", blank: { type: "task", name: "", detail: "", team: "", dueMs: DAY_MS, outcomes: [], maxMs: null, next } },
      { type: "update", label: "Update traits", about: "write what was learned to the customer", blank: { type: "update", traits: {}, next } },
      { type: "audience", label: "Audience", about: "add to or remove from a list elsewhere", blank: { type: "audience", audience: "", change: "add", next } },
      { type: "webhook", label: "Webhook", about: "ask another system, and keep parts of its answer", blank: { type: "webhook", url: "", body: "", keep: {}, next } },
    ],
  },
  {
    section: "Lead on",
    kinds: [
      { type: "goal", label: "Goal reached", about: "note that it came this far", blank: { type: "goal", name: "", next } },
      { type: "jump", label: "Jump", about: "to another step", blank: { type: "jump", to: "start" } },
      { type: "exit", label: "Exit", about: "the journey ends here", blank: { type: "exit", reason: "" } },
    ],
  },
]; // prettier-ignore
