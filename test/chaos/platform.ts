/** A platform in a process of its own, which can be killed: the real program on a real data folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const WRITE_KEY = "wk_chaos_chaos_chaos";
export const SECRET_KEY = "sk_chaos_chaos_chaos";

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export type Platform = {
  readonly process: ChildProcess;
  readonly base: string;
  /** What it wrote so far. */
  said(): string;
  /** Resolves when the process is gone. */
  readonly gone: Promise<number | null>;
};

/** Starts the program; resolves when it is ready. Rejects with what it said when it ends before. */
export async function startPlatform(
  dataDir: string,
  port: number,
  env: { readonly [name: string]: string } = {},
  args: readonly string[] = [],
): Promise<Platform> {
  const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "src/main.ts"), ...args], {
    cwd: ROOT,
    env: {
      ...process.env, PORT: String(port), HOST: "127.0.0.1", THROUGHLINE_DATA: dataDir, THROUGHLINE_LOG: "warn",
      THROUGHLINE_WRITE_KEY: WRITE_KEY, THROUGHLINE_SECRET_KEY: SECRET_KEY, ...env,
    }, // prettier-ignore
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (text += String(chunk)));
  let over = false;
  const gone = new Promise<number | null>((resolve) =>
    child.once("exit", (code) => {
      over = true;
      resolve(code);
    }),
  );
  const base = `http://127.0.0.1:${port}`;
  for (;;) {
    if (over) throw new Error(`The platform ended: ${text}`);
    const ready = await fetch(`${base}/readyz`).then((answer) => answer.status === 200, () => false); // prettier-ignore
    if (ready) return { process: child, base, said: () => text, gone };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** PostgreSQL's process number on a data folder, or null while there is none. */
export async function postgresPid(dataDir: string): Promise<number | null> {
  const text = await readFile(join(dataDir, "postgres", "postmaster.pid"), "utf8").catch(() => "");
  return Number(text.split("\n")[0]) || null;
}

export const asSecret = { headers: { authorization: `Bearer ${SECRET_KEY}` } };

/** Asks a platform's API with the secret key; throws when there is no answer, or it is no success. */
export async function ask<T>(base: string, method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: { ...asSecret.headers, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Waits until everything accepted is processed and logged. */
export async function untilQuiet(
  base: string,
): Promise<{ accepted: number; processed: number; logged: number; duplicates: number }> {
  for (;;) {
    const stats = (await (await fetch(`${base}/v1/stats`, asSecret)).json()) as {
      accepted: number;
      processed: number;
      logged: number;
      duplicates: number;
    };
    if (stats.accepted === stats.processed + stats.duplicates && stats.logged === stats.processed)
      return stats;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
