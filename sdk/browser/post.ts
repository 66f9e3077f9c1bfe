/** Requests to the server. None carries a cookie, and each ends after a while. */
import * as LIMITS from "./limits.ts";
import { mayHelp, waitMs } from "./wait.ts";

/** The answer; null when none came. */
export const ask = (url: string, more?: RequestInit): Promise<Response | null> =>
  fetch(url, { credentials: "omit", ...more }).catch(() => null);

/**
 * Posts text; the request outlives its page. One of plain text needs no leave of the server first (a preflight), without
 * which a browser lets no request live on when its page is gone.
 */
export const post = (url: string, body: string, isLeaving = false): Promise<Response | null> => {
  // A browser that has no requests of this kind has beacons, which are never answered: the next page asks again.
  if (isLeaving && !("keepalive" in Request.prototype)) navigator.sendBeacon(url, body);
  return ask(url, { method: "POST", body, keepalive: true, signal: AbortSignal.timeout(LIMITS.answerMs) });
};

/** Tells the server something small that it takes once however often it is told; tries a few times. */
export async function tell(url: string, body: string): Promise<void> {
  for (let tries = 0; tries < LIMITS.tellTries; tries++) {
    const answer = await post(url, body);
    if (answer && !mayHelp(answer.status)) return;
    await new Promise((done) => setTimeout(done, waitMs(tries, 0, Math.random())));
  }
}
