/** How far the work behind the door is behind it. */
import type { DurationMs } from "../values.ts";

/** Events accepted but not yet through, and the age of the oldest of them; 0 and 0 when all is done. */
type Behind = { readonly lagEvents: number; readonly lagMs: DurationMs };
type Lags = { readonly worker: Behind; readonly eventLog: Behind };

/** Whoever knows the lag of the worker and of the event log, for the whole installation. */
export interface Lag {
  /** Throws `Failure("store_unavailable")` when it cannot be told. */
  read(): Promise<Lags>;
}
