/**
 * The part of a batch that is about journeys: after its events were understood and the rules asked, the customers whom an
 * event, a queued entry, a join or time concerns are moved on. Decided in memory on the batch's directory, like the rest
 * of the batch; save.ts writes it in the batch's transaction. So a run lives under the same versions as its customer.
 */
import { randomUUID } from "node:crypto";
import type { CustomerAtom } from "../customers/store.ts";
import type { Event } from "../events/model.ts";
import type { Directory } from "../identity/directory.ts";
import { textOf } from "../segments/compare.ts";
import { type Effects, askForWake } from "../segments/evaluate.ts";
import { type AccountFacts, factsOf, knowledgeOf, rootOf, stageOf } from "../segments/facts.ts";
import { type Force, type WorkspaceForce, tellTracks } from "../segments/force.ts";
import { match, withVars } from "../segments/match.ts";
import { ownEvent } from "../segments/own.ts";
import type { TrackState } from "../segments/track.ts";
import { leavesByHours } from "../permission/allow.ts";
import { zoneOf } from "../permission/recipient.ts";
import {
  type AtomId,
  type Instant,
  type Json,
  type JsonObject,
  type WorkspaceId,
  customerIdOf,
} from "../values.ts";
import { HOURS_TRAIT, hoursOf } from "./best-time.ts";
import { type Concern, causeOf, concerned, reasonOf } from "./concern.ts";
import { occurrenceOf } from "./dates.ts";
import { type Entered, begun, mayEnter } from "./enter.ts";
import { enteredBy, wasThrough, withEntry, withJoined } from "./entered.ts";
import type { JourneyInForce, Journeys, JourneysOfWorkspace } from "./force.ts";
import { JOURNEY_LIMITS, type Run, type RunEnd } from "./model.ts";
import { type Cause, type Effect, type Known, type Walked, triggers, walk } from "./walk.ts";

/** Somebody who is to enter a journey by the API, a batch or a schedule. */
export type QueuedEntry = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly journey: number;
  readonly customer: AtomId;
  readonly key: string;
  readonly context: string;
};
/** A run as it is to be written; `end` null while it goes on. */
export type RunChange = {
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly run: Run;
  readonly end: Walked["end"];
};
/** What has to be written of journeys beside the atoms. */
export type JourneyEffects = {
  readonly runs: Map<string, RunChange>;
  /** Version, step and way out, to how many took it. `$entry` is where customers come in, or why not. */
  readonly passed: Map<string, number>;
  readonly asked: { readonly workspace: WorkspaceId; readonly atom: AtomId; readonly run: Run; readonly priority: number; readonly effect: Effect; readonly because: JsonObject; readonly toMany: boolean }[];
  readonly exposed: { readonly version: number; readonly step: string; readonly arm: string; readonly converted: boolean }[];
}; // prettier-ignore
export const noJourneyEffects = (): JourneyEffects => ({
  runs: new Map(),
  passed: new Map(),
  asked: [],
  exposed: [],
});

export type Advance = {
  readonly journeys: Journeys;
  readonly force: Force;
  readonly directory: Directory<CustomerAtom>;
  /** The batch's events in the order in which they were handled. */
  readonly handled: readonly { readonly event: Event; readonly atom: CustomerAtom }[];
  readonly entries: readonly QueuedEntry[];
  /** Customers who were woken or joined. */
  readonly stirred: Iterable<AtomId>;
  /** What the rules made happen; our own events and wakes are added to it. */
  readonly effects: Effects;
  readonly accountsOf: (customer: AtomId) => AccountFacts;
  readonly armsOf: (version: number, step: string) => ReturnType<Known["arms"]>;
  readonly now: Instant;
};

/** Moves on everybody whom the batch concerns. */
export function advance(asked: Advance): JourneyEffects {
  const made = noJourneyEffects();
  for (const [customer, { happened, entries }] of concerned(asked)) {
    const atoms = asked.directory.membersOf(customer);
    const { workspace } = atoms[0]!;
    const [journeys, force] = [asked.journeys.of(workspace), asked.force.of(workspace)];
    if (!journeys || !force) continue;
    new Moving(asked, journeys, force, atoms, made).run(happened, entries);
    for (const { id, standing } of atoms) if (standing.isChanged) asked.directory.changedStandings.add(id);
  }
  return made;
}

/** A name never given before. It begins with the time, so that runs of one send lie together in every index that names them. */
function nameOfRun(now: Instant): string {
  const time = now.toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8, 12)}-7${randomUUID().slice(15)}`;
}

/** One customer being moved on. */
class Moving {
  readonly #asked: Advance;
  readonly #journeys: JourneysOfWorkspace;
  readonly #force: WorkspaceForce;
  readonly #atoms: readonly CustomerAtom[];
  readonly #root: CustomerAtom;
  readonly #made: JourneyEffects;
  readonly #now: Instant;
  /** Whether our own events told tracks that rules ask. */
  #toldRules = false;

  constructor(asked: Advance, journeys: JourneysOfWorkspace, force: WorkspaceForce, atoms: readonly CustomerAtom[], made: JourneyEffects) {
    this.#asked = asked;
    this.#journeys = journeys;
    this.#force = force;
    this.#atoms = atoms;
    this.#root = rootOf(atoms);
    this.#made = made;
    this.#now = asked.now;
  } // prettier-ignore

  run(happened: Concern["happened"], entries: readonly QueuedEntry[]): void {
    this.#joinRuns();
    this.#followVersions();
    for (const { event, atom } of happened) this.#happened(event, atom);
    for (const entry of entries) this.#queued(entry);
    this.#time(this.#now);
    const dates = this.#dates();
    const due = this.#live().flatMap(([, { dueAt }]) => (dueAt === null ? [] : [dueAt]));
    const at = Math.min(...due, ...dates, this.#toldRules ? this.#now : Infinity);
    askForWake(this.#root, this.#asked.effects, at === Infinity ? null : at, this.#now);
  }

  #live(): readonly (readonly [CustomerAtom, Run])[] {
    return this.#atoms.flatMap((atom) => ((atom.standing.data.j ?? []) as readonly Run[]).map((run) => [atom, run] as const)); // prettier-ignore
  }

  /** After a join: of two runs in the same journey with the same key the one that is further goes on. */
  #joinRuns(): void {
    if (this.#atoms.length === 1) return;
    const best = new Map<string, Run>();
    const further = (a: Run, b: Run) => a.passed - b.passed || b.enteredAt - a.enteredAt || (a.id < b.id ? 1 : -1);
    for (const [, run] of this.#live()) {
      const name = `${run.journey} ${run.key}`;
      const held = best.get(name);
      if (!held || further(run, held) > 0) best.set(name, run);
    }
    for (const [atom, run] of this.#live())
      if (best.get(`${run.journey} ${run.key}`) !== run) this.#giveUp(atom, run, "the other run goes on");
    for (const [atom, run] of this.#live()) {
      const others = this.#atoms.filter((one) => one !== atom).map(({ standing }) => standing.data.e);
      const draft = this.#journeys.byVersion.get(run.version)?.plan.draft;
      if (draft && wasThrough(others, run.journey, run.key, draft)) this.#giveUp(atom, run, "the other was through it already");
    }
  } // prettier-ignore

  #giveUp(atom: CustomerAtom, run: Run, why: string): void {
    this.#walk(atom, run, { type: "stopped", end: "joined", detail: `Two customers were joined; ${why}.` });
    const data = atom.standing.change();
    data.e = withJoined(data.e, run.journey, run.key);
  }

  /** Runs of a version that was replaced go on, move or end, as the publish chose; those of a stopped journey end. */
  #followVersions(): void {
    for (const [atom, run] of this.#live()) {
      const version = this.#journeys.byVersion.get(run.version);
      if (!version) {
        this.#set(atom, run, null);
        this.#made.runs.set(
          run.id,
          this.#changeOf(atom, run, { state: "ended", detail: "The journey is gone." }),
        );
      } else if (version.stopped)
        this.#walk(atom, run, { type: "stopped", end: "ended", detail: "The journey was stopped." });
      else if (version.successor) this.#succeed(atom, run, version.successor);
    }
  }

  #succeed(
    atom: CustomerAtom,
    run: Run,
    { version, how }: { version: number; how: "migrate" | "end" },
  ): void {
    const next = this.#journeys.byVersion.get(version);
    const stays = next?.plan.draft.steps[run.at];
    const before = this.#journeys.byVersion.get(run.version)!.plan.draft.steps[run.at]!;
    // What it waits for must be the same kind of thing, or the answer would not be understood.
    if (how === "migrate" && stays && stays.type === before.type) {
      const moved = { ...run, version };
      this.#set(atom, run, moved);
      this.#made.runs.set(run.id, this.#changeOf(atom, moved, null));
    } else
      this.#walk(atom, run, { type: "stopped", end: "ended", detail: how === "end" ? "A new version was published." : "The new version has no such step." }); // prettier-ignore
  }

  #happened(event: Event, atomId: AtomId): void {
    // What happened before a wait ran out is offered after it, as it would have been had it come alone.
    this.#time(Math.min(event.happenedAt, this.#now));
    const cause = causeOf(event);
    if (cause.type === "happened" && event.happenedAt < this.#now - JOURNEY_LIMITS.eventAgeMsMax) return;
    for (const [atom, run] of this.#live()) this.#walk(atom, run, cause);
    for (const journey of this.#journeys.enteredBy.get(event.name) ?? []) {
      const { entry } = journey.plan.draft;
      if ((entry.type === "event" || entry.type === "segment") && triggers(entry, event))
        this.#enter(journey, atomId, event.properties ?? {}, "", { type: entry.type, event: event.name, messageId: event.id, at: event.happenedAt, receivedAt: event.receivedAt }); // prettier-ignore
    }
  }

  #queued(entry: QueuedEntry): void {
    const journey = this.#journeys.open.get(entry.journey);
    if (!journey) return;
    const context = entry.context === "" ? {} : (JSON.parse(entry.context) as JsonObject);
    this.#enter(journey, entry.customer, context, entry.key, { type: journey.plan.draft.entry.type });
  }

  /** Moves the runs whose time has come by `until`; those a wait leads to another wait that is over go on at once. */
  #time(until: Instant): void {
    for (let round = 0; round < JOURNEY_LIMITS.walkSteps; round++) {
      const due = this.#live().filter(([, { dueAt }]) => dueAt !== null && dueAt <= until);
      if (due.length === 0) return;
      for (const [atom, run] of due) this.#walk(atom, run, { type: "time" });
    }
  }

  /** Enters journeys whose date has come; when the next ones come. */
  #dates(): readonly Instant[] {
    const next: Instant[] = [];
    for (const journey of this.#journeys.byDate) {
      const { entry } = journey.plan.draft;
      if (entry.type !== "date") continue;
      const value = knowledgeOf(this.#atoms).traits[entry.trait]?.[0];
      const { last, following } = occurrenceOf(entry, value, this.#zone(), this.#now);
      const entered = this.#enteredBefore(journey.journey);
      if (last !== null && last >= journey.liveAt && last > this.#now - JOURNEY_LIMITS.eventAgeMsMax && entered.at < last)
        this.#enter(journey, this.#root.id, { date: new Date(last).toISOString() }, "", { type: "date", trait: entry.trait, at: last });
      if (following !== null) next.push(following);
    }
    return next;
  } // prettier-ignore

  #enter(journey: JourneyInForce, atomId: AtomId, context: JsonObject, key: string, because: JsonObject): void {
    const { draft } = journey.plan;
    const entered = this.#enteredBefore(journey.journey);
    const known = this.#known(journey);
    const answer = mayEnter(
      {
        draft, journey: journey.journey, workspace: this.#root.workspace, customer: known.customer, context, key, entered,
        live: this.#live().map(([, run]) => run),
        inAudience: () => draft.audience === undefined || known.holds(journey.plan.rules.get("audience")!),
        globalHoldoutRatio: this.#journeys.globalHoldoutRatio,
      },
      this.#now,
    ); // prettier-ignore
    if (answer.type === "refused") return this.#count(journey.version, "$entry", answer.reason);
    const atom = this.#asked.directory.atoms.get(atomId) ?? this.#root;
    const begunAt = typeof because["at"] === "number" ? Math.min(because["at"], this.#now) : this.#now;
    const first = begun(nameOfRun(this.#now), journey.journey, journey.version, answer.key, draft, context, begunAt, this.#now);
    const { event, at } = because as { readonly event?: string; readonly at?: Instant };
    const run: Run = { ...first, context: { ...first.context, ...(event !== undefined && at !== undefined && { entry: { event, at } }) } };
    this.#remember(atom, journey.journey, answer.key);
    const told = { journey: journey.journey, name: journey.name, version: journey.version, run: run.id, because, ...(answer.key !== "" && { key: answer.key }) };
    if (answer.type === "held_out") {
      this.#count(journey.version, "$entry", "held_out");
      this.#tell("$journey.held_out", told);
      this.#made.runs.set(run.id, this.#changeOf(atom, run, { state: "held_out", detail: "Kept out to measure the others against." }));
      return;
    }
    this.#count(journey.version, "$entry", "entered");
    this.#tell("$journey.entered", told);
    this.#set(atom, null, run);
    this.#walk(atom, run, { type: "began" }, because);
  } // prettier-ignore

  #walk(atom: CustomerAtom, run: Run, cause: Cause, because?: JsonObject): void {
    const journey = this.#journeys.byVersion.get(run.version);
    if (!journey) return;
    // Its place may be another's by now: a walk before this one may have ended it.
    if (!this.#live().some(([, live]) => live.id === run.id)) return;
    const walked = walk(journey.plan, run, cause, this.#known(journey), this.#now);
    if (walked.run === run) return;
    this.#set(atom, run, walked.run);
    this.#made.runs.set(run.id, this.#changeOf(atom, walked.run ?? run, walked.end));
    for (const { step, path } of walked.passed) this.#count(run.version, step, path);
    const why = because ?? reasonOf(cause);
    const { entry, priority } = journey.plan.draft;
    // Those who came in together are sent to together, but for what somebody does on the way.
    const toMany = (entry.type === "batch" || entry.type === "schedule") && cause.type !== "happened";
    for (const effect of walked.effects)
      this.#made.asked.push({ workspace: atom.workspace, atom: atom.id, run: walked.run ?? run, priority, effect, because: why, toMany });
    for (const { name, properties } of walked.told) {
      this.#tell(`$journey.${name}`, properties);
      this.#learn(run, name, properties);
    }
  } // prettier-ignore

  #learn({ version, context }: Run, name: string, properties: JsonObject): void {
    if (name === "decided" && properties["by"] === "learning")
      this.#made.exposed.push({ version, step: textOf(properties["step"]) ?? "", arm: textOf(properties["chosen"]) ?? "", converted: false }); // prettier-ignore
    const chosen = context["chosen"] as { readonly [step: string]: string } | undefined;
    if (name === "goal_reached" && chosen)
      for (const [step, arm] of Object.entries(chosen)) this.#made.exposed.push({ version, step, arm, converted: true }); // prettier-ignore
  }

  #known(journey: JourneyInForce): Known {
    const facts = factsOf(this.#atoms, this.#force, stageOf(this.#atoms, this.#force), this.#asked.accountsOf(this.#root.id)); // prettier-ignore
    const zone = this.#zone;
    const { hours: shared, policy } = this.#journeys;
    return {
      customer: customerIdOf(this.#root.id),
      holds: (node, vars) => match(node, vars ? withVars(facts, vars) : facts, this.#now).matches,
      trait: (name) => facts.trait(name),
      inSegment: (id) =>
        this.#atoms.some(({ standing }) => Object.keys(standing.data.s).some((version) => this.#force.byVersion.get(version)?.segment === id)),
      // Few steps ask for it, and whoever asks has the customer's document read.
      zone,
      hours: () => hoursOf(facts.trait(HOURS_TRAIT), facts.stage, shared),
      leavesBy: (message) => leavesByHours(message, policy, zone()),
      arms: (step) => this.#asked.armsOf(journey.version, step),
    };
  } // prettier-ignore

  #zone = (): string => zoneOf(knowledgeOf(this.#atoms), this.#atoms.flatMap(({ identifiers }) => identifiers))?.name ?? this.#journeys.zone; // prettier-ignore

  #enteredBefore(journey: number): Entered {
    return enteredBy(this.#atoms.map(({ standing }) => standing.data.e), journey);
  } // prettier-ignore

  #remember({ standing }: CustomerAtom, journey: number, key: string): void {
    const data = standing.change();
    data.e = withEntry(data.e, journey, key, this.#now);
  }

  /** Puts `to` in the place of `from` among the atom's runs. */
  #set({ standing }: CustomerAtom, from: Run | null, to: Run | null): void {
    const left = ((standing.data.j ?? []) as readonly Run[]).filter(({ id }) => id !== from?.id);
    standing.change().j = (to ? [...left, to] : left) as readonly Json[];
  }

  #changeOf = (atom: CustomerAtom, run: Run, end: { state: RunEnd; detail: string } | null): RunChange => ({
    workspace: atom.workspace,
    atom: atom.id,
    run,
    end,
  });

  #count(version: number, step: string, path: string): void {
    const name = `${version}\u0001${step}\u0001${path}`;
    this.#made.passed.set(name, (this.#made.passed.get(name) ?? 0) + 1);
  }

  #tell(name: string, properties: JsonObject): void {
    const { own } = this.#asked.effects;
    const event = ownEvent(this.#root, name, properties, this.#now, own.length);
    own.push({ atom: this.#root.id, event });
    if (this.#force.tracksOf(event).length === 0) return;
    tellTracks(this.#force, this.#root.standing.change().t as { [track: string]: TrackState }, event);
    this.#toldRules = true;
  }
}
