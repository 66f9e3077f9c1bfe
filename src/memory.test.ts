/** What a worker takes of those who wait, while it still writes what it took before. */
import { expect, test } from "vitest";
import type { QueuedEntry } from "./journeys/advance.ts";
import { Memory } from "./memory.ts";
import type { Wake } from "./segments/save.ts";
import type { AtomId, WorkspaceId } from "./values.ts";

const entry = (id: number): QueuedEntry => ({ id, workspace: 1 as WorkspaceId, journey: 1, customer: id as AtomId, key: "", context: "" }); // prettier-ignore
const wake = (customer: number, n = 1): Wake => ({
  customer: customer as AtomId,
  dueAt: 0,
  cause: "time",
  n,
});
const idsOf = (entries: readonly QueuedEntry[]) => entries.map(({ id }) => id);
const whoOf = (wakes: readonly Wake[]) => wakes.map(({ customer }) => customer);

test("a batch lets in at most so many, and the next one those behind them while the first is being written", () => {
  const memory = new Memory();
  expect(idsOf(memory.takeEntries([1, 2, 3, 4].map(entry), 2))).toEqual([1, 2]);
  expect(idsOf(memory.takeEntries([1, 2, 3, 4].map(entry), 2))).toEqual([3, 4]);
  // The first batch is written, the second one not yet.
  expect(idsOf(memory.takeEntries([3, 4, 5].map(entry), 2))).toEqual([5]);
});

test("whom no batch took is not taken for taken", () => {
  const memory = new Memory();
  memory.takeEntries([1, 2, 3].map(entry), 1);
  memory.takeWakes([1, 2, 3].map((who) => wake(who)), 1); // prettier-ignore
  expect(idsOf(memory.takeEntries([2, 3].map(entry), 5))).toEqual([2, 3]);
  expect(whoOf(memory.takeWakes([2, 3].map((who) => wake(who)), 5))).toEqual([2, 3]); // prettier-ignore
});

test("a customer is woken again when somebody asked for it since", () => {
  const memory = new Memory();
  expect(whoOf(memory.takeWakes([wake(1), wake(2)], 5))).toEqual([1, 2]);
  expect(whoOf(memory.takeWakes([wake(1, 2), wake(2)], 5))).toEqual([1]);
});

test("after a fault everybody who waits may be taken again", () => {
  const memory = new Memory();
  memory.takeEntries([1].map(entry), 5);
  memory.takeWakes([wake(1)], 5);
  memory.forget();
  expect(idsOf(memory.takeEntries([1].map(entry), 5))).toEqual([1]);
  expect(whoOf(memory.takeWakes([wake(1)], 5))).toEqual([1]);
});
