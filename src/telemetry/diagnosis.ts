/** What `throughline doctor` makes of what it found: pure rules from measurements to findings, and their table. */

export type Finding = {
  readonly name: string;
  readonly state: "ok" | "note" | "broken";
  /** What was found, in a few words. */
  readonly found: string;
  /** What to do about it; null when there is nothing to do. */
  readonly todo: string | null;
};

const NODE_OLDEST = [20, 19] as const;
const FREE_BROKEN_BYTES = 500 * 1024 * 1024;
const FREE_NOTE_BYTES = 5 * 1024 * 1024 * 1024;
const LAG_NOTE_MS = 60_000;
const SKEW_NOTE_MS = 2_000;
/** Before this program was written: a clock that says so has lost its battery. */
const CLOCK_OLDEST_AT = Date.UTC(2026, 0, 1);

const ok = (name: string, found: string): Finding => ({ name, state: "ok", found, todo: null });
const note = (name: string, found: string, todo: string | null): Finding => ({
  name,
  state: "note",
  found,
  todo,
});
const broken = (name: string, found: string, todo: string): Finding => ({
  name,
  state: "broken",
  found,
  todo,
});

/** `found` as a finding of this name and state. */
export const finding = { ok, note, broken } as const;

/** Bytes as a person reads them: `1.5 GB`. */
export function sizeOf(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"] as const;
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const n = bytes / 1024 ** power;
  return `${power === 0 ? n : n.toFixed(n < 10 ? 1 : 0)} ${units[power]}`;
}

/** The version of Node, `20.19.0`. */
export function ofNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = NODE_OLDEST;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok("Node.js", version);
  return broken("Node.js", version, `Install Node.js ${NODE_OLDEST.join(".")} or later.`);
}

/** The space left where the data is. */
export function ofSpace(freeBytes: number, folder: string): Finding {
  const found = `${sizeOf(freeBytes)} free`;
  if (freeBytes < FREE_BROKEN_BYTES)
    return broken(
      "Disk",
      found,
      `Free some space on the disk of ${folder}: nothing can be accepted when it is full.`,
    );
  if (freeBytes < FREE_NOTE_BYTES)
    return note("Disk", found, `Plan for more space on the disk of ${folder}.`);
  return ok("Disk", found);
}

/** The keys that are here (null: none) beside what the database's secrets are sealed with, by key. */
export function ofSealed(
  name: string,
  recorded: string | null,
  vault: { readonly keyName: string; readonly keyNames: readonly string[] } | null,
  sealed: readonly { readonly keyName: string; readonly n: number }[],
): Finding {
  const bring = "Bring encryption.key of the data folder the secrets were sealed with, or set THROUGHLINE_ENCRYPTION_KEY."; // prettier-ignore
  if (!vault && recorded === null) return note(name, "not made yet", "It is made at the first start.");
  if (!vault) return broken(name, "is not here, and secrets in the database are sealed with one", bring);
  const lost = sealed.reduce((sum, one) => sum + (vault.keyNames.includes(one.keyName) ? 0 : one.n), 0);
  if (lost > 0)
    return broken(name, `${lost} secrets cannot be read with it`, `${bring} If it is lost, enter those secrets again.`); // prettier-ignore
  const older = sealed.reduce((sum, one) => sum + (one.keyName === vault.keyName ? 0 : one.n), 0);
  if (older > 0)
    return note(name, `${older} secrets are sealed with an older key`, "The next start seals them with the first."); // prettier-ignore
  return ok(name, `${sealed.reduce((sum, { n }) => sum + n, 0)} secrets sealed`);
}

/** The state schema beside this program. */
export function ofSchema({
  pending,
  unknown,
}: {
  pending: readonly number[];
  unknown: readonly number[];
}): Finding {
  if (unknown.length > 0)
    return note(
      "Schema",
      `has ${unknown.length} newer migrations (${unknown.join(", ")})`,
      "Start the newer version again, or restore a backup from before it.",
    );
  if (pending.length > 0)
    return note(
      "Schema",
      `${pending.length} migrations to apply (${pending.join(", ")})`,
      "They are applied at the next start.",
    );
  return ok("Schema", "current");
}

/** One lane of the inbox: who works on it until when, and what waits in it. */
export type LaneFound = {
  readonly lane: number;
  readonly owner: string | null;
  readonly leaseUntil: number;
  readonly waiting: number;
  readonly oldestAt: number | null;
};

/** The lanes together. */
export function ofLanes(lanes: readonly LaneFound[], now: number): Finding {
  const waiting = lanes.reduce((sum, lane) => sum + lane.waiting, 0);
  const ageMs = Math.max(0, ...lanes.map(({ oldestAt }) => (oldestAt === null ? 0 : now - oldestAt)));
  const idle = lanes.filter((lane) => lane.waiting > 0 && lane.leaseUntil < now);
  const found = `${waiting} events wait in ${lanes.length} lanes${waiting > 0 ? `, the oldest for ${Math.round(ageMs / 1000)} s` : ""}`;
  if (idle.length > 0)
    return broken(
      "Worker",
      `${found}; nobody works on lanes ${idle.map(({ lane }) => lane).join(", ")}`,
      "Start a process with the role worker.",
    );
  if (ageMs > LAG_NOTE_MS)
    return note("Worker", found, "It is behind. Add a process with the role worker, or look at its log.");
  return ok("Worker", found);
}

/** Our clock beside the database's. */
export function ofClock(now: number, theirs: number | null): Finding {
  if (now < CLOCK_OLDEST_AT)
    return broken(
      "Clock",
      new Date(now).toISOString(),
      "Set this machine's clock: events are stamped with it.",
    );
  const skewMs = theirs === null ? 0 : now - theirs;
  if (Math.abs(skewMs) > SKEW_NOTE_MS)
    return note(
      "Clock",
      `${Math.round(skewMs / 1000)} s beside the database's`,
      "Let both machines keep time by NTP.",
    );
  return ok("Clock", new Date(now).toISOString());
}

/** The findings as a table, with what to do below each that needs it. */
export function tableOf(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const mark = { ok: "ok    ", note: "note  ", broken: "BROKEN" } as const;
  const rows = findings.flatMap(({ name, state, found, todo }) => [
    `${mark[state]}  ${name.padEnd(width)}  ${found}`,
    ...(todo === null ? [] : [`        ${" ".repeat(width)}  -> ${todo}`]),
  ]);
  const n = findings.filter(({ state }) => state === "broken").length;
  const end =
    n === 0
      ? "Nothing is broken."
      : `${n} ${n === 1 ? "thing is" : "things are"} broken; begin with the first.`;
  return `${rows.join("\n")}\n\n${end}\n`;
}
