/**
 * One process per data folder. The lock file names its holder by process number and start time, so that a lock left by
 * a killed process (or by another process of the same number) is seen to be stale.
 */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../errors.ts";

type Holder = { readonly pid: number; readonly startedAt: string };

/** Takes the lock of `dataDir`. Throws `Failure("configuration")` that names the holder. Answers how to give it back. */
export async function lockFolder(dataDir: string): Promise<() => Promise<void>> {
  const path = join(dataDir, "throughline.lock");
  const mine: Holder = { pid: process.pid, startedAt: await startOf(process.pid) };
  const own = join(dataDir, `throughline.lock.${process.pid}`);
  await writeFile(own, JSON.stringify(mine));
  try {
    for (let attempt = 0; attempt < 10; attempt++) {
      try {
        // A link either makes the lock whole or fails because there is one.
        await link(own, path);
        return () => rm(path, { force: true });
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
      }
      const holder = await holderOf(path);
      if (holder && (await startOf(holder.pid)) === holder.startedAt && holder.startedAt !== "")
        throw new Failure(
          "configuration",
          `Another Throughline (process ${holder.pid}) is using ${dataDir}. Stop it first, or choose another folder with THROUGHLINE_DATA.`,
        );
      // Of several that find it stale one wins the rename; the others begin again.
      await rename(path, `${own}.stale`).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== "ENOENT") throw cause;
      });
      await rm(`${own}.stale`, { force: true });
    }
    throw new Failure(
      "configuration",
      `The lock ${path} keeps changing. Is another process starting there again and again?`,
    );
  } finally {
    await rm(own, { force: true });
  }
}

async function holderOf(path: string): Promise<Holder | null> {
  const text = await readFile(path, "utf8").catch(() => "");
  try {
    return JSON.parse(text) as Holder;
  } catch (cause) {
    // Cut off by a crash while it was written: nobody holds it.
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** When a process started, as the kernel tells it ("" when there is none); without /proc whether it lives at all. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (stat !== null) return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  if (process.platform === "linux") return "";
  try {
    process.kill(pid, 0);
    return "alive";
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM" ? "alive" : "";
  }
}
