/** The whole platform as `npm start` runs it, on a database and folders of its own, for tests that span every route. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createKey } from "../../src/access/keys.ts";
import { addWorkspace } from "../../src/access/store.ts";
import { configOf } from "../../src/config.ts";
import type { Document } from "../../src/http/openapi.ts";
import { type Running, type StartOptions, start } from "../../src/start.ts";
import { createLog } from "../../src/telemetry/log.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { aDatabase } from "../stores.ts";

export type Keys = { readonly workspace: WorkspaceId; readonly writeKey: string; readonly secretKey: string };
export type Answer<T> = { readonly status: number; readonly body: T; readonly headers: Headers };
type Headed = { readonly [name: string]: string };
export type Whole = Omit<Running, "first"> & {
  readonly first: Keys;
  readonly dataDir: string;
  /** Another workspace beside the first, with keys of its own. */
  workspace(name: string): Promise<Keys>;
  document(): Promise<Document>;
  /** Asks the API with a workspace's secret key, and gives the answer whatever its status is. */
  answer<T>(by: Keys, method: string, path: string, body?: unknown, headers?: Headed): Promise<Answer<T>>;
  /** Asks the API with a workspace's secret key, and gives the answer's body; throws what was answered when it is no success. */
  ask<T>(by: Keys, method: string, path: string, body?: unknown): Promise<T>;
  end(): Promise<void>;
};

/** Starts it on a free port; one in a process, since chDB is. `more`: its clock, the web app. */
export async function startWhole(
  env: { readonly [name: string]: string } = {},
  more: Partial<Pick<StartOptions, "ahead" | "webDir">> = {},
): Promise<Whole> {
  const dataDir = await mkdtemp(join(tmpdir(), "throughline-whole-"));
  const database = await aDatabase();
  const config = configOf({
    PORT: "0",
    HOST: "127.0.0.1",
    THROUGHLINE_DATA: dataDir,
    DATABASE_URL: database.url,
    ...env,
  });
  const running = await start({
    config,
    logger: createLog("silent"),
    version: "0.1.0",
    webDir: join(dataDir, "no-web"),
    ...more,
  });
  const { sql } = running.stores;
  const answer: Whole["answer"] = async <T>(by: Keys, method: string, path: string, body?: unknown, headers?: Headed) =>
    answered<T>(
      await fetch(running.address + path, {
        method,
        headers: { authorization: `Bearer ${by.secretKey}`, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    ); // prettier-ignore
  return {
    ...running,
    first: running.first as Keys,
    dataDir,
    workspace: async (name) => {
      const workspace = await addWorkspace(sql, name, Date.now());
      const write = await createKey(sql, workspace, { kind: "write", name }, Date.now());
      const secret = await createKey(sql, workspace, { kind: "secret", name }, Date.now());
      const keys: Keys = { workspace, writeKey: write.value, secretKey: secret.value };
      // Made beside the server, they are unknown to it for a moment after it last read its keys.
      while ((await answer(keys, "GET", "/v1/stats")).status === 401) await pause(20);
      return keys;
    },
    answer,
    ask: async <T>(by: Keys, method: string, path: string, body?: unknown) => {
      const told = await answer<T>(by, method, path, body);
      if (told.status >= 300)
        throw new Error(`${method} ${path} was answered ${told.status}: ${JSON.stringify(told.body)}`);
      return told.body;
    },
    document: async () => (await fetch(`${running.address}/openapi.json`)).json() as Promise<Document>,
    end: async () => {
      await running.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The whole platform, its first workspace, and another one that must see nothing of it. */
export async function startWholeOfTwo(): Promise<{
  readonly whole: Whole;
  readonly first: Keys;
  readonly other: Keys;
}> {
  const whole = await startWhole();
  return { whole, first: whole.first, other: await whole.workspace("Other") };
}

async function answered<T>(answer: Response): Promise<Answer<T>> {
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json") ?? false;
  return { status: answer.status, body: (isJson ? JSON.parse(text) : text) as T, headers: answer.headers };
}
