/**
 * Who may come in: workspaces, their keys, and the people who sign in to the web app.
 *
 * A *write key* is public (it stands in web pages) and may only send events. A *secret key* may do everything in its
 * workspace; it is shown once, and only its SHA-256 is kept. People have a role in each workspace.
 */
import { z } from "zod";

const At = z.iso.datetime().describe("ISO 8601, UTC");

export const KeyKind = z.enum(["write", "secret"]);
export type KeyKind = z.infer<typeof KeyKind>;
export const MemberRole = z.enum(["owner", "editor", "viewer", "desk"]);
export type MemberRole = z.infer<typeof MemberRole>;

/** Every limit of this room in one place. */
export const ACCESS_LIMITS = {
  keysPerWorkspace: 100,
  workspaces: 1_000,
  members: 1_000,
  nameCharsMax: 100,
  passwordCharsMin: 10,
  /** Longer texts cost argon2 nothing more, but a body has to end somewhere. */
  passwordCharsMax: 500,
  /** A session that is not used ends after this. */
  sessionMs: 14 * 24 * 3_600_000,
  /** A session's end moves at most this often, so that reading is not writing. */
  sessionTouchMs: 3_600_000,
  /** What another process revoked or created is known here after this at the latest. */
  keysFreshMs: 5_000,
} as const;

const Name = z.string().trim().min(1).max(ACCESS_LIMITS.nameCharsMax);

/** A key as the list shows it: a secret key by its last characters only. */
export const KeyView = z.object({
  id: z.number().int(),
  kind: KeyKind,
  name: z.string(),
  value: z
    .string()
    .nullable()
    .describe("The whole key of a write key; null for a secret key, which is shown once"),
  hint: z.string().describe("The last characters of the key"),
  createdAt: At,
  revokedAt: At.nullable(),
});
export type KeyView = z.infer<typeof KeyView>;
/** GET /v1/keys: the workspace's keys, newest first, the revoked ones last. */
export const KeyList = z.object({ keys: z.array(KeyView) });
export type KeyList = z.infer<typeof KeyList>;
/** POST /v1/keys. */
export const KeyDraft = z
  .object({ kind: KeyKind, name: Name.describe("What the key is for, e.g. the shop's website") })
  .meta({ examples: [{ kind: "write", name: "Website" }] });
export type KeyDraft = z.infer<typeof KeyDraft>;
/** The new key with its whole value, shown this once. */
export const KeyCreated = KeyView.extend({
  value: z.string().describe("The whole key; a secret key is shown only here"),
});
export type KeyCreated = z.infer<typeof KeyCreated>;

/** POST /v1/workspaces. */
export const WorkspaceDraft = z.object({ name: Name }).meta({ examples: [{ name: "Boots & Co" }] });
export type WorkspaceDraft = z.infer<typeof WorkspaceDraft>;
/** A workspace the caller belongs to, and as what. A key acts as an owner of its workspace. */
export const WorkspaceView = z.object({ id: z.number().int(), name: z.string(), role: MemberRole });
export type WorkspaceView = z.infer<typeof WorkspaceView>;
export const WorkspaceList = z.object({ workspaces: z.array(WorkspaceView) });
export type WorkspaceList = z.infer<typeof WorkspaceList>;
/** The new workspace with its first keys; the secret key is shown this once. */
export const WorkspaceCreated = WorkspaceView.extend({ writeKey: z.string(), secretKey: z.string() });
export type WorkspaceCreated = z.infer<typeof WorkspaceCreated>;

// Lower case, so that one person is not two accounts by a capital letter.
const Email = z.string().trim().toLowerCase().pipe(z.email().max(254));
const NewPassword = z
  .string()
  .min(ACCESS_LIMITS.passwordCharsMin, `A password has at least ${ACCESS_LIMITS.passwordCharsMin} characters`)
  .max(ACCESS_LIMITS.passwordCharsMax);

/** POST /auth/setup: the owner's account, while there is none. */
export const SetUp = z
  .object({ email: Email, name: Name, password: NewPassword, workspaceName: Name.optional() })
  .meta({
    examples: [
      {
        email: "ann@example.com",
        name: "Ann",
        password: "a long sentence is best",
        workspaceName: "Boots & Co",
      },
    ],
  });
export type SetUp = z.infer<typeof SetUp>;
/** POST /auth/sign-in. */
export const SignIn = z
  .object({ email: Email, password: z.string().min(1).max(ACCESS_LIMITS.passwordCharsMax) })
  .meta({ examples: [{ email: "ann@example.com", password: "a long sentence is best" }] });
export type SignIn = z.infer<typeof SignIn>;
/** GET /auth/session, and the answer to setup, sign-in and sign-out. */
export const SessionView = z.object({
  setupNeeded: z.boolean().describe("No owner account exists yet"),
  user: z.object({ id: z.number().int(), email: z.string(), name: z.string() }).nullable(),
  workspaces: z
    .array(WorkspaceView.extend({ zone: z.string().describe("Of its clock: its days are the days") }))
    .describe("Oldest first; the first is chosen when X-Workspace is not sent"),
  csrf: z.string().nullable().describe("To send as X-CSRF-Token with every request but GET and HEAD"),
});
export type SessionView = z.infer<typeof SessionView>;

/** A person of a workspace. */
export const MemberView = z.object({
  id: z.number().int(),
  email: z.string(),
  name: z.string(),
  role: MemberRole,
});
export type MemberView = z.infer<typeof MemberView>;
/** POST /v1/members. */
export const MemberDraft = z
  .strictObject({
    email: Email,
    name: Name,
    role: MemberRole,
    password: NewPassword.optional().describe("For who has no account yet: their first one"),
  })
  .meta({
    examples: [{ email: "bea@example.com", name: "Bea", role: "desk", password: "a long sentence is best" }],
  });
export type MemberDraft = z.infer<typeof MemberDraft>;
/** PUT /v1/members/{id}. */
export const MemberChange = z.strictObject({ role: MemberRole }).meta({ examples: [{ role: "desk" }] });
