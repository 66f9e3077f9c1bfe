/**
 * Whether a page is proven to speak for the customer it names, by what the on-site inbox asks for too (messages/visitor.ts):
 * a token that the business's server signed, or trust that was laid down with the provider of in-app messages.
 */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Identifier } from "../identity/model.ts";
import type { ConfigOf } from "../messages/drivers/model.ts";
import { isUserToken } from "../messages/inbox-token.ts";
import { listProviders } from "../messages/provider-store.ts";
import { configOf } from "../messages/providers.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { Vault } from "../vault.ts";

/** What a page says of itself: the name it asks for first, and the token it sent. */
export type Claim = {
  readonly workspace: WorkspaceId;
  readonly names: readonly Identifier[];
  /** A name that can be guessed was given, or a token: it must be proven. */
  readonly mustProve: boolean;
  readonly userToken: string | undefined;
};
/** The names that are proven; `inAppAt`: when the provider was last changed. Throws when one has to be proven and is not. */
export type Prove = (claim: Claim, inAppAt: Instant | null, now: Instant) => Promise<ReadonlySet<Identifier>>;

/** Remembers each workspace's provider for as long as it was not changed. */
export function createProofs(sql: Sql, vault: Vault): Prove {
  const held = new Map<WorkspaceId, { readonly at: Instant; readonly config: ConfigOf<"in_app"> | null }>();
  const configAt = async (workspace: WorkspaceId, at: Instant): Promise<ConfigOf<"in_app"> | null> => {
    const known = held.get(workspace);
    if (known?.at === at) return known.config;
    const provider = (await listProviders(sql, vault, workspace)).find(({ driver }) => driver === "in_app");
    const config = provider ? configOf(provider, "in_app") : null;
    held.set(workspace, { at, config });
    return config;
  };
  return async (claim, inAppAt, now) => {
    const config = inAppAt === null ? null : await configAt(claim.workspace, inAppAt);
    if (config?.proof === "trusted") return new Set(claim.names);
    if (!claim.mustProve) return new Set();
    if (isSigned(claim, config, now)) return new Set([claim.names[0]!]);
    throw new Failure(
      "forbidden",
      claim.userToken === undefined
        ? "A userId can be guessed: send a userToken with it."
        : "The userToken is not one of this customer's, or its time is over.",
    );
  };
}

function isSigned(
  { userToken, names: [first] }: Claim,
  config: ConfigOf<"in_app"> | null,
  now: Instant,
): boolean {
  if (userToken === undefined || config?.secret === undefined || !first) return false;
  return isUserToken(config.secret, first.kind, first.value, userToken, now);
}
