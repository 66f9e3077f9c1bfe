/** Answers about the map as tables, for CSV; of too little data (null) the header alone. Pure. */
import type { z } from "zod";
import { STAGE_MARK } from "../analysis/model.ts";
import type { Table } from "../analysis/request.ts";
import type { Compared, Conformance, ConformanceQuery, Helps } from "./judged-model.ts";
import type { DiscoveredMap, Durations, DurationsQuery, Path, Variants } from "./model.ts";

/** A moment's key as it is read: its stage in brackets. */
function readable(key: string): string {
  const [moment, stage] = key.split(STAGE_MARK);
  return stage === undefined ? key : `${moment} (${stage})`;
}

/** Moments of a map. */
export const nodesTable = (map: DiscoveredMap | null): Table => ({
  header: ["moment", "channel", "name", "stage", "events", "people", "cases", "starts", "ends", "reached", "drop_off", "repeats", "next_median_ms", "next_p90_ms", "hidden_incoming", "hidden_outgoing"],
  rows: (map?.nodes ?? []).map((node) => [
    readable(node.key), node.channel, node.name, node.stage, node.events, node.people, node.cases, node.starts, node.ends, node.reached, node.dropOff, node.repeats,
    node.next.medianMs, node.next.p90Ms, node.hidden.incoming.transitions, node.hidden.outgoing.transitions,
  ]),
}); // prettier-ignore

/** Edges of a map. */
export const edgesTable = (map: DiscoveredMap | null): Table => ({
  header: ["from", "to", "transitions", "people", "share", "median_ms", "p90_ms", "switches_channel"],
  rows: (map?.edges ?? []).map(({ from, to, transitions, people, share, medianMs, p90Ms, switches }) => [readable(from), readable(to), transitions, people, share, medianMs, p90Ms, switches ? "yes" : "no"]),
}); // prettier-ignore

/** Variants, and in the last row those that are not told one by one. */
export const variantsTable = (answer: Variants | null): Table => ({
  header: ["moments", "cut", "reached", "cases", "people", "share", "median_ms"],
  rows: answer === null ? [] : [
    ...answer.variants.map(({ moments, cut, reached, cases, people, share, medianMs }) => [moments.map(readable).join(" > "), cut ? "yes" : "no", reached === null ? null : reached ? "yes" : "no", cases, people, share, medianMs]),
    [`${answer.others.variants} others`, null, null, answer.others.cases, null, answer.others.cases / answer.totals.cases, null],
  ],
}); // prettier-ignore

/** The sample of cases behind a part of a map. */
export const pathTable = (path: Path | null): Table => ({
  header: ["customer", "name", "started_at", "ended_at", "at", "took_ms", "reached", "moments"],
  rows: (path?.sample ?? []).map(({ customerId, name, startedAt, endedAt, at, tookMs, reached, moments }) => [customerId, name, startedAt, endedAt, at, tookMs, reached === null ? null : reached ? "yes" : "no", moments.map(({ key }) => readable(key)).join(" > ")]),
}); // prettier-ignore

/** The longest cases. */
const longestTable = (durations: Durations | null): Table => ({
  header: ["customer", "key", "started_at", "events", "throughput_ms", "processing_ms"],
  rows: (durations?.longest ?? []).map(({ customerId, key, startedAt, events, throughputMs, processingMs }) => [customerId, key, startedAt, events, throughputMs, processingMs]),
}); // prettier-ignore

/** How long all cases take, and for how long something was being done in them. */
const spreadTable = (durations: Durations | null): Table => ({
  header: ["measure", "cases", "mean_ms", "median_ms", "p90_ms", "least_ms", "most_ms"],
  rows: (["throughput", "processing"] as const).flatMap((measure) => {
    const spread = durations?.[measure];
    return spread ? [[measure, durations.cases, spread.meanMs, spread.medianMs, spread.p90Ms, spread.leastMs, spread.mostMs]] : [];
  }),
}); // prettier-ignore
/** A part of durations. */
export const durationsTable = (durations: Durations | null, part: z.output<typeof DurationsQuery>["part"]): Table =>
  part === "spread" ? spreadTable(durations) : longestTable(durations); // prettier-ignore

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
export const comparedNodesTable = (compared: Compared | null): Table => ({
  header: ["moment", ...COMPARED],
  rows: (compared?.nodes ?? []).map((node) => [node.key, ...comparedCells(node)]),
});

/** Edges of a comparison. */
export const comparedEdgesTable = (compared: Compared | null): Table => ({
  header: ["from", "to", ...COMPARED],
  rows: (compared?.edges ?? []).map((edge) => [edge.from, edge.to, ...comparedCells(edge)]),
});

/** Moments against a goal. The header says what the numbers are not. */
export const helpsTable = (helps: Helps | null): Table => ({
  header: ["moment", "people_with", "reached_with", "people_without", "reached_without", "crude", "adjusted_correlation", "low", "high", "p_value", "direction"],
  rows: (helps?.moments ?? []).map(({ key, present, absent, crude, adjusted, interval, pValue, direction }) => [
    key, present.people, present.reached, absent.people, absent.reached, crude, adjusted, interval.low, interval.high, pValue, direction,
  ]),
}); // prettier-ignore

/** The tables of a conformance. */
const CONFORMANCE: { readonly [part in z.output<typeof ConformanceQuery>["part"]]: (conformance: Conformance | null) => Table } = {
  runs: (conformance) => ({
    header: ["entered", "running", "ended", "held_out", "followed", "followed_ratio", "low", "high", "median_ms"],
    rows: (conformance ? [conformance] : []).map(({ runs, followed, medianMs }) => [
      runs.entered, runs.running, runs.ended, runs.heldOut, followed.runs, followed.ratio, followed.interval?.low ?? null, followed.interval?.high ?? null, medianMs,
    ]),
  }),
  steps: (conformance) => ({
    header: ["step", "type", "title", "passed", "waiting", "left"],
    rows: (conformance?.steps ?? []).map(({ step, type, title, passed, waiting, left }) => [step, type, title, passed, waiting, left]),
  }),
  ways: (conformance) => ({
    header: ["step", "path", "next", "passed", "share"],
    rows: (conformance?.steps ?? []).flatMap(({ step, ways }) => ways.map(({ path, next, passed, share }) => [step, path, next, passed, share])),
  }),
  deviations: (conformance) => ({
    header: ["step", "end", "detail", "runs", "share"],
    rows: (conformance?.deviations ?? []).map(({ step, end, detail, runs, share }) => [step, end, detail, runs, share]),
  }),
  unmet: (conformance) => ({
    header: ["kind", "step", "path", "of", "at_most", "words"],
    rows: (conformance?.unmet ?? []).map(({ kind, step, path, of, atMost, words }) => [kind, step, path, of, atMost, words]),
  }),
  between: (conformance) => ({
    header: ["after", "moment", "people", "share"],
    rows: (conformance?.between ?? []).map(({ after, key, people, share }) => [after, key, people, share]),
  }),
}; // prettier-ignore
/** A part of a conformance. */
export const conformanceTable = (conformance: Conformance | null, part: z.output<typeof ConformanceQuery>["part"]): Table =>
  CONFORMANCE[part](conformance); // prettier-ignore
