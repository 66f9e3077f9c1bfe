/** What commands write for people: lines on the terminal, a progress bar where there is one, faults as sentences. */
import { Failure } from "../errors.ts";

const BAR_CELLS = 24;

export const say = (line = ""): void => void process.stdout.write(`${line}\n`);
export const complain = (line: string): void => void process.stderr.write(`${line}\n`);

/** Where a command writes: what was asked for, and what is said beside it. */
export type Tell = { readonly say: (line: string) => void; readonly complain: (line: string) => void };
/** The terminal. */
export const TERMINAL: Tell = { say, complain };

/** Ends the command with the sentence of an expected fault; anything else is a bug and keeps its trace. */
export function failWith(cause: unknown): never {
  if (!(cause instanceof Failure)) throw cause;
  complain(cause.message);
  process.exit(1);
}

/** Throws `Failure("bad_request")` for an option the command does not have: a mistyped one must not be passed over. */
export function refuseUnknown(given: readonly string[], known: { readonly [name: string]: unknown }): void {
  const end = given.indexOf("--");
  for (const text of end < 0 ? given : given.slice(0, end)) {
    const name = /^--?(?:no-)?([A-Za-z][\w-]*)/.exec(text)?.[1];
    if (name !== undefined && !(name in known))
      throw new Failure(
        "bad_request",
        `There is no option ${text.split("=")[0]!}. There are ${Object.keys(known)
          .map((key) => `--${key}`)
          .join(", ")}.`,
      );
  }
}

export type Bar = {
  /** Redraws; on a terminal in place, elsewhere as a line every few seconds. */
  show(doneRatio: number, text: string): void;
  end(text: string): void;
};

/** A progress bar on stderr, so that stdout can be piped. */
export function createBar(label: string, now: () => number): Bar {
  const terminal = process.stderr.isTTY;
  // A file that is done in a moment needs no lines between.
  let lastAt = terminal ? Number.NEGATIVE_INFINITY : now();
  return {
    show(doneRatio, text) {
      const at = now();
      if (at - lastAt < (terminal ? 100 : 3000)) return;
      lastAt = at;
      const line = barLine(label, doneRatio, text);
      process.stderr.write(
        terminal ? `\r\u001b[2K${line.slice(0, (process.stderr.columns || 80) - 1)}` : `${line}\n`,
      );
    },
    end(text) {
      process.stderr.write(`${terminal ? "\r\u001b[2K" : ""}${label}  ${text}\n`);
    },
  };
}

/** One line of a progress bar. Pure. */
export function barLine(label: string, doneRatio: number, text: string): string {
  const ratio = Math.min(1, Math.max(0, doneRatio));
  const full = Math.round(ratio * BAR_CELLS);
  return `${label}  [${"#".repeat(full)}${".".repeat(BAR_CELLS - full)}] ${String(Math.floor(ratio * 100)).padStart(3)} %  ${text}`;
}

export const grouped = (n: number): string => Math.round(n).toLocaleString("en-US");

/** `1 h 5 min`, `2 min 10 s`, `45 s`. */
export function spanOf(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${whole} s`;
}

/** A table with its columns aligned; numbers to the right. Pure. */
export function tableOf(rows: readonly (readonly (string | number)[])[]): string {
  const text = rows.map((row) => row.map((cell) => (typeof cell === "number" ? grouped(cell) : cell)));
  const widths = (text[0] ?? []).map((_, column) => Math.max(...text.map((row) => row[column]!.length)));
  const line = (row: readonly string[], of: readonly (string | number)[]) =>
    row
      .map((cell, column) =>
        typeof of[column] === "number" ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ");
  return text.map((row, place) => `  ${line(row, rows[place]!)}`.trimEnd()).join("\n");
}
