/**
 * Mail that came back: delivery status notifications (RFC 3464) and complaints (RFC 5965). Pure. It tells which mail of
 * ours is meant by the address the notice was sent to and by the Message-ID of the mail enclosed.
 */
import type { Instant } from "../../values.ts";
import { type Headers, type Part, headerOf, parseMail, partsOf, splitHeaders } from "./mime.ts";
import { detailOf } from "./model.ts";
import { condemnsAddress, statusOf } from "./smtp-answer.ts";

/** What a notice says of one recipient. */
export type Returned = {
  readonly address: string | null;
  readonly action: "failed" | "delayed" | "delivered" | "relayed" | "expanded";
  /** RFC 3463, such as 5.1.1. */
  readonly status: string | null;
  /** The address will never take mail. */
  readonly permanent: boolean;
  readonly detail: string;
};
export type Notice = {
  /** Where the notice itself was sent to: with VERP, that names our mail. */
  readonly sentTo: readonly string[];
  /** The Message-ID of the mail it is about. */
  readonly mailId: string | null;
  readonly at: Instant | null;
} & (
  | { readonly type: "bounce"; readonly recipients: readonly Returned[] }
  /** `kind`: abuse, fraud, virus, other, not-spam, opt-out, ... */
  | { readonly type: "complaint"; readonly kind: string }
);

/** Looked at of another server's words. */
const WORDS_CHARS_MAX = 2_000;
const ACTIONS = ["failed", "delayed", "delivered", "relayed", "expanded"] as const;

/** Reads a mail (one character a byte); null when it is neither a bounce nor a complaint in the standard forms. */
export function readNotice(raw: string): Notice | null {
  const mail = parseMail(raw);
  const common = { sentTo: sentToOf(mail.headers), mailId: enclosedIdOf(mail), at: atOf(mail.headers) };
  const [complaint] = partsOf(mail, /^message\/feedback-report$/);
  if (complaint) {
    const { headers } = splitHeaders(complaint.body);
    return { ...common, type: "complaint", kind: headerOf(headers, "feedback-type")?.toLowerCase() ?? "other" };
  }
  const [status] = partsOf(mail, /^message\/(global-)?delivery-status$/);
  if (!status) return null;
  // The first group is about the mail, each further one about a recipient.
  const groups = status.body.replace(/^(\r?\n)+/, "").split(/(?:\r?\n[ \t]*){2,}/).map((text) => splitHeaders(text).headers);
  const recipients = groups.filter((headers) => headers["action"] || headers["final-recipient"]).flatMap(returnedOf);
  return recipients.length === 0 ? null : { ...common, type: "bounce", recipients };
} // prettier-ignore

function returnedOf(headers: Headers): readonly Returned[] {
  const said = headerOf(headers, "action")?.toLowerCase().split(/[\s(]/)[0];
  const action = ACTIONS.find((one) => one === said);
  if (!action) return [];
  const diagnosis = (headerOf(headers, "diagnostic-code") ?? "")
    .slice(0, WORDS_CHARS_MAX)
    .replace(/^[\w-]+\s*;\s*/, "");
  const told = /([245]\.\d{1,3}\.\d{1,3})/.exec(headerOf(headers, "status") ?? "")?.[1] ?? null;
  // Many write x.0.0 and put the real code into the other server's words.
  const status = told === null || told.endsWith(".0.0") ? (statusOf(diagnosis) ?? told) : told;
  const address = headerOf(headers, "original-recipient") ?? headerOf(headers, "final-recipient");
  return [
    {
      action, status,
      address: address === null ? null : addressIn(address.replace(/^[\w-]+\s*;/, "")),
      permanent: action === "failed" && condemnsAddress(status, diagnosis),
      detail: detailOf(diagnosis || `${action} ${status ?? ""}`),
    },
  ]; // prettier-ignore
}

/** The Message-ID of the mail inside the report: whole, or its headers alone. */
function enclosedIdOf(mail: Part): string | null {
  for (const part of partsOf(mail, /^(message\/(rfc822|global)|(text\/rfc822|message\/global)-headers)$/)) {
    const inner = part.parts[0];
    const id = inner && headerOf(inner.headers, "message-id");
    if (id) return id;
  }
  return null;
}

/** What mail servers write down of where a mail was delivered to, the surest first. */
function sentToOf(headers: Headers): readonly string[] {
  const names = ["x-original-to", "delivered-to", "envelope-to", "to"];
  return [...new Set(names.flatMap((name) => headers[name] ?? []).map(addressIn))].filter((text) => text.includes("@")); // prettier-ignore
}

const addressIn = (text: string): string => (/<([^<>]+)>/.exec(text)?.[1] ?? text).trim();

function atOf(headers: Headers): Instant | null {
  const at = Date.parse((headerOf(headers, "date") ?? "").slice(0, 100).replace(/\([^)]*\)\s*$/, ""));
  return Number.isNaN(at) ? null : at;
}
