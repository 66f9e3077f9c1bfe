/**
 * The distributions that the tests of `compare.ts` and the learning of `bandit.ts` stand on: normal, Student's t, chi-square
 * and beta. Our own, because the packages at hand lose digits where we need them: tails of 1e-10 and counts of millions.
 *
 * Everything comes from two functions. The regularised incomplete gamma function is summed as a series or as a continued
 * fraction (Abramowitz and Stegun 1964, 6.5.29 and 6.5.31), the regularised incomplete beta function as a continued fraction
 * (26.5.8), both by Lentz's method (Lentz 1976, Applied Optics 15; Thompson and Barnett 1986). Gamma functions are used only as
 * Stirling's series (6.1.40), whose large terms cancel on paper rather than in floating point. Quantiles are found by Newton's
 * method inside a bracket. `distributions.test.ts` holds them to values computed with 40 digits. Never throws.
 */

const LN_SQRT_2PI = 0.5 * Math.log(2 * Math.PI);
const STEPS_MAX = 100_000;
const TINY = 1e-300;

/** What Stirling's formula lacks: ln gamma(x) - ((x - 1/2) ln x - x + ln sqrt(2 pi)), for x of at least 10. */
function stirlingRest(x: number): number {
  const y = 1 / (x * x);
  const far = y * (1 / 1188 + y * (-691 / 360_360 + y * (1 / 156)));
  return (1 / 12 + y * (-1 / 360 + y * (1 / 1260 + y * (-1 / 1680 + far)))) / x;
}

/** ln gamma(x) for x > 0. */
export function logGamma(x: number): number {
  let shift = 1;
  let at = x;
  for (; at < 10; at += 1) shift *= at;
  return (at - 0.5) * Math.log(at) - at + LN_SQRT_2PI + stirlingRest(at) - Math.log(shift);
}

/** ln of the beta function, for a, b > 0. */
export function logBeta(a: number, b: number): number {
  const [small, large] = a < b ? [a, b] : [b, a];
  const sum = small + large;
  if (large < 10) return logGamma(small) + logGamma(large) - logGamma(sum);
  const ofLarge = (large - 0.5) * Math.log1p(-small / sum) + stirlingRest(large) - stirlingRest(sum);
  if (small < 10) return logGamma(small) + small - small * Math.log(sum) + ofLarge;
  return (
    LN_SQRT_2PI + (small - 0.5) * Math.log(small / sum) - 0.5 * Math.log(sum) + stirlingRest(small) + ofLarge
  );
}

/** ln of x^a y^b / B(a, b) with y = 1 - x, both given so that neither loses digits near 0. */
function logBetaPower(a: number, b: number, x: number, y: number): number {
  if (a < 10 || b < 10) return a * logOf(x, y) + b * logOf(y, x) - logBeta(a, b);
  // Around the mean both logarithms are small and nearly cancel; written so that the large numbers never appear.
  const sum = a + b;
  const off = x < y ? x * sum - a : b - y * sum;
  const powers = a * Math.log1p(off / a) + b * Math.log1p(-off / b);
  const rests = stirlingRest(sum) - stirlingRest(a) - stirlingRest(b);
  return powers + rests + 0.5 * Math.log((a / sum) * b) - LN_SQRT_2PI;
}

/** ln x, where y = 1 - x is known better when it is the smaller one. */
const logOf = (x: number, y: number): number => (y < x ? Math.log1p(-y) : Math.log(x));

/** A divisor of Lentz's method, never 0. */
const kept = (x: number): number => (Math.abs(x) < TINY ? TINY : x);

/** Lentz's method for b0 + a1 / (b1 + a2 / (b2 + ...)), where `term` gives the pair (a, b) of each step from 1. */
function continuedFraction(b0: number, term: (step: number) => readonly [a: number, b: number]): number {
  let value = kept(b0);
  let numerator = value;
  let denominator = 0;
  for (let step = 1; step <= STEPS_MAX; step += 1) {
    const [a, b] = term(step);
    denominator = 1 / kept(b + a * denominator);
    numerator = kept(b + a / numerator);
    const change = numerator * denominator;
    value *= change;
    if (Math.abs(change - 1) < 4e-16) break;
  }
  return value;
}

/**
 * The lower part of the beta distribution of a, b > 0 at x, where y = 1 - x. Use when x is below the mean. Lentz's method with the
 * two kinds of steps written out: the learning asks this some hundred times a choice.
 */
function betaLower(a: number, b: number, x: number, y: number): number {
  const power = Math.exp(logBetaPower(a, b, x, y));
  if (power === 0) return 0;
  let value = 1;
  let numerator = 1;
  let denominator = 0;
  for (let m = 0; m <= STEPS_MAX; m += 1) {
    const at = a + 2 * m;
    if (m > 0) {
      const even = ((m * (b - m)) / at / (at - 1)) * x;
      denominator = 1 / kept(1 + even * denominator);
      numerator = kept(1 + even / numerator);
      value *= numerator * denominator;
    }
    const odd = -(((a + m) / at) * ((a + b + m) / (at + 1))) * x;
    denominator = 1 / kept(1 + odd * denominator);
    numerator = kept(1 + odd / numerator);
    const change = numerator * denominator;
    value *= change;
    if (Math.abs(change - 1) < 4e-16) break;
  }
  return power / a / value;
}

/** Both parts of the beta distribution of a, b > 0 at x, where y = 1 - x: [P(X <= x), P(X > x)]. */
function betaParts(a: number, b: number, x: number, y: number): readonly [lower: number, upper: number] {
  if (!(x > 0)) return [0, 1];
  if (!(y > 0)) return [1, 0];
  if (x <= (a + 1) / (a + b + 2)) {
    const lower = Math.min(1, betaLower(a, b, x, y));
    return [lower, 1 - lower];
  }
  const upper = Math.min(1, betaLower(b, a, y, x));
  return [1 - upper, upper];
}

/** P(X <= x) for X of the beta distribution of a, b > 0. */
export const betaCdf = (x: number, a: number, b: number): number => betaParts(a, b, x, 1 - x)[0];

/** The density of the beta distribution of a, b > 0 at x in (0, 1). */
export const betaDensity = (x: number, a: number, b: number): number =>
  x <= 0 || x >= 1 ? 0 : Math.exp(logBetaPower(a, b, x, 1 - x) - Math.log(x) - Math.log1p(-x));

/** The x with P(X <= x) = p for X of the beta distribution of a, b > 0; 0 and 1 at the ends of p. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (!(p > 0)) return 0;
  if (p >= 1) return 1;
  const slope = (x: number): number => betaDensity(x, a, b);
  return solveRising((x) => betaCdf(x, a, b) - p, slope, [0, 1], a / (a + b));
}

/**
 * The root of a rising function between `low` and `high`. Newton's step is taken while it stays inside the bracket and halves it
 * soon enough; else the bracket is halved. Ends when nothing moves any more.
 */
function solveRising(
  f: (x: number) => number,
  slope: (x: number) => number,
  [from, to]: readonly [number, number],
  start: number,
): number {
  let [low, high, x] = [from, to, start];
  let stepBefore = to - from;
  for (let round = 0; round < 400; round += 1) {
    const value = f(x);
    if (value === 0) return x;
    if (value < 0) low = x;
    else high = x;
    let next = x - value / slope(x);
    if (!(next > low && next < high) || Math.abs(next - x) > stepBefore / 2) next = (low + high) / 2;
    stepBefore = Math.abs(next - x);
    if (stepBefore <= 2e-16 * Math.abs(next) || next === x) return next;
    x = next;
  }
  return x;
}

/** P(X > x) for X of the gamma distribution of shape a > 0: the regularised upper incomplete gamma function. */
function gammaUpper(a: number, x: number): number {
  if (!(x > 0)) return 1;
  if (x === Infinity) return 0;
  const power = Math.exp(logGammaPower(a, x));
  if (x >= a + 1) {
    const fraction = continuedFraction(x + 1 - a, (i) => [i * (a - i), x + 2 * i + 1 - a]);
    return Math.min(1, power / fraction);
  }
  let sum = 1 / a;
  let term = sum;
  for (let i = 1; i <= STEPS_MAX && term > sum * 1e-17; i += 1) {
    term *= x / (a + i);
    sum += term;
  }
  return Math.max(0, 1 - power * sum);
}

/** ln of x^a e^-x / gamma(a). */
function logGammaPower(a: number, x: number): number {
  if (a < 10) return a * Math.log(x) - x - logGamma(a);
  const off = (x - a) / a;
  return a * (Math.log1p(off) - off) + 0.5 * Math.log(a) - LN_SQRT_2PI - stirlingRest(a);
}

/** P(X > x) for X of the chi-square distribution with `degrees` > 0 of freedom. */
export const chiSquareSurvival = (x: number, degrees: number): number => gammaUpper(degrees / 2, x / 2);

/** P(Z <= z) for Z of the standard normal distribution. */
export function normalCdf(z: number): number {
  const tail = 0.5 * gammaUpper(0.5, (z * z) / 2);
  return z < 0 ? tail : 1 - tail;
}

/** The z with P(Z <= z) = p for Z of the standard normal distribution; infinite at the ends of p. */
export function normalQuantile(p: number): number {
  if (!(p > 0)) return -Infinity;
  if (p >= 1) return Infinity;
  if (p > 0.5) return -normalQuantile(1 - p);
  const density = (z: number): number => Math.exp((-z * z) / 2 - LN_SQRT_2PI);
  // No double above 0 has its quantile below -39.
  return solveRising((z) => normalCdf(z) - p, density, [-39, 0], -Math.sqrt(-2 * Math.log(2 * p)));
}

/** P(|T| > |t|) for T of Student's distribution with `degrees` > 0 of freedom: the p value of a two-sided test. */
export function studentTwoSided(t: number, degrees: number): number {
  const square = t * t;
  if (!Number.isFinite(square)) return 0;
  return betaParts(degrees / 2, 0.5, degrees / (degrees + square), square / (degrees + square))[0];
}

/** P(T <= t) for T of Student's distribution with `degrees` > 0 of freedom. */
export function studentCdf(t: number, degrees: number): number {
  const tail = studentTwoSided(t, degrees) / 2;
  return t < 0 ? tail : 1 - tail;
}

/** The t with P(|T| > t) = alpha for T of Student's distribution: the half width of an interval in standard errors. */
export function studentCritical(alpha: number, degrees: number): number {
  if (!(alpha > 0)) return Infinity;
  if (alpha >= 1) return 0;
  // T squared over (degrees + T squared) is a beta variable; its own small end keeps the digits when degrees are many.
  const y = betaQuantile(1 - alpha, 0.5, degrees / 2);
  return Math.sqrt((degrees * y) / (1 - y));
}
