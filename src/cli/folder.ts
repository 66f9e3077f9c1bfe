/** Folders of definitions as they are kept in git: read whole, and written file by file. */
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { Failure } from "../errors.ts";
import type { Json } from "../values.ts";

/** The names of a folder's JSON files, without their ending, in order. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -".json".length)).toSorted(); // prettier-ignore
  } catch (cause) {
    throw new Failure("bad_request", `${folder} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** The names of a folder's JSON files; none where there is no such folder yet. */
export async function filesOrNone(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true });
  return filesIn(folder);
}

/** Reads a JSON file. Throws `Failure("bad_request")` with the file's name. */
export async function readJson(file: string): Promise<Json> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Json;
  } catch (cause) {
    throw new Failure("bad_request", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** A text beside a JSON file; undefined where there is none. */
export async function readTextBeside(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Failure("bad_request", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** The value as its schema has it. Throws `Failure("bad_request")` with the file and the place in it. */
export function parsed<T>(schema: z.ZodType<T>, value: Json, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new Failure("bad_request", `${file}: ${path.join("/")}: ${message}`);
}

export const writeJson = (folder: string, name: string, value: Json): Promise<void> =>
  writeFile(join(folder, `${name}.json`), `${JSON.stringify(value, null, 2)}\n`);
