/**
 * The proof that a visitor is the customer whose inbox is asked for. A write key stands in every page and an email
 * address can be guessed, so the business's own server, which knows who signed in, signs the name and an end:
 *
 *   ut1.<end in Unix seconds>.<base64url of HMAC-SHA256(secret, "throughline-inbox\n" kind "\n" value "\n" end)>
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Instant } from "../values.ts";

const VERSION = "ut1";
/** A token that outlives this is not believed: it could not be taken back. */
const LASTS_MS_MAX = 30 * 86_400_000;

const macOf = (secret: string, kind: string, value: string, endSeconds: number): Buffer =>
  createHmac("sha256", secret).update(`throughline-inbox\n${kind}\n${value}\n${endSeconds}`).digest();

/** The token of an identifier until `endAt`. */
export function userTokenOf(secret: string, kind: string, value: string, endAt: Instant): string {
  const endSeconds = Math.floor(endAt / 1000);
  return `${VERSION}.${endSeconds}.${macOf(secret, kind, value, endSeconds).toString("base64url")}`;
}

/** Whether the token was made for this identifier with this secret, and is still good. Never throws. */
export function isUserToken(secret: string, kind: string, value: string, token: string, now: Instant): boolean {
  const [, seconds, mac] = /^ut1\.(\d{1,12})\.([\w-]{43})$/.exec(token) ?? [];
  if (seconds === undefined || mac === undefined) return false;
  const endSeconds = Number(seconds);
  if (endSeconds * 1000 <= now || endSeconds * 1000 > now + LASTS_MS_MAX) return false;
  const given = Buffer.from(mac, "base64url");
  return given.length === 32 && timingSafeEqual(given, macOf(secret, kind, value, endSeconds));
} // prettier-ignore
