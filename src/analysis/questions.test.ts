import { describe, expect, test } from "vitest";
import type { WorkspaceId } from "../values.ts";
import { ANALYSIS_LIMITS } from "./model.ts";
import { type Asking, type Found, Questions } from "./questions.ts";

const WORKSPACE = 1 as WorkspaceId;

/** A question whose work ends when the test says so. */
function held(name: string) {
  let end: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => (end = resolve));
  let begun = 0;
  const work = async (): Promise<Found<string>> => {
    begun++;
    await promise;
    return { answer: name, asOfAt: 0, events: 1, customers: 1, method: "" };
  };
  return { name, work, end, begun: () => begun };
}
/** A moment in which everything that can go on has gone on. */
const settled = () => new Promise<void>((resume) => setImmediate(resume));

/** A queue whose places are all taken. */
function crowded() {
  let now = 0;
  const questions = new Questions(() => now);
  const ask = (of: ReturnType<typeof held>, asking: Asking = { fresh: false }, workspace = WORKSPACE) =>
    questions.ask(workspace, [of.name], asking, of.work).then(({ answer, basis }) => [answer, basis.reused] as const);
  const first = Array.from({ length: ANALYSIS_LIMITS.atOnce }, (_, i) => held(`first ${i}`));
  const asked = first.map((of) => ask(of));
  return { ask, first, asked, later: (ms: number) => (now += ms) };
} // prettier-ignore

describe("the questions", () => {
  test("are worked out few at a time, in the order in which they came", async () => {
    const { ask, first, asked } = crowded();
    const [second, third] = [held("second"), held("third")];
    const later = [ask(second), ask(third)];
    await settled();
    expect([second.begun(), third.begun()]).toEqual([0, 0]);
    first[0]!.end();
    await settled();
    expect([second.begun(), third.begun()]).toEqual([1, 0]);
    for (const of of [...first, second, third]) of.end();
    expect(await Promise.all([...asked, ...later])).toHaveLength(first.length + 2);
  });

  test("asked by several are worked out once, and again only when the answer is old or a new one is wanted", async () => {
    const questions = crowded();
    for (const of of questions.first) of.end();
    await Promise.all(questions.asked);
    const same = held("same");
    same.end();
    expect(await Promise.all([questions.ask(same), questions.ask(same)])).toEqual([["same", false], ["same", false]]); // prettier-ignore
    expect(await questions.ask(same)).toEqual(["same", true]);
    expect(same.begun()).toBe(1);
    await questions.ask(same, { fresh: true });
    questions.later(16 * 60_000);
    await questions.ask(same);
    expect(same.begun()).toBe(3);
  });

  test("that nobody waits for any more are not worked out; those of others keep their places", async () => {
    const { ask, first, asked } = crowded();
    const gone = [new AbortController(), new AbortController()];
    const [left, shared, kept] = [held("left"), held("shared"), held("kept")];
    const given = ask(left, { fresh: false, gone: gone[0]!.signal }).catch(String);
    const waiting = [
      ask(shared, { fresh: false, gone: gone[0]!.signal }),
      ask(shared, { fresh: false, gone: gone[1]!.signal }),
      ask(kept),
    ];
    gone[0]!.abort();
    expect(await given).toContain("Nobody waits");
    for (const of of [...first, left, shared, kept]) of.end();
    await Promise.all([...asked, ...waiting]);
    expect([left.begun(), shared.begun(), kept.begun()]).toEqual([0, 1, 1]);
  });

  test("that were given up can be asked again at once", async () => {
    const { ask, first, asked } = crowded();
    const gone = new AbortController();
    const again = held("again");
    const given = ask(again, { fresh: false, gone: gone.signal }).catch(String);
    gone.abort();
    const anew = ask(again);
    for (const of of [...first, again]) of.end();
    expect(await anew).toEqual(["again", false]);
    expect(await given).toContain("Nobody waits");
    await Promise.all(asked);
  });

  test("that are worked out already go on when their asker leaves, for who asks next", async () => {
    const { ask, first, asked } = crowded();
    for (const of of first) of.end();
    await Promise.all(asked);
    const gone = new AbortController();
    const slow = held("slow");
    const one = ask(slow, { fresh: false, gone: gone.signal });
    await settled();
    gone.abort();
    const other = ask(slow);
    slow.end();
    expect(await Promise.all([one, other])).toEqual([["slow", false], ["slow", false]]); // prettier-ignore
    expect(slow.begun()).toBe(1);
  });

  test("are another question when what the workspace defined is another, and one whose asker went meanwhile is given up", async () => {
    let defined = "Berlin";
    const questions = new Questions(
      () => 0,
      () => Promise.resolve(defined),
    );
    const same = held("same");
    same.end();
    const ask = async (asking: Asking = { fresh: false }) => (await questions.ask(WORKSPACE, ["same"], asking, same.work)).basis.reused; // prettier-ignore
    expect([await ask(), await ask()]).toEqual([false, true]);
    defined = "Tokyo";
    expect([await ask(), await ask()]).toEqual([false, true]);
    const others = Array.from({ length: ANALYSIS_LIMITS.atOnce }, (_, i) => held(`other ${i}`));
    const asked = others.map((of) => questions.ask(WORKSPACE, [of.name], { fresh: false }, of.work));
    await settled();
    const left = held("left");
    const gone = new AbortController();
    const given = questions
      .ask(WORKSPACE, ["left"], { fresh: false, gone: gone.signal }, left.work)
      .catch(String);
    gone.abort();
    for (const of of [...others, left]) of.end();
    expect(await given).toContain("Nobody waits");
    await Promise.all(asked);
    expect(left.begun()).toBe(0);
  });

  test("are kept as answers as long as there is room for what they weigh; the one that was not asked for longest goes", async () => {
    const questions = new Questions(() => 0);
    const large = "x".repeat(ANALYSIS_LIMITS.keptBytesMax / 2 - 1_000);
    const ask = async (name: string, answer = large) =>
      (await questions.ask(WORKSPACE, [name], { fresh: false }, async () => ({ answer, asOfAt: 0, events: 1, customers: 1, method: "" }))).basis.reused; // prettier-ignore
    expect([await ask("a"), await ask("b"), await ask("a"), await ask("b")]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect([await ask("c"), await ask("b"), await ask("a")]).toEqual([false, true, false]);
    // What is larger than all the room is answered, and not kept.
    const whole = "x".repeat(ANALYSIS_LIMITS.keptBytesMax);
    expect([await ask("whole", whole), await ask("whole", whole), await ask("b")]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("beyond what may wait are refused, and a refused one takes nobody's place", async () => {
    const { ask, first, asked } = crowded();
    const waiting = Array.from({ length: ANALYSIS_LIMITS.waitingMax }, (_, i) => held(`waits ${i}`));
    const answers = waiting.map((of, i) => ask(of, { fresh: false }, (2 + (i % 4)) as WorkspaceId));
    await expect(ask(held("one more"))).rejects.toMatchObject({ code: "too_many" });
    for (const of of [...first, ...waiting]) of.end();
    expect(await Promise.all([...asked, ...answers])).toHaveLength(first.length + waiting.length);
  });

  test("of one workspace do not take all the places: another one still gets its turn", async () => {
    const { ask, first, asked } = crowded();
    const waiting = Array.from({ length: ANALYSIS_LIMITS.waitingOfOneMax }, (_, i) => held(`waits ${i}`));
    const answers = waiting.map((of) => ask(of));
    await expect(ask(held("one more"))).rejects.toMatchObject({ code: "too_many" });
    const other = held("of another");
    const answer = ask(other, { fresh: false }, 2 as WorkspaceId);
    for (const of of [...first, ...waiting, other]) of.end();
    expect(await answer).toEqual(["of another", false]);
    await Promise.all([...asked, ...answers]);
  });
});
