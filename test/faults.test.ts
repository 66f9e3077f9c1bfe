/** What happens when something beneath gives way: no lie, nothing lost, and recovery without a hand. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  asSecret,
  freePort,
  type Platform,
  postgresPid,
  startPlatform,
  untilQuiet,
  WRITE_KEY,
} from "./chaos/platform.ts";
import { aClickhouse } from "./engines.ts";

let folder: string;
const platforms: Platform[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "throughline-faults-"));
});
afterEach(async () => {
  for (const { process: child } of platforms) child.kill("SIGTERM");
  await Promise.all(platforms.splice(0).map(({ gone }) => gone));
  await rm(folder, { recursive: true, force: true });
});
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const open = async (data = folder, env: { readonly [name: string]: string } = {}) => {
  const platform = await startPlatform(data, await freePort(), env);
  platforms.push(platform);
  return platform;
};
let n = 0;
/** Posts `count` events; the status, and their ids when they were accepted. */
async function post({ base }: Platform, count: number, accepted: Set<string>, sizeBytes = 20) {
  const batch = Array.from({ length: count }, () => ({
    type: "track",
    event: "Ping",
    userId: `u${n % 50}`,
    messageId: `m${++n}`,
    properties: { text: "x".repeat(sizeBytes) },
  }));
  const answer = await fetch(`${base}/v1/batch`, {
    method: "POST",
    body: JSON.stringify({ writeKey: WRITE_KEY, batch }),
  });
  if (answer.status === 200) for (const { messageId } of batch) accepted.add(messageId);
  return { status: answer.status, retryAfter: answer.headers.get("retry-after") };
}
async function logged({ base }: Platform): Promise<readonly string[]> {
  const text = await (await fetch(`${base}/v1/export/events`, asSecret)).text();
  return text.split("\n").filter(Boolean).map((line) => (JSON.parse(line) as { messageId: string }).messageId); // prettier-ignore
}
async function everythingOnce(platform: Platform, accepted: ReadonlySet<string>): Promise<void> {
  await untilQuiet(platform.base);
  const ids = await logged(platform);
  expect(ids.length).toBe(new Set(ids).size);
  expect([...accepted].filter((id) => !ids.includes(id))).toEqual([]);
}

test("a second process on the same data folder says so and stops; the first goes on", async () => {
  const first = await open();
  await expect(startPlatform(folder, await freePort())).rejects.toThrow(
    /Another Throughline \(process \d+\) is using/,
  );
  expect((await fetch(`${first.base}/readyz`)).status).toBe(200);
});

test("PostgreSQL killed: 503 with Retry-After meanwhile, then it is back by itself and nothing answered 200 is lost", async () => {
  const platform = await open();
  const accepted = new Set<string>();
  await post(platform, 20, accepted);
  process.kill((await postgresPid(folder))!, "SIGKILL");
  const seen = new Set<number>();
  for (let back = 0; back < 3; await pause(10)) {
    const { status, retryAfter } = await post(platform, 5, accepted);
    seen.add(status);
    if (status === 503) expect(retryAfter).toMatch(/^[1-9]\d*$/);
    back = status === 200 && seen.has(503) ? back + 1 : back;
  }
  expect(seen).toEqual(new Set([200, 503]));
  await everythingOnce(platform, accepted);
});

test("the event log down: collection and customers go on, and the log catches up", async () => {
  const clickhouse = await aClickhouse();
  try {
    const platform = await open(folder, { CLICKHOUSE_URL: clickhouse.url });
    const accepted = new Set<string>();
    await post(platform, 10, accepted);
    await untilQuiet(platform.base);
    await fetch(`${clickhouse.url}/shim/down`);
    for (let i = 0; i < 20; i++) expect((await post(platform, 10, accepted)).status).toBe(200);
    const stats = async () =>
      (await (await fetch(`${platform.base}/v1/stats`, asSecret)).json()) as {
        processed: number;
        logged: number;
      };
    while ((await stats()).processed < 210) await pause(20);
    expect((await stats()).logged).toBe(10);
    expect((await fetch(`${platform.base}/v1/customers/lookup?kind=user_id&value=u1`, asSecret)).status).toBe(
      200,
    );
    const ready = (await (await fetch(`${platform.base}/readyz`)).json()) as {
      ready: boolean;
      eventLog: { lagEvents: number };
    };
    expect(ready).toMatchObject({ ready: true, eventLog: { lagEvents: 200 } });
    await fetch(`${clickhouse.url}/shim/up`);
    await everythingOnce(platform, accepted);
  } finally {
    for (const { process: child } of platforms) child.kill("SIGTERM");
    await Promise.all(platforms.map(({ gone }) => gone));
    await clickhouse.stop();
  }
});

/** A small disk of its own needs a mount, which only root may make. */
const mayMount = process.getuid?.() === 0 && process.platform === "linux" && mounts();
function mounts(): boolean {
  try {
    const at = execFileSync("mktemp", ["-d"]).toString().trim();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", at], { stdio: "ignore" });
    execFileSync("umount", [at]);
    return true;
  } catch {
    process.stderr.write(
      "\nSKIPPED: the test of a full disk, because this user may not mount a small one.\n\n",
    );
    return false;
  }
}
test.runIf(mayMount)(
  "the disk full: 503 and no lie; with room again it recovers by itself",
  { timeout: 120_000 },
  async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=400m", "tmpfs", folder]);
    try {
      const platform = await open();
      const accepted = new Set<string>();
      await post(platform, 10, accepted);
      const free = Number(
        execFileSync("df", ["--output=avail", "-B1", folder]).toString().trim().split("\n")[1],
      );
      await writeFile(join(folder, "filler"), Buffer.alloc(Math.max(0, free - 12_000_000)));
      let status = 200;
      for (let i = 0; i < 400 && status === 200; i++)
        ({ status } = await post(platform, 100, accepted, 2_000));
      expect([429, 503]).toContain(status);
      await rm(join(folder, "filler"));
      while ((await post(platform, 10, accepted)).status !== 200) await pause(100);
      await everythingOnce(platform, accepted);
      platform.process.kill("SIGTERM");
      await platform.gone;
    } finally {
      execFileSync("umount", ["-l", folder]);
    }
  },
);
