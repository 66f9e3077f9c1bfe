/**
 * Who: the names a customer goes by, the atoms those names lead to, and the links that join atoms to customers.
 *
 * - *identifier*: a normalised name of one kind (`email`, `user_id`, ...). It points at exactly one atom.
 * - *atom*: the body of events that always belong together; knowledge hangs on it.
 * - *link*: a reasoned, undoable join of two atoms. A customer is a connected component of atoms under the links in
 *   force, named after its oldest atom. Undoing a link changes the mapping and nothing else.
 *
 * The rules (blocked values, a limit and a priority per kind) are those of Segment Unify's identity resolution.
 */
import { z } from "zod";
import type { AtomId, Instant } from "../values.ts";

/** The kinds in order of priority: the first one an event carries names the atom it hangs on. */
export const IDENTIFIER_KINDS = [
  "user_id",
  "email",
  "phone",
  "external_id",
  "loyalty_id",
  "push_token",
  "device_id",
  "anonymous_id",
] as const;
export const IdentifierKind = z.enum(IDENTIFIER_KINDS);
export type IdentifierKind = z.infer<typeof IdentifierKind>;

/** What a kind may do. `person` kinds name one person; the others name a device that several people may share. */
export type KindRule = {
  readonly person: boolean;
  /** How many values of the kind one customer may hold; more set the weaker identifier aside. */
  readonly limit: number;
};
/** Segment Unify's defaults: one user_id, five of everything else; devices are given more room. */
export const KIND_RULES: { readonly [kind in IdentifierKind]: KindRule } = {
  user_id: { person: true, limit: 1 },
  email: { person: true, limit: 5 },
  phone: { person: true, limit: 5 },
  external_id: { person: true, limit: 5 },
  loyalty_id: { person: true, limit: 5 },
  push_token: { person: false, limit: 20 },
  device_id: { person: false, limit: 20 },
  anonymous_id: { person: false, limit: 100 },
};
/** Values nobody can own: the defaults of Segment Unify and what broken tag managers send. Compared in lower case. */
export const BLOCKED_VALUES: readonly RegExp[] = [
  /^[0-]*$/,
  /^-1$/,
  /^(null|undefined|none|nil|nan|n\/a|na|unknown|anonymous|guest|test|true|false|\[object object\])$/,
];
/** Longest identifier value, in characters. */
export const IDENTIFIER_MAX = 500;

export const Identifier = z.object({
  kind: IdentifierKind,
  /** Normalised: e-mail trimmed and in lower case, phone in E.164, the rest trimmed. */
  value: z.string().min(1).max(IDENTIFIER_MAX),
});
export type Identifier = z.infer<typeof Identifier>;

/** Why two atoms are one customer. */
export const LinkRule = z.enum(["same_event", "alias"]);
export type LinkRule = z.infer<typeof LinkRule>;

/** One join of two atoms, as the resolver decided it. */
export type Link = {
  readonly a: AtomId;
  readonly b: AtomId;
  readonly rule: LinkRule;
  /** The event that showed it, and the two identifiers that met in it. */
  readonly messageId: string;
  readonly of: readonly [Identifier, Identifier];
  readonly madeAt: Instant;
};

/** Why an identifier on an event was not used. */
export const AsideReason = z.enum(["limit", "shared_device", "undone"]);
export type AsideReason = z.infer<typeof AsideReason>;
/** An identifier set aside: the event went on without it. */
export type Aside = {
  readonly identifier: Identifier;
  readonly reason: AsideReason;
  readonly messageId: string;
  readonly at: Instant;
};
