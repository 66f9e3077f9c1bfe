/**
 * Real Chromium for tests. Without one the tests that need it say loudly that they are skipped; with CI=true that is a failure.
 */
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from "playwright-core";

const PLACES = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const executablePath = PLACES.find((path) => path && existsSync(path));

/** Whether there is a Chromium. Give it to `describe.skipIf(!browserThere("the SDKs in a page"))`. Throws in CI when there is none. */
export function browserThere(what: string): boolean {
  if (executablePath) return true;
  if (process.env["CI"] === "true")
    throw new Error(
      `There is no Chromium (${PLACES.slice(1).join(", ")}), so ${what} cannot be tested. Install Debian's chromium.`,
    );
  process.stderr.write(
    `\n*** SKIPPED for want of a Chromium: ${what}. Install Debian's chromium to run it. ***\n\n`,
  );
  return false;
}

/** A headless Chromium; close it. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath!, args: ["--no-sandbox", "--disable-dev-shm-usage"] });

/** What a visitor's own browser calls itself: without the word that tells a headless one. */
const VISITOR_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/** A fresh visitor: nothing stored, the agent of an ordinary browser. Close it. */
export const newVisitor = (browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> =>
  browser.newContext({ userAgent: VISITOR_AGENT, locale: "en-US", ...options });
