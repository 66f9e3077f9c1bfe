/** What routes that ask about journeys share: what they are given, how an answer is asked for, and its form as CSV. */
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { csvOf } from "../csv.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import type { Clock } from "../values.ts";
import type { Asking, Questions } from "./questions.ts";

export type AnalysisDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly questions: Questions;
};

/** The query of every question: the answer's form, and whether one of a moment ago will not do. */
export const AnswerQuery = z.object({
  format: z.enum(["json", "csv"]).default("json"),
  fresh: z
    .stringbool()
    .default(false)
    .describe("Work it out anew, also if an answer of a moment ago is known"),
});

/** How a request asks: a question that still waits when its reply's connection ends is given up. */
export function askingOf({ fresh }: z.output<typeof AnswerQuery>, reply: FastifyReply): Asking {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  return { fresh, gone: gone.signal };
}

/** Rows of an answer as a file. */
export type Table = {
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
};

/** Sends an answer's table as CSV. */
export const sendCsv = (reply: FastifyReply, name: string, { header, rows }: Table): FastifyReply =>
  reply
    .header("content-type", "text/csv; charset=utf-8")
    .header("content-disposition", `attachment; filename="${name}.csv"`)
    .send(csvOf(header, rows));
