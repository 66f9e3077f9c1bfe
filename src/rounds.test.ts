/** The loop in rounds: when it rests, what wakes it, and that nothing is under way once it has stopped. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startRounds } from "./rounds.ts";

const REST_MS = 60_000;
const FAULT_MS = 1_000;
/** Rounds that end when the test says so, by how long to rest or by a fault. */
function begun() {
  const open: { end: (restMs: number) => void; fail: (cause: Error) => void }[] = [];
  const faults: unknown[] = [];
  let n = 0;
  let stopping: (() => boolean) | null = null;
  const rounds = startRounds({
    round: (isStopping) => {
      n += 1;
      stopping = isStopping;
      return new Promise((end, fail) => open.push({ end, fail }));
    },
    onFault: (cause) => faults.push(cause),
    faultMs: FAULT_MS,
  });
  const passed = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return {
    rounds,
    faults,
    count: () => n,
    isStopping: () => stopping!(),
    passed,
    end: async (restMs: number) => {
      open.shift()!.end(restMs);
      await turn();
    },
    fail: async (cause: Error) => {
      open.shift()!.fail(cause);
      await turn();
    },
  };
}
/** Lets go on what waits for no time to pass. */
const turn = async () => {
  for (let n = 0; n < 10; n++) await Promise.resolve();
};
beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("the first round begins at once, and the next when its rest is over", async () => {
  const { count, end, passed } = begun();
  expect(count()).toBe(1);
  await end(REST_MS);
  await passed(REST_MS - 1);
  expect(count()).toBe(1);
  await passed(1);
  expect(count()).toBe(2);
});

test("a round that left work behind is followed by another without a rest", async () => {
  const { count, end } = begun();
  await end(0);
  expect(count()).toBe(2);
});

test("being woken ends a rest", async () => {
  const { count, end, passed, rounds } = begun();
  await end(REST_MS);
  rounds.wake();
  await passed(0);
  expect(count()).toBe(2);
});

test("what comes in the middle of a round is not slept over, and is looked at once", async () => {
  const { count, end, passed, rounds } = begun();
  rounds.wake();
  rounds.wake();
  await end(REST_MS);
  expect(count()).toBe(2);
  await end(REST_MS);
  await passed(REST_MS - 1);
  expect(count()).toBe(2);
});

test("a fault is told, and tried again after a while or when woken", async () => {
  const { count, fail, faults, passed, rounds } = begun();
  await fail(new Error("The store is down."));
  expect(faults).toEqual([new Error("The store is down.")]);
  await passed(FAULT_MS - 1);
  expect(count()).toBe(1);
  await passed(1);
  expect(count()).toBe(2);
  rounds.wake();
  await fail(new Error("Still."));
  expect([count(), faults.length]).toEqual([3, 2]);
});

test("stopping waits for the round under way, tells it so, and lets none follow", async () => {
  const { count, end, isStopping, passed, rounds } = begun();
  expect(isStopping()).toBe(false);
  let stopped = false;
  const ended = rounds.stop().then(() => (stopped = true));
  await passed(REST_MS);
  expect([isStopping(), stopped]).toEqual([true, false]);
  await end(REST_MS);
  await ended;
  expect(count()).toBe(1);
});

test("stopping ends a rest", async () => {
  const { count, end, rounds } = begun();
  await end(REST_MS);
  const ended = rounds.stop();
  rounds.wake();
  await ended;
  expect(count()).toBe(1);
});
