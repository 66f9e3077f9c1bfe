/**
 * What a decision is reported by: which candidate was chosen for whom, in a text that nobody else can make, change or
 * read. The page that gets it holds no personal data in clear, and the server keeps nothing until something comes of it.
 *
 *   base64url( version, a nonce of 12 bytes, AES-256-GCM of a JSON list, its 16 bytes of proof )
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { z } from "zod";
import { Identifier } from "../identity/model.ts";
import { LearningTold } from "../learning/model.ts";
import type { LinkKey } from "../messages/tokens.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { DECISION_LIMITS, PlaceKind, Ranking } from "./model.ts";

const VERSION = 1;
const [NONCE_BYTES, PROOF_BYTES] = [12, 16];

/** The key of this installation for decisions, made of the one for links. */
export type DecisionKey = Buffer & { readonly decisionKey?: never };
export const decisionKeyOf = (key: LinkKey): DecisionKey =>
  Buffer.from(hkdfSync("sha256", key, "", "throughline decisions", 32));

const Said = z.tuple([
  z.int().min(1), z.string(), z.string(), z.int(), Ranking, z.number(), Identifier.shape.kind, Identifier.shape.value, PlaceKind, z.int(),
  LearningTold.nullish(),
]); // prettier-ignore
/** A decision as its token tells it. */
export type DecisionTold = {
  readonly workspace: WorkspaceId;
  readonly place: string;
  readonly placeKind: PlaceKind;
  readonly candidate: string;
  readonly version: number;
  readonly ranking: Ranking;
  readonly propensityRatio: number;
  /** The name the customer was asked for by. */
  readonly who: Identifier;
  readonly at: Instant;
  /** What the choice of a place that learns rested on. */
  readonly learning: LearningTold | null;
};

/** Random bytes cost a system call, so they are drawn for many tokens at once. */
const NONCES = 256;
let [drawn, used] = [Buffer.alloc(0), 0];
function nextNonce(): Buffer {
  if (used === drawn.length) [drawn, used] = [randomBytes(NONCES * NONCE_BYTES), 0];
  used += NONCE_BYTES;
  return drawn.subarray(used - NONCE_BYTES, used);
}

/** The token of a decision; each call gives another one. */
export function decisionTokenOf(key: DecisionKey, told: DecisionTold): string {
  const { workspace, place, candidate, version, ranking, propensityRatio, who, placeKind, at, learning } = told;
  const said: z.infer<typeof Said> = [workspace, place, candidate, version, ranking, propensityRatio, who.kind, who.value, placeKind, at, learning];
  const nonce = nextNonce();
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(said), "utf8"), cipher.final()]);
  return Buffer.concat([Buffer.from([VERSION]), nonce, sealed, cipher.getAuthTag()]).toString("base64url");
} // prettier-ignore

/** The decision of a token, with its own name; null for a text that is no token of ours. Never throws. */
export function readDecisionToken(key: DecisionKey, token: string): (DecisionTold & { readonly id: string }) | null {
  if (token.length > DECISION_LIMITS.tokenChars) return null;
  const bytes = Buffer.from(token, "base64url");
  if (bytes[0] !== VERSION || bytes.length <= 1 + NONCE_BYTES + PROOF_BYTES) return null;
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const text = unsealed(key, nonce, bytes.subarray(1 + NONCE_BYTES, -PROOF_BYTES), bytes.subarray(-PROOF_BYTES));
  const said = text === null ? null : Said.safeParse(JSON.parse(text));
  if (!said?.success) return null;
  const [workspace, place, candidate, version, ranking, propensityRatio, kind, value, placeKind, at, learning = null] = said.data;
  return { id: nonce.toString("hex"), workspace: workspace as WorkspaceId, place, placeKind, candidate, version, ranking, propensityRatio, who: { kind, value }, at, learning };
} // prettier-ignore

function unsealed(key: DecisionKey, nonce: Buffer, sealed: Buffer, proof: Buffer): string | null {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: PROOF_BYTES });
  decipher.setAuthTag(proof);
  const text = decipher.update(sealed);
  try {
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch {
    // Its proof is not ours: anybody may send anything here.
    return null;
  }
}
