/** A gap over the parts of its period, as bars; what they show stands in the table behind. */
import { Button } from "@mantine/core";
import { useState } from "react";
import type { GapView } from "../../src/gaps/model.ts";
import { csvOf } from "../../src/csv.ts";
import { percent } from "../analysis/numbers.ts";
import { CsvButton } from "../analysis/sheet.tsx";
import { count, counted, date } from "../ui/format.ts";
import { type Column, DataTable } from "../ui/table.tsx";
import classes from "./gaps.module.css";

type PartOf = GapView["trend"]["parts"][number];
const ratioOf = ({ people, of }: PartOf): number | null => (of === 0 ? null : people / of);
const COLUMNS: readonly Column<PartOf>[] = [
  { id: "from", header: "From", value: ({ from }) => from, cell: ({ from }) => date(Date.parse(from)) },
  { id: "people", header: "People", end: true, value: ({ people }) => people, cell: ({ people }) => count(people) },
  { id: "of", header: "Of", end: true, value: ({ of }) => of, cell: ({ of }) => count(of) },
  { id: "ratio", header: "Share", end: true, value: ratioOf, cell: (part) => (part.of === 0 ? "–" : percent(part.people / part.of)) },
]; // prettier-ignore
const [WIDTH, HEIGHT, BASE] = [480, 96, 18];

/** The bars, or the table. */
export function TrendBars({ trend: { parts } }: { trend: GapView["trend"] }) {
  const [tabled, setTabled] = useState(false);
  if (parts.length === 0) return null;
  const most = Math.max(1e-9, ...parts.map((part) => ratioOf(part) ?? 0));
  const step = WIDTH / parts.length;
  return (
    <>
      {tabled ? (
        <DataTable label="Over the period" columns={COLUMNS} rows={parts} rowKey={({ from }) => from} />
      ) : (
        <svg className={classes["chart"]} viewBox={`0 0 ${WIDTH} ${HEIGHT + BASE}`} role="img" aria-label={`Share of people affected, in ${counted(parts.length, "part")} of the period: ${parts.map((part) => (part.of === 0 ? "nobody" : percent(part.people / part.of))).join(", ")}`}>
          {parts.map((part, i) => {
            const tall = ((ratioOf(part) ?? 0) / most) * (HEIGHT - 14);
            return (
              <g key={part.from}>
                <rect x={i * step + 4} y={HEIGHT - tall} width={step - 8} height={Math.max(1, tall)} rx={3} />
                {part.of > 0 && <text x={i * step + step / 2} y={HEIGHT - tall - 4} textAnchor="middle">{percent(part.people / part.of)}</text>}
              </g>
            );
          })}
          <text x={4} y={HEIGHT + 14} className={classes["axis"]}>{date(Date.parse(parts[0]!.from))}</text>
          <text x={WIDTH - 4} y={HEIGHT + 14} textAnchor="end" className={classes["axis"]}>{date(Date.parse(parts.at(-1)!.from))}</text>
        </svg>
      )}
      <div className={classes["tools"]}>
        <Button size="compact-xs" variant="default" aria-pressed={tabled} onClick={() => setTabled(!tabled)}>{tabled ? "Chart" : "Table"}</Button>
        <CsvButton file={{ name: "gap-trend", content: () => csvOf(["From", "People", "Of"], parts.map(({ from, people, of }) => [from, people, of])) }} />
      </div>
    </>
  );
} // prettier-ignore
