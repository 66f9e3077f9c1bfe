/** No two uses of an advisory lock share a number, and none is written down beside the table. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LOCKS } from "../../src/db/locks.ts";

test("each advisory lock has a number of its own", () => {
  const numbers = Object.values(LOCKS);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test("no other file writes such a number, but for the function that holds the epoch", () => {
  const elsewhere = readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter((path) => /[.](ts|sql)$/.test(path) && path !== "db/locks.ts")
    .flatMap((path) => (readFileSync(`src/${path}`, "utf8").match(/\b731_?7\d\d\b/g) ?? []).map((number) => [path, Number(number.replace("_", ""))])); // prettier-ignore
  expect(elsewhere).toEqual([["db/migrations/state/0004.sql", LOCKS.epoch]]);
});
