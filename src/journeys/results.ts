/**
 * The results of a published version, from the event log: of everybody who came in, or was held out, whether they reached
 * the goal in time, by one statement for each set of arms; and what that says (experiments/verdict.ts).
 *
 * A customer is counted once in an arm however often they came in, because a customer's runs do not tell independently
 * of each other; they converted when one of their runs did. What a run brought is told by the first time it reached the
 * goal. The event that let somebody in is not counted as reaching the goal by it.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { sharesOf } from "../experiments/assign.ts";
import type { ArmResult } from "../experiments/model.ts";
import { verdictOf } from "../experiments/verdict.ts";
import { EventRows } from "../segments/sql-rows.ts";
import { Parameters, SQL_SETTINGS } from "../segments/sql-values.ts";
import type { TrackSpec } from "../segments/track.ts";
import { type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { eventNameOf } from "./force.ts";
import type { Goal, JourneyDraft, Step } from "./model.ts";
import { type ArmTold, type JourneyResults, RESULTS_LIMITS } from "./results-model.ts";
import { type PublishedVersion, readPublished } from "./store.ts";

export type ResultsAsked = {
  readonly workspace: WorkspaceId;
  readonly journey: number;
  /** How many-th of its journey; null: the newest. */
  readonly version: number | null;
  readonly from: Instant | null;
  readonly to: Instant | null;
};
/** Sums of one arm, as the log tells them. */
export type ArmRow = {
  readonly arm: string;
  readonly customers: number;
  readonly runs: number;
  readonly converted: number;
  readonly convertedRuns: number;
  readonly value: number;
  readonly squares: number;
};
/** An arm as it was meant: its share of the whole, of whatever the weights add up to. */
type Arm = { readonly key: string; readonly weight: number; readonly holdout: boolean };

/** The results of one version. Throws `Failure("not_found")` where there is none. */
export async function readResults(
  sql: Sql,
  log: EventLog,
  asked: ResultsAsked,
  now: Instant,
): Promise<JourneyResults> {
  const { workspace, journey } = asked;
  const all = await readPublished(sql, workspace, journey);
  const version = asked.version === null ? all[0] : all.find(({ number }) => number === asked.version);
  if (!version) throw new Failure("not_found", asked.version === null ? `Journey ${journey} was never published.` : `Journey ${journey} has no version ${asked.version}.`); // prettier-ignore
  const [from, to] = [asked.from ?? version.publishedAt, Math.min(asked.to ?? now, now)];
  if (to - from > RESULTS_LIMITS.periodMsMax) throw new Failure("bad_request", `A period has at most ${RESULTS_LIMITS.periodMsMax / 86_400_000} days.`); // prettier-ignore
  const query = { workspace, journey, version: version.id, goal: version.draft.goal ?? null, from, to };
  const [first, splits] = [armsOfJourney(version.draft), splitsOf(version.draft)];
  return {
    version: { id: version.id, number: version.number }, from: isoOf(from), to: isoOf(to), goal: version.draft.goal !== undefined,
    journey: compared(first, await readArms(log, query, null)),
    splits: await Promise.all(splits.map(async ([step, arms]) => ({ step, ...compared(arms, await readArms(log, query, step)) }))),
    caveats: caveatsOf(version, to, now),
  };
} // prettier-ignore

/** The keys under which those who came in and those held out are told. */
export const ENTERED = "entered";
const HELD_OUT = "held_out";
const armsOfJourney = ({ holdoutRatio }: JourneyDraft): readonly Arm[] => [
  { key: HELD_OUT, weight: holdoutRatio, holdout: true },
  { key: ENTERED, weight: 1 - holdoutRatio, holdout: false },
];
const splitsOf = ({ steps }: JourneyDraft): readonly (readonly [string, readonly Arm[]])[] =>
  Object.entries(steps)
    .flatMap(([id, step]) => (step.type === "split" ? [[id, armsOfSplit(step)] as const] : []))
    .slice(0, RESULTS_LIMITS.splitsMax);
const armsOfSplit = ({ paths }: Extract<Step, { type: "split" }>): readonly Arm[] =>
  paths.map(({ key, weight, holdout }) => ({ key, weight, holdout }));

type ArmsQuery = {
  readonly workspace: WorkspaceId;
  readonly journey: number;
  readonly version: number;
  readonly goal: Goal | null;
  readonly from: Instant;
  readonly to: Instant;
};

/** Only what we told ourselves: a sender of events could name them so. */
const TOLD = "(key = 0 and name in ('$journey.entered', '$journey.held_out', '$journey.split'))";
const NO_GOAL: TrackSpec = { event: null, where: [], since: null, until: null, property: null, numeric: false, keep: { kind: "total" } }; // prettier-ignore

/**
 * Sums by arm: of a split's step, or (null) of who came in and who was held out. With `periodSql` (SQL of a period of the
 * instant they came in at) the rows of each period are told apart.
 */
export async function readArms(log: EventLog, query: ArmsQuery, step: string | null, periodSql: ((at: string) => string) | null = null): Promise<readonly (ArmRow & { readonly period?: number })[]> {
  const { workspace, goal } = query;
  const parameters = new Parameters();
  const rows = new EventRows(parameters);
  const { entries, splits, goals } = gathered(rows, parameters, query, step);
  const events = rows.sql({ workspace, epochBelow: null, customers: null }, "customer");
  // [arm, entered at, the event that let them in]
  const runs = step === null
    ? "arrayMap(e -> (e.3, e.1, e.4), entries)"
    : `arrayFilter(r -> r.1 != '', arrayMap(s -> arrayElement(arrayConcat(arrayMap(e -> (s.2, e.1, e.4), arrayFilter(e -> e.2 = s.1, entries)), [('', toInt64(0), '')]), 1), splits))`;
  const hit = `arrayFirst(g -> g.1 >= r.2 and g.1 <= r.2 + ${goal?.withinMs ?? 0} and g.2 != r.3, goals)`;
  const [period, byPeriod] = periodSql === null ? ["", ""] : [`, ${periodSql("found.3")} as period`, ", period"];
  const text = `select arm${byPeriod}, count() as customers, sum(n) as runs, countIf(hits > 0) as converted, sum(hits) as convertedRuns, sum(worth) as value, sum(worth * worth) as squares from (
      select customer, found.1 as arm${period}, count() as n, countIf(found.2.1 != 0) as hits, sum(found.2.3) as worth from (
        select customer, arrayJoin(arrayMap(r -> (r.1, ${hit}, r.2), ${runs})) as found from (
          select customer, ${entries} as entries, ${splits} as splits, ${goals} as goals from (${events}) group by customer having notEmpty(entries)))
      group by customer, arm${byPeriod})
    group by arm${byPeriod} order by arm${byPeriod} ${SQL_SETTINGS}`;
  return log.rows<ArmRow>(text, parameters.values);
} // prettier-ignore

/** What is gathered of each customer: who came in or was held out, the splits' arms, and when the goal was reached. */
function gathered(rows: EventRows, parameters: Parameters, { journey, version, goal, from, to }: ArmsQuery, step: string | null) {
  const property = (name: string): string => rows.member("properties", name, TOLD);
  const run = rows.column(`JSONExtractString(${property("run")})`);
  const arm = rows.column(`JSONExtractString(${property("arm")})`);
  const because = rows.column(`JSONExtractString(${property("because")}, 'messageId')`);
  // They came in when what brought them in happened, which may be before we heard of it.
  const begunAt = rows.column(`JSONExtractInt(${property("because")}, 'at')`);
  const name = rows.column("toString(name)");
  const of = `toInt64OrZero(${property("journey")}) = ${journey} and toInt64OrZero(${property("version")}) = ${version}`;
  const isEntry = rows.column(`${of} and name in ('$journey.entered', '$journey.held_out') and at >= ${from} and at < ${to}`);
  const isSplit = rows.column(`${of} and name = '$journey.split' and JSONExtractString(${property("step")}) = ${parameters.text(step ?? "")}`);
  return {
    entries: `groupArrayIf((if(${begunAt} > 0, least(${begunAt}, at), at), ${run}, if(${name} = '$journey.entered', '${ENTERED}', '${HELD_OUT}'), ${because}), ${isEntry})`,
    splits: `groupUniqArrayIf((${run}, ${arm}), ${isSplit})`,
    goals: goalsOf(rows, goal, from, to),
  };
} // prettier-ignore

/** [at, id, worth], the first first. */
function goalsOf(rows: EventRows, goal: Goal | null, from: Instant, to: Instant): string {
  if (goal === null) return "arraySort(groupArrayIf((at, id, toFloat64(0)), 0))";
  const spec = specOf(goal, from, to + goal.withinMs);
  const { is } = rows.item(spec);
  const worth = goal.value === undefined ? null : rows.item({ ...spec, property: goal.value, numeric: true });
  const value = worth ? `if(${worth.is}, toFloat64(${worth.value!}), 0)` : "toFloat64(0)";
  return `arraySort(groupArrayIf((at, id, ${value}), ${is}))`;
} // prettier-ignore

/** What reaches the goal, as rules name events. */
export function specOf({ when }: Pick<Goal, "when">, since: Instant, until: Instant): TrackSpec {
  const where =
    when.type === "event" ? when.where : [{ property: "segment", is: { op: "equals", value: when.id } } as const]; // prettier-ignore
  return { ...NO_GOAL, event: eventNameOf(when), where, since, until: until + 1 };
}

/** The arms with their sums, and each against the baseline. */
export function compared(arms: readonly Arm[], rows: readonly ArmRow[]): Pick<JourneyResults["journey"], "arms" | "verdicts"> {
  const found = new Map(rows.map((row) => [row.arm, row]));
  const baseline = arms.find(({ holdout }) => holdout) ?? arms[0]!;
  const shares = sharesOf(arms.map(({ weight }) => weight));
  const shareOf = (arm: Arm): number => shares[arms.indexOf(arm)]!;
  const resultOf = ({ key }: Arm): ArmResult => {
    const row = found.get(key);
    return { n: row?.customers ?? 0, conversions: row?.converted ?? 0, sum: row?.value ?? 0, sumOfSquares: row?.squares ?? 0 };
  };
  const measures = rows.some(({ value }) => value !== 0) ? (["conversions", "value"] as const) : (["conversions"] as const);
  return {
    arms: arms.map((arm) => armTold(arm, found.get(arm.key))),
    verdicts: arms
      .filter((arm) => arm !== baseline && shareOf(arm) > 0 && shareOf(baseline) > 0)
      .flatMap((arm) => measures.map((measure) => {
        const names = [nameOf(baseline), nameOf(arm)] as const;
        const { verdict, absolute, relative, pValue, sampleRatioPValue, words } = verdictOf(resultOf(baseline), resultOf(arm), { measure, weights: [shareOf(baseline), shareOf(arm)], names });
        return { baseline: baseline.key, other: arm.key, measure, verdict, absolute: liftTold(absolute), relative: liftTold(relative), pValue, sampleRatioPValue, words };
      })),
  };
} // prettier-ignore

const liftTold = (lift: ReturnType<typeof verdictOf>["absolute"]) =>
  lift && { difference: lift.difference, interval: [...lift.interval] as [number, number] };
const nameOf = ({ key, holdout }: Arm): string =>
  key === ENTERED
    ? "the journey"
    : key === HELD_OUT
      ? "the holdout"
      : `"${key}"${holdout ? " (held out)" : ""}`;

function armTold({ key, holdout }: Arm, row: ArmRow | undefined): ArmTold {
  const { customers = 0, runs = 0, converted = 0, convertedRuns = 0, value = 0 } = row ?? {};
  return {
    key,
    holdout,
    customers,
    runs,
    converted,
    convertedRuns,
    value,
    ratio: customers === 0 ? null : converted / customers,
  };
}

function caveatsOf({ draft }: PublishedVersion, to: Instant, now: Instant): string[] {
  const says = (told: boolean, words: string): readonly string[] => (told ? [words] : []);
  return [
    ...says(draft.goal === undefined, "This version has no goal: nobody converts."),
    ...says(draft.holdoutRatio === 0, "Nobody is held out of this journey: what would have happened without it is not known."),
    ...says(draft.goal !== undefined && now - to < draft.goal.withinMs, "The last who came in still have time to reach the goal."),
  ];
} // prettier-ignore
