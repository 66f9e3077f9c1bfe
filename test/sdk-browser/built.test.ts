/** The SDKs as they are built: their size, how the server gives the script out, and the packages as a program of somebody else uses them. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserThere, openBrowser } from "../browser.ts";
import { type Door, openDoor } from "../sdk/door.ts";
import { buildSdk, type Gate, openGate, openSite, type Site } from "./stage.ts";

const run = promisify(execFile);
const BYTES_MAX = 6 * 1024;
type Told = { readonly url: string; readonly integrity: string; readonly version: string; readonly bytes: number; readonly gzippedBytes: number }; // prettier-ignore

let door: Door;
let gate: Gate;
let folder: string;
let script: string;
beforeAll(async () => {
  door = await openDoor();
  gate = await openGate(door.url);
  folder = join(door.platform.dataDir, "sdk");
  // Before there is a build.
  expect((await fetch(`${door.url}/sdk`)).status).toBe(404);
  expect((await fetch(`${door.url}/sdk/throughline.js`)).status).toBe(404);
  await buildSdk(folder);
  script = await readFile(join(folder, "throughline.js"), "utf8");
});
afterAll(async () => {
  await gate?.stop();
  await door?.stop();
});
const told = async (): Promise<Told> => (await (await fetch(`${door.url}/sdk`)).json()) as Told;

describe("the browser's script", () => {
  test("is at most 6 KB as it travels, and so is the server's client", async () => {
    const bytes = gzipSync(script, { level: 9 }).length;
    const client = gzipSync(await readFile(join(folder, "server/client.js")), { level: 9 }).length;
    process.stdout.write(`\nBrowser SDK: ${bytes} bytes gzipped (${script.length} plain). Server SDK: ${client} bytes gzipped.\n`); // prettier-ignore
    expect(bytes).toBeLessThanOrEqual(BYTES_MAX);
    expect(client).toBeLessThanOrEqual(BYTES_MAX);
  });

  test("tells the version that its package has", async () => {
    const { version } = JSON.parse(await readFile(join(folder, "browser/package.json"), "utf8")) as {
      version: string;
    };
    expect(script).toMatch(new RegExp(`throughline\\.js.{1,20}${version.replaceAll(".", "\\.")}`));
  });

  test("evaluates no text as code and makes no markup of it", () => {
    expect(script).not.toMatch(/\beval\b|new Function|Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|createContextualFragment|DOMParser|setTimeout\(["'`]/); // prettier-ignore
  });

  test("is told with its address, its hash and its size, and the address of one build never changes what it gives", async () => {
    const { url, integrity, version, bytes, gzippedBytes } = await told();
    expect(url).toBe(`${door.url}/sdk/throughline.js?v=${version}`);
    const answer = await fetch(url, { headers: { origin: "https://shop.example" } });
    const body = Buffer.from(await answer.arrayBuffer());
    expect(body.toString()).toBe(script);
    expect(integrity).toBe(`sha384-${createHash("sha384").update(body).digest("base64")}`);
    expect([bytes, gzippedBytes]).toEqual([body.length, gzipSync(body, { level: 9 }).length]);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "cache-control": "public, max-age=31536000, immutable",
      "content-type": "text/javascript; charset=utf-8",
      "cross-origin-resource-policy": "cross-origin",
      "x-content-type-options": "nosniff",
    });
    expect((await fetch(url, { headers: { "if-none-match": answer.headers.get("etag")! } })).status).toBe(
      304,
    );
    const newest = await fetch(`${door.url}/sdk/throughline.js`);
    expect(newest.headers.get("cache-control")).toBe("public, max-age=300");
    const packed = await door.platform.app.inject({ url: "/sdk/throughline.js", headers: { "accept-encoding": "gzip" } }); // prettier-ignore
    expect(gunzipSync(packed.rawPayload).toString()).toBe(script);
  });

  test("is still given out to pages that name an earlier build, and an unknown one is answered with the newest for a short time", async () => {
    const before = await told();
    const newer = `${script}\n// another build\n`;
    await writeFile(join(folder, "throughline.js"), newer);
    door.platform.passes(1_000);
    const after = await told();
    expect(after.version).not.toBe(before.version);
    expect(await (await fetch(before.url)).text()).toBe(script);
    expect(await (await fetch(after.url)).text()).toBe(newer);
    const unknown = await fetch(`${door.url}/sdk/throughline.js?v=0123456789abcdef`);
    expect(unknown.headers.get("cache-control")).toBe("public, max-age=300");
    expect(await unknown.text()).toBe(newer);
    await writeFile(join(folder, "throughline.js"), script);
    door.platform.passes(1_000);
  });
});

/** A program of somebody else, with both packages as npm would install them. */
async function aProgram(): Promise<string> {
  const program = await mkdtemp(join(tmpdir(), "throughline-program-"));
  for (const name of ["browser", "server"]) {
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", program, join(folder, name)], { cwd: program }); // prettier-ignore
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    const at = join(program, "node_modules", "@throughline", name);
    await mkdir(at, { recursive: true });
    await run("tar", ["-xzf", join(program, filename), "-C", at, "--strip-components=1"]);
  }
  await writeFile(join(program, "package.json"), JSON.stringify({ type: "module" }));
  return program;
}

describe("the packages", () => {
  let program: string;
  beforeAll(async () => (program = await aProgram()));
  afterAll(() => rm(program, { recursive: true, force: true }));

  test("have types that a strict program can use, and that refuse what the API does not take", async () => {
    const file = (good: boolean) => `import { createThroughline, type Decision } from "@throughline/browser";
import { createClient, userTokenOf } from "@throughline/server";
const throughline = createThroughline();
throughline.load({ writeKey: "wk", host: "https://journeys.example", consent: "required", search: ["q"] });
throughline.track("Product Viewed", { product_id: "p1", price: 129, sizes: [41, 42] });
export const shown: Promise<readonly Decision[]> = throughline.decide(["home.top"], { timeoutMs: 200 });
const client = createClient({ host: "https://journeys.example", secretKey: "sk", writeKey: "wk" });
export const found: Promise<string> = client.ask("GET /v1/customers/lookup", { query: { kind: ${good ? '"email"' : '"shoe_size"'}, value: "x" } }).then((found) => ("id" in found ? found.id : found.customers[0]!.id));
export const token: Promise<string> = userTokenOf("secret", "user_id", "u1", Date.now());
`;
    await writeFile(join(program, "good.ts"), file(true));
    await writeFile(join(program, "bad.ts"), file(false));
    const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
    const check = (name: string, resolution: string) => run(process.execPath, [tsc, "--noEmit", "--strict", "--target", "es2023", "--lib", "es2023,dom", "--types", "", "--module", resolution === "bundler" ? "esnext" : resolution, "--moduleResolution", resolution, name], { cwd: program }); // prettier-ignore
    await check("good.ts", "bundler");
    await check("good.ts", "nodenext");
    await expect(check("bad.ts", "bundler")).rejects.toMatchObject({
      stdout: expect.stringMatching(/shoe_size/),
    });
  });

  test("do nothing when they are imported, so that a server may draw pages with them", async () => {
    const { stdout } = await run(process.execPath, ["--input-type=module", "-e", `import { createThroughline } from "@throughline/browser"; import { createClient } from "@throughline/server"; console.log(typeof createThroughline, typeof createClient)`], { cwd: program }); // prettier-ignore
    expect(stdout.trim()).toBe("function function");
  });

  describe.skipIf(!browserThere("the browser SDK from npm, and by its hash"))("in Chromium", () => {
    let browser: Browser;
    let site: Site;
    beforeAll(async () => {
      browser = await openBrowser();
      site = await openSite(browser, gate, door.writeKey);
    });
    afterAll(async () => {
      await browser?.close();
      await site?.stop();
    });

    test("collect from a bundle of the page's own", async () => {
      await writeFile(join(program, "page.js"), `import { createThroughline } from "@throughline/browser"; const throughline = createThroughline(); throughline.page(); throughline.load({ writeKey: ${JSON.stringify(door.writeKey)}, host: ${JSON.stringify(`${gate.url}/`)} }); throughline.track("Bundled");`); // prettier-ignore
      const built = await build({ root: program, configFile: false, logLevel: "silent", build: { write: false, lib: { entry: join(program, "page.js"), formats: ["iife"], name: "page" } } }); // prettier-ignore
      const [{ output }] = [built].flat() as unknown as [{ output: { code: string }[] }];
      await cp(join(folder, "throughline.js"), join(folder, "kept.js"));
      await writeFile(join(folder, "throughline.js"), output[0]!.code);
      door.platform.passes(1_000);
      const visit = await site.visit("/boots");
      expect((await door.until(2)).map(({ name }) => name)).toEqual(["$page.viewed", "Bundled"]);
      await visit.close();
      await cp(join(folder, "kept.js"), join(folder, "throughline.js"));
      door.platform.passes(1_000);
      expect(site.complaints.splice(0)).toEqual([]);
    });

    test("are run by a page that names the hash told, and not when the script is another", async () => {
      const { version, integrity } = await told();
      await door.clear();
      const element = (hash: string) => `<script src="${gate.url}/sdk/throughline.js?v=${version}" integrity="${hash}" crossorigin="anonymous" data-write-key="${door.writeKey}"></script>`; // prettier-ignore
      site.pages.set("/good", { script: element(integrity) });
      site.pages.set("/bad", { script: element(`sha384-${"A".repeat(64)}`) });
      const bad = await site.visit("/bad");
      expect(await bad.run(`return typeof window.throughline`)).toBe("undefined");
      expect(site.complaints.splice(0).join()).toMatch(/integrity/);
      const good = await site.visit("/good");
      expect((await door.until(1)).map(({ touchpoint }) => touchpoint)).toEqual(["/good"]);
      await Promise.all([bad.close(), good.close()]);
    });
  });
});
