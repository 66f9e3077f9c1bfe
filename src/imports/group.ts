/**
 * Rows that follow each other with the same key become one group (the lines of one basket). Pure.
 *
 * What is refused while a group is open is held back with it, so that a run can stop after any group and go on from
 * there without counting a row twice.
 */
import { IMPORT_LIMITS, type RefusedRow } from "./model.ts";
import type { Row } from "./sources.ts";
import type { FileRow, Position } from "./split.ts";

/** One or more rows that are one, what was refused among them, and where the file goes on after them. */
export type Group = {
  readonly rows: readonly Row[];
  readonly line: number;
  /** The first row as it stands in the file. */
  readonly text: string;
  readonly refused: readonly RefusedRow[];
  readonly end: Position;
};
export type Grouper = {
  /** The group that ends because of this row, or null. */
  add(row: FileRow): Group | null;
  /** The group still open at the end of the file, or null. */
  finish(): Group | null;
};

/** A grouper by `keyOf`; without one each row is a group. */
export function createGrouper(keyOf: ((row: Row) => string) | null): Grouper {
  let open: {
    rows: Row[];
    key: string | null;
    line: number;
    text: string;
    refused: RefusedRow[];
    end: Position;
  } | null = null;
  const close = (): Group | null => {
    const closed = open;
    open = null;
    return closed;
  };
  return {
    add(row) {
      if (row.type === "refused") {
        const refused = refusedRow(row.line, row.reason, row.detail, row.text);
        if (!open) return { rows: [], line: row.line, text: row.text, refused: [refused], end: row.end };
        open.refused.push(refused);
        open.end = row.end;
        // Bad rows without end must not pile up behind one good one.
        return open.refused.length < IMPORT_LIMITS.groupRowsMax ? null : close();
      }
      const key = keyOf ? keyOf(row.row) : null;
      if (open && key !== null && open.key === key && open.rows.length < IMPORT_LIMITS.groupRowsMax) {
        open.rows.push(row.row);
        open.end = row.end;
        return null;
      }
      const closed = close();
      open = { rows: [row.row], key, line: row.line, text: row.text, refused: [], end: row.end };
      return closed;
    },
    finish: close,
  };
}

/** A line of the file of refused rows; the row is cut to what is kept. */
export const refusedRow = (line: number, reason: string, detail: string, row: string): RefusedRow => ({
  line,
  reason,
  detail,
  row:
    row.length <= IMPORT_LIMITS.refusedCharsMax ? row : `${row.slice(0, IMPORT_LIMITS.refusedCharsMax)}...`,
});
