/**
 * The time zone of a telephone number and of a country, where nobody told the customer's own. Pure.
 *
 * Most beginnings of numbers and most countries have one zone. Of several that a number or a country may be in
 *
 *  - more than sixteen tell nothing: a number in North America whose area is not known, a customer in the United States;
 *  - the one in which most people of the country live is taken, where the list below names it: a mobile number in Spain is
 *    Madrid's, not that of the Canary Islands;
 *  - else the first, where the clocks are an hour apart at most: better nearly right than the workspace's at the other end
 *    of the world. Otherwise none.
 */
import { LRUCache } from "lru-cache";
import { PHONE_ZONES } from "./phone-zones.ts";
import { offsetOf, zoneNamed } from "./zone.ts";

const ZONES_MAX = 16;
const APART_MS_MAX = 3_600_000;
/** Where most people of a country with several zones live; the first of a list that is named here is taken. */
const MOST_PEOPLE = [
  "Europe/Moscow", "Europe/Madrid", "Europe/Lisbon", "Europe/London", "Europe/Berlin", "Europe/Oslo", "Europe/Helsinki", "Europe/Rome",
  "America/Mexico_City", "America/Sao_Paulo", "America/Santiago", "America/Guayaquil", "America/Buenos_Aires", "America/Godthab",
  "America/Anchorage", "Australia/Sydney", "Australia/Perth", "Asia/Jakarta", "Asia/Shanghai", "Asia/Ulaanbaatar", "Asia/Tashkent",
  "Asia/Almaty", "Pacific/Auckland", "Pacific/Tahiti", "Pacific/Tarawa", "Pacific/Port_Moresby", "Africa/Kinshasa",
]; // prettier-ignore
/** Days in winter and in summer by which clocks are compared. */
const WINTER_AND_SUMMER = [Date.UTC(2026, 0, 15), Date.UTC(2026, 6, 15)] as const;

/** The zone to take of several, by the rule above; null: none of them. */
export function zoneAmong(zones: readonly string[]): string | null {
  const [first] = zones;
  if (first === undefined || zones.length > ZONES_MAX) return null;
  const most = MOST_PEOPLE.find((zone) => zones.includes(zone));
  if (most !== undefined || zones.length === 1) return most ?? first;
  const apart = WINTER_AND_SUMMER.map((day) => {
    const offsets = zones.map((zone) => offsetOf(day, zone));
    return Math.max(...offsets) - Math.min(...offsets);
  });
  return Math.max(...apart) <= APART_MS_MAX ? first : null;
}

let beginnings: ReadonlyMap<string, string | null> | undefined;
const BEGINNING_CHARS_MAX = 8;
/** The zone by the beginning of numbers; made when it is first asked for. */
function zonesByBeginning(): ReadonlyMap<string, string | null> {
  if (beginnings) return beginnings;
  const made = new Map<string, string | null>();
  for (const line of PHONE_ZONES.trim().split("\n")) {
    const [zones = "", numbers = ""] = line.split(": ");
    const zone = zoneAmong(zones.split(" "));
    for (const number of numbers.split(" ")) made.set(number, zone);
  }
  return (beginnings = made);
}

const PHONE_CHARS_MAX = 40;
const phones = new LRUCache<string, { readonly zone: string | null }>({ max: 20_000 });
/** The zone of a telephone number with its country (`+49 30 1234567`), or null. */
export function zoneOfPhone(phone: string): string | null {
  if (phone.length > PHONE_CHARS_MAX) return null;
  let known = phones.get(phone);
  if (!known) phones.set(phone, (known = { zone: readPhone(phone) }));
  return known.zone;
}
function readPhone(phone: string): string | null {
  const digits = /^(?:\+|00)([1-9]\d{5,14})$/.exec(phone.replaceAll(/[\s().\-/]/g, ""))?.[1];
  if (digits === undefined) return null;
  const zones = zonesByBeginning();
  for (let length = BEGINNING_CHARS_MAX; length > 0; length--) {
    const zone = zones.get(digits.slice(0, length));
    if (zone !== undefined) return zone;
  }
  return null;
}

const COUNTRY_CHARS_MAX = 60;
const countries = new LRUCache<string, { readonly zone: string | null }>({ max: 2_000 });
/** The zone of a country by its two letters (ISO 3166) or its English name, or null. */
export function zoneOfCountry(country: string): string | null {
  if (country.length > COUNTRY_CHARS_MAX) return null;
  const known = countries.get(country);
  if (known) return known.zone;
  const word = country.trim().toLowerCase();
  const code = /^[a-z]{2}$/.test(word) && word !== "uk" ? word.toUpperCase() : codesByName().get(word);
  const zone = code === undefined ? null : zoneAmong(zonesIn(code));
  countries.set(country, { zone });
  return zone;
}

/** Runtimes tell it as a property or, newer ones, as a method. */
type Placed = { readonly timeZones?: readonly string[]; getTimeZones?(): readonly string[] | undefined };
function zonesIn(code: string): readonly string[] {
  const place = new Intl.Locale(`und-${code}`) as Placed;
  return (place.getTimeZones?.() ?? place.timeZones ?? []).filter((zone) => zoneNamed(zone) !== null);
}

let codes: ReadonlyMap<string, string> | undefined;
const A = 65;
const LETTERS = Array.from({ length: 26 }, (_, i) => String.fromCharCode(A + i));
function codesByName(): ReadonlyMap<string, string> {
  if (codes) return codes;
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  const made = new Map([["uk", "GB"], ["england", "GB"], ["scotland", "GB"], ["wales", "GB"], ["holland", "NL"], ["czech republic", "CZ"]]);
  for (const first of LETTERS)
    for (const second of LETTERS) {
      const name = names.of(first + second);
      // Codes that are no longer in use have the names of those that are: the first by letters is kept.
      if (name !== undefined && !made.has(name.toLowerCase())) made.set(name.toLowerCase(), first + second);
    }
  return (codes = made);
} // prettier-ignore
