/** The segments: who is in how many, where each is going, and starters to begin with. */
import { Button } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Download, Plus, SearchX, Shapes } from "lucide-react";
import { useMemo } from "react";
import { csvOf } from "../../src/csv.ts";
import type { SegmentView, Starters } from "../../src/segments/document.ts";
import { useApi, useServices } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { SearchField } from "../ui/search.tsx";
import { StarterCards, StarterMenu } from "../ui/starters.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { Sparkline } from "./chart.tsx";
import { Room } from "./room.tsx";
import { sentenceOf } from "./rule-words.ts";
import classes from "./segments.module.css";
import { Members } from "./standing.tsx";
import { useWorld, type World } from "./world.tsx";

const route = getRouteApi("/segments");
const BUILDING_EVERY_MS = 1_500;
const EVERY_MS = 10_000;
const TREND_MS = 14 * 86_400_000;

/** All segments; looked at more often while one is being built. */
export function useSegments() {
  const api = useApi();
  return useQuery({
    queryKey: ["segments"],
    queryFn: ({ signal }) => api.segments(signal),
    refetchInterval: ({ state }) => state.data?.segments.some(({ progress }) => progress !== null) ? BUILDING_EVERY_MS : EVERY_MS,
  });
} // prettier-ignore

/** The last two weeks as a line, asked for once the row is seen. */
function Trend({ segment }: { segment: SegmentView }) {
  const api = useApi();
  const { ref, entry } = useIntersection();
  const history = useQuery({
    queryKey: ["segment-history", segment.id, "trend"],
    queryFn: ({ signal }) => {
      const to = new Date();
      return api.segmentHistory(segment.id, { from: new Date(to.getTime() - TREND_MS).toISOString(), to: to.toISOString() }, signal);
    },
    enabled: (entry?.isIntersecting ?? false) && segment.members !== null,
    staleTime: 60_000,
  });
  const points = (history.data?.points ?? []).map(({ at, members }) => ({ at: Date.parse(at), value: members }));
  const values = points.flatMap(({ value }) => value ?? []);
  const label = values.length < 2 ? "No trend yet" : `From ${count(values[0]!)} to ${count(values.at(-1)!)} in two weeks`;
  return <span ref={ref} className={classes["trend"]}><Sparkline points={points} label={label} /></span>;
} // prettier-ignore

const columnsOf = ({ names }: World): readonly Column<SegmentView>[] => [
  {
    id: "name",
    header: "Segment",
    width: "46%",
    value: ({ name }) => name,
    cell: (segment) => (
      <div className="wrap">
        <Link to="/segments/$segmentId" params={{ segmentId: String(segment.id) }} className="name">
          {segment.name}
        </Link>
        <div className={classes["small"]}>{segment.description || sentenceOf(segment.rule, names)}</div>
      </div>
    ),
  },
  {
    id: "members",
    header: "Customers",
    end: true,
    value: ({ members }) => members,
    cell: (segment) => <Members segment={segment} />,
  },
  { id: "trend", header: "Two weeks", cell: (segment) => <Trend segment={segment} /> },
  {
    id: "updated",
    header: "Rule changed",
    value: ({ updatedAt }) => updatedAt,
    cell: ({ updatedAt }) => <Ago at={updatedAt} />,
  },
];

function saveShown(columns: readonly Column<SegmentView>[], rows: readonly SegmentView[]): void {
  const values = valuesOf(columns, rows);
  const csv = csvOf(
    ["Id", ...values.header, "As of"],
    values.rows.map((row, at) => [String(rows[at]!.id), ...row, rows[at]!.asOf]),
  );
  saveFile("segments.csv", csv, "text/csv");
}

type Starter = Starters["starters"][number];
function useStarters() {
  const api = useApi();
  return useQuery({
    queryKey: ["segment-starters"],
    queryFn: ({ signal }) => api.segmentStarters(signal),
    staleTime: Infinity,
  });
}

/** Nothing yet: what a segment is, and starters added by one click. */
function Teach() {
  const { api, queries } = useServices();
  const starters = useStarters();
  const add = useMutation({
    mutationFn: ({ name, description, rule }: Starter) => api.createSegment({ name, description, rule }),
    onSuccess: async ({ name }) => {
      notifications.show({ title: `${name} is added`, message: "It is built from history now." });
      await queries.invalidateQueries({ queryKey: ["segments"] });
    },
  });
  const usable = (starters.data?.starters ?? []).filter(({ needs }) => needs === null);
  return (
    <>
      <Empty icon={<Shapes />} title="No segments yet">
        <p>
          A segment is a rule: everybody it fits is in. It changes with each event, and by itself when a time runs out, so
          nobody waits for a nightly run. Add one of these, or{" "}
          <Link to="/segments/new" className="link">build your own</Link>.
        </p>
      </Empty>
      {starters.isError && <div className="pad"><Fault fault={starters.error} retry={() => void starters.refetch()} /></div>}
      {add.isError && <div className="pad"><Fault fault={add.error} /></div>}
      <StarterCards
        starters={usable}
        actionsOf={(starter) => (
          <>
            <Button size="xs" variant="light" leftSection={<Plus size={14} />} aria-label={`Add ${starter.name}`} loading={add.isPending && add.variables.key === starter.key} onClick={() => add.mutate(starter)}>
              Add
            </Button>
            <Link to="/segments/new" search={{ starter: starter.key }} className="link" aria-label={`Change it first: ${starter.name}`}>
              Change it first
            </Link>
          </>
        )}
      />
    </>
  );
} // prettier-ignore

function NewMenu() {
  const navigate = useNavigate();
  const starters = useStarters();
  const told = (starters.data?.starters ?? []).map((starter) =>
    starter.needs === "rfm"
      ? {
          ...starter,
          description: `${starter.description} Needs bands, which are set under Computed traits.`,
        }
      : starter,
  );
  return (
    <Button.Group>
      <Button leftSection={<Plus size={16} />} renderRoot={(props) => <Link to="/segments/new" {...props} />}>
        New segment
      </Button>
      <StarterMenu
        label="New segment from a starter"
        starters={told}
        onChoose={({ key }) => void navigate({ to: "/segments/new", search: { starter: key } })}
      />
    </Button.Group>
  );
}

/** The list. */
export function SegmentsScreen() {
  const { query = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const world = useWorld();
  const list = useSegments();
  const columns = useMemo(() => columnsOf(world), [world]);
  const all = list.data?.segments ?? [];
  const wanted = query.toLowerCase();
  const rows = all.filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(wanted));
  return (
    <Room
      title="Segments"
      intro="Who belongs together, by a rule that each event keeps exact."
      actions={
        <>
          <Button
            variant="default"
            leftSection={<Download size={16} />}
            disabled={rows.length === 0}
            onClick={() => saveShown(columns, rows)}
          >
            CSV
          </Button>
          <NewMenu />
        </>
      }
    >
      <div className="sheet">
        {all.length > 0 && (
          <header>
            <SearchField
              label="Search segments"
              placeholder="Name or description"
              value={query}
              onSearch={(text) =>
                void navigate({ search: text === "" ? {} : { query: text }, replace: true })
              }
            />
            <span className="quiet" aria-live="polite">
              {counted(rows.length, "segment")}
            </span>
          </header>
        )}
        <Awaiting query={list} />
        {list.isSuccess && all.length === 0 && <Teach />}
        {all.length > 0 && rows.length === 0 && (
          <Empty icon={<SearchX />} title={`No segment like “${query}”`}>
            <p>The search looks at names and descriptions. Try fewer letters.</p>
          </Empty>
        )}
        {rows.length > 0 && (
          <DataTable label="Segments" columns={columns} rows={rows} rowKey={({ id }) => String(id)} />
        )}
      </div>
    </Room>
  );
}
