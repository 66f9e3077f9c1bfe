/**
 * Arithmetic of templates, in decimals: 0.1 plus 0.2 is 0.3, and a whole number divided by a whole number is whole, as
 * people who write Liquid expect from elsewhere. Numbers are taken apart into digits and a power of ten, so nothing is
 * lost on the way. Pure.
 */

/** `digits` divided by ten to the power `places`. */
type Decimal = { readonly digits: bigint; readonly places: number };

/** Digits behind the point that are looked at; what is smaller is rounded away. */
const PLACES_MAX = 30;
/** What a text may begin with to count as a number. */
const NUMBER = /^\s*(-?\d{1,40})(?:\.(\d{1,40}))?/;

/** The decimal in a value of a template; what is no number counts as 0. */
function decimalOf(value: unknown): Decimal {
  const text = typeof value === "number" && Number.isFinite(value) ? written(value) : typeof value === "string" ? value : ""; // prettier-ignore
  const found = NUMBER.exec(text);
  if (!found) return { digits: 0n, places: 0 };
  const [, whole, part = ""] = found;
  const kept = part.slice(0, PLACES_MAX);
  return { digits: BigInt(whole!.replace("-", "") + kept) * (whole!.startsWith("-") ? -1n : 1n), places: kept.length }; // prettier-ignore
}

/** The number without an exponent. */
function written(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  return Math.abs(value) >= 1 ? BigInt(Math.trunc(value)).toString().slice(0, 40) : value.toFixed(PLACES_MAX);
}

const at = ({ digits, places }: Decimal, wanted: number): bigint => digits * 10n ** BigInt(wanted - places);

function numberOf({ digits, places }: Decimal): number {
  if (places === 0) return Number(digits);
  const text = (digits < 0n ? -digits : digits).toString().padStart(places + 1, "0");
  return Number(`${digits < 0n ? "-" : ""}${text.slice(0, -places)}.${text.slice(-places)}`);
}

function aligned(a: unknown, b: unknown): readonly [bigint, bigint, number] {
  const [left, right] = [decimalOf(a), decimalOf(b)];
  const places = Math.max(left.places, right.places);
  return [at(left, places), at(right, places), places];
}

const whole = (value: unknown): boolean => decimalOf(value).places === 0;
/** Rounded towards minus infinity. */
const floorOf = (a: bigint, b: bigint): bigint => {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
};

export const plus = (a: unknown, b: unknown): number => {
  const [left, right, places] = aligned(a, b);
  return numberOf({ digits: left + right, places });
};
export const minus = (a: unknown, b: unknown): number => {
  const [left, right, places] = aligned(a, b);
  return numberOf({ digits: left - right, places });
};
export const times = (a: unknown, b: unknown): number => {
  const [left, right] = [decimalOf(a), decimalOf(b)];
  return numberOf({ digits: left.digits * right.digits, places: left.places + right.places });
};

/** Whole by whole is whole, rounded down: 9 by 2 is 4. Throws when `b` is 0. */
export function dividedBy(a: unknown, b: unknown): number {
  const [left, right] = aligned(a, b);
  if (right === 0n) throw new Error("divided by 0");
  if (whole(a) && whole(b)) return Number(floorOf(left, right));
  const places = 15;
  return numberOf({ digits: floorOf(left * 10n ** BigInt(places), right), places });
}

/** What is left of `a` by `b`, with the sign of `b`. Throws when `b` is 0. */
export function modulo(a: unknown, b: unknown): number {
  const [left, right, places] = aligned(a, b);
  if (right === 0n) throw new Error("divided by 0");
  return numberOf({ digits: left - right * floorOf(left, right), places });
}

/** Rounded half away from zero to so many places (0 to 15). */
export function rounded(value: unknown, wanted: unknown): number {
  const places = Math.min(15, Math.max(0, Math.trunc(Number(wanted) || 0)));
  const decimal = decimalOf(value);
  if (decimal.places <= places) return numberOf(decimal);
  const unit = 10n ** BigInt(decimal.places - places);
  const size = decimal.digits < 0n ? -decimal.digits : decimal.digits;
  const digits = (size + unit / 2n) / unit;
  return numberOf({ digits: decimal.digits < 0n ? -digits : digits, places });
}
