/**
 * What is put together of a customer for an answer is gone with it. Node gives objects of some literals a shape that only
 * a full collection frees, with all that hangs on it (ARCHITECTURE.md); then full collections come every few seconds.
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** With one accessor in a literal it takes more than ten. */
const FULL_MAX = 4;

test("customers that are read and let go need hardly any full collection", async () => {
  const program = fileURLToPath(new URL("collections-process.ts", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--max-semi-space-size=4", program]); // prettier-ignore
  const { holds, full } = JSON.parse(stdout) as { readonly holds: number; readonly full: number };
  expect(holds).toBe(150_000);
  expect(full).toBeLessThanOrEqual(FULL_MAX);
});
