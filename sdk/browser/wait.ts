/** How long to wait before a request is tried again. Pure: chance and time come in as values. */
import * as LIMITS from "./limits.ts";

/**
 * Between half and the whole of a time that doubles with each try, so that the visitors of a server that was away do not
 * all come back at once; never less than the server asked for. `chanceRatio` is drawn from 0 to 1.
 */
export function waitMs(tries: number, askedSeconds: number, chanceRatio: number): number {
  const stepMs = Math.min(LIMITS.retryMsMax, LIMITS.retryMsMin * 2 ** tries);
  const askedMs = askedSeconds > 0 ? Math.min(LIMITS.retryAfterMsMax, askedSeconds * 1_000) : 0;
  // The same wait for all would bring all back in one second, so what was asked for is stretched too.
  return askedMs + (stepMs / 2) * (1 + chanceRatio);
}

/** Whether another try can help: the server was busy, away or restarting. */
export const mayHelp = (status: number): boolean => status >= 500 || status === 429 || status === 408;
