/** Numbers, alerts and digests in words and as mail. Pure. */
import type { Interval } from "../analysis/model.ts";
import type {
  Change,
  Figure,
  FunnelAnswer,
  FunnelResult,
  Metric,
  MetricsAnswer,
  RetentionAnswer,
} from "../metrics/model.ts";
import type { Instant } from "../values.ts";
import { type Alert, DIGEST_LIMITS } from "./model.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const number = (value: number, digits: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: digits });

/** A value with its unit. */
export function valueWords(value: number, unit: Metric["unit"]): string {
  if (unit === "ratio") return `${number(value * 100, 1)} %`;
  if (unit === "ms")
    return Math.abs(value) >= 2 * DAY_MS ? `${number(value / DAY_MS, 1)} days` : `${number(value / HOUR_MS, 1)} hours`;
  return number(value, 2);
} // prettier-ignore
/** The day of the workspace's clock. */
const dateWords = (at: string | number, zone: string): string =>
  new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: zone }); // prettier-ignore

const intervalWords = ({ low, high }: Interval, unit: Metric["unit"]): string =>
  `${valueWords(low, unit)} to ${valueWords(high, unit)}`;

/** What changed, as a sentence: the level before, the one since with its interval and sample, and the day by the zone's clock. */
export function alertWords(title: string, figure: Pick<Figure, "part" | "name">, change: Pick<Change, "direction" | "before" | "after" | "since" | "afterInterval" | "n">, unit: Metric["unit"], zone: string): string {
  const of = figure.part === null ? "" : ` (${figure.name})`;
  const sure = change.afterInterval === null ? "" : `${intervalWords(change.afterInterval, unit)}, `;
  return `${title}${of} ${change.direction === "up" ? "rose" : "fell"} from ${valueWords(change.before, unit)} to ${valueWords(change.after, unit)} (${sure}of ${number(change.n, 0)}), since ${dateWords(change.since, zone)}.`;
} // prettier-ignore

/** A part of a digest: a view as a table, or why there is none. */
export type Section = {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note: string | null;
  /** Of when it is, until when events count, of how many and by which method; null: there is no answer. */
  readonly basis: string | null;
};
type Counted = { readonly asOfAt: Instant; readonly events: number; readonly customers: number };
/** What an answer rests on, in a line. */
export function basisWords({ from, to }: { readonly from: string; readonly to: string }, { asOfAt, events, customers }: Counted, zone: string, method: string): string {
  const time = new Date(asOfAt).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
  return `${dateWords(from, zone)} to ${dateWords(Date.parse(to) - 1, zone)} (${zone}), as of ${dateWords(asOfAt, zone)}, ${time}, from ${number(events, 0)} events of ${number(customers, 0)} customers. ${method}`;
} // prettier-ignore

const cut = (title: string, basis: string, header: readonly string[], rows: readonly (readonly string[])[]): Section => ({
  title, basis, header, rows: rows.slice(0, DIGEST_LIMITS.rowsMax),
  note: rows.length > DIGEST_LIMITS.rowsMax ? `${rows.length - DIGEST_LIMITS.rowsMax} more rows are on the screen.` : null,
}); // prettier-ignore

/** Metrics as a section: value, interval, how many, and the latest change. */
export function metricsSection(title: string, { metrics, zone }: Pick<MetricsAnswer, "metrics" | "zone">, basis: string): Section {
  const rows = metrics.flatMap(({ title: metric, unit, figures }) =>
    figures.map(({ part, name, result, changes }) => {
      const what = part === null ? metric : `${metric}: ${name}`;
      if (result.type === "too_little_data") return [what, "too little data", result.detail, "", ""];
      const last = changes.type === "watched" ? changes.changes.at(-1) : undefined;
      return [
        what, valueWords(result.value, unit), result.interval ? intervalWords(result.interval, unit) : "",
        number(result.n, 0), last ? `${last.direction === "up" ? "up" : "down"} from ${valueWords(last.before, unit)} since ${dateWords(last.since, zone)}` : "none",
      ];
    }),
  );
  return cut(title, basis, ["Metric", "Value", "95 % interval", "Of", "Change"], rows);
} // prettier-ignore

/** A funnel as a section. */
export function funnelSection(title: string, { funnel, groups }: Pick<FunnelAnswer, "funnel" | "groups">, basis: string): Section {
  const of = (group: string, result: FunnelResult) =>
    result.type === "too_little_data"
      ? [[group, result.detail, "", "", ""]]
      : result.steps.map(({ name, people, ofFirst }) => [group, name, number(people, 0), valueWords(ofFirst.ratio, "ratio"), `${valueWords(ofFirst.interval.low, "ratio")} to ${valueWords(ofFirst.interval.high, "ratio")}`]);
  return cut(title, basis, ["Group", "Step", "People", "Of the first", "95 % interval"], [...of("All", funnel), ...(groups ?? []).flatMap(({ name, funnel: own }) => of(name, own))]);
} // prettier-ignore

/** Retention as a section: all cohorts together. */
export function retentionSection(title: string, { retention }: Pick<RetentionAnswer, "retention">, basis: string): Section {
  if (retention.type === "too_little_data") return { title, basis, header: [], rows: [], note: retention.detail };
  return cut(title, basis, ["Period", "Customers", "Came back", "Share", "95 % interval"], retention.all.filter(({ share }) => share !== null).map(({ period, customers, returned, share }) => [
    String(period), number(customers, 0), number(returned, 0), valueWords(share!.ratio, "ratio"), `${valueWords(share!.interval.low, "ratio")} to ${valueWords(share!.interval.high, "ratio")}`,
  ]));
} // prettier-ignore

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const CELL = 'style="padding:4px 12px 4px 0;text-align:left;border-bottom:1px solid #ddd"';

/** A digest as a mail. */
export function mailOf(name: string, workspace: string, sections: readonly Section[], alerts: readonly Pick<Alert, "words">[] | null) {
  const told = alerts?.slice(0, DIGEST_LIMITS.alertsInMailMax) ?? [];
  const rest = (alerts?.length ?? 0) - told.length;
  const changed = alerts === null ? [] : told.length === 0 ? ["No alerts are open."] : [...told.map(({ words }) => words), ...(rest > 0 ? [`And ${rest} more.`] : [])];
  const text = [
    `${name}: ${workspace}`, ...(changed.length > 0 ? [["Alerts", ...changed.map((line) => `- ${line}`)].join("\n")] : []),
    ...sections.map(({ title, basis, header, rows, note }) => [title, ...(basis ? [basis] : []), ...(rows.length > 0 ? [header.join(" | "), ...rows.map((row) => row.join(" | "))] : []), ...(note ? [note] : [])].join("\n")),
  ].join("\n\n");
  const table = ({ title, basis, header, rows, note }: Section): string =>
    `<h2>${escaped(title)}</h2>${basis ? `<p>${escaped(basis)}</p>` : ""}${rows.length === 0 ? "" : `<table style="border-collapse:collapse"><thead><tr>${header.map((cell) => `<th ${CELL}>${escaped(cell)}</th>`).join("")}</tr></thead><tbody>${rows.map((row) => `<tr>${row.map((cell) => `<td ${CELL}>${escaped(cell)}</td>`).join("")}</tr>`).join("")}</tbody></table>`}${note ? `<p>${escaped(note)}</p>` : ""}`;
  const html = `<!doctype html><html lang="en"><body style="font-family:sans-serif"><h1>${escaped(name)}: ${escaped(workspace)}</h1>${
    changed.length > 0 ? `<h2>Alerts</h2><ul>${changed.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>` : ""
  }${sections.map(table).join("")}</body></html>`;
  return { subject: `${name}: ${workspace}`, text, html };
} // prettier-ignore
