/** What rules can ask of a customer, put together from the atoms that make the customer up. Pure. */
import type { CustomerAtom } from "../customers/store.ts";
import { absorb, nothing } from "../customers/fold.ts";
import type { Knowledge } from "../customers/model.ts";
import type { Instant } from "../values.ts";
import type { WorkspaceForce } from "./force.ts";
import type { Facts } from "./match.ts";
import { type TrackState, joined } from "./track.ts";

/** What lies outside the customer: accounts, and what holds of their members. */
export type AccountFacts = Pick<Facts, "accountTraits" | "accountMatches" | "accountTurnsAt">;
export const NO_ACCOUNTS: AccountFacts = { accountTraits: () => [], accountMatches: () => false };

/** What is known of one customer: of all atoms together. One atom costs nothing to put together. */
export function knowledgeOf(atoms: readonly CustomerAtom[]): Knowledge {
  return atoms.length === 1
    ? atoms[0]!.knowledge
    : atoms.reduce((all, { knowledge }) => absorb(all, knowledge), nothing());
}

/** The state of a track over all atoms of a customer. */
export function trackOver(
  atoms: readonly CustomerAtom[],
  force: WorkspaceForce,
  id: number,
): TrackState | undefined {
  const { spec } = force.tracks.get(id)!;
  let state: TrackState | undefined;
  for (const { standing } of atoms) {
    const own = standing.data.t[id] as TrackState | undefined;
    if (own !== undefined) state = joined(spec, state, own);
  }
  return state;
}

/** The facts of a customer in `stage`. Parts are put together when first asked for. */
export function factsOf(
  atoms: readonly CustomerAtom[],
  force: WorkspaceForce,
  stage: string | null,
  accounts: AccountFacts = NO_ACCOUNTS,
): Facts {
  let known: Knowledge | undefined;
  const knowledge = () => (known ??= knowledgeOf(atoms));
  return {
    track: (key) => {
      const track = force.trackOfKey.get(key);
      return track && trackOver(atoms, force, track.id);
    },
    trait: (name) => knowledge().traits[name]?.[0],
    consent: (channel, purpose) => knowledge().consents[`${channel} ${purpose}`]?.answer,
    channels: () => knowledge().channels,
    stage,
    ...accounts,
  };
}

/** The stage a customer stands in: what was decided last, or where everybody begins; null without a stage model. */
export function stageOf(atoms: readonly CustomerAtom[], force: WorkspaceForce): string | null {
  if (!force.stages) return null;
  const keys = new Set(force.stages.model.stages.map(({ key }) => key));
  const held = rootOf(atoms).standing.data.g?.[0];
  return held !== undefined && keys.has(held) ? held : force.stages.model.stages[0]!.key;
}

/** The atom that names the customer. */
export function rootOf(atoms: readonly CustomerAtom[]): CustomerAtom {
  return atoms.find(({ id, customer }) => id === customer) ?? atoms[0]!;
}

/** The customer's segments (version to since when), over all atoms: after a join both customers' are there. */
export function segmentsHeld(atoms: readonly CustomerAtom[]): ReadonlyMap<number, Instant> {
  const held = new Map<number, Instant>();
  for (const { standing } of atoms)
    for (const [version, since] of Object.entries(standing.data.s))
      held.set(Number(version), Math.min(since, held.get(Number(version)) ?? Infinity));
  return held;
}
