/**
 * What a mail of ours says of itself: its Message-ID, the address its bounces go to, and the headers by which mailbox
 * providers let people leave a list. A mail sent again has the same Message-ID, so that receivers can drop the second.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Outgoing } from "../model.ts";

const PLAIN = /^[A-Za-z0-9._-]{1,100}$/;
/** Marks a message id that had to be written in base64url. */
const CODED = "=";
/** RFC 5321, section 4.5.3.1.1. */
const LOCAL_CHARS_MAX = 64;
const MAC_HEX = 16;

/** The part of a mail address behind the @, in lower case; empty when there is none. `Shop <a@b.example>` is read too. */
export const domainOf = (address: string): string => {
  const bare = /<([^<>]*)>\s*$/.exec(address)?.[1] ?? address;
  return bare.slice(bare.lastIndexOf("@") + 1).trim().toLowerCase();
}; // prettier-ignore

/** The Message-ID of a message, with its angle brackets. */
export const mailIdOf = (id: string, domain: string): string =>
  `<${PLAIN.test(id) ? id : CODED + Buffer.from(id).toString("base64url")}@${domain}>`;

/** The message a Message-ID of ours names; null for anybody else's. */
export function idOfMail(mailId: string | null | undefined): string | null {
  const local = /^\s*<?([^<>@\s]{1,300})@[^<>@\s]+>?\s*$/.exec(mailId ?? "")?.[1];
  if (local === undefined) return null;
  if (!local.startsWith(CODED)) return PLAIN.test(local) ? local : null;
  return Buffer.from(local.slice(CODED.length), "base64url").toString("utf8") || null;
}

export type Bounces = {
  readonly domain: string;
  readonly prefix: string;
  readonly secret?: string | undefined;
};
/** The envelope sender of one mail: its id stands in it (VERP), signed, so that nobody can make up bounces. Null: it does not fit. */
export function bounceAddressOf(id: string, { domain, prefix, secret }: Bounces): string | null {
  if (secret === undefined || !PLAIN.test(id)) return null;
  const local = `${prefix}+${id}-${macOf(id, secret)}`;
  return local.length > LOCAL_CHARS_MAX ? null : `${local}@${domain}`;
}

/** The message a bounce address names; null when it is none of ours, or nobody signed it. */
export function idOfBounceAddress(address: string, { domain, prefix, secret }: Bounces): string | null {
  const at = address.lastIndexOf("@");
  if (secret === undefined || address.slice(at + 1).toLowerCase() !== domain.toLowerCase()) return null;
  const local = address.slice(0, at);
  if (local.slice(0, prefix.length + 1).toLowerCase() !== `${prefix}+`) return null;
  const dash = local.lastIndexOf("-");
  const [id, mac] = [local.slice(prefix.length + 1, dash), local.slice(dash + 1).toLowerCase()];
  if (mac.length !== MAC_HEX || !PLAIN.test(id)) return null;
  return timingSafeEqual(Buffer.from(macOf(id, secret)), Buffer.from(mac.padEnd(MAC_HEX).slice(0, MAC_HEX), "latin1")) ? id : null;
} // prettier-ignore

const macOf = (id: string, secret: string): string =>
  createHmac("sha256", secret).update(`bounce\n${id}`).digest("hex").slice(0, MAC_HEX);

/** Headers that DKIM has to cover besides the usual ones: RFC 8058 asks for both of the list's. */
export const SIGNED_HEADERS =
  "from:sender:reply-to:subject:date:message-id:to:cc:mime-version:content-type:content-transfer-encoding:content-id:content-description:" +
  "in-reply-to:references:list-id:list-help:list-unsubscribe:list-unsubscribe-post:list-subscribe:list-post:list-owner:list-archive:feedback-id";

/**
 * Our own headers of a mail: leaving the list by one click (RFC 8058) and by mail (RFC 2369), the list's name
 * (RFC 2919), whose feedback it is, and our id in each form in which a relay hands it back with its reports.
 */
export function headersOf(outgoing: Outgoing, domain: string, feedbackId: string, relay: string | undefined): { readonly [header: string]: string } {
  const { id, unsubscribe, workspace, purpose } = outgoing;
  const list = unsubscribe && {
    "List-Unsubscribe": `<${encodeURI(decodeSafely(unsubscribe.url))}>${unsubscribe.mailto === null ? "" : `, <${mailtoOf(unsubscribe.mailto)}>`}`,
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "List-Id": `<${listIdOf(unsubscribe.listId, domain)}>`,
  };
  return { ...list, "Feedback-ID": `${purpose}:w${workspace}:throughline:${feedbackId}`, ...(relay === undefined ? {} : RELAY_HEADERS[relay]?.(id)) };
} // prettier-ignore

/** Relays tell of a mail by these; each has its own way. */
const RELAY_HEADERS: {
  readonly [relay: string]: (id: string) => { readonly [header: string]: string };
} = {
  sendgrid: (id) => ({ "X-SMTPAPI": JSON.stringify({ unique_args: { message: id } }) }),
  ses: (id) => (/^[A-Za-z0-9_-]{1,256}$/.test(id) ? { "X-SES-MESSAGE-TAGS": `message=${id}` } : {}),
  postmark: (id) => ({ "X-PM-Metadata-message": id }),
  mailgun: (id) => ({ "X-Mailgun-Variables": JSON.stringify({ message: id }) }),
  resend: (id) => ({ "X-Entity-Ref-ID": id }),
};

// A link that is encoded already stays as it is, and one that is not cannot break the header.
const decodeSafely = (url: string): string => {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
};
const mailtoOf = (text: string): string => {
  const whole = text.startsWith("mailto:") ? text : `mailto:${text}`;
  return whole.replaceAll(/[\s<>,]/g, (found) => encodeURIComponent(found));
};
/** A list's name is a domain name: what is not in it becomes a dash. */
const listIdOf = (name: string, domain: string): string => {
  const label = name.toLowerCase().replaceAll(/[^a-z0-9.-]+/g, "-").replaceAll(/^[.-]+|[.-]+$/g, "") || "list";
  return label.includes(".") ? label : `${label}.${domain}`;
}; // prettier-ignore
