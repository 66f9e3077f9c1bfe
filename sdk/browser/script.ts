/**
 * The SDK as a script: the global `throughline`. It reads its settings from its own element, so a page with a strict
 * content policy needs no line of inline script:
 *
 *     <script async src="https://journeys.example/sdk/throughline.js" data-write-key="..." data-consent="required"></script>
 *
 * A page that calls before the script is there pushes its calls into a list of that name:
 * `(window.throughline ||= []).push(["track", "Signed Up"])`.
 */
import { createThroughline, type Options, type Throughline } from "./throughline.ts";

type Call = readonly [method: string, ...args: readonly unknown[]];
type Global = Throughline & { readonly push: (...calls: readonly Call[]) => void };

const page = window as unknown as { throughline?: readonly Call[] | Global };
const script = document.currentScript as HTMLScriptElement | null;
const found = page.throughline;
if (found === undefined || Array.isArray(found)) {
  const made = createThroughline();
  const push: Global["push"] = (...calls) => {
    for (const [method, ...args] of calls)
      (made as unknown as { [method: string]: (...args: readonly unknown[]) => void })[method]?.(...args);
  };
  page.throughline = { ...made, push };
  if (script?.dataset["writeKey"] !== undefined) {
    made.load(optionsOf(script));
    if (script.dataset["page"] !== "false") made.page();
  }
  push(...((found ?? []) as readonly Call[]));
}

function optionsOf({ dataset, src }: HTMLScriptElement): Options {
  const { writeKey = "", host = new URL(src).origin, consent, purpose, routing, search, handover } = dataset;
  return {
    writeKey,
    host,
    consent: consent === "required" ? consent : undefined,
    purpose,
    search: search?.split(/[\s,]+/),
    handover: handover?.split(/[\s,]+/),
    routing: routing !== "false",
  };
}
