/** What the tests of `walk` share: a moment, what is known of a customer, and things that happen. */
import type { Event } from "../../src/events/model.ts";
import { JourneyDraft } from "../../src/journeys/model.ts";
import { type PlannedJourney, planJourney } from "../../src/journeys/plan.ts";
import type { Cause, Known } from "../../src/journeys/walk.ts";
import { NO_CONTEXT } from "../../src/segments/plan.ts";
import type { WorkspaceId } from "../../src/values.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** A Thursday, 9:53:20 in UTC. */
export const NOW = 1_760_003_600_000 - (1_760_003_600_000 % DAY_MS) + 9 * HOUR_MS + 53 * MINUTE_MS + 20_000;

export const CONTEXT = {
  ...NO_CONTEXT,
  segments: new Map([
    [7, { type: "trait", name: "plan", is: { op: "equals", value: "gold" } } as never],
    [8, { type: "trait", name: "plan", is: { op: "equals", value: "tin" } } as never],
  ]),
};

export function planOfDraft(draft: object): PlannedJourney {
  const answer = planJourney(JourneyDraft.parse({ name: "J", entry: { type: "api" }, ...draft }), CONTEXT);
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  return answer.plan;
}

/** What a walk finds when it asks. */
export type Facts = {
  readonly rules?: boolean;
  readonly traits?: object;
  readonly in?: readonly number[];
  readonly arms?: ReturnType<Known["arms"]>;
  readonly hours?: ReturnType<Known["hours"]>;
  readonly leavesBy?: Known["leavesBy"];
};
export const knowing = ({
  rules = false,
  traits = {},
  in: inside = [],
  arms = [],
  hours = null,
  leavesBy = () => () => true,
}: Facts = {}): Known => ({
  customer: "c1",
  holds: () => rules,
  trait: (name) => (traits as { [name: string]: string })[name],
  inSegment: (id) => inside.includes(id),
  zone: () => "UTC",
  hours: () => hours,
  leavesBy,
  arms: () => arms,
});

let named = 0;
export const eventOf = (name: string, more: Partial<Event> = {}): Event => ({
  workspace: 1 as WorkspaceId, id: `e${++named}`, type: "track", name, happenedAt: NOW, receivedAt: NOW, originalAt: null, sentAt: null,
  identifiers: [], channel: "web", touchpoint: "/", key: 1, ...more,
}); // prettier-ignore
export const turned = (on: "entered" | "left", segment: number, more: Partial<Event> = {}) =>
  eventOf(`$segment.${on}`, { key: 0, properties: { segment }, ...more });
export const happened = (name: string, more: Partial<Event> = {}): Cause => ({
  type: "happened",
  event: eventOf(name, more),
});
export const settled = (id: string, outcome: string, answer = {}): Cause => ({ type: "settled", id, outcome, answer }); // prettier-ignore
