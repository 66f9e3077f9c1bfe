/**
 * Whether a series changed, when, and how sure that is: for days, which have weekdays, and for weeks. Pure.
 *
 * Method. Each point is first told as a number of about equal noise: a share by its logit with half an event added
 * (Haldane 1956), a count by the square root (Anscombe 1948), a total of money by the square root as well (of a random number
 * of sums, whose noise grows with the level as a count's does), anything else as it stands. The days of the week are taken
 * out by their medians (of differences from a running median of a week, so that a change of level does not pass for a
 * weekday), and the noise is what is left from one point to the next, by the median of its absolute values, widened where
 * neighbours resemble each other. Then the largest
 * standardised difference of levels before and after any place (CUSUM) is sought, and again within what lies before and
 * after it (binary segmentation, Vostrikova 1981).
 *
 * How sure. The largest standardised CUSUM of a series in which nothing changes has a known law (Csorgo and Horvath 1997,
 * theorem 1.3.1: Darling and Erdos). A series is looked at every day, so the p value that counts is that of one look
 * divided among a year's looks that tell something new; `test/metrics/change.test.ts` holds the rate to the limit by
 * simulation, also with overdispersion, weekdays and days that resemble their neighbours.
 */

/** One day or week: how much of how many. `weight` counts events or customers; null: the value stands for itself. */
export type Point = { readonly value: number | null; readonly n: number };
/** What a series' numbers are. Of a total a day without anything is 0; of all others nothing can be told of it. */
export type SeriesKind = "share" | "count" | "total" | "level";
export type Found = {
  /** The place of the first point after it. */
  readonly at: number;
  readonly before: number;
  readonly after: number;
  readonly pValue: number;
};

export const CHANGE_LIMITS = {
  /** Alarms where nothing changes, of one series in a year that is looked at with each new point; and of a workspace by `isAlarm`. */
  falseAlarmsPerYear: 1,
  /** The p value at which a change is told: chosen by simulation so that the rate above holds. */
  pValueMax: 0.003,
  /** Points on each side of a change at least. */
  sideMin: 5,
  changesMax: 10,
  /** What is told differs by so much of itself at least (of a share: of the lesser of it and of its rest), however sure it is. */
  differenceRatioMin: 0.01,
  /** And a share by so much: less is not seen where shares are told. */
  shareDifferenceMin: 0.001,
  pointsMin: 21,
  /** A total of which fewer points than this are above 0 is a few single orders: how they fall together tells nothing. */
  totalRatioMin: 0.2,
} as const;

/**
 * Whether a change is sure enough to alarm where so many series are watched: what is told of one may be wrong once a year,
 * all of a workspace's together no more often (Bonferroni).
 */
export const isAlarm = (pValue: number, watchedSeries: number): boolean =>
  pValue * watchedSeries <= CHANGE_LIMITS.pValueMax;

/** The changes of a series, the oldest first. `season`: how many points make a round (7 of days), 1 where there is none. */
export function changesOf(points: readonly Point[], kind: SeriesKind, season: number): readonly Found[] {
  const places = points.flatMap(({ value, n }, i) =>
    value === null || (kind === "share" && n === 0) ? [] : [i],
  );
  if (places.length < CHANGE_LIMITS.pointsMin) return [];
  if (kind === "total" && places.filter((i) => points[i]!.value !== 0).length < CHANGE_LIMITS.totalRatioMin * places.length) return []; // prettier-ignore
  const told = places.map((i) => toldAs(points[i]!, kind));
  const flat = season > 1 ? withoutSeason(told, places.map((i) => i % season), season) : told; // prettier-ignore
  let found = segmented(flat, 0, flat.length, CHANGE_LIMITS.changesMax).toSorted((a, b) => a.at - b.at);
  for (;;) {
    const levels = found.map(({ at, pValue }, i): Told => {
      const [from, to] = [found[i - 1]?.at ?? 0, found[i + 1]?.at ?? places.length];
      const level = (a: number, b: number) => levelOf(places.slice(a, b).map((place) => points[place]!), kind); // prettier-ignore
      const rise = mean(flat.slice(at, to)) - mean(flat.slice(from, at));
      return { at: places[at]!, before: level(from, at), after: level(at, to), pValue, rise };
    });
    // The least sure goes first: without it its neighbours are told of longer times.
    const wrong = levels.flatMap((one, i) => (isDifferent(one, kind) ? [] : [i])).toSorted((a, b) => levels[b]!.pValue - levels[a]!.pValue)[0]; // prettier-ignore
    if (wrong === undefined) return levels.map(({ at, before, after, pValue }) => ({ at, before, after, pValue })); // prettier-ignore
    found = found.filter((_, i) => i !== wrong);
  }
}

/** A change as it is told, with the difference by which it was found. */
type Told = Found & { readonly rise: number };

/**
 * Whether the levels that are told differ, and in the direction that was found: a day of few customers counts as much as one
 * of many when a change of a share is sought, but not when its level is told.
 */
function isDifferent({ before, after, rise }: Told, kind: SeriesKind): boolean {
  const difference = Math.abs(after - before);
  if (!(difference > 0) || Math.sign(after - before) !== Math.sign(rise)) return false;
  const least = CHANGE_LIMITS.differenceRatioMin;
  if (kind !== "share") return difference >= least * Math.abs(before);
  return difference >= Math.max(CHANGE_LIMITS.shareDifferenceMin, least * Math.min(before, 1 - before, after, 1 - after)); // prettier-ignore
}

/** The level of some points, as they are told: a share of all together, else the mean. */
function levelOf(points: readonly Point[], kind: SeriesKind): number {
  const weight = points.reduce((sum, { n }) => sum + (kind === "share" ? n : 1), 0);
  return points.reduce((sum, { value, n }) => sum + value! * (kind === "share" ? n : 1), 0) / weight;
}

function toldAs({ value, n }: Point, kind: SeriesKind): number {
  if (kind === "level") return value!;
  if (kind === "total") return Math.sign(value!) * Math.sqrt(Math.abs(value!));
  if (kind === "count") return Math.sqrt(Math.max(0, value!) + 0.375);
  const yes = value! * n;
  return Math.log((yes + 0.5) / (n - yes + 0.5));
}

const medianOf = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length === 0 ? 0 : (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
};

/** Takes out what each weekday is usually above or below the days around it. */
function withoutSeason(told: readonly number[], weekdays: readonly number[], season: number): readonly number[] {
  const half = Math.floor(season / 2);
  // Only days with a whole round about them: at the ends, a round's mean leans on its own weekday.
  const off = told.map((x, i) => (i < half || i >= told.length - half ? null : x - mean(told.slice(i - half, i + half + 1))));
  const usual = Array.from({ length: season }, (_, day) => medianOf(off.filter((x, i) => x !== null && weekdays[i] === day) as number[]));
  return told.map((x, i) => x - usual[weekdays[i]!]!);
} // prettier-ignore
const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

/** The places of changes in [from, to), the surest of each part first taken out. */
function segmented(series: readonly number[], from: number, to: number, most: number): readonly { at: number; pValue: number }[] {
  if (most <= 0 || to - from < CHANGE_LIMITS.pointsMin) return [];
  const best = largest(series.slice(from, to));
  if (best === null || best.pValue > CHANGE_LIMITS.pValueMax) return [];
  const at = from + best.at;
  const before = segmented(series, from, at, most - 1);
  return [{ at, pValue: best.pValue }, ...before, ...segmented(series, at, to, most - 1 - before.length)];
} // prettier-ignore

/** Where the levels before and after differ most, and how likely so much is where nothing changed. */
function largest(series: readonly number[]): { readonly at: number; readonly pValue: number } | null {
  const n = series.length;
  const noise = noiseOf(series);
  if (!(noise > 0)) return null;
  const total = series.reduce((a, b) => a + b, 0);
  let sum = 0;
  let best = { at: 0, size: 0 };
  for (let i = 1; i < n; i++) {
    sum += series[i - 1]!;
    if (i < CHANGE_LIMITS.sideMin || n - i < CHANGE_LIMITS.sideMin) continue;
    const size = Math.abs(sum - (i * total) / n) / (noise * Math.sqrt((i * (n - i)) / n));
    if (size > best.size) best = { at: i, size };
  }
  return { at: best.at, pValue: beyond(best.size, n) };
}

/**
 * The noise of a sum of neighbours, for each root of their number: from differences of neighbours, which a change of
 * level hardly touches, widened by how alike neighbours are once levels are taken out (long-run variance of a first-order
 * process).
 */
function noiseOf(series: readonly number[]): number {
  const steps = series.slice(1).map((x, i) => x - series[i]!);
  const byStep = (1.4826 * medianOf(steps.map(Math.abs))) / Math.SQRT2;
  // Levels by a running median of three weeks: a change of level leaves nearly no trace in what remains.
  const rest = series.map((x, i) => x - medianOf(series.slice(Math.max(0, i - 10), i + 11)));
  const around = 1.4826 * medianOf(rest.map(Math.abs));
  const plain = Math.max(byStep, around, deviation(rest) * 0.9);
  const alike = correlation(rest);
  const rho = Math.min(0.8, Math.max(0, alike));
  return plain * Math.sqrt((1 + rho) / (1 - rho));
}
const deviation = (rest: readonly number[]): number =>
  Math.sqrt(rest.reduce((sum, x) => sum + x * x, 0) / Math.max(1, rest.length - 1));

/** How alike neighbours are. A running median takes some of it out, as many points as it has; that is given back. */
function correlation(rest: readonly number[]): number {
  const squares = rest.reduce((sum, x) => sum + x * x, 0);
  if (!(squares > 0)) return 0;
  const products = rest.slice(1).reduce((sum, x, i) => sum + x * rest[i]!, 0);
  return products / squares + 3 / 21;
}

/** P(the largest standardised CUSUM of `n` points is beyond `size`) where nothing changed, bounded above by 1. */
function beyond(size: number, n: number): number {
  // The approximation is one of large sizes; so small a one is seen in nearly every series.
  if (size < 2) return 1;
  // Vostrikova's approximation, which is close also for few points (Csorgo and Horvath 1997, 1.3.26), of all but the edges.
  const edge = CHANGE_LIMITS.sideMin / n;
  const span = Math.log(((1 - edge) * (1 - edge)) / (edge * edge));
  const density = (size * Math.exp((-size * size) / 2)) / Math.sqrt(2 * Math.PI);
  return Math.min(1, density * (span * (1 - 1 / (size * size)) + 4 / (size * size)));
}
