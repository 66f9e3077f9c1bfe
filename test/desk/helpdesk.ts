/** A helpdesk's server as its documents tell one to write it: it signs, with the panel's secret, who its agent and its customer are. */
import { createHmac, randomUUID } from "node:crypto";

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
export const signWith = (secret: string, header: object, claims: object): string => {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
};

/** The signed request for a customer known by an e-mail address; `claims` and `header` in place of what is usual. */
export function signedFor(panel: { readonly id: number; readonly secret: string }, email: string, claims: object = {}, header: object = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const usual = { aud: "throughline-desk", sub: "cem@helpdesk.example", name: "Cem", customer: { kind: "email", value: email }, iat: now, exp: now + 120, jti: randomUUID() };
  return signWith(panel.secret, { alg: "HS256", typ: "JWT", kid: String(panel.id), ...header }, { ...usual, ...claims });
} // prettier-ignore
