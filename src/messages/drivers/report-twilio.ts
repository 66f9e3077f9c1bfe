/** Twilio's callbacks: what became of a text message, and what people answer. Signed with the account's token. */
import { createHash, createHmac } from "node:crypto";
import type { Instant } from "../../values.ts";
import { sameText } from "../../webhooks/sign.ts";
import type { Report } from "../model.ts";
import { detailOf } from "./model.ts";
import { askedBy } from "./stop-words.ts";

/** X-Twilio-Signature of a request: over its address and its form, or over its address that names the body's hash. */
export function twilioSignatureOf(authToken: string, url: string, form: URLSearchParams): string {
  const text = [...form.entries()].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([name, value]) => name + value).join(""); // prettier-ignore
  return createHmac("sha1", authToken).update(url + text).digest("base64"); // prettier-ignore
}

/** Whether Twilio sent this. `url` as Twilio calls it; the port may or may not stand in what it signed. */
export function isFromTwilio(
  authToken: string,
  given: { readonly url: string; readonly signature: string; readonly body: string; readonly isForm: boolean },
): boolean {
  const bodyHash = new URL(given.url).searchParams.get("bodySHA256");
  if (!given.isForm && bodyHash === null) return false;
  if (bodyHash !== null && !sameText(bodyHash.toLowerCase(), createHash("sha256").update(given.body).digest("hex"))) return false;
  const form = given.isForm && bodyHash === null ? new URLSearchParams(given.body) : new URLSearchParams();
  return urlsOf(given.url).some((url) => sameText(given.signature, twilioSignatureOf(authToken, url, form)));
} // prettier-ignore

/** The address without its port, and with the usual one. */
function urlsOf(url: string): readonly string[] {
  const { protocol, port } = new URL(url);
  const without = url.replace(/^([a-z]+:\/\/(?:\[[^\]]*\]|[^/:?#]+)):\d+/, "$1");
  const usual = without.replace(/^([a-z]+:\/\/(?:\[[^\]]*\]|[^/:?#]+))/, `$1:${port || (protocol === "https:" ? 443 : 80)}`);
  return [...new Set([url, without, usual])];
} // prettier-ignore

/** The number is none, or can get no text messages. */
const DEAD_NUMBER = new Set(["21211", "21614", "30005", "30006"]);

/** What a verified callback says. `messageId`: ours, as it stood in the address. */
export function readTwilio(form: URLSearchParams, messageId: string | null, provider: number, at: Instant): readonly Report[] {
  const sid = form.get("MessageSid") ?? form.get("SmsSid");
  if (sid === null) return [];
  const status = form.get("MessageStatus") ?? form.get("SmsStatus") ?? "received";
  const base = { provider, reportId: `twilio:${sid}:${status}`, at };
  if (status === "received") return [{ ...base, providerId: null, messageId: null, permanent: false, ...answerIn(form) }];
  const code = form.get("ErrorCode") ?? "";
  const meant = meaningOf(status, code);
  const detail = detailOf(`${code} ${form.get("ErrorMessage") ?? ""}`);
  return meant === null ? [] : [{ ...base, providerId: sid, messageId, address: form.get("To"), detail, what: meant[0], permanent: meant[1] }];
} // prettier-ignore

/** What somebody wrote to the business' number. */
function answerIn(form: URLSearchParams): Pick<Report, "what" | "address" | "detail"> {
  const text = form.get("Body") ?? "";
  const asked = form.get("OptOutType")?.toLowerCase() ?? askedBy(text);
  const what = asked === "stop" ? "unsubscribed" : asked === "start" ? "resubscribed" : "replied";
  return { what, address: form.get("From"), detail: detailOf(text) };
}

function meaningOf(status: string, code: string): readonly [what: Report["what"], permanent: boolean] | null {
  if (status === "delivered") return ["delivered", false];
  if (status === "read") return ["opened", false];
  if (status !== "undelivered" && status !== "failed") return null;
  if (code === "21610") return ["unsubscribed", true];
  return DEAD_NUMBER.has(code) ? ["bounced", true] : [status === "undelivered" ? "bounced" : "failed", false];
}
