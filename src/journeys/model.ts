/**
 * A journey: a designed plan over time for one customer, as JSON. A *run* is one customer in one journey. The rule that
 * moves a run is walk.ts; what is said here is only what a journey may look like.
 *
 * `next: null` ends the run as completed. Durations end in Ms, times of day are minutes after midnight in the customer's zone.
 */
import { z } from "zod";
import { MESSAGE_LIMITS, MessageDraft } from "../messages/model.ts";
import { MessageChannel } from "../permission/model.ts";
import { Rule, Where } from "../segments/model.ts";
import { AnyJson, type Instant, type JsonObject } from "../values.ts";

/** Every bound of journeys in one place. */
export const JOURNEY_LIMITS = {
  journeys: 500,
  steps: 200,
  paths: 20,
  exits: 20,
  /** Steps one walk passes without waiting; more is a circle, and the run fails. */
  walkSteps: 100,
  /** Steps a run passes in its whole life. */
  runSteps: 10_000,
  /** Live runs of one customer; who has so many enters nothing more. */
  runsPerCustomer: 25,
  /** Keys of ended runs that are remembered for "one run per key", the newest. */
  keysRemembered: 200,
  /** What a run carries: the event it began with and what webhooks answered, as JSON. */
  contextBytesMax: 8_192,
  /** An event that happened longer ago than this (an import, a device long offline) starts and moves nothing. */
  eventAgeMsMax: 86_400_000,
  waitMsMax: 2 * 366 * 86_400_000,
  keyCharsMax: 200,
  /** A message waits at most so long for the customer's best time. */
  bestTimeMsMax: 7 * 86_400_000,
} as const;
/** The journey language's version, kept with every stored journey. */
export const JOURNEY_VERSION = 1;

const Name = z.string().min(1).max(200);
export const StepId = z.string().regex(/^[a-z][a-z0-9_]{0,49}$/, "Small letters, digits and _");
const Next = StepId.nullable();
const Duration = z.int().min(1_000).max(JOURNEY_LIMITS.waitMsMax);
/** Before (below zero) or after. */
const Offset = z.int().min(-JOURNEY_LIMITS.waitMsMax).max(JOURNEY_LIMITS.waitMsMax).default(0);
const Minute = z.int().min(0).max(1439);
const Weekdays = z.array(z.int().min(1).max(7)).min(1).max(7);
const Wheres = z.array(Where).max(10).default([]);

/** Something that happens to the customer. */
export const Trigger = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("event"), event: Name, where: Wheres }),
  z.strictObject({ type: z.literal("segment"), id: z.int().min(1), on: z.enum(["entered", "left"]) }),
]);
export type Trigger = z.infer<typeof Trigger>;

/** How customers come in. */
export const Entry = z.discriminatedUnion("type", [
  ...Trigger.options,
  /** On the day of a date trait, before it or after it, at a time of day; `yearly`: each year on that day. */
  z.strictObject({ type: z.literal("date"), trait: Name, offsetDays: z.int().min(-366).max(366).default(0), minute: Minute.default(540), yearly: z.boolean().default(false) }),
  /** All members of a segment, whenever the cron expression says, in the workspace's zone. */
  z.strictObject({ type: z.literal("schedule"), cron: z.string().min(9).max(100), segment: z.int().min(1) }),
  /** By `POST /v1/journeys/{id}/runs`. */
  z.strictObject({ type: z.literal("api") }),
  /** By a person, who chooses a segment. */
  z.strictObject({ type: z.literal("batch") }),
]); // prettier-ignore
export type Entry = z.infer<typeof Entry>;

/** Who may come in again. Nobody is in the same journey twice at a time, but with `key` once for each key. */
export const Reentry = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("once") }),
  /** So long after the last entry, and not while in it. */
  z.strictObject({ type: z.literal("after"), ms: Duration }),
  z.strictObject({ type: z.literal("always") }),
  /** One run for each value of this property of the entry event, ever. */
  z.strictObject({ type: z.literal("key"), property: Name }),
]);
export type Reentry = z.infer<typeof Reentry>;

const path = <S extends z.ZodRawShape>(shape: S) => z.array(z.strictObject({ ...shape, next: Next })).min(1).max(JOURNEY_LIMITS.paths); // prettier-ignore
const Key = z.string().regex(/^[a-z0-9][a-z0-9_]{0,49}$/);
/** How a step is shown; no rule looks at it. */
const Shown = { title: z.string().max(100).optional() };

export const Step = z.discriminatedUnion("type", [
  /** Waits until the message is settled, then goes on: by `next`, or by `refused` where it did not leave. */
  z.strictObject({
    type: z.literal("message"), ...Shown, channel: MessageChannel, template: z.int().min(1), purpose: MessageDraft.shape.purpose, tags: MessageDraft.shape.tags,
    /** Paths into the run's event whose values are product ids, e.g. `products.product_id`. */
    products: z.array(Name).max(10).default([]),
    else: z.enum(["wait", "skip"]).default("wait"),
    expiresMs: MessageDraft.shape.expiresMs.default(MESSAGE_LIMITS.expiresMs),
    /** Asked for within so long, in the hour in which the customer is likeliest to be there (best-time.ts); absent: at once. */
    bestTimeMs: z.int().min(3_600_000).max(JOURNEY_LIMITS.bestTimeMsMax).optional(),
    next: Next, refused: Next.optional(),
  }),
  z.strictObject({ type: z.literal("wait"), ...Shown, ms: Duration, next: Next }),
  /** Until a time of day in the customer's zone, on one of these weekdays; at once when it is that minute. */
  z.strictObject({ type: z.literal("wait_time"), ...Shown, minute: Minute, weekdays: Weekdays.optional(), next: Next }),
  /** Until a date trait, before or after it. Absent, or in the past: `missed` says what then. */
  z.strictObject({ type: z.literal("wait_date"), ...Shown, trait: Name, offsetMs: Offset, missed: z.enum(["continue", "exit"]).default("continue"), next: Next }),
  /** Until the first of these happens; what happened since the run began counts, and who is in the segment already passes. */
  z.strictObject({ type: z.literal("wait_until"), ...Shown, paths: path({ when: Trigger }), maxMs: Duration.nullable(), next: Next }),
  /** The first path whose rule holds. */
  z.strictObject({ type: z.literal("branch"), ...Shown, paths: path({ name: z.string().max(100).default(""), rule: Rule }), next: Next }),
  /** By chance, the same for the same customer; `holdout`: what others get is kept from these, to measure it. */
  z.strictObject({ type: z.literal("split"), ...Shown, paths: path({ key: Key, weight: z.number().min(0).max(1_000_000), holdout: z.boolean().default(false) }) }),
  /**
   * One of several: `order` the first that may be, `priority` the highest of those (of equals the first), `learning` by
   * what the journey's goal showed so far. `next`: none may be.
   */
  z.strictObject({
    type: z.literal("decide"), ...Shown, by: z.enum(["order", "priority", "learning"]),
    candidates: path({ key: Key, rule: Rule.optional(), priority: z.int().min(0).max(100).default(50) }), next: Next,
  }),
  z.strictObject({ type: z.literal("update"), ...Shown, traits: z.record(Name, AnyJson).refine((traits) => Object.keys(traits).length <= 50, "At most 50 traits"), next: Next }),
  /** Somebody does something; the run goes on by what came of it, after `maxMs` by `next`. No outcomes: it does not wait. */
  z.strictObject({
    type: z.literal("task"), ...Shown, name: Name, detail: z.string().max(2_000).default(""), team: z.string().max(100).default(""), dueMs: Duration.nullable().default(null),
    outcomes: z.array(z.strictObject({ outcome: Key, next: Next })).max(JOURNEY_LIMITS.paths).default([]), maxMs: Duration.nullable().default(null), next: Next,
  }),
  /** Posts JSON (Liquid in it) and keeps parts of the answer as variables: name to a path with dots. */
  z.strictObject({
    type: z.literal("webhook"), ...Shown, url: z.url({ protocol: /^https?$/ }).max(2_000), body: z.string().max(20_000).default(""),
    keep: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,49}$/), z.string().max(200)).default({}), next: Next, failed: Next.optional(),
  }),
  z.strictObject({ type: z.literal("audience"), ...Shown, audience: Name, change: z.enum(["add", "remove"]), next: Next }),
  z.strictObject({ type: z.literal("goal"), ...Shown, name: Name, next: Next }),
  z.strictObject({ type: z.literal("jump"), ...Shown, to: StepId }),
  z.strictObject({ type: z.literal("exit"), ...Shown, reason: z.string().max(200).default("") }),
]); // prettier-ignore
export type Step = z.infer<typeof Step>;

/** What the journey is for: who does it within `withinMs` of entering has converted. */
export const Goal = z.strictObject({
  when: Trigger,
  withinMs: Duration.default(14 * 86_400_000),
  /** A property that holds what it was worth. */
  value: Name.optional(),
  /** Reaching it ends the run. */
  ends: z.boolean().default(true),
});
export type Goal = z.infer<typeof Goal>;

export const JourneyDraft = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).default(""),
  language: z.literal(JOURNEY_VERSION).default(JOURNEY_VERSION),
  /** 0 to 100: who has several, and a cap, gets the greater one's message. */
  priority: z.int().min(0).max(100).default(50),
  entry: Entry,
  /** Who may come in at all; absent: everybody. */
  audience: Rule.optional(),
  reentry: Reentry.default({ type: "once" }),
  exits: z.array(Trigger).max(JOURNEY_LIMITS.exits).default([]),
  goal: Goal.optional(),
  /** The share of those who would enter that gets nothing, to measure the rest against. */
  holdoutRatio: z.number().min(0).max(0.5).default(0.05),
  start: StepId,
  steps: z.record(StepId, Step),
});
export type JourneyDraft = z.infer<typeof JourneyDraft>;

/** How a run ended; closed. `joined`: two runs of a customer became one; `ended`: by a person, or a publish. */
export const RunEnd = z.enum(["completed", "exited", "goal", "held_out", "joined", "ended", "failed"]);
export type RunEnd = z.infer<typeof RunEnd>;

/** What a run waits for; every live run has one of these, and a time or somebody who will answer. */
export type Blocker =
  | { readonly type: "time" }
  | { readonly type: "trigger" }
  | { readonly type: "message" | "task" | "call"; readonly id: string };

/** One customer in one journey, as it lies with the atom that entered (customers/standing.ts). JSON. */
export type Run = {
  readonly id: string;
  readonly journey: number;
  /** Of `versions`. */
  readonly version: number;
  /** Of "one run per key"; empty otherwise. */
  readonly key: string;
  readonly enteredAt: Instant;
  /** The step it stands at. */
  readonly at: string;
  readonly since: Instant;
  readonly blocker: Blocker;
  /** When time alone moves it; null: only what the blocker names. */
  readonly dueAt: Instant | null;
  /** Steps passed so far: names what it does. */
  readonly passed: number;
  /** {event: properties it began with, vars: what webhooks answered}. */
  readonly context: JsonObject;
  /** Triggers that happened since it began, by their text, with when. */
  readonly seen: { readonly [trigger: string]: Instant };
};

/** Why somebody did not enter; closed, counted. */
export const EntryRefusal = z.enum(["not_in_audience", "in_it_already", "entered_before", "too_soon", "key_used", "no_key", "too_many_runs", "paused", "held_out_globally", "late_event"]); // prettier-ignore
export type EntryRefusal = z.infer<typeof EntryRefusal>;
