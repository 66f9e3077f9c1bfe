/**
 * measure.ts said in SQL: what conditions on events need to know of each customer, as columns of one row a customer, and
 * the conditions on them. Pure: makes text and parameters.
 */
import type { Instant } from "../values.ts";
import { SEGMENT_LIMITS } from "./model.ts";
import type { Measured, Node, Sliding } from "./plan.ts";
import { EventRows, type ItemColumns, type Source } from "./sql-rows.ts";
import { type Parameters, type SqlValue, testSql, valueOfList, valueOfNumber, valueOfText, whole } from "./sql-values.ts"; // prettier-ignore
import type { Track } from "./track.ts";

const DAY_MS = 86_400_000;
/** `scaled` of track.ts. */
export const scaledSql = (number: string): string => `toInt64(floor(${number} * 10000 + 0.5))`;

/** Rows of customers, as far as a rule asks. A customer without a row is one whose columns are all 0 or empty. */
export class Aggregated {
  readonly events: EventRows;
  readonly #parameters: Parameters;
  readonly #now: Instant;
  readonly #columns = new Map<string, string>();

  constructor(parameters: Parameters, now: Instant) {
    this.#parameters = parameters;
    this.#now = now;
    this.events = new EventRows(parameters);
  }

  /** Names what an aggregate function tells of a customer's events. */
  column(sql: string): string {
    let alias = this.#columns.get(sql);
    if (alias === undefined) this.#columns.set(sql, (alias = `a${this.#columns.size}`));
    return alias;
  }

  /** The rows: `customer` and the columns. */
  sql(source: Source): string {
    const columns = [...this.#columns].map(([sql, alias]) => `, ${sql} as ${alias}`);
    return `select customer${columns.join("")} from (${this.events.sql(source, "customer")}) group by customer`;
  }

  /** Whether a condition on events holds. */
  condition(node: Extract<Node, { type: "did" | "sequence" | "without" }>): string {
    if (node.type === "sequence") return this.#sequence(node);
    if (node.type === "without") return this.#without(node);
    return testSql(node.is, this.#measured(node.what), whole(this.#now), this.#parameters);
  }

  #measured({ track, window, measure }: Measured): SqlValue {
    const spanMs = measure.of === "trend" ? 2 * measure.ms : window.fromMs;
    const item = this.events.item(track.spec, spanMs === null ? null : this.#now - spanMs);
    const { keep } = track.spec;
    if (measure.of === "trend") return this.#trend(item, measure.ms);
    if (keep.kind === "total") return this.#total(item, measure.of, track.spec.numeric);
    if (keep.kind === "values") return this.#values(item, measure.of);
    if (measure.of === "count") return valueOfNumber(`toFloat64(${this.#counted(item.is, window, keep.n)})`);
    return ofItems(this.column(this.#items(item, window, keep.n)), measure.of, track.spec.numeric, this.#now);
  } // prettier-ignore

  #total({ is, value }: ItemColumns, of: string, numeric: boolean): SqlValue {
    const n = this.column(`countIf(${is})`);
    const known = (sql: string): string => `if(${n} = 0, null, ${sql})`;
    const sum = () => `(toFloat64(${this.column(`sumIf(${scaledSql(value!)}, ${is})`)}) / 10000)`;
    const day = (which: string): SqlValue => valueOfNumber(known(daysSince(this.column(`${which}If(at, ${is})`), this.#now)));
    switch (of) {
      case "count":
        return valueOfNumber(`toFloat64(${n})`);
      case "sum":
        return valueOfNumber(sum());
      case "average":
        return valueOfNumber(known(`${sum()} / ${n}`));
      case "min":
      case "max":
        return valueOfNumber(known(this.column(`${of}If(${value}, ${is})`)));
      case "days_since_first":
        return day("min");
      case "days_since_last":
        return day("max");
      default: {
        const end = this.column(`arg${of === "first" ? "Min" : "Max"}If(${value}, (at, ${value}), ${is})`);
        return numeric ? valueOfNumber(known(end)) : valueOfText(known(end));
      }
    }
  } // prettier-ignore

  #values({ is, value }: ItemColumns, of: string): SqlValue {
    const max = SEGMENT_LIMITS.values;
    if (of === "distinct") return valueOfNumber(`toFloat64(least(${max}, ${this.column(`uniqExactIf(${value}, ${is})`)}))`);
    if (of === "list") return valueOfList(`arraySlice(arraySort(${this.column(`groupUniqArrayIf(${value}, ${is})`)}), 1, ${max})`);
    // Both come sorted by value.
    const counts = this.column(`sumMapIf([${value}], [1], ${is})`);
    const ends = this.column(`maxMapIf([${value}], [at], ${is})`);
    const first = (array: string): string => `arraySlice(${array}, 1, ${max})`;
    return valueOfText(mostFrequent(first(`${counts}.1`), first(`${counts}.2`), first(`${ends}.2`)));
  } // prettier-ignore

  /** How many items of the newest `n` are in the window. */
  #counted(is: string, { fromMs, toMs }: Sliding, n: number): string {
    const since = fromMs === null ? "" : ` and at > ${whole(this.#now - fromMs)}`;
    if (toMs === null) return `least(${n}, ${this.column(`countIf(${is}${since})`)})`;
    const end = whole(this.#now - toMs);
    const newer = this.column(`countIf(${is} and at > ${end})`);
    return `least(greatest(0, ${n} - toInt64(${newer})), toInt64(${this.column(`countIf(${is}${since} and at <= ${end})`)}))`;
  }

  #trend({ is }: ItemColumns, ms: number): SqlValue {
    const lately = this.#counted(is, { fromMs: ms, toMs: null }, SEGMENT_LIMITS.items);
    const before = this.#counted(is, { fromMs: 2 * ms, toMs: ms }, SEGMENT_LIMITS.items);
    return valueOfNumber(`toFloat64(toInt64(${lately}) - toInt64(${before}))`);
  }

  /** The items of the newest `n` that are in the window, newest first. */
  #items({ is, value }: ItemColumns, { fromMs, toMs }: Sliding, n: number): string {
    const since = fromMs === null ? "" : ` and at > ${whole(this.#now - fromMs)}`;
    const newest = newestItems(`(at, ${value ?? "toUInt8(0)"})`, `${is}${since}`, n);
    return toMs === null ? newest : `arrayFilter(i -> i.1 <= ${whole(this.#now - toMs)}, ${newest})`;
  }

  /** The instants of the newest items, newest first. */
  #instants({ spec }: Track): string {
    const { is } = this.events.item(spec);
    return this.column(newestItems("at", is, spec.keep.kind === "newest" ? spec.keep.n : 1));
  }

  #sequence({ tracks, within, window }: Extract<Node, { type: "sequence" }>): string {
    let reached = this.#instants(tracks[0]!);
    for (let i = 1; i < tracks.length; i++) {
      const limit = within[i] ?? null;
      const soon = limit === null ? "" : ` and t <= f + ${whole(limit)}`;
      reached = `arrayFilter(t -> arrayExists(f -> f < t${soon}, ${reached}), ${this.#instants(tracks[i]!)})`;
    }
    const bounds = [
      ...(window.fromMs === null ? [] : [`t > ${whole(this.#now - window.fromMs)}`]),
      ...(window.toMs === null ? [] : [`t <= ${whole(this.#now - window.toMs)}`]),
    ];
    return `arrayExists(t -> ${bounds.length === 0 ? "1" : bounds.join(" and ")}, ${reached})`;
  }

  #without({ track, without, forMs }: Extract<Node, { type: "without" }>): string {
    const done = this.events.item(without.spec).is;
    const [any, last] = [this.column(`countIf(${done})`), this.column(`maxIf(at, ${done})`)];
    const open = `arrayFilter(t -> ${any} = 0 or t > ${last}, ${this.#instants(track)})`;
    return `(notEmpty(${open}) and arrayMin(${open}) <= ${whole(this.#now - forMs)})`;
  }
}

/** Days between an instant and now, as `daysBetween` tells them. */
const daysSince = (at: string, now: Instant): string => `floor((${whole(now)} - ${at}) / ${DAY_MS})`;

/** The newest `n` of the items, newest first; of one instant the greater value first. */
export const newestItems = (item: string, is: string, n: number): string =>
  `arraySlice(arrayReverseSort(groupArrayIf(${item}, ${is})), 1, ${n})`;

/** The measure of items, newest first. */
function ofItems(items: string, of: string, numeric: boolean, now: Instant): SqlValue {
  const known = (sql: string): string => `if(empty(${items}), null, ${sql})`;
  const sum = `(toFloat64(arraySum(i -> ${scaledSql("i.2")}, ${items})) / 10000)`;
  const values = `arrayMap(i -> i.2, ${items})`;
  const names = `arraySort(arrayDistinct(${values}))`;
  switch (of) {
    case "sum":
      return valueOfNumber(sum);
    case "average":
      return valueOfNumber(known(`${sum} / length(${items})`));
    case "min":
      return valueOfNumber(known(`arrayMin(i -> i.2, ${items})`));
    case "max":
      return valueOfNumber(known(`arrayMax(i -> i.2, ${items})`));
    case "first":
    case "last": {
      const end = known(`tupleElement(${items}[${of === "first" ? -1 : 1}], 2)`);
      return numeric ? valueOfNumber(end) : valueOfText(end);
    }
    case "days_since_first":
      return valueOfNumber(known(daysSince(`tupleElement(${items}[-1], 1)`, now)));
    case "days_since_last":
      return valueOfNumber(known(daysSince(`tupleElement(${items}[1], 1)`, now)));
    case "distinct":
      return valueOfNumber(`toFloat64(length(${names}))`);
    case "list":
      return valueOfList(names);
    default:
      return valueOfText(mostFrequent(names,
        `arrayMap(v -> arrayCount(i -> i.2 = v, ${items}), ${names})`,
        // Items come newest first.
        `arrayMap(v -> tupleElement(arrayFirst(i -> i.2 = v, ${items}), 1), ${names})`));
  }
} // prettier-ignore

/** The value seen most often; of equals the one seen last, then the first by name. Null when there is none. */
function mostFrequent(names: string, counts: string, lastAt: string): string {
  const order = `arraySort(x -> (-toInt64(x.1), -x.2, x.3), arrayZip(${counts}, ${lastAt}, ${names}))`;
  return `if(empty(${names}), null, tupleElement(${order}[1], 3))`;
}
