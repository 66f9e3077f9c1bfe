/**
 * What is known of the customer a decision is for: read in one look, with the events that came along counted as if they
 * had come before. These are resolved and folded by the very rules of the pipeline, in memory alone: the worker handles
 * them once, as any event, and a name that it has seen before tells nothing here either.
 *
 * By a device's name alone nobody is proven, and anybody can say that a device of theirs is somebody else's. So while
 * the customer is known by a person's name, only what was done on that very device may speak *for* a candidate or stand
 * in its content; what speaks *against* one (consent, holds, how often it was seen) holds of all that is known.
 */
import { absorb, nothing } from "../customers/fold.ts";
import { Standing } from "../customers/standing.ts";
import { type CustomerAtom, atomOfRow, hashOf } from "../customers/store.ts";
import { told } from "../customers/told.ts";
import type { Sql } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { Directory, keyOf } from "../identity/directory.ts";
import { type Identifier, KIND_RULES } from "../identity/model.ts";
import { resolve } from "../identity/resolve.ts";
import { accountsOf } from "../segments/accounts.ts";
import { decide } from "../segments/decide.ts";
import { type AccountFacts, NO_ACCOUNTS, factsOf, stageOf } from "../segments/facts.ts";
import { type Force, type WorkspaceForce, tellTracks } from "../segments/force.ts";
import type { Facts } from "../segments/match.ts";
import { type ReadSeeds, takeUp } from "../segments/take-up.ts";
import type { TrackState } from "../segments/track.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import type { KnownBy } from "./model.ts";
import type { Snapshot } from "./snapshots.ts";

/** Whom a question is about: the names asked for, the one that counts first. */
export type Asked = {
  readonly workspace: WorkspaceId;
  readonly names: readonly Identifier[];
  readonly events: readonly Event[];
};
/** A customer as a decision sees one. */
export type Seen = {
  /** The name by which the customer was found, or the first asked for. */
  readonly who: Identifier;
  /** All atoms of the customer; one that nobody has, for somebody unknown. */
  readonly atoms: readonly CustomerAtom[];
  /** Those that may speak for a candidate. */
  readonly shown: readonly CustomerAtom[];
  readonly knownFacts: Facts;
  readonly shownFacts: Facts;
};

/** The hashes a snapshot is read by. */
export function hashesOf({ workspace, names, events }: Asked): { readonly identifiers: readonly string[]; readonly events: readonly string[] } {
  const keys = new Set(names.map((name) => hashOf(keyOf(workspace, name))));
  for (const event of events) for (const name of namesIn(event)) keys.add(hashOf(keyOf(workspace, name)));
  return { identifiers: [...keys], events: events.map(nameOfEvent) };
} // prettier-ignore

const nameOfEvent = ({ workspace, id }: Event): string => hashOf(`${workspace}\u0001${id}`);
/** All names an event may be resolved by. */
function namesIn({ identifiers, previous }: Event): readonly Identifier[] {
  if (!previous) return identifiers;
  const guesses = (["anonymous_id", "user_id", "email"] as const).map((kind) => ({ kind, value: previous.value })); // prettier-ignore
  return [...identifiers, previous, ...guesses];
}

/** The customer, with the events along. `knownBy` is asked by which name the customer is proven. */
export async function seenOf(
  { sql, readSeeds }: { readonly sql: Sql; readonly readSeeds: ReadSeeds },
  asked: Asked,
  snapshot: Snapshot,
  force: Force,
  provenNames: ReadonlySet<Identifier>,
  now: Instant,
): Promise<Seen> {
  const { workspace, names } = asked;
  const of = force.of(workspace)!;
  const directory = directoryOf(asked, snapshot);
  await takeUp(sql, force, directory.atoms.values(), readSeeds);
  const folded = foldAlong(directory, asked, snapshot, of);
  const pointed = (name: Identifier): AtomId | 0 => directory.pointers.get(keyOf(workspace, name))?.atom ?? 0;
  const who = names.find((name) => pointed(name) !== 0) ?? names[0]!;
  const own = pointed(who);
  const atoms = own === 0 ? [blankAtom(workspace, 0)] : directory.membersOf(directory.atoms.get(own)!.customer).toSorted((a, b) => a.id - b.id); // prettier-ignore
  const knownBy: KnownBy = provenNames.has(who) ? "proven" : "device";
  const shown = shownOf(atoms, own, knownBy);
  const accounts = of.asksAccounts ? await accountsOf(sql, force, of, atoms, now) : NO_ACCOUNTS;
  const knownFacts = factsNow(of, atoms, accounts, folded, now);
  const shownFacts = shown === atoms ? knownFacts : factsNow(of, shown, NO_ACCOUNTS, true, now);
  return { who, atoms, shown, knownFacts, shownFacts };
}

function directoryOf({ workspace, names, events }: Asked, { pointers, atoms }: Snapshot): Directory<CustomerAtom> {
  const directory = new Directory<CustomerAtom>();
  for (const name of [...names, ...events.flatMap(namesIn)]) {
    const key = keyOf(workspace, name);
    const pointer = pointers.get(hashOf(key));
    if (pointer) directory.pointers.set(key, pointer);
  }
  for (const row of atoms) directory.add(atomOfRow(row));
  return directory;
} // prettier-ignore

/** Resolves and folds the events that came along; whether any told something. */
function foldAlong(directory: Directory<CustomerAtom>, { workspace, events }: Asked, { seen }: Snapshot, of: WorkspaceForce): boolean {
  const known = new Set(seen);
  let n = 0;
  for (const event of events) {
    const name = nameOfEvent(event);
    if (known.has(name)) continue;
    known.add(name);
    const tells = told(event);
    const atom = directory.apply(workspace, resolve(directory.viewOf(workspace), event), event, () => blankAtom(workspace, n));
    n++;
    absorb(atom.knowledge, tells);
    tellTracks(of, atom.standing.change().t as { [track: string]: TrackState }, event);
  }
  return n > 0;
} // prettier-ignore

/** An atom of which nothing is known. Its number is greater than any the store gives, as that of a new one is. */
const blankAtom = (workspace: WorkspaceId, n: number): CustomerAtom => {
  const id = (Number.MAX_SAFE_INTEGER - 1_000 + n) as AtomId;
  return { id, workspace, customer: id, size: 1, version: 0, identifiers: [], apart: [], knowledge: nothing(), standing: new Standing("") };
}; // prettier-ignore

const isNamed = ({ identifiers }: CustomerAtom): boolean =>
  identifiers.some(([kind]) => KIND_RULES[kind].person);

function shownOf(atoms: readonly CustomerAtom[], own: AtomId | 0, knownBy: KnownBy): readonly CustomerAtom[] {
  if (knownBy === "proven" || !atoms.some(isNamed)) return atoms;
  const device = atoms.filter((atom) => atom.id === own && !isNamed(atom));
  return device.length > 0 ? device.map(alone) : [blankAtom(atoms[0]!.workspace, 0)];
}

/** An atom as if it were a customer of its own: without what was decided of the customer it names. */
function alone(atom: CustomerAtom): CustomerAtom {
  const { r, t } = atom.standing.data;
  const { id, workspace, version, identifiers, apart, knowledge } = atom;
  return { id, workspace, customer: id, size: 1, version, identifiers, apart, knowledge, standing: new Standing(JSON.stringify({ r, t, s: {} })) };
} // prettier-ignore

/** The facts with the stage of now: where something was told that no worker has decided on, it is decided here. */
function factsNow(of: WorkspaceForce, atoms: readonly CustomerAtom[], accounts: AccountFacts, anew: boolean, now: Instant): Facts {
  const held = stageOf(atoms, of);
  const turned = anew && of.stages ? decide(of, atoms, [], () => false, { by: "rule" }, accounts, now).stage : null;
  return factsOf(atoms, of, turned?.to ?? held, accounts);
} // prettier-ignore
