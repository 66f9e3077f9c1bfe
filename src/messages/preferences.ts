/**
 * What a customer may choose and what comes of a choice: channels and purposes, topics, quiet hours, a pause. Whether
 * something is on is asked of the same rule that lets messages leave, so the page never says otherwise than what
 * happens. Pure.
 */
import type { Phrase } from "./page-words.ts";
import { z } from "zod";
import type { ConsentAnswer, ConsentChannel } from "../consent/model.ts";
import { consentRefusal } from "../permission/consents.ts";
import {
  CONSENT_OF, type Consent, MARKETING, type MessageChannel, type Policy, Preferences, Purpose, type Recipient, type Suppression, TRANSACTIONAL,
} from "../permission/model.ts"; // prettier-ignore
import { instantOf } from "../permission/zone.ts";
import type { Instant } from "../values.ts";

/** Every bound of the preference centre. */
export const PREFERENCE_LIMITS = { topics: 50, purposes: 20, addresses: 50, pauseMsMax: 366 * 86_400_000 } as const; // prettier-ignore

const Name = z.string().trim().min(1).max(100);
const Description = z.string().trim().max(300).default("");
/** What a workspace lets its customers choose from, and how it calls it. */
export const Choices = z.strictObject({
  topics: z.array(z.strictObject({ tag: z.string().min(1).max(50), name: Name, description: Description })).max(PREFERENCE_LIMITS.topics).default([])
    .describe("Tags of messages that customers can decline"),
  purposes: z.array(z.strictObject({ purpose: Purpose.refine((one) => one !== TRANSACTIONAL, "Transactional messages cannot be declined"), name: Name, description: Description })).min(1).max(PREFERENCE_LIMITS.purposes)
    .default([{ purpose: MARKETING, name: "News and offers", description: "" }]).describe("What messages are for"),
  postalAddress: z.string().trim().max(300).nullable().default(null).describe("Stands in the foot of emails, as the law of many countries asks"),
}); // prettier-ignore
export type Choices = z.infer<typeof Choices>;

/** An address of the customer's that gets nothing in a channel; `purpose` empty: whatever it is for. */
export type Suppressed = { readonly channel: MessageChannel; readonly address: string; readonly purpose: string; readonly reason: Suppression }; // prettier-ignore
/** How things stand with a customer. */
export type Standing = {
  readonly consent: Recipient["consent"];
  readonly suppressed: readonly Suppressed[];
  /** The customer's addresses by channel; channels without one are not offered. */
  readonly addresses: ReadonlyMap<MessageChannel, readonly string[]>;
  readonly policy: Pick<Policy, "optIn">;
};
/** One box of the page. `locked`: why the customer cannot turn it on here; null: they can. */
export type Cell = { readonly channel: ConsentChannel; readonly purpose: string; readonly on: boolean; readonly locked: Phrase | null }; // prettier-ignore

/** Carriers keep their own list of who said STOP; only START takes a number off it. */
const KEPT_BY_CARRIERS: ReadonlySet<MessageChannel> = new Set(["sms", "whatsapp"]);

/** The boxes, by channel and then by purpose. */
export function cellsOf(standing: Standing, purposes: readonly string[]): readonly Cell[] {
  const channels = new Set([...standing.addresses.keys()].flatMap((channel) => CONSENT_OF[channel] ?? []));
  return [...channels].flatMap((channel) => purposes.map((purpose) => cellOf(standing, channel, purpose)));
}

function cellOf(standing: Standing, channel: ConsentChannel, purpose: string): Cell {
  const ways = [...standing.addresses.keys()].filter((way) => CONSENT_OF[way] === channel);
  const refusals = ways.map((way) => refusalOf(standing, way, purpose));
  const on = refusals.includes(null);
  const locks = refusals.map((refusal) => refusal?.locked ?? null);
  return { channel, purpose, on, locked: on || locks.includes(null) ? null : locks[0]! };
}

type Refused = { readonly by: "consent" | "address"; readonly locked: Phrase | null };
function refusalOf(standing: Standing, channel: MessageChannel, purpose: string): Refused | null {
  const ends = endsOf(standing, channel, purpose);
  if (ends.length > 0 && ends.every((own) => own.length > 0)) {
    const locks = ends.map((own) => own.map(lockOf).find((lock) => lock !== null) ?? null);
    return {
      by: "address",
      locked: locks.includes(null) ? lockBySaying(standing, channel, purpose) : locks[0]!,
    };
  }
  const refusal = consentRefusal({ channel, purpose }, standing, standing.policy);
  return refusal && { by: "consent", locked: lockBySaying(standing, channel, purpose) };
}

/** What a customer's yes on this page could not change: a no to advertising as such, by their browser or by themselves. */
function lockBySaying({ consent, policy }: Standing, channel: MessageChannel, purpose: string): Phrase | null {
  const said: Consent = { answer: "granted", source: "preferences", at: Number.MAX_SAFE_INTEGER };
  const asked = CONSENT_OF[channel];
  const refusal = consentRefusal({ channel, purpose }, { consent: (by, about) => (by === asked && about === purpose ? said : consent(by, about)) }, policy);
  if (!refusal) return null;
  return refusal.reason === "privacy_control" ? "Your browser asks us not to use what we know of you for advertising." : "You said no to advertising.";
} // prettier-ignore

/** What keeps each address of the customer's in a channel from getting this. */
const endsOf = ({ suppressed, addresses }: Standing, channel: MessageChannel, purpose: string): readonly (readonly Suppressed[])[] =>
  (addresses.get(channel) ?? []).map((address) =>
    suppressed.filter((one) => one.channel === channel && one.address === address && (one.purpose === "" || one.purpose === purpose))); // prettier-ignore

function lockOf({ reason, channel, purpose }: Suppressed): Phrase | null {
  switch (reason) {
    case "unsubscribed":
      return purpose === "" && KEPT_BY_CARRIERS.has(channel) ? "You answered STOP. Send START to the number our messages came from to get them again." : null; // prettier-ignore
    case "bounced":
    case "invalid":
      return "Messages to the address we have do not arrive.";
    case "complained":
      return "You reported our messages as unwanted, so we send none to this address.";
    case "erased":
      return "What we knew of you was erased.";
  }
}

/** What is written when a customer has chosen. */
export type Decision = {
  readonly answers: readonly ConsentAnswer[];
  /** No message of this channel and purpose goes to the customer's addresses any more. */
  readonly suppress: readonly { readonly channel: MessageChannel; readonly purpose: string }[];
  /** An end that the customer takes back. `purpose` empty: of all purposes. */
  readonly lift: readonly { readonly channel: MessageChannel; readonly purpose: string }[];
};
const ROUNDS_MAX = 4;

/**
 * What makes the boxes stand as the customer wants them: an answer for each that changes, and for each that would change
 * with it, since one answer can speak of many boxes (no marketing at all) while the others are meant to stay.
 */
export function decide(standing: Standing, cells: readonly Cell[], wants: (cell: Cell) => boolean, now: Instant): Decision {
  const open = cells.filter(({ locked }) => locked === null);
  const answers = new Map<string, ConsentAnswer>();
  const answer = ({ channel, purpose }: Cell, granted: boolean) => {
    answers.set(keyOf(channel, purpose), { channel, purpose, answer: granted ? "granted" : "denied", source: "preferences" });
  };
  for (const cell of open) if (wants(cell) !== cell.on) answer(cell, wants(cell));
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const next = after(standing, [...answers.values()], now);
    const moved = open.filter((cell) => cellOf(next, cell.channel, cell.purpose).on !== wants(cell));
    if (moved.length === 0) break;
    for (const cell of moved) answer(cell, wants(cell));
  }
  return effectsOf(standing, [...answers.values()]);
} // prettier-ignore

/** The end of everything: for all that is offered, and for what may be offered later. */
export function endAll(standing: Standing, cells: readonly Cell[]): Decision {
  const purposes = [...new Set([MARKETING, ...cells.map(({ purpose }) => purpose)])];
  const each = cells.filter(({ locked }) => locked === null).map(({ channel, purpose }) => ({ channel, purpose }));
  const all = purposes.map((purpose) => ({ channel: "all" as const, purpose }));
  return effectsOf(standing, [...all, ...each].map((scope) => ({ ...scope, answer: "denied", source: "unsubscribe" })));
} // prettier-ignore

function effectsOf({ addresses, suppressed }: Standing, answers: readonly ConsentAnswer[]): Decision {
  const ways = (channel: ConsentChannel) => [...addresses.keys()].filter((way) => CONSENT_OF[way] === channel);
  const of = (wanted: ConsentAnswer["answer"]) =>
    answers.filter(({ answer }) => answer === wanted).flatMap(({ channel, purpose }) => ways(channel).map((way) => ({ channel: way, purpose })));
  const whole = (way: MessageChannel) => !KEPT_BY_CARRIERS.has(way) && suppressed.some((one) => one.channel === way && one.purpose === "" && one.reason === "unsubscribed");
  const lift = of("granted");
  return {
    answers,
    suppress: of("denied"),
    lift: [...lift, ...[...new Set(lift.map(({ channel }) => channel))].filter(whole).map((channel) => ({ channel, purpose: "" }))],
  };
} // prettier-ignore

const keyOf = (channel: ConsentChannel, purpose: string): string => `${channel} ${purpose}`;

/** How things stand when these answers have been given. */
export function after(standing: Standing, answers: readonly ConsentAnswer[], now: Instant): Standing {
  const given = new Map<string, Consent>(answers.map(({ channel, purpose, answer, source }) => [keyOf(channel, purpose), { answer, source, at: now }]));
  const { suppress, lift } = effectsOf(standing, answers);
  const kept = standing.suppressed.filter(({ channel, purpose, reason }) => reason !== "unsubscribed" || !lift.some((one) => one.channel === channel && one.purpose === purpose));
  const added = suppress.flatMap(({ channel, purpose }) =>
    (standing.addresses.get(channel) ?? []).map((address): Suppressed => ({ channel, address, purpose, reason: "unsubscribed" })));
  return {
    ...standing,
    consent: (channel, purpose) => given.get(keyOf(channel, purpose)) ?? standing.consent(channel, purpose),
    suppressed: [...kept, ...added],
  };
} // prettier-ignore

/** A form as it was sent: every value of every field. */
export type Form = { readonly [field: string]: readonly string[] };
/** The customer's wishes beside channels, or what is wrong in the form. */
export type WishesRead =
  | { readonly type: "read"; readonly preferences: Preferences }
  | { readonly type: "wrong"; readonly problems: readonly Phrase[] };

const DAY_MS = 86_400_000;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
const DATE = /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** The wishes a form tells; what it does not speak of stays as it was. */
export function wishesIn(form: Form, before: Preferences, { zone, now }: { readonly zone: string; readonly now: Instant }): WishesRead {
  const problems: Phrase[] = [];
  const pausedUntil = pauseIn(form, before, zone, now, problems);
  const quietHours = quietIn(form, before, problems);
  const shown = form["topic_shown"] ?? [];
  const wanted = new Set(form["topic"]);
  const declinedTopics = [...new Set([...before.declinedTopics.filter((tag) => !shown.includes(tag)), ...shown.filter((tag) => !wanted.has(tag))])];
  if (problems.length > 0) return { type: "wrong", problems };
  const parsed = Preferences.safeParse({ pausedUntil, quietHours, declinedTopics });
  return parsed.success ? { type: "read", preferences: parsed.data } : { type: "wrong", problems: ["The form cannot be read. Load the page again."] };
} // prettier-ignore

function pauseIn(form: Form, before: Preferences, zone: string, now: Instant, problems: Phrase[]): Instant | null {
  const held = before.pausedUntil !== null && before.pausedUntil > now ? before.pausedUntil : null;
  switch (form["pause"]?.[0] ?? "keep") {
    case "none":
      return null;
    case "week":
      return now + 7 * DAY_MS;
    case "month":
      return now + 30 * DAY_MS;
    case "date": {
      const found = DATE.exec(form["until"]?.[0] ?? "");
      const at = found ? instantOf({ year: Number(found[1]), month: Number(found[2]), day: Number(found[3]) }, 0, zone) : Number.NaN;
      if (Number.isNaN(at)) problems.push("Choose the date until which you want a break.");
      else if (at <= now) problems.push("The date of your break has to be in the future.");
      else if (at > now + PREFERENCE_LIMITS.pauseMsMax) problems.push("A break can last a year at most. To end our messages for good, unsubscribe.");
      return at;
    }
    default:
      return held;
  }
} // prettier-ignore

function quietIn(form: Form, before: Preferences, problems: Phrase[]): Preferences["quietHours"] {
  const [chosen] = form["quiet"] ?? [];
  if (chosen === "usual") return null;
  if (chosen !== "own") return before.quietHours;
  const [from, to] = [minuteIn(form["from"]?.[0]), minuteIn(form["to"]?.[0])];
  if (from !== null && to !== null && from !== to) return { from, to };
  problems.push(from === null || to === null ? "Choose when your quiet hours begin and end." : "Your quiet hours have to begin and end at different times."); // prettier-ignore
  return null;
}
function minuteIn(text: string | undefined): number | null {
  const found = TIME.exec(text ?? "");
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** `21:30` for 1290. */
export const timeOf = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`; // prettier-ignore
