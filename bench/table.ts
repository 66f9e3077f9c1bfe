/** Rows of the table, their budgets, and how they are printed. */

/** A figure measured, with what it is held against. */
export type Row = {
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
  /** Null: told for information. */
  readonly budget: { readonly is: "at least" | "at most"; readonly than: number } | null;
  /** Whether a faster machine makes the figure better: those are also told as on a machine of REFERENCE. */
  readonly scales: boolean;
  readonly note?: string;
};
/** A row with the machine's speed around its measurement (machine.ts). */
export type Measured = Row & { readonly calibration: number };

/** The calibration that scaled figures are told for. */
export const REFERENCE = 200_000;

export const atLeast = (than: number): Row["budget"] => ({ is: "at least", than });
export const atMost = (than: number): Row["budget"] => ({ is: "at most", than });

/** What a machine of REFERENCE would have measured: rates grow with the machine's speed, times shrink. */
export function atReference({ figure, unit, scales, calibration }: Measured): number {
  if (!scales) return figure;
  return unit.endsWith("/s") ? (figure * REFERENCE) / calibration : (figure * calibration) / REFERENCE;
}

/** Whether the budget is met as measured; null without one. */
export function isMet({ figure, budget }: Row): boolean | null {
  if (budget === null) return null;
  return budget.is === "at least" ? figure >= budget.than : figure <= budget.than;
}

/** The value at `ratio` (0 to 1) of sorted values: the smallest that at least that share does not exceed. */
export function quantile(values: readonly number[], ratio: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * ratio) - 1)] ?? Number.NaN;
}

const HEADER = ["what", "figure", "budget", "met", `at ${REFERENCE / 1000}k`, "note"];

/** The rows as one table of text. */
export function tableOf(rows: readonly Measured[]): string {
  const cells = rows.map((row) => [
    row.what,
    `${numberOf(row.figure)} ${row.unit}`,
    row.budget === null ? "" : `${row.budget.is === "at least" ? ">=" : "<="} ${numberOf(row.budget.than)}`,
    { true: "yes", false: "NO", null: "" }[String(isMet(row)) as "true" | "false" | "null"],
    row.scales ? numberOf(atReference(row)) : "",
    row.note ?? "",
  ]);
  const widths = HEADER.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, i) => (i === 1 || i === 2 || i === 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join(" | ")} |`;
  return [line(HEADER), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}

function numberOf(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}
