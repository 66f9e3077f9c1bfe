#!/usr/bin/env node
// The command `throughline`: makes sure that it can run here and that it is built, then hands over to dist/cli.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const built = fileURLToPath(new URL("../dist/cli/commands.js", import.meta.url));
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Throughline needs Node 20.19 or later; this is ${process.versions.node}. Get it at https://nodejs.org.`,
  );
  process.exit(1);
} else if (existsSync(built)) {
  await import(built);
} else {
  console.error("Throughline is not built yet. Run npm start (or npm run build) in its folder once.");
  process.exit(1);
}
