/**
 * One visitor on several sites of one business. A link to one of them carries the anonymous id and the time, is good for
 * two minutes, and counts only when the browser says that it was followed on one of those sites: so a link that is mailed
 * around makes nobody somebody else. It is taken out of the address bar at once.
 */
import * as LIMITS from "./limits.ts";

const PARAMETER = "tl_id";
const SHAPE = /^([\w-]{8,64})\.([0-9a-z]{6,12})$/;

/** Puts the id into links to `hosts` as they are followed; `id()` null: not now. */
export function watchLinks(hosts: readonly string[], id: () => string | null): void {
  const mark = (event: Event): void => {
    const link = (event.target as Element | null)?.closest?.("a[href]") as HTMLAnchorElement | null;
    const own =
      link && link.host !== location.host && hosts.includes(link.host) && link.protocol.startsWith("http")
        ? id()
        : null;
    if (!own) return;
    const url = new URL(link!.href);
    url.searchParams.set(PARAMETER, `${own}.${Date.now().toString(36)}`);
    link!.href = url.href;
  };
  addEventListener("click", mark, true);
  addEventListener("auxclick", mark, true);
}

/** The id handed over in this page's address, which is cleaned of it; null when there is none that counts. */
export function takeOver(hosts: readonly string[]): string | null {
  const url = new URL(location.href);
  const given = url.searchParams.get(PARAMETER);
  if (given === null) return null;
  url.searchParams.delete(PARAMETER);
  history.replaceState(history.state, "", url.href);
  const [, id, time] = SHAPE.exec(given) ?? [];
  const ageMs = Date.now() - parseInt(time ?? "", 36);
  const from = document.referrer && new URL(document.referrer).host;
  // Clocks of one device agree; a little slack is for one that was just set.
  return id !== undefined && ageMs > -5_000 && ageMs < LIMITS.handoverMs && hosts.includes(from) ? id : null;
}
