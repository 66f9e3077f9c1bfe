/** Touchpoints' courses in time as the log tells them, and the gaps that are seen in them, put into words. */
import type { EventLog } from "../db/clickhouse.ts";
import { type Instant, customerIdOf, isoOf } from "../values.ts";
import { affectedOf, confidenceOf } from "./judge.ts";
import { DAY_MS, type Look, assumed, channelName } from "./kind.ts";
import { GAP_LIMITS, type GapKind, type GapMeasured } from "./model.ts";
import { ratioOf, type Counted } from "../questions/rate.ts";
import { dataRemedy } from "./remedies.ts";
import { type Drift, type Silence, type Weekly, WEEKS_MIN, driftOf, silenceOf } from "./series.ts";

/** Touchpoints that are looked at: those with the most events. */
const TOUCHPOINTS_MAX = 200;
const WEEK_MS = 7 * DAY_MS;

/** What was seen in a course: how likely by chance, and the gap it makes when that is corrected. */
export type Seen = {
  readonly kind: GapKind;
  readonly pValue: number;
  gap(pValue: number): Promise<Omit<GapMeasured, "ranking" | "value">>;
};
export type Courses = {
  readonly seen: readonly Seen[];
  readonly tested: number;
  readonly missing: string | null;
};
/** People by week, [weeks, people]; of each period, those who were there and the squares of their weeks. */
type WeeksTold = {
  readonly told: readonly [weeks: readonly number[], people: readonly number[]];
  readonly peopleBefore: number;
  readonly peopleNow: number;
  readonly squaresBefore: number;
  readonly squaresNow: number;
};
const byWeek = ({ told: [weeks, people] }: WeeksTold): ReadonlyMap<number, number> =>
  new Map(weeks.map((week, i) => [week, people[i]!]));
type Touchpoint = { readonly channel: string; readonly name: string };

const touchpoints = (look: Look): string =>
  `select channel, name from (${look.scoped.rows("channel, name", "1", { from: look.before.from, to: look.period.to })}) group by channel, name order by count() desc, channel, name limit ${TOUCHPOINTS_MAX}`;

/** Touchpoints that stopped reporting before the period ended. */
export async function silentTouchpoints(log: EventLog, look: Look): Promise<Courses> {
  const { before, period, scoped } = look;
  const rows = await log.rows<Touchpoint & { days: readonly (readonly [number, number, number])[] }>(
    `select channel, name, groupArray((day, events, people)) as days from (
       select channel, name, intDiv(at - ${before.from}, ${DAY_MS}) as day, count() as events, uniqExact(customer) as people
       from (${scoped.rows("channel, name", "1", { from: before.from, to: period.to })}) where (channel, name) in (${touchpoints(look)}) group by channel, name, day)
     group by channel, name order by channel, name`,
    scoped.parameters.values,
  );
  // A day that is not over tells nothing yet.
  const length = Math.floor((period.to - before.from) / DAY_MS);
  const seen = rows.flatMap(({ channel, name, days }) => {
    const [events, people] = [Array.from({ length }, () => 0), Array.from({ length }, () => 0)];
    for (const [day, n, of] of days)
      if (day < length) [events[day], people[day]] = [n, of];
    const silence = silenceOf({ fromAt: before.from, events, people });
    return silence === null ? [] : [{ kind: "silent_touchpoint" as const, pValue: silence.pValue, gap: (pValue: number) => silentGap(log, look, { channel, name }, silence, pValue) }];
  });
  return { seen, tested: rows.length, missing: rows.length === 0 ? "Nothing is reported." : null };
} // prettier-ignore

/** Touchpoints that people use more or less than in the period before. */
export async function changedBehaviour(log: EventLog, look: Look): Promise<Courses> {
  const { before, period, scoped } = look;
  const weeks = Math.floor((period.to - period.from) / WEEK_MS);
  if (weeks < WEEKS_MIN)
    return { seen: [], tested: 0, missing: `The period has ${weeks} whole weeks, and at least ${WEEKS_MIN} are needed.` };
  const week = (at: string): string => `if(${at} < ${period.from}, toInt32(intDiv(${at} - ${before.from}, ${WEEK_MS})), toInt32(1000 + intDiv(${at} - ${period.from}, ${WEEK_MS})))`;
  const source = scoped.rows("channel, name", "1", { from: before.from, to: period.to });
  // Each person's weeks: of anything, and of each touchpoint. 1000 and up is the period asked about.
  const summed = `sumMap(weeks, arrayWithConstant(length(weeks), toUInt64(1))) as told, countIf(weeks[1] < 1000) as peopleBefore, countIf(arrayMax(weeks) >= 1000) as peopleNow,
    sum(pow(arrayCount(w -> w < 1000, weeks), 2)) as squaresBefore, sum(pow(arrayCount(w -> w >= 1000, weeks), 2)) as squaresNow`;
  const weeksOf = (by: string, where: string): string => `select ${by}customer, arraySort(groupUniqArray(${week("at")})) as weeks from (${source}) ${where} group by ${by}customer`;
  const [[total], rows] = [
    await log.rows<WeeksTold>(`select ${summed} from (${weeksOf("", "")})`, scoped.parameters.values),
    await log.rows<Touchpoint & WeeksTold>(
      `select channel, name, ${summed} from (${weeksOf("channel, name, ", `where (channel, name) in (${touchpoints(look)})`)}) group by channel, name order by channel, name`,
      scoped.parameters.values,
    ),
  ];
  const active = byWeek(total!);
  const people = { before: total!.peopleBefore, now: total!.peopleNow };
  const weekly = (one: WeeksTold): Weekly => {
    const told = byWeek(one);
    const counted = (from: number): readonly Counted[] => Array.from({ length: weeks }, (_, i) => ({ k: told.get(from + i) ?? 0, n: active.get(from + i) ?? 0 }));
    return {
      before: counted(0), now: counted(1000),
      loyal: { before: { people: total!.peopleBefore, squares: one.squaresBefore }, now: { people: total!.peopleNow, squares: one.squaresNow } },
    };
  };
  const seen = rows.flatMap(({ channel, name, ...told }) => {
    const drift = driftOf(weekly(told));
    return drift === null ? [] : [{ kind: "changed_behaviour" as const, pValue: drift.pValue, gap: (pValue: number) => driftGap(log, look, { channel, name }, drift, people, pValue) }];
  });
  return { seen, tested: rows.length, missing: rows.length === 0 ? "Nothing is reported." : null };
} // prettier-ignore

/** The customers who used a touchpoint last. */
async function lastThere(log: EventLog, { scoped, before, period }: Look, { channel, name }: Touchpoint): Promise<GapMeasured["evidence"]> {
  const { parameters } = scoped;
  const where = `channel = ${parameters.text(channel)} and name = ${parameters.text(name)}`;
  const rows = await log.rows<{ customer: number; last: number }>(
    `select customer, max(at) as last from (${scoped.rows("", where, { from: before.from, to: period.to })}) group by customer order by last desc, customer limit ${GAP_LIMITS.evidence}`,
    parameters.values,
  );
  return rows.map(({ customer, last }) => ({ customerId: customerIdOf(customer), moments: [{ at: isoOf(last), event: name }] }));
} // prettier-ignore

/** The customers who used a touchpoint in the last so long as the period is, of those who did anything; each counts once. */
async function usersUntil(log: EventLog, { scoped, before, period }: Look, { channel, name }: Touchpoint, to: Instant): Promise<Counted> {
  const { parameters } = scoped;
  const from = Math.max(before.from, to - (period.to - period.from));
  const [row] = await log.rows<Counted>(
    `select uniqExactIf(customer, channel = ${parameters.text(channel)} and name = ${parameters.text(name)}) as k, uniqExact(customer) as n from (${scoped.rows("channel, name", "1", { from, to })})`,
    parameters.values,
  );
  return row!;
} // prettier-ignore

async function silentGap(log: EventLog, look: Look, touchpoint: Touchpoint, silence: Silence, pValue: number): Promise<Omit<GapMeasured, "ranking" | "value">> {
  const { channel, name } = touchpoint;
  const { days, expectedEvents, peoplePerDay, lastDayAt } = silence;
  const used = await usersUntil(log, look, touchpoint, lastDayAt + DAY_MS);
  const assumptions = assumed(0.05, 0.95);
  return {
    kind: "silent_touchpoint",
    subject: `${channel}: ${name}`,
    title: `"${name}" (${channelName(channel)}) stopped reporting`,
    definition: "A touchpoint of which nothing was heard at the end of the period, for longer than ever before, and though many events were to be expected by its own days before.",
    affected: { ...affectedOf(used), events: Math.round(expectedEvents) },
    normal: { against: "before", ratio: 0, people: null, words: `${(expectedEvents / days).toFixed(1)} events a day from ${peoplePerDay.toFixed(1)} people until ${isoOf(lastDayAt).slice(0, 10)}, and none in ${days} days since: some ${Math.round(expectedEvents)} are missing. The people are those who used it until then, in as long a time as the period, each counted once` },
    trend: { before: { people: 0, of: 0, ratio: null }, change: null, direction: "growing", parts: [] },
    assumptions,
    confidence: confidenceOf(used.k, pValue),
    evidence: await lastThere(log, look, touchpoint),
    remedy: dataRemedy(`Bring "${name}" back`, "What is not reported is not known to anybody: journeys, segments and this page go by it.", [
      `Look whether the touchpoint itself still works (${channelName(channel)}).`,
      "Look at the refused events since then: a changed field may have been refused, and can be replayed.",
      "Look whether its key was revoked, or its last release lost the call.",
    ]),
    fixability: { ratio: assumptions.fixabilityRatio, why: "Something that worked until a known day was changed on that day." },
  };
} // prettier-ignore

async function driftGap(log: EventLog, look: Look, touchpoint: Touchpoint, drift: Drift, people: { readonly before: number; readonly now: number }, pValue: number): Promise<Omit<GapMeasured, "ranking" | "value">> {
  const { channel, name } = touchpoint;
  const [was, is] = [ratioOf(drift.before), ratioOf(drift.now)];
  const fewer = is < was;
  const [low, high] = [Math.abs(drift.change.low), Math.abs(drift.change.high)].toSorted((a, b) => a - b) as [number, number];
  // Weeks tell the share; the people are the period's, each of them once.
  const affected = { k: Math.round(Math.abs(is - was) * people.now), n: people.now };
  const assumptions = assumed(0.05, 0.3);
  const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;
  return {
    kind: "changed_behaviour",
    subject: `${channel}: ${name}`,
    title: `"${name}" (${channelName(channel)}) is done by ${fewer ? "fewer" : "more"} people than before`,
    definition: "Of the people who did anything in a week, the share who did this changed by 30 % or more against the period before, and so did their number, beyond how much its weeks differ. The people affected are so large a part of the period's customers, each counted once.",
    affected: { people: affected.k, of: affected.n, ratio: Math.abs(is - was), interval: { low, high, level: drift.change.level }, events: null },
    normal: { against: "before", ratio: was, people: people.before, words: `${percent(was)} of the people of a week before, ${percent(is)} now` },
    trend: { before: { people: Math.round(was * people.before), of: people.before, ratio: was }, change: drift.change, direction: fewer ? "shrinking" : "growing", parts: [] },
    assumptions,
    confidence: confidenceOf(affected.k, pValue),
    evidence: await lastThere(log, look, touchpoint),
    remedy: dataRemedy(`Find out why ${fewer ? "fewer" : "more"} people do this`, "Behaviour changes because of them, because of you, or because of the reporting.", [
      "Look at what was changed in the week in which it began: a release, a price, a campaign.",
      "Compare channels and segments on the map: a change in one of them only points to its cause.",
      "If it is meant to be so, dismiss this with a note.",
    ]),
    fixability: { ratio: assumptions.fixabilityRatio, why: "That it changed is certain, why it did is not; it may even be good." },
  };
} // prettier-ignore
