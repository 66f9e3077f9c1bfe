/**
 * Signing in: the owner's account, and sessions kept on the server.
 *
 * A session is a random cookie whose hash alone is stored, so that a stolen database opens no session. It ends 14 days
 * after it was last used. Each session has a CSRF token, which a page of another site can neither read nor guess.
 */
import { LRUCache } from "lru-cache";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import { type Bucket, type Policy, take } from "./bucket.ts";
import { FIRST_WORKSPACE_NAME } from "./first.ts";
import { ACCESS_LIMITS, type SessionView, type SetUp, type SignIn } from "./model.ts";
import { newToken, type Passwords, sha256 } from "./secrets.ts";
import {
  addMember, addSession, addUser, addWorkspace, alone, anyUser, endSession, extendSession, firstWorkspace, type MemberRow,
  renameWorkspace, sessionBy, userBy, workspacesOf,
} from "./store.ts"; // prettier-ignore

/** A session in force. `hash` names it in the store. */
export type Session = {
  readonly hash: string;
  readonly user: { readonly id: number; readonly email: string; readonly name: string };
  readonly csrf: string;
  readonly expiresAt: Instant;
  /** Its end was moved by this request, so the cookie's end moves too. */
  readonly extended: boolean;
};
/** A session that begins, with the token that goes into the cookie and nowhere else. */
export type Started = { readonly token: string; readonly view: SessionView };

/** Attempts at one account from one address, and at all accounts from one address; successes do not count. */
const PER_ACCOUNT: Policy = { name: "sign-in", quota: 5, windowMs: 15 * 60_000 };
const PER_ADDRESS: Policy = { name: "sign-in-address", quota: 50, windowMs: 15 * 60_000 };
const ADDRESSES_MAX = 20_000;

export interface Sessions {
  /** Makes the owner and signs them in. Throws `Failure("conflict")` when an account exists, also when two race. */
  setUp(draft: SetUp): Promise<Started>;
  /** Throws `Failure("unauthenticated")` for a wrong pair and `Failure("too_many")` after too many. */
  signIn(draft: SignIn, address: string): Promise<Started>;
  /** The session of this cookie, while it lasts; using it moves its end. */
  find(token: string): Promise<Session | null>;
  end(session: Session): Promise<void>;
  /** The workspaces a person belongs to, oldest first. */
  workspacesOf(user: number): Promise<readonly MemberRow[]>;
  /** What the web app asks first: who am I, where may I go, must the owner be made. */
  view(session: Session | null): Promise<SessionView>;
}

/** Sessions on `sql`. Attempts are counted in this process. */
export function createSessions(sql: Sql, clock: Clock, passwords: Passwords): Sessions {
  const attempts = createAttempts(clock);
  const start = async (user: { id: number; email: string; name: string }): Promise<Started> => {
    const now = clock();
    const [token, csrf] = [newToken(), newToken()];
    await addSession(sql, sha256(token), user.id, csrf, now, now + ACCESS_LIMITS.sessionMs);
    return {
      token,
      view: { setupNeeded: false, user, workspaces: viewsOf(await workspacesOf(sql, user.id)), csrf },
    };
  };
  return {
    setUp: async (draft) => {
      if (await anyUser(sql)) throw exists();
      const user = {
        email: draft.email,
        name: draft.name,
        password_hash: await passwords.hashOf(draft.password),
      };
      const id = await alone(sql, async (tx) => {
        if (await anyUser(tx)) throw exists();
        return addOwner(tx, user, draft.workspaceName, clock());
      });
      return start({ id, email: user.email, name: user.name });
    },
    signIn: async ({ email, password }, address) => {
      const attempt = attempts.begin(address, email);
      const user = await userBy(sql, email);
      if (!(await passwords.matches(password, user?.password_hash ?? null)) || !user)
        throw new Failure("unauthenticated", "The e-mail address and the password do not belong together.");
      attempt.succeeded();
      return start({ id: user.id, email: user.email, name: user.name });
    },
    find: async (token) => {
      const now = clock();
      const hash = sha256(token);
      const row = await sessionBy(sql, hash, now);
      if (!row) return null;
      const end = now + ACCESS_LIMITS.sessionMs;
      const extended = end - row.expires_at >= ACCESS_LIMITS.sessionTouchMs;
      if (extended) await extendSession(sql, hash, end);
      const user = { id: row.user_id, email: row.email, name: row.name };
      return { hash, user, csrf: row.csrf, expiresAt: extended ? end : row.expires_at, extended };
    },
    end: (session) => endSession(sql, session.hash),
    workspacesOf: (user) => workspacesOf(sql, user),
    view: async (session) =>
      session
        ? {
            setupNeeded: false,
            user: session.user,
            workspaces: viewsOf(await workspacesOf(sql, session.user.id)),
            csrf: session.csrf,
          }
        : { setupNeeded: !(await anyUser(sql)), user: null, workspaces: [], csrf: null },
  };
}

const exists = (): Failure => new Failure("conflict", "An owner account exists already. Sign in with it.");
const viewsOf = (rows: readonly MemberRow[]): SessionView["workspaces"] =>
  rows.map(({ id, name, role, zone }) => ({ id, name, role, zone }));

async function addOwner(
  tx: Sql,
  user: { email: string; name: string; password_hash: string },
  workspaceName: string | undefined,
  now: Instant,
): Promise<number> {
  const first = await firstWorkspace(tx);
  const workspace: WorkspaceId =
    first?.id ?? (await addWorkspace(tx, workspaceName ?? FIRST_WORKSPACE_NAME, now));
  if (first && workspaceName !== undefined) await renameWorkspace(tx, workspace, workspaceName);
  const id = await addUser(tx, user, now);
  await addMember(tx, workspace, id, "owner");
  return id;
}

type Attempt = { succeeded(): void };

/** Counts sign-in attempts before the password is looked at, so that many at once count as many. */
function createAttempts(clock: Clock): { begin(address: string, email: string): Attempt } {
  const buckets = new LRUCache<string, Bucket>({ max: ADDRESSES_MAX });
  const one = (policy: Policy, key: string) => {
    const before = buckets.get(key);
    const taken = take(policy, before, clock());
    buckets.set(key, taken.bucket);
    if (taken.taken) return;
    const minutes = Math.ceil(taken.nextInMs / 60_000);
    throw new Failure(
      "too_many",
      `Too many attempts to sign in. Try again in ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`,
      {
        retryAfterSeconds: Math.ceil(taken.nextInMs / 1000),
      },
    );
  };
  return {
    begin: (address, email) => {
      const account = `${address} ${email}`;
      one(PER_ADDRESS, address);
      one(PER_ACCOUNT, account);
      return {
        succeeded: () => {
          buckets.delete(account);
          const held = buckets.get(address);
          if (held) buckets.set(address, { ...held, tokens: held.tokens + 1 });
        },
      };
    },
  };
}
