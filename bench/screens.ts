/**
 * The web app in Chromium on the sample: how soon each screen can be used by somebody who never opened it, and how many
 * frames a second are drawn while a map of 500 moments is dragged.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Cookie, Page } from "playwright-core";
import { createClient } from "../src/cli/client.ts";
import { importFile } from "../src/cli/upload.ts";
import { SAMPLE_FILES } from "../src/imports/sample.ts";
import { newVisitor, openBrowser } from "../test/browser.ts";
import { type Program, SECRET_KEY, WRITE_KEY, startProgram, untilStats } from "./program.ts";
import { type Row, atLeast, atMost } from "./table.ts";

const SAMPLE = fileURLToPath(new URL("../sample/", import.meta.url));
const OWNER = { name: "Ann", email: "ann@shop.example", password: "a long sentence is best", workspaceName: "Bench" }; // prettier-ignore
const SCREENS = ["/overview", "/live", "/customers", "/segments", "/journeys", "/messages", "/map", "/gaps", "/results"]; // prettier-ignore
const MOMENTS = 500;
const DAY_MS = 86_400_000;
const BATCH = 400;
const DRAG_MS = 4_000;
const STEP_MS = 8;

/** Opens every screen for the first time, then drags a map. */
export async function screens(folder: string): Promise<readonly Row[]> {
  const program = await startProgram(folder);
  const browser = await openBrowser();
  try {
    await fill(program);
    const address = `http://127.0.0.1:${program.port}`;
    const cookies = await signUp(browser, address);
    const open = async () => {
      const context = await newVisitor(browser, { viewport: { width: 1280, height: 800 } });
      await context.addCookies([...cookies]);
      return context.newPage();
    };
    const took: [string, number][] = [];
    for (const path of SCREENS) {
      const page = await open();
      took.push([path, await usableMs(page, address + path)]);
      await page.context().close();
    }
    const page = await open();
    const frames = await dragged(page, `${address}/map?most=${MOMENTS}&least=0&days=60`);
    const slowest = took.toSorted(([, a], [, b]) => b - a);
    return [
      { what: "a screen opened for the first time, until it can be used, slowest", figure: slowest[0]![1], unit: "ms", budget: atMost(2000), scales: true, note: slowest.map(([path, ms]) => `${path} ${Math.round(ms)}`).join(", ") },
      { what: `dragging a map of ${MOMENTS} moments`, figure: frames.perSecond, unit: "frames/s", budget: atLeast(50), scales: true, note: `${frames.moments} moments drawn, ${frames.n} frames` },
    ];
  } finally {
    await browser.close();
    await program.stop();
  }
} // prettier-ignore

async function fill(program: Program): Promise<void> {
  const client = createClient(`http://127.0.0.1:${program.port}`, SECRET_KEY);
  let events = 0;
  for (const { file, preset } of SAMPLE_FILES) {
    const { result } = await importFile(client, { path: join(SAMPLE, file), preset, mapping: null }, () => undefined); // prettier-ignore
    events += result.eventsAccepted;
  }
  const walks = Array.from({ length: MOMENTS + 20 }, (_, i) => walkOf(i, Date.now())).flat();
  for (let from = 0; from < walks.length; from += BATCH) {
    const answer = await fetch(`http://127.0.0.1:${program.port}/v1/batch`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${WRITE_KEY}:`)}`, "content-type": "application/json" },
      body: JSON.stringify({ batch: walks.slice(from, from + BATCH) }),
    });
    if (!answer.ok) throw new Error(`Events were answered ${answer.status}: ${await answer.text()}`);
  }
  await untilStats(program, ({ logged }) => logged >= events + walks.length);
}

/** Somebody who goes through six of the moments. */
const walkOf = (i: number, now: number): readonly object[] =>
  [0, 1, 7, 60, 3, 11].map((step, k) => ({
    type: "track", messageId: `walk ${i} ${k}`, userId: `walker ${i}`, event: `Moment ${(i + step * (k + 1)) % (MOMENTS + 20)}`,
    timestamp: new Date(now - (2 + (i % 30)) * DAY_MS + k * 60_000).toISOString(), context: { channel: i % 3 === 0 ? "app" : "web" },
  })); // prettier-ignore

async function signUp(browser: Browser, address: string): Promise<readonly Cookie[]> {
  const context = await newVisitor(browser);
  const headers = { origin: address };
  const made = await context.request.post(`${address}/auth/setup`, { data: OWNER, headers });
  if (!made.ok()) throw new Error(`Setting up was answered ${made.status()}: ${await made.text()}`);
  const { email, password } = OWNER;
  await context.request.post(`${address}/auth/sign-in`, { data: { email, password }, headers });
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

/** Until its heading stands there and the page has nothing to do at once: then a press is answered. */
async function usableMs(page: Page, address: string): Promise<number> {
  const began = performance.now();
  await page.goto(address, { waitUntil: "commit" });
  await page.locator("h1").filter({ visible: true }).first().waitFor();
  await page.evaluate("new Promise((idle) => requestIdleCallback(idle))");
  return performance.now() - began;
}

/** Frames that were drawn while the hand moved to and fro. */
async function dragged(page: Page, address: string) {
  await page.goto(address);
  await page.locator("[data-moment]").nth(MOMENTS - 100).waitFor({ state: "attached", timeout: 60_000 }); // prettier-ignore
  const moments = await page.locator("[data-moment]").count();
  const box = (await page.locator("[data-moving]").locator("xpath=..").boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.evaluate(
    "window.frames0 = { n: 0, from: performance.now() }; (function next() { window.frames0.n++; requestAnimationFrame(next); })();",
  );
  const until = performance.now() + DRAG_MS;
  for (let i = 0; performance.now() < until; i++) {
    await page.mouse.move(x + 200 * Math.sin(i / 40), y + 120 * Math.cos(i / 40));
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
  const { n, ms } = await page.evaluate<{ n: number; ms: number }>(
    "({ n: window.frames0.n, ms: performance.now() - window.frames0.from })",
  );
  await page.mouse.up();
  return { perSecond: n / (ms / 1000), n, moments };
}
