/**
 * The write key of a collection request: where SDKs put it, and whose it is. "authenticate" is the first step of the door.
 */
import type { FastifyRequest } from "fastify";
import type { WorkspaceId } from "../values.ts";
import type { Envelope } from "./envelope.ts";

/** Whose write key it is. `country` (ISO 3166, two letters) is the workspace's, for phone numbers without one. */
export type KeyHolder = {
  readonly key: number;
  readonly workspace: WorkspaceId;
  readonly country?: string | undefined;
};
/** Finds a write key; null when there is none such, or it was revoked. Called for every request, so it must be cached. */
export interface WriteKeys {
  find(writeKey: string): Promise<KeyHolder | null>;
}
/** A key longer than this is none of ours and not worth a search. */
const KEY_CHARS_MAX = 300;

/** Where a request may carry its write key; the first that is there counts. */
export type KeyPlace = "basic" | "header" | "body" | "query";

/** The key a request carries, from the first of these places that has one. */
export function keyIn(
  request: FastifyRequest,
  envelope: Envelope,
  places: readonly KeyPlace[],
): string | undefined {
  for (const place of places) {
    const key = KEY_IN[place](request, envelope);
    if (key !== undefined && key !== "") return key;
  }
  return undefined;
}
const KEY_IN: {
  readonly [place in KeyPlace]: (request: FastifyRequest, envelope: Envelope) => string | undefined;
} = {
  basic: ({ headers }) => basicUser(headers.authorization),
  header: ({ headers }) => headers["x-write-key"]?.toString(),
  body: (_request, envelope) => envelope.writeKey ?? bodyKey(envelope),
  query: ({ query }) => {
    const { writeKey } = query as { writeKey?: string | string[] };
    return typeof writeKey === "string" ? writeKey : undefined;
  },
};

/** Some proxies send a batch whose events carry the key, and the batch none. */
function bodyKey({ events }: Envelope): string | undefined {
  const first = events[0];
  const key = typeof first === "object" && first !== null && "writeKey" in first ? first.writeKey : undefined;
  return typeof key === "string" ? key : undefined;
}

/** The user name of HTTP Basic, with or without the colon behind it. */
export function basicUser(authorization: string | undefined): string | undefined {
  const basic = /^basic +([A-Za-z0-9+/_=-]+) *$/i.exec(authorization ?? "");
  if (!basic || basic[1]!.length > 2 * KEY_CHARS_MAX) return undefined;
  const user = Buffer.from(basic[1]!, "base64").toString("utf8");
  return user.endsWith(":") ? user.slice(0, -1) : user;
}

/** Keys of Jitsu's form `id:secret` are known by the whole or by the id. */
export async function holderOf(keys: WriteKeys, writeKey: string | undefined): Promise<KeyHolder | null> {
  if (writeKey === undefined || writeKey.length > KEY_CHARS_MAX) return null;
  const colon = writeKey.indexOf(":");
  return (await keys.find(writeKey)) ?? (colon > 0 ? keys.find(writeKey.slice(0, colon)) : null);
}
