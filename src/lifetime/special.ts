/**
 * The hypergeometric functions of the laws of purchases, where double precision holds: only for arguments in [0, 1) and only in
 * the forms whose terms are all positive, or nearly so. The laws bring theirs into these forms by Euler's transformation
 * (Abramowitz and Stegun 1964, 15.3.3), so that nothing overflows for customers of thousands of purchases. Never throws.
 */

const TERMS_MAX = 20_000;
const TINY = 1e-300;

/**
 * 2F1(1, b; c; z) for c > 1, b > 0, c > b - 1 and z in [0, 1), as Gauss's continued fraction (15.3 in Wall 1948, "Analytic Theory of Continued
 * Fractions"), which is quick for z near 1 also.
 */
export function hypergeometricOne(b: number, c: number, z: number): number {
  let value = 1;
  let numerator = 1;
  let denominator = 0;
  for (let step = 1; step < TERMS_MAX; step += 1) {
    // c_{2k+1} = (b + k)(c - 1 + k) / ((c + 2k - 1)(c + 2k)), c_{2k} = k (c - b + k - 1) / ((c + 2k - 2)(c + 2k - 1)).
    const k = step >> 1;
    const factor =
      step % 2 === 1
        ? ((b + k) * (c - 1 + k)) / ((c + 2 * k - 1) * (c + 2 * k))
        : (k * (c - b + k - 1)) / ((c + 2 * k - 2) * (c + 2 * k - 1));
    denominator = 1 - factor * z * denominator;
    denominator = 1 / (Math.abs(denominator) < TINY ? TINY : denominator);
    numerator = 1 - (factor * z) / numerator;
    if (Math.abs(numerator) < TINY) numerator = TINY;
    const change = numerator * denominator;
    value *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return 1 / value;
}

/**
 * (2F1(a, e; c; z) - 1) / e * c, for any e including 0, c > -1 and z in [0, 1): what is left of the function when the parts that
 * cancel are taken out on paper.
 */
export function hypergeometricRest(a: number, e: number, c: number, z: number): number {
  let term = a * z;
  let sum = term;
  for (let n = 1; n < TERMS_MAX; n += 1) {
    term *= ((a + n) * (e + n) * z) / ((c + n) * (n + 1));
    sum += term;
    if (Math.abs(term) <= 1e-17 * Math.abs(sum)) break;
  }
  return sum;
}

/** ln(e^x - e^y) for x >= y; -Infinity where they are equal. */
export const logDifference = (x: number, y: number): number => x + Math.log(-Math.expm1(Math.min(0, y - x)));

/** ln(e^x + e^y). */
export const logSum = (x: number, y: number): number =>
  x > y ? x + Math.log1p(Math.exp(y - x)) : y === -Infinity ? x : y + Math.log1p(Math.exp(x - y));

/** (1 - u^e) / e for u in (0, 1], and its limit -ln u for e = 0. */
export const decline = (u: number, e: number): number =>
  e === 0 ? -Math.log(u) : -Math.expm1(e * Math.log(u)) / e;
