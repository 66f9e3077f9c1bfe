/**
 * Designed over discovered: what became of the runs of a published journey, how its steps were passed, and what people did
 * between them. Runs are told by the log, so a scope's segment and account count; passages of steps are counted by hour
 * for everybody (step_hours). So whatever rests on passages is told of everybody, and the answer says so: numbers of a part
 * are never set against numbers of all.
 */
import { momentsIn } from "../analysis/cases.ts";
import type { Moment, MomentGrouping } from "../analysis/model.ts";
import { type Scoped, scopeFor } from "../analysis/scope.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { JourneyDraft } from "../journeys/model.ts";
import { readStanding } from "../journeys/counts.ts";
import { type PublishedVersion, readJourney, readPublished } from "../journeys/store.ts";
import { eventNameOf } from "../journeys/force.ts";
import { triggersOf } from "../journeys/ways.ts";
import type { WorkspaceId } from "../values.ts";
import {
  type Counted,
  type Ended,
  type Gone,
  deviationsOf,
  followedOf,
  stepsOf,
  unmetOf,
} from "./conform.ts";
import type { MapStores } from "./discover.ts";
import { shareInterval } from "./judge.ts";
import type { Conformance, ConformanceRequest } from "./judged-model.ts";
import { MAP_LIMITS } from "./model.ts";

/** Runs may end long after the scope in which they began. */
const EVER = 2 ** 43;
const HOUR_MS = 3_600_000;
type Runs = { readonly entered: number; readonly heldOut: number; readonly customers: number; readonly medianMs: number | null; readonly ended: readonly (readonly [reason: string, step: string, runs: number])[] }; // prettier-ignore

/** What became of a version's runs; null where nobody came in. Throws `Failure("not_found")`. */
export async function conformanceOf({ sql, log, clock }: MapStores, workspace: WorkspaceId, request: ConformanceRequest, grouping: MomentGrouping): Promise<{ readonly conformance: Conformance | null; readonly asOfAt: number; readonly customers: number; readonly events: number }> {
  await readJourney(sql, workspace, request.journey);
  const version = chosen(await readPublished(sql, workspace, request.journey), request);
  const scoped = await scopeFor(sql, log, workspace, request.scope, clock());
  const { asOfAt } = scoped;
  const runs = await readRuns(log, scoped, version);
  if (runs.entered < MAP_LIMITS.runsLeast) return { conformance: null, asOfAt, customers: 0, events: 0 };
  const ended = endedOf(runs);
  const counted = await countedOfAll({ sql, log, clock }, workspace, scoped, version, runs);
  const followed = followedOf(version.draft, ended);
  const between = await betweenOf(log, scoped, version, grouping);
  return {
    asOfAt, customers: runs.customers, events: between.events,
    conformance: {
      type: "conformance", version: { id: version.id, number: version.number },
      runs: { entered: runs.entered, running: runs.entered - followed.n, ended: followed.n, heldOut: runs.heldOut },
      followed: { runs: followed.hits, ratio: followed.n === 0 ? null : followed.hits / followed.n, interval: followed.n === 0 ? null : shareInterval(followed) },
      stepsOf: isPart(scoped) ? "everybody" : "scope", steps: stepsOf(version.draft, counted), deviations: deviationsOf(version.draft, { ended, entered: runs.entered }), unmet: unmetOf(version.draft, counted),
      between: [...between.told], medianMs: runs.medianMs, notes: [...notesOf(scoped)],
    },
  };
} // prettier-ignore

const endedOf = ({ ended }: Runs): readonly Ended[] =>
  ended.map(([reason, step, runs]) => ({ reason, step, runs }));

/** Whether the scope is of some customers only. Its channels count for what people do, not for their runs. */
const isPart = ({ scope }: Scoped): boolean => scope.segment !== undefined || scope.account !== undefined;

/** What was counted at the steps, of everybody who came in within the period. */
async function countedOfAll({ sql, log, clock }: MapStores, workspace: WorkspaceId, scoped: Scoped, version: PublishedVersion & { readonly journey: number }, runs: Runs): Promise<Counted> {
  const { segment: _, account: __, ...all } = scoped.scope;
  const whole = isPart(scoped) ? await scopeFor(sql, log, workspace, all, clock()) : scoped;
  const its = isPart(scoped) ? await readRuns(log, whole, version) : runs;
  const sent = await log.rows<{ step: string; n: number }>(
    `select step, count() as n from (${marksSql(whole, version, "'$message.sent'")}) group by step`,
    whole.parameters.values,
  );
  const standing = new Map<string, number>();
  for (const { version: of, step, n } of await readStanding(sql, workspace, version.journey))
    if (of === version.id) standing.set(step, (standing.get(step) ?? 0) + n);
  return {
    entered: its.entered, ended: endedOf(its), gone: await readGone(sql, version.id, whole.scope), standing,
    sent: new Map(sent.map(({ step, n }) => [step, n])),
  };
} // prettier-ignore

function chosen(
  all: readonly (PublishedVersion & { readonly journey: number })[],
  { journey, version }: ConformanceRequest,
): PublishedVersion & { readonly journey: number } {
  const found =
    version === undefined
      ? (all.find(({ state }) => state === "live") ?? all[0])
      : all.find(({ number }) => number === version);
  if (found) return found;
  throw new Failure("not_found", version === undefined ? `Journey ${journey} was never published.` : `Journey ${journey} has no version ${version}.`); // prettier-ignore
}

function notesOf(scoped: Scoped): readonly string[] {
  return [
    "Runs are those that began in the period, whenever they ended. How often steps and ways were passed is counted in the period, by the hour.",
    ...(isPart(scoped)
      ? ["The steps, and what nobody does, are told of all customers, not only of those in the scope: how often steps and ways were passed is counted for all together."]
      : []),
    "What people did between steps is told after the last message or decision of the journey before it; who has several runs at a time counts for the latest.",
  ];
} // prettier-ignore

/** A JSON text's member: our own events name journeys and versions by number. */
const text = (name: string): string => `JSONExtractString(properties, '${name}')`;
const ofVersion = (version: number): string => `JSONExtractInt(properties, 'version') = ${version}`;

async function readRuns(log: MapStores["log"], scoped: Scoped, version: PublishedVersion): Promise<Runs> {
  const { from, to } = scoped.scope;
  // A run may have gone on in a later version: it is known by its name.
  const names = "('$journey.entered', '$journey.held_out', '$journey.left')";
  const told = scoped.own(`name, ${text("run")} as run, ${text("reason")} as reason, ${text("step")} as step, ${ofVersion(version.id)} as its`, `key = 0 and name in ${names}`, { from, to: EVER });
  const runs = `select run, any(customer) as customer, countIf(name = '$journey.entered' and its and at < ${to}) > 0 as isIn, countIf(name = '$journey.held_out' and its and at < ${to}) > 0 as isOut,
      minIf(at, name = '$journey.entered') as enteredAt, maxIf(at, name = '$journey.left') as leftAt, argMaxIf((reason, step), at, name = '$journey.left') as left
    from (${told}) group by run having isIn or isOut`;
  const [found] = await log.rows<Omit<Runs, "ended">>(
    `select countIf(isIn) as entered, countIf(isOut) as heldOut, uniqExactIf(customer, isIn) as customers,
       quantileExactInclusiveIf(0.5)(leftAt - enteredAt, isIn and leftAt > 0) as medianMs from (${runs})`,
    scoped.parameters.values,
  );
  const ended = await log.rows<{ reason: string; step: string; runs: number }>(
    `select left.1 as reason, left.2 as step, count() as runs from (${runs}) where isIn and leftAt > 0 group by left order by runs desc, reason, step`,
    scoped.parameters.values,
  );
  return { ...found!, ended: ended.map(({ reason, step, runs: n }) => [reason, step, n] as const) };
} // prettier-ignore

const readGone = (
  sql: Sql,
  version: number,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly Gone[]> =>
  sql.query<Gone>(
    "select step, path, sum(n)::int as n from step_hours where version = $1 and hour_at >= $2 and hour_at < $3 and step <> '$entry' group by 1, 2",
    [version, Math.floor(from / HOUR_MS) * HOUR_MS, to],
  );

/** Our own events of a version that name a step: rows of customer, at, `step`, and their order. */
const marksSql = (scoped: Scoped, version: PublishedVersion, names: string): string =>
  scoped.own(
    `${text("step")} as step, 1 as rank, id`,
    `key = 0 and name in (${names}) and ${ofVersion(version.id)}`,
    {
      from: scoped.scope.from,
      to: EVER,
    },
  );

type Between = { readonly told: Conformance["between"]; readonly events: number };
/** Moments of people in the journey that it does not ask about, by what it did last before. */
async function betweenOf(log: MapStores["log"], scoped: Scoped, version: PublishedVersion, grouping: MomentGrouping): Promise<Between> {
  const { parameters, scope } = scoped;
  const moments = await momentsIn(log, scoped, grouping);
  const known = parameters.texts([...knownNames(version.draft), "$message.sent", "$message.opened", "$message.clicked"]);
  // Of one instant: entering comes before what a step does, and leaving after it.
  const told = [
    scoped.own("'entry' as step, 0 as rank, id", `key = 0 and name = '$journey.entered' and ${ofVersion(version.id)}`, { from: scope.from, to: scope.to }),
    marksSql(scoped, version, "'$message.sent', '$journey.split', '$journey.decided'"),
    scoped.own("'' as step, 2 as rank, id", `key = 0 and name = '$journey.left' and ${ofVersion(version.id)}`, { from: scope.from, to: EVER }),
  ].map((one) => `select customer, at, step, rank, id from (${one})`).join(" union all ");
  const marks = `select customer, at as markedAt, argMax(step, (rank, id)) as step from (${told}) group by customer, at`;
  const rows = await log.rows<{ step: string; moment: number; people: number; events: number }>(
    `select c.step as step, e.moment as moment, uniqExact(e.customer) as people, count() as events from (${moments.rows(`name in ${known} as isKnown`)}) e
       asof join (${marks}) c on e.customer = c.customer and e.at >= c.markedAt
     where not e.isKnown and c.step != '' group by step, moment order by people desc, step, moment limit ${MAP_LIMITS.betweenMost}`,
    parameters.values,
  );
  const came = await log.rows<{ step: string; people: number }>(`select step, uniqExact(customer) as people from (${told}) where step != '' group by step`, parameters.values);
  const cameTo = new Map(came.map(({ step, people }) => [step, people]));
  return {
    events: rows.reduce((sum, row) => sum + row.events, 0),
    told: rows.map(({ step, moment, people }) => {
      const { key, channel, name }: Moment = moments.moments[moment - 1]!;
      return { after: step, key, channel, name, people, share: people / cameTo.get(step)! };
    }),
  };
} // prettier-ignore

/** Events by which the plan lets in, waits, lets out or is done: what people do by these is no surprise. */
const knownNames = (draft: JourneyDraft): readonly string[] =>
  triggersOf(draft).map(([, trigger]) => eventNameOf(trigger));
