/** The map as lists: every moment and every way shown, to read, sort, choose by keyboard and take along as CSV. */
import { useMemo } from "react";
import type { DiscoveredMap, MapEdge, MapNode } from "../../src/map/model.ts";
import { csvOf } from "../../src/csv.ts";
import { percent, span } from "../analysis/numbers.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { ChannelTag } from "../ui/channel.tsx";
import { count } from "../ui/format.ts";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import type { PartAsked } from "./calls.ts";
import classes from "./list.module.css";
import { nameOfMoment, ofAll } from "./words.ts";

type Choose = (part: PartAsked) => void;
const time = (ms: number | null): string => (ms === null ? "–" : span(ms));

const momentColumns = (cases: number, choose: Choose): readonly Column<MapNode>[] => [
  { id: "moment", header: "Moment", width: "30%", value: nameOfMoment, cell: (node) => <button type="button" className={classes["choose"]} onClick={() => choose({ type: "moment", moment: node.key })}>{nameOfMoment(node)}</button> },
  { id: "channel", header: "Channel", value: ({ channel }) => channel, cell: ({ channel }) => (channel === null ? <span className="quiet">Any</span> : <ChannelTag channel={channel} />) },
  { id: "people", header: "People", end: true, value: ({ people }) => people, cell: ({ people }) => count(people) },
  { id: "events", header: "Times", end: true, value: ({ events }) => events, cell: ({ events }) => count(events) },
  { id: "starts", header: "Cases begin", end: true, value: ({ starts }) => starts, cell: ({ starts }) => <span title={ofAll(starts, cases)}>{count(starts)}</span> },
  { id: "ends", header: "Cases end", end: true, value: ({ ends }) => ends, cell: ({ ends }) => <span title={ofAll(ends, cases)}>{count(ends)}</span> },
  { id: "median", header: "Until the next, median", end: true, value: ({ next }) => next.medianMs, cell: ({ next }) => time(next.medianMs) },
  { id: "p90", header: "9 of 10 within", end: true, value: ({ next }) => next.p90Ms, cell: ({ next }) => time(next.p90Ms) },
  { id: "hidden", header: "Goings not shown", end: true, value: ({ hidden }) => hidden.outgoing.transitions, cell: ({ hidden }) => count(hidden.outgoing.transitions) },
]; // prettier-ignore

const wayColumns = (nameOf: (key: string) => string, choose: Choose): readonly Column<MapEdge>[] => [
  { id: "from", header: "From", width: "24%", value: ({ from }) => nameOf(from), cell: ({ from, to }) => <button type="button" className={classes["choose"]} onClick={() => choose({ type: "edge", from, to })}>{nameOf(from)} → {nameOf(to)}</button> },
  { id: "to", header: "To", value: ({ to }) => nameOf(to), cell: ({ to, switches }) => <span>{nameOf(to)}{switches && <span className="quiet">, another channel</span>}</span> },
  { id: "people", header: "People", end: true, value: ({ people }) => people, cell: ({ people }) => count(people) },
  { id: "transitions", header: "Times", end: true, value: ({ transitions }) => transitions, cell: ({ transitions }) => count(transitions) },
  { id: "share", header: "Share", end: true, value: ({ share }) => share, cell: ({ share }) => percent(share) },
  { id: "median", header: "Median time", end: true, value: ({ medianMs }) => medianMs, cell: ({ medianMs }) => time(medianMs) },
  { id: "p90", header: "9 of 10 within", end: true, value: ({ p90Ms }) => p90Ms, cell: ({ p90Ms }) => time(p90Ms) },
]; // prettier-ignore

/** Both lists. */
export function MapList({ map, onChoose }: { map: DiscoveredMap; onChoose: Choose }) {
  const names = useMemo(() => new Map(map.nodes.map((node) => [node.key, nameOfMoment(node)])), [map]);
  const moments = momentColumns(map.totals.cases, onChoose);
  const ways = wayColumns((key) => names.get(key) ?? key, onChoose);
  const csv = <Row,>(columns: readonly Column<Row>[], rows: readonly Row[]) => {
    const values = valuesOf(columns, rows);
    return csvOf(values.header, values.rows);
  };
  return (
    <div className={classes["lists"]}>
      <Sheet title="Moments" file={{ name: "moments", content: () => csv(moments, map.nodes) }}>
        <DataTable label="Moments" columns={moments} rows={map.nodes} rowKey={({ key }) => key} />
      </Sheet>
      <Sheet title="Ways between them" file={{ name: "ways", content: () => csv(ways, map.edges) }}>
        {map.edges.length === 0 ? <p className="pad quiet">No way is as frequent as that. Show more ways.</p> : <DataTable label="Ways" columns={ways} rows={map.edges} rowKey={({ from, to }) => `${from} ${to}`} />}
      </Sheet>
    </div>
  );
} // prettier-ignore
