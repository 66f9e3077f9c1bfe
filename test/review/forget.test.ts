/** Forgetting old message ids does not read all the others, of which there may be hundreds of millions. */
import { expect, test } from "vitest";
import { aDatabase } from "../stores.ts";

test("the ids of a day that has run out are found by an index", async () => {
  const { sql, drop } = await aDatabase();
  for (const day of [20_000, 20_001])
    await sql.query(
      "insert into seen (key, day) select gen_random_uuid(), $1::int from generate_series(1, 100000)",
      [day],
    );
  await sql.query("select brin_summarize_new_values('seen_day')");
  await sql.query("analyze seen");
  const plan = await sql.query<{ "QUERY PLAN": string }>("explain delete from seen where day < 20000");
  expect(plan.map((row) => row["QUERY PLAN"]).join("\n")).toContain("seen_day");
  await drop();
});
