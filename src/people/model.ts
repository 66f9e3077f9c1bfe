/**
 * What somebody is asked to do for a customer, by a journey or by a colleague, and what came of it. Schemas of the API, of
 * which the types are inferred.
 */
import { z } from "zod";
import { CustomerId } from "../values.ts";

/** Every bound of this room. */
export const TASK_LIMITS = {
  titleCharsMax: 200,
  detailCharsMax: 2_000,
  teamCharsMax: 100,
  noteCharsMax: 2_000,
  outcomes: 20,
  /** Open tasks that people may have made for one customer. */
  openPerCustomer: 100,
  /** The customer's last events, as a task shows them. */
  eventsShown: 10,
  tellMax: 500,
} as const;

const At = z.iso.datetime().describe("ISO 8601, UTC");
const Outcome = z.string().regex(/^[a-z0-9][a-z0-9_]{0,49}$/, "Small letters, digits and _");
const Team = z.string().trim().max(TASK_LIMITS.teamCharsMax);
export const TaskState = z.enum(["open", "done", "cancelled"]);
export type TaskState = z.infer<typeof TaskState>;

/** POST /v1/tasks. */
export const TaskDraft = z
  .strictObject({
    customerId: CustomerId,
    title: z.string().trim().min(1).max(TASK_LIMITS.titleCharsMax),
    detail: z.string().max(TASK_LIMITS.detailCharsMax).default(""),
    team: Team.default(""),
    outcomes: z.array(Outcome).max(TASK_LIMITS.outcomes).default([]).describe("What may come of it; none: it is just done"),
    dueAt: z.iso.datetime({ offset: true }).nullable().default(null),
  })
  .meta({ examples: [{ customerId: "c1042", title: "Call Ann about her order", detail: "The boots came in the wrong size.", team: "Service", outcomes: ["reached", "not_reached"], dueAt: "2026-11-24T16:00:00Z" }] }); // prettier-ignore
export type TaskDraft = z.infer<typeof TaskDraft>;

/** POST /v1/tasks/{id}/complete. */
export const TaskOutcome = z
  .strictObject({
    outcome: Outcome.optional().describe("One of the task's outcomes; left out where it has none"),
    note: z.string().max(TASK_LIMITS.noteCharsMax).default(""),
  })
  .meta({ examples: [{ outcome: "reached", note: "Sends the boots back, wants 43." }] });
/** POST /v1/tasks/{id}/cancel. */
export const TaskCancel = z
  .strictObject({ note: z.string().max(TASK_LIMITS.noteCharsMax).default("") })
  .meta({ examples: [{ note: "Has called us in the meantime." }] });

/** One of the list. */
export const TaskView = z.object({
  id: z.string(),
  customerId: CustomerId,
  customerName: z.string().nullable(),
  title: z.string(),
  detail: z.string(),
  team: z.string(),
  outcomes: z.array(z.string()),
  state: TaskState,
  outcome: z.string().nullable(),
  note: z.string().nullable(),
  madeBy: z.string().nullable().describe("Null: a journey"),
  doneBy: z.string().nullable(),
  createdAt: At,
  dueAt: At.nullable(),
  doneAt: At.nullable(),
  run: z
    .object({
      id: z.string(),
      journeyId: z.int(),
      journey: z.string(),
      step: z.string().nullable(),
      state: z.string(),
    }) // prettier-ignore
    .nullable()
    .describe("The customer's way through the journey that asked for it"),
});
export type TaskView = z.infer<typeof TaskView>;
export const TaskList = z.object({ tasks: z.array(TaskView), nextCursor: z.string().nullable() });
/** GET /v1/tasks/{id}: with what one should know before doing it. */
export const TaskDetail = TaskView.extend({
  customer: z.object({
    id: CustomerId,
    name: z.string().nullable(),
    stage: z.string().nullable(),
    segments: z.array(z.string()),
    identifiers: z.array(z.object({ kind: z.string(), value: z.string() })),
    lastEvents: z.array(z.object({ at: At, name: z.string(), channel: z.string(), touchpoint: z.string() })),
  }),
});
export type TaskDetail = z.infer<typeof TaskDetail>;
export const TasksQuery = {
  state: TaskState.optional(),
  team: Team.optional(),
  customerId: CustomerId.optional(),
};
