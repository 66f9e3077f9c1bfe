/** What is known of customers, folded from events in any order: the in-memory side of the tests. */
import { absorb, fold, joinTraits, nothing } from "../../src/customers/fold.ts";
import { traitsOf } from "../../src/customers/told.ts";
import { type Facts, match } from "../../src/segments/match.ts";
import type { Plan } from "../../src/segments/plan.ts";
import { type Track, type TrackState, itemOf, joined, tell } from "../../src/segments/track.ts";
import type { Instant, Json } from "../../src/values.ts";
import type { Hung, Log } from "./arbitrary.ts";

/** Puts things in an order that depends on `seed` only. */
export function shuffled<T>(things: readonly T[], seed: number): readonly T[] {
  let state = seed | 1;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  return things.map((thing) => [next(), thing] as const).toSorted((a, b) => a[0] - b[0]).map(([, thing]) => thing);
} // prettier-ignore

/** The state of each track after these events, through JSON and back. */
export function statesOf(tracks: Iterable<Track>, hung: readonly Hung[]): ReadonlyMap<string, TrackState> {
  const states = new Map<string, TrackState>();
  for (const { key, spec } of tracks)
    for (const { event } of hung) {
      const item = itemOf(spec, event);
      if (item) states.set(key, tell(spec, states.get(key), item));
    }
  return new Map([...states].map(([key, state]) => [key, JSON.parse(JSON.stringify(state)) as TrackState]));
}

const isOwn = (name: string) => name.startsWith("$segment.") || name.startsWith("$stage.");

/** The customers of a log and what is known of each; `seed` decides in which order everything is told and joined. */
export function populationOf(log: Log, plan: Plan, firstStage: string, seed: number) {
  const atoms = new Map<number, Hung[]>();
  for (const one of shuffled(log.hung, seed)) {
    const held = atoms.get(one.atom);
    if (held) held.push(one);
    else atoms.set(one.atom, [one]);
  }
  const known = new Map<number, Known>();
  for (const [atom, hung] of shuffled([...atoms], seed + 1)) {
    const customer = log.customers.get(atom) ?? atom;
    const held: Known = known.get(customer) ?? { tracks: new Map(), knowledge: nothing(), hung: [] };
    for (const [key, state] of statesOf(plan.tracks.values(), hung))
      held.tracks.set(key, joined(plan.tracks.get(key)!.spec, held.tracks.get(key), state));
    const own = nothing();
    for (const { event } of hung) if (!isOwn(event.name)) fold(own, event);
    absorb(held.knowledge, own);
    held.hung.push(...hung);
    known.set(customer, held);
  }
  const accountTraits = accountTraitsOf(log.hung);
  const population = new Map<number, (now: Instant) => Facts>();
  for (const [customer, one] of known)
    population.set(customer, (now) =>
      factsOf(one, { known, accountTraits, population, plan, firstStage, now }),
    );
  return population;
}
type Known = { readonly tracks: Map<string, TrackState>; readonly knowledge: ReturnType<typeof nothing>; readonly hung: Hung[] }; // prettier-ignore
type Around = {
  readonly known: ReadonlyMap<number, Known>;
  readonly accountTraits: ReadonlyMap<string, ReturnType<typeof traitsOf>>;
  readonly population: ReadonlyMap<number, (now: Instant) => Facts>;
  readonly plan: Plan;
  readonly firstStage: string;
  readonly now: Instant;
};

function accountTraitsOf(hung: readonly Hung[]) {
  const accounts = new Map<string, ReturnType<typeof traitsOf>>();
  for (const { event } of hung) {
    if (event.accountId === undefined) continue;
    const held = accounts.get(event.accountId) ?? (Object.create(null) as ReturnType<typeof traitsOf>);
    joinTraits(held, traitsOf(event.traits ?? {}, event.happenedAt));
    accounts.set(event.accountId, held);
  }
  return accounts;
}

function factsOf(one: Known, { known, accountTraits, population, plan, firstStage, now }: Around): Facts {
  const { knowledge } = one;
  const mine = Object.keys(knowledge.accounts);
  const changes = one.hung.filter(({ event }) => event.name === "$stage.changed").map(({ event }) => event);
  const last = changes.toSorted((a, b) => a.happenedAt - b.happenedAt || Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))).at(-1);
  return {
    track: (key) => one.tracks.get(key),
    trait: (name) => knowledge.traits[name]?.[0],
    consent: (channel, purpose) => knowledge.consents[`${channel} ${purpose}`]?.answer,
    channels: () => knowledge.channels,
    accountTraits: (name) => mine.flatMap((id) => {
      const told = accountTraits.get(id)?.[name];
      return told ? [told[0] as Json] : [];
    }),
    accountMatches: (key) => [...known].some(([customer, other]) =>
      mine.some((id) => Object.hasOwn(other.knowledge.accounts, id)) && match(plan.accountRules.get(key)!, population.get(customer)!(now), now).matches),
    stage: (last?.properties?.["stage"] as string | undefined) ?? firstStage,
  };
} // prettier-ignore
