/** The web app's files as the server gives them out. */
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Platform, startPlatform } from "./platform.ts";

let platform: Platform;
let webDir: string;
beforeAll(async () => {
  webDir = await mkdtemp(join(tmpdir(), "throughline-web-"));
  platform = await startPlatform({ webDir });
});
afterAll(async () => {
  await platform.stop();
  await rm(webDir, { recursive: true, force: true });
});
const get = (url: string, headers: { [name: string]: string }) => platform.app.inject({ url, headers });

describe("the web app", () => {
  const html = { accept: "text/html,*/*" };

  test("says how to be built while it is not, and is served once it is", async () => {
    const missing = await get("/", html);
    expect(missing.statusCode).toBe(503);
    expect(missing.body).toContain("npm run build");
    await mkdir(join(webDir, "assets"));
    const script = `console.log(${JSON.stringify("x".repeat(5_000))})`;
    await writeFile(join(webDir, "assets", "app-abc123.js"), script);
    await writeFile(join(webDir, "index.html"), "<!doctype html><title>Throughline</title>");
    await writeFile(join(webDir, "secret.pem"), "no");
    platform.passes(1_000);
    const page = await get("/", html);
    expect(page.statusCode).toBe(200);
    expect(page.headers["content-security-policy"]).toMatch(/script-src 'self';.*frame-ancestors 'none'/);
    expect(page.headers["content-security-policy"]).not.toMatch(/script-src[^;]*unsafe/);
    expect(page.headers["cache-control"]).toBe("no-cache");
    const file = await get("/assets/app-abc123.js", { "accept-encoding": "gzip, br" });
    expect(file.headers).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      "content-encoding": "gzip",
      "content-type": "text/javascript; charset=utf-8",
    });
    expect(gunzipSync(file.rawPayload).toString()).toBe(script);
    expect((await get("/assets/app-abc123.js", {})).body).toBe(script);
    expect((await get("/", { ...html, "if-none-match": String(page.headers["etag"]) })).statusCode).toBe(304);
  });

  test("has a page for each address of a screen, and a problem for what is missing or not its own", async () => {
    expect((await get("/customers/c1042?tab=identities", html)).body).toContain("Throughline");
    for (const url of [
      "/assets/gone.js",
      "/v1/nothing",
      "/auth/nothing",
      "/secret.pem",
      "/../package.json",
      "/..%2f..%2fetc%2fpasswd",
      "/assets/..%2findex.html",
    ]) {
      const answer = await get(url, html);
      expect([url, answer.statusCode, answer.headers["content-type"]]).toEqual([
        url,
        404,
        "application/problem+json",
      ]);
    }
    expect((await get("/customers/c1042", { accept: "application/json" })).statusCode).toBe(404);
  });

  test("is read again when it was built anew", async () => {
    await writeFile(join(webDir, "index.html"), "<!doctype html><title>Next</title>");
    await utimes(join(webDir, "index.html"), new Date(), new Date(Date.now() + 5_000));
    platform.passes(1_000);
    expect((await get("/", html)).body).toContain("Next");
  });
});
