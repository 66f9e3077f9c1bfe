/**
 * Who calls from a page or an app, and whose inbox and push addresses are the caller's own. A write key says which
 * business; the customer is proven by a token the business signed (`inbox-token.ts`), or by a device's name, which a page
 * or an app made up at random and tells nobody else. A name that can be guessed proves nothing, unless the workspace says
 * that it trusts its callers.
 */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { atomsOfCustomer, findAtom } from "../customers/read.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { type WriteKeys, basicUser } from "../events/credentials.ts";
import { IDENTIFIER_MAX, IdentifierKind, KIND_RULES } from "../identity/model.ts";
import type { AtomId, Clock, Instant, WorkspaceId } from "../values.ts";
import type { Vault } from "../vault.ts";
import type { ConfigOf } from "./drivers/model.ts";
import { isUserToken } from "./inbox-token.ts";
import { listProviders } from "./provider-store.ts";
import { configOf } from "./providers.ts";

export type VisitorDeps = {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly keys: WriteKeys;
};

/** In the query, because a browser's EventSource sends no headers of one's own. */
export const WriteKey = z.string().max(300).optional().describe("A write key, if it is not sent as HTTP Basic"); // prettier-ignore
export const Who = {
  writeKey: WriteKey,
  kind: IdentifierKind.describe("By which kind of identifier the customer is named"),
  value: z.string().min(1).max(IDENTIFIER_MAX),
  userToken: z.string().max(200).optional().describe("Signed by the business's server for this identifier"),
};
export type Asker = z.infer<z.ZodObject<typeof Who>>;
/** What a device's name opens without a token: only what belongs to a visitor without a name, or whoever it is by now. */
export type DevicesOpen = "the_unnamed" | "anybody";

const DEVICES: ReadonlySet<string> = new Set(["anonymous_id", "device_id"]);

/** The workspace of a write key. Throws `Failure("unauthenticated")`. */
export async function workspaceOf(keys: WriteKeys, request: FastifyRequest, writeKey: string | undefined): Promise<WorkspaceId> {
  const given = basicUser(request.headers.authorization) ?? writeKey;
  const holder = given === undefined ? null : await keys.find(given);
  if (!holder) throw new Failure("unauthenticated", "Send a write key that is in force.");
  return holder.workspace;
} // prettier-ignore

/**
 * The caller's customer: its workspace and atoms, oldest first; no atoms when nobody is known by the name. Throws
 * `Failure` when it is not proven whose it is, or the workspace has no provider for in-app messages and `needsInbox` is true.
 */
export async function visitorOf(
  { sql, vault, clock, keys }: VisitorDeps,
  request: FastifyRequest,
  asked: Asker,
  devices: DevicesOpen,
  needsInbox = devices === "the_unnamed",
): Promise<{ readonly workspace: WorkspaceId; readonly atoms: readonly AtomId[] }> {
  const workspace = await workspaceOf(keys, request, asked.writeKey);
  const provider = (await listProviders(sql, vault, workspace)).find(({ driver }) => driver === "in_app");
  const config = provider ? configOf(provider, "in_app") : null;
  if (!config && needsInbox)
    throw new Failure("not_found", "This workspace has no provider for in-app messages.");
  const free = isFree(config, asked, clock());
  const atom = await findAtom(sql, workspace, asked.kind, asked.value);
  const atoms = atom === null ? [] : await atomsOfCustomer(sql, workspace, atom);
  const named = atoms.some(({ identifiers }) => identifiers.some(([held]) => KIND_RULES[held].person));
  if (!free && named && devices === "the_unnamed")
    throw new Failure("forbidden", "This device's customer is known by name by now: send a userToken.");
  return { workspace, atoms: atoms.map(({ id }) => id) };
} // prettier-ignore

/** Whether the caller is proven, or trusted, to be whom it says. Throws when it has to be and is not. */
function isFree(config: ConfigOf<"in_app"> | null, { kind, value, userToken }: Asker, now: Instant): boolean {
  if (userToken !== undefined) {
    if (config?.secret !== undefined && isUserToken(config.secret, kind, value, userToken, now)) return true;
    throw new Failure("forbidden", "The userToken is not one of this customer's, or its time is over.");
  }
  if (config?.proof === "trusted") return true;
  if (DEVICES.has(kind)) return false;
  throw new Failure("forbidden", `A ${kind} can be guessed: send a userToken with it.`);
} // prettier-ignore
