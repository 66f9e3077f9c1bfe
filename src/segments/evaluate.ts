/**
 * The part of a batch that is about rules: after the batch's events were understood, the customers they touched and those
 * whose time has come are asked again; what turned becomes own events and rows. Everything is decided in memory on the
 * batch's directory; `save.ts` writes it in the batch's transaction.
 */
import type { CustomerAtom } from "../customers/store.ts";
import type { Event } from "../events/model.ts";
import type { Directory } from "../identity/directory.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import { soonest } from "./compare.ts";
import { type Change, type Decided, decide } from "./decide.ts";
import { type AccountFacts, rootOf, segmentsHeld } from "./facts.ts";
import { type Force, type SegmentInForce, type WorkspaceForce, tellTracks } from "./force.ts";
import { ownEvent } from "./own.ts";
import { type TrackState, pruned } from "./track.ts";

/** What a batch's events changed of an atom. */
export type Touch = {
  readonly segments: Set<SegmentInForce>;
  readonly tracks: Set<string>;
  readonly traits: Set<string>;
  /** Ask everything: the customer is new, was joined, or time has come. */
  all: boolean;
  change: Change;
};
export type Touches = Map<AtomId, Touch>;

/** What has to be written beside the atoms. */
export type Effects = {
  /** `stays` false: left again in the same batch. */
  readonly entered: { readonly version: number; readonly segment: number; readonly live: boolean; readonly customer: AtomId; readonly since: Instant; stays: boolean }[];
  /** `counted` false: the row of a customer that was joined to another, who is still in. */
  readonly left: { readonly version: number; readonly segment: number; readonly live: boolean; readonly customer: AtomId; readonly counted: boolean }[];
  readonly stages: { readonly workspace: WorkspaceId; readonly customer: AtomId; readonly stage: string; readonly since: Instant }[];
  readonly wakes: { readonly workspace: WorkspaceId; readonly customer: AtomId; readonly dueAt: Instant }[];
  /** Customers that no longer are: joined to another. */
  readonly gone: AtomId[];
  readonly own: { readonly atom: AtomId; readonly event: Event }[];
  /** Accounts whose members are to be asked again. */
  readonly accounts: { readonly workspace: WorkspaceId; readonly accountId: string; readonly except: AtomId | 0 }[];
}; // prettier-ignore

export const noEffects = (): Effects => ({
  entered: [],
  left: [],
  stages: [],
  wakes: [],
  gone: [],
  own: [],
  accounts: [],
});

/** So often rules are asked again because of what they themselves made happen; the rest waits for a wake. */
const ROUNDS_MAX = 5;

/** Tells an event to the tracks of its atom and notes which rules it touches. Called for each event as it is folded. */
export function touch(force: WorkspaceForce, touches: Touches, atom: CustomerAtom, event: Event, isNew: boolean): void {
  const tracks = force.tracksOf(event).length > 0 ? tellTracks(force, atom.standing.change().t as { [track: string]: TrackState }, event) : NONE;
  const traits = event.type === "identify" && event.traits ? Object.keys(event.traits) : NONE_NAMED;
  const beside = [
    event.consents ? force.onConsents : NO_SEGMENTS, event.accountId === undefined ? NO_SEGMENTS : force.onAccounts, force.onChannels,
    isNew ? force.ofNobody : NO_SEGMENTS,
  ];
  const isTouched = tracks.length > 0 || traits.length > 0 || beside.some(({ length }) => length > 0);
  // Stages are asked of everybody who did anything, and a new customer's segments in any case.
  if (!isTouched && !isNew && force.stages === null) return;
  const one = touchOf(touches, atom.id, event);
  for (const segments of beside) addAll(one.segments, segments);
  for (const id of tracks) {
    one.tracks.add(force.tracks.get(id)!.key);
    addAll(one.segments, force.byTrack.get(id));
  }
  for (const name of traits) {
    one.traits.add(name);
    addAll(one.segments, force.byTrait.get(name));
  }
} // prettier-ignore
const NONE: readonly number[] = [];
const NONE_NAMED: readonly string[] = [];
const NO_SEGMENTS: readonly SegmentInForce[] = [];

function addAll(into: Set<SegmentInForce>, segments: readonly SegmentInForce[] = NO_SEGMENTS): void {
  for (const segment of segments) into.add(segment);
}

function touchOf(touches: Touches, atom: AtomId, event: Event): Touch {
  const held = touches.get(atom);
  if (held) return held;
  const [tracks, traits] = [new Set<string>(), new Set<string>()];
  const made: Touch = {
    segments: new Set(), tracks, traits, all: false, change: { by: "event", messageId: event.id, tracks, traits },
  }; // prettier-ignore
  touches.set(atom, made);
  return made;
}

/** Asks everything of an atom's customer. */
export function touchAll(touches: Touches, atom: AtomId, change: Change): void {
  const held = touches.get(atom);
  if (held) held.all = true;
  else touches.set(atom, { segments: new Set(), tracks: new Set(), traits: new Set(), all: true, change });
}

/** Asks every touched customer; standings are changed in place, the rest is told as effects. */
export function evaluate(
  force: Force,
  directory: Directory<CustomerAtom>,
  touches: Touches,
  accountsOf: (customer: AtomId) => AccountFacts,
  now: Instant,
): Effects {
  const effects = noEffects();
  const customers = new Map<AtomId, Touch>();
  for (const [id, one] of touches) {
    const { customer } = directory.atoms.get(id)!;
    const held = customers.get(customer);
    if (!held) customers.set(customer, one);
    else {
      for (const segment of one.segments) held.segments.add(segment);
      for (const key of one.tracks) held.tracks.add(key);
      for (const name of one.traits) held.traits.add(name);
      held.all ||= one.all;
    }
  }
  for (const [customer, one] of customers) {
    const atoms = directory.membersOf(customer);
    const of = force.of(atoms[0]!.workspace);
    if (!of) continue;
    new Asking(of, atoms, effects, accountsOf(customer), now).run(one);
    directory.changedStandings.add(customer);
    for (const { id, standing } of atoms) if (standing.isChanged) directory.changedStandings.add(id);
  }
  return effects;
} // prettier-ignore

/** Asks for a wake of the customer that `root` names, where none is due before. */
export function askForWake(root: CustomerAtom, effects: Effects, dueAt: Instant | null, now: Instant): void {
  const held = root.standing.data.d;
  // What should have been by now may have come while no rule was in force, and nobody is to be woken then.
  if (dueAt === null || (held !== undefined && held > now && held <= dueAt)) return;
  root.standing.change().d = dueAt;
  effects.wakes.push({ workspace: root.workspace, customer: root.id, dueAt });
}

/** One customer being asked. */
class Asking {
  readonly #force: WorkspaceForce;
  readonly #atoms: readonly CustomerAtom[];
  readonly #effects: Effects;
  readonly #accounts: AccountFacts;
  readonly #now: Instant;
  readonly #root: CustomerAtom;
  /** After a join of customers in different stages: the one given up. */
  #formerStage: string | null = null;
  /** What this customer entered with this batch. */
  readonly #cameIn: Effects["entered"] = [];
  /** Whether something changed here that rules about accounts may ask of the others. */
  #told = false;

  constructor(force: WorkspaceForce, atoms: readonly CustomerAtom[], effects: Effects, accounts: AccountFacts, now: Instant) {
    this.#force = force;
    this.#atoms = atoms;
    this.#effects = effects;
    this.#accounts = accounts;
    this.#now = now;
    this.#root = rootOf(atoms);
  } // prettier-ignore

  run({ segments, all, change, tracks }: Touch): void {
    this.#gather();
    this.#forget();
    const { standing } = this.#root;
    let which: Iterable<SegmentInForce> = all ? this.#force.segments : segments;
    const due: (Instant | null)[] = [];
    for (let round = 0; ; round++) {
      const held = standing.data.s;
      const decided = decide(this.#force, this.#atoms, which, (version) => held[version] !== undefined, change, this.#accounts, this.#now);
      due.push(decided.turnsAt);
      const next = this.#apply(decided, change);
      if (round === 0 && decided.stage === null) this.#tellStage(next);
      if (next.size === 0) break;
      // What our own events set off is asked again at once, a bounded number of times.
      if (round === ROUNDS_MAX) due.push(this.#now);
      if (round === ROUNDS_MAX) break;
      which = next;
    }
    this.#schedule(soonest(due));
    this.#alarm(this.#told || change.by === "identity" || this.#asksAccounts(tracks, segments));
    // Last, because why time turned something is asked of the moment before.
    this.#prune();
  } // prettier-ignore

  /** After a join of two stages the log is told which one holds, because the last it heard may be the other. */
  #tellStage(next: Set<SegmentInForce>): void {
    const held = this.#root.standing.data.g;
    if (this.#formerStage === null || !held || !this.#force.stages) return;
    const { version } = this.#force.stages;
    this.#happened("$stage.changed", { stage: held[0], from: this.#formerStage, version, because: null, by: "identity" }, next); // prettier-ignore
  }

  /** After a join: what both customers were in is the one customer's now, and the other's rows go. */
  #gather(): void {
    if (this.#atoms.length === 1) return;
    const held = segmentsHeld(this.#atoms);
    for (const atom of this.#atoms) if (atom !== this.#root) this.#takeOver(atom);
    const { id: customer, standing, workspace } = this.#root;
    for (const [version, since] of held) {
      const segment = this.#force.byVersion.get(String(version));
      if (!segment || standing.data.s[version] !== undefined) continue;
      standing.change().s[version] = since;
      this.#entered({ version, segment: segment.segment, live: false, customer, since, stays: true });
    }
    const { g } = standing.data;
    if (g) this.#effects.stages.push({ workspace, customer, stage: g[0], since: g[1] });
  }

  /** Ends an atom as a customer of its own. */
  #takeOver({ id, standing }: CustomerAtom): void {
    const { s, g, d } = standing.data;
    if (Object.keys(s).length === 0 && !g && d === undefined) return;
    for (const version of Object.keys(s)) {
      const segment = this.#force.byVersion.get(version);
      if (segment) this.#effects.left.push({ version: Number(version), segment: segment.segment, live: segment.live, customer: id, counted: false }); // prettier-ignore
    }
    const own = standing.change();
    own.s = {};
    delete own.g;
    delete own.d;
    const order = this.#force.stages?.model.stages.map(({ key }) => key) ?? [];
    const ours = this.#root.standing.data.g;
    if (g && ours && g[0] !== ours[0])
      this.#formerStage = order.indexOf(g[0]) > order.indexOf(ours[0]) ? ours[0] : g[0];
    // Of two stages the further one; whether it may be kept is for the rule to say.
    if (g && (!ours || order.indexOf(g[0]) > order.indexOf(ours[0]))) this.#root.standing.change().g = g;
    this.#effects.gone.push(id);
  }

  /** Forgets segments that are no longer in force. */
  #forget(): void {
    const { standing } = this.#root;
    for (const version of Object.keys(standing.data.s))
      if (!this.#force.byVersion.has(version)) delete standing.change().s[version];
  }

  /** Forgets tracks that are no longer in force, and what no window can reach any more. */
  #prune(): void {
    for (const { standing } of this.#atoms)
      for (const id of Object.keys(standing.data.t)) {
        const track = this.#force.tracks.get(Number(id));
        const state = standing.data.t[id] as TrackState;
        const left = track && pruned(track.spec, state, this.#now);
        if (left === state) continue;
        if (left === undefined) delete standing.change().t[id];
        else standing.change().t[id] = left as never;
      }
  }

  #entered(row: Effects["entered"][number]): void {
    this.#cameIn.push(row);
    this.#effects.entered.push(row);
  }

  /** Puts a decision into force; the segments that what happened now touches. */
  #apply({ turns, stage }: Decided, change: Change): Set<SegmentInForce> {
    const customer = this.#root.id;
    const next = new Set<SegmentInForce>();
    const cause = { by: change.by, ...(change.by === "event" && { messageId: change.messageId }) };
    for (const { segment, entered, because } of turns) {
      const { version, segment: id, name, live } = segment;
      const data = this.#root.standing.change();
      if (entered) {
        data.s[version] = this.#now;
        this.#entered({ version, segment: id, live, customer, since: this.#now, stays: true });
      } else {
        delete data.s[version];
        this.#effects.left.push({ version, segment: id, live, customer, counted: true });
        for (const row of this.#cameIn) if (row.version === version) row.stays = false;
      }
      if (live) this.#happened(entered ? "$segment.entered" : "$segment.left", { segment: id, name, version, because, ...cause }, next);
    }
    if (stage && this.#force.stages) {
      this.#root.standing.change().g = [stage.to, this.#now];
      this.#effects.stages.push({ workspace: this.#root.workspace, customer, stage: stage.to, since: this.#now });
      this.#happened("$stage.changed", { stage: stage.to, from: stage.from, version: this.#force.stages.version, because: stage.because, ...cause }, next);
      this.#told = true;
      for (const segment of this.#force.onStage) next.add(segment);
    }
    return next;
  } // prettier-ignore

  /** An event of our own: into the log, and to the tracks that ask for it. */
  #happened(name: string, properties: JsonObject, next: Set<SegmentInForce>): void {
    const event = ownEvent(this.#root, name, properties, this.#now, this.#effects.own.length);
    this.#effects.own.push({ atom: this.#root.id, event });
    if (this.#force.tracksOf(event).length === 0) return;
    const told = tellTracks(this.#force, this.#root.standing.change().t as { [track: string]: TrackState }, event); // prettier-ignore
    this.#told = true;
    for (const track of told) for (const segment of this.#force.byTrack.get(track) ?? []) next.add(segment);
  }

  #schedule(dueAt: Instant | null): void {
    askForWake(this.#root, this.#effects, dueAt, this.#now);
  }

  /** Rules about an account's members hold for the others too when something they ask changed here. */
  #alarm(asked: boolean): void {
    if (this.#force.onAccounts.length === 0 || !asked) return;
    for (const { knowledge } of this.#atoms)
      for (const accountId of Object.keys(knowledge.accounts))
        this.#effects.accounts.push({ workspace: this.#root.workspace, accountId, except: this.#root.id });
  }

  #asksAccounts(tracks: ReadonlySet<string>, segments: ReadonlySet<SegmentInForce>): boolean {
    return this.#force.onAccounts.some((segment) => segments.has(segment) || [...tracks].some((key) => segment.plan.reads.tracks.has(key))); // prettier-ignore
  }
}
