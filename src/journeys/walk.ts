/**
 * How a run moves: from a journey's plan, the run as it stands, and what happened, to the run as it stands then and what
 * is asked of the world. Pure, total and bounded; the same function serves live traffic, test runs and replays of history.
 *
 * What happened is offered in order: does the goal or an exit end the run, is it what the step waits for, is it what a
 * later step will wait for. Then the run passes steps until one waits or the run ends.
 */
import { arm } from "../experiments/assign.ts";
import { choose } from "../experiments/bandit.ts";
import type { Event } from "../events/model.ts";
import type { MessageChannel } from "../permission/model.ts";
import { nextLocal } from "../permission/zone.ts";
import { dateOf, passes, textOf, valueAt } from "../segments/compare.ts";
import type { Node } from "../segments/plan.ts";
import type { Instant, Json, JsonObject } from "../values.ts";
import { bestTimeOf } from "./best-time.ts";
import { drawsOf } from "./chance.ts";
import { type Blocker, JOURNEY_LIMITS, type Run, type RunEnd, type Step, type Trigger } from "./model.ts";
import type { PlannedJourney } from "./plan.ts";
import { textOfTrigger } from "./ways.ts";

type Of<Type extends Step["type"]> = Extract<Step, { type: Type }>;
/** What a walk may know of the customer. */
export type Known = {
  readonly customer: string;
  /** Whether a rule of the journey holds now. In branches and choices a trait \`vars.x\` is what a webhook answered as \`x\`. */
  holds(node: Node, vars?: JsonObject): boolean;
  trait(name: string): Json | undefined;
  inSegment(id: number): boolean;
  /** An IANA name. */
  zone(): string;
  /** When the customer is likely to be there, as best-time.ts tells it; null: nothing is known. */
  hours(): string | null;
  /** Whether the policy's hours let such a message leave at an instant. */
  leavesBy(message: { readonly channel: MessageChannel; readonly purpose: string }): (at: Instant) => boolean;
  /** What the candidates of a step showed so far. */
  arms(step: string): readonly { readonly key: string; readonly shown: number; readonly converted: number }[];
};
/** What moves a run. */
export type Cause =
  | { readonly type: "began" }
  | { readonly type: "time" }
  | { readonly type: "happened"; readonly event: Event }
  /** A message, task or call came to its end: `outcome` names how. */
  | { readonly type: "settled"; readonly id: string; readonly outcome: string; readonly answer: JsonObject }
  | { readonly type: "stopped"; readonly end: RunEnd; readonly detail: string };
/** What a run asks of the world. Ids are made of the run and the step's turn: asked twice is done once. */
export type Effect =
  | { readonly type: "message"; readonly id: string; readonly step: string; readonly asked: Of<"message">; readonly products: readonly string[] }
  | { readonly type: "task"; readonly id: string; readonly step: string; readonly asked: Of<"task"> }
  | { readonly type: "webhook"; readonly id: string; readonly step: string; readonly asked: Of<"webhook"> }
  | { readonly type: "update"; readonly id: string; readonly traits: JsonObject }
  | { readonly type: "audience"; readonly id: string; readonly asked: Of<"audience"> }
  /** The run ended: what it still waits for is not wanted any more. */
  | { readonly type: "cancel"; readonly blocker: Blocker }; // prettier-ignore
/** Something to tell as an event of our own, `name` without `$journey.`. */
export type Told = {
  readonly name: "left" | "goal_reached" | "split" | "decided";
  readonly properties: JsonObject;
};
export type Walked = {
  /** Null: it ended. */
  readonly run: Run | null;
  readonly end: { readonly state: RunEnd; readonly detail: string } | null;
  readonly effects: readonly Effect[];
  /** The steps passed and the ways out of them, in order. */
  readonly passed: readonly { readonly step: string; readonly path: string }[];
  readonly told: readonly Told[];
};

/** Moves `run` by `cause` at `now`. A cause that does not concern it leaves it as it is. Never throws. */
export function walk(plan: PlannedJourney, run: Run, cause: Cause, known: Known, now: Instant): Walked {
  return new Walk(plan, run, known, now).run(cause);
}

/** Whether `event` is what a trigger waits for. */
export function triggers(trigger: Trigger, event: Event): boolean {
  if (trigger.type === "segment")
    return (
      event.key === 0 &&
      event.name === `$segment.${trigger.on}` &&
      event.properties?.["segment"] === trigger.id
    );
  if (trigger.event !== event.name) return false;
  return trigger.where.every(({ property, is }) => passes(is, propertyOf(event, property), event.happenedAt));
}
function propertyOf(event: Event, path: string): Json | undefined {
  if (path === "$channel") return event.channel;
  return path === "$touchpoint" ? event.touchpoint : valueAt(event.properties, path);
}

class Walk {
  readonly #plan: PlannedJourney;
  readonly #known: Known;
  readonly #now: Instant;
  #run: Run;
  #end: Walked["end"] = null;
  /** Whether the cause moved the run off its step. */
  #moves = false;
  #steps = 0;
  readonly #effects: Effect[] = [];
  readonly #passed: { step: string; path: string }[] = [];
  readonly #told: Told[] = [];

  constructor(plan: PlannedJourney, run: Run, known: Known, now: Instant) {
    this.#plan = plan;
    this.#run = run;
    this.#known = known;
    this.#now = now;
  }

  run(cause: Cause): Walked {
    if (cause.type === "began") this.#moves = true;
    else this.#offer(cause);
    if (this.#moves) while (this.#end === null && this.#perform());
    return {
      run: this.#end === null ? this.#run : null,
      end: this.#end,
      effects: this.#effects,
      passed: this.#passed,
      told: this.#told,
    };
  }

  #offer(cause: Exclude<Cause, { type: "began" }>): void {
    if (cause.type === "stopped") this.#finish(cause.end, cause.detail);
    else if (cause.type === "happened") this.#happened(cause.event);
    else if (cause.type === "settled") this.#settled(cause);
    else if (this.#run.dueAt !== null && this.#run.dueAt <= this.#now) this.#timeCame();
  }

  #happened(event: Event): void {
    if (event.happenedAt < this.#run.enteredAt) return;
    const { goal, exits } = this.#plan.draft;
    if (goal && triggers(goal.when, event) && event.happenedAt <= this.#run.enteredAt + goal.withinMs) {
      this.#tellGoal("goal", "goal", event);
      if (goal.ends) return this.#finish("goal", `${event.name} happened.`);
    }
    const exit = exits.find((one) => triggers(one, event));
    if (exit) return this.#finish("exited", `${event.name} happened.`);
    for (const [text, trigger] of this.#plan.awaited)
      if (triggers(trigger, event))
        this.#note(text, Math.min(event.happenedAt, this.#run.seen[text] ?? Infinity));
    const step = this.#step();
    if (step.type === "wait_until") this.#pass(this.#pathSeen(step));
    // A date that was told anew is waited for anew.
    else if (
      step.type === "wait_date" &&
      event.type === "identify" &&
      event.traits &&
      step.trait in event.traits
    )
      this.#moves = true;
  }

  /** Notes when something was first seen; keys of triggers are JSON, so no other kind of key is one. */
  #note(key: string, at: Instant): void {
    this.#run = { ...this.#run, seen: { ...this.#run.seen, [key]: at } };
  }

  /** Tells a goal once; `key` keeps the journey's own apart from a step's of the same name. */
  #tellGoal(key: string, name: string, event: Event | null): void {
    if (key in this.#run.seen) return;
    this.#note(key, this.#now);
    const worth = event && this.#plan.draft.goal?.value !== undefined ? valueAt(event.properties, this.#plan.draft.goal.value) : undefined; // prettier-ignore
    this.#tell("goal_reached", { goal: name, ...(typeof worth === "number" && { value: worth }) });
  }

  #settled({ id, outcome, answer }: Extract<Cause, { type: "settled" }>): void {
    const { blocker } = this.#run;
    if (blocker.type === "time" || blocker.type === "trigger" || blocker.id !== id) return;
    const step = this.#step();
    if (step.type === "message") {
      const left = outcome === "sent" || outcome === "unknown";
      this.#pass(left || step.refused === undefined ? ["next", step.next] : ["refused", step.refused]);
    } else if (step.type === "task") {
      const taken = step.outcomes.find((one) => one.outcome === outcome);
      this.#pass(taken ? [taken.outcome, taken.next] : ["next", step.next]);
    } else if (step.type === "webhook") {
      if (outcome === "done") this.#keep(answer);
      this.#pass(outcome === "done" || step.failed === undefined ? ["next", step.next] : ["failed", step.failed]); // prettier-ignore
    }
  }

  /** Keeps what a webhook answered, as far as there is room. */
  #keep(answer: JsonObject): void {
    const vars = { ...(this.#run.context["vars"] as JsonObject | undefined), ...answer };
    const context = { ...this.#run.context, vars };
    if (JSON.stringify(context).length <= JOURNEY_LIMITS.contextBytesMax) this.#run = { ...this.#run, context };
  } // prettier-ignore

  #timeCame(): void {
    const step = this.#step();
    // A message whose best time has come is asked for.
    if (step.type === "wait_date" || step.type === "message") this.#moves = true;
    else if (step.type === "wait_time") this.#passTime(step);
    else if ("next" in step) this.#pass(["next", step.next]);
  }

  /** Performs the step it stands at; whether it went on. */
  #perform(): boolean {
    if (++this.#steps > JOURNEY_LIMITS.walkSteps || this.#run.passed > JOURNEY_LIMITS.runSteps)
      return (this.#finish("failed", "It came back to the same steps without ever waiting."), false);
    const step = this.#step();
    if (step.type === "message" || step.type === "webhook" || step.type === "task") return this.#ask(step);
    if (
      step.type === "wait" ||
      step.type === "wait_time" ||
      step.type === "wait_date" ||
      step.type === "wait_until"
    )
      return this.#wait(step);
    if (step.type === "branch" || step.type === "split" || step.type === "decide") return this.#choose(step);
    return this.#passAtOnce(step);
  }

  #wait(step: Of<"wait"> | Of<"wait_time"> | Of<"wait_date"> | Of<"wait_until">): boolean {
    if (step.type === "wait") return this.#waitFor(this.#now + step.ms);
    if (step.type === "wait_time") return this.#waitTime(step);
    return step.type === "wait_date" ? this.#waitDate(step) : this.#waitUntil(step);
  }

  #choose(step: Of<"branch"> | Of<"split"> | Of<"decide">): boolean {
    if (step.type === "branch") return this.#branch(step);
    return step.type === "split" ? this.#split(step) : this.#decide(step);
  }

  /** Steps that never wait and choose nothing. */
  #passAtOnce(step: Of<"update"> | Of<"audience"> | Of<"goal"> | Of<"jump"> | Of<"exit">): boolean {
    if (step.type === "exit") return (this.#finish("exited", step.reason), false);
    if (step.type === "jump") return this.#pass(["next", step.to]);
    if (step.type === "update") this.#effects.push({ type: "update", id: this.#nameOfEffect(), traits: step.traits });
    else if (step.type === "audience") this.#effects.push({ type: "audience", id: this.#nameOfEffect(), asked: step });
    else this.#tellGoal(`goal ${step.name}`, step.name, null);
    return this.#pass(["next", step.next]);
  } // prettier-ignore

  #ask(step: Of<"message"> | Of<"webhook"> | Of<"task">): boolean {
    const bestAt = step.type === "message" ? this.#bestTime(step) : null;
    if (bestAt !== null) return this.#stand({ type: "time" }, bestAt);
    const [id, at] = [this.#nameOfEffect(), this.#run.at];
    if (step.type === "message")
      this.#effects.push({ type: "message", id, step: at, asked: step, products: this.#productsOf(step) });
    else if (step.type === "webhook") this.#effects.push({ type: "webhook", id, step: at, asked: step });
    else {
      this.#effects.push({ type: "task", id, step: at, asked: step });
      if (step.outcomes.length === 0) return this.#pass(["next", step.next]);
    }
    const blocker: Blocker = { type: step.type === "webhook" ? "call" : step.type, id };
    const dueAt = step.type === "task" && step.maxMs !== null ? this.#now + step.maxMs : null;
    return this.#stand(blocker, dueAt);
  }

  /** Until when the message waits for the customer's best time; null: it is now, or came, or nothing is known. */
  #bestTime(step: Of<"message">): Instant | null {
    if (step.bestTimeMs === undefined || this.#run.dueAt !== null) return null;
    const hours = this.#known.hours();
    if (hours === null) return null;
    const at = bestTimeOf(hours, this.#known.zone(), this.#now, step.bestTimeMs, this.#known.leavesBy(step));
    return at > this.#now ? at : null;
  }

  #productsOf({ products }: Of<"message">): readonly string[] {
    const event = this.#run.context["event"] as JsonObject | undefined;
    return products.flatMap((path) => everyValueAt(event, path.split(".")).flatMap((value) => textOf(value) ?? [])).slice(0, 50); // prettier-ignore
  }

  #waitTime(step: Of<"wait_time">): boolean {
    const { minute, weekdays } = step;
    // Whoever comes round again within the minute waits for the next time: else a daily letter would go out all minute long.
    const passedAt = this.#run.seen[this.#nameOfTime()] ?? -Infinity;
    const after = Math.max(this.#now - 60_000, passedAt);
    const at = nextLocal(after, this.#known.zone(), { minute, ...(weekdays && { weekdays }) });
    return at <= this.#now ? this.#passTime(step) : this.#stand({ type: "time" }, at);
  }

  #passTime(step: Of<"wait_time">): boolean {
    this.#note(this.#nameOfTime(), this.#now);
    return this.#pass(["next", step.next]);
  }

  #waitDate(step: Of<"wait_date">): boolean {
    const date = dateOf(textOf(this.#known.trait(step.trait)));
    const at = date === null ? null : date + step.offsetMs;
    if (at !== null && at > this.#now) return this.#stand({ type: "time" }, at);
    // It came while the run waited for it, or it was over before.
    const waited = at !== null && this.#run.dueAt !== null && at >= this.#run.since;
    if (waited || step.missed === "continue") return this.#pass(["next", step.next]);
    this.#finish("exited", at === null ? `${step.trait} is no date.` : `${step.trait} is over.`);
    return false;
  }

  #waitUntil(step: Of<"wait_until">): boolean {
    const way = this.#pathSeen(step) ?? this.#pathAlready(step);
    if (way) return this.#pass(way);
    return this.#stand({ type: "trigger" }, step.maxMs === null ? null : this.#now + step.maxMs);
  }

  /** The way of the trigger that happened first; it is used up by that. */
  #pathSeen(step: Of<"wait_until">): readonly [string, string | null] | null {
    const { seen } = this.#run;
    let first: { at: Instant; i: number; text: string } | null = null;
    for (const [i, { when }] of step.paths.entries()) {
      const text = textOfTrigger(when);
      const at = seen[text];
      if (at !== undefined && (first === null || at < first.at)) first = { at, i, text };
    }
    if (first === null) return null;
    const { [first.text]: _, ...rest } = seen;
    this.#run = { ...this.#run, seen: rest };
    return [String(first.i), step.paths[first.i]!.next];
  }

  #pathAlready(step: Of<"wait_until">): readonly [string, string | null] | null {
    const i = step.paths.findIndex(({ when }) => when.type === "segment" && this.#known.inSegment(when.id) === (when.on === "entered")); // prettier-ignore
    return i === -1 ? null : [String(i), step.paths[i]!.next];
  }

  #branch(step: Of<"branch">): boolean {
    const i = step.paths.findIndex((_, n) => this.#known.holds(this.#rule(`steps/${this.#run.at}/paths/${n}/rule`), this.#vars())); // prettier-ignore
    return this.#pass(i === -1 ? ["next", step.next] : [String(i), step.paths[i]!.next]);
  }

  #split(step: Of<"split">): boolean {
    const key = arm(`${this.#run.journey}/${this.#run.at}`, this.#known.customer, step.paths);
    const taken = step.paths.find((path) => path.key === key)!;
    this.#tell("split", { step: this.#run.at, arm: key, holdout: taken.holdout });
    return this.#pass([key, taken.next]);
  }

  #decide(step: Of<"decide">): boolean {
    const { at, id } = this.#run;
    const open = step.candidates.filter(({ rule }, i) => rule === undefined || this.#known.holds(this.#rule(`steps/${at}/candidates/${i}/rule`), this.#vars())); // prettier-ignore
    const refused = step.candidates.filter((one) => !open.includes(one)).map(({ key }) => key);
    if (open.length === 0) return this.#pass(["next", step.next]);
    let chosen = open[0]!;
    let propensityRatio = 1;
    if (step.by === "priority") chosen = open.reduce((best, one) => (one.priority > best.priority ? one : best));
    if (step.by === "learning") {
      const known = new Map(this.#known.arms(at).map((one) => [one.key, one]));
      const choice = choose(open.map(({ key }) => known.get(key) ?? { key, shown: 0, converted: 0 }), drawsOf(`${id}/${this.#run.passed}`)); // prettier-ignore
      chosen = open.find(({ key }) => key === choice.key)!;
      propensityRatio = choice.propensityRatio;
      // Remembered, so that reaching the goal tells for it.
      const before = this.#run.context["chosen"] as JsonObject | undefined;
      this.#run = { ...this.#run, context: { ...this.#run.context, chosen: { ...before, [at]: chosen.key } } };
    }
    this.#tell("decided", { step: at, chosen: chosen.key, by: step.by, propensityRatio, refused });
    return this.#pass([chosen.key, chosen.next]);
  } // prettier-ignore

  #waitFor(at: Instant): boolean {
    if (at <= this.#now) return this.#pass(["next", (this.#step() as Of<"wait">).next]);
    return this.#stand({ type: "time" }, at);
  }

  #stand(blocker: Blocker, dueAt: Instant | null): false {
    this.#run = { ...this.#run, blocker, dueAt };
    return false;
  }

  /** Goes by a way out of the step it stands at; nothing where there is none. */
  #pass(way: readonly [path: string, next: string | null] | null): boolean {
    if (way === null) return false;
    const [path, next] = way;
    this.#moves = true;
    this.#passed.push({ step: this.#run.at, path });
    this.#run = { ...this.#run, passed: this.#run.passed + 1, dueAt: null };
    if (next === null) return (this.#finish("completed", ""), false);
    this.#run = { ...this.#run, at: next, since: this.#now };
    return true;
  }

  #finish(state: RunEnd, detail: string): void {
    const { blocker } = this.#run;
    if (blocker.type !== "time" && blocker.type !== "trigger")
      this.#effects.push({ type: "cancel", blocker });
    this.#end = { state, detail };
    this.#tell("left", { reason: state, step: this.#run.at });
  }

  #tell(name: Told["name"], properties: JsonObject): void {
    const { journey, version, id } = this.#run;
    this.#told.push({ name, properties: { journey, version, run: id, ...properties } });
  }

  #vars = (): JsonObject => (this.#run.context["vars"] ?? {}) as JsonObject;
  #step = (): Step => this.#plan.draft.steps[this.#run.at]!;
  #rule = (path: string): Node => this.#plan.rules.get(path)!;
  #nameOfTime = (): string => `time ${this.#run.at}`;
  #nameOfEffect = (): string => `${this.#run.id}-${this.#run.passed.toString(36)}`;
}

/** All values at a path, through lists. */
function everyValueAt(value: Json | undefined, path: readonly string[]): readonly Json[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap((one) => everyValueAt(one, path));
  if (path.length === 0) return [value];
  return typeof value === "object" && value !== null ? everyValueAt((value as JsonObject)[path[0]!], path.slice(1)) : []; // prettier-ignore
}
