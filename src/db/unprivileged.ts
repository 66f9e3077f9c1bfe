/**
 * Running PostgreSQL when we are root, which it refuses: as the owner of its data folder, else as `nobody`, in whatever
 * folder the project lies.
 *
 * Where that user cannot enter the folders above the data (a private home, a folder of mktemp), `setpriv` leaves it the
 * one capability to pass them. Programs need more: PostgreSQL asks access(2) whether they may be run, and that call
 * looks away from capabilities, so programs in such a folder are copied to one that everybody may enter.
 */
import { existsSync } from "node:fs";
import { chown, cp, lstat, mkdtemp, readFile, rename, rm, stat, chmod } from "node:fs/promises";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Failure } from "../errors.ts";

const SETPRIV = "/usr/bin/setpriv";

/** `privileged`: needs the capability to pass the folders above its data. */
export type User = { readonly uid: number; readonly gid: number; readonly privileged: boolean };
export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  /** Whom to run it as, for Node's spawn. */
  readonly as: { readonly uid?: number; readonly gid?: number };
};

/** Who the server runs as: null for ourselves. Throws `Failure("configuration")` that says what to do. */
export async function userFor(folder: string): Promise<User | null> {
  if (process.getuid?.() !== 0) return null;
  let { uid, gid } = await stat(folder);
  if (uid === 0) {
    const users = await readFile("/etc/passwd", "utf8").catch(() => "");
    const nobody = /^nobody:[^:]*:(\d+):(\d+):/m.exec(users);
    if (!nobody)
      throw new Failure(
        "configuration",
        "PostgreSQL does not run as root and there is no user nobody. Start as another user, or set DATABASE_URL.",
      );
    [uid, gid] = [Number(nobody[1]), Number(nobody[2])];
    await chown(folder, uid, gid);
  }
  const privileged = !(await enterable(folder));
  if (privileged && !existsSync(SETPRIV))
    throw new Failure(
      "configuration",
      `PostgreSQL does not run as root, and no other user may enter ${dirname(folder)}. Move the project to a folder all may enter (chmod o+x), start as another user, or set DATABASE_URL.`,
    );
  return { uid, gid, privileged };
}

/** The folder `native` of PostgreSQL's programs, or a copy of it that `user` may run. */
export async function programsFor(user: User | null, native: string): Promise<string> {
  if (!user || (await enterable(join(native, "bin", "postgres")))) return native;
  const name = createHash("sha256")
    .update(native)
    .update(String((await stat(native)).mtimeMs))
    .digest("hex")
    .slice(0, 12);
  const copy = join(tmpdir(), `throughline-postgres-${name}`);
  const there = await lstat(copy).catch(() => null);
  // Only what root made and nobody else can change: everybody may write in the folder for temporary files.
  if (there?.isDirectory() && there.uid === 0 && (there.mode & 0o022) === 0) return copy;
  const fresh = await mkdtemp(join(tmpdir(), "throughline-postgres-"));
  await cp(native, fresh, { recursive: true, verbatimSymlinks: true });
  await chmod(fresh, 0o755);
  if (there) return fresh;
  // Another start may have been faster; either copy is whole.
  await rename(fresh, copy).catch(() => rm(fresh, { recursive: true, force: true }));
  return copy;
}

/** `file` as `user` runs it. */
export function commandAs(user: User | null, file: string, args: readonly string[]): Command {
  if (!user) return { file, args, as: {} };
  const { uid, gid, privileged } = user;
  if (!privileged) return { file, args, as: { uid, gid } };
  const capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  return {
    file: SETPRIV,
    args: [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...capability, file, ...args],
    as: {},
  };
}

/** Whether every folder above `path` lets anybody pass. */
async function enterable(path: string): Promise<boolean> {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}
