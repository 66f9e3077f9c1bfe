/**
 * The first start: a workspace with a write key and a secret key, so that the first event can be sent at once.
 *
 * A secret key we made is left for the local operator in `keys.json` under the data folder, readable by its owner
 * alone, so that `npm start` can print it again; the database holds its hash. A preset key is in the operator's own
 * configuration already and is written nowhere.
 */
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { createKey } from "./keys.ts";
import type { KeyKind } from "./model.ts";
import { sha256 } from "./secrets.ts";
import { addWorkspace, alone, firstWorkspace, keyBy, keysOf } from "./store.ts";

export const FIRST_WORKSPACE_NAME = "My business";
const KeyFile = z.object({ secretKey: z.string() });
const FileText = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: "custom", message: "not JSON" });
    return z.NEVER;
  }
});

/** What the operator is told at a start. */
export type First = {
  readonly workspace: WorkspaceId;
  /** A write key in force, or null when all are revoked. */
  readonly writeKey: string | null;
  /** The secret key, when this process knows it: preset, or kept in `keys.json` and still in force. */
  readonly secretKey: string | null;
  /** What the operator should know, in sentences: a preset key that was revoked, a secret key that is not kept here. */
  readonly notes: readonly string[];
};
export type FirstOptions = {
  readonly dataDir: string;
  readonly writeKey?: string | undefined;
  readonly secretKey?: string | undefined;
  readonly now: Instant;
};

/**
 * Makes sure there is a first workspace and that preset keys belong to it; safe when several processes start at once.
 * Throws `Failure("configuration")` when a preset key belongs to another workspace.
 */
export async function ensureFirstWorkspace(sql: Sql, options: FirstOptions): Promise<First> {
  const file = join(options.dataDir, "keys.json");
  const first = await alone(sql, async (tx) => {
    const found = await firstWorkspace(tx);
    const workspace = found?.id ?? (await addWorkspace(tx, FIRST_WORKSPACE_NAME, options.now));
    const write = await presetOrNew(tx, workspace, "write", options.writeKey, !found, options.now);
    const secret = await presetOrNew(tx, workspace, "secret", options.secretKey, !found, options.now);
    // Before the commit: a key whose file could not be written is not made.
    if (secret.made) await keep(file, secret.text!);
    return { workspace, write, secret };
  });
  const notes = [first.write.note, first.secret.note].filter((note) => note !== null);
  const secretKey = first.secret.text ?? (await kept(sql, file, first.workspace));
  if (secretKey === null && !options.secretKey)
    notes.push(
      "The secret key is kept as a hash only and is not in keys.json here. Make another under Data, Sources and keys.",
    );
  return {
    workspace: first.workspace,
    writeKey: first.write.text ?? (await anyWriteKey(sql, first.workspace)),
    secretKey,
    notes,
  };
}

type Found = { readonly text: string | null; readonly made: boolean; readonly note: string | null };

async function presetOrNew(
  tx: Sql,
  workspace: WorkspaceId,
  kind: KeyKind,
  preset: string | undefined,
  isNew: boolean,
  now: Instant,
): Promise<Found> {
  const variable = kind === "write" ? "THROUGHLINE_WRITE_KEY" : "THROUGHLINE_SECRET_KEY";
  if (preset === undefined) {
    if (!isNew) return { text: null, made: false, note: null };
    const { value } = await createKey(tx, workspace, { kind, name: "First key" }, now);
    return { text: value, made: true, note: null };
  }
  const known = await keyBy(tx, kind, kind === "write" ? preset : sha256(preset));
  if (!known) await createKey(tx, workspace, { kind, name: `Preset by ${variable}` }, now, preset);
  else if (known.workspace !== workspace)
    throw new Failure("configuration", `${variable} is a key of another workspace. Choose another one.`);
  else if (known.revoked_at !== null)
    return {
      text: null,
      made: false,
      note: `${variable} is a key that was revoked, and stays so. Choose another one.`,
    };
  return { text: preset, made: false, note: null };
}

async function keep(file: string, secretKey: string): Promise<void> {
  await writeFile(file, `${JSON.stringify({ secretKey })}\n`, { mode: 0o600 });
  // The mode above counts only for a file that was not there.
  await chmod(file, 0o600);
}

/** The secret key in the file, when it is one in force of this workspace. */
async function kept(sql: Sql, file: string, workspace: WorkspaceId): Promise<string | null> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "EACCES") return null;
    throw cause;
  });
  const parsed = FileText.pipe(KeyFile).safeParse(text);
  if (!parsed.success) return null;
  const known = await keyBy(sql, "secret", sha256(parsed.data.secretKey));
  return known && known.workspace === workspace && known.revoked_at === null ? parsed.data.secretKey : null;
}

async function anyWriteKey(sql: Sql, workspace: WorkspaceId): Promise<string | null> {
  const live = (await keysOf(sql, workspace)).filter(
    (key) => key.kind === "write" && key.revoked_at === null,
  );
  return live.at(-1)?.value ?? null;
}
