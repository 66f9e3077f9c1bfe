/**
 * What somebody typed into the desk's field, as everything it may be: one number can be a phone's, an order's or a
 * loyalty card's, and whoever stands at the till should not have to say which. Pure.
 */
import { normalised } from "../events/identifiers.ts";
import type { Identifier, IdentifierKind } from "../identity/model.ts";
import { type AtomId, atomOf } from "../values.ts";
import { DESK_LIMITS, type LookupQuery } from "./model.ts";

/** All that is to be looked for; whatever of it is found is an answer. */
export type Sought = {
  /** By their very value, as the door normalises it. */
  readonly identifiers: readonly Identifier[];
  /** Codes of these kinds, in small letters: people type them in any case. */
  readonly codes: { readonly kinds: readonly IdentifierKind[]; readonly texts: readonly string[] };
  readonly order: string | null;
  readonly name: string | null;
  readonly atom: AtomId | null;
  /** Why nothing may be found, for whoever finds nothing. */
  readonly hint: string | null;
};

const NOTHING: Sought = { identifiers: [], codes: { kinds: [], texts: [] }, order: null, name: null, atom: null, hint: null }; // prettier-ignore
const PHONE = /^\+?[\d\s()./-]+$/;
/** A number with fewer digits is nobody's telephone. */
const PHONE_DIGITS_MIN = 5;
const digitsOf = (text: string): string => text.replaceAll(/\D/g, "");
const looksLikePhone = (text: string): boolean =>
  PHONE.test(text) && digitsOf(text).length >= PHONE_DIGITS_MIN;

/** What the query asks for. `country` reads numbers that come without one. */
export function soughtOf(query: LookupQuery, country: string | null): Sought {
  const parts: Partial<Sought>[] = [];
  const { q, phone, email, order, loyalty, name } = query;
  if (phone !== undefined) parts.push(byPhone(phone, country));
  if (email !== undefined) parts.push(byEmail(email));
  if (order !== undefined) parts.push({ order });
  if (loyalty !== undefined) parts.push(byCode(loyalty, ["loyalty_id"]));
  if (name !== undefined) parts.push(byName(name));
  if (q !== undefined) parts.push(...byAnything(q, country));
  return parts.reduce<Sought>(joined, NOTHING);
}

function joined(all: Sought, part: Partial<Sought>): Sought {
  return {
    identifiers: [...all.identifiers, ...(part.identifiers ?? [])],
    codes: {
      kinds: [...all.codes.kinds, ...(part.codes?.kinds ?? [])],
      texts: [...all.codes.texts, ...(part.codes?.texts ?? [])],
    },
    order: all.order ?? part.order ?? null,
    name: all.name ?? part.name ?? null,
    atom: all.atom ?? part.atom ?? null,
    hint: all.hint ?? part.hint ?? null,
  };
}

function byAnything(text: string, country: string | null): readonly Partial<Sought>[] {
  if (text.includes("@")) return [byEmail(text), byCode(text, ["user_id"])];
  const parts: Partial<Sought>[] = [byCode(text, ["user_id", "loyalty_id", "external_id"]), { order: text }];
  if (looksLikePhone(text)) parts.push(byPhone(text, country));
  else if (/\p{L}/u.test(text)) parts.push(byName(text));
  const atom = atomOf(text.toLowerCase());
  if (atom !== null) parts.push({ atom });
  return parts;
}

const NO_COUNTRY =
  "A phone number without its country is read with the workspace's, and none is laid down: type it with + and the country, or lay the country down in the desk's settings.";
function byPhone(text: string, country: string | null): Partial<Sought> {
  const digits = digitsOf(text);
  // Some write +49 without its plus: what is a number that way is looked for as well.
  const values = [normalised("phone", text, country ?? undefined), text.startsWith("0") ? null : normalised("phone", `+${digits}`)];
  const identifiers = [...new Set(values.filter((value) => value !== null))].map((value): Identifier => ({ kind: "phone", value }));
  const isNational = !text.startsWith("+") && !text.startsWith("00");
  return { identifiers, hint: country === null && isNational ? NO_COUNTRY : identifiers.length === 0 ? "That is no phone number." : null };
} // prettier-ignore

function byEmail(text: string): Partial<Sought> {
  const value = normalised("email", text);
  return value === null
    ? { hint: "That is no whole e-mail address." }
    : { identifiers: [{ kind: "email", value }] };
}

function byCode(text: string, kinds: readonly IdentifierKind[]): Partial<Sought> {
  const small = text.toLowerCase();
  return { codes: { kinds, texts: [...new Set([small, small.replaceAll(/[\s-]/g, "")])].filter(Boolean) } };
}

function byName(text: string): Partial<Sought> {
  return text.length < DESK_LIMITS.nameCharsMin
    ? { hint: `Of a name ${DESK_LIMITS.nameCharsMin} letters are needed.` }
    : { name: text };
}
