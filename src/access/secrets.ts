/** Texts nobody can guess, and what is kept of them: a SHA-256, or argon2id for what people choose. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { hash, verify } from "@node-rs/argon2";
import { Failure } from "../errors.ts";
import type { KeyKind } from "./model.ts";

/** A new key: `wk_` or `sk_` and 192 or 256 random bits in base64url. */
export const newKey = (kind: KeyKind): string =>
  kind === "write"
    ? `wk_${randomBytes(24).toString("base64url")}`
    : `sk_${randomBytes(32).toString("base64url")}`;
/** 256 random bits in base64url: a session's cookie or its CSRF token. */
export const newToken = (): string => randomBytes(32).toString("base64url");

/** The SHA-256 of a text, in hexadecimal. Enough for texts of 128 random bits and more; never for passwords. */
export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
/** Whether two texts are equal, in a time that tells nothing about where they differ. */
export const equalTexts = (a: string, b: string): boolean =>
  timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());

/** OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane. */
const ARGON2 = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Hashes at work at once: each takes 19 MiB and a thread of the pool that files and DNS need too. */
const AT_ONCE_MAX = 2;
const WAITING_MAX = 50;

export type Passwords = {
  /** The argon2id hash to keep. Throws `Failure("too_many")` when too many wait. */
  hashOf(password: string): Promise<string>;
  /** Whether the password is the one `kept` was made of; takes as long when `kept` is null (nobody by that name). */
  matches(password: string, kept: string | null): Promise<boolean>;
};

/** A bounded place to hash passwords in. */
export function createPasswords(): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  let nobody: Promise<string> | null = null;
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= AT_ONCE_MAX) {
      if (waiting.length >= WAITING_MAX)
        throw new Failure("too_many", "Too many people are signing in at this moment.", {
          retryAfterSeconds: 5,
        });
      await new Promise<void>((go) => waiting.push(go));
    } else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };
  return {
    hashOf: (password) => inTurn(() => hash(password, ARGON2)),
    matches: (password, kept) =>
      inTurn(async () => {
        // Made whoever signs in, so that the first unknown name takes no longer than the next.
        nobody ??= hash(newToken(), ARGON2);
        const stranger = await nobody;
        const same = await verify(kept ?? stranger, password);
        return same && kept !== null;
      }),
  };
}
