import fc from "fast-check";
import { expect, test } from "vitest";
import { gathered } from "./gather.ts";

const NEVER = { stuckMs: 60_000, waitingMost: 1_000 };

/** A read that is answered when the test says so. */
function aRead() {
  const reads: { readonly questions: readonly number[]; readonly settle: (failed?: Error) => void }[] = [];
  const begun: (() => void)[] = [];
  return {
    reads,
    /** Resolves when read number `n` has begun. */
    until: async (n: number) => {
      while (reads.length < n) await new Promise<void>((resolve) => begun.push(resolve));
    },
    read: (questions: readonly number[]) =>
      new Promise<(question: number) => string>((done, fail) => {
        const settle = (failed?: Error) => (failed ? fail(failed) : done((n) => `answer ${n}`));
        reads.push({ questions, settle });
        for (const resolve of begun.splice(0)) resolve();
      }),
  };
} // prettier-ignore

test("everybody is answered their own, whoever asks with whom", async () => {
  const bursts = fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(bursts, fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 3 }), async (asked, most, underWay) => {
      let [reading, highest] = [0, 0];
      const sizes: number[] = [];
      const ask = gathered(async (questions: readonly number[]) => {
        highest = Math.max(highest, ++reading);
        sizes.push(questions.length);
        await new Promise(setImmediate);
        reading--;
        return (n) => n * 2;
      }, { apartMs: 0, most, underWay, ...NEVER });
      const answers: Promise<number>[] = [];
      for (const burst of asked) {
        answers.push(...burst.map(ask));
        await new Promise(setImmediate);
      }
      expect(await Promise.all(answers)).toEqual(asked.flat().map((n) => n * 2));
      expect(Math.max(...sizes)).toBeLessThanOrEqual(most);
      expect(highest).toBeLessThanOrEqual(underWay);
      expect(sizes.reduce((sum, n) => sum + n, 0)).toBe(asked.flat().length);
    }),
    { numRuns: 50 },
  );
}); // prettier-ignore

test("who asks in the same moment shares a read, also after a pause", async () => {
  const { reads, read, until } = aRead();
  const ask = gathered(read, { apartMs: 0, most: 10, underWay: 1, ...NEVER });
  const first = [ask(1), ask(2)];
  await until(1);
  const second = [ask(3), ask(4), ask(5)];
  reads[0]!.settle();
  expect(await Promise.all(first)).toEqual(["answer 1", "answer 2"]);
  await until(2);
  reads[1]!.settle();
  expect(await Promise.all(second)).toEqual(["answer 3", "answer 4", "answer 5"]);
  expect(reads.map(({ questions }) => questions)).toEqual([[1, 2], [3, 4, 5]]);
}); // prettier-ignore

test("a read that fails fails for those who shared it, and for nobody else", async () => {
  const { reads, read, until } = aRead();
  const ask = gathered(read, { apartMs: 0, most: 2, underWay: 2, ...NEVER });
  const asked = [ask(1), ask(2), ask(3)].map((answer) => answer.catch((cause: Error) => cause.message));
  await until(2);
  reads[0]!.settle(new Error("away"));
  reads[1]!.settle();
  expect(await Promise.all(asked)).toEqual(["away", "away", "answer 3"]);
  const after = ask(4);
  await until(3);
  reads[2]!.settle();
  expect(await after).toBe("answer 4");
});

test("an answer that cannot be made is nobody else's trouble", async () => {
  const ask = gathered(async () => (n: number) => {
    if (n === 2) throw new Error("of 2");
    return n;
  }, { apartMs: 0, most: 3, underWay: 1, ...NEVER });
  const asked = [ask(1), ask(2), ask(3)].map((answer) => answer.catch((cause: Error) => cause.message));
  expect(await Promise.all(asked)).toEqual([1, "of 2", 3]);
}); // prettier-ignore

test("a read that does not come back does not hold up those after it", async () => {
  const { reads, read, until } = aRead();
  const ask = gathered(read, { apartMs: 0, most: 2, underWay: 2, ...NEVER });
  void ask(1);
  await until(1);
  const other = ask(2);
  await until(2);
  reads[1]!.settle();
  expect(await other).toBe("answer 2");
});

test("a read that is stuck keeps its askers only, and comes back without harm", async () => {
  const { reads, read, until } = aRead();
  const ask = gathered(read, { apartMs: 0, most: 1, underWay: 1, stuckMs: 5, waitingMost: 10 });
  const first = ask(1);
  const others = [ask(2), ask(3)];
  await until(2);
  reads[1]!.settle();
  await until(3);
  reads[2]!.settle();
  expect(await Promise.all(others)).toEqual(["answer 2", "answer 3"]);
  reads[0]!.settle();
  expect(await first).toBe("answer 1");
});

test("more than may wait are told to come again", async () => {
  const { read, until } = aRead();
  const ask = gathered(read, { apartMs: 0, most: 1, underWay: 1, ...NEVER, waitingMost: 2 });
  void ask(1);
  await until(1);
  void ask(2);
  void ask(3);
  await expect(ask(4)).rejects.toMatchObject({ code: "store_unavailable" });
});
