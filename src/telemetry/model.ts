/** The answers of telemetry: what the process can do now, and what became of events. */
import { z } from "zod";

const Behind = z.object({
  lagEvents: z.number().nullable().describe("Events waiting; null when it cannot be told"),
  lagMs: z.number().nullable().describe("Age of the oldest of them in milliseconds"),
});
const StoreState = z.enum(["ok", "down", "unused"]);
/** GET /readyz. */
export const Readiness = z.object({
  ready: z.boolean(),
  worker: Behind,
  eventLog: Behind,
  stores: z.object({ postgres: StoreState, clickhouse: StoreState }),
});
export type Readiness = z.infer<typeof Readiness>;

/** GET /v1/stats: exact counts since the workspace began. */
export const Stats = z.object({
  accepted: z.number().describe("Answered 200 and kept"),
  processed: z.number().describe("Of those: part of a customer now"),
  logged: z.number().describe("Of those: in the event log"),
  duplicates: z.number().describe("Accepted again with a message id known already, and left out"),
  refused: z.record(z.string(), z.number()).describe("Kept with a reason and not accepted, by reason"),
  replayed: z.number().describe("Refused first and accepted after a replay"),
});
export type Stats = z.infer<typeof Stats>;
