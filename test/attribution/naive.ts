/** Journeys told straight from a list of events, one customer and one event after the other: what the statement must give. */
import { CHANNELS, type Event } from "../../src/events/model.ts";
import type { AttributionAsked, Journey } from "../../src/attribution/model.ts";

const DAY_MS = 86_400_000;
const VISIT_GAP_MS = 1_800_000;

type Met = { readonly at: number; readonly channel: string; readonly visit: number };

const isMeeting = (event: Event, conversion: string): boolean =>
  event.name !== conversion && !["server", "other"].includes(event.channel) &&
  !["$message.sent", "$message.opened"].includes(event.name) && ["track", "page", "screen"].includes(event.type); // prettier-ignore
const tellsWhere = ({ campaign, referrer, channel }: Event): boolean =>
  campaign !== undefined || referrer !== undefined || !["web", "app", "direct"].includes(channel);
const valueOf = (event: Event, property: string | undefined): number =>
  property === undefined ? 0 : Math.max(0, Number(event.properties?.[property] ?? 0));

/** One customer's journeys; `events` are all of theirs. */
export function journeysOf(events: readonly Event[], asked: AttributionAsked): readonly Journey[] {
  const { scope, conversion, lookbackDays, by } = asked;
  const lookbackMs = lookbackDays * DAY_MS;
  const heard = events
    .filter((event) => event.happenedAt >= scope.from - lookbackMs && event.happenedAt < scope.to)
    .filter((event) => event.name === conversion.event || isMeeting(event, conversion.event))
    .toSorted((a, b) => a.happenedAt - b.happenedAt || Number(a.name === conversion.event) - Number(b.name === conversion.event) || CHANNELS.indexOf(a.channel) - CHANNELS.indexOf(b.channel)); // prettier-ignore
  const journeys: Journey[] = [];
  let met: Met[] = [];
  let last: Met | null = null;
  let [visit, before] = [0, -Infinity];
  const ended = (at: number, converted: boolean, value: number): void => {
    const touchpoints = met.filter((one) => one.at >= at - lookbackMs).map((one) => ({ channel: one.channel, ageMs: at - one.at })); // prettier-ignore
    if (at >= scope.from) journeys.push({ touchpoints, converted, value });
    met = [];
  };
  for (const event of heard) {
    const begins = event.happenedAt - before > VISIT_GAP_MS;
    if (begins) visit += 1;
    before = event.happenedAt;
    if (event.name === conversion.event) {
      ended(event.happenedAt, true, valueOf(event, conversion.value));
      continue;
    }
    if (!tellsWhere(event) && !begins) continue;
    const named = by === "campaign" && event.campaign?.name ? `${event.channel} / ${event.campaign.name}` : event.channel; // prettier-ignore
    const one: Met = { at: event.happenedAt, channel: named, visit };
    if (last === null || last.channel !== one.channel || last.visit !== one.visit) met.push(one);
    last = one;
  }
  const end = met.at(-1);
  if (end) ended(end.at, false, 0);
  return journeys;
}
