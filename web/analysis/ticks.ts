/** Round steps along an axis. Pure. */

const STEPS_MAX = 5;

/** From `least` to `most`, both covered: at most a handful of steps, each a number people say. */
export function ticksOf(least: number, most: number): readonly number[] {
  if (!(most > least)) return [least, least + 1];
  const rough = (most - least) / (STEPS_MAX - 1);
  const size = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * size).find((n) => n >= rough * (1 - 1e-9))!;
  const [from, to] = [Math.floor(least / step + 1e-9), Math.ceil(most / step - 1e-9)];
  // Rounded to the step's own digits: 3 * .1 is not .3.
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toFixed(Math.min(20, digits))));
} // prettier-ignore
