/**
 * Which work of this machine goes first. Somebody waits for an answer; nobody waits for a batch of the inbox, for the
 * event log's merges or for garbage to be marked, and on two cores they would stand in the way of each answer. They get
 * a third of the share of the rest while both want the same core, and all of it otherwise.
 *
 * On Linux, where a thread has a number like a process; elsewhere, and where it is not permitted, all share alike.
 */
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** How much nicer than the main thread, and than its session; of 19 that are possible. */
const NICER = 5;
const NICE_MAX = 19;
/** The kernel takes one change of a group in a tenth of a second from who is not root. */
const ATTEMPTS_MAX = 20;
const AGAIN_MS = 110;

/** Lets the calling thread give way. */
export const threadGivesWay = (): void =>
  ifPermitted(() => givesWay(Number(readlinkSync("/proc/thread-self").split("/").at(-1))));

/** Lets what Node and V8 began beside the main thread give way (collecting garbage, compiling); only before anything else has. */
export function helpersGiveWay(): void {
  ifPermitted(() => {
    for (const id of readdirSync("/proc/self/task")) if (Number(id) !== process.pid) givesWay(Number(id));
  });
}

/** Lets the threads of this process that are called `name` give way. */
export function threadsGiveWay(name: string): void {
  ifPermitted(() => {
    for (const id of readdirSync("/proc/self/task"))
      if (readFileSync(`/proc/self/task/${id}/comm`, "utf8").trim() === name) givesWay(Number(id));
  });
}

/** Lets another process of this machine give way, which must be in a session of its own; resolves when it does, or cannot. */
export async function processGivesWay(pid: number): Promise<void> {
  ifPermitted(() => givesWay(pid));
  // Where the kernel shares out by session, as on a desktop, what counts is how nice the session is.
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    try {
      const ours = groupOf("self");
      if (groupOf(pid).name !== ours.name) writeFileSync(`/proc/${pid}/autogroup`, String(nicer(ours.nice)));
      return;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EAGAIN") return;
    }
    await pause(AGAIN_MS);
  }
}

const nicer = (nice: number): number => Math.min(NICE_MAX, nice + NICER);
/** The number of the process is that of its main thread. */
const givesWay = (id: number): void => setPriority(id, nicer(getPriority(process.pid)));

/** The kernel writes "/autogroup-123 nice 0", and nothing of a process that was in no session of its own since the start. */
function groupOf(pid: number | "self"): { readonly name: string; readonly nice: number } {
  const [name = "", , nice = "0"] = readFileSync(`/proc/${pid}/autogroup`, "utf8").trim().split(" ");
  return { name, nice: Number(nice) };
}

function ifPermitted(change: () => void): void {
  try {
    change();
  } catch {
    // Another kind of system, or a stricter one: what gives way nowhere is only slower beside a load.
  }
}
