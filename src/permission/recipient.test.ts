/** What knowledge tells of a recipient: zone, consents, orders. */
import { describe, expect, test } from "vitest";
import { NOON, message, policy, short } from "../../test/permission.ts";
import { fold, nothing } from "../customers/fold.ts";
import type { Knowledge } from "../customers/model.ts";
import type { Event } from "../events/model.ts";
import type { HeldIdentifier } from "../identity/directory.ts";
import type { Json, JsonObject } from "../values.ts";
import { allow } from "./allow.ts";
import { zoneAmong, zoneOfCountry, zoneOfPhone } from "./locate.ts";
import { Preferences } from "./model.ts";
import { recipientOf, zoneOf } from "./recipient.ts";

const traits = (told: JsonObject): Pick<Knowledge, "traits"> => ({
  traits: Object.fromEntries(Object.entries(told).map(([name, value]): [string, readonly [Json, number]] => [name, [value, 1]])),
}); // prettier-ignore
const zone = (told: JsonObject, phones: readonly string[] = [], device?: string) => {
  const known = zoneOf(traits(told), phones.map((value): HeldIdentifier => ["phone", value, 1]), device); // prettier-ignore
  return known && `${known.from} ${known.name}`;
};

describe("where a customer lives", () => {
  test("is what a trait says, before the device, the telephone number and the country", () => {
    const all = { timezone: "Asia/Tokyo", phone: "+49301234567", country: "FR" };
    expect(zone(all, [], "Asia/Seoul")).toBe("trait Asia/Tokyo");
    expect(zone({ ...all, timezone: "soon" }, [], "Asia/Seoul")).toBe("trait Asia/Seoul");
    expect(zone({ ...all, timezone: "soon" })).toBe("phone Europe/Berlin");
    expect(zone({ country: "FR" }, ["+49301234567"])).toBe("phone Europe/Berlin");
    expect(zone({ country: "FR", phone: "+80012345678" })).toBe("geo Europe/Paris");
    expect(zone({ address: { country: "France" } })).toBe("geo Europe/Paris");
    expect(zone({ "address.country": "fr" })).toBe("geo Europe/Paris");
    expect(zone({ tz: 5, timeZone: null, phone: false, country: ["FR"], address: [] })).toBe(null);
    expect(zone({ time_zone: "europe/paris" })).toBe("trait Europe/Paris");
  });

  test.each([
    ["+61236618300", "Australia/Sydney"],
    ["+16509600000", "America/Los_Angeles"],
    ["+12128120000", "America/New_York"],
    ["+8222123456", "Asia/Seoul"],
    ["+80012345678", null],
    ["+49 (30) 123-4567", "Europe/Berlin"],
    ["0049301234567", "Europe/Berlin"],
    ["030 1234567", null],
    ["+34 600 000 000", "Europe/Madrid"],
    ["+44 7911 123456", "Europe/London"],
    ["+1 800 555 1234", null],
    ["+1 208 555 1234", "America/Boise"],
    ["+77172123456", "Asia/Almaty"],
    ["not a number", null],
    ["+", null],
  ])("by the telephone number %s: %s", (phone, expected) => expect(zoneOfPhone(phone)).toBe(expected));

  test.each([
    ["DE", "Europe/Berlin"], ["germany", "Europe/Berlin"], ["UK", "Europe/London"], ["GB", "Europe/London"], ["Spain", "Europe/Madrid"],
    ["US", null], ["Canada", null], ["NZ", "Pacific/Auckland"], ["QQ", null], ["Atlantis", null], ["", null], ["x".repeat(500), null],
  ])("by the country %s: %s", (country, expected) => expect(zoneOfCountry(country)).toBe(expected)); // prettier-ignore

  test("of several zones is the one of most people, or the first where clocks nearly agree", () => {
    expect(zoneAmong(["Atlantic/Canary", "Europe/Madrid"])).toBe("Europe/Madrid");
    expect(zoneAmong(["America/Denver", "America/Phoenix"])).toBe("America/Denver");
    expect(zoneAmong(["America/New_York", "America/Denver"])).toBe(null);
    expect(zoneAmong([])).toBe(null);
  });
});

describe("a recipient", () => {
  const event = (special: Partial<Event>, at = NOON - 5): Event => ({
    id: `m${at}${special.name ?? ""}`, type: "track", name: "x", happenedAt: at, receivedAt: at, channel: "web", touchpoint: "t", identifiers: [], ...special,
  } as unknown as Event); // prettier-ignore
  const given = {
    address: "ada@example.com", suppressed: null, contacts: [], upcoming: [], preferences: Preferences.parse({}), stock: () => null, identifiers: [],
  } as const; // prettier-ignore
  const of = (...events: Event[]) => recipientOf(events.map((one) => fold(nothing(), one)), given); // prettier-ignore
  const said = (answer: "granted" | "denied", purpose: string, at: number) =>
    event({ name: `${answer} ${purpose}`, consents: [{ channel: "email", purpose, answer, source: "event" }] }, at); // prettier-ignore

  test("has the last answer of all atoms, whichever comes first", () => {
    const [no, yes] = [said("denied", "marketing", NOON - 9), said("granted", "marketing", NOON - 8)];
    for (const who of [of(no, yes), of(yes, no)])
      expect(who.consent("email", "marketing")).toEqual({ answer: "granted", at: NOON - 8, source: "event" });
    expect(of(no).consent("sms", "marketing")).toBeUndefined();
    expect(of().consent("email", "marketing")).toBeUndefined();
  });

  test("who said no to Product Updates gets no message for product_updates", () => {
    const who = of(said("denied", "product updates", 1));
    expect(short(allow(message({ purpose: "product_updates" }), who, policy(), NOON))).toBe("refused consent_denied"); // prettier-ignore
    const both = [said("denied", "product-updates", 5), said("granted", "product updates", 5)];
    expect(of(...both).consent("email", "product_updates")?.answer).toBe("denied");
    const later = [said("denied", "product-updates", 5), said("granted", "product updates", 6)];
    expect(of(...later).consent("email", "product_updates")?.answer).toBe("granted");
  });

  test("has its orders with what was bought and when something of them went back", () => {
    const bought = (id: string, at: number) => event({ name: "Order Completed", properties: { order_id: id, total: 5, products: [{ product_id: `p-${id}`, price: 5 }] } }, at); // prettier-ignore
    const back = (id: string, at: number, name = "Order Refunded") => event({ name, properties: { order_id: id, total: 1 } }, at); // prettier-ignore
    const { orders } = of(bought("1", 100), bought("2", 200), back("1", 300), back("1", 250), back("3", 9, "Order Cancelled")); // prettier-ignore
    expect(orders.toSorted((a, b) => a.at - b.at)).toEqual([
      { at: 100, products: ["p-1"], returnedAt: 300 },
      { at: 200, products: ["p-2"], returnedAt: null },
    ]);
  });

  test("knows when an event last happened, and nothing of one that never did", () => {
    const who = of(event({ name: "Ticket Opened" }, 7), event({ name: "Ticket Opened" }, 9));
    expect(who.lastAt("Ticket Opened")).toBe(9);
    expect(who.lastAt("toString")).toBeUndefined();
  });
});
