/**
 * Takes a version from its definition to serving, from history, while live events keep coming:
 *
 *   activate   tracks it needs begin to be told live, under a new epoch E
 *   seed       what the log knows of events before E is written as seeds; who is in by then, as members
 *   put in     under a next epoch F seeds and members count, and every event is asked as well; not yet serving
 *   catch up   customers with events between E and F, and those whom time turns, are woken and asked again
 *   serve      the old version goes, this one is the segment
 *
 * Nothing is counted twice or missed at the seam, because every event carries the epoch it was handled under.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { EventLog } from "../db/clickhouse.ts";
import { LOCKS } from "../db/locks.ts";
import type { Database, Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import type { Clock, WorkspaceId } from "../values.ts";
import { moveEpoch } from "./epoch.ts";
import { type StoredContext, type VersionKind, tracksOfVersion } from "./force.ts";
import { seedTracks, writeMembers, writeStages } from "./history.ts";
import { judgedOf, readHistory } from "./reading.ts";
import { saveManyWakes } from "./save.ts";
import { tidyVersions } from "./tidy.ts";
import type { TrackSpec } from "./track.ts";
import { lastMapping, wakeRemapped, wakeTouched, wakeTurning } from "./turning.ts";

const LEASE_MS = 20_000;
/** Versions built together: what one reading of history serves. */
const TOGETHER_MAX = 100;
const POLL_MS = 20;
const IDLE_MS = 10_000;

export type BuilderDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Asks that what was handled reaches the log soon. */
  readonly settle: () => Promise<void>;
  /** Says that customers are to be woken. */
  readonly onWake: () => void;
  readonly onFault: (cause: unknown) => void;
};
export type BuildVersion = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly kind: VersionKind;
  readonly segment: number | null;
  readonly journey: number | null;
  readonly name: string | null;
  readonly body: unknown;
  readonly context: StoredContext;
  readonly state: "waiting" | "seeding" | "catching_up";
  /** Who builds it: a builder that slept longer than its lease writes nothing any more. */
  readonly owner: string;
};
export type BuildTrack = {
  readonly id: number;
  readonly key: string;
  readonly spec: TrackSpec;
  readonly epoch: number;
};

/** Starts the builder's loop: the versions that wait, those of one workspace together. */
export function startBuilder(deps: BuilderDeps): Rounds {
  const owner = randomUUID();
  return startRounds({
    round: async (isStopping) => ((await buildNext(deps, owner, isStopping)) ? 0 : IDLE_MS),
    onFault: deps.onFault,
    faultMs: IDLE_MS,
  });
}

/** Builds the versions of a workspace that wait, together; false when there are none, or they could not be brought to their end now. */
export async function buildNext(deps: BuilderDeps, owner: string, stopping: () => boolean = () => false): Promise<boolean> {
  const versions = await claim(deps, owner);
  if (versions.length === 0) return false;
  const ids = versions.map(({ id }) => id);
  const lease = setInterval(() => void renew(deps, ids, owner).catch(deps.onFault), LEASE_MS / 4);
  try {
    await new Build(deps, versions, stopping).run();
    return true;
  } catch (cause) {
    if (cause instanceof Stopped || (cause instanceof Failure && cause.code === "store_unavailable")) {
      await deps.sql.query("update versions set lease_until = 0 where id = any($1::int[]) and owner = $2", [ids, owner]);
      if (cause instanceof Failure) deps.onFault(cause);
      return false;
    }
    deps.onFault(cause);
    await deps.sql.query(
      "update versions set state = 'failed', problem = $2 where id = any($1::int[]) and state <> 'live' and owner = $3",
      [ids, cause instanceof Error ? cause.message.slice(0, 500) : String(cause), owner],
    );
    return true;
  } finally {
    clearInterval(lease);
  }
} // prettier-ignore

class Stopped extends Error {}

/** Whether two versions are of one definition. */
const sameAs = (one: string, other: string) =>
  `${one}.workspace = ${other}.workspace and ${one}.kind = ${other}.kind and (${one}.kind = 'stages' or (${one}.kind = 'segment' and ${one}.segment = ${other}.segment)
   or (${one}.kind in ('trait', 'place') and ${one}.name = ${other}.name) or (${one}.kind = 'journey' and ${one}.journey = ${other}.journey))`;
/** Whether the definition was changed again since version `v` was made. */
const NEWER_EXISTS = `exists (select 1 from versions n where n.id > v.id and n.state <> 'failed' and ${sameAs("n", "v")})`;
/** Frees every build: only where no other process can be alive, on a data folder we hold the lock of. */
export async function releaseAllBuilds(sql: Sql): Promise<void> {
  await sql.query("update versions set lease_until = 0 where lease_until <> 0");
}

const VERSION = "id, workspace, kind, segment, journey, name, body, context, state, owner";
/** Customers are in it: who is by history has to be found, and who turns by time woken. */
const hasMembers = ({ kind }: BuildVersion): boolean => kind === "segment" || kind === "stages";

async function claim({ sql, clock }: BuilderDeps, owner: string): Promise<readonly BuildVersion[]> {
  return sql.transaction(async (tx) => {
    // One build at a time over all processes: builds share tracks.
    await tx.query(`select pg_advisory_xact_lock(${LOCKS.claimBuild})`);
    const now = clock();
    const open = await tx.query<{ workspace: number; state: string; leaseUntil: number }>(
      `select workspace, state, lease_until as "leaseUntil" from versions where state in ('waiting', 'seeding', 'catching_up')
       order by state = 'waiting', id`,
    );
    if (open.length === 0 || open.some(({ state, leaseUntil }) => state !== "waiting" && leaseUntil >= now))
      return [];
    await beginAgain(tx, open[0]!.workspace);
    await tx.query(
      `update versions v set state = 'replaced' where state in ('waiting', 'seeding') and ${NEWER_EXISTS}`,
    );
    return tx.query<BuildVersion>(
      `update versions set owner = $1, lease_until = $2::bigint + ${LEASE_MS} where id in (
         select id from versions where workspace = $3 and state in ('waiting', 'seeding') order by id limit ${TOGETHER_MAX})
         and state in ('waiting', 'seeding')
       returning ${VERSION}`,
      [owner, now, open[0]!.workspace],
    );
  });
}

/** Builds that broke off when they were in force already are made again under a new number: customers hold the old one. */
async function beginAgain(tx: Sql, workspace: number): Promise<void> {
  const broken = await tx.query<{ id: number }>("select id from versions where workspace = $1 and state = 'catching_up'", [workspace]);
  if (broken.length === 0) return;
  const ids = broken.map(({ id }) => id);
  await moveEpoch(tx);
  await tx.query(
    `insert into versions (workspace, kind, segment, journey, name, body, context, state, created_at, number, published_by, former_runs)
     select workspace, kind, segment, journey, name, body, context, 'waiting', created_at, number, published_by, former_runs from versions v where id = any($1::int[]) and not ${NEWER_EXISTS} order by id`,
    [ids],
  );
  await tx.query("delete from segment_members where version = any($1::int[])", [ids]);
  await tx.query("delete from versions where id = any($1::int[])", [ids]);
} // prettier-ignore

async function renew({ sql, clock }: BuilderDeps, ids: readonly number[], owner: string): Promise<void> {
  await sql.query("update versions set lease_until = $3 where id = any($1::int[]) and owner = $2", [ids, owner, clock() + LEASE_MS]);
} // prettier-ignore

class Build {
  readonly #deps: BuilderDeps;
  readonly #versions: readonly BuildVersion[];
  readonly #ids: readonly number[];
  readonly #workspace: WorkspaceId;
  readonly #stopping: () => boolean;

  constructor(deps: BuilderDeps, versions: readonly BuildVersion[], stopping: () => boolean) {
    this.#deps = deps;
    // Stages first: segments that ask for them read from the log what that tells it.
    this.#versions = versions.toSorted(
      (a, b) => Number(b.kind === "stages") - Number(a.kind === "stages") || a.id - b.id,
    );
    this.#ids = versions.map(({ id }) => id);
    this.#workspace = versions[0]!.workspace;
    this.#stopping = stopping;
  }

  async run(): Promise<void> {
    const { sql, log, clock } = this.#deps;
    const workspace = this.#workspace;
    const { from, tracks, missing } = await this.#activate();
    await this.#settled(from);
    const mapping = await lastMapping(log, workspace);
    const fresh = missing.filter(({ epoch }) => epoch === from);
    // Those of a build that broke off: their history ends at an epoch of their own.
    await seedTracks({ sql, log, workspace, tracks: missing.filter(({ epoch }) => epoch !== from), now: clock() }, () => this.#progress(0));
    const asOf = clock();
    const judged = judgedOf(this.#versions);
    const keys = new Set(judged.flatMap(({ version }) => [...tracksOfVersion(version).keys()]));
    const turning = await readHistory(
      {
        sql, log, workspace, judged, epoch: from, now: asOf, seeded: new Set(fresh.map(({ id }) => id)),
        tracks: tracks.filter((track) => keys.has(track.key) || fresh.includes(track)),
      },
      (ratio) => this.#progress(ratio * 0.6),
    );
    const others = this.#versions.filter((version) => !judged.some((one) => one.version === version));
    for (const [i, version] of others.entries()) {
      if (version.kind === "segment") await writeMembers(sql, log, version, from, asOf);
      if (version.kind === "stages") await writeStages(sql, log, version, from, asOf);
      await this.#progress(0.6 + (0.2 * (i + 1)) / others.length);
    }
    const until = await this.#putIn(missing, asOf);
    if (this.#versions.some(hasMembers)) {
      await saveManyWakes(sql, workspace, turning, asOf);
      const versions = others.filter(hasMembers);
      await wakeTurning({ sql, log, workspace, versions, tracks, now: asOf }, (ratio) => this.#progress(0.8 + ratio * 0.15));
      await this.#settled(until);
      await wakeTouched(sql, log, workspace, from, until);
      await wakeRemapped(sql, log, workspace, mapping, asOf);
      await this.#caughtUp();
    }
    await this.#serve();
    // Of a segment that was deleted while it was built nothing else is left.
    await sql.query(
      "delete from segment_members where version = any($1::int[]) and not exists (select 1 from versions where id = version)",
      [this.#ids],
    );
    await tidyVersions(sql, workspace);
  } // prettier-ignore

  /** From the epoch it answers on, every event is told to the tracks. `missing`: those that do not know history yet. */
  async #activate(): Promise<{
    from: number;
    tracks: readonly BuildTrack[];
    missing: readonly BuildTrack[];
  }> {
    const wanted = new Map(this.#versions.flatMap((version) => [...tracksOfVersion(version)]));
    const [keys, specs] = [[...wanted.keys()], [...wanted.values()].map(({ spec }) => JSON.stringify(spec))];
    return this.#deps.sql.transaction(async (tx) => {
      const from = await moveEpoch(tx);
      await this.#mustOwn(tx);
      await tx.query(
        `insert into tracks (workspace, key, spec, epoch) select $1, key, spec::jsonb, $4
         from unnest($2::text[], $3::text[]) as t (key, spec) on conflict (workspace, key) do nothing`,
        [this.#workspace, keys, specs, from],
      );
      const tracks = await tx.query<BuildTrack & { readonly ready: number | null }>(
        "select id, key, spec, epoch, ready_no as ready from tracks where workspace = $1 and key = any($2::text[])",
        [this.#workspace, keys],
      );
      await tx.query("update versions set state = 'seeding', done_ratio = 0 where id = any($1::int[])", [
        this.#ids,
      ]);
      await tx.query("delete from segment_members where version = any($1::int[])", [this.#ids]);
      return { from, tracks, missing: tracks.filter(({ ready }) => ready === null) };
    });
  }

  /** Resolves when the log has every event and every join that was handled under an epoch before `epoch`. */
  async #settled(epoch: number): Promise<void> {
    const { sql, settle } = this.#deps;
    const [last] = await sql.query<{ id: number | null }>("select max(id) as id from remaps");
    await settle();
    for (;;) {
      const [left] = await sql.query<{ some: boolean }>(
        "select exists (select 1 from log_batches where epoch < $1) or exists (select 1 from remaps where id <= $2) as some",
        [epoch, last?.id ?? 0],
      );
      if (!left!.some) return;
      this.#check();
      await pause(POLL_MS);
    }
  }

  /** Seeds and members count from now on, and the version is asked with every event. */
  async #putIn(missing: readonly BuildTrack[], asOf: number): Promise<number> {
    const { sql } = this.#deps;
    return sql.transaction(async (tx) => {
      const epoch = await moveEpoch(tx);
      await this.#mustOwn(tx);
      await tx.query(
        "update tracks set ready_no = n from (select nextval('ready_no') as n) s where id = any($1::int[])",
        [missing.map(({ id }) => id)],
      );
      await tx.query(
        "update versions set state = 'catching_up', as_of = $2, ready_no = n from (select nextval('ready_no') as n) s where id = any($1::int[])",
        [this.#ids, asOf],
      );
      return epoch;
    });
  }

  /** Resolves when nobody is left who was to be asked again by now. */
  async #caughtUp(): Promise<void> {
    const { sql, clock, onWake } = this.#deps;
    const now = clock();
    for (;;) {
      this.#check();
      onWake();
      const [left] = await sql.query<{ some: boolean }>(
        "select exists (select 1 from wakes where due_at <= $1 and workspace = $2) as some",
        [now, this.#workspace],
      );
      if (!left!.some) return;
      await pause(POLL_MS);
    }
  }

  async #serve(): Promise<void> {
    const now = this.#deps.clock();
    await this.#deps.sql.transaction(async (tx) => {
      await moveEpoch(tx);
      await this.#mustOwn(tx);
      await tx.query(
        `update versions old set state = 'replaced' from versions v
         where v.id = any($1::int[]) and old.id <> v.id and old.state in ('live', 'failed') and ${sameAs("old", "v")}`,
        [this.#ids],
      );
      await tx.query(
        `update versions v set state = 'live', done_ratio = 1, live_at = $2, as_of = $2, problem = null,
           members = (select count(*) from segment_members m where m.version = v.id) where id = any($1::int[])`,
        [this.#ids, now],
      );
      await tx.query(
        `insert into segment_hours (segment, hour_at, members) select distinct on (segment) segment, $2::bigint, members from versions
         where id = any($1::int[]) and kind = 'segment' order by segment, id desc
         on conflict (segment, hour_at) do update set members = excluded.members`,
        [this.#ids, Math.floor(now / 3_600_000) * 3_600_000],
      );
      await wakeForJourneys(tx, this.#ids, now);
    });
  }

  async #progress(ratio: number): Promise<void> {
    this.#check();
    await this.#mustOwn(this.#deps.sql);
    await this.#deps.sql.query("update versions set done_ratio = $2 where id = any($1::int[])", [
      this.#ids,
      ratio,
    ]);
  }

  /** Throws when another builder took over: the lease ran out while this one slept. Held until a transaction's end. */
  async #mustOwn(tx: Sql): Promise<void> {
    const owners = await tx.query<{ owner: string | null }>(
      "select owner from versions where id = any($1::int[]) order by id for update",
      [this.#ids],
    );
    if (owners.some(({ owner }) => owner !== this.#versions[0]!.owner)) throw new Stopped();
  }

  #check(): void {
    if (this.#stopping()) throw new Stopped();
  }
}

/** Who is in a journey whose runs a publish moves or ends is woken for it, and everybody for a journey entered by a date. */
async function wakeForJourneys(tx: Sql, versions: readonly number[], now: number): Promise<void> {
  await tx.query(
    `insert into wakes (workspace, customer, due_at, cause)
     select distinct v.workspace, a.customer, $2::bigint, 'rule' from versions v join atoms a on a.workspace = v.workspace
     where v.id = any($1::int[]) and v.kind = 'journey' and (v.body->'draft'->'entry'->>'type' = 'date' or (v.former_runs in ('migrate', 'end')
       and exists (select 1 from runs r where r.journey = v.journey and r.state = 'running' and r.atom = a.id)))
     order by 2 on conflict (customer) do update set due_at = least(wakes.due_at, excluded.due_at), n = nextval('wake_n')`,
    [versions, now],
  );
}
