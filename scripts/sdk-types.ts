/**
 * Writes sdk/server/api.ts anew from the OpenAPI document of a server started for it, with stores of its own:
 *
 *     npx tsx scripts/sdk-types.ts
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configOf } from "../src/config.ts";
import { start } from "../src/start.ts";
import { createLog } from "../src/telemetry/log.ts";
import { typesOf } from "./openapi-types.ts";

const folder = await mkdtemp(join(tmpdir(), "throughline-types-"));
const config = configOf({ THROUGHLINE_DATA: join(folder, "data"), PORT: "0", HOST: "127.0.0.1" });
const running = await start({
  config,
  logger: createLog("silent"),
  version: "0.0.0",
  webDir: join(folder, "web"),
});
try {
  const document: unknown = await (await fetch(`${running.address}/openapi.json`)).json();
  await writeFile("sdk/server/api.ts", typesOf(document));
} finally {
  await running.stop();
  await rm(folder, { recursive: true, force: true });
}
