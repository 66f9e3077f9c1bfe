/** Customers, messages and policies for the tests of permission, told by what is special about them. */
import {
  type Answer,
  type Asked,
  type Consent,
  Policy,
  Preferences,
  type Recipient,
} from "../src/permission/model.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** A Tuesday: 12:00 in London, 13:00 in Berlin, 07:00 in New York. */
export const NOON = Date.parse("2026-02-03T12:00:00Z");

export const message = (special: Partial<Asked> = {}): Asked => ({
  channel: "email", purpose: "marketing", tags: [], priority: 50, products: [], expiresAt: NOON + 14 * DAY_MS, else: "wait", ...special,
}); // prettier-ignore

type Special = Partial<Omit<Recipient, "consent" | "preferences" | "lastAt" | "stock">> & {
  /** By `channel purpose`. */
  readonly consents?: { readonly [key: string]: Consent | Consent["answer"] };
  readonly preferences?: Partial<Preferences>;
  readonly last?: { readonly [event: string]: number };
  readonly stock?: { readonly [product: string]: number };
};
export function customer(special: Special = {}): Recipient {
  const { consents = {}, preferences, last = {}, stock = {}, ...rest } = special;
  return {
    zone: null, address: "ada@example.com", suppressed: null, contacts: [], upcoming: [], orders: [], ...rest,
    consent: (channel, purpose) => {
      const given = consents[`${channel} ${purpose}`];
      return typeof given === "string" ? { answer: given, at: NOON - DAY_MS, source: "event" } : given;
    },
    preferences: Preferences.parse(preferences ?? {}),
    lastAt: (event) => last[event],
    stock: (product) => stock[product] ?? null,
  };
} // prettier-ignore

/** Nothing laid down but what is special. */
export const policy = (special: Partial<{ [field in keyof Policy]: unknown }> = {}): Policy =>
  Policy.parse({ quietHours: [], ...special });

/** The answer in short: `allowed`, `refused cap`, `later cap 2026-02-03T13:00:00.000Z`. */
export const short = (answer: Answer): string =>
  answer.type === "allowed" ? "allowed"
  : answer.type === "refused" ? `refused ${answer.reason}`
  : `later ${answer.reason} ${new Date(answer.at).toISOString()}`; // prettier-ignore
