/** Questions that need too much are given up with words, and the log goes on serving whoever asks next. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { boundedLog } from "../../src/analysis/bound.ts";
import { bothStores } from "../stores.ts";

let stores: Awaited<ReturnType<typeof bothStores>>;
beforeAll(async () => {
  stores = await bothStores();
});
afterAll(() => stores.drop());

/** Groups a number of texts, which takes memory, and time as well. */
const heavy = (n: number): string => `select uniqExact(toString(number)) as n from numbers(${n})`;

test("a question that needs more memory or time than it may have says so, and takes none from others", async () => {
  const tiny = boundedLog(stores.log, { memoryBytes: 5_000_000, tookMs: 60_000 });
  await expect(tiny.rows(heavy(2_000_000))).rejects.toMatchObject({
    code: "unprocessable",
    message: "This question needs more memory than a question may have (0.005 GB). Ask it of a shorter period, of a segment or of fewer channels.",
  }); // prettier-ignore
  const short = boundedLog(stores.log, { memoryBytes: 4e9, tookMs: 10 });
  await expect(short.rows(heavy(50_000_000))).rejects.toMatchObject({
    code: "unprocessable",
    message: expect.stringContaining("longer than a question may take (0.01 seconds)"),
  });
  // The bound went with the statement, and nothing of it is left.
  expect(await stores.log.rows(heavy(2_000_000))).toEqual([{ n: 2_000_000 }]);
});

test("a statement with settings of its own, or within, is bounded like any other", async () => {
  const tiny = boundedLog(stores.log, { memoryBytes: 5_000_000, tookMs: 60_000 });
  const within = `select n from (${heavy(2_000_000)} settings max_threads = 1)`;
  for (const text of [`${heavy(2_000_000)} settings max_threads = 1`, within, `${heavy(2_000_000)} union all ${heavy(10)}`, `with 1 as one ${heavy(2_000_000)} order by n limit 1`])
    await expect(tiny.rows(text), text).rejects.toMatchObject({ code: "unprocessable" });
  const roomy = boundedLog(stores.log);
  expect(await roomy.rows(within)).toEqual([{ n: 2_000_000 }]);
  expect(await roomy.rows("select {p0:String} as text settings max_threads = 1", { p0: "it" })).toEqual([{ text: "it" }]);
  await expect(roomy.rows("select nothing")).rejects.toMatchObject({ code: "store_unavailable" });
}); // prettier-ignore
