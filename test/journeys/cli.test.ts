/** `throughline journeys` and `throughline templates` against the whole platform: kept in git, the same in two installations. */
import { execFile } from "node:child_process";
import { readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "../../src/cli/client.ts";
import { diffJourneys, pullJourneys, pushJourneys } from "../../src/cli/journeys.ts";
import type { Tell } from "../../src/cli/say.ts";
import { diffTemplates, pullTemplates, pushTemplates } from "../../src/cli/templates.ts";
import { Failure } from "../../src/errors.ts";
import { differences, fileNameOf, named, numbered } from "../../src/cli/references.ts";
import type { JourneyView } from "../../src/journeys/document.ts";
import type { TemplateView } from "../../src/messages/templates-document.ts";
import type { Json } from "../../src/values.ts";
import { type Keys, type Whole, startWhole } from "../http/whole.ts";

let whole: Whole;
let from: Keys;
let to: Keys;
beforeAll(async () => {
  whole = await startWhole();
  [from, to] = [whole.first, await whole.workspace("To")];
});
afterAll(() => whole.end());

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };
/** A command as its process runs it, in this one. */
async function command(by: Keys, what: "journeys" | "templates", verb: "pull" | "diff" | "push", folder: string, how: "pin" | "migrate" | null = null): Promise<Ended> {
  const out = { stdout: "", stderr: "" };
  const tell: Tell = { say: (line) => void (out.stdout += `${line}\n`), complain: (line) => void (out.stderr += `${line}\n`) };
  const client = createClient(whole.address, by.secretKey);
  try {
    if (what === "templates") {
      if (verb === "pull") await pullTemplates(client, folder, tell);
      else if (verb === "push") await pushTemplates(client, folder, tell);
      else return { code: (await diffTemplates(client, folder, tell)) ? 1 : 0, ...out };
    } else {
      if (verb === "pull") await pullJourneys(client, folder, tell);
      else if (verb === "push") return { code: (await pushJourneys(client, folder, how, tell)) ? 0 : 1, ...out };
      else return { code: (await diffJourneys(client, folder, tell)) ? 1 : 0, ...out };
    }
    return { code: 0, ...out };
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    return { code: 1, ...out, stderr: `${out.stderr}${cause.message}\n` };
  }
} // prettier-ignore
const journeysOf = async (by: Keys) =>
  Promise.all((await whole.ask<{ journeys: { id: number }[] }>(by, "GET", "/v1/journeys")).journeys.map(({ id }) => whole.ask<JourneyView>(by, "GET", `/v1/journeys/${id}`))); // prettier-ignore

test("starting journeys are pulled, kept in a folder, and pushed to another installation, where what they refer to has other numbers", async () => {
  // Numbers differ: the other installation has a segment and a template already.
  await whole.ask(to, "POST", "/v1/segments", { name: "First here", rule: { type: "trait", name: "a", is: { op: "exists" } } }); // prettier-ignore
  await whole.ask(to, "POST", "/v1/templates", {
    name: "First here",
    content: { channel: "sms", text: "Hello" },
  });
  for (const key of ["win_back", "appointment"]) await whole.ask(from, "POST", "/v1/journeys/starters", { key, site: "https://shop.example" }); // prettier-ignore
  const folder = (name: string) => join(whole.dataDir, name);
  expect((await command(from, "journeys", "pull", folder("journeys"))).stderr).toContain(
    "2 journeys written",
  );
  expect((await command(from, "templates", "pull", folder("templates"))).code).toBe(0);
  expect(await readdir(folder("journeys"))).toEqual(["appointment-reminders.json", "win-back.json"]);
  expect(await readdir(folder("templates"))).toEqual(expect.arrayContaining(["appointment-in-two-hours.json", "appointment-in-two-hours.txt", "win-back-what-is-new.json", "win-back-what-is-new.mjml", "win-back-what-is-new.txt"])); // prettier-ignore
  const file = join(folder("journeys"), "win-back.json");
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ entry: { type: "segment", id: "Lapsing buyers" }, steps: { miss: { template: "Win back: it has been a while" } } }); // prettier-ignore

  // What it refers to is not there yet: said in a sentence, and nothing is half done.
  const early = await command(to, "journeys", "push", folder("journeys"));
  expect([early.code, early.stderr]).toEqual([1, expect.stringContaining("which is not there. Push it first.")]); // prettier-ignore
  expect(await journeysOf(to)).toEqual([]);
  await whole.ask(to, "POST", "/v1/segments", { name: "Lapsing buyers", rule: { type: "trait", name: "b", is: { op: "exists" } } }); // prettier-ignore
  expect((await command(to, "templates", "push", folder("templates"))).stdout).toContain("made: Win back: what is new"); // prettier-ignore
  expect(await command(to, "journeys", "diff", folder("journeys"))).toMatchObject({ code: 1, stdout: expect.stringContaining("new: Win back") }); // prettier-ignore
  expect((await command(to, "journeys", "push", folder("journeys"))).stdout).toContain("made: Win back");
  const made = await journeysOf(to);
  expect(made.map(({ name, state, problems }) => [name, state, problems])).toEqual([["Appointment reminders", "draft", []], ["Win back", "draft", []]]); // prettier-ignore
  const here = (await journeysOf(from)).find(({ name }) => name === "Win back")!;
  expect(made[1]!.draft.steps["miss"]).not.toEqual(here.draft.steps["miss"]);
  // Nothing differs, and nothing is changed by another push.
  expect(await command(to, "journeys", "diff", folder("journeys"))).toMatchObject({ code: 0, stdout: expect.stringContaining("are as in") }); // prettier-ignore
  expect((await command(to, "templates", "diff", folder("templates"))).stdout).toBe(`not in ${folder("templates")}: First here\n`); // prettier-ignore
  await command(to, "journeys", "push", folder("journeys"));
  await command(to, "templates", "push", folder("templates"));
  expect((await journeysOf(to)).map(({ draftNo }) => draftNo)).toEqual([1, 1]);

  // A file that somebody renamed stays under its name; a changed one is shown, and publishes what it changes.
  await rename(file, join(folder("journeys"), "bring-them-back.json"));
  const draft = JSON.parse(await readFile(join(folder("journeys"), "bring-them-back.json"), "utf8")) as { priority: number; steps: { ten_days: { ms: number } } }; // prettier-ignore
  draft.steps.ten_days.ms = 86_400_000;
  await writeFile(join(folder("journeys"), "bring-them-back.json"), JSON.stringify(draft));
  expect((await command(to, "journeys", "diff", folder("journeys"))).stdout).toBe(
    "changed: Win back\n  ~ steps/ten_days/ms: 864000000 -> 86400000\n",
  );
  const published = await command(to, "journeys", "push", folder("journeys"), "migrate");
  expect([published.code, published.stdout]).toEqual([0, "changed: Win back\npublished: Appointment reminders\npublished: Win back\n"]); // prettier-ignore
  const after = await journeysOf(to);
  expect(after.map(({ state, versions }) => [state, versions[0]?.formerRuns])).toEqual([["live", "migrate"], ["live", "migrate"]]); // prettier-ignore
  expect((await command(to, "journeys", "push", folder("journeys"), "pin")).stdout).toBe("");
  await command(to, "journeys", "pull", folder("journeys"));
  expect(await readdir(folder("journeys"))).toEqual(["appointment-reminders.json", "bring-them-back.json"]);
});

test("a letter is edited as the text it is, and a line end at its end is no change", async () => {
  const folder = join(whole.dataDir, "letters");
  await whole.ask(from, "POST", "/v1/templates", { name: "News", content: { channel: "email", subject: "News", html: "<p>Old</p>", text: "Old" } }); // prettier-ignore
  await command(from, "templates", "pull", folder);
  expect(await readFile(join(folder, "news.html"), "utf8")).toBe("<p>Old</p>\n");
  expect((await command(from, "templates", "diff", folder)).code).toBe(0);
  await writeFile(join(folder, "news.html"), "<p>New</p>\n");
  expect((await command(from, "templates", "diff", folder)).stdout).toBe(
    'changed: News\n  ~ content/html: "<p>Old</p>" -> "<p>New</p>"\n',
  );
  await command(from, "templates", "push", folder);
  const { templates } = await whole.ask<{ templates: TemplateView[] }>(from, "GET", "/v1/templates");
  const news = await whole.ask<TemplateView>(
    from,
    "GET",
    `/v1/templates/${templates.find(({ name }) => name === "News")!.id}`,
  );
  expect([news.number, news.content]).toEqual([2, { channel: "email", subject: "News", html: "<p>New</p>", text: "Old" }]); // prettier-ignore
  await writeFile(join(folder, "news.html"), "{% if %}");
  expect(await command(from, "templates", "push", folder)).toMatchObject({ code: 1 });
});

test("a journey that cannot be published says where, and the others are published all the same", async () => {
  const folder = join(whole.dataDir, "broken");
  await command(to, "journeys", "pull", folder);
  const draft = { name: "A broken one", entry: { type: "event", event: "A" }, start: "one", steps: { one: { type: "wait", ms: 1000, next: "two" } } }; // prettier-ignore
  await writeFile(join(folder, "broken.json"), JSON.stringify(draft));
  await writeFile(join(folder, "good.json"), JSON.stringify({ ...draft, name: "Good", steps: { one: { type: "wait", ms: 1000, next: null } } })); // prettier-ignore
  const pushed = await command(to, "journeys", "push", folder, "pin");
  expect([pushed.code, pushed.stdout]).toEqual([1, "made: A broken one\nmade: Good\npublished: Good\n"]);
  expect(pushed.stderr).toContain("steps/one/next: There is no step two.");
  await writeFile(join(folder, "good.json"), "{");
  expect((await command(to, "journeys", "push", folder)).stderr).toContain("good.json cannot be read");
});

test("on the command line they are listed, and a mistyped word is told", async () => {
  const run = (...args: string[]) => promisify(execFile)(process.execPath, ["--import", "tsx", "src/cli/commands.ts", ...args, "--url", whole.address, "--secret-key", to.secretKey]); // prettier-ignore
  expect((await run("journeys", "list")).stdout).toMatch(/live +1 .*Win back/);
  await expect(run("journeys", "push", whole.dataDir, "--publish", "maybe")).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("pin, migrate or end") }); // prettier-ignore
}, 180_000);

test("names for numbers and back again change nothing else, and not the words of an update", () => {
  const words = { template: new Map([[1, "One"], [2, "Two"]]), segment: new Map([[1, "Loyal"]]), journey: new Map([[4, "Four"]]) }; // prettier-ignore
  const numbers = { template: new Map([["one", 7], ["two", 8]]), segment: new Map([["loyal", 9]]), journey: new Map([["four", 3]]) }; // prettier-ignore
  const draft: Json = {
    entry: { type: "schedule", cron: "0 9 * * *", segment: 1 }, exits: [{ type: "segment", id: 1, on: "left" }],
    steps: {
      a: { type: "message", template: 2 }, b: { type: "update", traits: { x: { type: "segment", id: 1 } } },
      c: { type: "branch", paths: [{ rule: { type: "not", rule: { type: "journey", id: 4, state: "in" } } }] }, d: { type: "message", template: 5 },
    },
  }; // prettier-ignore
  const text = named(draft, words);
  expect(text).toMatchObject({
    entry: { segment: "Loyal" }, exits: [{ id: "Loyal" }],
    steps: { a: { template: "Two" }, b: { traits: { x: { id: 1 } } }, c: { paths: [{ rule: { rule: { id: "Four" } } }] }, d: { template: 5 } },
  }); // prettier-ignore
  expect(numbered(text, numbers)).toMatchObject({ missing: [], draft: { entry: { segment: 9 }, steps: { a: { template: 8 }, c: { paths: [{ rule: { rule: { id: 3 } } }] } } } }); // prettier-ignore
  expect(numbered(text, { ...numbers, journey: new Map() }).missing).toEqual([{ kind: "journey", name: "Four" }]); // prettier-ignore
});

test("two values differ nowhere exactly when they are equal, whatever the order of their fields", () => {
  const value = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>;
  fc.assert(
    fc.property(value, value, (a, b) => {
      const back = JSON.parse(JSON.stringify(a), (_, inner: Json) =>
        typeof inner === "object" && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).toReversed())
          : inner) as Json; // prettier-ignore
      expect(differences(JSON.parse(JSON.stringify(a)) as Json, back)).toEqual([]);
      const plain = (one: Json) => JSON.parse(JSON.stringify(one)) as Json;
      expect(differences(plain(a), plain(b)).length === 0).toBe(equal(plain(a), plain(b)));
    }),
  );
});
function equal(a: Json, b: Json): boolean {
  try {
    expect(a).toStrictEqual(b);
    return true;
  } catch {
    return false;
  }
}

test("files are called after what they hold, each by a name of its own", () => {
  const taken = new Set<string>();
  const names = ["Win back!", "Win  back", "Größe", "日本", "../../etc/passwd", "日本"].map((name) => {
    const file = fileNameOf(name, taken);
    taken.add(file);
    return file;
  });
  expect(names).toEqual(["win-back", "win-back-2", "gro-e", "unnamed", "etc-passwd", "unnamed-2"]);
});
