/**
 * Which part of history a screen is about, as it stands in the address and as the API is asked: a period, who, and where.
 * Days are those of the workspace's clock, as in digests and in the API. Pure: the present moment and the zone come in as values.
 */
import type { z } from "zod";
import type { Scope } from "../../src/analysis/model.ts";
import type { Channel } from "../../src/events/model.ts";
import { dateOfDay, instantOf, localOf, unitOf } from "../../src/permission/zone.ts";
import { CHANNEL_WORDS } from "../ui/words.ts";

/** A scope as a request carries it. */
export type ScopeAsked = z.input<typeof Scope>;

/** The names under which a scope stands in the address. */
export const SCOPE_NAMES = ["days", "whole", "from", "to", "segment", "channels", "account"] as const;
/** A scope in the address: `days` with today (`whole`: the whole ones before it), or the days `from` and `to`, both in it. */
export type ScopeSearch = { readonly [name in (typeof SCOPE_NAMES)[number]]?: string };

const DAY_MS = 86_400_000;
const DAYS_MAX = 3_660;
/** The periods offered. */
export const PERIODS = [
  { days: 7, label: "7 days" },
  { days: 28, label: "4 weeks" },
  { days: 90, label: "90 days" },
  { days: 365, label: "A year" },
] as const;
/** What is shown where the address says nothing. */
export const DEFAULT_DAYS = 90;

/** The midnight with which the day of `at` begins by the zone's clock; `days` later. */
const midnight = (at: number, zone: string, days = 0): number =>
  instantOf(dateOfDay(unitOf(at, zone, "day") + days), 0, zone);
/** "2026-03-01" as the midnight with which that day begins by the zone's clock; null where it is no day. */
export function dayOf(text: string | undefined, zone: string): number | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "") ?? [];
  const number = Date.UTC(Number(year), Number(month) - 1, Number(day)) / DAY_MS;
  return Number.isFinite(number) ? instantOf(dateOfDay(number), 0, zone) : null;
}
/** The day of an instant by the zone's clock as "2026-03-01". */
export function textOfDay(at: number, zone: string): string {
  const { year, month, day } = localOf(at, zone);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

/** How many days back the address asks for; null where it names two days. */
export function daysOf({ days, from, to }: ScopeSearch): number | null {
  const [begin, end] = [dayOf(from, "UTC"), dayOf(to, "UTC")];
  if (begin !== null && end !== null && begin <= end) return null;
  const n = Number(days);
  return Number.isInteger(n) && n >= 1 && n <= DAYS_MAX ? n : DEFAULT_DAYS;
}

/** Whether the days end with yesterday, as those of a kept view do: the same on screen and in a digest. */
export const isWhole = (search: ScopeSearch): boolean =>
  daysOf(search) !== null && search.whole !== undefined;

/** The period, by the workspace's clock: whole days, so that one question is asked all day long; the last is today where they are not `whole`. */
function periodOf(
  search: ScopeSearch,
  now: number,
  zone: string,
): { readonly from: number; readonly to: number } {
  const days = daysOf(search);
  const until = isWhole(search) ? 0 : 1;
  if (days !== null) return { from: midnight(now, zone, until - days), to: midnight(now, zone, until) };
  const [from, last] = [dayOf(search.from, zone)!, dayOf(search.to, zone)!];
  return { from: Math.max(from, midnight(last, zone, 1 - DAYS_MAX)), to: midnight(last, zone, 1) };
}

/** The scope that the address asks for, in days of the workspace's clock. */
export function scopeOf(search: ScopeSearch, now: number, zone: string): ScopeAsked {
  const { from, to } = periodOf(search, now, zone);
  const segment = Number(search.segment);
  const channels = channelsOf(search);
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    ...(Number.isInteger(segment) && segment > 0 ? { segment } : {}),
    ...(channels.length > 0 ? { channels: [...channels] } : {}),
    ...(search.account ? { account: search.account.slice(0, 200) } : {}),
  };
}

/** The channels the address names; unknown ones are left out. */
export const channelsOf = ({ channels = "" }: ScopeSearch): readonly Channel[] =>
  channels.split(",").filter((name): name is Channel => Object.hasOwn(CHANNEL_WORDS, name));

/** A kept scope in the address again: `lastDays` whole days where it moves with the day. */
export function searchOf(scope: Partial<ScopeAsked>, lastDays: number | null, zone: string): ScopeSearch {
  const [from, to] = [Date.parse(scope.from ?? ""), Date.parse(scope.to ?? "")];
  const period =
    lastDays !== null
      ? { days: String(lastDays), whole: "yes" }
      : Number.isFinite(from) && Number.isFinite(to)
        ? { from: textOfDay(from, zone), to: textOfDay(to - 1, zone) }
        : {};
  return {
    ...period,
    ...(scope.segment === undefined ? {} : { segment: String(scope.segment) }),
    ...(scope.channels ? { channels: scope.channels.join(",") } : {}),
    ...(scope.account ? { account: scope.account } : {}),
  };
}

/** The parts of the address that say the scope, so that tabs can hand it on. */
export function scopeSearchOf(search: { readonly [name: string]: unknown }): ScopeSearch {
  const kept = SCOPE_NAMES.flatMap((name) => {
    const value = search[name];
    return typeof value === "string" && value !== "" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(kept) as ScopeSearch;
}

/** The length of the scope's period in whole days. */
export const lengthDaysOf = ({ from, to }: ScopeAsked): number =>
  Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
