/**
 * The in-memory meaning of a rule: whether a customer is in at an instant, and when time alone may change that. Pure.
 * sql.ts gives the same meaning over the whole event log; a test holds the two equal.
 */
import type { CountKnown } from "../customers/model.ts";
import type { Instant, Json, JsonObject } from "../values.ts";
import { passes, soonest, turnsAt } from "./compare.ts";
import { edgesOf, measured, measureTurnsAt, within } from "./measure.ts";
import type { Test } from "./model.ts";
import type { Node } from "./plan.ts";
import { type Newest, type TrackState, byBytes } from "./track.ts";

/** What is known of a customer, as far as rules can ask. */
export type Facts = {
  track(key: string): TrackState | undefined;
  trait(name: string): Json | undefined;
  consent(channel: string, purpose: string): "granted" | "denied" | undefined;
  channels(): { readonly [channel: string]: CountKnown };
  /** The values of a trait over the customer's accounts. */
  accountTraits(name: string): readonly Json[];
  /** Whether a member of one of the customer's accounts passes the account rule of this key. */
  accountMatches(key: string): boolean;
  /** When time alone may next change that; absent where nobody asks. */
  accountTurnsAt?(key: string): Instant | null;
  readonly stage: string | null;
};
/** The facts with what a run was told beside: a trait `vars.x` is its variable `x`. */
export const withVars = (facts: Facts, vars: JsonObject): Facts =>
  // The prototype keeps what is put together only when asked for as it is.
  Object.assign(Object.create(facts) as Facts, {
    trait: (name: string) =>
      name.startsWith("vars.") ? vars[name.slice("vars.".length)] : facts.trait(name),
  });
/** Whether it matches, and the next instant after `now` at which time alone may change that (null: never). */
export type Answer = { readonly matches: boolean; readonly turnsAt: Instant | null };

/** The answer of `node` for a customer at `now`. Cost is linear in the rule and in the items its tracks hold. */
export function match(node: Node, facts: Facts, now: Instant): Answer {
  switch (node.type) {
    case "all":
      return group(node.nodes, facts, now, false);
    case "any":
      return group(node.nodes, facts, now, true);
    case "not": {
      const { matches, turnsAt: at } = match(node.node, facts, now);
      return { matches: !matches, turnsAt: at };
    }
    case "account":
      return someMember(node.key, facts);
    case "trait":
      return someTrait(node, [facts.trait(node.name)], now);
    case "account_trait":
      return someTrait(node, facts.accountTraits(node.name), now);
    case "did":
      return did(node, facts, now);
    case "sequence":
      return sequence(node, facts, now);
    case "without":
      return without(node, facts, now);
    case "stage":
      return fixed(facts.stage !== null && node.in.includes(facts.stage));
    case "consent":
      return fixed((consentOf(facts, node.channel, node.purpose) ?? "unknown") === node.is);
    case "channel":
      return fixed((node.preferred as readonly (string | null)[]).includes(preferredOf(facts.channels())));
  }
}

const someMember = (key: string, facts: Facts): Answer => ({
  matches: facts.accountMatches(key),
  turnsAt: facts.accountTurnsAt?.(key) ?? null,
});

function someTrait(
  { is }: { readonly is: Test },
  values: readonly (Json | undefined)[],
  now: Instant,
): Answer {
  return {
    matches: values.some((value) => passes(is, value, now)),
    turnsAt: soonest(values.map((value) => turnsAt(is, value, now))),
  };
}

const fixed = (matches: boolean): Answer => ({ matches, turnsAt: null });

/** A group is decided by the members that decide it: while one false `all` member stays, the others' turns change nothing. */
function group(nodes: readonly Node[], facts: Facts, now: Instant, any: boolean): Answer {
  const answers = nodes.map((one) => match(one, facts, now));
  const deciding = answers.filter(({ matches }) => matches === any);
  if (deciding.length === 0) return { matches: !any, turnsAt: soonest(answers.map((answer) => answer.turnsAt)) };
  // All that decide would have to turn: not before the last of them. One that never turns decides for good.
  const turns = deciding.map((answer) => answer.turnsAt);
  return { matches: any, turnsAt: turns.includes(null) ? null : Math.max(...(turns as Instant[])) };
} // prettier-ignore

function did({ what, is }: Extract<Node, { type: "did" }>, facts: Facts, now: Instant): Answer {
  const state = facts.track(what.track.key);
  const { kind } = what.track.spec.keep;
  const value = measured(what, state, now, kind);
  return {
    matches: passes(is, value, now),
    turnsAt: soonest([measureTurnsAt(what, state, now, kind), turnsAt(is, value, now)]),
  };
}

/** The last steps that complete the sequence, by instant. Each step is later than the one before, at most `within` after it. */
function sequence({ tracks, within: within_, window }: Extract<Node, { type: "sequence" }>, facts: Facts, now: Instant): Answer {
  let reached: Newest = (facts.track(tracks[0]!.key) ?? []) as Newest;
  for (let i = 1; i < tracks.length; i++) {
    const items = (facts.track(tracks[i]!.key) ?? []) as Newest;
    const limit = within_[i] ?? null;
    const before = reached;
    reached = items.filter(([at]) => before.some(([from]) => from < at && (limit === null || at <= from + limit)));
  }
  return { matches: within(reached, window, now).length > 0, turnsAt: soonest(edgesOf(reached, window, now)) };
} // prettier-ignore

/** Since the oldest event that no `without` followed, `forMs` have to pass. */
function without({ track, without: other, forMs }: Extract<Node, { type: "without" }>, facts: Facts, now: Instant): Answer {
  const undone = ((facts.track(other.key) ?? []) as Newest)[0]?.[0] ?? -Infinity;
  const open = ((facts.track(track.key) ?? []) as Newest).filter(([at]) => at > undone).at(-1);
  if (!open) return fixed(false);
  const at = open[0] + forMs;
  return { matches: at <= now, turnsAt: at > now ? at : null };
} // prettier-ignore

/** The answer for a channel and purpose; one for all channels stands where the channel has none of its own. */
export function consentOf(facts: Facts, channel: string, purpose: string): "granted" | "denied" | undefined {
  return facts.consent(channel, purpose) ?? facts.consent("all", purpose);
}

/** The channel of most events; of equals the one used last, then the first by name. Null when there is none. */
export function preferredOf(channels: ReturnType<Facts["channels"]>): string | null {
  let best: string | null = null;
  for (const name of Object.keys(channels).toSorted(byBytes)) {
    if (best === null) best = name;
    const [n, , at] = channels[name]!;
    const [bestN, , bestAt] = channels[best]!;
    if (n > bestN || (n === bestN && at > bestAt)) best = name;
  }
  return best;
}
