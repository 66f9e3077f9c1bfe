/** The desk in words: what somebody was found by, and when something is due. Pure: the present moment comes in as a value. */
import type { FoundBy, LookView } from "../../src/desk/model.ts";
import { clockTime, date } from "../ui/format.ts";

export const FOUND_BY: { readonly [by in FoundBy]: string } = {
  phone: "phone number", email: "e-mail address", order: "order number", loyalty: "loyalty code", user_id: "user id",
  external_id: "external id", name: "name", customer_id: "customer id", panel: "helpdesk panel", link: "link",
}; // prettier-ignore
export const foundWords = (foundBy: readonly string[]): string =>
  foundBy.map((by) => FOUND_BY[by as FoundBy] ?? by).join(", ");
export const LOOK: { readonly [what in LookView["what"]]: string } = { lookup: "Looked up", opened: "Opened" }; // prettier-ignore

const DAY_MS = 86_400_000;
const dayOf = (at: number): number => Math.floor((at - new Date(at).getTimezoneOffset() * 60_000) / DAY_MS);
/** "today, 16:00", "tomorrow, 10:00", "since yesterday, 16:00", "3 Mar 2026, 16:00". */
export function dueWords(dueAt: string, now: number): string {
  const at = Date.parse(dueAt);
  const days = dayOf(at) - dayOf(now);
  const day = days === 0 ? "today" : days === 1 ? "tomorrow" : days === -1 ? "yesterday" : date(at);
  return `${at < now ? "since " : ""}${day}, ${clockTime(at)}`;
}

/** The moment as a field for date and time takes it, in the reader's own clock. */
export function fieldTime(at: number): string {
  const local = new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString();
  return local.slice(0, 16);
}
/** Tomorrow at ten: what is promised most. */
export function tomorrowAtTen(now: number): number {
  const day = new Date(now + DAY_MS);
  day.setHours(10, 0, 0, 0);
  return day.getTime();
}
