/**
 * Why a message was sent, or why it was not: the facts a sender writes down with each message, and what is told of them,
 * to the API and to the customer in plain words. Pure.
 *
 * The facts are written once, in the transaction that decided, and never looked up again: a receipt tells what held
 * then, whatever was changed since.
 */
import { z } from "zod";
import { MessageChannel, TRANSACTIONAL } from "../permission/model.ts";
import { CustomerId, type Instant, customerIdOf, isoOf } from "../values.ts";
import { MessageState } from "./model.ts";
import { ENGLISH, type Phrase, type Speech } from "./page-words.ts";

/** Every bound of a receipt. */
export const RECEIPT_LIMITS = { fields: 100, alternatives: 50, checks: 50, wordsMax: 500 } as const;

const Words = z.string().max(RECEIPT_LIMITS.wordsMax);
const At = z.int().min(-8.64e15).max(8.64e15);

/** What led to this message. */
export const Trigger = z.discriminatedUnion("type", [
  /** An event of the customer's, by its name, and when it happened. */
  z.strictObject({ type: z.literal("event"), name: Words, at: At }),
  /** The customer came into or left a segment. */
  z.strictObject({ type: z.literal("segment"), name: Words, entered: z.boolean(), at: At }),
  /** A date of the customer's: a birthday, an appointment. */
  z.strictObject({ type: z.literal("date"), trait: Words, at: At }),
  /** A time that was set for many. */
  z.strictObject({ type: z.literal("schedule"), at: At }),
  /** A system or a person of the business asked for it. */
  z.strictObject({ type: z.literal("asked"), by: Words, at: At }),
]); // prettier-ignore
export type Trigger = z.infer<typeof Trigger>;

/** The consent it was sent by. `answer` null: none was given, and the channel asks only that none was denied. */
export const ConsentFact = z.strictObject({
  channel: Words,
  purpose: Words,
  answer: z.enum(["granted", "denied"]).nullable(),
  source: Words.nullable(),
  at: At.nullable(),
});
export type ConsentFact = z.infer<typeof ConsentFact>;

/** What a sender writes down of a message, for `messages.receipt`. Absent lists are empty. */
export const ReceiptFacts = z.strictObject({
  /** Why this person: a sentence to the customer, e.g. "You left something in your cart." */
  whyPerson: Words,
  /** Why now. */
  whyNow: Trigger,
  /** Null: no journey sent it. `version` is the number a person sees. */
  journey: z.strictObject({ id: z.int(), name: Words, version: z.int(), step: Words }).nullable(),
  consent: ConsentFact.nullable(),
  /** The customer's fields the template reads, e.g. `customer.traits.firstName` (Prepared.fields). */
  data: z.array(Words).max(RECEIPT_LIMITS.fields).default([]),
  /** What else could have been said now, and why it was not. */
  alternatives: z
    .array(z.strictObject({ what: Words, lostBecause: Words }))
    .max(RECEIPT_LIMITS.alternatives)
    .default([]),
  /** Every rule that was asked, in order, and what it answered: `{rule: "quiet hours", result: "passed"}`. */
  checks: z
    .array(z.strictObject({ rule: Words, result: z.enum(["passed", "delayed", "refused", "exempt"]), detail: Words.optional() }))
    .max(RECEIPT_LIMITS.checks)
    .default([]),
}); // prettier-ignore
export type ReceiptFacts = z.infer<typeof ReceiptFacts>;

const When = z.iso.datetime().describe("ISO 8601, UTC");

/** GET /v1/messages/{id}/receipt. */
export const MessageReceipt = z.object({
  id: z.string(),
  customerId: CustomerId.describe("Whose it was when it was made"),
  channel: MessageChannel,
  purpose: z.string(),
  template: z.object({ id: z.int(), number: z.int().nullable().describe("The version that was sent") }),
  state: MessageState,
  reason: z.string().nullable().describe("Why it did not leave, or not yet"),
  detail: z.string().nullable(),
  createdAt: When,
  settledAt: When.nullable(),
  facts: ReceiptFacts.nullable().describe("What held when it was decided; null before that"),
  words: z.array(z.string()).describe("The same in sentences, as the customer reads them"),
}); // prettier-ignore
export type MessageReceipt = z.infer<typeof MessageReceipt>;

/** What a receipt is made of: a row of `messages`. */
export type ReceiptRow = {
  readonly id: string;
  readonly atom: number;
  readonly channel: MessageChannel;
  readonly template: number;
  readonly template_no: number | null;
  readonly purpose: string;
  readonly state: MessageState;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly created_at: Instant;
  readonly settled_at: Instant | null;
  readonly receipt: ReceiptFacts | null;
};

/** The API's answer. */
export function receiptOf(row: ReceiptRow): MessageReceipt {
  return {
    id: row.id,
    customerId: customerIdOf(row.atom),
    channel: row.channel,
    purpose: row.purpose,
    template: { id: row.template, number: row.template_no },
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    createdAt: isoOf(row.created_at),
    settledAt: row.settled_at === null ? null : isoOf(row.settled_at),
    facts: row.receipt,
    words: wordsOf(row).flatMap(({ sentences }) => sentences),
  };
}

/** One question a customer has, and its answer in sentences. */
export type Explained = { readonly question: string; readonly sentences: readonly string[] };

/** What people call a channel, as in "by email". */
export const CHANNEL_WORDS: { readonly [channel in MessageChannel]: Phrase } = {
  email: "email", sms: "text message", whatsapp: "WhatsApp", web_push: "browser notification", mobile_push: "app notification",
  in_app: "message on our site", webhook: "message to a system",
}; // prettier-ignore

/** The whole receipt in plain words, question by question. Questions without an answer are left out. */
export function wordsOf(row: ReceiptRow, speech: Speech = ENGLISH): readonly Explained[] {
  const { receipt: facts } = row;
  const { say, retold } = speech;
  const all: Explained[] = [{ question: say("What became of it?"), sentences: [becameOf(row, speech)] }];
  if (facts) {
    all.push({ question: say("Why you?"), sentences: [`${endless(retold(facts.whyPerson))}.`] });
    all.push({ question: say("Why now?"), sentences: [whyNowOf(facts.whyNow, speech), ...journeyOf(facts, speech)] });
    all.push({ question: say("Were we allowed to?"), sentences: allowedOf(row.purpose, facts, speech) });
    if (facts.data.length > 0)
      all.push({ question: say("What did we use?"), sentences: [say("The text was written with: {fields}.", { fields: facts.data.map((field) => fieldOf(field, speech)).join(", ") })] });
    if (facts.alternatives.length > 0)
      all.push({ question: say("What did we not send instead?"), sentences: facts.alternatives.map(({ what, lostBecause }) => `${endless(what)}: ${endless(lostBecause)}.`) });
  } // prettier-ignore
  return all;
}

const endless = (text: string): string => text.trim().replace(/[.!?\s]+$/, "");
const BECAME: { readonly [state in MessageState]: Phrase } = {
  due: "It is waiting to be sent.",
  sending: "It is being sent.",
  sent: "It was sent.",
  refused: "It was not sent.",
  failed: "It could not be delivered.",
  unknown: "It may have been sent; the answer was lost on the way.",
  cancelled: "It was cancelled before it was sent.",
};
function becameOf({ state, detail, settled_at, channel }: ReceiptRow, speech: Speech): string {
  const { say } = speech;
  if (state === "sent" && settled_at !== null)
    return say("It was sent as {what} on {when}.", {
      what: article(CHANNEL_WORDS[channel]),
      by: say(CHANNEL_WORDS[channel]),
      when: whenWords(settled_at, speech),
    });
  return detail === null || state === "sent"
    ? say(BECAME[state])
    : `${say(BECAME[state])} ${endless(detail)}.`;
}
const article = (words: string): string => `${/^[aeiou]/i.test(words) ? "an" : "a"} ${words}`;

function whyNowOf(trigger: Trigger, speech: Speech): string {
  const { say, retold } = speech;
  const when = whenWords(trigger.at, speech);
  switch (trigger.type) {
    case "event":
      return say("Because of what happened on {when}: {name}.", { when, name: endless(trigger.name) });
    case "segment":
      return say(
        trigger.entered
          ? 'Because on {when} you came to belong to the group "{name}".'
          : 'Because on {when} you stopped belonging to the group "{name}".',
        { when, name: trigger.name },
      );
    case "date":
      return say("Because of a date we keep for you ({name}): {when}.", {
        when,
        name: fieldOf(trigger.trait, speech),
      });
    case "schedule":
      return say("Because it was planned for {when}.", { when });
    case "asked":
      return say("Because {name} asked for it on {when}.", { when, name: retold(endless(trigger.by)) });
  }
}

const journeyOf = ({ journey }: ReceiptFacts, { say }: Speech): readonly string[] =>
  journey ? [say('It belongs to the plan "{name}" (version {version}, step {step}).', journey)] : []; // prettier-ignore

function allowedOf(purpose: string, { consent, checks }: ReceiptFacts, speech: Speech): readonly string[] {
  const { say } = speech;
  const passed = checks.filter(({ result }) => result === "passed").length;
  const exempt = checks.filter(({ result }) => result === "exempt").length;
  if (checks.length === 0) return [consentWords(purpose, consent, speech)];
  const not =
    exempt === 0
      ? ""
      : say(
          exempt === 1
            ? ", and {n} does not apply to messages of this kind"
            : ", and {n} do not apply to messages of this kind",
          { n: exempt },
        );
  return [consentWords(purpose, consent, speech), say(checks.length === 1 ? "Before it left, {n} rule was asked; {passed} had nothing against it{not}." : "Before it left, {n} rules were asked; {passed} had nothing against it{not}.", { n: checks.length, passed, not })]; // prettier-ignore
}
function consentWords(purpose: string, consent: ConsentFact | null, speech: Speech): string {
  const { say } = speech;
  if (purpose === TRANSACTIONAL) return say("It is about something you asked us for, such as an order or an appointment, so it needs no further permission."); // prettier-ignore
  if (consent === null || consent.answer === null)
    return say("You had said nothing against messages of this kind ({purpose}).", {
      purpose: plain(purpose),
    });
  const when = consent.at === null ? "" : say(" on {when}", { when: whenWords(consent.at, speech) });
  const source = consent.source === null ? "" : say("; we know that from {source}", { source: SOURCES[consent.source] ? say(SOURCES[consent.source]!) : plain(consent.source) }); // prettier-ignore
  return say(
    consent.answer === "granted"
      ? "You agreed to {purpose} messages{when}{source}."
      : "You had said no to {purpose} messages{when}{source}.",
    { purpose: plain(purpose), when, source },
  );
}
const SOURCES: { readonly [source: string]: Phrase } = {
  __proto__: null as never,
  event: "what you ticked or filled in",
  preferences: "your choice in the preference centre",
  unsubscribe: "your unsubscribing",
  gpc: "your browser's privacy signal",
};

const plain = (name: string): string => name.replaceAll("_", " ");
/** `customer.traits.firstName` as "first name", `event.total` as "total (of what happened)". */
export function fieldOf(path: string, { say }: Speech = ENGLISH): string {
  const [root, ...rest] = path.split(".");
  const last = (rest.at(-1) ?? root ?? path).replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").replaceAll("_", " ").toLowerCase();
  if (rest.length === 0) return last;
  if (root === "event") return say("{field} (of what happened)", { field: last });
  const group = rest.length > 1 && rest[0] !== "traits" ? ` (${rest[0]!.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase()})` : "";
  return `${last}${group}`;
} // prettier-ignore

const whenWords = (at: Instant, speech: Speech): string =>
  speech.language === "en" ? dateWords(at) : speech.moment(at);

/** "3 May 2026, 14:05 UTC". */
function dateWords(at: Instant): string {
  const [date, time] = isoOf(at).split("T") as [string, string];
  const [year, month, day] = date.split("-") as [string, string, string];
  return `${Number(day)} ${MONTHS[Number(month) - 1]!} ${year}, ${time.slice(0, 5)} UTC`;
}
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
]; // prettier-ignore
