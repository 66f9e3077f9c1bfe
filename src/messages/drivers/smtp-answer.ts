/**
 * What an SMTP server's words mean for a message (RFC 5321 replies, RFC 3463 status codes). Pure. The rule behind it:
 * only what is said of this very address condemns the address; what is said of us makes the provider rest.
 */
import type { Delivery } from "../model.ts";
import { DRIVER_LIMITS, detailOf } from "./model.ts";

/** How an attempt over SMTP ended without success. */
export type SmtpEnd = {
  /** Nodemailer's code: EENVELOPE, EAUTH, ETLS, ... */
  readonly code: string | undefined;
  readonly responseCode: number | undefined;
  readonly response: string | undefined;
  /** The command that was answered: CONN, EHLO, AUTH ..., MAIL FROM, RCPT TO, DATA. */
  readonly command: string | undefined;
  readonly message: string;
  /** The whole message was handed to the connection, its end included. */
  readonly handedOver: boolean;
};

/** The status code of RFC 3463 in a reply or a report, such as 5.1.1. */
export function statusOf(text: string | undefined): string | null {
  return /(?:^|[\s#(-])([245]\.\d{1,3}\.\d{1,3})(?=$|[\s:;,)]|\.\s)/.exec(text ?? "")?.[1] ?? null;
}

/** The address is wrong for good: no such mailbox or domain, moved, no mail taken (null MX), or disabled. */
const BAD_ADDRESS = /^5\.(1\.(1|2|3|6|10)|2\.1|4\.4)$/;
/** Our own identity is doubted: SPF, DKIM, DMARC, PTR, authentication, sender's address. */
const OUR_IDENTITY = /^[45]\.(7\.(8|9|11|14|15|2[0-9]|3[0-2]|515|509|57|60|64)|1\.(7|8))$/;
const TOO_LARGE = /^5\.(2\.3|3\.4)$/;
const UNKNOWN_USER =
  /(user|recipient|mailbox|address|account)[^.;]{0,40}(unknown|not (found|exist)|does(n't| not) exist|unavailable|invalid|disabled)|no such (user|mailbox|recipient|address)|(unknown|invalid) (user|recipient|mailbox|address)/i;
/** Greylisting speaks of this message at this moment, not of us. */
const GREYLISTED = /gr[ea]y-?list/i;

/** Whether a refusal for good is about the address itself, by its status code or, where that says nothing, by its words. */
export function condemnsAddress(status: string | null, words: string): boolean {
  if (status !== null && !/^5\.[015]\.0$/.test(status)) return BAD_ADDRESS.test(status);
  return UNKNOWN_USER.test(words);
}

/** What becomes of the message. */
export function deliveryOfSmtp(end: SmtpEnd): Delivery {
  const detail = detailOf(end.response ?? end.message);
  const rest = (afterMs: number): Delivery => ({ type: "retry", afterMs, provider: true, detail });
  if (end.responseCode === undefined) return withoutReply(end, detail, rest);
  const status = statusOf(end.response);
  if (end.code === "EAUTH" || end.command?.startsWith("AUTH") || [530, 534, 535, 538].includes(end.responseCode))
    return rest(end.responseCode < 500 ? DRIVER_LIMITS.troubleMs : DRIVER_LIMITS.restMs); // prettier-ignore
  if (end.responseCode === 421) return rest(DRIVER_LIMITS.troubleMs);
  if (status !== null && OUR_IDENTITY.test(status)) return rest(DRIVER_LIMITS.restMs);
  if (end.responseCode < 500) return temporary(end, status, detail, rest);
  if (end.command !== "RCPT TO" && end.command !== "DATA") return rest(DRIVER_LIMITS.restMs);
  return permanent(end, status, detail, rest);
}

function withoutReply(end: SmtpEnd, detail: string, rest: (afterMs: number) => Delivery): Delivery {
  if (end.handedOver) return { type: "unknown", detail };
  if (end.code === "EAUTH" || end.code === "ENOAUTH" || end.code === "ETLS" || end.code === "EREQUIRETLS")
    return rest(DRIVER_LIMITS.restMs);
  // Said by our own side before anything left: an address that is none, or more than the server said it takes.
  if (end.code === "EENVELOPE") return failed("bad_address", "invalid", detail);
  if (end.code === "EMESSAGE") return failed("too_large", null, detail);
  return rest(DRIVER_LIMITS.troubleMs);
}

function temporary(
  end: SmtpEnd,
  status: string | null,
  detail: string,
  rest: (afterMs: number) => Delivery,
): Delivery {
  const again: Delivery = { type: "retry", afterMs: null, provider: false, detail };
  if (GREYLISTED.test(detail)) return again;
  // 4.3.x: the server itself; 4.7.x: it doubts or slows us down.
  if (status !== null && /^4\.[37]\./.test(status)) return rest(DRIVER_LIMITS.troubleMs);
  return end.command === "RCPT TO" || end.command === "DATA" ? again : rest(DRIVER_LIMITS.troubleMs);
}

function permanent(
  end: SmtpEnd,
  status: string | null,
  detail: string,
  rest: (afterMs: number) => Delivery,
): Delivery {
  if (end.responseCode === 503 || (end.responseCode! < 530 && end.responseCode! !== 521))
    return rest(DRIVER_LIMITS.troubleMs);
  if (status !== null) {
    if (condemnsAddress(status, detail)) return failed("bad_address", "bounced", detail);
    if (TOO_LARGE.test(status)) return failed("too_large", null, detail);
    if (/^5\.3\.[235]$/.test(status)) return rest(DRIVER_LIMITS.restMs);
    return failed(/^5\.(6|7)\./.test(status) ? "content" : "rejected", null, detail);
  }
  if (end.responseCode === 552) return failed("too_large", null, detail);
  if (end.command === "RCPT TO" && (end.responseCode === 551 || end.responseCode === 553 || UNKNOWN_USER.test(detail)))
    return failed("bad_address", "bounced", detail); // prettier-ignore
  return failed("rejected", null, detail);
}

const failed = (
  reason: "bad_address" | "too_large" | "rejected" | "content",
  suppress: "bounced" | "invalid" | null,
  detail: string,
): Delivery => ({ type: "failed", reason, suppress, detail });
