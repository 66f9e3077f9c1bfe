/**
 * `npm run bench -- [NAME...] [--full] [--json]`: one table of what the platform does on this machine, with the budgets.
 * Everything runs on loopback and in temporary folders, is bounded in count and time, and is stopped and removed at the end.
 */
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { accepted, whole } from "./collect.ts";
import { decide } from "./decide.ts";
import { footprint } from "./footprint.ts";
import { gaps } from "./gaps.ts";
import { JOURNEY_STAGES, journeys } from "./journeys.ts";
import { learning } from "./learning.ts";
import { lookup } from "./lookup.ts";
import { calibration, machine } from "./machine.ts";
import { map } from "./map.ts";
import { stopAll } from "./program.ts";
import { metrics } from "./metrics.ts";
import { recommendations } from "./recommendations.ts";
import { replay } from "./replay.ts";
import { sample, weight } from "./sample.ts";
import { screens } from "./screens.ts";
import { backfill, rules } from "./segments.ts";
import { steady } from "./steady.ts";
import { type Measured, type Row, tableOf } from "./table.ts";
import { work } from "./work.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const { values: flags, positionals } = parseArgs({
  options: { full: { type: "boolean" }, json: { type: "boolean" } },
  allowPositionals: true,
});

/** What follows `journeys` may name its stages. */
const stages = positionals.filter(
  (name) => positionals.includes("journeys") && JOURNEY_STAGES.includes(name),
);
const asked = positionals.filter((name) => !stages.includes(name));

/** The questions by name, in the order of the table. Each has an empty folder of its own. */
const QUESTIONS: { readonly [name: string]: (folder: string) => Promise<readonly Row[]> } = {
  accepted,
  whole,
  work: (folder) => work(folder, flags.full === true),
  steady,
  decide,
  lookup,
  sample,
  weight,
  footprint,
  rules,
  backfill,
  journeys: (folder) => journeys(folder, stages),
  replay,
  map: (folder) => map(folder, flags.full === true),
  gaps: (folder) => gaps(folder, flags.full === true),
  metrics: (folder) => metrics(folder, flags.full === true),
  recommendations,
  learning,
  screens,
};

let leaving = false;
/** What is to be removed, however this ends. */
const folders = new Set<string>();

async function ask(name: string): Promise<readonly Measured[]> {
  const folder = await mkdtemp(join(tmpdir(), `throughline-bench-${name}-`));
  folders.add(folder);
  const before = calibration();
  try {
    const rows = await QUESTIONS[name]!(folder);
    const speed = (before + calibration()) / 2;
    return rows.map((row) => ({ ...row, calibration: Math.round(speed) }));
  } finally {
    await rm(folder, { recursive: true, force: true });
    folders.delete(folder);
  }
}

/** Whether `dist/` is what `src/` says: figures of an older program would be told as this one's. */
async function isBuilt(): Promise<boolean> {
  const timesOf = async (folder: string) => {
    const files = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    const own = files.filter(
      (file) =>
        file.isFile() &&
        !file.name.includes(".test.") &&
        !file.parentPath.startsWith(join(ROOT, "dist", "web")),
    );
    return Promise.all(own.map(async (file) => (await stat(join(file.parentPath, file.name))).mtimeMs));
  };
  const [made, written] = await Promise.all([timesOf("dist"), timesOf("src")]);
  return made.length > 0 && Math.max(...made) >= Math.max(...written);
}

const unknown = asked.find((name) => !(name in QUESTIONS));
if (unknown !== undefined) {
  console.error(`There is no benchmark "${unknown}". There are ${Object.keys(QUESTIONS).join(", ")}.`);
  process.exit(1);
}
async function leave(): Promise<void> {
  leaving = true;
  await stopAll();
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void leave());

const began = performance.now();
if (!(await isBuilt())) {
  console.error("dist/ is older than src/: npm run build comes first.");
  process.exit(1);
}
const first = Math.round(calibration());
const rows: Measured[] = [];
for (const name of asked.length > 0 ? asked : Object.keys(QUESTIONS)) {
  if (!flags.json) process.stderr.write(`${name} ...\n`);
  const found = await ask(name).catch((cause: unknown) => {
    // Interrupted: `leave` ends the process, and no other question is begun.
    if (leaving) return new Promise<never>(() => undefined);
    // One question without an answer does not cost the others theirs.
    console.error(cause);
    process.exitCode = 1;
    return [];
  });
  rows.push(...found);
  if (flags.json)
    for (const row of found) console.log(JSON.stringify({ bench: name, machine: machine(), ...row }));
}
const last = Math.round(calibration());
if (!flags.json)
  console.log(`${machine()}
calibration ${first.toLocaleString("en-US")} before, ${last.toLocaleString("en-US")} after (JSON.parse + fold, events/s on one core)
${new Date().toISOString().slice(0, 16)}Z, ${Math.round((performance.now() - began) / 1000)} s in all

${tableOf(rows)}`);
