/** Answers about the map as tables, for CSV. Pure. */
import { STAGE_MARK } from "../analysis/model.ts";
import type { Table } from "../analysis/request.ts";
import type { Compared, Conformance, Helps } from "./judged-model.ts";
import type { DiscoveredMap, Durations, Path, Variants } from "./model.ts";

/** A moment's key as it is read: its stage in brackets. */
function readable(key: string): string {
  const [moment, stage] = key.split(STAGE_MARK);
  return stage === undefined ? key : `${moment} (${stage})`;
}

/** Moments of a map. */
export const nodesTable = ({ nodes }: DiscoveredMap): Table => ({
  header: ["moment", "channel", "name", "stage", "events", "people", "cases", "starts", "ends", "reached", "drop_off", "repeats", "next_median_ms", "next_p90_ms", "hidden_incoming", "hidden_outgoing"],
  rows: nodes.map((node) => [
    readable(node.key), node.channel, node.name, node.stage, node.events, node.people, node.cases, node.starts, node.ends, node.reached, node.dropOff, node.repeats,
    node.next.medianMs, node.next.p90Ms, node.hidden.incoming.transitions, node.hidden.outgoing.transitions,
  ]),
}); // prettier-ignore

/** Edges of a map. */
export const edgesTable = ({ edges }: DiscoveredMap): Table => ({
  header: ["from", "to", "transitions", "people", "share", "median_ms", "p90_ms", "switches_channel"],
  rows: edges.map(({ from, to, transitions, people, share, medianMs, p90Ms, switches }) => [readable(from), readable(to), transitions, people, share, medianMs, p90Ms, switches ? "yes" : "no"]),
}); // prettier-ignore

/** Variants, and in the last row those that are not told one by one. */
export const variantsTable = ({ variants, others, totals }: Variants): Table => ({
  header: ["moments", "cut", "reached", "cases", "people", "share", "median_ms"],
  rows: [
    ...variants.map(({ moments, cut, reached, cases, people, share, medianMs }) => [moments.map(readable).join(" > "), cut ? "yes" : "no", reached === null ? null : reached ? "yes" : "no", cases, people, share, medianMs]),
    [`${others.variants} others`, null, null, others.cases, null, others.cases / totals.cases, null],
  ],
}); // prettier-ignore

/** The sample of cases behind a part of a map. */
export const pathTable = ({ sample }: Path): Table => ({
  header: ["customer", "name", "started_at", "ended_at", "at", "took_ms", "reached", "moments"],
  rows: sample.map(({ customerId, name, startedAt, endedAt, at, tookMs, reached, moments }) => [customerId, name, startedAt, endedAt, at, tookMs, reached === null ? null : reached ? "yes" : "no", moments.map(({ key }) => readable(key)).join(" > ")]),
}); // prettier-ignore

/** The longest cases. */
export const durationsTable = ({ longest }: Durations): Table => ({
  header: ["customer", "key", "started_at", "events", "throughput_ms", "processing_ms"],
  rows: longest.map(({ customerId, key, startedAt, events, throughputMs, processingMs }) => [customerId, key, startedAt, events, throughputMs, processingMs]),
}); // prettier-ignore

const COMPARED = [
  "people_a",
  "share_a",
  "people_b",
  "share_b",
  "difference",
  "low",
  "high",
  "p_value",
  "significant",
];
const comparedCells = ({ a, b, difference, interval, pValue, significant }: Compared["nodes"][number] | Compared["edges"][number]) =>
  [a.people, a.share, b.people, b.share, difference, interval.low, interval.high, pValue, significant ? "yes" : "no"]; // prettier-ignore

/** Moments of a comparison. */
export const comparedNodesTable = ({ nodes }: Compared): Table => ({
  header: ["moment", ...COMPARED],
  rows: nodes.map((node) => [node.key, ...comparedCells(node)]),
});

/** Edges of a comparison. */
export const comparedEdgesTable = ({ edges }: Compared): Table => ({
  header: ["from", "to", ...COMPARED],
  rows: edges.map((edge) => [edge.from, edge.to, ...comparedCells(edge)]),
});

/** Moments against a goal. The header says what the numbers are not. */
export const helpsTable = ({ moments, label }: Helps): Table => ({
  header: ["moment", "people_with", "reached_with", "people_without", "reached_without", "crude", `adjusted_${label}`, "low", "high", "p_value", "direction"],
  rows: moments.map(({ key, present, absent, crude, adjusted, interval, pValue, direction }) => [
    key, present.people, present.reached, absent.people, absent.reached, crude, adjusted, interval.low, interval.high, pValue, direction,
  ]),
}); // prettier-ignore

/** What people do between steps. */
export const betweenTable = ({ between }: Conformance): Table => ({
  header: ["after", "moment", "people", "share"],
  rows: between.map(({ after, key, people, share }) => [after, key, people, share]),
});
