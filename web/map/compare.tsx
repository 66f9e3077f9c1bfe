/** Two maps against each other: periods, segments, or those who reached a goal and those who did not. Differences, no causes. */
import { NativeSelect, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import type { Against, Compared } from "../../src/map/judged-model.ts";
import type { z } from "zod";
import { intervalWords, percent } from "../analysis/numbers.ts";
import type { ScopeAsked } from "../analysis/scope.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { scaleOf, Whisker } from "../analysis/whisker.tsx";
import { useApi } from "../services.tsx";
import { ChannelTag } from "../ui/channel.tsx";
import { counted, date } from "../ui/format.ts";
import { Empty } from "../ui/notice.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Answer } from "./answer.tsx";
import { textOfPart } from "./question.ts";
import frame from "./room.module.css";
import { EventField, useQuestion } from "./room.tsx";
import classes from "./views.module.css";

const route = getRouteApi("/map/compare");
type AgainstAsked = z.input<typeof Against>;
type Kind = "before" | "segment" | "goal";

const KINDS = [
  { value: "before", label: "The period before" },
  { value: "segment", label: "Another segment" },
  { value: "goal", label: "Reached a goal or not" },
];

/** The period of the same length that ends where this one begins. */
export function periodBefore(scope: ScopeAsked): ScopeAsked {
  const [from, to] = [Date.parse(scope.from), Date.parse(scope.to)];
  return { ...scope, from: new Date(from - (to - from)).toISOString(), to: scope.from };
}

/** What the address compares with; null while something is still to be chosen. */
function againstOf(kind: Kind, scope: ScopeAsked, segment: string, goal: string): AgainstAsked | null {
  if (kind === "goal") return goal ? { by: "goal", goal } : null;
  if (kind === "before") return { by: "scope", scope: periodBefore(scope) };
  const { segment: _, ...everybody } = scope;
  if (segment === "everybody") return { by: "scope", scope: everybody };
  return segment && Number(segment) > 0 ? { by: "scope", scope: { ...everybody, segment: Number(segment) } } : null;
} // prettier-ignore

type Row = {
  readonly id: string;
  readonly name: string;
  readonly channel: string | null;
  readonly at: string;
} & Pick<Compared["nodes"][number], "a" | "b" | "difference" | "interval" | "significant">;
const points = (ratio: number): string =>
  `${ratio > 0 ? "+" : ratio < 0 ? "−" : ""}${(100 * Math.abs(ratio)).toFixed(1)}`;
const rowsOf = (compared: Compared, of: "nodes" | "edges"): readonly Row[] => {
  if (of === "nodes") return compared.nodes.map((node) => ({ ...node, id: node.key, at: textOfPart({ type: "moment", moment: node.key }) }));
  const names = new Map(compared.nodes.map(({ key, name }) => [key, name]));
  const nameOf = (key: string): string => names.get(key) ?? key;
  return compared.edges.map((edge) => ({ ...edge, id: `${edge.from} ${edge.to}`, name: `${nameOf(edge.from)} → ${nameOf(edge.to)}`, channel: null, at: textOfPart({ type: "edge", from: edge.from, to: edge.to }) }));
}; // prettier-ignore

const columnsOf = (rows: readonly Row[], [nameOfA, nameOfB]: readonly [string, string], of: "nodes" | "edges"): readonly Column<Row>[] => {
  const scale = scaleOf(rows.map(({ interval }) => interval));
  const side = (id: string, header: string, sideOf: (row: Row) => Row["a"]): Column<Row> => ({
    id, header, end: true, value: (row) => sideOf(row).share,
    cell: (row) => <span title={counted(sideOf(row).people, "person", "people")}>{percent(sideOf(row).share)}</span>,
  });
  return [
    { id: "name", header: of === "nodes" ? "Moment" : "Way", width: "32%", value: ({ name }) => name, cell: ({ name, channel, at }) => <div><Link to="/map" search={(before: object) => ({ ...before, at })} className="name">{name}</Link>{channel && <div className={frame["small"]}><ChannelTag channel={channel} /></div>}</div> },
    side("a", nameOfA, ({ a }) => a),
    side("b", nameOfB, ({ b }) => b),
    { id: "difference", header: "Difference, points", value: ({ difference }) => difference, cell: ({ difference, interval }) => <span className={classes["pair"]}><Whisker value={difference} low={interval.low} high={interval.high} scale={scale} label={intervalWords(interval, points)} /></span> },
    { id: "words", header: "In words", end: true, value: ({ interval }) => intervalWords(interval, points), cell: ({ difference, interval }) => <span>{points(difference)}<span className={`${frame["small"]} ${classes["pair"]}`}>{intervalWords(interval, points)}</span></span> },
    { id: "sure", header: "Stands out", end: true, value: ({ significant }) => (significant ? "yes" : "no"), cell: ({ significant }) => significant ? <span className={classes["verdict"]}>Yes</span> : <span className="quiet">Unclear</span> },
  ];
}; // prettier-ignore

function Differences({ compared, names, of }: { compared: Compared; names: readonly [string, string]; of: "nodes" | "edges" }) {
  const rows = rowsOf(compared, of);
  if (rows.length === 0) return <p className="pad quiet">Nothing is frequent enough on both sides to be compared.</p>;
  return <DataTable label="Differences" columns={columnsOf(rows, names, of)} rows={rows} rowKey={({ id }) => id} />;
} // prettier-ignore

/** What is compared, as a file. */
function csv(compared: Compared, names: readonly [string, string], of: "nodes" | "edges"): string {
  const rows = rowsOf(compared, of);
  const { header, rows: cells } = valuesOf(columnsOf(rows, names, of), rows);
  return csvOf(header, cells);
}

function useNames(kind: Kind, scope: ScopeAsked | undefined, segment: string): readonly [string, string] {
  const api = useApi();
  const segments = useQuery({ queryKey: ["segments"], queryFn: ({ signal }) => api.segments(signal) });
  const nameOf = (id: string | number | undefined): string =>
    segments.data?.segments.find((one) => String(one.id) === String(id))?.name ?? "Everybody";
  if (kind === "goal") return ["Reached it", "Did not"];
  if (kind === "segment") return [nameOf(scope?.segment), nameOf(segment)];
  return scope ? [`From ${date(Date.parse(scope.from))}`, `From ${date(Date.parse(periodBefore(scope).from))}`] : ["Now", "Before"];
} // prettier-ignore

type Asked = { readonly kind: Kind; readonly other: string; readonly until: string };
/** What is compared with: the choice, and what it needs to be told. */
function Choices({ kind, other, until, onChange }: Asked & { onChange: (parts: object) => void }) {
  const api = useApi();
  const segments = useQuery({ queryKey: ["segments"], queryFn: ({ signal }) => api.segments(signal) });
  const offered = [{ value: "", label: "Choose one" }, { value: "everybody", label: "Everybody" }, ...(segments.data?.segments ?? []).map(({ id, name }) => ({ value: String(id), label: name }))];
  return (
    <div className={frame["choices"]}>
      <NativeSelect label="Compare with" data={KINDS} value={kind} onChange={({ currentTarget: { value } }) => onChange({ with: value === "before" ? undefined : value })} />
      {kind === "segment" && <NativeSelect label="Which segment" value={other} data={offered} onChange={({ currentTarget: { value } }) => onChange({ other: value || undefined })} />}
      {kind === "goal" && <EventField label="The goal" none="Choose an event" value={until} onChange={(goal) => onChange({ until: goal || undefined })} />}
    </div>
  );
} // prettier-ignore

const kindOf = (asked: string | undefined): Kind =>
  asked === "segment" || asked === "goal" ? asked : "before";

/** The tab. */
export function CompareTab() {
  const { with: asked, other = "", until = "", part } = route.useSearch();
  const navigate = useNavigate();
  const api = useApi();
  const question = useQuestion();
  const kind = kindOf(asked);
  const of = part === "edges" ? "edges" : "nodes";
  const against = question && againstOf(kind, question.scope, other, until);
  const names = useNames(kind, question?.scope, other);
  const query = useQuery({
    queryKey: ["map-compare", question?.scope, question?.grouping, against],
    queryFn: ({ signal }) => api.compareMaps({ scope: question!.scope, against: against!, ...(question!.grouping ? { grouping: question!.grouping } : {}) }, signal),
    enabled: against !== null,
    placeholderData: keepPreviousData,
  });
  const change = (parts: object) => void navigate({ to: ".", search: (before: object) => ({ ...before, ...parts }), replace: true } as never);
  return (
    <div className={frame["column"]}>
      <Choices kind={kind} other={other} until={until} onChange={change} />
      {against === null ? (
        <div className="sheet">
          <Empty icon={<Scale />} title="Choose what to compare with">
            <p>Two periods, two segments, or those who reached a goal with those who did not: where their ways differ, and how sure that is.</p>
          </Empty>
        </div>
      ) : (
        <Answer query={query}>
          {(compared, basis) => (
            <Sheet
              title="Where they differ" basis={basis} lines={compared.notes.map((note) => ["Keep in mind", note] as const)}
              note={`${counted(compared.a.people, "person", "people")} against ${counted(compared.b.people, "person", "people")}. Differences, not their causes.`}
              file={{ name: "compared", content: () => csv(compared, names, of) }}
            >
              <div className="pad" style={{ paddingBottom: "0.25rem" }}>
                <SegmentedControl size="xs" aria-label="Compare" value={of} data={[{ value: "nodes", label: "Moments" }, { value: "edges", label: "Ways" }]} onChange={(value) => change({ part: value === "edges" ? value : undefined })} />
              </div>
              <Differences compared={compared} names={names} of={of} />
            </Sheet>
          )}
        </Answer>
      )}
    </div>
  );
} // prettier-ignore
