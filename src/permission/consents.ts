/**
 * What the customer's answers say of a channel and a purpose. Pure.
 *
 * Four answers may speak of a message: those for its channel or for all channels, to its purpose or to marketing, which
 * is what an answer without a purpose means. Then:
 *
 *  - A refusal holds for all that it covers. Only a grant that is more specific (that speaks of no more channels and
 *    no more purposes, and of fewer of either) is not touched by it: who subscribes to a newsletter and declines
 *    marketing cookies, which web pages report again and again, still gets the newsletter.
 *  - Who unsubscribes means it: a refusal by unsubscribing also ends what was granted more specifically before it.
 *  - Where a grant is needed it must be to this very purpose, for this channel or for all.
 *  - Global Privacy Control is a refusal of sale and sharing, whatever else was granted; it says nothing of other purposes.
 */
import type { ConsentChannel } from "../consent/model.ts";
import {
  ADVERTISING,
  type Asked,
  CONSENT_OF,
  type Consent,
  MARKETING,
  type Policy,
  type Recipient,
} from "./model.ts";

/** Null: nothing against it. */
export type ConsentRefusal = {
  readonly reason: "consent_denied" | "consent_missing" | "privacy_control";
  readonly detail: string;
};

type Scope = { readonly channel: ConsentChannel; readonly purpose: string };
type Answered = Scope & Consent;

/** Whether consent keeps a message from leaving. Not asked of transactional messages. */
export function consentRefusal(
  { channel, purpose }: Pick<Asked, "channel" | "purpose">,
  { consent }: Pick<Recipient, "consent">,
  { optIn }: Pick<Policy, "optIn">,
): ConsentRefusal | null {
  const asked = CONSENT_OF[channel];
  if (asked === null) return null;
  const answers = answersTo({ channel: asked, purpose }, consent);
  const denied = answers.find((answer) => stands(answer, answers));
  if (denied)
    return { reason: "consent_denied", detail: `The customer said no to ${purposeWords(denied)} by ${channelWords(denied)}.` };
  const control = ADVERTISING.includes(purpose) ? consent("ads", "advertising") : undefined;
  if (control?.answer === "denied") return controlRefusal(control);
  if (!optIn.includes(channel) || answers.some((one) => one.answer === "granted" && one.purpose === purpose)) return null;
  const scope: Scope = { channel: asked, purpose };
  return { reason: "consent_missing", detail: `The customer has not agreed to ${purposeWords(scope)} by ${channelWords(scope)}.` };
} // prettier-ignore

function answersTo({ channel, purpose }: Scope, consent: Recipient["consent"]): readonly Answered[] {
  const answers: Answered[] = [];
  for (const about of purpose === MARKETING ? [purpose] : [purpose, MARKETING])
    for (const by of [channel, "all"] as const) {
      const given = consent(by, about);
      if (given) answers.push({ channel: by, purpose: about, ...given });
    }
  return answers;
}

/** Whether `denied` is a refusal that no grant is left untouched by. */
function stands(denied: Answered, answers: readonly Answered[]): boolean {
  if (denied.answer !== "denied") return false;
  return !answers.some(
    (granted) =>
      granted.answer === "granted" &&
      isMoreSpecific(granted, denied) &&
      (denied.source !== "unsubscribe" || granted.at > denied.at),
  );
}
/** Of two scopes that are not the same. */
const isMoreSpecific = (a: Scope, b: Scope): boolean =>
  (a.channel === b.channel || b.channel === "all") && (a.purpose === b.purpose || b.purpose === MARKETING);

function controlRefusal({ source }: Consent): ConsentRefusal {
  return source === "gpc"
    ? { reason: "privacy_control", detail: "The customer's browser asks by Global Privacy Control not to sell or share what is known of them." }
    : { reason: "consent_denied", detail: "The customer said no to advertising." };
} // prettier-ignore

const purposeWords = ({ purpose }: Scope): string => `messages for ${purpose.replaceAll("_", " ")}`;
const CHANNEL_WORDS: { readonly [channel in ConsentChannel]: string } = {
  all: "any channel", email: "e-mail", sms: "SMS", push: "push", whatsapp: "WhatsApp", phone: "phone", mail: "post", ads: "ads", web: "the web",
}; // prettier-ignore
const channelWords = ({ channel }: Scope): string => CHANNEL_WORDS[channel];
