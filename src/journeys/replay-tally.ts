/** Adds up what customers' rehearsals showed. Pure. */
import { type RefusalReason } from "../permission/model.ts";
import { localOf } from "../permission/zone.ts";
import { placeOf } from "../experiments/hash.ts";
import { type Instant, customerIdOf, isoOf } from "../values.ts";
import type { EntryRefusal, RunEnd } from "./model.ts";
import { waysOf } from "./ways.ts";
import { REPLAY_LIMITS, type ReplayResult } from "./replay-model.ts";
import type { Play } from "./replay-plan.ts";
import type { Note, Person } from "./replay-note.ts";
import type { Rehearsal } from "./replay-run.ts";
import { caveatsOf, lineOf } from "./replay-words.ts";

const WEEK_MS = 7 * 86_400_000;
/** Two-sided 95 %. */
const NORMAL_95 = 1.96;
type MessageCounts = {
  asked: number;
  left: number;
  delayed: number;
  cancelled: number;
  waiting: number;
  readonly refused: Map<RefusalReason, number>;
};
type Converted = { customers: number; value: number };
type Story = {
  readonly place: number;
  readonly customer: number;
  readonly lines: ReplayResult["stories"][number]["lines"];
};

/** The sums of one replay. */
export class Tally {
  readonly #play: Play;
  #considered = 0;
  #entries = 0;
  #customers = 0;
  #heldOut = 0;
  #messaged = 0;
  readonly #refusals = new Map<EntryRefusal, number>();
  readonly #reached = new Map<string, number>();
  readonly #stillIn = new Map<string, number>();
  readonly #paths = new Map<string, number>();
  readonly #ends = new Map<RunEnd, number>();
  readonly #messages = new Map<string, MessageCounts>();
  readonly #hours = Array.from({ length: 7 }, () => Array.from({ length: 24 }, () => 0));
  readonly #converted: Converted = { customers: 0, value: 0 };
  readonly #convertedAfter: Converted = { customers: 0, value: 0 };
  readonly #before = Array.from({ length: REPLAY_LIMITS.pressureMax + 1 }, () => 0);
  readonly #with = Array.from({ length: REPLAY_LIMITS.pressureMax + 1 }, () => 0);
  #stories: Story[] = [];
  /** Messages of the customer being added that had to wait. */
  readonly #delayed = new Set<string>();

  constructor(play: Play) {
    this.#play = play;
    for (const [id, step] of Object.entries(play.plan.draft.steps))
      if (step.type === "message")
        this.#messages.set(id, { asked: 0, left: 0, delayed: 0, cancelled: 0, waiting: 0, refused: new Map() });
  } // prettier-ignore

  /** Adds one customer's rehearsal, once it is over. */
  add(person: Person, rehearsal: Rehearsal): void {
    const { notes, runs, waiting } = rehearsal;
    const own = new Set<Note["type"]>(notes.map(({ type }) => type));
    if (!own.has("entered") && !own.has("held_out") && !own.has("refused")) return;
    this.#considered++;
    this.#delayed.clear();
    for (const note of notes) this.#note(note);
    for (const { at } of runs) up(this.#stillIn, at);
    for (const { step } of waiting) this.#messages.get(step)!.waiting++;
    if (own.has("entered") || own.has("held_out")) this.#tell(person, notes);
    if (!own.has("entered")) return;
    this.#customers++;
    this.#addConversions(notes);
    this.#addPressure(person, notes);
  }

  #note(note: Note): void {
    switch (note.type) {
      case "refused":
        return up(this.#refusals, note.reason);
      case "held_out":
        return void this.#heldOut++;
      case "entered":
        this.#entries++;
        return up(this.#reached, this.#play.plan.draft.start);
      case "passed":
        return this.#passed(note);
      case "ended":
        return up(this.#ends, note.state);
      case "asked":
        if (note.what === "message") this.#messages.get(note.step)!.asked++;
        return undefined;
      case "cancelled":
        return note.what === "message" && note.step !== "" ? void this.#messages.get(note.step)!.cancelled++ : undefined; // prettier-ignore
      case "message":
        return this.#message(note);
      case "converted":
      case "segment":
        return undefined;
    }
  }

  #passed({ step, path }: Extract<Note, { type: "passed" }>): void {
    up(this.#paths, `${step}/${path}`);
    const way = waysOf(this.#play.plan.draft.steps[step]!).find((one) => one.path === path);
    if (way && way.next !== null) up(this.#reached, way.next);
  }

  #message({ at, step, id, answer, zone }: Extract<Note, { type: "message" }>): void {
    const counts = this.#messages.get(step)!;
    if (answer.type === "refused") return up(counts.refused, answer.reason);
    if (answer.type === "later") {
      if (!this.#delayed.has(id)) counts.delayed++;
      this.#delayed.add(id);
      return;
    }
    counts.left++;
    const { weekday, minute } = localOf(at, zone);
    this.#hours[weekday - 1]![Math.floor(minute / 60)]!++;
  }

  #addConversions(notes: readonly Note[]): void {
    const of = notes.filter((note) => note.type === "converted");
    if (notes.some((note) => note.type === "message" && note.answer.type === "allowed")) this.#messaged++;
    addTo(this.#converted, of);
    addTo(this.#convertedAfter, of.filter(({ afterMessage }) => afterMessage)); // prettier-ignore
  }

  /** Messages in each week of the period, as it was and as it would have been. */
  #addPressure({ contacts }: Person, notes: readonly Note[]): void {
    const { from, until } = this.#play;
    const weeks = Math.max(1, Math.ceil((until - from) / WEEK_MS));
    const weekOf = (at: Instant): number => Math.floor((at - from) / WEEK_MS);
    const before = new Map<number, number>();
    for (const { at } of contacts) if (at >= from && at < until) up(before, weekOf(at));
    const all = new Map(before);
    for (const note of notes) if (note.type === "message" && note.answer.type === "allowed") up(all, weekOf(note.at)); // prettier-ignore
    for (const [of, into] of [[before, this.#before], [all, this.#with]] as const) {
      for (const n of of.values()) into[Math.min(n, REPLAY_LIMITS.pressureMax)]!++;
      into[0]! += weeks - of.size;
    }
  } // prettier-ignore

  /** Keeps a few stories, of the same customers each time. */
  #tell({ customer }: Person, notes: readonly Note[]): void {
    const place = placeOf("stories", customerIdOf(customer));
    const last = this.#stories.at(-1);
    if (this.#stories.length === REPLAY_LIMITS.stories && last && place >= last.place) return;
    const lines = notes
      .slice(0, REPLAY_LIMITS.linesPerStory)
      .map((note) => lineOf(note, this.#play.plan.draft));
    this.#stories = [...this.#stories, { place, customer, lines }]
      .toSorted((a, b) => a.place - b.place || a.customer - b.customer)
      .slice(0, REPLAY_LIMITS.stories);
  }

  /** All of it. `oneIn`: one of so many customers was rehearsed. */
  result(oneIn: number, eventsRead: number, tookMs: number): ReplayResult {
    const { plan, from, until } = this.#play;
    const { draft } = plan;
    const n = (count: number): number => count * oneIn;
    const share = Math.sqrt((1 - 1 / oneIn) / Math.max(1, this.#customers));
    const errorRatio = oneIn === 1 ? 0 : Math.min(1, NORMAL_95 * share);
    return {
      name: draft.name, from: isoOf(from), to: isoOf(until), eventsRead, tookMs: Math.round(tookMs),
      sampled: {
        oneIn, errorRatio,
        words: oneIn === 1 ? null : `One in ${oneIn} customers was replayed and the figures are scaled; the number who come in is off by no more than ${(100 * errorRatio).toFixed(1)} % with 95 % certainty.`,
      },
      customersConsidered: n(this.#considered), entries: n(this.#entries), customersEntered: n(this.#customers), heldOut: n(this.#heldOut),
      refusals: [...this.#refusals].map(([reason, count]) => ({ reason, n: n(count) })).toSorted((a, b) => b.n - a.n),
      steps: Object.entries(draft.steps).map(([step, of]) => ({
        step, reached: n(this.#reached.get(step) ?? 0), stillIn: n(this.#stillIn.get(step) ?? 0),
        paths: waysOf(of).map(({ path }) => ({ path, n: n(this.#paths.get(`${step}/${path}`) ?? 0) })),
      })),
      ends: [...this.#ends].map(([state, count]) => ({ state, n: n(count) })),
      messages: [...this.#messages].flatMap(([step, { refused, ...counts }]) => {
        const of = draft.steps[step]!;
        if (of.type !== "message") return [];
        return [{
          step, channel: of.channel, asked: n(counts.asked), left: n(counts.left), delayed: n(counts.delayed), cancelled: n(counts.cancelled), waiting: n(counts.waiting),
          refused: [...refused].map(([reason, count]) => ({ reason, n: n(count) })).toSorted((a, b) => b.n - a.n),
        }];
      }),
      leavingByHour: this.#hours.map((hours) => hours.map(n)),
      conversions: draft.goal
        ? { afterEntering: told(this.#converted, this.#customers, oneIn), afterMessage: told(this.#convertedAfter, this.#messaged, oneIn) }
        : null,
      pressure: this.#before.map((before, messages) => ({ messages, before: n(before), with: n(this.#with[messages]!) })),
      stories: this.#stories.map(({ customer, lines }) => ({ customerId: customerIdOf(customer), lines })),
      caveats: [...caveatsOf(this.#play, oneIn)],
    };
  } // prettier-ignore
}

function up<K>(map: Map<K, number>, key: K): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}

function addTo(into: Converted, notes: readonly Extract<Note, { type: "converted" }>[]): void {
  if (notes.length > 0) into.customers++;
  for (const { value } of notes) into.value += value;
}

const told = ({ customers, value }: Converted, of: number, oneIn: number) => ({
  customers: customers * oneIn,
  ratio: of === 0 ? null : customers / of,
  value: value * oneIn,
});
