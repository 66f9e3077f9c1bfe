/**
 * Web Push's two seals, on Node's own cryptography: the message for the browser alone (RFC 8291, over RFC 8188's
 * aes128gcm) and who sends it (VAPID, RFC 8292).
 */
import { createCipheriv, createECDH, createHmac, createPrivateKey, sign } from "node:crypto";

/** One record holds the whole message. */
const RECORD_BYTES = 4096;
const POINT_BYTES = 65;
const AUTH_BYTES = 16;
/** Ends the last record's plaintext (RFC 8188, section 2). */
const LAST_RECORD = Buffer.from([2]);

/** What a browser gave for a subscription: its public point and a shared secret. */
export type PushKeys = { readonly p256dh: string; readonly auth: string };
/** Random for each message: 16 bytes, and the private number of a pair used once. */
export type PushEntropy = { readonly salt: Buffer; readonly privateKey: Buffer };

/** The body of a push request. Throws a RangeError when the keys are none. */
export function encryptPush(plain: Buffer, { p256dh, auth }: PushKeys, entropy: PushEntropy): Buffer {
  const [theirs, secret] = [Buffer.from(p256dh, "base64url"), Buffer.from(auth, "base64url")];
  if (theirs.length !== POINT_BYTES || theirs[0] !== 4 || secret.length !== AUTH_BYTES)
    throw new RangeError("The subscription's keys are not a P-256 point and 16 bytes.");
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(entropy.privateKey);
  const ours = pair.getPublicKey();
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), theirs, ours]);
  const material = derived(secret, sharedWith(pair, theirs), info, 32);
  const key = derived(entropy.salt, material, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = derived(entropy.salt, material, Buffer.from("Content-Encoding: nonce\0"), 12);
  const cipher = createCipheriv("aes-128-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(Buffer.concat([plain, LAST_RECORD])), cipher.final(), cipher.getAuthTag()]); // prettier-ignore
  const size = Buffer.alloc(4);
  size.writeUInt32BE(RECORD_BYTES);
  return Buffer.concat([entropy.salt, size, Buffer.from([ours.length]), ours, sealed]);
}

function sharedWith(pair: ReturnType<typeof createECDH>, theirs: Buffer): Buffer {
  try {
    return pair.computeSecret(theirs);
  } catch (cause) {
    throw new RangeError("The subscription's key is no point of the curve.", { cause });
  }
}

/** HKDF (RFC 5869) for at most one block of output. */
function derived(salt: Buffer, material: Buffer, info: Buffer, bytes: number): Buffer {
  const extracted = createHmac("sha256", salt).update(material).digest();
  return createHmac("sha256", extracted)
    .update(Buffer.concat([info, Buffer.from([1])]))
    .digest()
    .subarray(0, bytes);
}

export type VapidKeys = { readonly publicKey: string; readonly privateKey: string };

/** A new pair of VAPID keys, from 32 random bytes. */
export function vapidKeysOf(privateKey: Buffer): VapidKeys {
  const pair = createECDH("prime256v1");
  pair.setPrivateKey(privateKey);
  return {
    publicKey: pair.getPublicKey("base64url"),
    privateKey: pair.getPrivateKey().toString("base64url").padStart(43, "A"),
  };
}

/** The Authorization header for a push service (`audience`: the origin of the endpoint), until `expiresAtSeconds`. */
export function vapidHeader(
  { publicKey, privateKey }: VapidKeys,
  audience: string,
  subject: string,
  expiresAtSeconds: number,
): string {
  const point = Buffer.from(publicKey, "base64url");
  const key = createPrivateKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", d: privateKey, x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") },
  }); // prettier-ignore
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ typ: "JWT", alg: "ES256" })}.${part({ aud: audience, exp: expiresAtSeconds, sub: subject })}`;
  const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `vapid t=${text}.${signature.toString("base64url")}, k=${publicKey}`;
}
