/**
 * Where uploaded files lie: one folder of the data folder, with a name of its own, because only a process that sees the
 * folder can run its imports.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The uploaded file of an import, as it came. It goes when the import has ended. */
export const dataPath = (folder: string, id: number): string => join(folder, `${id}.data`);
/** The rows of an import that were refused, as lines of JSON. */
export const refusedPath = (folder: string, id: number): string => join(folder, `${id}.refused.ndjson`);

/** The folder for imports under `dataDir`, made at need, and its name. */
export async function openPlace(
  dataDir: string,
): Promise<{ readonly folder: string; readonly place: string }> {
  const folder = join(dataDir, "imports");
  await mkdir(folder, { recursive: true });
  const path = join(folder, "place");
  try {
    await writeFile(path, randomUUID(), { flag: "wx" });
  } catch (cause) {
    // Made by an earlier start, or by another process just now.
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
  }
  return { folder, place: (await readFile(path, "utf8")).trim() };
}
