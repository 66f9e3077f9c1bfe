/**
 * The whole product for tests of the web app: the app built afresh, the real server on embedded stores in this process,
 * and Chromium in front of it. One a test file, since chDB is one engine a process.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import axe from "axe-core";
import type { Browser, BrowserContext, Cookie, Page, Request } from "playwright-core";
import { configOf } from "../../src/config.ts";
import { type Running, start } from "../../src/start.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { newVisitor, openBrowser } from "../browser.ts";

const run = promisify(execFile);

const OWNER = {
  name: "Ann Owner",
  email: "ann@shop.example",
  password: "a long sentence is best",
  workspaceName: "Boots & Co",
};

/** A look of the browser: width in CSS pixels and the system's colour scheme. */
export type Look = { readonly width: 1280 | 390; readonly scheme: "light" | "dark" };
/** A page, what its console complained of, and the scripts and styles it loaded (bytes as they came over the line). */
type Screen = {
  readonly page: Page;
  readonly complaints: string[];
  readonly loadedBytes: () => Promise<number>;
  readonly close: () => Promise<void>;
};

export type Site = {
  readonly running: Running;
  readonly address: string;
  readonly owner: typeof OWNER;
  /** Makes the owner account over the API. */
  setUp(): Promise<void>;
  /** Opens a page; signed in unless told otherwise. */
  open(path: string, options?: Partial<Look> & { readonly signedIn?: boolean }): Promise<Screen>;
  /** Sends one event as a server would, and waits until it is handled and logged. */
  readonly send: (type: string, event: object) => Promise<void>;
  api<T>(path: string): Promise<T>;
  /** Makes or sets something over the API, with a secret key; what was answered. */
  post<T = unknown>(path: string, body: object): Promise<T>;
  put<T = unknown>(path: string, body: object): Promise<T>;
  stop(): Promise<void>;
};

/** Builds the web app into a folder. */
export const buildWeb = async (webDir: string): Promise<void> =>
  // A process of its own: vitest's NODE_ENV would make this a development build.
  void (await run(
    process.execPath,
    ["node_modules/vite/bin/vite.js", "build", "--outDir", webDir, "--logLevel", "error"],
    { env: { ...process.env, NODE_ENV: "production" } },
  ));

/** Builds, starts and opens; some 6 s. */
export async function aSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-web-"));
  const webDir = join(folder, "web");
  await buildWeb(webDir);
  const config = configOf({ THROUGHLINE_DATA: join(folder, "data"), PORT: "0", HOST: "127.0.0.1" });
  const running = await start({ config, logger: createLog("silent"), version: "0.0.0", webDir });
  const browser = await openBrowser();
  const { address } = running;
  const door: Door = { browser, address, cookies: null };
  const { writeKey, secretKey } = running.first;
  const write =
    (method: "POST" | "PUT") =>
    async <T>(path: string, body: object): Promise<T> => {
      const headers = { authorization: `Bearer ${secretKey}`, "content-type": "application/json" };
      const answer = await fetch(`${address}${path}`, { method, headers, body: JSON.stringify(body) });
      if (!answer.ok)
        throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
      const text = await answer.text();
      return (text === "" ? undefined : JSON.parse(text)) as T;
    };
  return {
    running,
    address,
    owner: OWNER,
    setUp: async () => {
      const answer = await fetch(`${address}/auth/setup`, { method: "POST", headers: { "content-type": "application/json", origin: address }, body: JSON.stringify(OWNER) }); // prettier-ignore
      if (!answer.ok) throw new Error(`Setting up was answered ${answer.status}: ${await answer.text()}`);
    },
    open: (path, options) => open(door, path, options),
    send: async (type, event) => {
      const headers = {
        authorization: `Basic ${btoa(`${writeKey}:`)}`,
        "content-type": "application/json",
        "user-agent": "analytics-node-next/latest",
      };
      const answer = await fetch(`${address}/v1/${type}`, {
        method: "POST",
        headers,
        body: JSON.stringify(event),
      });
      if (!answer.ok) throw new Error(`The event was answered ${answer.status}: ${await answer.text()}`);
      await running.drain();
    },
    api: async <T>(path: string) => {
      const answer = await fetch(`${address}${path}`, { headers: { authorization: `Bearer ${secretKey}` } });
      return (await answer.json()) as T;
    },
    post: write("POST"),
    put: write("PUT"),
    stop: async () => {
      await browser.close();
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The session's cookie, made once: each sign-in costs a password hash. */
type Door = { readonly browser: Browser; readonly address: string; cookies: Cookie[] | null };

async function signIn(door: Door, context: BrowserContext): Promise<void> {
  const { email, password } = OWNER;
  if (door.cookies === null) {
    const answer = await context.request.post(`${door.address}/auth/sign-in`, {
      data: { email, password },
      headers: { origin: door.address },
    });
    if (!answer.ok()) throw new Error(`Signing in was answered ${answer.status()}: ${await answer.text()}`);
    door.cookies = await context.cookies();
  }
  await context.addCookies(door.cookies);
}

async function open(door: Door, path: string, options: Parameters<Site["open"]>[1] = {}): Promise<Screen> {
  const { width = 1280, scheme = "light", signedIn = true } = options;
  const context = await newVisitor(door.browser, {
    viewport: { width, height: width === 390 ? 844 : 800 },
    colorScheme: scheme,
  });
  if (signedIn) await signIn(door, context);
  const page = await context.newPage();
  const complaints: string[] = [];
  const loads: Promise<number>[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  const measure = (request: Request): void => {
    if (["script", "stylesheet"].includes(request.resourceType()))
      loads.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  };
  page.on("requestfinished", measure);
  await page.goto(door.address + path);
  return {
    page,
    complaints,
    loadedBytes: async () => (await Promise.all(loads)).reduce((sum, bytes) => sum + bytes, 0),
    close: async () => {
      // What was still being measured when the page goes away is not asked for any more, and a worker's end is no load.
      page.off("requestfinished", measure);
      const measured = Promise.allSettled(loads);
      await context.close();
      await measured;
    },
  };
}

type Violation = {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly html: string }[];
};

/** What axe finds serious or worse on the page, one line each. */
export async function seriousOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: Violation[] }>("axe.run(document)");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(" | ")}`);
}

/** Waits until the text stands somewhere where it can be seen. */
export const textThere = (page: Page, text: string | RegExp, timeout = 30_000): Promise<void> =>
  page.getByText(text).filter({ visible: true }).first().waitFor({ timeout });

/** How many pixels the page is wider than its window. */
export const overflowOf = (page: Page): Promise<number> =>
  page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
