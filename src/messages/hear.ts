/**
 * A callback of a provider: is it really from it, and what does it say? Each service proves it in its own way, and what
 * proves nothing is not read.
 */
import { LRUCache } from "lru-cache";
import type { Instant } from "../values.ts";
import { createCaller } from "./drivers/call.ts";
import { DRIVER_LIMITS, type ConfigOf } from "./drivers/model.ts";
import {
  isFromPostmark,
  isSignedWith,
  mailgunTokenOf,
  readMailgun,
  readPostmark,
  readResend,
} from "./drivers/report-mail.ts";
import { isFromSendgrid, readSendgrid } from "./drivers/report-sendgrid.ts";
import { Envelope, isAmazons, isFromSns, readSes } from "./drivers/report-ses.ts";
import { isFromTwilio, readTwilio } from "./drivers/report-twilio.ts";
import { isFromMeta, readWhatsapp } from "./drivers/report-whatsapp.ts";
import type { Report } from "./model.ts";
import type { ProviderRow } from "./provider-store.ts";
import { configOf } from "./providers.ts";

/** A request as it came. */
export type Given = {
  /** As the service called it: our public address, path and query. */
  readonly url: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  readonly body: Buffer;
};
export type Heard =
  | { readonly type: "reports"; readonly reports: readonly Report[] }
  /** It is not proven that the service sent it. */
  | { readonly type: "refused"; readonly detail: string }
  /** This provider hears no such service. */
  | { readonly type: "unknown" };

export type Hearing = {
  hear(provider: ProviderRow, source: string, given: Given, now: Instant): Promise<Heard>;
};
/** The text at an address of a service's own (certificates, confirmations); null when it cannot be had. */
export type FetchText = (url: string) => Promise<string | null>;

const CERTIFICATES_MAX = 20;
const CERTIFICATE_CHARS_MAX = 20_000;

type Ear = (provider: ProviderRow, given: Given, now: Instant) => Heard | Promise<Heard>;
const refused = (detail: string): Heard => ({ type: "refused", detail });
const said = (reports: readonly Report[]): Heard => ({ type: "reports", reports });
const UNKNOWN: Heard = { type: "unknown" };

/** Hears the callbacks of all services. `fetchText` is asked for Amazon's certificates only. */
export function createHearing(fetchText: FetchText = overHttps()): Hearing {
  // A token is good once, and no longer known after its time.
  const tokens = new LRUCache<string, true>({
    max: DRIVER_LIMITS.replaysMax,
    ttl: 2 * DRIVER_LIMITS.retryAfterMsMax,
  });
  const certificates = new LRUCache<string, string>({ max: CERTIFICATES_MAX });
  const ears: { readonly [source: string]: Ear } = {
    twilio: hearTwilio,
    whatsapp: hearWhatsapp,
    sendgrid: hearSendgrid,
    postmark: hearPostmark,
    resend: hearResend,
    mailgun: (provider, { body }) => {
      const config = reportsOf(provider, "mailgun");
      if (!config?.signingKey) return UNKNOWN;
      const json = jsonOf(body);
      const token = mailgunTokenOf(config.signingKey, json);
      if (token === null) return refused("The signature is not Mailgun's.");
      if (tokens.has(token)) return said([]);
      tokens.set(token, true);
      return said(readMailgun(json, provider.id));
    },
    ses: async (provider, { body }, now) => {
      const config = reportsOf(provider, "ses");
      if (!config) return UNKNOWN;
      const envelope = Envelope.safeParse(jsonOf(body)).data;
      if (!envelope) return refused("The body is no notification of SNS.");
      if (envelope.TopicArn !== config.topicArn) return refused("The notification is of another topic.");
      const { SigningCertURL: address } = envelope;
      if (!isAmazons(address, "certificate")) return refused("The certificate is not at an address of Amazon's.");
      const certificate = certificates.get(address) ?? (await fetchText(address));
      if (certificate === null || certificate.length > CERTIFICATE_CHARS_MAX || !isFromSns(envelope, certificate, now)) return refused("The signature is not Amazon's.");
      certificates.set(address, certificate);
      if (envelope.Type === "Notification") return said(readSes(envelope, provider.id));
      // Whoever made the subscription is answered by opening its address; to have ended one needs no answer.
      if (envelope.Type === "SubscriptionConfirmation" && isAmazons(envelope.SubscribeURL ?? "", "subscription")) await fetchText(envelope.SubscribeURL!);
      return said([]);
    },
  }; // prettier-ignore
  return {
    hear: async (provider, source, given, now) => {
      const ear = Object.hasOwn(ears, source) ? ears[source] : undefined;
      return ear ? ear(provider, given, now) : UNKNOWN;
    },
  };
}

const hearTwilio: Ear = (provider, { url, headers, body }, now) => {
  const config = configOf(provider, "twilio");
  if (!config?.authToken) return UNKNOWN;
  const text = body.toString("utf8");
  const isForm = String(headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  if (
    !isFromTwilio(config.authToken, {
      url,
      signature: oneOf(headers, "x-twilio-signature"),
      body: text,
      isForm,
    })
  )
    return refused("The signature is not Twilio's.");
  const form = isForm ? new URLSearchParams(text) : formOf(jsonOf(body));
  return said(readTwilio(form, new URL(url).searchParams.get("message"), provider.id, now));
};

const hearWhatsapp: Ear = (provider, { headers, body }) => {
  const config = configOf(provider, "whatsapp_cloud");
  if (!config?.appSecret) return UNKNOWN;
  if (!isFromMeta(config.appSecret, oneOf(headers, "x-hub-signature-256"), body))
    return refused("The signature is not Meta's.");
  return said(readWhatsapp(jsonOf(body), config.phoneNumberId, provider.id));
};

const hearSendgrid: Ear = (provider, { headers, body }) => {
  const config = reportsOf(provider, "sendgrid");
  if (!config) return UNKNOWN;
  const [signature, timestamp] = [
    oneOf(headers, "x-twilio-email-event-webhook-signature"),
    oneOf(headers, "x-twilio-email-event-webhook-timestamp"),
  ];
  if (!isFromSendgrid(config.publicKey, signature, timestamp, body))
    return refused("The signature is not SendGrid's.");
  return said(readSendgrid(jsonOf(body), provider.id));
};

const hearPostmark: Ear = (provider, { headers, body }, now) => {
  const config = reportsOf(provider, "postmark");
  if (!config?.password) return UNKNOWN;
  if (!isFromPostmark(config.user, config.password, headers["authorization"]?.toString()))
    return refused("The user and the password are not those of the address Postmark was given.");
  return said(readPostmark(jsonOf(body), provider.id, now));
};

const hearResend: Ear = (provider, { headers, body }, now) => {
  const config = reportsOf(provider, "resend");
  if (!config?.signingSecret) return UNKNOWN;
  const [id, timestamp, signature] = [oneOf(headers, "svix-id"), oneOf(headers, "svix-timestamp"), oneOf(headers, "svix-signature")]; // prettier-ignore
  if (!isSignedWith(config.signingSecret, { id, timestamp, signature }, body.toString("utf8"), now))
    return refused("The signature is not Resend's, or it is too old.");
  return said(readResend(jsonOf(body), id, provider.id));
};

/** The challenge to echo when Meta asks whether this address is ours; null when it is not Meta who asks. */
export function challengeOf(
  provider: ProviderRow,
  query: { readonly [name: string]: unknown },
): string | null {
  const config = configOf(provider, "whatsapp_cloud");
  const { "hub.mode": mode, "hub.verify_token": token, "hub.challenge": challenge } = query;
  if (!config?.verifyToken || mode !== "subscribe" || token !== config.verifyToken) return null;
  return typeof challenge === "string" && /^[\w-]{1,200}$/.test(challenge) ? challenge : null;
}

type Reports = NonNullable<ConfigOf<"smtp">["reports"]>;
function reportsOf<From extends Reports["from"]>(provider: ProviderRow, from: From): Extract<Reports, { from: From }> | null {
  const reports = configOf(provider, "smtp")?.reports;
  return reports?.from === from ? (reports as Extract<Reports, { from: From }>) : null;
} // prettier-ignore

const oneOf = (headers: Given["headers"], name: string): string => {
  const value = headers[name];
  return typeof value === "string" ? value : "";
};

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
}

/** Twilio's JSON callbacks name the same fields. */
function formOf(json: unknown): URLSearchParams {
  const form = new URLSearchParams();
  if (typeof json !== "object" || json === null) return form;
  for (const [name, value] of Object.entries(json))
    if (typeof value === "string" || typeof value === "number") form.set(name, String(value));
  return form;
}

function overHttps(): FetchText {
  const caller = createCaller();
  return async (url) => {
    const answer = await caller.call({ url, method: "GET", headers: {}, body: "", timeoutMs: DRIVER_LIMITS.callMs }); // prettier-ignore
    return answer.type === "answered" && answer.status === 200 ? answer.text : null;
  };
}
