/**
 * May this candidate be shown to this customer now, or why not. Pure.
 *
 * Of the rule of permission (permission/allow.ts) a page asks what the customer said (consent, topics) and "do not sell
 * now" (the holds). It does not ask what protects a person from being disturbed: addresses, caps of messages, quiet
 * hours, sending windows and the pause of messages. The customer is looking at the page; how often a thing is shown is
 * what the candidate's own frequency says. What an inbox holds was permitted when it was put there.
 */
import type { CustomerDocument } from "../customers/document.ts";
import { allow } from "../permission/allow.ts";
import { type Asked, type Policy, type Recipient, type RefusalReason } from "../permission/model.ts";
import { type Facts, match } from "../segments/match.ts";
import type { Node } from "../segments/plan.ts";
import type { Instant, JsonObject } from "../values.ts";
import type { Candidate, NotChosen, WhyNot } from "./model.ts";

/** A candidate made ready to be asked about: its instants read, its rules planned. */
export type CandidateInForce = {
  readonly candidate: Candidate;
  readonly startsAt: Instant;
  readonly endsAt: Instant;
  /** Null: everybody. */
  readonly rule: Node | null;
  /** Matches while it was shown as often as it may be; null: as often as one likes. */
  readonly shownEnough: Node | null;
};
/** An unseen message of the customer's inbox. */
export type Unseen = { readonly place: string; readonly message: JsonObject };
/** What is known of the customer as far as a decision asks. */
export type Visit = {
  /** What may speak for a candidate: of a device alone only what was done on it. */
  readonly shown: Facts;
  /** What may speak against one: all that is known. */
  readonly known: Facts;
  readonly recipient: Recipient;
  readonly policy: Policy;
  readonly cart: CustomerDocument["cart"];
  /** Newest first. */
  readonly messages: readonly Unseen[];
  /** What a candidate recommends to the customer, in its order. */
  recommended(candidate: Pick<Candidate, "recommend">): readonly JsonObject[];
};

/** A visit with nothing in it that protects a person from being disturbed; made by `onPage`. */
export type OnPage = Visit & { readonly isOnPage: true };

/** Why it may not be shown, or null. What is looked at first is the reason. */
export function whyNot(one: CandidateInForce, visit: OnPage, now: Instant): Omit<NotChosen, "id"> | null {
  const refused = timeOf(one, now) ?? aimOf(one, visit, now) ?? emptinessOf(one.candidate, visit) ?? refusalOf(one.candidate, visit, now); // prettier-ignore
  if (refused) return refused;
  if (one.shownEnough === null || !match(one.shownEnough, visit.known, now).matches) return null;
  return because("frequency", `The customer has seen it as often as is allowed (${one.candidate.frequency!.most}).`); // prettier-ignore
}

function timeOf({ candidate, startsAt, endsAt }: CandidateInForce, now: Instant) {
  if (now < startsAt) return because("not_started", `It is shown from ${candidate.startsAt} on.`);
  return now >= endsAt ? because("ended", `It was shown until ${candidate.endsAt}.`) : null;
}

/** For whom it is. */
function aimOf({ candidate: { stages }, rule }: CandidateInForce, { shown }: Visit, now: Instant) {
  if (stages.length > 0 && (shown.stage === null || !stages.includes(shown.stage)))
    return because("stage", `It is for the stages ${stages.join(", ")}; the customer's is ${shown.stage ?? "not known"}.`); // prettier-ignore
  return rule && !match(rule, shown, now).matches ? because("rule", "The customer does not pass its rule.") : null; // prettier-ignore
}

function emptinessOf(candidate: Candidate, visit: Visit) {
  if (candidate.kind === "cart" && visit.cart.items.length === 0)
    return because("empty", "The customer's cart is empty.");
  if (candidate.kind === "message" && messageFor(candidate, visit) === null)
    return because("empty", "There is no unseen message for it.");
  if (candidate.recommend && visit.recommended(candidate).length === 0)
    return because("empty", "There is nothing to recommend to the customer.");
  return null;
}

/** The message a candidate would show; null: none. */
export const messageFor = ({ inbox }: Candidate, { messages }: Pick<Visit, "messages">): Unseen | null =>
  messages.find(({ place }) => inbox === null || place === inbox) ?? null;

const because = (reason: WhyNot, detail: string) => ({ reason, detail });

function refusalOf(candidate: Candidate, visit: Visit, now: Instant): Omit<NotChosen, "id"> | null {
  const { kind, products, purpose, tags, priority } = candidate;
  const { recipient, policy } = visit;
  if (products.length > 0 && products.every((product) => (recipient.stock(product) ?? 1) <= 0))
    return because("out_of_stock", "What it is about is out of stock.");
  if (kind === "message") return null;
  const asked: Asked = {
    channel: "in_app",
    purpose,
    tags,
    priority,
    products,
    expiresAt: Infinity,
    else: "skip",
  };
  const answer = allow(asked, recipient, policy, now);
  return answer.type === "allowed" ? null : because(REASON_OF[answer.reason] ?? "not_now", answer.detail);
}

/** The customer as somebody who is looking at the page, and the policy as far as it speaks of that. */
export function onPage(visit: Visit): OnPage {
  const { recipient, policy } = visit;
  const preferences = { ...recipient.preferences, pausedUntil: null, quietHours: null };
  return {
    isOnPage: true,
    ...visit,
    recipient: { ...recipient, address: "page", suppressed: null, preferences },
    policy: { ...policy, caps: [], quietHours: [], sendingWindows: [] },
  };
}

const REASON_OF: { readonly [reason in RefusalReason]?: WhyNot } = {
  consent_denied: "consent", consent_missing: "consent", privacy_control: "consent", topic_declined: "consent",
  bought_this: "just_bought", out_of_stock: "out_of_stock",
}; // prettier-ignore
