/**
 * What stands in the addresses customers get: signed, so that whoever holds one may do that one thing and nothing else,
 * without a login and without a look into the database. The signature is HMAC-SHA256 with a key of the installation that
 * lies sealed in PostgreSQL; who cannot read that cannot make, change or guess one.
 *
 *   base64url( version, kind, JSON, the first 16 bytes of the signature over all before )
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { MessageChannel, Purpose } from "../permission/model.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import { type Vault, ownSecretOf } from "../vault.ts";
import { ADDRESS_BYTES_MAX } from "./links.ts";
import type { CustomerLinks } from "./footer.ts";

const VERSION = 1;
const MAC_BYTES = 16;
const TOKEN_CHARS_MAX = 6_000;

const Workspace = z.int().min(1).transform((id) => id as WorkspaceId); // prettier-ignore
const Atom = z.int().min(1).transform((id) => id as AtomId); // prettier-ignore
const Message = z.string().min(1).max(200);

/** What a token says, by kind. Their order in the list is their number, for ever. */
const KINDS = {
  unsubscribe: z.tuple([Workspace, Atom, Message, MessageChannel, Purpose]),
  /** `address` null: it lies with the message. */
  click: z.tuple([
    Workspace,
    Atom,
    Message,
    MessageChannel,
    z.int().min(0),
    z.string().max(ADDRESS_BYTES_MAX).nullable(),
  ]),
  open: z.tuple([Workspace, Atom, Message]),
  preferences: z.tuple([Workspace, Atom, Message.nullable()]),
  receipt: z.tuple([Workspace, Atom, Message]),
} as const;
const NUMBERS = ["unsubscribe", "click", "open", "preferences", "receipt"] as const;
export type TokenKind = keyof typeof KINDS;
/** What a token of this kind says. */
export type Said<Kind extends TokenKind> = z.infer<(typeof KINDS)[Kind]>;

/** The key of this installation. */
export type LinkKey = Buffer & { readonly linkKey?: never };

/** A token that says this. */
export function tokenOf<Kind extends TokenKind>(key: LinkKey, kind: Kind, said: Said<Kind>): string {
  const body = Buffer.concat([Buffer.from([VERSION, NUMBERS.indexOf(kind)]), Buffer.from(JSON.stringify(said))]);
  return Buffer.concat([body, signatureOf(key, body)]).toString("base64url");
} // prettier-ignore

/** What a token of this kind says; null for one that we did not make, and for any other text. Never throws. */
export function readToken<Kind extends TokenKind>(key: LinkKey, kind: Kind, token: string): Said<Kind> | null {
  if (token.length > TOKEN_CHARS_MAX) return null;
  const bytes = Buffer.from(token, "base64url");
  // Several texts can stand for the same bytes; only the one we wrote is ours.
  if (bytes.length < 2 + MAC_BYTES || bytes.toString("base64url") !== token) return null;
  const body = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(bytes.subarray(-MAC_BYTES), signatureOf(key, body))) return null;
  if (body[0] !== VERSION || NUMBERS[body[1]!] !== kind) return null;
  const said = KINDS[kind].safeParse(JSON.parse(body.subarray(2).toString("utf8")));
  return said.success ? (said.data as Said<Kind>) : null;
} // prettier-ignore

const signatureOf = (key: LinkKey, body: Buffer): Buffer =>
  createHmac("sha256", key).update(body).digest().subarray(0, MAC_BYTES);

const SECRET_NAME = "links";
/** The key, made when the installation has none yet. Safe when several processes start at once. */
export async function linkKeyOf(sql: Sql, vault: Vault, now: Instant): Promise<LinkKey> {
  const text = await ownSecretOf(sql, vault, SECRET_NAME, () => randomBytes(32).toString("base64url"), now);
  return Buffer.from(text, "base64url");
}

/** A message as its links name it. */
export type Linkable = {
  readonly id: string;
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly channel: MessageChannel;
  readonly purpose: string;
};

/** Where the customer can go from this message. `base` is the address this server is reached by. */
export function customerLinksOf(key: LinkKey, base: string, { id, workspace, atom, channel, purpose }: Linkable): CustomerLinks {
  return {
    unsubscribe: `${base}/u/${tokenOf(key, "unsubscribe", [workspace, atom, id, channel, purpose])}`,
    preferences: `${base}/p/${tokenOf(key, "preferences", [workspace, atom, id])}`,
    receipt: `${base}/r/${tokenOf(key, "receipt", [workspace, atom, id])}`,
  };
} // prettier-ignore

/** What stands in place of a token where nothing is sent to a customer: it may do nothing, and says so. */
export const NO_TOKEN = "test";
/** The links of a preview or a test. Whoever tries a template must not be able to choose for the customer it shows. */
export const testLinksOf = (base: string): CustomerLinks => ({
  unsubscribe: `${base}/u/${NO_TOKEN}`,
  preferences: `${base}/p/${NO_TOKEN}`,
  receipt: `${base}/r/${NO_TOKEN}`,
});

/** Channels whose messages are paid by their length: the address lies with the message, not in the link. */
const SHORT: ReadonlySet<MessageChannel> = new Set(["sms", "whatsapp"]);

/** What leads to an address by way of us. For `sms` and `whatsapp` the addresses must be kept with the message. */
export const trackOf = (key: LinkKey, base: string, { id, workspace, atom, channel }: Linkable) => (address: string, number: number): string =>
  `${base}/l/${tokenOf(key, "click", [workspace, atom, id, channel, number, SHORT.has(channel) ? null : address])}`; // prettier-ignore

/** The image that tells that a message was opened. */
export const openPixelOf = (key: LinkKey, base: string, { id, workspace, atom }: Linkable): string =>
  `${base}/o/${tokenOf(key, "open", [workspace, atom, id])}.gif`;
