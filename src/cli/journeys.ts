/**
 * `throughline journeys`: lists the journeys of a running server, writes their drafts to a folder (pull), says what differs
 * (diff), and changes the server's drafts to what the folder holds (push). One JSON file is one journey; what it refers to
 * is written by name, so that the same files serve in every installation. Nothing is published unless asked for.
 */
import { join } from "node:path";
import { defineCommand } from "citty";
import { z } from "zod";
import { Failure } from "../errors.ts";
import { FormerRuns, JourneyList, JourneyView } from "../journeys/document.ts";
import { JourneyDraft } from "../journeys/model.ts";
import { TemplateList } from "../messages/templates-document.ts";
import { SegmentList } from "../segments/document.ts";
import type { Json } from "../values.ts";
import { type Client, SERVER_FLAGS, clientOf } from "./client.ts";
import { filesIn, filesOrNone, parsed, readJson, writeJson } from "./folder.ts";
import { type Names, differences, fileNameOf, lineOf, named, namesOf, numbered } from "./references.ts";
import { TERMINAL, type Tell, failWith, refuseUnknown, say, tableOf } from "./say.ts";

const FLAGS = {
  publish: { type: "string", description: "push: publish what differs from what is published; says what becomes of those in the version before: pin, migrate or end" },
  ...SERVER_FLAGS,
} as const; // prettier-ignore

export const journeysCommand = defineCommand({
  meta: {
    name: "journeys",
    description: "List the journeys of a running server; throughline journeys pull FOLDER, diff FOLDER, push FOLDER [--publish pin|migrate|end]",
  },
  args: FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, FLAGS);
      const client = await clientOf(args, process.env);
      const [verb, folder] = args._;
      if (verb === undefined || verb === "list") await list(client);
      else if (verb === "pull" && folder !== undefined) await pullJourneys(client, folder, TERMINAL);
      else if (verb === "push" && folder !== undefined) process.exitCode = (await pushJourneys(client, folder, howIn(args.publish), TERMINAL)) ? 0 : 1;
      else if (verb === "diff" && folder !== undefined) process.exitCode = (await diffJourneys(client, folder, TERMINAL)) ? 1 : 0;
      else throw new Failure("bad_request", "Say which: throughline journeys list, or pull, diff or push with a FOLDER.");
    } catch (cause) {
      failWith(cause);
    }
  },
}); // prettier-ignore

function howIn(publish: string | undefined): FormerRuns | null {
  if (publish === undefined) return null;
  const how = FormerRuns.safeParse(publish);
  if (!how.success) throw new Failure("bad_request", "--publish says what becomes of those in the version before: pin, migrate or end."); // prettier-ignore
  return how.data;
}
type FormerRuns = z.infer<typeof FormerRuns>;

async function list(client: Client): Promise<void> {
  const { journeys } = await client.json(JourneyList, "/v1/journeys");
  const rows = journeys.map(({ id, state, version, changed, running, entry, name }) => [String(id), state, version === null ? "-" : String(version), changed ? "yes" : "", String(running), entry, name]); // prettier-ignore
  say(tableOf([["id", "state", "version", "changed", "running", "entry", "name"], ...rows]));
}

/** The journeys of a server, and what they may refer to by name. */
type There = { readonly views: readonly JourneyView[]; readonly names: Names; readonly words: Words };
type Words = { readonly [kind in keyof Names]: ReadonlyMap<number, string> };
const wordsOf = (rows: readonly { readonly id: number; readonly name: string }[]) => new Map(rows.map(({ id, name }) => [id, name])); // prettier-ignore

async function readThere(client: Client): Promise<There> {
  const { journeys } = await client.json(JourneyList, "/v1/journeys");
  const { templates } = await client.json(TemplateList, "/v1/templates");
  const { segments } = await client.json(SegmentList, "/v1/segments");
  const views: JourneyView[] = [];
  for (const { id } of journeys) views.push(await client.json(JourneyView, `/v1/journeys/${id}`));
  return {
    views,
    names: { template: namesOf(templates), segment: namesOf(segments), journey: namesOf(journeys) },
    words: { template: wordsOf(templates), segment: wordsOf(segments), journey: wordsOf(journeys) },
  };
}

const Named = z.looseObject({ name: z.string().min(1).max(200) });
type Files = ReadonlyMap<string, { readonly name: string; readonly draft: Json }>;
async function readFolder(folder: string): Promise<Files> {
  const found = new Map<string, { readonly name: string; readonly draft: Json }>();
  const seen = new Set<string>();
  for (const file of await filesIn(folder)) {
    const path = join(folder, `${file}.json`);
    const draft = await readJson(path);
    const { name } = parsed(Named, draft, path);
    if (seen.has(name.toLowerCase())) throw new Failure("bad_request", `Two files in ${folder} are named "${name}".`); // prettier-ignore
    seen.add(name.toLowerCase());
    found.set(file, { name, draft });
  }
  return found;
}
const held = ({ views }: There, name: string): JourneyView | undefined =>
  views.find((view) => view.name.toLowerCase() === name.toLowerCase());

/** Writes the drafts of a server to a folder. */
export async function pullJourneys(client: Client, folder: string, { complain }: Tell): Promise<void> {
  const { views, words } = await readThere(client);
  await filesOrNone(folder);
  const files = new Map(
    [...(await readFolder(folder))].map(([file, { name }]) => [name.toLowerCase(), file]),
  );
  const taken = new Set(files.values());
  for (const { name, draft } of views) {
    const file = files.get(name.toLowerCase()) ?? fileNameOf(name, taken);
    taken.add(file);
    await writeJson(folder, file, named(draft as unknown as Json, words));
  }
  complain(`${views.length} journeys written to ${folder}`);
}

/** Says what differs; whether anything does. */
export async function diffJourneys(client: Client, folder: string, { say }: Tell): Promise<boolean> {
  const there = await readThere(client);
  const files = [...(await readFolder(folder)).values()];
  let found = false;
  for (const { name, draft } of files) {
    const view = held(there, name);
    const changes = view
      ? differences(named(view.draft as unknown as Json, there.words), whole(draft, there))
      : [];
    if (view && changes.length === 0) continue;
    found = true;
    say(view ? `changed: ${name}` : `new: ${name}`);
    for (const change of changes) say(lineOf(change));
  }
  for (const { name } of there.views)
    if (!files.some((file) => file.name.toLowerCase() === name.toLowerCase())) {
      found = true;
      say(`not in ${folder}: ${name}`);
    }
  if (!found) say(`The journeys are as in ${folder}.`);
  return found;
}

/** The draft with what it leaves unsaid filled in, and names spelled as they are there. */
function whole(draft: Json, { names, words }: There): Json {
  const made = JourneyDraft.safeParse(numbered(draft, names).draft);
  return made.success ? named(made.data as unknown as Json, words) : draft;
}

/** Changes drafts, those first that others refer to; then publishes where asked to. Whether all went well. */
export async function pushJourneys(
  client: Client,
  folder: string,
  how: FormerRuns | null,
  tell: Tell,
): Promise<boolean> {
  const files = await readFolder(folder);
  let there = await readThere(client);
  let waiting = [...files];
  while (waiting.length > 0) {
    const ready = waiting.filter(([, { draft }]) => numbered(draft, there.names).missing.length === 0);
    if (ready.length === 0) throw missingIn(folder, waiting, there);
    for (const [file, { name, draft }] of ready)
      await pushOne(client, there, join(folder, `${file}.json`), name, draft, tell);
    waiting = waiting.filter((one) => !ready.includes(one));
    there = await readThere(client);
  }
  tell.complain(`${files.size} journeys are as in ${folder}`);
  return how === null || publishAll(client, [...files.values()].flatMap(({ name }) => held(there, name) ?? []), how, tell); // prettier-ignore
}

async function pushOne(client: Client, there: There, file: string, name: string, given: Json, { say }: Tell): Promise<void> {
  const draft = parsed(JourneyDraft, numbered(given, there.names).draft, file) as unknown as Json;
  const view = held(there, name);
  if (view && differences(view.draft as unknown as Json, draft).length === 0) return;
  await (view
    ? client.json(JourneyView, `/v1/journeys/${view.id}`, { method: "PUT", body: { draft }, ifMatch: `"${view.draftNo}"` })
    : client.json(JourneyView, "/v1/journeys", { method: "POST", body: { draft } }));
  say(`${view ? "changed" : "made"}: ${name}`);
} // prettier-ignore

function missingIn(folder: string, waiting: readonly (readonly [string, { readonly draft: Json }])[], there: There): Failure {
  const [file, { draft }] = waiting[0]!;
  const [first] = numbered(draft, there.names).missing;
  const more = waiting.length > 1 ? ` ${waiting.length - 1} more wait as well.` : "";
  return new Failure("unprocessable", `${join(folder, `${file}.json`)} names the ${first!.kind} "${first!.name}", which is not there. Push it first.${more}`);
} // prettier-ignore

/** Publishes the drafts that differ from what is published; those with something wrong are told and left. */
async function publishAll(
  client: Client,
  views: readonly JourneyView[],
  how: FormerRuns,
  { say, complain }: Tell,
): Promise<boolean> {
  let well = true;
  for (const { id, name, changed, problems, draftNo } of views) {
    if (!changed) continue;
    if (problems.length > 0) {
      well = false;
      complain(`not published: ${name}`);
      for (const { path, message } of problems) complain(`  ${path}: ${message}`);
      continue;
    }
    await client.json(JourneyView, `/v1/journeys/${id}/publish`, { method: "POST", body: { formerRuns: how, draftNo } }); // prettier-ignore
    say(`published: ${name}`);
  }
  return well;
}
