/**
 * Whether a request that changes something comes from our own pages. Pure.
 *
 * Browsers send `Origin` with every request but GET and HEAD; where it is missing, `Sec-Fetch-Site` says the same. A
 * caller that sends neither is no browser and holds no cookie that a page could ride on.
 */

/** What of a request tells where it comes from. */
export type Sender = {
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  /** The Host header the request came by. */
  readonly host: string | undefined;
  /** The address this server is known by, where one is configured. */
  readonly publicUrl: string | undefined;
};

/** True for our own pages and for callers that are no browsers. A text that is no origin is not ours. Never throws. */
export function isOurs({ origin, fetchSite, host, publicUrl }: Sender): boolean {
  if (origin === undefined)
    return fetchSite === undefined || fetchSite === "same-origin" || fetchSite === "none";
  if (!URL.canParse(origin)) return false;
  const sent = new URL(origin);
  if (publicUrl !== undefined && sent.origin === new URL(publicUrl).origin) return true;
  return host !== undefined && sent.host === host.toLowerCase();
}
