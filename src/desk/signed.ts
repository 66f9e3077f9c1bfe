/**
 * The signed identity a helpdesk frames the panel with: a JSON Web Token (RFC 7519), HMAC-SHA256 with the panel's secret,
 * that lives for minutes and opens the panel once. And the key that the panel asks with from then on, which is of our own
 * making, names one customer, and is no cookie, so a browser that refuses those of other sites changes nothing.
 */
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { Identifier } from "../identity/model.ts";
import type { LinkKey } from "../messages/tokens.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import { DESK_LIMITS } from "./model.ts";

/** Whom a signed request is for. */
export const PANEL_AUDIENCE = "throughline-desk";

const Header = z.object({ alg: z.literal("HS256"), kid: z.string().regex(/^[1-9][0-9]{0,8}$/) });
const Claims = z.object({
  aud: z.string(),
  /** The agent's e-mail address; `name` is what colleagues call them. */
  sub: z.string().min(1).max(DESK_LIMITS.agentChars),
  name: z.string().trim().min(1).max(DESK_LIMITS.agentChars).optional(),
  customer: Identifier,
  iat: z.number(),
  exp: z.number(),
  /** Names this request, so that it is used once. */
  jti: z.string().min(1).max(200),
});
export type PanelClaims = z.infer<typeof Claims>;
/** Why a signed request opens nothing. */
export type PanelRefusal = "malformed" | "signature" | "audience" | "expired" | "not_yet" | "too_long";
export type PanelProof = { readonly type: "proven"; readonly claims: PanelClaims } | { readonly type: "refused"; readonly reason: PanelRefusal }; // prettier-ignore

const jsonIn = (part: string | undefined): unknown => {
  try {
    return JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8")) as unknown;
  } catch {
    // Anybody may send anything here: what is no JSON is no token.
    return null;
  }
};

/** The panel a token says it is of, proven or not; null for what is no token. */
export function panelNamedIn(token: string): number | null {
  if (token.length > DESK_LIMITS.tokenChars) return null;
  const header = Header.safeParse(jsonIn(token.split(".")[0]));
  return header.success ? Number(header.data.kid) : null;
}

/** Whether the panel's secret signed it, for us, and it is good at `now`, give or take a minute. */
export function provenPanelToken(secret: string, token: string, now: Instant): PanelProof {
  const refused = (reason: PanelRefusal): PanelProof => ({ type: "refused", reason });
  const parts = token.split(".");
  if (parts.length !== 3 || panelNamedIn(token) === null) return refused("malformed");
  const [header, payload, signature] = parts as [string, string, string];
  const mac = createHmac("sha256", secret).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== mac.length || !timingSafeEqual(given, mac)) return refused("signature");
  const claims = Claims.safeParse(jsonIn(payload));
  if (!claims.success) return refused("malformed");
  const { aud, iat, exp } = claims.data;
  if (aud !== PANEL_AUDIENCE) return refused("audience");
  if (exp * 1000 <= now - DESK_LIMITS.skewMs) return refused("expired");
  if (iat * 1000 > now + DESK_LIMITS.skewMs) return refused("not_yet");
  return (exp - iat) * 1000 > DESK_LIMITS.tokenMs ? refused("too_long") : { type: "proven", claims: claims.data }; // prettier-ignore
}

/** The key of this installation for panels, made of the one for links. */
export type PanelKey = Buffer & { readonly panelKey?: never };
export const panelKeyOf = (key: LinkKey): PanelKey => Buffer.from(hkdfSync("sha256", key, "", "throughline desk panel", 32)); // prettier-ignore

/** What an opened panel may: one agent, one customer, until `endsAt`. */
export type PanelPass = { readonly workspace: WorkspaceId; readonly panel: number; readonly agent: string; readonly customer: AtomId; readonly endsAt: Instant }; // prettier-ignore
const Pass = z.tuple([z.int().min(1), z.int().min(1), z.string(), z.int().min(1), z.int()]);
const PREFIX = "dp1";

const macOf = (key: PanelKey, body: string): Buffer => createHmac("sha256", key).update(body).digest();

/** The pass as the text that is sent with each question. */
export function panelPassOf(key: PanelKey, { workspace, panel, agent, customer, endsAt }: PanelPass): string {
  const said: z.infer<typeof Pass> = [workspace, panel, agent, customer, endsAt];
  const body = `${PREFIX}.${Buffer.from(JSON.stringify(said)).toString("base64url")}`;
  return `${body}.${macOf(key, body).toString("base64url")}`;
}

/** Whether a bearer's text is meant to be a panel's pass. */
export const isPanelPass = (text: string): boolean => text.startsWith(`${PREFIX}.`);
/** The pass of a text; null for one that we did not make, or whose time is over. */
export function readPanelPass(key: PanelKey, text: string, now: Instant): PanelPass | null {
  const at = text.lastIndexOf(".");
  const body = text.slice(0, Math.max(0, at));
  const [given, mac] = [Buffer.from(text.slice(at + 1), "base64url"), macOf(key, body)];
  if (!isPanelPass(body) || given.length !== mac.length || !timingSafeEqual(given, mac)) return null;
  const said = Pass.safeParse(jsonIn(body.slice(PREFIX.length + 1)));
  if (!said.success) return null;
  const [workspace, panel, agent, customer, endsAt] = said.data;
  return endsAt > now ? { workspace: workspace as WorkspaceId, panel, agent, customer: customer as AtomId, endsAt } : null; // prettier-ignore
}
