/** Why a message leaves, or why it does not, written down when that is decided. Pure; receipt.ts tells it to people. */
import type { CustomerAtom } from "../customers/store.ts";
import { CONSENT_OF, type RefusalReason, TRANSACTIONAL } from "../permission/model.ts";
import { textOf } from "../segments/compare.ts";
import { knowledgeOf } from "../segments/facts.ts";
import { type Instant, type JsonObject, isoOf } from "../values.ts";
import type { OutboxMessage } from "./outbox.ts";
import type { ReceiptFacts } from "./receipt.ts";

/** What the version of a journey is called. */
export type Named = { readonly name: string; readonly number: number; readonly description: string };
export type Decided = {
  readonly message: OutboxMessage;
  readonly atoms: readonly CustomerAtom[];
  /** Null: no journey asked for it. */
  readonly journey: Named | null;
  /** What else of the customer's was due and did not leave, with why not. */
  readonly lost: readonly { readonly message: OutboxMessage; readonly detail: string }[];
  /** The customer's fields its text was written with. */
  readonly fields: readonly string[];
  /** Null: it may leave. */
  readonly refusal: { readonly reason: RefusalReason; readonly detail: string } | null;
};
const LIMIT = { alternatives: 50, fields: 100, words: 500 } as const;

/** The facts of one decision. */
export function factsOf(decided: Decided): ReceiptFacts {
  const { message, atoms, journey, lost, fields } = decided;
  const { asked, step, createdAt } = message;
  return {
    whyPerson: whyPersonOf(journey).slice(0, LIMIT.words),
    whyNow: whyNowOf(asked.why, createdAt),
    journey: journey && {
      id: message.journey!,
      name: journey.name,
      version: journey.number,
      step: step ?? "",
    },
    consent: consentOf(message, atoms),
    data: fields.slice(0, LIMIT.fields),
    alternatives: lost
      .slice(0, LIMIT.alternatives)
      .map((other) => ({ what: whatOf(other.message), lostBecause: other.detail.slice(0, LIMIT.words) })),
    checks: checksOf(decided),
  };
}

function whyPersonOf(journey: Named | null): string {
  if (journey === null) return "Somebody at our end sent you this.";
  return journey.description === "" ? `You are in the plan "${journey.name}".` : journey.description;
}

const whatOf = ({ channel, step, createdAt }: OutboxMessage): string =>
  `A ${channel.replaceAll("_", " ")} message${step === null ? "" : ` (${step})`} asked for at ${isoOf(createdAt)}`;

/** What is asked, in the order of permission/allow.ts, and the reasons each may give. */
const CHECKS: readonly (readonly [rule: string, reasons: readonly RefusalReason[]])[] = [
  ["address and suppression", ["no_address", "suppressed"]],
  ["its end", ["expired"]],
  ["consent", ["consent_denied", "consent_missing", "privacy_control"]],
  ["topics", ["topic_declined"]],
  ["holds", ["bought_this", "bought_anything", "open_case", "returned", "out_of_stock", "human_talking"]],
  ["pause", ["paused"]],
  ["caps", ["cap", "reserved"]],
  ["quiet hours", ["quiet_hours"]],
  ["sending windows", ["sending_window"]],
];
/** The first two are asked of every message. */
const ALWAYS = 2;

/** What was asked: up to the rule that refused, or all of it. */
function checksOf({ message, refusal }: Decided): ReceiptFacts["checks"] {
  const exempt = message.purpose === TRANSACTIONAL;
  const end = refusal ? CHECKS.findIndex(([, reasons]) => reasons.includes(refusal.reason)) : CHECKS.length;
  return CHECKS.slice(0, end + 1).map(([rule], i) => {
    if (refusal && i === end)
      return { rule, result: "refused", detail: refusal.detail.slice(0, LIMIT.words) };
    return { rule, result: exempt && i >= ALWAYS ? "exempt" : "passed" };
  });
}

function whyNowOf(why: JsonObject, at: Instant): ReceiptFacts["whyNow"] {
  const said = (name: string): string => (textOf(why[name]) ?? "").slice(0, 500);
  const happenedAt = typeof why["at"] === "number" ? why["at"] : at;
  if (why["type"] === "segment") return { type: "segment", name: said("name") || said("event"), entered: why["event"] === "$segment.entered", at: happenedAt };
  if (why["type"] === "event") return { type: "event", name: said("event"), at: happenedAt };
  if (why["type"] === "date") return { type: "date", trait: said("trait"), at: happenedAt };
  if (why["type"] === "api" || why["type"] === "batch") return { type: "asked", by: said("by") || "our team", at };
  return { type: "schedule", at };
} // prettier-ignore

/** The answer it was sent by: of the channel, else of all channels. */
function consentOf({ channel, purpose }: OutboxMessage, atoms: readonly CustomerAtom[]): ReceiptFacts["consent"] {
  const of = CONSENT_OF[channel];
  if (of === null || purpose === TRANSACTIONAL) return null;
  const { consents } = knowledgeOf(atoms);
  const known = consents[`${of} ${purpose}`] ?? consents[`all ${purpose}`];
  return { channel: of, purpose, answer: known?.answer ?? null, source: known?.source ?? null, at: known?.at ?? null };
} // prettier-ignore
