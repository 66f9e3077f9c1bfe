/**
 * `npm start`, `npm run demo` and `npm test`: from a fresh clone with Node alone. Installs what is missing,
 * builds what is older than its source, then becomes the server. Plain JavaScript without packages, because it runs
 * before there are any.
 *
 *     node scripts/start.js [start|demo|build|test] [--port N] [--data FOLDER] [--roles LIST]
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..");
const DIST = join(ROOT, "dist");
/** What a stage was last done for; a stage whose print is unchanged is skipped. */
const PRINTS = join(ROOT, "node_modules", ".throughline");
/** Files that are not compiled but read at run time, beside the compiled ones. */
const DATA_FILE = /\.(sql|json|txt|csv|gif)$/;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Throughline needs Node 20.19 or later; this is ${process.versions.node}. Get it at https://nodejs.org.`,
  );
  process.exit(1);
}

const given = process.argv.slice(2);
// `npm start -- --port 4000` names no command.
const command = given[0] === undefined || given[0].startsWith("-") ? "start" : given[0];
const flags = given[0] === command ? given.slice(1) : given;
if (!["start", "demo", "build", "test"].includes(command)) {
  console.error(`"${command}" is none of start, demo, build and test.`);
  process.exit(1);
}

install();
if (command === "test") {
  const vitest = join(ROOT, "node_modules/vitest/vitest.mjs");
  process.exit(
    spawnSync(process.execPath, [vitest, "run", ...flags], { cwd: ROOT, stdio: "inherit" }).status ?? 130,
  );
}
if (existsSync(join(ROOT, "src"))) build(command === "build");
if (command !== "build") {
  // The same process becomes the server: its signals are the server's, and nothing is left behind.
  process.argv.splice(2, process.argv.length, ...(command === "demo" ? ["demo", ...flags] : flags));
  await import(pathToFileURL(join(DIST, command === "demo" ? "cli/commands.js" : "main.js")).href);
}

function install() {
  if (printOf("installed") === wantedNow()) return;
  if (!lockIs()) {
    console.log("Installing (once; about a minute) ...");
    installPackages();
  }
  savePrint("installed", wantedNow());
}

/** What has to be installed: the lock file, on this kind of machine. */
function wantedNow() {
  const lock = readFileSync(join(ROOT, "package-lock.json"));
  return createHash("sha256")
    .update(lock)
    .update(process.platform + process.arch)
    .digest("hex");
}

function installPackages() {
  // `npm install` keeps to the lock file's versions. `npm ci` would refuse it: a registry that lacks other platforms'
  // optional packages leaves them out of the lock file, and that is where ours was made.
  const quiet = ["--no-save", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const ended = spawnSync("npm", ["install", ...quiet], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (ended.status === 0) return;
  if (ended.signal) process.exit(130);
  console.error("The packages could not be installed. Is npm there, and its registry reachable from here?");
  process.exit(1);
}

/** Whether somebody ran `npm ci` or `npm install` for this very lock file already. */
function lockIs() {
  const hidden = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, "utf8")).packages;
  return Object.entries(JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages).every(
    ([path, { version, optional }]) => path === "" || optional || installed[path]?.version === version,
  );
}

function build(always) {
  const server = newest("src", "tsconfig.json", "tsconfig.build.json", "package-lock.json");
  if (always || printOf("server") !== server || !existsSync(join(DIST, "main.js"))) {
    console.log("Building the server ...");
    for (const name of existsSync(DIST) ? readdirSync(DIST) : [])
      if (name !== "web" && name !== "sdk") rmSync(join(DIST, name), { recursive: true });
    run(
      process.execPath,
      [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", join(ROOT, "tsconfig.build.json")],
      "The server could not be built.",
    );
    copyData(join(ROOT, "src"), DIST);
    savePrint("server", server);
  }
  // Pages are typed by the server's models, and made of them.
  const web = existsSync(join(ROOT, "web"))
    ? newest("web", "src", "vite.config.ts", "package-lock.json")
    : null;
  if (web !== null && (always || printOf("web") !== web || !existsSync(join(DIST, "web", "index.html")))) {
    console.log("Building the web app ...");
    run(
      process.execPath,
      [join(ROOT, "node_modules/vite/bin/vite.js"), "build", "--logLevel", "warn"],
      "The web app could not be built.",
    );
    savePrint("web", web);
  }
  buildSdk(always);
}

/** What pages and other programs take from here. */
function buildSdk(always) {
  const sdk = newest("sdk", "tsconfig.json", "tsconfig.sdk.json", "scripts/sdk.js", "package-lock.json");
  if (!always && printOf("sdk") === sdk && existsSync(join(DIST, "sdk", "throughline.js"))) return;
  console.log("Building the SDKs ...");
  run(process.execPath, [join(ROOT, "scripts/sdk.js")], "The SDKs could not be built.");
  savePrint("sdk", sdk);
}

/** A print of the files' sizes and times: cheap enough for every start. */
function newest(...names) {
  const hash = createHash("sha256");
  const add = (path) => {
    const found = statSync(path);
    if (found.isDirectory()) for (const name of readdirSync(path).toSorted()) add(join(path, name));
    else if (!/\.test\.tsx?$/.test(path)) hash.update(`${path} ${found.size} ${found.mtimeMs}\n`);
  };
  for (const name of names) add(join(ROOT, name));
  return hash.digest("hex");
}

function copyData(from, to) {
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (entry.isDirectory()) copyData(join(from, entry.name), join(to, entry.name));
    else if (DATA_FILE.test(entry.name)) {
      mkdirSync(to, { recursive: true });
      cpSync(join(from, entry.name), join(to, entry.name));
    }
  }
}

function run(file, args, sentence) {
  const ended = spawnSync(file, args, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (ended.signal) process.exit(130);
  if (ended.status !== 0) {
    console.error(sentence);
    process.exit(1);
  }
}

function printOf(stage) {
  const path = join(PRINTS, stage);
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}

function savePrint(stage, print) {
  mkdirSync(PRINTS, { recursive: true });
  writeFileSync(join(PRINTS, stage), print);
}
