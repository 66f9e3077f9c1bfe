/**
 * What to show at places of a page. The places are hidden (not taken out, so nothing moves) until the server has answered
 * or its time is over; then either what it chose or the page's own content is shown, once, and not changed afterwards.
 *
 * Content is put in as text and as five harmless attributes, never as HTML: whoever may write content cannot run code in
 * the page. The style sheet that hides is made in memory, which no content policy forbids.
 */
import { safely } from "./keep.ts";
import * as LIMITS from "./limits.ts";
import type { Choice, Decision, DecideOptions, Outcome, Properties } from "./model.ts";

/** How to reach the server as this visitor; null while the visitor's consent is missing. */
export type Way = {
  readonly url: string;
  /** The question's JSON but for the places. */
  readonly about: () => object;
  /** Tells the server of an outcome, unless consent was taken back meanwhile. */
  readonly tell: (outcome: object) => void;
};
type Answer = {
  readonly place: string;
  readonly choice: Choice | null;
  readonly reason: string;
  readonly token: string | null;
};

/** Asks, shows and watches what is seen and clicked. Never rejects. */
export async function decide(
  way: Way | null,
  places: readonly string[],
  options: DecideOptions = {},
): Promise<readonly Decision[]> {
  const cover = way && hide(places);
  const answers = way
    ? await answered(way, places, options.timeoutMs ?? LIMITS.decideMs)
    : defaults(places, "consent");
  const decisions = answers.map(({ place, choice, reason, token }) => {
    const report = (outcome: Outcome, worth?: object): void => {
      if (token) way!.tell({ token, outcome, ...worth });
    };
    if (choice) for (const element of elementsOf(place)) show(element, choice.content, report);
    return { place, choice, reason, report };
  });
  cover?.();
  return decisions;
}

const defaults = (places: readonly string[], reason: string): readonly Answer[] =>
  places.map((place) => ({ place, choice: null, reason, token: null }));
const elementsOf = (place: string): readonly Element[] => [...document.querySelectorAll(selectorOf(place))];
const selectorOf = (place: string): string => `[data-throughline-place="${CSS.escape(place)}"]`;

/** Hides the places, also those the page has not drawn yet; the function shows them again. */
function hide(places: readonly string[]): () => void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`${places.map(selectorOf).join()}{visibility:hidden!important}`);
  document.adoptedStyleSheets.push(sheet);
  return () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((other) => other !== sheet);
  };
}

/** The server's answers, once the page is there to take them; the page's defaults when that takes too long. */
async function answered(
  { url, about }: Way,
  places: readonly string[],
  timeoutMs: number,
): Promise<readonly Answer[]> {
  const late = new Promise<"timeout">((done) => setTimeout(() => done("timeout"), timeoutMs));
  const drawn = new Promise<void>((done) => {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => done());
    else done();
  });
  const asked = fetch(url, {
    method: "POST",
    body: JSON.stringify({ ...about(), places }),
    credentials: "omit",
  })
    .then(async (answer) => {
      const told = answer.ok
        ? ((await answer.json()) as { readonly decisions: readonly Answer[] }).decisions
        : "refused";
      await drawn;
      return told;
    })
    .catch(() => "unreachable");
  const told = await Promise.race([asked, late]);
  return typeof told === "string" ? defaults(places, told) : told;
}

/** Puts the content into the element and tells when it is seen and when it is clicked, once each. */
function show(element: Element, content: Properties, report: (outcome: Outcome) => void): void {
  for (const node of [
    element,
    ...element.querySelectorAll("[data-throughline-text],[data-throughline-attr]"),
  ]) {
    const text = content[node.getAttribute("data-throughline-text") ?? ""];
    if (typeof text === "string" || typeof text === "number") node.textContent = String(text);
    for (const pair of node.getAttribute("data-throughline-attr")?.split(/[\s;]+/) ?? []) {
      const [name = "", field = ""] = pair.split(":");
      const value = content[field];
      if (typeof value === "string" && mayHave(node, name, value)) node.setAttribute(name, value);
    }
  }
  element.addEventListener("click", () => report("clicked"), { once: true });
  const watcher = new IntersectionObserver(
    (entries) => {
      // Half of it, or half of the window where it is larger than that.
      if (
        !entries.some(
          (seen) => seen.intersectionRatio >= 0.5 || seen.intersectionRect.height >= innerHeight / 2,
        )
      )
        return;
      watcher.disconnect();
      report("exposed");
    },
    { threshold: [0.1, 0.2, 0.3, 0.4, 0.5] },
  );
  watcher.observe(element);
}

/** Whether content may set this attribute: an address only where it is followed or shown, and only of the web. */
function mayHave({ tagName }: Element, name: string, value: string): boolean {
  if (/^(alt|title|aria-label)$/.test(name)) return true;
  const isPlace = (name === "href" && tagName === "A") || (name === "src" && tagName === "IMG");
  return isPlace && /^https?:/.test(safely(() => new URL(value, location.href).protocol) ?? "");
}
