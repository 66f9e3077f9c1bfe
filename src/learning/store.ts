/** The statements of learning: what was shown and came of it from the event log, what was learned and stopped in the state store. */
import type { EventLog, LogParameters } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { moveEpoch } from "../segments/epoch.ts";
import { eventsSql } from "../segments/sql-rows.ts";
import { Parameters } from "../segments/sql-values.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { HOURS_OF_PART } from "./encode.ts";
import { type Counted, type Judged, eventOf } from "./guard.ts";
import { type Arm, type Guard, LEARNING_LIMITS, type Learning, type LearningContext, type LearningTold, type Model, outcomeName } from "./model.ts"; // prettier-ignore
import type { Exposure, Kind } from "./workout.ts";

/** A place that learns, as far as learning asks. `versions`: all those of its number, which renewals of its rules make. */
export type LearningPlace = {
  readonly workspace: WorkspaceId;
  readonly key: string;
  readonly number: number;
  readonly learning: Learning;
  readonly candidates: readonly string[];
  /** Whether it ranks by what is learned. */
  readonly isOn: boolean;
  readonly versions: readonly number[];
  /** When it was laid down. */
  readonly laidAt: Instant;
};
/** What was read of the log when a model was made: the same mark, the same model. */
export type Mark = string;
/** How it was learned last; all null before that. */
export type Before = { readonly mark: Mark | null; readonly learnedAt: Instant | null; readonly tookMs: number | null }; // prettier-ignore

const EXPOSED = outcomeName("exposed");
/** Whoever tells of exposures and outcomes is this program: keys of senders have numbers. */
const OURS = "key = 0";

/**
 * Each decision that was exposed between two instants, with its reward; of `newest` the newest so many. Outcomes are fewer than
 * exposures: they are what is held while exposures go by.
 */
function exposuresSql({ workspace, key, learning }: LearningPlace, from: Instant, until: Instant, newest: number | null, parameters: Parameters): string {
  const { reward, currency, withinMs } = learning;
  const all = { workspace, epochBelow: null, customers: null };
  const where = (name: string) => `${OURS} and name = '${name}' and touchpoint = ${parameters.text(key)} and happenedAt >= ${Math.round(from)}`;
  const decision = "JSONExtractString(properties, 'decision') as decision";
  const told = `${decision}, JSONExtractString(properties, 'candidate') as shown, JSONExtractRaw(properties, 'learning') as told, JSONExtractFloat(properties, 'propensity') as ratio`;
  const worth = reward === "value" ? `if(JSONExtractString(properties, 'currency') = ${parameters.text(currency ?? "")}, toFloat64(JSONExtractUInt(properties, 'valueMinor')), 0.)` : "1.";
  const exposed = `select decision, shown, told, ratio, customer, at from (${eventsSql(all, told, `${where(outcomeName("exposed"))} and happenedAt <= ${Math.round(until)}`)}) where told != ''`;
  const came = `select decision, any(worth) as worth, min(at) as cameAt from (${eventsSql(all, `${decision}, ${worth} as worth`, where(outcomeName(reward === "value" ? "converted" : reward)))}) group by decision`;
  return `select e.decision as decision, shown, told, ratio, customer, at, if(cameAt > 0 and cameAt <= at + ${Math.round(withinMs)}, worth, 0.) as reward
    from (${exposed}${newest === null ? "" : ` order by at desc, decision limit ${newest}`}) e left any join (${came}) o on e.decision = o.decision`;
} // prettier-ignore

/** Until when exposures' time is over. */
const untilOf = ({ withinMs }: Pick<Learning, "withinMs">, now: Instant): Instant =>
  now - withinMs - LEARNING_LIMITS.settleMs;
const HALF = "toUInt8(cityHash64(customer) % 2)";

/** How much there is to learn from. */
export async function readMark(log: EventLog, { workspace, key, learning }: LearningPlace, now: Instant): Promise<Mark> {
  const [row] = await log.rows<{ told: number; over: number }>(
    `select count() as told, countIf(name = '${EXPOSED}' and happenedAt <= ${Math.round(untilOf(learning, now))}) as over from events
     where workspace = ${workspace} and ${OURS} and startsWith(name, '$decision.') and touchpoint = {key:String} and happenedAt >= ${Math.round(now - LEARNING_LIMITS.lookMs)}`,
    { key },
  );
  return `${row!.told} ${row!.over} ${JSON.stringify(learning)}`;
} // prettier-ignore

/** Exposures whose time is over, added up: the most frequent kinds. */
export async function readKinds(log: EventLog, place: LearningPlace, now: Instant): Promise<readonly Kind[]> {
  const parameters = new Parameters();
  const hour = `intDiv(JSONExtractUInt(context, 'hour'), ${HOURS_OF_PART}) * ${HOURS_OF_PART}`;
  const rows = await log.rows<Omit<Kind, "context"> & { readonly parts: string }>(
    `select shown as candidate, toJSONString(tuple(JSONExtract(context, 'stage', 'Nullable(String)'), JSONExtractString(context, 'device'), JSONExtract(context, 'channel', 'Nullable(String)'),
         JSONExtractString(context, 'known'), ${hour}, JSONExtract(context, 'segments', 'Array(UInt32)'))) as parts,
       ${HALF} as half, toUInt32(count()) as n, toUInt32(countIf(reward > 0)) as rewarded, sum(reward) as sum, sum(reward * reward) as sumOfSquares
     from (select *, JSONExtractRaw(told, 'context') as context from (${exposuresSql(place, now - LEARNING_LIMITS.lookMs, untilOf(place.learning, now), null, parameters)}))
     where shown in ${parameters.texts(place.candidates)} group by candidate, parts, half order by n desc, candidate, parts, half limit ${LEARNING_LIMITS.kindsMax}`,
    parameters.values,
  );
  return rows.map(({ parts, ...row }) => {
    const [stage, device, channel, known, hourOfPart, segments] = JSON.parse(parts) as Parts;
    return { ...row, context: { stage, device, channel, known, hour: hourOfPart, segments } };
  });
} // prettier-ignore
type Parts = readonly [stage: LearningContext["stage"], device: LearningContext["device"], channel: LearningContext["channel"], known: LearningContext["known"], hour: number, segments: readonly number[]]; // prettier-ignore

/** The newest exposures whose time is over, in the order they happened. */
export async function readExposures(log: EventLog, place: LearningPlace, now: Instant): Promise<readonly Exposure[]> {
  const parameters = new Parameters();
  const rows = await log.rows<Omit<Exposure, "context" | "eligible"> & { readonly told: string }>(
    `select toUInt64(customer) as customer, ${HALF} as half, shown as candidate, ratio as propensity, reward, told
     from (${exposuresSql(place, now - LEARNING_LIMITS.lookMs, untilOf(place.learning, now), LEARNING_LIMITS.evaluatedMax, parameters)}) order by at, decision`,
    parameters.values,
  );
  // What stands there this program has written.
  return rows.map(({ told, ...row }) => {
    const { context, eligible } = JSON.parse(told) as LearningTold;
    return { ...row, context, eligible };
  });
} // prettier-ignore

/** Customers of each arm whose time after their first exposure is over, and how many of them did what a guard asks about. */
export async function readGuard(log: EventLog, { workspace, key, learning, versions, laidAt }: LearningPlace, guard: Guard, now: Instant): Promise<{ readonly [arm in Arm]: Counted }> {
  const parameters = new Parameters();
  const all = { workspace, epochBelow: null, customers: null };
  const withinMs = guard.withinMs ?? learning.withinMs;
  const place = parameters.text(key);
  const first = `select customer, min(at) as firstAt, argMin(arm, at) as its from (${eventsSql(all, "JSONExtractString(properties, 'learning', 'arm') as arm",
    `${OURS} and name = '${EXPOSED}' and touchpoint = ${place} and JSONExtractUInt(properties, 'version') in (${versions.map(Math.round).join() || "0"})`)})
    where arm != '' group by customer having firstAt <= ${Math.round(untilOf({ withinMs }, now))}`;
  const asked = guard.type === "event" ? `name = ${parameters.text(eventOf(guard))}` : `${OURS} and name = '${eventOf(guard)}' and touchpoint = ${place}`;
  const did = `select customer, groupArray(at) as ats from (${eventsSql(all, "1 as one", `${asked} and happenedAt >= ${Math.round(laidAt)}`)}) group by customer`;
  const rows = await log.rows<Counted & { readonly its: Arm }>(
    `select its, toUInt32(count()) as customers, toUInt32(countIf(arrayExists(t -> t >= firstAt and t <= firstAt + ${Math.round(withinMs)}, ats))) as did
     from (${first}) f left join (${did}) d on f.customer = d.customer group by its`,
    parameters.values as LogParameters,
  );
  const of = (arm: Arm): Counted => {
    const { customers, did: n } = rows.find(({ its }) => its === arm) ?? { customers: 0, did: 0 };
    return { customers, did: n };
  };
  return { learned: of("learned"), holdout: of("holdout") };
} // prettier-ignore

type PlaceRow = Pick<LearningPlace, "workspace" | "key" | "number" | "versions" | "laidAt"> & {
  readonly draft: {
    readonly ranking: string;
    readonly learning: Learning;
    readonly candidates: readonly { readonly id: string }[];
  };
};
const SERVING = `select distinct on (v.workspace, v.name) v.workspace, v.name as key, v.number, v.body->'draft' as draft,
    array(select o.id from versions o where o.workspace = v.workspace and o.kind = 'place' and o.name = v.name and o.number = v.number) as versions,
    (select min(o.created_at) from versions o where o.workspace = v.workspace and o.kind = 'place' and o.name = v.name and o.number = v.number) as "laidAt"
  from versions v where v.kind = 'place' and v.state = 'live'`;
const placeOf = ({ draft, ...row }: PlaceRow): LearningPlace => ({
  ...row,
  learning: draft.learning,
  isOn: draft.ranking === "learning",
  candidates: draft.candidates.map(({ id }) => id),
});

/** The places that learn and were not looked at for a while; from now on they were. Those that were stopped do not learn. */
export async function claimPlaces(sql: Sql, now: Instant): Promise<readonly { readonly place: LearningPlace; readonly before: Before }[]> {
  const rows = await sql.query<PlaceRow & { readonly before: Before }>(
    `with serving as materialized (select * from (${SERVING} order by v.workspace, v.name, v.id desc) s where draft->>'ranking' = 'learning'),
       taken as (
         insert into place_learning as l (workspace, place, number, looked_at) select workspace, key, number, $1::bigint from serving
         on conflict (workspace, place, number) do update set looked_at = excluded.looked_at where l.looked_at <= $1::bigint - $2::bigint and l.stopped_at is null
         returning l.workspace, l.place, l.number, json_build_object('mark', l.mark, 'learnedAt', l.learned_at, 'tookMs', l.took_ms) as before)
     select s.*, t.before from serving s join taken t on t.workspace = s.workspace and t.place = s.key and t.number = s.number order by s.workspace, s.key`,
    [now, LEARNING_LIMITS.restMs],
  );
  return rows.map(({ before, ...row }) => ({ place: placeOf(row), before }));
} // prettier-ignore

/** The version of a place that serves, when it has learning laid down. */
export async function readPlace(
  sql: Sql,
  workspace: WorkspaceId,
  key: string,
): Promise<LearningPlace | null> {
  const [row] = await sql.query<PlaceRow>(`${SERVING} and v.workspace = $1 and v.name = $2 and v.body->'draft'->'learning' <> 'null' order by v.workspace, v.name, v.id desc`, [workspace, key]); // prettier-ignore
  return row ? placeOf(row) : null;
}

/** Why a place was stopped. */
export type Stop = { readonly number: number; readonly at: Instant; readonly judged: Judged };
/** What is kept of a place's learning. */
export type Kept = {
  readonly model: Model | null;
  readonly learnedAt: Instant | null;
  readonly guards: readonly Judged[];
  readonly guardsAt: Instant | null;
};

/** Keeps what was learned: it is in force from the next decision on. */
export async function keepModel(tx: Sql, { workspace, key, number }: LearningPlace, model: Model, { mark, learnedAt, tookMs }: { readonly [part in keyof Before]: NonNullable<Before[part]> }): Promise<void> {
  await moveEpoch(tx);
  await tx.query(
    "update place_learning set model = $4, mark = $5, learned_at = $6, took_ms = $7 where workspace = $1 and place = $2 and number = $3 and coalesce(learned_at, 0) <= $6",
    [workspace, key, number, JSON.stringify(model), mark, learnedAt, tookMs],
  );
  await tx.query("delete from place_learning where workspace = $1 and place = $2 and number < $3 and stopped_at is null", [workspace, key, number]);
} // prettier-ignore

/** Keeps how the guards stand; with `stop`, the place is decided for by priority from the next decision on. Whether that is new. */
export async function keepGuards(tx: Sql, { workspace, key, number }: LearningPlace, guards: readonly Judged[], stop: Judged | null, now: Instant): Promise<boolean> {
  if (stop) await moveEpoch(tx);
  const stopped = await tx.query(
    `update place_learning set guards = $4, guards_at = $5, stopped_at = case when $6::json is null then stopped_at else $5 end, stop = coalesce($6::json, stop)
     where workspace = $1 and place = $2 and number = $3 and stopped_at is null returning 1 as one`,
    [workspace, key, number, JSON.stringify(guards), now, stop && JSON.stringify(stop)],
  );
  return stop !== null && stopped.length > 0;
} // prettier-ignore

/** What is kept of a place, and every stop it ever had, the newest first. */
export async function readKept(sql: Sql, workspace: WorkspaceId, key: string, number: number): Promise<{ readonly kept: Kept | null; readonly stops: readonly Stop[] }> {
  const rows = await sql.query<Omit<Kept, "guards"> & { readonly guards: readonly Judged[] | null; readonly number: number; readonly stoppedAt: Instant | null; readonly stop: Judged | null }>(
    `select number, model, learned_at as "learnedAt", guards, guards_at as "guardsAt", stopped_at as "stoppedAt", stop from place_learning where workspace = $1 and place = $2 order by number desc`,
    [workspace, key],
  );
  const own = rows.find((row) => row.number === number);
  return {
    kept: own ? { model: own.model, learnedAt: own.learnedAt, guards: own.guards ?? [], guardsAt: own.guardsAt } : null,
    stops: rows.flatMap(({ number: of, stoppedAt, stop }) => (stoppedAt !== null && stop ? [{ number: of, at: stoppedAt, judged: stop }] : [])),
  };
} // prettier-ignore

/** What was learned, and whether it was stopped, by workspace, place and number. */
export type Learned = (workspace: WorkspaceId, place: string, number: number) => { readonly model: Model | null; readonly isStopped: boolean }; // prettier-ignore
/** The same of all workspaces. */
export async function readLearned(sql: Sql): Promise<Learned> {
  const rows = await sql.query<{ readonly workspace: WorkspaceId; readonly place: string; readonly number: number; readonly model: Model | null; readonly stopped: boolean }>(
    "select workspace, place, number, model, stopped_at is not null as stopped from place_learning order by number desc",
  );
  return (workspace, place, number) => {
    const own = rows.filter((row) => row.workspace === workspace && row.place === place && row.number <= number);
    // Until a place that was laid down anew is looked at, what was learned of its candidates before stands.
    return { model: own.find(({ model }) => model !== null)?.model ?? null, isStopped: own.some((row) => row.number === number && row.stopped) };
  };
} // prettier-ignore

/** How many places of a workspace learn, as last laid down; that of `but` left out. */
export async function countLearning(tx: Sql, workspace: WorkspaceId, but: string): Promise<number> {
  const [row] = await tx.query<{ n: number }>(
    `select count(*)::int as n from (select distinct on (name) name, body from versions where workspace = $1 and kind = 'place' and state <> 'replaced' order by name, id desc) v
     where body->'draft'->>'ranking' = 'learning' and name <> $2`,
    [workspace, but],
  );
  return row!.n;
}

/** Forgets what is kept of a place that is taken away. */
export const forgetPlace = (tx: Sql, workspace: WorkspaceId, key: string): Promise<unknown> =>
  tx.query("delete from place_learning where workspace = $1 and place = $2", [workspace, key]);
