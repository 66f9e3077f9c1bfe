/** Metrics of journeys as they were published: who reached the goal, what came in meanwhile, and what is an effect. */
import { ENTERED, readArms, readResults } from "../journeys/results.ts";
import type { JourneyResults } from "../journeys/results-model.ts";
import { RESULTS_LIMITS } from "../journeys/results-model.ts";
import { readPublished } from "../journeys/store.ts";
import { Columns } from "./matching.ts";
import { METRIC_LIMITS } from "./model.ts";
import {
  type Given,
  type Measured,
  type RawFigure,
  type SumRow,
  estimate,
  none,
  periodsSql,
  shares,
  totals,
} from "./measure.ts";
import { orderColumns, revenueSource } from "./measure-buying.ts";

type Journey = { readonly id: number; readonly name: string };
const readJourneys = ({ sql, workspace }: Given): Promise<readonly Journey[]> =>
  sql.query<Journey>(
    `select j.id, j.name from journeys j where j.workspace = $1 and j.state in ('live', 'paused', 'stopped')
       and exists (select 1 from versions v where v.journey = j.id and v.live_at is not null) order by j.id desc limit $2`,
    [workspace, METRIC_LIMITS.partsMax],
  );

async function resultsOf(given: Given): Promise<readonly (Journey & { readonly results: JourneyResults })[]> {
  const { sql, log, workspace, now, asked: { scope } } = given; // prettier-ignore
  const found: (Journey & { results: JourneyResults })[] = [];
  const from = Math.max(scope.from, Math.min(scope.to, now) - RESULTS_LIMITS.periodMsMax);
  for (const journey of await readJourneys(given))
    found.push({ ...journey, results: await readResults(sql, log, { workspace, journey: journey.id, version: null, from, to: scope.to }, now) }); // prettier-ignore
  return found;
}
const SOURCE =
  "$journey.entered, $journey.held_out and the goal's events, of each journey's newest version; of all customers, whatever the scope's segment, account and channels";
const orNone = (figures: readonly RawFigure[]): readonly RawFigure[] =>
  figures.length === 0 ? [none("journeys with a goal were published")] : figures;

/** Who reached the goal in time, of who entered and had that time; of a day those who entered on it. */
export async function journeyConversion(given: Given): Promise<Measured> {
  const { sql, log, workspace, until, asked: { scope } } = given; // prettier-ignore
  const figures: RawFigure[] = [];
  for (const { id, name } of await readJourneys(given)) {
    const [version] = await readPublished(sql, workspace, id);
    const goal = version?.draft.goal;
    if (version === undefined || goal === undefined) continue;
    const to = Math.min(scope.to, until - goal.withinMs);
    const query = { workspace, journey: id, version: version.id, goal, from: scope.from, to };
    const rows = await readArms(log, query, null, (at) => periodsSql(given, at));
    const entered = rows.filter(({ arm }) => arm === ENTERED).map(({ period, converted, customers }) => ({ part: String(id), period: period!, yes: converted, n: customers }));
    const what = "customers entered and had their time";
    const [figure] = shares(entered, what, () => name);
    figures.push({ ...(figure ?? { ...none(what), part: String(id), name }), lateMs: goal.withinMs });
  }
  return { source: SOURCE, kind: "share", figures: orNone(figures) };
} // prettier-ignore

/** The share that entering brought, by who was held out. */
export async function incrementality(given: Given): Promise<Measured> {
  const figures = (await resultsOf(given)).filter(({ results }) => results.goal).map(({ id, name, results }): RawFigure => {
    const verdict = results.journey.verdicts.find(({ measure }) => measure === "conversions");
    const n = results.journey.arms.reduce((sum, { customers }) => sum + customers, 0);
    const told = verdict && !["too_few", "sample_ratio_mismatch"].includes(verdict.verdict) ? verdict.absolute : null;
    const result = told
      ? estimate(told.difference, { low: told.interval[0], high: told.interval[1], level: METRIC_LIMITS.levelRatio }, n)
      : { type: "too_little_data" as const, found: n, needed: METRIC_LIMITS.peopleMin, detail: verdict?.words ?? "Nobody is held out of this journey: its effect is not known." };
    return { part: String(id), name, result, more: [], points: [] };
  });
  return { source: SOURCE, kind: "level", figures: orNone(figures) };
} // prettier-ignore

/** What orders brought while their customers were in a journey. */
export async function journeyRevenue(given: Given): Promise<Measured> {
  const journeys = await readJourneys(given);
  const source = `${revenueSource(given)}; $journey.entered and $journey.left`;
  if (journeys.length === 0) return { source, kind: "total", figures: [none("journeys were published")] };
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const { bought, worth } = orderColumns(given, columns);
  const orders = `select customer, at, ${worth} as worth from (${scoped.rows(columns.list(), bought)})`;
  const told = scoped.own(
    "name = '$journey.entered' as entered, JSONExtractInt(properties, 'journey') as journey, JSONExtractString(properties, 'run') as run",
    "name in ('$journey.entered', '$journey.left') and key = 0", { from: 0, to: scoped.scope.to },
  );
  // A customer's runs of a journey are one row: an order within several of them is one order.
  const runs = `select customer, journey, groupArray((begunAt, leftAt)) as spans from (
      select customer, journey, run, minIf(at, entered) as begunAt, if(countIf(not entered) = 0, toInt64(9000000000000000), maxIf(at, not entered)) as leftAt from (${told})
      group by customer, journey, run having countIf(entered) > 0) group by customer, journey`;
  const rows = await given.log.rows<SumRow>(
    `select part, p as period, count() as n, sum(own) as total, sum(own * own) as squares, min(own) as least from (
       select o.customer as customer, toString(r.journey) as part, ${periodsSql(given, "o.at")} as p, sum(o.worth) as own
       from (${orders}) o inner join (${runs}) r on o.customer = r.customer where arrayExists(x -> o.at >= x.1 and o.at <= x.2, r.spans)
       group by customer, part, p)
     group by part, p`,
    scoped.parameters.values,
  );
  const figures = totals(rows, "customers bought meanwhile", (part) => journeys.find(({ id }) => String(id) === part)?.name ?? `Journey ${part}`);
  return { source, kind: "total", figures: figures.length === 0 ? [none("customers bought while in a journey")] : figures };
} // prettier-ignore
