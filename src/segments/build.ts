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
import type { Database, Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { Nap } from "../nap.ts";
import type { Clock, WorkspaceId } from "../values.ts";
import { type StoredContext, tracksOfVersion } from "./force.ts";
import { seedTracks, writeMembers, writeStages } from "./history.ts";
import type { TrackSpec } from "./track.ts";
import { wakeTouched, wakeTurning } from "./turning.ts";

const LEASE_MS = 60_000;
const POLL_MS = 20;
const IDLE_MS = 10_000;
/** Taken exclusively to move the epoch; batches hold it shared (held_epoch()). */
const EPOCH_LOCK = 731_702;

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
export interface Builder {
  /** Says that there may be a version to build. */
  wake(): void;
  stop(): Promise<void>;
}
export type BuildVersion = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly kind: "segment" | "trait" | "stages";
  readonly segment: number | null;
  readonly name: string | null;
  readonly body: unknown;
  readonly context: StoredContext;
  readonly state: "waiting" | "seeding" | "catching_up";
};
export type BuildTrack = {
  readonly id: number;
  readonly key: string;
  readonly spec: TrackSpec;
  readonly epoch: number;
};

/** Starts the builder's loop: one version at a time, in the order they were made. */
export function startBuilder(deps: BuilderDeps): Builder {
  const nap = new Nap();
  const owner = randomUUID();
  let stopping = false;
  let woken = false;
  const run = async () => {
    while (!stopping) {
      woken = false;
      const built = await buildNext(deps, owner, () => stopping).catch((cause: unknown) => {
        deps.onFault(cause);
        return false;
      });
      if (!built && !woken && !stopping) await nap.sleep(IDLE_MS);
    }
  };
  const done = run();
  return {
    wake: () => {
      woken = true;
      nap.wake();
    },
    stop: async () => {
      stopping = true;
      nap.wake();
      await done;
    },
  };
} // prettier-ignore

/** Builds the next version that waits; false when there is none, or it could not be brought to its end now. */
export async function buildNext(deps: BuilderDeps, owner: string, stopping: () => boolean = () => false): Promise<boolean> {
  const version = await claim(deps, owner);
  if (!version) return false;
  const lease = setInterval(() => void renew(deps, version.id, owner).catch(deps.onFault), LEASE_MS / 4);
  try {
    await new Build(deps, version, stopping).run();
    return true;
  } catch (cause) {
    if (cause instanceof Stopped || (cause instanceof Failure && cause.code === "store_unavailable")) {
      await deps.sql.query("update versions set lease_until = 0 where id = $1 and owner = $2", [version.id, owner]);
      if (cause instanceof Failure) deps.onFault(cause);
      return false;
    }
    deps.onFault(cause);
    await deps.sql.query(
      "update versions set state = 'failed', problem = $2 where id = $1 and state <> 'live'",
      [version.id, cause instanceof Error ? cause.message.slice(0, 500) : String(cause)],
    );
    return true;
  } finally {
    clearInterval(lease);
  }
} // prettier-ignore

class Stopped extends Error {}

async function claim({ sql, clock }: BuilderDeps, owner: string): Promise<BuildVersion | null> {
  return sql.transaction(async (tx) => {
    // One build at a time over all processes: builds share tracks.
    await tx.query("select pg_advisory_xact_lock(731703)");
    const [row] = await tx.query<BuildVersion>(
      `update versions set owner = $1, lease_until = $2::bigint + ${LEASE_MS} where id = (
         select id from versions where state in ('waiting', 'seeding', 'catching_up')
         order by state = 'waiting', id limit 1) and lease_until < $2
       returning id, workspace, kind, segment, name, body, context, state`,
      [owner, clock()],
    );
    if (!row) return null;
    return row.state === "catching_up" ? beginAgain(tx, row, owner, clock() + LEASE_MS) : row;
  });
}

/** A build that broke off when it was in force already is made again under a new number: customers hold the old one. */
async function beginAgain(
  tx: Sql,
  { id }: BuildVersion,
  owner: string,
  leaseUntil: number,
): Promise<BuildVersion> {
  await moveEpoch(tx);
  const [row] = await tx.query<BuildVersion>(
    `insert into versions (workspace, kind, segment, name, body, context, state, owner, lease_until, created_at)
     select workspace, kind, segment, name, body, context, 'waiting', $2, $3, created_at from versions where id = $1
     returning id, workspace, kind, segment, name, body, context, state`,
    [id, owner, leaseUntil],
  );
  await tx.query("delete from segment_members where version = $1", [id]);
  await tx.query("delete from versions where id = $1", [id]);
  return row!;
}

async function renew({ sql, clock }: BuilderDeps, id: number, owner: string): Promise<void> {
  await sql.query("update versions set lease_until = $3 where id = $1 and owner = $2", [
    id,
    owner,
    clock() + LEASE_MS,
  ]);
}

/** Moves the epoch: waits for the batches under the old one, and keeps new ones waiting until the transaction ends. */
async function moveEpoch(tx: Sql): Promise<number> {
  await tx.query(`select pg_advisory_xact_lock(${EPOCH_LOCK})`);
  const [row] = await tx.query<{ n: number }>("update epochs set n = n + 1 returning n");
  return row!.n;
}

class Build {
  readonly #deps: BuilderDeps;
  readonly #version: BuildVersion;
  readonly #stopping: () => boolean;

  constructor(deps: BuilderDeps, version: BuildVersion, stopping: () => boolean) {
    this.#deps = deps;
    this.#version = version;
    this.#stopping = stopping;
  }

  async run(): Promise<void> {
    const { sql, log, clock } = this.#deps;
    const version = this.#version;
    const { from, tracks, missing } = await this.#activate();
    await this.#settled(from);
    await seedTracks({ sql, log, workspace: version.workspace, tracks: missing, now: clock() }, (ratio) => this.#progress(ratio * 0.5));
    const asOf = clock();
    if (version.kind === "segment") await writeMembers(sql, log, version, from, asOf);
    if (version.kind === "stages") await writeStages(sql, log, version, from, asOf);
    await this.#progress(0.7);
    const until = await this.#putIn(missing, asOf);
    if (version.kind !== "trait") {
      await wakeTurning({ sql, log, version, tracks, now: asOf }, (ratio) => this.#progress(0.7 + ratio * 0.2));
      await this.#settled(until);
      await wakeTouched(sql, log, version.workspace, from, until);
      await this.#caughtUp();
    }
    await this.#serve();
    await this.#tidy();
  } // prettier-ignore

  /** From the epoch it answers on, every event is told to the tracks. `missing`: those that do not know history yet. */
  async #activate(): Promise<{
    from: number;
    tracks: readonly BuildTrack[];
    missing: readonly BuildTrack[];
  }> {
    const { id, workspace } = this.#version;
    const wanted = [...tracksOfVersion(this.#version).values()];
    return this.#deps.sql.transaction(async (tx) => {
      const from = await moveEpoch(tx);
      await tx.query(
        `insert into tracks (workspace, key, spec, epoch) select $1, key, spec::jsonb, $4
         from unnest($2::text[], $3::text[]) as t (key, spec) on conflict (workspace, key) do nothing`,
        [workspace, wanted.map(({ key }) => key), wanted.map(({ spec }) => JSON.stringify(spec)), from],
      );
      const tracks = await tx.query<BuildTrack & { readonly ready: number | null }>(
        "select id, key, spec, epoch, ready_no as ready from tracks where workspace = $1 and key = any($2::text[])",
        [workspace, wanted.map(({ key }) => key)],
      );
      await tx.query("update versions set state = 'seeding', done_ratio = 0 where id = $1", [id]);
      await tx.query("delete from segment_members where version = $1", [id]);
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
      await tx.query(
        "update tracks set ready_no = n from (select nextval('ready_no') as n) s where id = any($1::int[])",
        [missing.map(({ id }) => id)],
      );
      await tx.query(
        "update versions set state = 'catching_up', as_of = $2, ready_no = n from (select nextval('ready_no') as n) s where id = $1",
        [this.#version.id, asOf],
      );
      return epoch;
    });
  }

  /** Resolves when nobody is left who was to be asked again by now. */
  async #caughtUp(): Promise<void> {
    const { sql, clock, onWake } = this.#deps;
    const now = clock();
    for (;;) {
      onWake();
      const [left] = await sql.query<{ some: boolean }>(
        "select exists (select 1 from wakes where due_at <= $1 and workspace = $2) as some",
        [now, this.#version.workspace],
      );
      if (!left!.some) return;
      this.#check();
      await pause(POLL_MS);
    }
  }

  async #serve(): Promise<void> {
    const { id, workspace, kind, segment, name } = this.#version;
    const now = this.#deps.clock();
    await this.#deps.sql.transaction(async (tx) => {
      await moveEpoch(tx);
      const [old] = await tx.query<{ n: number }>(
        `with old as (update versions set state = 'replaced' where workspace = $1 and kind = $2 and id <> $3 and state in ('live', 'failed')
           and ($2 = 'stages' or ($2 = 'segment' and segment = $4) or ($2 = 'trait' and name = $5)) returning 1)
         select count(*)::int as n from old`,
        [workspace, kind, id, segment, name],
      );
      await tx.query(
        `update versions set state = 'live', done_ratio = 1, live_at = $2, as_of = $2, problem = null,
           members = (select count(*) from segment_members where version = $1) where id = $1`,
        [id, now],
      );
      if (kind === "segment")
        await tx.query(
          `insert into segment_hours (segment, hour_at, members) select $1, $2, members from versions where id = $3
           on conflict (segment, hour_at) do update set members = excluded.members`,
          [segment, Math.floor(now / 3_600_000) * 3_600_000, id],
        );
      return old!.n;
    });
  }

  /** Forgets what no version needs any more. */
  async #tidy(): Promise<void> {
    await tidyVersions(this.#deps.sql, this.#version.workspace);
  }

  async #progress(ratio: number): Promise<void> {
    this.#check();
    await this.#deps.sql.query("update versions set done_ratio = $2 where id = $1", [
      this.#version.id,
      ratio,
    ]);
  }

  #check(): void {
    if (this.#stopping()) throw new Stopped();
  }
}

const TIDY_ROWS = 50_000;

/** Deletes members of versions that serve no more, and tracks that no version asks. Also called after a deletion. */
export async function tidyVersions(sql: Database, workspace: WorkspaceId): Promise<void> {
  await sql.transaction(async (tx) => {
    const versions = await tx.query<Pick<BuildVersion, "kind" | "body" | "context">>(
      "select kind, body, context from versions where workspace = $1 and state in ('waiting', 'seeding', 'catching_up', 'live')",
      [workspace],
    );
    const asked = new Set(versions.flatMap((version) => [...tracksOfVersion(version).keys()]));
    const tracks = await tx.query<{ id: number; key: string }>("select id, key from tracks where workspace = $1", [workspace]);
    const idle = tracks.filter(({ key }) => !asked.has(key)).map(({ id }) => id);
    if (idle.length === 0) return;
    await moveEpoch(tx);
    await tx.query("delete from tracks where id = any($1::int[])", [idle]);
  });
  const gone = await sql.query<{ id: number }>("select id from versions where workspace = $1 and state = 'replaced'", [workspace]);
  for (const { id } of gone)
    for (let n = TIDY_ROWS; n === TIDY_ROWS;)
      n = (await sql.query("delete from segment_members where (version, customer) in (select version, customer from segment_members where version = $1 limit $2) returning 1 as one", [id, TIDY_ROWS])).length;
} // prettier-ignore
