/** A funnel by trying every combination of events: slow, and nothing to do with how the log counts. */
import type { FunnelAsked } from "../../src/metrics/model.ts";
import type { Past } from "../analysis/history.ts";

type Event = { readonly at: number; readonly name: string };
type Asked = Pick<FunnelAsked, "steps" | "order" | "window" | "exclusions" | "per">;

/** The events of a customer as visits, or all as one. */
export function personsOf(events: readonly Past[], per: Asked["per"]): readonly (readonly Event[])[] {
  const byCustomer = Map.groupBy ? Map.groupBy(events, ({ atom }) => atom) : group(events);
  return [...byCustomer.values()].flatMap((own) => {
    const sorted = own.toSorted((a, b) => a.at - b.at);
    if (per.by === "customer") return [sorted];
    const visits: Past[][] = [];
    for (const [i, event] of sorted.entries())
      if (i === 0 || event.at - sorted[i - 1]!.at > per.gapMs) visits.push([event]);
      else visits.at(-1)!.push(event);
    return visits;
  });
}
function group(events: readonly Past[]): Map<number, Past[]> {
  const groups = new Map<number, Past[]>();
  for (const event of events) groups.set(event.atom, [...(groups.get(event.atom) ?? []), event]);
  return groups;
}

/** Every valid try of the first `n` steps in order, as instants. */
function* tries(events: readonly Event[], { steps, window, exclusions }: Asked, n: number): Generator<readonly number[]> {
  const extend = function* (chain: readonly number[]): Generator<readonly number[]> {
    if (chain.length === n) return void (yield chain);
    const place = chain.length;
    for (const { at, name } of events) {
      if (name !== steps[place]!.event) continue;
      const last = chain.at(-1);
      if (last !== undefined) {
        if (at <= last || at - (window.from === "first" ? chain[0]! : last) > window.ms) continue;
        const ended = events.some((other) => other.at > last && other.at < at && exclusions.some(({ event, after }) => event === other.name && (after === undefined || after === place)));
        if (ended) continue;
      }
      yield* extend([...chain, at]);
    }
  };
  yield* extend([]);
} // prettier-ignore

/** By time of arrival, then the latest beginning (or the latest steps), as the funnel says. */
function bestOf(chains: readonly (readonly number[])[], from: "first" | "before"): readonly number[] {
  const rank = (chain: readonly number[]): readonly number[] =>
    from === "first" ? [chain.at(-1)!, -chain[0]!, ...chain.slice(1, -1).map((at) => -at).toReversed()] : [chain.at(-1)!, ...chain.slice(0, -1).map((at) => -at).toReversed()];
  return chains.toSorted((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    const differs = x.findIndex((one, i) => one !== y[i]);
    return differs < 0 ? 0 : x[differs]! - y[differs]!;
  })[0]!;
} // prettier-ignore

/** The instants of a person's best try. */
export function bestTry(events: readonly Event[], asked: Asked): readonly number[] {
  if (asked.order === "any") return bestSet(events, asked);
  for (let n = asked.steps.length; n > 0; n--) {
    const chains = [...tries(events, asked, n)];
    if (chains.length > 0) return bestOf(chains, asked.window.from);
  }
  return [];
}

/** In any order: the most different steps between two instants that lie within the window with no exclusion between. */
function bestSet(events: readonly Event[], { steps, window, exclusions }: Asked): readonly number[] {
  let best: readonly number[] = [];
  const instants = [...new Set(events.map(({ at }) => at))].toSorted((a, b) => a - b);
  for (const to of instants) {
    const ended = events.filter(({ at, name }) => at < to && exclusions.some(({ event }) => event === name)).map(({ at }) => at);
    const from = Math.max(to - window.ms, ...ended);
    const taken = steps.flatMap(({ event }) => {
      const own = events.filter(({ at, name }) => name === event && at >= from && at <= to).map(({ at }) => at);
      return own.length === 0 ? [] : [Math.max(...own)];
    });
    if (taken.length > best.length) best = taken.toSorted((a, b) => a - b);
  }
  return best;
} // prettier-ignore

/** The middle of numbers. */
export function median(numbers: readonly number[]): number | null {
  const sorted = numbers.toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2;
}
