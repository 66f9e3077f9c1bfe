/**
 * One reading of history for versions whose rules ask of nothing but events: while the states of their tracks pass by,
 * they are written as seeds, the rules are asked, and when time may turn an answer is noted. Reading once instead of
 * three times (seeds, members, wakes) is what makes a back-fill of a million customers take seconds.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Database, Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { BuildTrack, BuildVersion } from "./build.ts";
import { NOBODY, planned } from "./force.ts";
import { eachRange, insertMembers, joinedAtoms, writeSeeds } from "./history.ts";
import { match } from "./match.ts";
import type { Rule } from "./model.ts";
import type { Node } from "./plan.ts";
import type { TrackRow } from "./sql-tracks.ts";
import { type TrackState, joined } from "./track.ts";

/** A version that can be asked of its tracks alone. */
export type Judged = { readonly version: BuildVersion; readonly root: Node };
/** When time may turn something about a customer. */
export type Turning = readonly [customer: number, at: Instant];

export type Reading = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  /** All tracks that the judged versions ask, and those to be seeded. */
  readonly tracks: readonly BuildTrack[];
  readonly seeded: ReadonlySet<number>;
  readonly judged: readonly Judged[];
  /** What was handled before this epoch. */
  readonly epoch: number;
  readonly now: Instant;
};

/** The versions that ask only tracks, and in which nobody is of whom nothing is known: the others are asked in SQL. */
export function judgedOf(versions: readonly BuildVersion[]): readonly Judged[] {
  return versions.flatMap((version) => {
    if (version.kind !== "segment") return [];
    const { root } = planned(version.body as Rule, version.context);
    return asksTracksOnly(root) && !match(root, NOBODY, 0).matches ? [{ version, root }] : [];
  });
}

function asksTracksOnly(node: Node): boolean {
  if (node.type === "all" || node.type === "any") return node.nodes.every(asksTracksOnly);
  if (node.type === "not") return asksTracksOnly(node.node);
  return node.type === "did" || node.type === "sequence" || node.type === "without";
}

/** Reads, writes seeds and members, and answers when time may turn whom. */
export async function readHistory(reading: Reading, progress: (ratio: number) => Promise<void>): Promise<readonly Turning[]> {
  const { sql, log, workspace, tracks, seeded, judged, epoch, now } = reading;
  if (tracks.length === 0) return [];
  const joins = judged.length === 0 ? [] : await joinedAtoms(sql, workspace);
  const asking = new Asking(tracks, judged, new Map(joins.map(({ id, customer }) => [id, customer])), now);
  const each = async (rows: readonly TrackRow[]) => {
    const seeds = rows.flatMap(({ chunk, track, body }) => (seeded.has(tracks[track]!.id) ? [{ chunk, track: tracks[track]!.id, body }] : []));
    const writing = writeSeeds(sql, workspace, seeds);
    if (judged.length > 0) asking.read(rows);
    await Promise.all([writing, writeFound(sql, judged, asking.take(), now)]);
  };
  await eachRange(sql, log, { workspace, tracks, epochBelow: epoch, now }, each, progress);
  asking.gather();
  await writeFound(sql, judged, asking.take(), now);
  return asking.turning;
} // prettier-ignore

async function writeFound(sql: Sql, judged: readonly Judged[], found: readonly (readonly number[])[], now: Instant): Promise<void> {
  for (const [i, { version }] of judged.entries()) await insertMembers(sql, version, found[i]!, now);
} // prettier-ignore

/** The rules being asked of one customer after the other. */
class Asking {
  readonly #tracks: readonly BuildTrack[];
  readonly #judged: readonly Judged[];
  /** The customer of each atom that is not its own. */
  readonly #customerOf: ReadonlyMap<number, number>;
  readonly #several: ReadonlySet<number>;
  readonly #now: Instant;
  /** Customers of several atoms, whose states come from several places. */
  readonly #gathered = new Map<number, Map<string, TrackState>>();
  readonly turning: Turning[] = [];
  #found: number[][];

  constructor(tracks: readonly BuildTrack[], judged: readonly Judged[], customerOf: ReadonlyMap<number, number>, now: Instant) {
    this.#tracks = tracks;
    this.#judged = judged;
    this.#customerOf = customerOf;
    this.#several = new Set(customerOf.values());
    this.#now = now;
    this.#found = judged.map(() => []);
  } // prettier-ignore

  /** Asks about everybody in these rows, but for customers of several atoms. */
  read(rows: readonly TrackRow[]): void {
    const known = new Map<number, Map<string, TrackState>>();
    for (const { track, body } of rows) {
      const { key, spec } = this.#tracks[track]!;
      const states = JSON.parse(body) as { [atom: string]: TrackState };
      for (const name in states) {
        const customer = this.#customerOf.get(Number(name)) ?? Number(name);
        const into = this.#several.has(customer) ? this.#gathered : known;
        let of = into.get(customer);
        if (!of) into.set(customer, (of = new Map()));
        of.set(key, joined(spec, of.get(key), states[name]!));
      }
    }
    this.#ask(known);
  }

  /** Asks about the customers of several atoms, once everything was read. */
  gather(): void {
    this.#ask(this.#gathered);
  }

  /** Who was found to be in, for each judged version; they are no longer held. */
  take(): readonly (readonly number[])[] {
    const found = this.#found;
    this.#found = this.#judged.map(() => []);
    return found;
  }

  #ask(customers: ReadonlyMap<number, ReadonlyMap<string, TrackState>>): void {
    for (const [customer, states] of customers) {
      const facts = { ...NOBODY, track: (key: string) => states.get(key) };
      let soonest = Infinity;
      for (const [i, { root }] of this.#judged.entries()) {
        const { matches, turnsAt } = match(root, facts, this.#now);
        if (matches) this.#found[i]!.push(customer);
        if (turnsAt !== null && turnsAt < soonest) soonest = turnsAt;
      }
      if (soonest !== Infinity) this.turning.push([customer, soonest]);
    }
  }
}
