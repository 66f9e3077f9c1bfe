/** The signature of Standard Webhooks (v1): HMAC-SHA256 over id, time and body, by a secret both sides hold. Pure. */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

const PREFIX = "whsec_";
/** Bytes of a new secret; the standard asks for 24 to 64. */
export const SECRET_BYTES = 32;

/** A secret as people copy it. */
export const secretOf = (bytes: Buffer): string => `${PREFIX}${bytes.toString("base64")}`;

/** The headers that let the receiver check who sent `body`, and when. */
export function signedHeaders(
  secret: string,
  messageId: string,
  timestampSeconds: number,
  body: string,
): { readonly [header: string]: string } {
  const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, "base64");
  const signature = createHmac("sha256", key)
    .update(`${messageId}.${timestampSeconds}.${body}`)
    .digest("base64");
  return {
    "webhook-id": messageId,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": `v1,${signature}`,
  };
}

/** Whether two signatures are equal, in a time that tells nothing about where they differ. */
export const sameText = (a: string, b: string): boolean =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
