/**
 * What not to say or push to the customer in front of one: asked of the very rule that decides whether a message may
 * leave (permission/allow.ts), product by product and channel by channel. Pure.
 *
 * The workspace's own holds count as they are laid down. Where it laid none down for what was just bought, for an open
 * complaint or for what is out of stock, the desk has its own: a person can be told more than a machine is kept from.
 */
import { allow } from "../permission/allow.ts";
import { type Asked, type Hold, MARKETING, type MessageChannel, type Policy, type Recipient, type RefusalReason } from "../permission/model.ts"; // prettier-ignore
import { namesByRole } from "../questions/vocabulary.ts";
import type { Instant } from "../values.ts";
import { type Avoid, DESK_LIMITS } from "./model.ts";

/** What may come up: a product with its name. */
export type Product = { readonly id: string; readonly name: string };
/** What is known to the one who talks with the customer. */
export type InFront = {
  readonly recipient: Recipient;
  readonly policy: Policy;
  readonly products: readonly Product[];
  /** The names of the customer's events. */
  readonly eventNames: readonly string[];
  /** Channels by which the customer can be reached, and what is against the address where something is. */
  readonly channels: readonly {
    readonly channel: MessageChannel;
    readonly suppressed: Recipient["suppressed"];
  }[];
};

/** Sentences on what not to say, the weightiest first. */
export function avoidOf(front: InFront, now: Instant): readonly Avoid[] {
  const holds = holdsOf(front);
  const general = holds.flatMap((hold) => generalOf(hold, front, now));
  const products = front.products.flatMap((product) => productOf(holds, product, front, now));
  // What they have already annoys more than what cannot be had.
  const bought = products.filter(({ reason }) => reason === "bought_this");
  const others = products.filter(({ reason }) => reason !== "bought_this");
  return [...general, ...bought, ...others, ...channelsOf(front, now), ...callOf(front)].slice(0, DESK_LIMITS.avoid); // prettier-ignore
}

function holdsOf({ policy, eventNames }: InFront): readonly Hold[] {
  const roles = namesByRole(eventNames);
  const [opened, closed] = [roles.get("complained") ?? [], roles.get("settled") ?? []];
  const own: Hold[] = [{ type: "bought_this", withinMs: DESK_LIMITS.boughtMs }, { type: "out_of_stock" }];
  if (opened.length > 0) own.push({ type: "open_case", opened: [...opened], closed: [...closed] });
  return [...policy.holds, ...own.filter(({ type }) => !policy.holds.some((hold) => hold.type === type))];
}

const ABOUT_NOTHING: Asked = { channel: "in_app", purpose: MARKETING, tags: [], priority: 50, products: [], expiresAt: Infinity, else: "skip" }; // prettier-ignore
/** Nothing of the hours and caps of messages, and nobody has to agree to being spoken to: the customer stands there. */
const atDesk = (recipient: Recipient): Recipient => ({
  ...recipient, address: "desk", suppressed: null, consent: () => undefined,
  preferences: { ...recipient.preferences, pausedUntil: null, quietHours: null, declinedTopics: [] },
}); // prettier-ignore
const withOnly = (policy: Policy, holds: readonly Hold[]): Policy => ({ ...policy, holds: [...holds], optIn: [], caps: [], quietHours: [], sendingWindows: [] }); // prettier-ignore

function refusalOf(asked: Asked, recipient: Recipient, policy: Policy, now: Instant) {
  const answer = allow(asked, recipient, policy, now);
  return answer.type === "refused" ? answer : null;
}

/** Holds of one product speak only where a product is asked about. */
const ofProduct = ({ type }: Hold): boolean => type === "bought_this" || type === "out_of_stock";
const SAID: { readonly [reason in RefusalReason]?: string } = {
  open_case: "Sell nothing now: a complaint is not settled.",
  bought_anything: "Do not sell: they have just bought something.",
  returned: "Do not sell: they have just sent an order back or cancelled it.",
  human_talking: "Somebody of ours talks with them already.",
}; // prettier-ignore

function generalOf(hold: Hold, { recipient, policy }: InFront, now: Instant): readonly Avoid[] {
  if (ofProduct(hold)) return [];
  const refused = refusalOf(ABOUT_NOTHING, atDesk(recipient), withOnly(policy, [hold]), now);
  return refused ? [{ reason: refused.reason, about: null, detail: `${SAID[refused.reason] ?? ""} ${refused.detail}`.trim() }] : []; // prettier-ignore
}

function productOf(holds: readonly Hold[], { id, name }: Product, { recipient, policy }: InFront, now: Instant): readonly Avoid[] {
  const refused = refusalOf({ ...ABOUT_NOTHING, products: [id] }, atDesk(recipient), withOnly(policy, holds.filter(ofProduct)), now);
  if (!refused) return [];
  const why = refused.reason === "bought_this" ? "they have just bought it. Help with using it instead." : "it is out of stock.";
  return [{ reason: refused.reason, about: name, detail: `Do not push ${name}: ${why}` }];
} // prettier-ignore

const CHANNEL: { readonly [channel in MessageChannel]?: string } = { email: "e-mail", sms: "text message", whatsapp: "WhatsApp" }; // prettier-ignore

/** Channels by which no offers may be promised: one sentence for all of which the same is to be said. */
function channelsOf(front: InFront, now: Instant): readonly Avoid[] {
  const { recipient, policy, channels } = front;
  const refused = channels.flatMap(({ channel, suppressed }) => {
    const one = refusalOf({ ...ABOUT_NOTHING, channel }, { ...recipient, address: "desk", suppressed }, { ...withOnly(policy, []), optIn: policy.optIn }, now);
    return one ? [{ name: CHANNEL[channel] ?? channel, reason: one.reason, detail: one.detail }] : [];
  });
  const unasked = refused.filter(({ reason }) => reason === "consent_missing").map(({ name }) => name);
  const others = refused.filter(({ reason }) => reason !== "consent_missing").map(({ name, reason, detail }): Avoid => ({ reason, about: null, detail: `Promise no offers by ${name}. ${detail}` }));
  return unasked.length === 0 ? others : [...others, { reason: "consent_missing", about: null, detail: `Promise no offers by ${unasked.join(" or ")}: they have not agreed to it.` }];
} // prettier-ignore

/** A call is none of the channels messages leave by, but one of those a consent speaks of. */
function callOf({ recipient }: InFront): readonly Avoid[] {
  const answer = recipient.consent("phone", MARKETING);
  return answer?.answer === "denied"
    ? [{ reason: "consent_denied", about: null, detail: "Do not call them to sell: they said no to it." }]
    : [];
}
