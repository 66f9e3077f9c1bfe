/** Web Push's seals against the example of RFC 8291 and against a browser's own side of them. */
import { createDecipheriv, createECDH, createHmac, createPublicKey, randomBytes, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encryptPush, vapidHeader, vapidKeysOf } from "./push-encryption.ts";

const of = (text: string) => Buffer.from(text, "base64url");

describe("the message's seal", () => {
  test("is the one of RFC 8291's example, byte by byte", () => {
    const sealed = encryptPush(
      Buffer.from("When I grow up, I want to be a watermelon"),
      {
        p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth: "BTBZMqHH6r4Tts7J_aSIgg",
      },
      { salt: of("DGv6ra1nlYgDCS1FRnbzlw"), privateKey: of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw") },
    );
    expect(sealed.toString("base64url")).toBe(
      "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
    );
  });

  test("is opened by the browser it was made for, whatever the message", () => {
    const browser = createECDH("prime256v1");
    browser.generateKeys();
    const auth = randomBytes(16);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_993 }), (bytes) => {
        const ours = createECDH("prime256v1");
        ours.generateKeys();
        const plain = Buffer.from(bytes);
        const sealed = encryptPush(
          plain,
          { p256dh: browser.getPublicKey("base64url"), auth: auth.toString("base64url") },
          { salt: randomBytes(16), privateKey: ours.getPrivateKey() },
        );
        expect(sealed.length).toBeLessThanOrEqual(4096);
        expect(opened(sealed, browser, auth)).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ["no point", { p256dh: "AAAA", auth: "BTBZMqHH6r4Tts7J_aSIgg" }],
    ["a point off the curve", { p256dh: Buffer.alloc(65, 4).toString("base64url"), auth: "BTBZMqHH6r4Tts7J_aSIgg" }],
    ["a secret of the wrong length", { p256dh: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4", auth: "AAAA" }],
  ])("is refused for %s", (_what, keys) => {
    expect(() => encryptPush(Buffer.from("x"), keys, { salt: randomBytes(16), privateKey: randomBytes(32) })).toThrow(RangeError);
  }); // prettier-ignore
});

test("who sends is signed for one push service and a time, and can be checked with the public key alone", () => {
  const keys = vapidKeysOf(randomBytes(32));
  const header = vapidHeader(keys, "https://push.example", "mailto:ops@shop.example", 1_800_000_000);
  const [, token, key] = /^vapid t=([^,]+), k=([\w-]{87})$/.exec(header)!;
  expect(key).toBe(keys.publicKey);
  const [head, claims, signature] = token!.split(".");
  expect(JSON.parse(of(head!).toString())).toEqual({ typ: "JWT", alg: "ES256" });
  expect(JSON.parse(of(claims!).toString())).toEqual({ aud: "https://push.example", exp: 1_800_000_000, sub: "mailto:ops@shop.example" }); // prettier-ignore
  const point = of(keys.publicKey);
  const publicKey = createPublicKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") },
  }); // prettier-ignore
  expect(verify("sha256", Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: "ieee-p1363" }, of(signature!))).toBe(true); // prettier-ignore
});

/** The browser's side of RFC 8291. */
function opened(sealed: Buffer, browser: ReturnType<typeof createECDH>, auth: Buffer): Buffer {
  const [salt, length] = [sealed.subarray(0, 16), sealed[20]!];
  const sender = sealed.subarray(21, 21 + length);
  const hkdf = (key: Buffer, material: Buffer, info: Buffer, bytes: number) => {
    const extracted = createHmac("sha256", key).update(material).digest();
    return createHmac("sha256", extracted)
      .update(Buffer.concat([info, Buffer.from([1])]))
      .digest()
      .subarray(0, bytes);
  };
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), browser.getPublicKey(), sender]);
  const material = hkdf(auth, browser.computeSecret(sender), info, 32);
  const decipher = createDecipheriv(
    "aes-128-gcm",
    hkdf(salt, material, Buffer.from("Content-Encoding: aes128gcm\0"), 16),
    hkdf(salt, material, Buffer.from("Content-Encoding: nonce\0"), 12),
  );
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(21 + length, -16)), decipher.final()]);
  expect(plain.at(-1)).toBe(2);
  return plain.subarray(0, -1);
}
