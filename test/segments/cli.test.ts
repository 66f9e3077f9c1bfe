/** `throughline segments` against the whole platform. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inOrder, renumbered } from "../../src/cli/segments.ts";
import type { SegmentView } from "../../src/segments/document.ts";
import type { Rule } from "../../src/segments/model.ts";
import { type Keys, startWhole, type Whole } from "../http/whole.ts";

let whole: Whole;
let from: Keys;
let to: Keys;
beforeAll(async () => {
  whole = await startWhole();
  [from, to] = [whole.first, await whole.workspace("To")];
});
afterAll(() => whole.end());

test("definitions are pulled on the command line and pushed to another workspace, where references are right again", async () => {
  const command = (by: Keys, ...args: string[]) =>
    promisify(execFile)(process.execPath, ["--import", "tsx", "src/cli/commands.ts", "segments", ...args, "--url", whole.address, "--secret-key", by.secretKey]); // prettier-ignore
  await whole.ask(from, "POST", "/v1/computed-traits", {
    name: "orders",
    event: "Order Completed",
    measure: { of: "count" },
  });
  const makeIn = (name: string, rule: unknown) =>
    whole.ask<SegmentView>(from, "POST", "/v1/segments", { name, rule });
  // Named so that the one referred to comes last by name.
  const z = await makeIn("Z has orders", { type: "computed", name: "orders", is: { op: "above", value: 0 } });
  await whole.ask(from, "PUT", "/v1/stages", { stages: [{ key: "new", name: "New", rule: null }, { key: "buyer", name: "Buyer", rule: { type: "segment", id: z.id } }] }); // prettier-ignore
  await makeIn("A of Z", {
    type: "all",
    rules: [
      { type: "segment", id: z.id },
      { type: "stage", in: ["buyer"] },
    ],
  });
  expect((await command(from)).stdout).toContain("is in the segment");

  const file = join(whole.dataDir, "segments.json");
  await command(from, "pull", "--out", file);
  await command(to, "push", file);
  const [a, newZ] = (await whole.ask<{ segments: SegmentView[] }>(to, "GET", "/v1/segments")).segments;
  expect([a?.name, a?.uses, newZ?.usedByStages]).toEqual([
    "A of Z",
    [{ id: newZ?.id, name: "Z has orders" }],
    true,
  ]);
  expect(newZ?.id).not.toBe(z.id);
  // Again: nothing changes.
  await command(to, "push", file);
  const again = (await whole.ask<{ segments: SegmentView[] }>(to, "GET", "/v1/segments")).segments;
  expect(again.map(({ newestVersion }) => newestVersion)).toEqual([a?.newestVersion, newZ?.newestVersion]);

  await writeFile(file, '{"segments": 1}');
  await expect(command(to, "push", file)).rejects.toMatchObject({ stderr: expect.stringContaining("is not what pull writes") }); // prettier-ignore
});

test("segments come after those they refer to, and those that ask for stages after the stage model", () => {
  const of = (id: number, ...rules: Rule[]) => ({ id, rule: { type: "all", rules } as Rule });
  const refers = (id: number): Rule => ({ type: "segment", id });
  const segments = [of(1, refers(2)), of(2, refers(3)), of(3, { type: "rfm", money: [5] }), of(4, refers(5)), of(5, { type: "stage", in: ["a"] })]; // prettier-ignore
  const { before, after } = inOrder(segments);
  expect([before.map(({ id }) => id), after.map(({ id }) => id)]).toEqual([
    [3, 2, 1],
    [5, 4],
  ]);
  expect(renumbered({ type: "not", rule: refers(3) }, new Map([[3, 9]]))).toEqual({
    type: "not",
    rule: refers(9),
  });
});
