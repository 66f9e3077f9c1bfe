/** What came of a decision, as an event: it goes the way of all events, and is told once however often it is reported. Pure. */
import type { Channel, Event } from "../events/model.ts";
import { outcomeName } from "../learning/model.ts";
import type { Instant } from "../values.ts";
import type { OutcomeReport, PlaceKind } from "./model.ts";
import type { DecisionTold } from "./token.ts";

/** The event that an exposure is; frequencies are asked of it. */
export const EXPOSED = outcomeName("exposed");
const CHANNEL_OF: { readonly [kind in PlaceKind]: Channel } = { web: "web", app: "app", desk: "store", api: "server" }; // prettier-ignore

/** The event of an outcome: showing is our own doing, what follows is the customer's (events/model.ts). */
export function outcomeEventOf(
  told: DecisionTold & { readonly id: string },
  { outcome, valueMinor, currency }: Omit<OutcomeReport, "token">,
  now: Instant,
): Event {
  const { id, workspace, who, place, placeKind, candidate, version, ranking, propensityRatio, at, learning } = told;
  return {
    workspace, id: `decision:${id}:${outcome}`, type: "track", name: outcomeName(outcome), happenedAt: now, receivedAt: now,
    originalAt: null, sentAt: null, identifiers: [who], channel: CHANNEL_OF[placeKind], touchpoint: place,
    properties: {
      decision: id, place, candidate, version, ranking, propensity: propensityRatio, decidedAt: at,
      ...(learning && { learning }),
      ...(valueMinor !== undefined && { valueMinor }), ...(currency !== undefined && { currency }),
    },
    key: 0,
  };
} // prettier-ignore
