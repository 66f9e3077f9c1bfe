/**
 * What is known of a customer, as the rule of permission asks for it: consents, orders, when something last happened, the
 * time zone and where that is known from. Pure; what other rooms keep (address, contacts, wishes, stock) is given.
 */
import type { ConsentChannel } from "../consent/model.ts";
import { absorb, nothing } from "../customers/fold.ts";
import type { Knowledge } from "../customers/model.ts";
import type { HeldIdentifier } from "../identity/directory.ts";
import type { Json } from "../values.ts";
import { zoneOfCountry, zoneOfPhone } from "./locate.ts";
import type { Consent, Recipient } from "./model.ts";
import { zoneNamed } from "./zone.ts";

/** What is not knowledge: the rest of a recipient, and what tells the zone beside it. */
export type Given = Pick<
  Recipient,
  "address" | "suppressed" | "contacts" | "upcoming" | "preferences" | "stock"
> & {
  readonly identifiers: readonly HeldIdentifier[];
  /** The zone the customer's device told last, where somebody kept it. */
  readonly deviceZone?: string | undefined;
};

/** The recipient of a message by all that is known of the customer: one body of knowledge for each atom, in any order. */
export function recipientOf(atoms: readonly Knowledge[], given: Given): Recipient {
  const known = atoms.length === 1 ? atoms[0]! : atoms.reduce(absorb, nothing());
  const { identifiers, deviceZone, ...rest } = given;
  return {
    zone: zoneOf(known, identifiers, deviceZone),
    consent: consentsIn(known),
    lastAt: (event) => (Object.hasOwn(known.counts, event) ? known.counts[event]![2] : undefined),
    orders: ordersIn(known),
    ...rest,
  };
}

const ZONE_TRAITS = ["timezone", "timeZone", "time_zone", "tz"] as const;
const PHONE_TRAITS = ["phone", "phoneNumber", "phone_number", "mobile"] as const;
const COUNTRY_TRAITS = ["countryCode", "country_code", "country", "address.country"] as const;

/**
 * The customer's zone and how it is known, the surest first: a trait (or the device) says it, a telephone number begins
 * like those there, the country has one. Null: nothing tells it.
 */
export function zoneOf(
  { traits }: Pick<Knowledge, "traits">,
  identifiers: readonly HeldIdentifier[],
  deviceZone?: string,
): Recipient["zone"] {
  const trait = (name: string): Json | undefined => (Object.hasOwn(traits, name) ? traits[name]![0] : undefined); // prettier-ignore
  for (const given of [...ZONE_TRAITS.map(trait), deviceZone]) {
    const name = zoneNamed(given);
    if (name !== null) return { name, from: "trait" };
  }
  const phones = identifiers.flatMap(([kind, value]) => (kind === "phone" ? [value] : []));
  for (const given of [...PHONE_TRAITS.map(trait), ...phones]) {
    const name = typeof given === "string" ? zoneOfPhone(given) : null;
    if (name !== null) return { name, from: "phone" };
  }
  const address = trait("address");
  const inAddress = typeof address === "object" && address !== null && !Array.isArray(address) ? (address as { readonly [field: string]: Json }) : {}; // prettier-ignore
  for (const given of [...COUNTRY_TRAITS.map(trait), inAddress["countryCode"], inAddress["country"]]) {
    const name = typeof given === "string" ? zoneOfCountry(given) : null;
    if (name !== null) return { name, from: "geo" };
  }
  return null;
}

/** `Product Updates`, `product-updates` and `product_updates` are one purpose: senders write their categories freely. */
const purposeOf = (text: string): string => text.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");

/** The standing answers by channel and purpose; of two for one purpose the later counts, at one instant the refusal. */
function consentsIn({ consents }: Knowledge): Recipient["consent"] {
  let answers: Map<string, Consent> | undefined;
  const read = () => {
    const all = new Map<string, Consent>();
    for (const key in consents) {
      const gap = key.indexOf(" ");
      const name = `${key.slice(0, gap)} ${purposeOf(key.slice(gap + 1))}`;
      const { answer, at, source } = consents[key]!;
      const held = all.get(name);
      if (!held || at > held.at || (at === held.at && answer === "denied")) all.set(name, { answer, at, source }); // prettier-ignore
    }
    return all;
  };
  return (channel: ConsentChannel, purpose: string) => (answers ??= read()).get(`${channel} ${purpose}`);
}

/** Orders with the time at which something of them last went back: a return, a refund of a part, a cancellation. */
function ordersIn({ orders, refunds }: Knowledge): Recipient["orders"] {
  const returnedAt = new Map<string, number>();
  for (const id in refunds) {
    const { orderId, at } = refunds[id]!;
    returnedAt.set(orderId, Math.max(at, returnedAt.get(orderId) ?? -Infinity));
  }
  return Object.values(orders).map(({ orderId, at, products }) => ({
    at, products, returnedAt: returnedAt.get(orderId) ?? null,
  })); // prettier-ignore
}
