import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { processGivesWay, threadsGiveWay } from "./priority.ts";

const onLinux = process.platform === "linux";
const NICER = 5;
const numberOf = (thread: Worker): Promise<number> => once(thread, "message").then(([id]) => id as number);
/** A thread that does `first`, tells its number and waits. */
const waiting = (first: string): string => `
  import(${JSON.stringify(new URL("../node_modules/tsx/dist/esm/api/index.mjs", import.meta.url).href)})
    .then(({ register }) => (register(), import(${JSON.stringify(new URL("./priority.ts", import.meta.url).href)})))
    .then((m) => {
      ${first}
      require("node:worker_threads").parentPort.postMessage(Number(require("node:fs").readlinkSync("/proc/thread-self").split("/").at(-1)));
      setInterval(() => undefined, 1000);
    });`;

describe.runIf(onLinux)("work that gives way", () => {
  it("is the thread that says so, and no other", async () => {
    const before = getPriority(process.pid);
    const thread = new Worker(waiting(""), { eval: true });
    const own = new Worker(waiting(`m.threadGivesWay();`), { eval: true });
    const [other, id] = await Promise.all([numberOf(thread), numberOf(own)]);
    expect([getPriority(id), getPriority(other), getPriority(process.pid)]).toEqual([
      before + NICER,
      before,
      before,
    ]);
    await Promise.all([thread.terminate(), own.terminate()]);
  });

  it("is another process, with its session where the kernel shares out by session", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { detached: true, stdio: "ignore" }); // prettier-ignore
    await once(child, "spawn");
    const ours = groupOf("self");
    await processGivesWay(child.pid!);
    expect(getPriority(child.pid)).toBe(getPriority(process.pid) + NICER);
    const group = groupOf(child.pid!);
    if (group !== null && group.name !== ours!.name) expect(group.nice).toBe(ours!.nice + NICER);
    expect(groupOf("self")).toEqual(ours);
    child.kill("SIGKILL");
  });

  it("asks nothing of what is not there", async () => {
    threadsGiveWay("no thread is called so");
    await processGivesWay(2 ** 22 + 1);
  });
});

function groupOf(pid: number | "self"): { readonly name: string; readonly nice: number } | null {
  const path = `/proc/${pid}/autogroup`;
  if (!existsSync(path)) return null;
  const [name = "", , nice = "0"] = readFileSync(path, "utf8").trim().split(" ");
  return { name, nice: Number(nice) };
}
