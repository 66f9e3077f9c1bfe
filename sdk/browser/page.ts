/** What each event says of the page and the browser it happened in. */
import { isSecret } from "./field.ts";
import { asksForPrivacy } from "./visitor.ts";
import type { ConsentAnswers } from "./model.ts";

/** Which version of this SDK sent an event. */
export const LIBRARY = { name: "throughline.js", version: "1.0.0" } as const;

/** Where the visitor came from: another site at first, later the page before this one, also in a single-page app. */
let cameFrom: string | undefined;
export const moveOn = (from: string): void => void (cameFrom = from);

/** An address without its fragment, and without parameters that hold what no form would tell: tokens, passwords, cards. */
function addressOf(text: string): URL {
  const url = new URL(text);
  url.hash = "";
  for (const [name, value] of Array.from(url.searchParams))
    if (isSecret({ type: "", name, autocomplete: "", value })) url.searchParams.delete(name);
  return url;
}

/** The page as page events tell it. */
export function pageNow() {
  const { href: url, pathname: path, search } = addressOf(location.href);
  const referrer = cameFrom ?? document.referrer;
  return { path, referrer: referrer && addressOf(referrer).href, search, title: document.title, url };
}

/** The visitor's language and clock. */
export const zoneNow = () => ({
  locale: navigator.language,
  timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
});

/** The context of an event that happens now. */
export const contextNow = (answers: ConsentAnswers | undefined) => ({
  library: LIBRARY,
  ...zoneNow(),
  page: pageNow(),
  ...(answers && { consent: { categoryPreferences: answers } }),
  ...(asksForPrivacy() && { globalPrivacyControl: true }),
});
