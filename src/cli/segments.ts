/**
 * `throughline segments`: lists the segments of a running server, writes all definitions to a file (pull), and puts such a
 * file into force (push), here or in another workspace. Segments are known by their names; references follow.
 */
import { readFile, writeFile } from "node:fs/promises";
import { defineCommand } from "citty";
import { z } from "zod";
import { Failure } from "../errors.ts";
import {
  ComputedTraitList,
  ComputedTraitView,
  RfmView,
  SegmentList,
  SegmentView,
  StagesView,
} from "../segments/document.ts";
import { ComputedTraitDraft, RfmModel, type Rule, SegmentDraft, StageModel } from "../segments/model.ts";
import { reachOf, referencesOf } from "../segments/references.ts";
import { type Client, SERVER_FLAGS, clientOf } from "./client.ts";
import { complain, failWith, refuseUnknown, say, tableOf } from "./say.ts";

const FLAGS = {
  out: { type: "string", description: "pull: the file to write; default is standard output" },
  ...SERVER_FLAGS,
} as const;
/** What pull writes and push reads. */
const Definitions = z.strictObject({
  rfm: RfmModel.nullable(),
  computedTraits: z.array(ComputedTraitDraft),
  segments: z.array(SegmentDraft.extend({ id: z.int() })),
  stages: StageModel.nullable(),
});
type Definitions = z.infer<typeof Definitions>;

export const segmentsCommand = defineCommand({
  meta: {
    name: "segments",
    description: "List the segments of a running server; throughline segments pull [--out FILE], throughline segments push FILE",
  },
  args: FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, FLAGS);
      const client = await clientOf(args, process.env);
      const [verb, file] = args._;
      if (verb === undefined) await list(client);
      else if (verb === "pull") await pull(client, args.out);
      else if (verb === "push" && file !== undefined) await push(client, file);
      else throw new Failure("bad_request", "Say which: throughline segments, throughline segments pull, or throughline segments push FILE.");
    } catch (cause) {
      failWith(cause);
    }
  },
}); // prettier-ignore

async function list(client: Client): Promise<void> {
  const { segments } = await client.json(SegmentList, "/v1/segments");
  const rows = segments.map(({ id, members, state, progress, name, summary }) => [
    String(id),
    members === null ? "-" : String(members),
    progress ? `${state} ${Math.round(progress.doneRatio * 100)} %` : state,
    name,
    summary.length > 80 ? `${summary.slice(0, 79)}…` : summary,
  ]);
  say(tableOf([["id", "members", "state", "name", "rule"], ...rows]));
}

async function pull(client: Client, out: string | undefined): Promise<void> {
  const { segments } = await client.json(SegmentList, "/v1/segments");
  const { computedTraits } = await client.json(ComputedTraitList, "/v1/computed-traits");
  const { model } = await client.json(StagesView, "/v1/stages");
  const { rfm } = await client.json(RfmView, "/v1/rfm");
  const definitions: Definitions = {
    rfm,
    // What stands in the answer beside the draft is left out.
    computedTraits: computedTraits.map((trait) => z.object(ComputedTraitDraft.shape).parse(trait)),
    segments: segments.map(({ id, name, description, rule }) => ({ id, name, description, rule })),
    stages: model,
  };
  const text = `${JSON.stringify(definitions, null, 2)}\n`;
  if (out === undefined) return say(text.trimEnd());
  await writeFile(out, text);
  complain(`${segments.length} segments written to ${out}`);
}

async function push(client: Client, file: string): Promise<void> {
  const { rfm, computedTraits, segments, stages } = await readDefinitions(file);
  if (rfm) await client.json(RfmView, "/v1/rfm", { method: "PUT", body: rfm });
  const there = await client.json(ComputedTraitList, "/v1/computed-traits");
  for (const trait of computedTraits)
    if (!there.computedTraits.some(({ name }) => name === trait.name))
      await client.json(ComputedTraitView, "/v1/computed-traits", { method: "POST", body: trait });
  const now = await client.json(SegmentList, "/v1/segments");
  const byName = new Map(now.segments.map(({ name, id }) => [name.toLowerCase(), id]));
  const ids = new Map<number, number>();
  const { before, after } = inOrder(segments);
  const putAll = async (some: readonly Definitions["segments"][number][]) => {
    for (const { id, name, description, rule } of some) {
      const known = byName.get(name.toLowerCase());
      const body = { name, description, rule: renumbered(rule, ids) };
      const made = await client.json(SegmentView, known === undefined ? "/v1/segments" : `/v1/segments/${known}`, { method: known === undefined ? "POST" : "PUT", body }); // prettier-ignore
      ids.set(id, made.id);
    }
  };
  await putAll(before);
  if (stages) {
    const model = { ...stages, stages: stages.stages.map((stage) => ({ ...stage, rule: stage.rule && renumbered(stage.rule, ids) })) }; // prettier-ignore
    await client.json(StagesView, "/v1/stages", { method: "PUT", body: model });
  }
  await putAll(after);
  complain(`${segments.length} segments are as in ${file}`);
}

async function readDefinitions(file: string): Promise<Definitions> {
  let given: unknown;
  try {
    given = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new Failure("bad_request", `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
  const parsed = Definitions.safeParse(given);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new Failure("bad_request", `${file} is not what pull writes: ${path.join("/")}: ${message}`);
}

/** Segments after those they refer to; those that ask for stages come after the stage model, the others before. Pure. */
export function inOrder<Segment extends { readonly id: number; readonly rule: Rule }>(
  segments: readonly Segment[],
): { readonly before: readonly Segment[]; readonly after: readonly Segment[] } {
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  const rules = new Map(segments.map(({ id, rule }) => [id, rule]));
  const sorted = new Set<Segment>();
  const visiting = new Set<number>();
  const visit = (segment: Segment): void => {
    if (visiting.has(segment.id)) return;
    visiting.add(segment.id);
    for (const id of referencesOf([segment.rule]).segments) {
      const used = byId.get(id);
      if (used) visit(used);
    }
    sorted.add(segment);
  };
  segments.forEach(visit);
  const asksStage = ({ rule }: Segment) => reachOf([rule], rules).stages.size > 0;
  return {
    before: [...sorted].filter((one) => !asksStage(one)),
    after: [...sorted].filter(asksStage),
  };
}

/** The rule with its references as they are numbered here. Pure. */
export function renumbered(rule: Rule, ids: ReadonlyMap<number, number>): Rule {
  if (rule.type === "all" || rule.type === "any")
    return { ...rule, rules: rule.rules.map((one) => renumbered(one, ids)) };
  if (rule.type === "not" || rule.type === "account") return { ...rule, rule: renumbered(rule.rule, ids) };
  return rule.type === "segment" ? { ...rule, id: ids.get(rule.id) ?? rule.id } : rule;
}
