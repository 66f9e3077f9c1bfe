/**
 * Builds the SDKs: `sdk/` in, `dist/sdk` (or the folder named) out.
 *
 *     throughline.js   the script that this server gives to pages at /sdk/throughline.js
 *     browser/         the package for bundlers, as npm publishes it
 *     server/          the package for servers, likewise
 *
 * Scripts of earlier builds stay beside the newest under their versions, because pages name them with an integrity hash.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const out = process.argv[2] ?? join(ROOT, "dist", "sdk");

const PACKAGES = { browser: "throughline", server: "client" };

mkdirSync(out, { recursive: true });
const script = await bundle("browser/script.ts", "iife");
// The start of its hash names a build; the server works the same name out of what it reads.
const version = createHash("sha256").update(script).digest("hex").slice(0, 16);
writeFileSync(join(out, `throughline.${version}.js`), script);
writeFileSync(join(out, "throughline.js"), script);
emitTypes();
for (const [name, main] of Object.entries(PACKAGES)) await pack(name, main);
rmSync(join(out, "types"), { recursive: true, force: true });

/** The module and what it imports, as one text. */
async function bundle(entry, format) {
  const built = await build({
    configFile: false,
    root: ROOT,
    logLevel: "warn",
    build: {
      write: false,
      target: "es2022",
      minify: "oxc",
      lib: { entry: join(ROOT, "sdk", entry), formats: [format], name: "throughlineScript" },
    },
  });
  return [built].flat()[0].output[0].code;
}

function emitTypes() {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const flags = [
    "-p",
    join(ROOT, "tsconfig.sdk.json"),
    "--noEmit",
    "false",
    "--declaration",
    "--emitDeclarationOnly",
  ];
  const places = ["--rootDir", join(ROOT, "sdk"), "--outDir", join(out, "types")];
  const ended = spawnSync(process.execPath, [tsc, ...flags, ...places], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (ended.status !== 0) process.exit(1);
}

/** One package: its code, its types, its package.json and its page. */
async function pack(name, main) {
  const folder = join(out, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(folder, `${main}.js`), await bundle(`${name}/${main}.ts`, "es"));
  renameSync(join(out, "types", name), join(folder, "types"));
  for (const file of ["package.json", "README.md"])
    copyFileSync(join(ROOT, "sdk", name, file), join(folder, file));
  copyFileSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
}
