/** What the room's routes share: what they are given, and how a body is refused. */
import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Clock } from "../values.ts";
import { refuse } from "./change.ts";
import { problemsBy } from "./check.ts";

export type SegmentDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Says that there is a version to build. */
  readonly onVersion: () => void;
};

/** The body by its schema; a wrong one is refused with each place and what was expected there. */
export function bodyBy<T>(schema: z.ZodType<T>, { body, validationError }: FastifyRequest): T {
  if (!validationError) return body as T;
  if (validationError.validationContext !== "body" || validationError instanceof Failure)
    throw validationError;
  const problems = problemsBy(schema, body);
  if (problems.length > 0) refuse(problems, "");
  throw validationError;
}
