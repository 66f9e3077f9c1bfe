/**
 * The table every list uses: sortable columns (TanStack Table), CSV of the rows shown, and on a phone each row as a small
 * card instead of a sideways scroll. Roles are written out, because a table laid out as blocks loses its own.
 */
import {
  type ColumnDef,
  createSortedRowModel,
  rowSortingFeature,
  type SortingState,
  sortFn_alphanumeric,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import classes from "./table.module.css";

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns: { alphanumeric: sortFn_alphanumeric },
});

/** A column: `value` is what it sorts by and what CSV gets; without it the column neither sorts nor is exported. */
export type Column<Row> = {
  readonly id: string;
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  readonly value?: (row: Row) => string | number | null;
  readonly width?: string;
  readonly end?: boolean;
};
type TableProps<Row> = {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
};

const definitionOf = <Row extends object>(column: Column<Row>): ColumnDef<typeof features, Row> => {
  const { value } = column;
  const base = { id: column.id, header: column.header };
  return value === undefined
    ? { ...base, enableSorting: false }
    : {
        ...base,
        accessorFn: (row: Row) => value(row) ?? undefined,
        sortFn: "alphanumeric",
        sortUndefined: "last",
      };
};

const ARIA = { asc: "ascending", desc: "descending" } as const;

/** A table of `rows`. The rows come in their natural order; a click on a heading sorts those shown. */
export function DataTable<Row extends object>({ label, columns, rows, rowKey }: TableProps<Row>) {
  const [sorting, setSorting] = useState<SortingState>([]);
  const definitions = useMemo(() => columns.map((column) => definitionOf(column)), [columns]);
  const table = useTable({
    features,
    columns: definitions,
    data: rows as Row[],
    state: { sorting },
    onSortingChange: setSorting,
    getRowId: rowKey,
  });
  const byId = new Map(columns.map((column) => [column.id, column]));
  return (
    <table role="table" aria-label={label} className={classes["table"]}>
      <thead role="rowgroup">
        <tr role="row">
          {table.getFlatHeaders().map(({ id, column }) => {
            const sorted = column.getIsSorted();
            const { header, width, end } = byId.get(id)!;
            return (
              <th
                key={id}
                role="columnheader"
                scope="col"
                style={{ width }}
                data-end={end}
                aria-sort={sorted ? ARIA[sorted] : undefined}
              >
                {column.getCanSort() ? (
                  <button type="button" onClick={() => column.toggleSorting()}>
                    {header}
                    {sorted === "asc" && <ArrowUp size={13} aria-hidden="true" />}
                    {sorted === "desc" && <ArrowDown size={13} aria-hidden="true" />}
                  </button>
                ) : (
                  header
                )}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id} role="row">
            {columns.map((column) => (
              <td key={column.id} role="cell" data-label={column.header} data-end={column.end}>
                {column.cell(row.original)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Header and rows of the columns that have values, for CSV. */
export function valuesOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]) {
  const valued = columns.flatMap(({ header, value }) => (value ? [{ header, value }] : []));
  return {
    header: valued.map(({ header }) => header),
    rows: rows.map((row) => valued.map(({ value }) => value(row))),
  };
}
