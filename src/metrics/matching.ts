/** Which rows of the log are the events somebody named, as SQL columns. Pure: makes text and parameters. */
import type { Where } from "../segments/model.ts";
import { NOT_OWN } from "../segments/sql-rows.ts";
import {
  type Parameters,
  type SqlValue,
  pathSql,
  tamed,
  testSql,
  valueOfRaw,
  valueOfText,
} from "../segments/sql-values.ts";
import type { EventIn } from "./model.ts";

/** Columns of rows, each told once under a name of its own. */
export class Columns {
  readonly #parameters: Parameters;
  readonly #named = new Map<string, string>();

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
  }

  /** Names a column. */
  column(sql: string): string {
    let alias = this.#named.get(sql);
    if (alias === undefined) this.#named.set(sql, (alias = `k${this.#named.size}`));
    return alias;
  }

  /** A property of a row's event, read only from rows that pass `of`. */
  property(path: Where["property"], of: string): SqlValue {
    if (path === "$channel" || path === "$touchpoint") return valueOfText(`toString(${path.slice(1)})`);
    const json = this.column(tamed(`if(${of}, properties, '')`));
    return valueOfRaw(this.column(pathSql(json, path, this.#parameters)));
  }

  /** Whether a row is one of these events: 0 or 1. */
  is({ event, where }: EventIn): string {
    const named = event === null ? `(${NOT_OWN})` : `name = ${this.#parameters.text(event)}`;
    const parts = where.map(({ property, is }) => testSql(is, this.property(property, named), "happenedAt", this.#parameters));
    return this.column(`toUInt8(${[named, ...parts].join(" and ")})`);
  }

  /** Whether a row's event has one of these names. */
  named(names: readonly string[]): string {
    return this.column(`toUInt8(name in ${this.#parameters.texts(names)})`);
  }

  /** All of them, to stand in a select; those that others are made of come first. */
  list(): string {
    return [...this.#named].map(([sql, alias]) => `${sql} as ${alias}`).join(", ");
  }
} // prettier-ignore
