/** Undoing: back and forth is where one was. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { begun, done, type History, redone, undone } from "./undo.ts";

const histories = fc
  .array(fc.tuple(fc.nat(), fc.constantFrom("name", "delay", null)), { maxLength: 130 })
  .map((changes) => changes.reduce<History<number>>((held, [n, tag]) => done(held, n, tag), begun(0)));

test("what is undone and done again is as it was", () => {
  fc.assert(
    fc.property(histories, (held) => {
      const back = undone(held);
      expect(redone(back).present).toBe(held.present);
      expect(held.past.length <= 100 && (held.past.length === 0 || back.present === held.past.at(-1))).toBe(true); // prettier-ignore
    }),
  );
});

test("typing into one field is one change, and another field is another", () => {
  const typed = [1, 2, 3].reduce<History<number>>((held, n) => done(held, n, "name"), begun(0));
  expect(undone(typed).present).toBe(0);
  expect(undone(done(typed, 4, "delay")).present).toBe(3);
});

test("typing after an undo does not hide what was undone to", () => {
  const back = undone(done(done(begun(0), 1, "delay"), 2, "name"));
  expect(undone(done(back, 3, "name")).present).toBe(1);
});

test("a new change after undoing forgets what was undone", () => {
  expect(redone(done(undone(done(begun(0), 1, null)), 2, null)).present).toBe(2);
});
