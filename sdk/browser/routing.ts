/** A visitor's way through a single-page app, and what was searched for there. */
import type { Properties } from "./model.ts";

const addressNow = (): string => location.pathname + location.search;

/**
 * Calls `onMove` with the address that was left as soon as the path or the query has changed, and `onPage` after the app
 * had its turn to draw the page and its title.
 */
export function watchRouting(onMove: (from: string) => void, onPage: () => void): void {
  let from = location.href;
  let address = addressNow();
  const look = (): void => {
    if (addressNow() === address) return;
    onMove(from);
    from = location.href;
    address = addressNow();
    setTimeout(onPage);
  };
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = (...args) => {
      original.apply(history, args);
      look();
    };
  }
  addEventListener("popstate", look);
}

/** What was searched for on this page, by the first of these query parameters that says something. */
export function searchedFor(parameters: readonly string[]): Properties | null {
  const query = new URLSearchParams(location.search);
  for (const name of parameters) {
    const text = query.get(name)?.trim();
    if (text) return { query: text.slice(0, 200) };
  }
  return null;
}
