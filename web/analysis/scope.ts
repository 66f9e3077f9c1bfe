/**
 * Which part of history a screen is about, as it stands in the address and as the API is asked: a period, who, and where.
 * Pure: the present moment comes in as a value.
 */
import type { z } from "zod";
import type { Scope } from "../../src/analysis/model.ts";
import type { Channel } from "../../src/events/model.ts";
import { CHANNEL_WORDS } from "../ui/words.ts";

/** A scope as a request carries it. */
export type ScopeAsked = z.input<typeof Scope>;

/** The names under which a scope stands in the address. */
export const SCOPE_NAMES = ["days", "from", "to", "segment", "channels", "account"] as const;
/** A scope in the address: `days` back from today, or the days `from` and `to`, both in it. */
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

/** The midnight with which the day of `at` begins where the reader is; `days` later. */
function midnight(at: number, days = 0): number {
  const day = new Date(at);
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() + days);
  return day.getTime();
}
/** "2026-03-01" as the midnight with which that day begins where the reader is; null where it is no day. */
export function dayOf(text: string | undefined): number | null {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "") ?? [];
  const at = new Date(Number(year), Number(month) - 1, Number(day)).getTime();
  return Number.isFinite(at) ? at : null;
}
/** A midnight as "2026-03-01". */
export function textOfDay(at: number): string {
  const day = new Date(at);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** How many days back the address asks for; null where it names two days. */
export function daysOf({ days, from, to }: ScopeSearch): number | null {
  const [begin, end] = [dayOf(from), dayOf(to)];
  if (begin !== null && end !== null && begin <= end) return null;
  const n = Number(days);
  return Number.isInteger(n) && n >= 1 && n <= DAYS_MAX ? n : DEFAULT_DAYS;
}

/** The period: whole days where the reader is, so that one question is asked all day long. */
function periodOf(search: ScopeSearch, now: number): { readonly from: number; readonly to: number } {
  const days = daysOf(search);
  if (days !== null) return { from: midnight(now, 1 - days), to: midnight(now, 1) };
  const [from, last] = [dayOf(search.from)!, dayOf(search.to)!];
  return { from: Math.max(from, midnight(last, 1 - DAYS_MAX)), to: midnight(last, 1) };
}

/** The scope that the address asks for. */
export function scopeOf(search: ScopeSearch, now: number): ScopeAsked {
  const { from, to } = periodOf(search, now);
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

/** A kept scope in the address again: `lastDays` where it moves with the day. */
export function searchOf(scope: Partial<ScopeAsked>, lastDays: number | null): ScopeSearch {
  const [from, to] = [Date.parse(scope.from ?? ""), Date.parse(scope.to ?? "")];
  const period =
    lastDays !== null
      ? { days: String(lastDays) }
      : Number.isFinite(from) && Number.isFinite(to)
        ? { from: textOfDay(midnight(from)), to: textOfDay(midnight(to - 1)) }
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
