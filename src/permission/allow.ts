/**
 * May this message leave now? One rule for every channel, asked at the moment a message would leave and with nothing but
 * values, so that the same question always gets the same answer: here, in a replay of last year, and in a test.
 *
 * What speaks against a message is looked at in this order, and the first is the reason:
 *
 *  1. `no_address`, `suppressed`: it cannot arrive, or must not be sent to this address any more.
 *  2. `expired`: its end is past.
 *     A transactional message that got here is allowed: what somebody ordered, booked or asked for is no advertising, so
 *     neither consent nor caps, quiet hours, windows, holds, pauses and topics speak of it. A webhook reaches the
 *     business's own systems and no customer: only caps, hours and windows that name the channel speak of it.
 *  3. `consent_denied`, `privacy_control`, `consent_missing` (consents.ts), `topic_declined`: what the customer said.
 *  4. holds without an end that is known: `open_case`, `out_of_stock`.
 *  5. what ends with time: `paused`, then holds as the policy lists them, `cap`, `reserved`, `quiet_hours`,
 *     `sending_window`. Here the answer is `later`, at the first instant at which nothing speaks against it any more;
 *     its reason is what the message waits for last, without which it would leave sooner. Who asked to `skip` is
 *     refused by the first reason instead; so is, by the last, who would wait for too long. Where that instant is after
 *     the message's end it is `expired`, and the detail says why.
 */
import type { Instant } from "../values.ts";
import { type CapAnswer, capsOf } from "./caps.ts";
import { consentRefusal } from "./consents.ts";
import { held } from "./holds.ts";
import {
  type Answer,
  type Asked,
  type Hours,
  PERMISSION_LIMITS,
  type Policy,
  type Recipient,
  type RefusalReason,
  type Suppression,
  TRANSACTIONAL,
} from "./model.ts";
import { isWithin, localOf, nextChange, zoneNamed } from "./zone.ts";

/** Whether the message may leave at `now`, later, or not at all. Total; the same for the same values. */
export function allow(asked: Asked, recipient: Recipient, policy: Policy, now: Instant): Answer {
  const address = addressRefusal(asked, recipient);
  if (address) return address;
  const past = now > asked.expiresAt;
  if (asked.purpose === TRANSACTIONAL) return past ? expired(asked, policy, "") : ALLOWED;
  const zone = zoneOf(recipient, policy);
  const blocked = timesOf(asked, recipient, policy, zone);
  if (past) return expired(asked, policy, blocked(now)?.detail ?? "");
  const said = asked.channel === "webhook" ? null : (customerRefusal(asked, recipient, policy) ?? endlessHold(asked, recipient, policy, now)); // prettier-ignore
  if (said) return said;
  const first = blocked(now);
  if (!first) return ALLOWED;
  if (asked.else === "skip") return refused(first.reason, first.detail);
  return firstFree(asked, policy, { first, blocked, now, zone });
}

const ALLOWED: Answer = { type: "allowed" };
const refused = (reason: RefusalReason, detail: string): Answer => ({ type: "refused", reason, detail });
const expired = ({ expiresAt }: Asked, { zone }: Pick<Policy, "zone">, why: string): Answer =>
  refused("expired", `It was to leave until ${timeWords(expiresAt, zone)}.${why === "" ? "" : ` ${why}`}`);

/** The customer's zone where it is known, else the workspace's. */
function zoneOf({ zone }: Pick<Recipient, "zone">, policy: Pick<Policy, "zone">): string {
  return zoneNamed(zone?.name) ?? zoneNamed(policy.zone) ?? "UTC";
}

const SUPPRESSED: { readonly [suppression in Suppression]: string } = {
  bounced: "The address does not exist: a message to it came back for good.",
  complained: "The customer reported a message to this address as spam.",
  unsubscribed: "The customer unsubscribed this address.",
  invalid: "The provider says that there can be no such address.",
  erased: "What is known of this customer was erased.",
};
/**
 * Who unsubscribes from advertising still gets the confirmation of an order; but STOP to a number ends everything from
 * it, and carriers deliver nothing after it. The others stop transactional messages too: to an address that bounced or
 * cannot be nothing arrives, and trying harms what does; a mailbox provider takes a complaint as a word on all that we
 * send, and so may the law; and of an erased customer nothing may be used, the address least of all.
 */
function addressRefusal(
  { channel, purpose }: Asked,
  { address, suppressed }: Pick<Recipient, "address" | "suppressed">,
): Answer | null {
  if (address === null) return refused("no_address", `The customer has no address for ${channel.replaceAll("_", " ")}.`); // prettier-ignore
  if (suppressed === null) return null;
  if (purpose === TRANSACTIONAL && suppressed === "unsubscribed" && channel !== "sms") return null;
  return refused("suppressed", SUPPRESSED[suppressed]);
}

/** What the customer said against it, for good. */
function customerRefusal(asked: Asked, recipient: Recipient, policy: Policy): Answer | null {
  const consent = consentRefusal(asked, recipient, policy);
  if (consent) return refused(consent.reason, consent.detail);
  const { declinedTopics } = recipient.preferences;
  const topic = asked.tags.find((tag) => declinedTopics.includes(tag));
  return topic === undefined ? null : refused("topic_declined", `The customer does not want messages about "${topic}".`); // prettier-ignore
}

function endlessHold(asked: Asked, recipient: Recipient, { holds }: Policy, now: Instant): Answer | null {
  for (const hold of holds) {
    const found = hold.type === "open_case" || hold.type === "out_of_stock" ? held(hold, asked, recipient, now) : null; // prettier-ignore
    if (found) return refused(found.reason, found.detail);
  }
  return null;
}

/** What speaks against an instant, and the first after it at which that may have changed: none before it is free. */
type Block = { readonly reason: RefusalReason; readonly until: Instant; readonly detail: string };
type Blocked = (at: Instant) => Block | null;

/** Everything of time that speaks of this message, in order, made ready to be asked of many instants. */
function timesOf(asked: Asked, recipient: Recipient, policy: Policy, zone: string): Blocked {
  const checks: Blocked[] = [];
  if (asked.channel !== "webhook") {
    const { pausedUntil } = recipient.preferences;
    if (pausedUntil !== null) checks.push((at) => (at < pausedUntil ? { reason: "paused", until: pausedUntil, detail: "The customer wants no messages for now." } : null));
    for (const hold of policy.holds) checks.push(holdBlock(hold, asked, recipient));
  }
  const caps = capsOf(asked, recipient, policy);
  if (caps) checks.push((at) => capBlock(caps(at, zone)));
  const quiet = quietHoursOf(asked, recipient, policy);
  if (quiet.length > 0) checks.push(hoursBlock("quiet_hours", quiet, zone));
  const open = hoursFor(policy.sendingWindows, asked);
  if (open.length > 0) checks.push(hoursBlock("sending_window", open, zoneNamed(policy.zone) ?? "UTC"));
  return (at) => {
    for (const check of checks) {
      const block = check(at);
      if (block) return block;
    }
    return null;
  };
} // prettier-ignore

/** Holds without an end were asked before. */
function holdBlock(hold: Policy["holds"][number], asked: Asked, recipient: Recipient): Blocked {
  return (at) => {
    const found = held(hold, asked, recipient, at);
    return found === null || found.until === null ? null : { ...found, until: found.until };
  };
}

function capBlock(answer: CapAnswer | null): Block | null {
  if (!answer) return null;
  const { reason, cap, until } = answer;
  const over = "ms" in cap.over ? `within ${durationWords(cap.over.ms)}` : `a ${cap.over.calendar}`;
  const allowed = `"${cap.name}" allows ${cap.most} ${cap.most === 1 ? "message" : "messages"} ${over}`;
  return {
    reason,
    until,
    detail:
      reason === "cap"
        ? `${allowed}, which the customer had.`
        : `${allowed}, and a more valuable message is to leave soon.`,
  };
}

/**
 * Whether hours alone let such a message leave at an instant: the policy's quiet hours in the customer's zone, and its sending
 * windows. For whoever chooses a time beforehand; when it leaves, everything is asked.
 */
export function leavesByHours({ channel, purpose }: Pick<Asked, "channel" | "purpose">, { quietHours, sendingWindows, zone: own }: Policy, zone: string): (at: Instant) => boolean {
  if (purpose === TRANSACTIONAL) return () => true;
  const [quiet, open] = [hoursFor(quietHours, { channel }), hoursFor(sendingWindows, { channel })];
  const ownZone = zoneNamed(own) ?? "UTC";
  return (at) => !quiet.some((one) => isWithin(one, at, zone)) && (open.length === 0 || open.some((one) => isWithin(one, at, ownZone)));
} // prettier-ignore

/** The hours that speak of the channel. Those of all channels do not mean webhooks. */
const hoursFor = (hours: readonly Hours[], { channel }: Pick<Asked, "channel">): readonly Hours[] =>
  hours.filter(({ channels }) => (channels ? channels.includes(channel) : channel !== "webhook"));

function quietHoursOf(asked: Asked, { preferences }: Recipient, { quietHours }: Policy): readonly Hours[] {
  return preferences.quietHours ? hoursFor([preferences.quietHours], asked) : hoursFor(quietHours, asked);
}

function hoursBlock(
  reason: "quiet_hours" | "sending_window",
  hours: readonly Hours[],
  zone: string,
): Blocked {
  // Weekdays begin at midnight.
  const edges = [0, ...new Set(hours.flatMap(({ from, to }) => [from, to]))];
  return (at) => {
    const within = hours.find((one) => isWithin(one, at, zone));
    if ((within !== undefined) !== (reason === "quiet_hours")) return null;
    const detail = within
      ? `It is a quiet time, ${clockWords(within.from)} to ${clockWords(within.to)} (${zone}).`
      : `Messages leave only ${hours.map(({ from, to }) => `from ${clockWords(from)} to ${clockWords(to)}`).join(" and ")} (${zone}).`;
    return { reason, until: nextChange(at, zone, edges), detail };
  };
} // prettier-ignore

/**
 * The first instant at which nothing speaks against the message. Each step goes to where what stops it may have changed,
 * which passes over no free instant, so the first free one found is the first there is.
 */
function firstFree(
  asked: Asked,
  policy: Policy,
  start: {
    readonly first: Block;
    readonly blocked: Blocked;
    readonly now: Instant;
    readonly zone: string;
  },
): Answer {
  const { blocked, now, zone } = start;
  const latest = now + PERMISSION_LIMITS.waitMsMax;
  let binding = start.first;
  for (let steps = 0; steps < PERMISSION_LIMITS.stepsMax; steps++) {
    const at = binding.until;
    if (at > asked.expiresAt && asked.expiresAt <= latest) return expired(asked, policy, binding.detail);
    if (!(at <= latest)) break;
    const next = blocked(at);
    if (!next)
      return { type: "later", at, reason: binding.reason, detail: `${binding.detail} It may leave at ${timeWords(at, zone)}.` };
    binding = next;
  }
  return refused(binding.reason, binding.detail);
} // prettier-ignore

const two = (number: number): string => String(number).padStart(2, "0");
const clockWords = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
function timeWords(at: Instant, zone: string): string {
  const { year, month, day, minute } = localOf(at, zone);
  return `${year}-${two(month)}-${two(day)} ${clockWords(minute)} (${zone})`;
}
const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;
/** A time in the largest unit that measures it whole, e.g. 36 hours; else in minutes. */
export function durationWords(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, length]) => ms >= length && ms % length === 0) ?? UNITS[2];
  const n = Math.round(ms / unitMs);
  return `${n} ${unit}${n === 1 ? "" : "s"}`;
}
