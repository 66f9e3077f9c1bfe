/**
 * `throughline templates`: lists the templates of a running server, writes them to a folder (pull), says what differs
 * (diff), and changes the server's to what the folder holds (push). A template is a JSON file; what it says lies beside it
 * as .mjml, .html and .txt, to be edited as what it is.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineCommand } from "citty";
import { Failure } from "../errors.ts";
import { TemplateDraft } from "../messages/model.ts";
import { TemplateList, TemplateView } from "../messages/templates-document.ts";
import type { Json, JsonObject } from "../values.ts";
import { type Client, SERVER_FLAGS, clientOf } from "./client.ts";
import { filesIn, filesOrNone, parsed, readJson, readTextBeside, writeJson } from "./folder.ts";
import { type Difference, differences, fileNameOf, lineOf } from "./references.ts";
import { TERMINAL, type Tell, failWith, refuseUnknown, say, tableOf } from "./say.ts";

export const templatesCommand = defineCommand({
  meta: {
    name: "templates",
    description: "List the templates of a running server; throughline templates pull FOLDER, diff FOLDER, push FOLDER",
  },
  args: SERVER_FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, SERVER_FLAGS);
      const client = await clientOf(args, process.env);
      const [verb, folder] = args._;
      if (verb === undefined || verb === "list") await list(client);
      else if (verb === "pull" && folder !== undefined) await pullTemplates(client, folder, TERMINAL);
      else if (verb === "push" && folder !== undefined) await pushTemplates(client, folder, TERMINAL);
      else if (verb === "diff" && folder !== undefined) process.exitCode = (await diffTemplates(client, folder, TERMINAL)) ? 1 : 0;
      else throw new Failure("bad_request", "Say which: throughline templates list, or pull, diff or push with a FOLDER.");
    } catch (cause) {
      failWith(cause);
    }
  },
}); // prettier-ignore

async function list(client: Client): Promise<void> {
  const { templates } = await client.json(TemplateList, "/v1/templates");
  say(tableOf([["id", "channel", "version", "name"], ...templates.map(({ id, channel, newest, name }) => [String(id), channel, String(newest), name])])); // prettier-ignore
}

/** Parts of a content that lie in files of their own, and how those end. */
const BESIDE = { mjml: ".mjml", html: ".html", text: ".txt" } as const;
const PARTS = Object.entries(BESIDE) as readonly (readonly [keyof typeof BESIDE, string])[];

/** The drafts on the server, by number. */
async function templatesThere(client: Client): Promise<ReadonlyMap<number, TemplateDraft>> {
  const { templates } = await client.json(TemplateList, "/v1/templates");
  const found = new Map<number, TemplateDraft>();
  for (const { id } of templates) {
    const { name, description, content, onMissing, trackLinks, trackOpens } = await client.json(TemplateView, `/v1/templates/${id}`); // prettier-ignore
    found.set(id, { name, description, content, onMissing, trackLinks, trackOpens });
  }
  return found;
}

async function readFolder(folder: string): Promise<ReadonlyMap<string, TemplateDraft>> {
  const found = new Map<string, TemplateDraft>();
  for (const file of await filesIn(folder)) {
    const given = (await readJson(join(folder, `${file}.json`))) as { readonly content?: JsonObject };
    const texts: { [part: string]: string } = {};
    for (const [part, ending] of PARTS) {
      const text = await readTextBeside(join(folder, file + ending));
      if (text !== undefined) texts[part] = text.replace(/\n$/, "");
    }
    const whole = { ...given, content: { ...given.content, ...texts } } as Json;
    found.set(file, parsed(TemplateDraft, whole, join(folder, `${file}.json`)));
  }
  const names = [...found.values()].map(({ name }) => name.toLowerCase());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Failure("bad_request", `Two files in ${folder} are named "${twice}".`);
  return found;
}

/** Writes the templates of a server to a folder. */
export async function pullTemplates(client: Client, folder: string, { complain }: Tell): Promise<void> {
  const there = [...(await templatesThere(client)).values()];
  await filesOrNone(folder);
  const files = new Map(
    [...(await readFolder(folder))].map(([file, { name }]) => [name.toLowerCase(), file]),
  );
  const taken = new Set(files.values());
  for (const draft of there) {
    const file = files.get(draft.name.toLowerCase()) ?? fileNameOf(draft.name, taken);
    taken.add(file);
    const content = { ...draft.content } as { [part: string]: Json };
    for (const [part, ending] of PARTS) {
      const text = content[part];
      if (typeof text !== "string") continue;
      delete content[part];
      // One line end more than it has, and one less when it is read: editors put one there anyway.
      await writeFile(join(folder, file + ending), `${text}\n`);
    }
    await writeJson(folder, file, { ...draft, content } as Json);
  }
  complain(`${there.length} templates written to ${folder}`);
}

const changesOf = (before: TemplateDraft, after: TemplateDraft): readonly Difference[] =>
  differences(before as unknown as Json, after as unknown as Json);

/** Says what differs; whether anything does. */
export async function diffTemplates(client: Client, folder: string, { say }: Tell): Promise<boolean> {
  const here = [...(await readFolder(folder)).values()];
  const there = [...(await templatesThere(client)).values()];
  let found = false;
  for (const draft of here) {
    const held = there.find(({ name }) => name.toLowerCase() === draft.name.toLowerCase());
    const changes = held ? changesOf(held, draft) : [];
    if (held && changes.length === 0) continue;
    found = true;
    say(held ? `changed: ${draft.name}` : `new: ${draft.name}`);
    for (const change of changes) say(lineOf(change));
  }
  for (const { name } of there)
    if (!here.some((draft) => draft.name.toLowerCase() === name.toLowerCase())) {
      found = true;
      say(`not in ${folder}: ${name}`);
    }
  if (!found) say(`The templates are as in ${folder}.`);
  return found;
}

/** Changes the templates of a server to what a folder holds. */
export async function pushTemplates(client: Client, folder: string, { say, complain }: Tell): Promise<void> {
  const here = [...(await readFolder(folder)).values()];
  const there = await templatesThere(client);
  for (const draft of here) {
    const held = [...there].find(([, { name }]) => name.toLowerCase() === draft.name.toLowerCase());
    if (held && changesOf(held[1], draft).length === 0) continue;
    const view = await client.json(TemplateView, held ? `/v1/templates/${held[0]}` : "/v1/templates", { method: held ? "PUT" : "POST", body: draft }); // prettier-ignore
    say(`${held ? "changed" : "made"}: ${view.name}`);
  }
  complain(`${here.length} templates are as in ${folder}`);
}
