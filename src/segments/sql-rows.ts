/**
 * The events a rule asks about, as rows with a column for each condition: one reading of the log serves all conditions
 * of a rule, or all tracks that are to be seeded. Pure: makes text and parameters.
 */
import type { Instant, WorkspaceId } from "../values.ts";
import { SEGMENT_LIMITS, type Where } from "./model.ts";
import {
  type Parameters,
  type SqlValue,
  floating,
  memberSql,
  pathSql,
  tamed,
  testSql,
  valueOfRaw,
  valueOfText,
  whole,
} from "./sql-values.ts";
import type { TrackSpec } from "./track.ts";

/** Which part of the log is read. */
export type Source = {
  readonly workspace: WorkspaceId;
  /** Only events handled under an epoch before this one. */
  readonly epochBelow: number | null;
  /** Only these customers, or null: all. */
  readonly customers: readonly number[] | null;
  /** Only atoms from `from` and before `to`. */
  readonly atoms?: { readonly from: number; readonly to: number } | null;
};
/** The events that tell a track something, and what: names of columns; `value` null where only the instant counts. */
export type ItemColumns = { readonly is: string; readonly value: string | null };

/** isOwnDoing of events/model.ts. */
const OWN = `(startsWith(name, '$') and match(name, '^\\\\$(segment|stage|journey|task|call|audience|lifetime|need)\\\\.|^\\\\$message\\\\.|^\\\\$decision\\\\.exposed$')
  and name not in ('$message.opened', '$message.clicked', '$message.replied'))`;
const STAGE_CHANGED = "$stage.changed";
/** A stage that a new model found in history is no change: no track was told of it. See writeStages. */
const TURNED = " and not startsWith(id, 'stage-')";
/** Events that are a customer's doings. */
export const NOT_OWN = `not ${OWN}`;

/** The customers of atoms that were joined. */
const mappingOf = (workspace: WorkspaceId): string =>
  `(select atom, argMax(customer, version) as customer from customersOfAtoms where workspace = ${workspace} group by atom)`;

/** The log's events, each with its customer; `columns` may use every column of the log and `customer`, `at`. */
export function eventsSql(source: Source, columns: string, where: string): string {
  const { workspace, epochBelow, customers } = source;
  const epoch = epochBelow === null ? "" : ` and epoch < ${epochBelow}`;
  // An atom with a row of its own may belong to another customer: it is looked at again below.
  const ours = customers === null ? "" : `(${[0, ...customers].join(", ")})`;
  const mapping = mappingOf(workspace);
  const atoms = ours && ` and (atom in ${ours} or atom in (select atom from ${mapping} where customer in ${ours}))`;
  return `select ${columns}, if(m.customer = 0, e.atom, m.customer) as customer, happenedAt as at
    from (select * from events where workspace = ${workspace}${epoch}${atoms} and (${where})) e
    left any join ${mapping} m on e.atom = m.atom${ours && ` where customer in ${ours}`}`;
} // prettier-ignore

/** Every customer that has an event. */
export const customersSql = (source: Source): string =>
  `select distinct customer from (${eventsSql(source, "1 as one", "1")})`;

/** A piece of JSON that conditions ask about, and of which events they do. */
type Raw = {
  readonly alias: string;
  readonly column: "traits" | "properties";
  readonly sql: string;
  readonly of: Set<string>;
};

/** The instants between which events of a track can lie. */
function boundsOf({ since, until }: TrackSpec, after: Instant | null): readonly string[] {
  return [
    ...(after === null ? [] : [`happenedAt > ${whole(after)}`]),
    ...(since === null ? [] : [`happenedAt >= ${whole(since)}`]),
    ...(until === null ? [] : [`happenedAt < ${whole(until)}`]),
  ];
}

/** Gathers what is to be known of each event. */
export class EventRows {
  readonly #parameters: Parameters;
  readonly #raws = new Map<string, Raw>();
  readonly #columns = new Map<string, string>();
  readonly #which = new Set<string>();
  readonly #names = new Set<string>();

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
  } // prettier-ignore

  /** Names a column of each row. */
  column(sql: string): string {
    let alias = this.#columns.get(sql);
    if (alias === undefined) this.#columns.set(sql, (alias = `c${this.#columns.size}`));
    return alias;
  }

  /** The JSON text of a member of a column of JSON, read only from rows that pass `of`. */
  member(column: "traits" | "properties", name: string, of: string): string {
    this.#which.add(of);
    return this.#raw(column, memberSql(`${column}Json`, name, this.#parameters), of);
  }

  /** Rows that pass this are read. */
  include(which: string): void {
    this.#which.add(which);
  }

  /**
   * The events that tell a track something. `after`: only later ones can count, so no earlier one is read, and whole
   * months of the log need not be looked into.
   */
  item(spec: TrackSpec, after: Instant | null = null): ItemColumns {
    const { event, since, until, property, numeric } = spec;
    const named = event === null ? NOT_OWN : `name = ${this.#parameters.text(event)}${event === STAGE_CHANGED ? TURNED : ""}`; // prettier-ignore
    const bounds = boundsOf(spec, after);
    const of = bounds.length === 0 ? named : `(${[named, ...bounds].join(" and ")})`;
    if (event === null || bounds.length > 0) this.#which.add(of);
    else this.#names.add(event);
    const parts = [named];
    if (after !== null) parts.push(`at > ${whole(after)}`);
    if (since !== null) parts.push(`at >= ${whole(since)}`);
    if (until !== null) parts.push(`at < ${whole(until)}`);
    for (const { property: path, is } of spec.where)
      parts.push(testSql(is, this.#property(path, of), "at", this.#parameters));
    if (property === null) return { is: this.column(parts.join(" and ")), value: null };
    const { text, number } = this.#property(property, of);
    if (!numeric) {
      parts.push(`${text} is not null`);
      return { is: this.column(parts.join(" and ")), value: this.column(`ifNull(${text}, '')`) };
    }
    parts.push(`abs(ifNull(${number}, 2e15)) <= ${floating(SEGMENT_LIMITS.numberMax)}`);
    // -0 is 0.
    return { is: this.column(parts.join(" and ")), value: this.column(`ifNull(${number}, 0) + 0.`) };
  }

  #property(path: Where["property"], of: string): SqlValue {
    if (path === "$channel" || path === "$touchpoint")
      return valueOfText(`substringUTF8(toString(${path.slice(1)}), 1, ${SEGMENT_LIMITS.textCharsMax})`);
    return valueOfRaw(this.#raw("properties", pathSql("propertiesJson", path, this.#parameters), of));
  }

  #raw(column: Raw["column"], sql: string, of: string): string {
    const held = this.#raws.get(sql) ?? { alias: `r${this.#raws.size}`, column, sql, of: new Set<string>() };
    held.of.add(of);
    this.#raws.set(sql, held);
    return held.alias;
  }

  /** The rows: `key` (atom or customer), `at`, `id` and the columns. */
  sql(source: Source, key: "atom" | "customer"): string {
    const raws = [...this.#raws.values()].map(({ alias, sql }) => `, ${sql} as ${alias}`);
    const columns = [...this.#columns].map(([sql, alias]) => `, ${sql} as ${alias}`);
    const which = [...this.#which];
    if (this.#names.size > 0) which.push(`name in ${this.#parameters.texts([...this.#names])}`);
    const where = which.length === 0 ? "0" : which.join(" or ");
    // Of events that no condition asks about, JSON is not even looked at.
    const json = (["properties", "traits"] as const).map((column) => {
      const of = [...this.#raws.values()].flatMap((raw) => (raw.column === column ? [...raw.of] : []));
      const asked = of.length === 0 ? "''" : `if(${[...new Set(of)].join(" or ")}, ${column}, '')`;
      return `${tamed(asked)} as ${column}Json`;
    });
    const fields = `name, type, channel, touchpoint, id, consents, ${json.join(", ")}`;
    const events = key === "customer" ? eventsSql(source, fields, where) : atomsSql(source, fields, where);
    return `select ${key}, at, id${columns.join("")} from (select *${raws.join("")} from (${events}))`;
  }
}

/** The log's events as they hang on atoms. */
function atomsSql({ workspace, epochBelow, atoms }: Source, columns: string, where: string): string {
  const epoch = epochBelow === null ? "" : ` and epoch < ${epochBelow}`;
  const ours = atoms ? ` and atom >= ${atoms.from} and atom < ${atoms.to}` : "";
  return `select ${columns}, atom, happenedAt as at from events where workspace = ${workspace}${epoch}${ours} and (${where})`;
}
