/** A certificate of a test's own, signed by itself: X.509 in DER by hand, since Node makes none. */
import { generateKeyPairSync, sign } from "node:crypto";

const length = (n: number): Buffer => {
  if (n < 128) return Buffer.from([n]);
  const hex = n.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
};
const der = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), length(body.length), body]);
};
const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const SHA256_WITH_RSA = sequence(der(0x06, Buffer.from("2a864886f70d01010b", "hex")), der(0x05));
const time = (at: number) =>
  der(0x17, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));

/** A certificate in PEM and what signs with its key. */
export function aCertificate(fromAt: number, untilAt: number) {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const name = sequence(der(0x31, sequence(der(0x06, Buffer.from("550403", "hex")), der(0x0c, Buffer.from("sns.amazonaws.com"))))); // prettier-ignore
  const about = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, Buffer.from([1])), SHA256_WITH_RSA, name, sequence(time(fromAt), time(untilAt)), name,
    publicKey.export({ type: "spki", format: "der" }),
  ); // prettier-ignore
  const signature = sign("sha256", about, privateKey);
  const whole = sequence(about, SHA256_WITH_RSA, der(0x03, Buffer.from([0]), signature));
  const pem = `-----BEGIN CERTIFICATE-----\n${whole.toString("base64").match(/.{1,64}/g)!.join("\n")}\n-----END CERTIFICATE-----\n`; // prettier-ignore
  return { pem, signed: (text: string, hash: "sha1" | "sha256") => sign(hash, Buffer.from(text), privateKey).toString("base64") }; // prettier-ignore
}
