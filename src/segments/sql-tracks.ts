/**
 * What the event log tells of tracks: the state of each, by atom, as track.ts would hold it after the same events. Pure:
 * makes text and parameters. So the history before a rule was made is known as if it had been told event by event.
 */
import type { Instant, WorkspaceId } from "../values.ts";
import { SEGMENT_LIMITS } from "./model.ts";
import { newestItems, scaledSql } from "./sql-aggregates.ts";
import { EventRows, type ItemColumns } from "./sql-rows.ts";
import { Parameters, SQL_SETTINGS, whole } from "./sql-values.ts";
import type { Statement } from "./sql.ts";
import type { Track, TrackSpec } from "./track.ts";

/** Atoms of one row of `tracksSql`, and of `seeds`. */
export const CHUNK_ATOMS = 100;

export type TracksQuery = {
  readonly workspace: WorkspaceId;
  readonly tracks: readonly Track[];
  /** Only events handled under an epoch before this one. */
  readonly epochBelow?: number | undefined;
  /** Only these chunks: from `from`, before `to`. Reads only their part of the log. */
  readonly chunks?: { readonly from: number; readonly to: number } | undefined;
  /** Leave out what no window can reach any more at this instant. */
  readonly now?: Instant | undefined;
};
/** A row of `tracksSql`: of which track (its place among those asked for) and the states of atoms that have one. */
export type TrackRow = { readonly chunk: number; readonly track: number; readonly body: string };

/**
 * A statement that answers `TrackRow`s in the order of chunks. A body is `{"<atom>": state, ...}`.
 */
export function tracksSql({ workspace, tracks, epochBelow, chunks, now }: TracksQuery): Statement {
  const parameters = new Parameters();
  const rows = new EventRows(parameters);
  const aggregates: string[] = [];
  const states: string[] = [];
  for (const [i, { spec }] of tracks.entries()) {
    const spanMs = spec.keep.kind === "newest" ? spec.keep.spanMs : null;
    const item = rows.item(spec, spanMs === null || now === undefined ? null : now - spanMs);
    const { aggregate, state } = stateSql(spec, item, `s${i}`, now);
    aggregates.push(...aggregate);
    states.push(state);
  }
  const atoms = chunks && { from: chunks.from * CHUNK_ATOMS, to: chunks.to * CHUNK_ATOMS };
  const source = { workspace, epochBelow: epochBelow ?? null, customers: null, atoms: atoms ?? null };
  const known = `select atom, ${aggregates.join(", ")} from (${rows.sql(source, "atom")}) group by atom`;
  const texts = `select intDiv(atom, ${CHUNK_ATOMS}) as chunk, atom, arrayJoin(arrayFilter(s -> s.2 != '', [${states.map((state, i) => `(${i}, ${state})`).join(", ")}])) as told from (${known})`;
  const body = `concat('{', arrayStringConcat(groupArray(concat('"', toString(atom), '":', told.2)), ','), '}')`;
  return {
    text: `select chunk, told.1 as track, ${body} as body from (${texts}) group by chunk, track order by chunk, track ${SQL_SETTINGS}, optimize_aggregation_in_order = 1`,
    parameters: parameters.values,
  };
} // prettier-ignore

type StateSql = { readonly aggregate: readonly string[]; readonly state: string };

/** The columns a state is made of, and its JSON text (empty: none). */
function stateSql(spec: TrackSpec, item: ItemColumns, name: string, now: Instant | undefined): StateSql {
  switch (spec.keep.kind) {
    case "total":
      return totalSql(item, spec.numeric, name);
    case "newest": {
      const { n, spanMs } = spec.keep;
      const since = now === undefined || spanMs === null ? "" : ` and at > ${whole(now - spanMs)}`;
      const items = newestItems(item.value === null ? "at" : `(at, ${item.value})`, `${item.is}${since}`, n);
      const text = item.value === null ? "toString(i), ',0'" : `toString(i.1), ',', ${valueJson("i.2", spec.numeric)}`;
      const texts = `arrayMap(i -> concat('[', ${text}, ']'), ${name})`;
      return {
        aggregate: [`${items} as ${name}`],
        state: `if(empty(${name}), '', concat('[', arrayStringConcat(${texts}, ','), ']'))`,
      };
    }
    case "values":
      return valuesSql(item, name);
  }
} // prettier-ignore

const valueJson = (value: string, numeric: boolean): string =>
  numeric ? `toString(${value})` : `toJSONString(${value})`;

function totalSql({ is, value }: ItemColumns, numeric: boolean, name: string): StateSql {
  const numbers = numeric
    ? [`sumIf(${scaledSql(value!)}, ${is})`, `minIf(${value}, ${is})`, `maxIf(${value}, ${is})`]
    : ["0", "0", "0"];
  const packed = value === null ? "at" : numeric ? packNumber(value) : packText(value);
  const ends = [`minIf(${packed}, ${is})`, `maxIf(${packed}, ${is})`];
  const all = [`countIf(${is})`, ...numbers, ...ends].map((sql, i) => `${sql} as ${name}_${i}`);
  const end = (key: string): string =>
    value === null ? `'[', toString(${key}), ',0]'` : numeric ? numberEnd(key) : textEnd(key);
  const texts = [0, 1, 2, 3].map((i) => `toString(${name}_${i})`).join(", ',', ");
  return {
    aggregate: all,
    state: `if(${name}_0 = 0, '', concat('[', ${texts}, ',', ${end(`${name}_4`)}, ',', ${end(`${name}_5`)}, ']'))`,
  };
} // prettier-ignore

/** Makes any instant positive. */
const OFFSET = "4611686018427387904";
const SIGN = "9223372036854775808";
// An instant and a value as one number, or one text, of the same order: the least of pairs costs ten times as much.
const packNumber = (value: string): string => {
  const bits = `reinterpretAsUInt64(${value})`;
  return `bitOr(bitShiftLeft(toUInt128(at + ${OFFSET}), 64), toUInt128(if(${bits} >= ${SIGN}, bitNot(${bits}), bitOr(${bits}, ${SIGN}))))`;
};
const numberEnd = (key: string): string => {
  const low = `toUInt64(bitAnd(${key}, toUInt128(18446744073709551615)))`;
  const bits = `if(${low} >= ${SIGN}, bitXor(${low}, ${SIGN}), bitNot(${low}))`;
  return `'[', toString(toInt64(bitShiftRight(${key}, 64)) - ${OFFSET}), ',', toString(reinterpretAsFloat64(${bits})), ']'`;
};
const packText = (value: string): string => `concat(leftPad(toString(at + ${OFFSET}), 19, '0'), ${value})`;
const textEnd = (key: string): string =>
  `'[', toString(toInt64OrZero(substring(${key}, 1, 19)) - ${OFFSET}), ',', toJSONString(substring(${key}, 20)), ']'`;

function valuesSql({ is, value }: ItemColumns, name: string): StateSql {
  const first = (array: string): string => `arraySlice(${array}, 1, ${SEGMENT_LIMITS.values})`;
  const [counts, ends] = [`${name}_n`, `${name}_at`];
  const texts = `arrayMap((v, n, t) -> concat(toJSONString(v), ':[', toString(n), ',', toString(t), ']'), ${first(`${counts}.1`)}, ${first(`${counts}.2`)}, ${first(`${ends}.2`)})`;
  return {
    aggregate: [`sumMapIf([${value}], [1], ${is}) as ${counts}`, `maxMapIf([${value}], [at], ${is}) as ${ends}`],
    state: `if(empty(${counts}.1), '', concat('{', arrayStringConcat(${texts}, ','), '}'))`,
  };
} // prettier-ignore
