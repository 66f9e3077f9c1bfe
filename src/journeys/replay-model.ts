/** What is asked of a replay and what it answers: a draft over the past, as if it had been live. */
import { z } from "zod";
import { MessageChannel, RefusalReason } from "../permission/model.ts";
import { CustomerId } from "../values.ts";
import { EntryRefusal, RunEnd, StepId } from "./model.ts";

/** Every bound of replays and test runs. */
export const REPLAY_LIMITS = {
  periodMsMax: 366 * 86_400_000,
  /** Replays of a workspace that run at once, and those that are kept to be read. */
  running: 2,
  kept: 50,
  keptMs: 24 * 3_600_000,
  /** Events of one reading of the log; between two of them others have their turn. */
  chunkEvents: 40_000,
  /** Of an entry with conditions on properties: atoms that are remembered, so that each event's are looked into once. */
  enteringMax: 300_000,
  /** For so long one customer after the other is rehearsed before others have their turn. */
  sliceMs: 15,
  /** Work of a replay in events read; an entry costs as much as so many. Beyond it customers are sampled. */
  workMax: 3_500_000,
  eventsPerEntry: 25,
  oneInMax: 4_096,
  /** Times that time does something in one customer's rehearsal; what turns more often is taken to be done. */
  turnsMax: 20_000,
  stories: 20,
  linesPerStory: 60,
  /** Messages a week are told one by one below this. */
  pressureMax: 10,
  /** Instants at which a schedule lets members in. */
  roundsMax: 1_000,
  /** Of a test run: what is done one after the other, and notes answered for each. */
  trySteps: 100,
  tryNotes: 200,
} as const;

const When = z.iso.datetime({ offset: true });
const Count = z.int().min(0);
const Ratio = z.number();

/** POST /v1/replays. */
export const ReplayAsk = z.strictObject({
  draft: z
    .unknown()
    .optional()
    .describe("What is to be replayed, as in a journey's `draft`; absent: the draft of `journey`"),
  journey: z
    .int()
    .min(1)
    .optional()
    .describe("Chance is drawn by it: its customers get the arms they would have"),
  from: When,
  to: When.describe("Itself not in the period; in the future: now"),
  batch: z
    .strictObject({ segment: z.int().min(1), at: When })
    .optional()
    .describe("For an entry by batch: who is put in front of the journey, and when"),
});
export type ReplayAsk = z.infer<typeof ReplayAsk>;

const Converted = z.object({
  customers: Count.describe("Who reached the goal in time"),
  ratio: Ratio.nullable().describe("Of those who would have come in, or got a message"),
  value: z.number().describe("What it was worth, summed up"),
});
const Pressure = z.object({
  messages: z.int().describe(`Messages in a week; ${REPLAY_LIMITS.pressureMax} stands for so many and more`),
  before: Count.describe("Weeks of customers with so many messages, as it was"),
  with: Count.describe("The same with the draft's"),
});
const StepTold = z.object({
  step: StepId,
  reached: Count,
  stillIn: Count.describe("Stand here at the end of the period"),
  paths: z.array(z.object({ path: z.string(), n: Count })),
});
const MessageTold = z.object({
  step: StepId,
  channel: MessageChannel,
  asked: Count,
  left: Count.describe("Would have left"),
  delayed: Count.describe("Of those asked: had to wait at first"),
  refused: z.array(z.object({ reason: RefusalReason, n: Count })),
  cancelled: Count.describe("Not wanted any more before they could leave"),
  waiting: Count.describe("Still wait at the end of the period"),
});
export const StoryLine = z.object({
  at: z.iso.datetime(),
  step: z.string().nullable(),
  words: z.string(),
});
export type StoryLine = z.infer<typeof StoryLine>;

/** What came of a replay. Counts are of all customers; where they were sampled they are scaled. */
export const ReplayResult = z.object({
  name: z.string(),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  sampled: z.object({
    oneIn: z.int().min(1).describe("One of so many customers was replayed, the same ones each time"),
    errorRatio: Ratio.describe("With 95 % certainty the number who come in is off by no more than this share"),
    words: z.string().nullable(),
  }),
  eventsRead: Count,
  customersConsidered: Count.describe("Who did what lets them in, whether or not they came in"),
  entries: Count,
  customersEntered: Count,
  heldOut: Count,
  refusals: z.array(z.object({ reason: EntryRefusal, n: Count })),
  steps: z.array(StepTold),
  ends: z.array(z.object({ state: RunEnd, n: Count })),
  messages: z.array(MessageTold),
  leavingByHour: z.array(z.array(Count)).describe("Seven weekdays, Monday first, of 24 hours in the customer's zone"),
  conversions: z.object({ afterEntering: Converted, afterMessage: Converted }).nullable().describe("Null: the draft has no goal. Nothing was sent: they happened anyway"),
  pressure: z.array(Pressure).describe("Of the customers who would have come in"),
  stories: z.array(z.object({ customerId: CustomerId, lines: z.array(StoryLine) })),
  caveats: z.array(z.string()),
  tookMs: Count,
}); // prettier-ignore
export type ReplayResult = z.infer<typeof ReplayResult>;

/** GET /v1/replays/{id}. */
export const ReplayView = z.object({
  id: z.string(),
  state: z.enum(["running", "done", "cancelled", "failed"]),
  doneRatio: Ratio,
  startedAt: z.iso.datetime(),
  problem: z.string().nullable(),
  result: ReplayResult.nullable(),
});
export type ReplayView = z.infer<typeof ReplayView>;
