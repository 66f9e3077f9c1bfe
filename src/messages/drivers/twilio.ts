/** Text messages by Twilio's Messages API. Twilio knows no idempotency here: an answer that was lost is not asked for again. */
import { z } from "zod";
import type { Delivery, Driver, Outgoing } from "../model.ts";
import { createCaller, isTaken, refusedBy, saidIn, trouble, wordsIn } from "./call.ts";
import { type ConfigOf, DRIVER_LIMITS, detailOf } from "./model.ts";

const Said = z.object({
  sid: z.string().optional(),
  code: z.number().nullish(),
  message: z.string().nullish(),
});

/** `callbackUrl`: where Twilio tells what became of a message; null: it is not told. */
export function twilioDriver(config: ConfigOf<"twilio">, callbackUrl: string | null): Driver {
  const caller = createCaller();
  const user = config.apiKeySid ?? config.accountSid;
  const password = (config.apiKeySid === undefined ? config.authToken : config.apiKeySecret) ?? "";
  const url = `${config.baseUrl.replace(/\/+$/, "")}/2010-04-01/Accounts/${encodeURIComponent(config.accountSid)}/Messages.json`;
  return {
    channel: "sms",
    async send(outgoing) {
      const form = formOf(outgoing, config, callbackUrl);
      if (form === null)
        return { type: "failed", reason: "too_large", suppress: null, detail: `The text is longer than ${DRIVER_LIMITS.smsCharsMax} characters.` }; // prettier-ignore
      const answer = await caller.call({
        url,
        timeoutMs: config.timeoutMs,
        headers: {
          authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
          "content-type": "application/x-www-form-urlencoded;charset=UTF-8",
          accept: "application/json",
        },
        body: form,
      });
      const said = saidIn(Said, answer);
      if (!isTaken(answer)) {
        const meant = answer.type === "answered" ? CODES[said?.code ?? 0] : undefined;
        if (!meant || answer.type !== "answered") return refusedBy(answer, false);
        return meant(detailOf(`${said?.code} ${said?.message ?? ""}`), answer.retryAfterMs);
      }
      // Taken, but under which name was not said.
      if (said?.sid === undefined) return { type: "unknown", detail: `No sid: ${wordsIn(answer)}` };
      return { type: "sent", providerId: said.sid };
    },
    close: async () => caller.close(),
  };
}

function formOf({ id, to, content }: Outgoing, config: ConfigOf<"twilio">, callbackUrl: string | null): string | null {
  if (content.channel !== "sms") throw new Error(`A driver for text messages was given ${content.channel}.`);
  if (content.text.length > DRIVER_LIMITS.smsCharsMax) return null;
  const form = new URLSearchParams({ To: to, Body: content.text });
  if (config.from !== undefined) form.set("From", config.from);
  if (config.messagingServiceSid !== undefined) form.set("MessagingServiceSid", config.messagingServiceSid);
  // Our own id stands in the address, which Twilio signs: a report may come before we have written down the sid.
  if (callbackUrl !== null) form.set("StatusCallback", `${callbackUrl}?message=${encodeURIComponent(id)}`);
  return form.toString();
} // prettier-ignore

type Meaning = (detail: string, retryAfterMs: number | null) => Delivery;
const invalid: Meaning = (detail) => ({ type: "failed", reason: "bad_address", suppress: "invalid", detail });
const optedOut: Meaning = (detail) => ({
  type: "failed",
  reason: "opted_out",
  suppress: "unsubscribed",
  detail,
});
const rejected: Meaning = (detail) => ({ type: "failed", reason: "rejected", suppress: null, detail });
const content: Meaning = (detail) => ({ type: "failed", reason: "content", suppress: null, detail });
const tooLarge: Meaning = (detail) => ({ type: "failed", reason: "too_large", suppress: null, detail });
const rests: Meaning = (detail, retryAfterMs) => trouble(detail, retryAfterMs ?? DRIVER_LIMITS.restMs);
const slow: Meaning = (detail, retryAfterMs) => trouble(detail, retryAfterMs ?? DRIVER_LIMITS.troubleMs);

/** Twilio's codes with a meaning of their own (Error and Warning Dictionary). */
const CODES: { readonly [code: number]: Meaning } = {
  20003: rests, 20005: rests, 20404: rests, 20429: slow, 21603: rests, 21606: rests, 21659: rests, 21660: rests, 21703: rests, 21705: rests, 30002: rests,
  14107: slow, 21611: slow, 30001: slow, 30022: slow,
  21211: invalid, 21214: invalid, 21217: invalid, 21219: rejected, 21401: invalid, 21421: invalid, 21614: invalid,
  21408: rejected, 21612: rejected, 21610: optedOut, 21602: content, 21619: content, 21605: tooLarge, 21617: tooLarge, 21618: content,
}; // prettier-ignore
