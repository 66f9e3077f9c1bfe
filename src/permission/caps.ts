/**
 * How often a customer may be written to, exactly. A sliding cap is kept when no stretch of time of its length holds
 * more messages than it allows, wherever it begins; a calendar cap when no day, week or month of the customer's does.
 * That a message may be dated after now (another machine's clock, a message on its way) changes nothing of it. Pure.
 */
import type { Instant } from "../values.ts";
import {
  type Asked,
  type Cap,
  type Contact,
  PERMISSION_LIMITS,
  type Policy,
  type Recipient,
  TRANSACTIONAL,
} from "./model.ts";
import { UNIT_MS_MAX, nextUnit, unitOf } from "./zone.ts";

/** What caps look at in a message. */
type Kind = Pick<Contact, "channel" | "purpose" | "tags">;

/** Whether `cap` speaks of such a message. */
export function covers(cap: Cap, { channel, purpose, tags }: Kind): boolean {
  if (cap.channels ? !cap.channels.includes(channel) : channel === "webhook") return false;
  if (cap.purposes ? !cap.purposes.includes(purpose) : purpose === TRANSACTIONAL) return false;
  return !cap.tags || cap.tags.some((tag) => tags.includes(tag));
}

/** How far back contacts must be known for `cap`. */
export const spanOf = ({ over }: Cap): number => ("ms" in over ? over.ms : UNIT_MS_MAX[over.calendar]);

/** Whether one more message at `at` keeps the cap. `times` are those that it covers, oldest first. */
export function permits({ most, over }: Cap, times: readonly Instant[], at: Instant, zone: string): boolean {
  if (times.length < most) return true;
  if ("calendar" in over) {
    const own = unitOf(at, zone, over.calendar);
    let n = 0;
    for (const time of times) if (unitOf(time, zone, over.calendar) === own) n++;
    return n < most;
  }
  // Any `most` neighbours of those that lie within the span of `at` on either side fill a stretch together with it.
  const first = firstAfter(times, at - over.ms);
  const end = firstAfter(times, at + over.ms);
  for (let i = first; i + most <= end; i++)
    if (Math.max(times[i + most - 1]!, at) - Math.min(times[i]!, at) < over.ms) return false;
  return true;
}

/** The index of the first time after `at`. */
function firstAfter(times: readonly Instant[], at: Instant): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** No instant in between makes a difference for the cap: the first after `at` by which one of `times` no longer counts. */
function nextRelease({ over }: Cap, times: readonly Instant[], at: Instant, zone: string): Instant {
  if ("calendar" in over) return nextUnit(at, zone, over.calendar);
  const released = times[firstAfter(times, at - over.ms)];
  return released === undefined ? Infinity : released + over.ms;
}

/** A cap that is asked about a message, with the times that count. */
type Counted = {
  readonly cap: Cap;
  readonly times: readonly Instant[];
  readonly upcoming: readonly { readonly at: Instant; readonly priority: number }[];
};
/** Why caps do not let a message leave at an instant, and when it makes sense to ask again. */
export type CapAnswer = {
  readonly reason: "cap" | "reserved";
  readonly cap: Cap;
  readonly counted: number;
  readonly until: Instant;
};

/** Makes the question ready to be asked of many instants. Null: no cap covers the message. */
export function capsOf(
  asked: Asked,
  { contacts, upcoming }: Pick<Recipient, "contacts" | "upcoming">,
  { caps, lookAheadMs }: Pick<Policy, "caps" | "lookAheadMs">,
): ((at: Instant, zone: string) => CapAnswer | null) | null {
  const counted: Counted[] = [];
  for (const cap of caps) {
    if (!covers(cap, asked)) continue;
    counted.push({
      cap,
      times: contacts.filter((one) => covers(cap, one)).map(({ at }) => at).toSorted((a, b) => a - b),
      upcoming: lookAheadMs === 0 ? [] : moreValuable(upcoming, asked, cap),
    }); // prettier-ignore
  }
  if (counted.length === 0) return null;
  return (at, zone) => {
    for (const { cap, times } of counted)
      if (!permits(cap, times, at, zone))
        return { reason: "cap", cap, counted: times.length, until: nextRelease(cap, times, at, zone) };
    for (const one of counted)
      if (one.upcoming.length > 0 && takesPlace(one, at, at + lookAheadMs, zone))
        return { reason: "reserved", cap: one.cap, counted: one.times.length, until: nextPlace(one, at, zone) };
    return null;
  }; // prettier-ignore
}

/** The messages of higher priority that the cap covers, by when they are to leave. */
function moreValuable(upcoming: Recipient["upcoming"], { priority }: Asked, cap: Cap): Counted["upcoming"] {
  return upcoming
    .filter((one) => one.priority > priority && one.purpose !== TRANSACTIONAL && covers(cap, one))
    .toSorted((a, b) => a.at - b.at || b.priority - a.priority)
    .slice(0, PERMISSION_LIMITS.upcomingMax);
} // prettier-ignore

/**
 * Whether a message at `at` takes the place of a more valuable one: each of those until `until` is let go in turn, once
 * without this message and once with it; one that goes only without it keeps its place. One whose time has come already
 * is taken to have left then, until it is known among the contacts.
 */
function takesPlace({ cap, times, upcoming }: Counted, at: Instant, until: Instant, zone: string): boolean {
  const without = [...times];
  const withIt = inserted(times, at);
  for (const { at: theirs } of upcoming) {
    if (theirs > until) break;
    if (!permits(cap, without, theirs, zone)) continue;
    if (!permits(cap, withIt, theirs, zone)) return true;
    insert(without, theirs);
    insert(withIt, theirs);
  }
  return false;
}
function insert(times: Instant[], at: Instant): void {
  times.splice(firstAfter(times, at), 0, at);
}
function inserted(times: readonly Instant[], at: Instant): Instant[] {
  const all = [...times];
  insert(all, at);
  return all;
}

/** When the place may be free: once one that counts, or one that is to leave, no longer does. */
function nextPlace({ cap, times, upcoming }: Counted, at: Instant, zone: string): Instant {
  const theirs = upcoming.map((one) => one.at);
  return Math.min(nextRelease(cap, times, at, zone), nextRelease(cap, theirs, at, zone));
}
