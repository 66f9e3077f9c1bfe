/**
 * A test run of a draft on one customer: things happen, the clock is moved, and each step answers what came of it and what
 * the run waits for now. The same rules as live traffic and replays; nothing is stored and nothing leaves. Pure.
 */
import { z } from "zod";
import { Channel, type Event } from "../events/model.ts";
import { ConsentAnswer } from "../consent/model.ts";
import { MessageChannel, RefusalReason } from "../permission/model.ts";
import { AnyJson, CustomerId, type Instant, type JsonObject, isoOf } from "../values.ts";
import { EntryRefusal, type JourneyDraft, RunEnd, type Run, type Step } from "./model.ts";
import { REPLAY_LIMITS } from "./replay-model.ts";
import type { Play } from "./replay-plan.ts";
import type { Note, Person } from "./replay-note.ts";
import { Rehearsal } from "./replay-run.ts";
import { lineOf } from "./replay-words.ts";

const When = z.iso.datetime({ offset: true });
const Name = z.string().min(1).max(200);
const Object_ = z.record(z.string().max(200), AnyJson);
/** What happens to the customer, or to the clock, one after the other. */
export const TryStep = z.discriminatedUnion("do", [
  /** An event; `name` absent: the customer is identified. */
  z.strictObject({
    do: z.literal("event"), at: When.optional().describe("Absent: when the step before happened"), name: Name.optional(), properties: Object_.optional(),
    traits: Object_.optional(), consents: z.array(ConsentAnswer).max(20).optional(), channel: Channel.optional(),
  }),
  z.strictObject({ do: z.literal("wait"), ms: z.int().min(1).max(REPLAY_LIMITS.periodMsMax) }),
  z.strictObject({ do: z.literal("until"), at: When }),
  /** Somebody brings the customer in: the API, a batch, a schedule. */
  z.strictObject({ do: z.literal("enter"), key: z.string().max(200).default(""), context: Object_.default({}) }),
  /** The task the run waits for was done so; absent: the only one. */
  z.strictObject({ do: z.literal("complete"), outcome: z.string().min(1).max(50), task: z.string().max(200).optional() }),
]); // prettier-ignore
export type TryStep = z.infer<typeof TryStep>;

/** POST /v1/journeys/try. */
export const TryAsk = z.strictObject({
  draft: z.unknown().optional().describe("As in a journey's `draft`; absent: the draft of `journey`"),
  journey: z.int().min(1).optional(),
  customerId: CustomerId.optional().describe("Whose history counts; absent: somebody invented, by `traits`"),
  traits: Object_.default({}).describe("Of somebody invented; `email` and `phone` are addresses as well"),
  at: When.optional().describe("Where the clock stands first; absent: now"),
  steps: z.array(TryStep).min(1).max(REPLAY_LIMITS.trySteps),
});
export type TryAsk = z.infer<typeof TryAsk>;

const Told = z.object({
  at: z.iso.datetime(),
  type: z.enum(["refused", "entered", "held_out", "passed", "asked", "message", "cancelled", "ended", "converted", "segment"]),
  step: z.string().nullable(),
  path: z.string().nullable().describe("The way that was taken"),
  reason: z.union([EntryRefusal, RefusalReason, RunEnd]).nullable(),
  message: z
    .object({
      template: z.int(), channel: MessageChannel, purpose: z.string(),
      answer: z.enum(["allowed", "later", "refused"]), laterAt: z.iso.datetime().nullable(), detail: z.string(),
    })
    .nullable()
    .describe("What would be sent, and whether it may leave"),
  words: z.string(),
}); // prettier-ignore
const Stands = z.object({
  run: z.int(),
  step: z.string(),
  since: z.iso.datetime(),
  waitsFor: z.enum(["time", "trigger", "message", "task", "call"]),
  id: z.string().nullable().describe("Of the message, task or call"),
  until: z.iso.datetime().nullable().describe("When time alone moves it; null: only what it waits for"),
});
/** What came of each step. */
export const TryResult = z.object({
  steps: z.array(
    z.object({
      at: z.iso.datetime().describe("Where the clock stands then"),
      happened: z.array(Told),
      runs: z.array(Stands).describe("Where the customer stands, and what they wait for"),
      problem: z.string().nullable().describe("Why the step did nothing"),
    }),
  ),
  caveats: z.array(z.string()),
});
export type TryResult = z.infer<typeof TryResult>;

/** Somebody with a history, in order. */
export type TryCustomer = { readonly person: Person; readonly events: readonly Event[] };

/** Runs the steps. The history is told before, and the clock stands at `play.from`. */
export function tryJourney(
  play: Play,
  { person, events }: TryCustomer,
  steps: readonly TryStep[],
): TryResult["steps"] {
  const rehearsal = new Rehearsal(play, person);
  for (const event of events) rehearsal.before(event);
  rehearsal.begin();
  let [now, told] = [play.from, 0];
  return steps.map((step, n) => {
    const done = perform(rehearsal, play, step, now, n);
    now = done.now;
    const notes = rehearsal.notes.slice(told, told + REPLAY_LIMITS.tryNotes);
    told = rehearsal.notes.length;
    return {
      at: isoOf(now),
      happened: notes.map((note) => toldOf(note, play.plan.draft)),
      runs: rehearsal.runs.map((run) => standsOf(run, rehearsal)),
      problem: done.problem,
    };
  });
}

type Done = { readonly now: Instant; readonly problem: string | null };
function perform(rehearsal: Rehearsal, play: Play, step: TryStep, now: Instant, n: number): Done {
  const refused = (problem: string): Done => ({ now, problem });
  switch (step.do) {
    case "wait":
      rehearsal.pass(now + step.ms);
      return { now: now + step.ms, problem: null };
    case "until":
    case "event": {
      const at = step.at === undefined ? now : Date.parse(step.at);
      if (at < now) return refused("The clock is further already: it goes forward only.");
      if (step.do === "until") rehearsal.pass(at);
      else rehearsal.happen(eventOf(step, play, at, n));
      return { now: at, problem: null };
    }
    case "enter":
      rehearsal.enter(step.context as JsonObject, step.key);
      return { now, problem: null };
    case "complete": {
      const waiting = rehearsal.runs.find(({ blocker }) => blocker.type === "task" && (step.task === undefined || blocker.id === step.task));
      if (!waiting || waiting.blocker.type !== "task") return refused("No run waits for such a task.");
      rehearsal.settle(waiting.blocker.id, step.outcome, {});
      return { now, problem: null };
    }
  }
} // prettier-ignore

function eventOf(
  { name, properties, traits, consents, channel = "web" }: Extract<TryStep, { do: "event" }>,
  { workspace }: Play,
  at: Instant,
  n: number,
): Event {
  return {
    workspace, id: `try-${n}`, type: name === undefined ? "identify" : "track", name: name ?? "$customer.identified", happenedAt: at, receivedAt: at,
    originalAt: null, sentAt: null, identifiers: [], channel, touchpoint: "try", properties: (properties ?? {}) as JsonObject, key: 1,
    ...(traits && { traits: traits as JsonObject }), ...(consents && { consents }),
  };
} // prettier-ignore

function toldOf(note: Note, draft: JourneyDraft): TryResult["steps"][number]["happened"][number] {
  const { at, step, words } = lineOf(note, draft);
  return {
    at, step, words, type: note.type,
    path: note.type === "passed" ? note.path : null,
    reason: reasonOf(note),
    message: note.type === "message" ? messageOf(note, draft.steps[note.step]!) : null,
  };
} // prettier-ignore

function reasonOf(note: Note): TryResult["steps"][number]["happened"][number]["reason"] {
  if (note.type === "refused") return note.reason;
  if (note.type === "ended") return note.state;
  return note.type === "message" && note.answer.type !== "allowed" ? note.answer.reason : null;
}

function messageOf({ answer }: Extract<Note, { type: "message" }>, step: Step) {
  if (step.type !== "message") return null;
  const { template, channel, purpose } = step;
  return {
    template, channel, purpose, answer: answer.type, laterAt: answer.type === "later" ? isoOf(answer.at) : null,
    detail: answer.type === "allowed" ? "" : answer.detail,
  }; // prettier-ignore
}

function standsOf({ id, at, since, blocker, dueAt }: Run, { waiting }: Rehearsal) {
  const named = blocker.type === "time" || blocker.type === "trigger" ? null : blocker.id;
  // A message that has to wait is looked at again then.
  const until = dueAt ?? waiting.find((one) => one.id === named)?.dueAt ?? null;
  return { run: Number(id), step: at, since: isoOf(since), waitsFor: blocker.type, id: named, until: until === null ? null : isoOf(until) };
} // prettier-ignore
