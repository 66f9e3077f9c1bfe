/**
 * The rules that divide a conversion among the touchpoints of its path by their place alone: first, last, last that was not
 * direct, linear, position (40 / 20 / 40) and time decay.
 *
 * Each gives the credits by channel, which sum to the conversions and to the value of all paths. They describe what was met,
 * not what it brought about.
 */
import type { Credit, Credits, Path, RuleName } from "./model.ts";

/** The channel of a visit that nobody sent. */
const DIRECT = "direct";

/** What the first and the last touchpoint of a path of three and more get each; the rest is shared by those between. */
const END_RATIO = 0.4;

/** The shares by place in a path, which sum to 1. */
export function sharesOf(
  rule: Exclude<RuleName, "time_decay">,
  channels: readonly string[],
): readonly number[] {
  const n = channels.length;
  const only = (at: number): readonly number[] => channels.map((_, i) => (i === at ? 1 : 0));
  switch (rule) {
    case "first":
      return only(0);
    case "last":
      return only(n - 1);
    case "last_non_direct": {
      const at = channels.findLastIndex((channel) => channel !== DIRECT);
      return only(at < 0 ? n - 1 : at);
    }
    case "linear":
      return channels.map(() => 1 / n);
    case "position":
      if (n <= 2) return channels.map(() => 1 / n);
      return channels.map((_, i) => (i === 0 || i === n - 1 ? END_RATIO : (1 - 2 * END_RATIO) / (n - 2)));
    default:
      return rule satisfies never;
  }
}

/** The credits of one rule over all paths, by channel. */
export function ruleCredits(paths: readonly Path[], rule: RuleName): Credits {
  const credits = new Map<string, Credit>();
  for (const { channels, conversions, value, decayed } of paths) {
    if (conversions === 0) continue;
    const shares = rule === "time_decay" ? null : sharesOf(rule, channels);
    for (const [i, channel] of channels.entries()) {
      const before = credits.get(channel);
      credits.set(channel, {
        conversions:
          (before?.conversions ?? 0) + (shares ? shares[i]! * conversions : decayed.conversions[i]!),
        value: (before?.value ?? 0) + (shares ? shares[i]! * value : decayed.value[i]!),
      });
    }
  }
  return credits;
}
