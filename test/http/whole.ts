/** The whole platform as `npm start` runs it, on a database and folders of its own, for tests that span every route. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKey } from "../../src/access/keys.ts";
import { addWorkspace } from "../../src/access/store.ts";
import { configOf } from "../../src/config.ts";
import type { Document } from "../../src/http/openapi.ts";
import { type Running, start } from "../../src/start.ts";
import { createLog } from "../../src/telemetry/log.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { aDatabase } from "../stores.ts";

export type Keys = { readonly workspace: WorkspaceId; readonly writeKey: string; readonly secretKey: string };
export type Whole = Omit<Running, "first"> & {
  readonly first: Keys;
  readonly dataDir: string;
  /** Another workspace beside the first, with keys of its own. */
  workspace(name: string): Promise<Keys>;
  document(): Promise<Document>;
  end(): Promise<void>;
};

/** Starts it on a free port; one in a process, since chDB is. */
export async function startWhole(env: { readonly [name: string]: string } = {}): Promise<Whole> {
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
  });
  const { sql } = running.stores;
  return {
    ...running,
    first: running.first as Keys,
    dataDir,
    workspace: async (name) => {
      const workspace = await addWorkspace(sql, name, Date.now());
      const write = await createKey(sql, workspace, { kind: "write", name }, Date.now());
      const secret = await createKey(sql, workspace, { kind: "secret", name }, Date.now());
      return { workspace, writeKey: write.value, secretKey: secret.value };
    },
    document: async () => (await fetch(`${running.address}/openapi.json`)).json() as Promise<Document>,
    end: async () => {
      await running.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
