/** What wall clocks show, asked of the runtime the slow way: the measure for the rules about hours, days and weeks. */

/** Zones with every kind of clock: half hours, quarters, other hemisphere, none, and a day that was left out. */
export const ZONES = [
  "UTC", "Europe/Berlin", "Europe/London", "America/New_York", "America/Los_Angeles", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata",
  "Pacific/Auckland", "Pacific/Chatham", "Pacific/Apia", "America/St_Johns", "Africa/Casablanca", "America/Sao_Paulo", "Africa/Cairo", "Asia/Tehran",
] as const; // prettier-ignore

export type Shown = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly minute: number;
  readonly weekday: number;
};
const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const formats = new Map<string, Intl.DateTimeFormat>();

export function shownAt(instant: number, zone: string): Shown {
  let format = formats.get(zone);
  if (!format)
    formats.set(
      zone,
      (format = new Intl.DateTimeFormat("en-GB", {
        timeZone: zone, hourCycle: "h23", weekday: "short", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
      })),
    ); // prettier-ignore
  const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  return {
    year: Number(parts["year"]),
    month: Number(parts["month"]),
    day: Number(parts["day"]),
    minute: Number(parts["hour"]) * 60 + Number(parts["minute"]),
    weekday: WEEKDAYS.indexOf(parts["weekday"]!) + 1,
  };
}
