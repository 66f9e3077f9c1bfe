/** How many were in over time, who came and who went: a chart, and the table and CSV behind it. */
import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download, History } from "lucide-react";
import { useMemo, useState } from "react";
import { csvOf } from "../../src/csv.ts";
import type { SegmentHistory, SegmentView } from "../../src/segments/document.ts";
import { useApi } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { clockTime, count, date } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { LineChart } from "./chart.tsx";
import { useThisSegment } from "./segment.tsx";
import classes from "./segments.module.css";

const route = getRouteApi("/segments/$segmentId/history");
const DAY_MS = 86_400_000;
const SPANS = [
  { value: "1", label: "Day" },
  { value: "14", label: "2 weeks" },
  { value: "90", label: "90 days" },
  { value: "365", label: "Year" },
];
type Row = SegmentHistory["points"][number];

const spoken = (at: number, step: SegmentHistory["step"]): string =>
  step === "hour" ? `${date(at)}, ${clockTime(at)}` : date(at);
const columnsOf = (step: SegmentHistory["step"]): readonly Column<Row>[] => [
  { id: "at", header: step === "hour" ? "Hour" : "Day", value: ({ at }) => at, cell: ({ at }) => spoken(Date.parse(at), step) },
  { id: "members", header: "In at its end", end: true, value: ({ members }) => members, cell: ({ members }) => (members === null ? <span className="quiet">not known</span> : count(members)) },
  { id: "entered", header: "Came in", end: true, value: ({ entered }) => entered, cell: ({ entered }) => count(entered) },
  { id: "left", header: "Left", end: true, value: ({ left }) => left, cell: ({ left }) => count(left) },
]; // prettier-ignore

function Course({ segment, days }: { segment: SegmentView; days: string }) {
  const api = useApi();
  const [tabled, setTabled] = useState(false);
  const history = useQuery({
    queryKey: ["segment-history", segment.id, days],
    queryFn: ({ signal }) => {
      const now = Date.now();
      const from = new Date(now - Number(days) * DAY_MS).toISOString();
      return api.segmentHistory(segment.id, { from, to: new Date(now).toISOString() }, signal);
    },
    refetchInterval: 30_000,
    placeholderData: (before) => before,
  });
  const step = history.data?.step ?? "day";
  const columns = useMemo(() => columnsOf(step), [step]);
  if (history.isPending) return <Rows />;
  if (history.isError)
    return (
      <div className="pad">
        <Fault fault={history.error} retry={() => void history.refetch()} retrying={history.isFetching} />
      </div>
    );
  const { points } = history.data;
  const drawn = points.map(({ at, members }) => ({ at: Date.parse(at), value: members }));
  const told = drawn.filter(({ value }) => value !== null);
  const save = () => {
    const values = valuesOf(columns, points);
    saveFile(`${segment.name}-history.csv`, csvOf(values.header, values.rows), "text/csv");
  };
  const [entered, left] = [
    points.reduce((sum, one) => sum + one.entered, 0),
    points.reduce((sum, one) => sum + one.left, 0),
  ];
  return (
    <div className="pad">
      <p>
        <strong>{count(entered)}</strong> came in and <strong>{count(left)}</strong> left in this time.
      </p>
      {told.length < 2 ? (
        <Empty icon={<History />} title="The line begins here">
          <p>
            Numbers are kept by the hour from the moment the segment was first whole. Come back in an hour.
          </p>
        </Empty>
      ) : (
        <LineChart
          points={drawn}
          wordsOfAt={(at) => spoken(at, step)}
          label={`Customers in ${segment.name}: ${count(told[0]!.value!)} at the beginning, ${count(told.at(-1)!.value!)} at the end`}
        />
      )}
      <div className={classes["tools"]}>
        <Button size="xs" variant="default" aria-expanded={tabled} onClick={() => setTabled(!tabled)}>
          {tabled ? "Hide the table" : "Show as a table"}
        </Button>
        <Button size="xs" variant="default" leftSection={<Download size={14} />} onClick={save}>
          CSV
        </Button>
      </div>
      {tabled && (
        <DataTable label="History" columns={columns} rows={points.toReversed()} rowKey={({ at }) => at} />
      )}
    </div>
  );
}

/** The tab; the span stands in the address. */
export function HistoryTab() {
  const { data: segment } = useThisSegment();
  const { days = "14" } = route.useSearch();
  const navigate = route.useNavigate();
  if (segment === undefined) return null;
  const known = SPANS.some(({ value }) => value === days) ? days : "14";
  return (
    <section className="sheet" aria-labelledby="course">
      <header>
        <h2 id="course">Customers over time</h2>
        <SegmentedControl
          size="xs"
          aria-label="Span"
          data={SPANS}
          value={known}
          onChange={(value) =>
            void navigate({
              search: value === "14" ? {} : { days: value },
              replace: true,
              resetScroll: false,
            })
          }
        />
      </header>
      <Course segment={segment} days={known} />
    </section>
  );
}
