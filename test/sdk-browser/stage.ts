/**
 * A stage for the browser SDK: the SDK built afresh, a real server that gives it out and takes its events, a gate before the
 * server that can fail as networks do, and a site whose pages have the strictest content policy there is.
 */
import { execFile } from "node:child_process";
import {
  createServer,
  type IncomingMessage,
  request as requestOf,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { newVisitor, openBrowser } from "../browser.ts";
import { openDoor } from "../sdk/door.ts";

/** Builds all of the SDK into a folder; some 3 s. */
export const buildSdk = async (folder: string): Promise<void> =>
  void (await promisify(execFile)(process.execPath, ["scripts/sdk.js", folder], {
    env: { ...process.env, NODE_ENV: "production" },
  }));

/**
 * What goes wrong between page and server; `answer_lost`: the server takes the request and nobody hears of it; `held`: the
 * request waits at the gate until it is released.
 */
export type Fault =
  | "none"
  | "away"
  | "answer_lost"
  | "held"
  | { readonly status: number; readonly retryAfterSeconds?: number };
export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly headers: IncomingMessage["headers"];
};
export type Gate = {
  readonly url: string;
  fault: Fault;
  /** Lets what was held go on. */
  readonly release: () => void;
  /** Every request of pages, but for those of the script itself. */
  readonly seen: Seen[];
  /** Resolves when a request has come, and what came of it is settled, that was not there when it was called. */
  readonly next: () => Promise<Seen>;
  /** Waits for requests until they are as is asked for. */
  readonly until: (isSo: () => boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
};
const closed = (server: Server): Promise<unknown> => {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
};

/** A gate before the server at `target`. */
export async function openGate(target: string): Promise<Gate> {
  const waiting: ((seen: Seen) => void)[] = [];
  const held: (() => void)[] = [];
  const { hostname, port } = new URL(target);
  const pass = (
    incoming: IncomingMessage,
    body: Buffer,
    outgoing: ServerResponse,
    done: () => void,
  ): void => {
    const onward = requestOf(
      { hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (gate.fault === "answer_lost" && incoming.method === "POST") {
          answer.resume().on("end", () => {
            outgoing.socket?.destroy();
            done();
          });
          return;
        }
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing).on("finish", done);
      },
    );
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    onward.end(body);
  };
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("error", () => undefined);
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const body = Buffer.concat(parts);
      const path = incoming.url!;
      if (path.startsWith("/sdk")) return pass(incoming, body, outgoing, () => undefined);
      const seen: Seen = { method: incoming.method!, path, body: body.toString(), headers: incoming.headers };
      const done = (): void => {
        gate.seen.push(seen);
        for (const tell of waiting.splice(0)) tell(seen);
      };
      const { fault } = gate;
      if (fault === "away") {
        outgoing.socket?.destroy();
        return done();
      }
      if (fault === "held") return void held.push(() => pass(incoming, body, outgoing, done));
      if (typeof fault === "string" || incoming.method === "OPTIONS")
        return pass(incoming, body, outgoing, done);
      outgoing
        .writeHead(fault.status, {
          "access-control-allow-origin": "*",
          "access-control-expose-headers": "Retry-After",
          ...(fault.retryAfterSeconds !== undefined && { "retry-after": String(fault.retryAfterSeconds) }),
        })
        .end(done);
    });
  });
  const gate: Gate = {
    url: `http://127.0.0.1:${await listening(server)}`,
    fault: "none",
    release: () => {
      gate.fault = "none";
      for (const pass of held.splice(0)) pass();
    },
    seen: [],
    next: () => new Promise((tell) => waiting.push(tell)),
    until: async (isSo) => {
      while (!isSo()) await gate.next();
    },
    stop: async () => void (await closed(server)),
  };
  return gate;
}

/** The policy of the site's pages: nothing inline, no evaluation, no markup from text. */
const policyOf = (server: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' ${server}`,
    `connect-src ${server}`,
    "style-src 'none'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");

export type SitePage = { readonly body?: string; readonly script?: string | null; readonly loose?: boolean };
export type Site = {
  /** `http://HOST.localhost:PORT` */
  readonly at: (host?: string) => string;
  /** Pages by path; each has the SDK's element unless its `script` says otherwise. */
  readonly pages: Map<string, SitePage>;
  /** What happened on visits: broken policies and faults of scripts. */
  readonly complaints: string[];
  /** A new visitor's page at this path, after the SDK began there. */
  visit(
    path: string,
    options?: BrowserContextOptions & {
      readonly host?: string;
      readonly before?: string;
      readonly clock?: true;
    },
  ): Promise<Visit>;
  /** Everybody who visited leaves. */
  leave(): Promise<void>;
  readonly stop: () => Promise<void>;
};
export type Visit = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Runs a script in the page, past its content policy as a debugger does; what it gives. */
  readonly run: <T = unknown>(script: string) => Promise<T>;
  /** Waits until the expression holds in the page; fails after twenty seconds. */
  readonly until: (expression: string) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Runs a script in any page. */
export async function runIn<T>(page: Page, script: string): Promise<T> {
  const session = await page.context().newCDPSession(page);
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    expression: `(async () => { ${script} })()`,
    awaitPromise: true,
    returnByValue: true,
  });
  await session.detach().catch(() => undefined);
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value as T;
}

async function holds(page: Page, expression: string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await runIn<boolean>(page, `return ${expression}`).catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`Never held: ${expression}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** A site of our customer's, whose pages use the SDK of the server behind `gate` with `writeKey`. */
export async function openSite(browser: Browser, gate: Gate, writeKey: string): Promise<Site> {
  const pages = new Map<string, SitePage>();
  const complaints: string[] = [];
  const contexts: BrowserContext[] = [];
  const server = createServer((incoming, outgoing) => {
    const found = pages.get(new URL(incoming.url!, "http://x").pathname) ?? {};
    if (!found.loose) outgoing.setHeader("content-security-policy", policyOf(gate.url));
    outgoing
      .setHeader("content-type", "text/html")
      .end(
        `<!doctype html><html lang="en"><head><title>Boots</title><link rel="icon" href="/icon">${
          found.script === undefined ? scriptOf(gate, writeKey) : (found.script ?? "")
        }</head><body>${found.body ?? "<p>Boots</p>"}</body></html>`,
      );
  });
  const port = await listening(server);
  const at: Site["at"] = (host = "shop") => `http://${host}.localhost:${port}`;
  return {
    at,
    pages,
    complaints,
    visit: async (path, { host, before, clock, ...options } = {}) => {
      const context = await newVisitor(browser, options);
      contexts.push(context);
      if (before !== undefined) await context.addInitScript(before);
      const page = await context.newPage();
      page.on("console", (message) => {
        // A request that failed is what several tests are about.
        if (message.type() === "error" && !/Failed to load resource|blocked by CORS/.test(message.text()))
          complaints.push(message.text());
      });
      if (clock) await page.clock.install();
      page.on("pageerror", (fault) => complaints.push(String(fault)));
      await page.goto(at(host) + path);
      return {
        page,
        context,
        run: (script) => runIn(page, script),
        until: (expression) => holds(page, expression),
        close: () => context.close(),
      };
    },
    leave: async () => {
      for (const context of contexts.splice(0)) await context.close();
    },
    stop: async () => void (await closed(server)),
  };
}

/** The SDK's element as a page has it, with more attributes. */
export const scriptOf = ({ url }: Gate, writeKey: string, more = ""): string =>
  `<script src="${url}/sdk/throughline.js" data-write-key="${writeKey}" ${more}></script>`;

/** The door, the gate before it and a site in Chromium, for a file of tests. */
export async function standSite() {
  const [door, browser] = await Promise.all([openDoor(), openBrowser()]);
  await buildSdk(join(door.platform.dataDir, "sdk"));
  const gate = await openGate(door.url);
  const site = await openSite(browser, gate, door.writeKey);
  const stop = async () => {
    await browser.close();
    await site.stop();
    await gate.stop();
    await door.stop();
  };
  return { door, browser, gate, site, stop };
}
/** What `standSite` stands up. */
export type StoodSite = Awaited<ReturnType<typeof standSite>>;
