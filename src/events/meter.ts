/**
 * How the door counts itself: each named step says how many events passed or why they did not, and how long it took.
 *
 * Steps run over a whole batch at a time, so that counting and timing cost per batch, not per event.
 */
import type { RefusalReason } from "./model.ts";

/** The steps of the door, in order. */
export type StepName =
  | "authenticate"
  | "parse"
  | "limit"
  | "fix_clock"
  | "detect_bots"
  | "classify"
  | "normalise"
  | "consent";

/** What became of an event, or of a whole request in `authenticate` and `parse`. */
type StepOutcome =
  | "passed"
  | RefusalReason
  | "unknown_key"
  | "too_fast"
  | "malformed"
  | "body_too_large"
  | "unknown_encoding";

export interface StepMeter {
  /** `n` things had `outcome` in `step`; `n` is 1 when it is left out. */
  count(step: StepName, outcome: StepOutcome, n?: number): void;
  /** One run of `step` over one batch took so long. */
  time(step: StepName, seconds: number): void;
}
