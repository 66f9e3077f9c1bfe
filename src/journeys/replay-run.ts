/**
 * One customer rehearsing a journey: what happened to them is told event by event, and between events time passes. The
 * rules are those of live traffic (mayEnter, walk, match, judge), so what comes out is what would have come out; only
 * that nothing is stored and nothing leaves. No clock, no chance, no I/O.
 *
 * It goes as the worker goes (advance.ts): rules are asked first, then what happened is offered to the runs, then who
 * enters, then time. Messages are settled at once, webhooks are taken to answer, and tasks that nobody did stay undone.
 */
import { absorb, nothing } from "../customers/fold.ts";
import { told } from "../customers/told.ts";
import type { Event } from "../events/model.ts";
import { happeningOf, productsOf } from "../messages/happenings.ts";
import { judge } from "../messages/judge.ts";
import type { Contact, Recipient } from "../permission/model.ts";
import { leavesByHours } from "../permission/allow.ts";
import { recipientOf, zoneOf } from "../permission/recipient.ts";
import { valueAt } from "../segments/compare.ts";
import { type Facts, match } from "../segments/match.ts";
import { type Track, type TrackState, itemOf, tell } from "../segments/track.ts";
import { type AtomId, type Instant, type JsonObject, customerIdOf } from "../values.ts";
import { HOURS_TRAIT, hoursOf } from "./best-time.ts";
import { eventOfCall } from "./call-rules.ts";
import { causeOf } from "./concern.ts";
import { occurrenceOf } from "./dates.ts";
import { type Entered, NEVER_ENTERED, begun, enteredOnce, mayEnter } from "./enter.ts";
import { JOURNEY_LIMITS, type Run } from "./model.ts";
import { type Entry, type Note, type Person, type Waiting, ownHappening } from "./replay-note.ts";
import { REPLAY_LIMITS } from "./replay-model.ts";
import type { Play } from "./replay-plan.ts";
import { type Cause, type Effect, type Known, triggers, walk } from "./walk.ts";

type Call = Extract<Effect, { type: "webhook" | "update" | "audience" }>;

export class Rehearsal {
  readonly #play: Play;
  readonly #person: Person;
  readonly notes: Note[] = [];
  readonly #knowledge = nothing();
  readonly #states = new Map<string, TrackState>();
  readonly #facts: Facts;
  readonly #known: Known;
  readonly #in = new Set<number>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #calls: Call[] = [];
  readonly #contacts: (Contact & { readonly message: string })[] = [];
  readonly #before: readonly (Contact & { readonly message: string })[];
  readonly #entries: Entry[] = [];
  #runs: readonly Run[] = [];
  #entered: Entered = NEVER_ENTERED;
  #now: Instant;
  #stage: string | null;
  #zone: string | null = null;
  #recipient: Recipient | null = null;
  #exists = false;
  #turnsAt: Instant = Infinity;
  #dateAt: Instant = Infinity;
  #round = 0;
  #toldRules = false;
  #rounds = 0;

  constructor(play: Play, person: Person) {
    this.#play = play;
    this.#person = person;
    this.#now = play.from;
    this.#before = person.contacts.map((one) => ({ ...one, message: "" }));
    this.#stage = play.firstStage;
    const [knowledge, states, stage, zone] = [this.#knowledge, this.#states, () => this.#stage, () => this.#zoneNow()];
    this.#facts = {
      track: (key) => states.get(key), trait: (name) => knowledge.traits[name]?.[0], accountTraits: () => [],
      consent: (channel, purpose) => knowledge.consents[`${channel} ${purpose}`]?.answer,
      channels: () => knowledge.channels,
      accountMatches: (key) => person.accounts.has(key),
      get stage() { return stage(); },
    };
    this.#known = {
      customer: customerIdOf(person.customer),
      holds: (node) => match(node, this.#facts, this.#now).matches,
      trait: (name) => knowledge.traits[name]?.[0],
      inSegment: (id) => this.#in.has(id),
      zone,
      hours: () => hoursOf(knowledge.traits[HOURS_TRAIT]?.[0], stage(), play.hours ?? null),
      leavesBy: (message) => leavesByHours(message, play.policy, zone()),
      arms: () => [],
    };
  } // prettier-ignore

  /** Live runs, as they stand. */
  get runs(): readonly Run[] {
    return this.#runs;
  }

  /** Messages that wait until they may leave. */
  get waiting(): readonly { readonly id: string; readonly step: string; readonly dueAt: Instant }[] {
    return [...this.#waiting.values()];
  }

  /** When time alone next does something; Infinity: never. */
  get dueAt(): Instant {
    let next = Math.min(this.#turnsAt, this.#dateAt, this.#play.rounds?.at[this.#round] ?? Infinity);
    for (const { dueAt } of this.#runs) if (dueAt !== null && dueAt < next) next = dueAt;
    for (const { dueAt } of this.#waiting.values()) if (dueAt < next) next = dueAt;
    return next;
  }

  /** Tells what happened before the period. */
  before(event: Event): void {
    this.#exists = true;
    this.#tell(event);
  }

  /** Begins the period: who is in a segment by then did not just enter it. */
  begin(): void {
    this.#ask(false);
    this.#dates();
  }

  /** Time passes until the event happens, and it happens. Events come in order. */
  happen(event: Event): void {
    this.pass(event.happenedAt);
    this.#exists = true;
    this.#batch(event.happenedAt, [event]);
    this.#settle();
  }

  /** Time passes; whatever it brings at `until` has happened then. */
  pass(until: Instant): void {
    for (let at = this.dueAt; at <= until; at = this.dueAt) {
      if (++this.#rounds > REPLAY_LIMITS.turnsMax) return;
      this.#batch(Math.max(at, this.#now), []);
      this.#settle();
    }
    this.#now = Math.max(this.#now, until);
  }

  /** Somebody comes in whom a person, a system or a schedule put in front of the journey. */
  enter(context: JsonObject, key: string): void {
    this.#enter(context, key);
    this.#settle();
  }

  /** A task or call came to its end. */
  settle(id: string, outcome: string, answer: JsonObject): void {
    for (const run of this.#runs) this.#walk(run, { type: "settled", id, outcome, answer });
    this.#settle();
  }

  /** What the worker does with one batch at one instant. */
  #batch(now: Instant, events: readonly Event[]): void {
    this.#now = now;
    for (const event of events) this.#tell(event);
    const own = this.#ask(true);
    for (const event of events) this.#happened(event);
    for (const event of own) this.#happened(event);
    this.#comeRounds();
    this.#time(now);
    this.#dates();
    if (!this.#toldRules) return;
    this.#toldRules = false;
    this.#batch(now, []);
  }

  #tell(event: Event): void {
    const { tracksOf, tracksOfAny, knowledge, asksChannels } = this.#play;
    this.#tellTracks(tracksOf.get(event.name), event);
    this.#tellTracks(tracksOfAny, event);
    if (event.name === "$stage.changed" && typeof event.properties?.["stage"] === "string")
      this.#stage = event.properties["stage"];
    const identified = event.type === "identify";
    if (!identified && !asksChannels && !knowledge.has(event.name) && (event.consents?.length ?? 0) === 0)
      return;
    absorb(this.#knowledge, told(event));
    this.#recipient = null;
    if (identified) this.#zone = null;
  }

  #tellTracks(tracks: readonly Track[] | undefined, event: Event): boolean {
    let any = false;
    for (const { key, spec } of tracks ?? []) {
      const item = itemOf(spec, event);
      if (item !== null) this.#states.set(key, tell(spec, this.#states.get(key), item));
      any ||= item !== null;
    }
    return any;
  }

  /** Asks the rules of watched segments; what turned, as events of our own. */
  #ask(tells: boolean): readonly Event[] {
    const own: Event[] = [];
    let next = Infinity;
    for (const { id, root, holdsNobody } of this.#play.watched) {
      if (holdsNobody && !this.#exists) continue;
      const { matches, turnsAt } = match(root, this.#facts, this.#now);
      next = Math.min(next, turnsAt ?? Infinity);
      if (matches === this.#in.has(id)) continue;
      if (matches) this.#in.add(id);
      else this.#in.delete(id);
      if (!tells) continue;
      this.notes.push({ at: this.#now, type: "segment", segment: id, entered: matches });
      own.push(this.#own(`$segment.${matches ? "entered" : "left"}`, { segment: id }));
    }
    this.#turnsAt = next;
    return own;
  }

  #own = (name: string, properties: JsonObject): Event =>
    ownHappening(this.#play.workspace, name, properties, this.#now);

  #happened(event: Event): void {
    this.#time(Math.min(event.happenedAt, this.#now));
    const cause = causeOf(event);
    for (const run of this.#runs) this.#walk(run, cause);
    this.#convert(event);
    const { entry } = this.#play.plan.draft;
    if ((entry.type === "event" || entry.type === "segment") && triggers(entry, event))
      this.#enter(event.properties ?? {}, "");
  }

  /** Whether somebody who came in has reached the goal with this event, whatever became of the run. */
  #convert(event: Event): void {
    const { goal } = this.#play.plan.draft;
    if (!goal || this.#entries.length === 0 || !triggers(goal.when, event)) return;
    for (const entry of this.#entries) {
      if (entry.converted || event.happenedAt > entry.enteredAt + goal.withinMs) continue;
      entry.converted = true;
      const worth = goal.value === undefined ? undefined : valueAt(event.properties, goal.value);
      this.notes.push({ at: this.#now, type: "converted", run: entry.run, value: typeof worth === "number" ? worth : 0, afterMessage: entry.sentAt !== null }); // prettier-ignore
    }
  }

  /** All members of the segment come in whose time this is. */
  #comeRounds(): void {
    const { rounds } = this.#play;
    for (; rounds && (rounds.at[this.#round] ?? Infinity) <= this.#now; this.#round++)
      if (this.#in.has(rounds.segment)) this.#enter({}, "");
  }

  #time(until: Instant): void {
    for (let round = 0; round < JOURNEY_LIMITS.walkSteps; round++) {
      const due = this.#runs.filter(({ dueAt }) => dueAt !== null && dueAt <= until);
      if (due.length === 0) return;
      for (const run of due) this.#walk(run, { type: "time" });
    }
  }

  #dates(): void {
    const { entry } = this.#play.plan.draft;
    if (entry.type !== "date") return;
    const value = this.#knowledge.traits[entry.trait]?.[0];
    const { last, following } = occurrenceOf(entry, value, this.#zoneNow(), this.#now);
    this.#dateAt = following ?? Infinity;
    if (last !== null && last >= this.#play.from && last > this.#now - JOURNEY_LIMITS.eventAgeMsMax && this.#entered.at < last)
      this.#enter({ date: new Date(last).toISOString() }, "", last);
  } // prettier-ignore

  /** `begunAt`: when what brings them in happened. */
  #enter(context: JsonObject, key: string, begunAt: Instant = this.#now): void {
    const { plan, journey, workspace, globalHoldoutRatio } = this.#play;
    const { draft } = plan;
    const answer = mayEnter(
      {
        draft, journey, workspace, customer: this.#known.customer, context, key, entered: this.#entered, live: this.#runs, globalHoldoutRatio,
        inAudience: () => draft.audience === undefined || this.#known.holds(plan.rules.get("audience")!),
      },
      this.#now,
    ); // prettier-ignore
    const at = this.#now;
    if (answer.type === "refused") return void this.notes.push({ at, type: "refused", reason: answer.reason }); // prettier-ignore
    const n = this.#entered.n + 1;
    const run = begun(String(n), journey, 0, answer.key, draft, context, begunAt, at);
    this.#entered = enteredOnce(this.#entered, answer.key, at);
    const type = answer.type === "held_out" ? answer.type : "entered";
    this.notes.push({ at, type, run: n, key: answer.key, begunAt });
    this.#tellOwn(`$journey.${type}`, { journey });
    if (answer.type === "held_out") return;
    this.#entries.push({ run: n, enteredAt: begunAt, sentAt: null, converted: false });
    this.#runs = [...this.#runs, run];
    this.#walk(run, { type: "began" });
  }

  #walk(run: Run, cause: Cause): void {
    // A walk before this one may have ended it.
    if (!this.#runs.includes(run)) return;
    const walked = walk(this.#play.plan, run, cause, this.#known, this.#now);
    if (walked.run === run) return;
    const [at, n] = [this.#now, Number(run.id)];
    const { run: to } = walked;
    this.#runs = this.#runs.flatMap((one) => (one !== run ? [one] : to ? [to] : []));
    for (const { step, path } of walked.passed) this.notes.push({ at, type: "passed", run: n, step, path });
    // A run that ends with the answer to what it waited for names that still.
    const answered = cause.type === "settled" ? cause.id : null;
    for (const effect of walked.effects)
      if (effect.type !== "cancel" || !("id" in effect.blocker) || effect.blocker.id !== answered)
        this.#asked(effect, walked.run ?? run);
    if (walked.end) {
      const step = walked.told.find(({ name }) => name === "left")?.properties["step"];
      this.notes.push({ at, type: "ended", run: n, step: typeof step === "string" ? step : run.at, ...walked.end }); // prettier-ignore
    }
    for (const { name, properties } of walked.told) this.#tellOwn(`$journey.${name}`, properties);
  }

  /** What journeys tell is asked by rules only where one names it. */
  #tellOwn(name: string, properties: JsonObject): void {
    const tracks = this.#play.tracksOf.get(name);
    if (tracks && this.#tellTracks(tracks, this.#own(name, properties))) this.#toldRules = true;
  }

  #asked(effect: Effect, run: Run): void {
    const [at, n] = [this.#now, Number(run.id)];
    if (effect.type === "cancel") return this.#cancel(effect.blocker, n);
    const step = "step" in effect ? effect.step : run.at;
    this.notes.push({ at, type: "asked", run: n, step, id: effect.id, what: effect.type });
    if (effect.type === "task") return;
    if (effect.type !== "message") return void this.#calls.push(effect);
    const { channel, purpose, template, tags, expiresMs, else: otherwise } = effect.asked;
    const { priority } = this.#play.plan.draft;
    this.#waiting.set(effect.id, {
      id: effect.id, run, step, channel, purpose, template, dueAt: at, expiresAt: at + expiresMs,
      asked: { tags, products: effect.products, priority, else: otherwise, context: run.context, why: {} },
    }); // prettier-ignore
  }

  #cancel(blocker: Extract<Effect, { type: "cancel" }>["blocker"], run: number): void {
    if (blocker.type === "time" || blocker.type === "trigger") return;
    const { id, type: what } = blocker;
    const held = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.notes.push({ at: this.#now, type: "cancelled", run, step: held?.step ?? "", id, what });
  }

  /** Everything asked of the world is done: calls answer, and messages that are due leave, wait or are refused. */
  #settle(): void {
    for (let round = 0; round < JOURNEY_LIMITS.walkSteps; round++) {
      const call = this.#calls.shift();
      if (call) {
        this.#batch(this.#now, [this.#answered(call)]);
        continue;
      }
      const due = [...this.#waiting.values()].filter(({ dueAt }) => dueAt <= this.#now);
      if (due.length === 0) return;
      const events = this.#judge(due.filter(({ channel }) => channel === due[0]!.channel));
      if (events.length > 0) this.#batch(this.#now, events);
    }
  }

  #answered(call: Call): Event {
    const { workspace, journey } = this.#play;
    const what = call.type === "update" ? { traits: call.traits } : call.type === "audience" ? { audience: call.asked.audience, change: call.asked.change } : {}; // prettier-ignore
    const body = { ...what, journey };
    const atom = this.#person.customer as AtomId;
    return eventOfCall({ id: call.id, workspace, atom, kind: call.type, body, state: "done", answer: {}, detail: null, dueAt: this.#now, settledAt: this.#now }); // prettier-ignore
  }

  #judge(due: readonly Waiting[]): readonly Event[] {
    const { policy } = this.#play;
    const { address, suppressed } = this.#person;
    const at = this.#now;
    const before = this.#before.filter((one) => one.at <= at);
    const contacts = before.length === 0 ? this.#contacts : [...before, ...this.#contacts];
    const recipient = this.#recipientNow();
    const events: Event[] = [];
    const known = { ...recipient, contacts, address, suppressed };
    for (const { message, answer } of judge(due, known, policy, at)) {
      const { id, run, step, channel, purpose, asked, template } = message;
      this.notes.push({ at, type: "message", run: Number(run.id), step, id, answer, zone: this.#zoneNow() });
      if (answer.type === "later") {
        this.#waiting.set(id, { ...message, dueAt: answer.at });
        continue;
      }
      this.#waiting.delete(id);
      const left = answer.type === "allowed";
      if (left) {
        this.#contacts.push({ at, channel, purpose, tags: asked.tags, message: id });
        const entry = this.#entries.find((one) => one.run === Number(run.id));
        if (entry) entry.sentAt ??= at;
      }
      const about = { id, workspace: this.#play.workspace, atom: this.#person.customer as AtomId, journey: run.journey, version: run.version, step, template, channel, purpose }; // prettier-ignore
      const more = left ? productsOf(asked.products) : { reason: answer.reason };
      events.push(happeningOf(about, left ? "sent" : "refused", at, more));
    }
    return events;
  }

  /** The customer as permission asks of them, made once for as long as nothing new is known. */
  #recipientNow(): Recipient {
    const { preferences, identifiers, stock } = this.#person;
    const given = { address: null, suppressed: null, contacts: [], upcoming: [], preferences, stock, identifiers }; // prettier-ignore
    return (this.#recipient ??= recipientOf([this.#knowledge], given));
  }

  #zoneNow(): string {
    return (this.#zone ??= zoneOf(this.#knowledge, this.#person.identifiers)?.name ?? this.#play.policy.zone);
  }
}
