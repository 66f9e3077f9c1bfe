/**
 * Once for the whole run: one embedded PostgreSQL, migrated into a template database that each test file clones. It is
 * stopped whatever happens to the tests.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startEmbedded } from "../src/db/embedded.ts";
import { migrateState } from "../src/db/migrate.ts";
import { openPostgres } from "../src/db/postgres.ts";

declare module "vitest" {
  export interface ProvidedContext {
    postgres: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-tests-"));
  const server = await startEmbedded({ dataDir: folder, settings: { fsync: "off", max_connections: "200" } });
  const template = openPostgres(server.url.replace("/postgres?", "/template1?"), 1);
  await migrateState(template);
  await template.close();
  project.provide("postgres", server.url);
  return async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
