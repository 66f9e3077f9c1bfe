/**
 * The log as questions may ask it: with a bound of memory and time for each statement, because with the embedded engine a
 * question runs in the process that takes events in. What feeds, seeds and replays is not bounded: it has to come through.
 */
import type { EventLog } from "../db/clickhouse.ts";
import { Failure } from "../errors.ts";
import { ANALYSIS_LIMITS } from "./model.ts";

/** What one statement of a question may take. */
export type Bound = { readonly memoryBytes: number; readonly tookMs: number };
const USUAL: Bound = { memoryBytes: ANALYSIS_LIMITS.memoryBytesMax, tookMs: ANALYSIS_LIMITS.tookMsMax };

/** The log with every reading bounded; one that needs more throws `Failure("unprocessable")`. */
export function boundedLog(log: EventLog, bound: Bound = USUAL): EventLog {
  const settings = `max_memory_usage = ${bound.memoryBytes}, max_execution_time = ${bound.tookMs / 1_000}, timeout_overflow_mode = 'throw'`;
  return {
    ...log,
    // In the text, because the embedded engine would keep settings that are given apart from it for whoever asks next.
    rows: async (text, parameters) => {
      try {
        return await log.rows(`${text}${HAS_SETTINGS.test(text) ? "," : " settings"} ${settings}`, parameters);
      } catch (cause) {
        throw tooMuch(cause, bound) ?? cause;
      }
    },
  };
} // prettier-ignore

/** Settings of the statement itself, not of one within it. */
const HAS_SETTINGS = /\bsettings [^()]*$/;
/** Codes of ClickHouse. */
const [MEMORY_LIMIT_EXCEEDED, TIMEOUT_EXCEEDED] = ["241", "159"];

function tooMuch(cause: unknown, { memoryBytes, tookMs }: Bound): Failure | null {
  const engine = cause instanceof Error ? cause.cause : undefined;
  const code = typeof engine === "object" && engine !== null && "code" in engine ? String(engine.code) : "";
  const needs =
    code === MEMORY_LIMIT_EXCEEDED
      ? `more memory than a question may have (${told(memoryBytes / 1e9)} GB)`
      : code === TIMEOUT_EXCEEDED
        ? `longer than a question may take (${told(tookMs / 1_000)} seconds)`
        : null;
  if (needs === null) return null;
  return new Failure("unprocessable", `This question needs ${needs}. Ask it of a shorter period, of a segment or of fewer channels.`, { cause });
} // prettier-ignore

const told = (number: number): string => String(Number(number.toPrecision(3)));
