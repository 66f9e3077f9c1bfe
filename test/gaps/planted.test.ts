/** Worlds with known gaps of known size: they are found, of the right size; and no alarm is raised where there is none. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { aDatabase, aLog } from "../stores.ts";
import { held } from "./planted.ts";
import { type Plant } from "./worlds.ts";

let stores: Awaited<ReturnType<typeof opened>>;
async function opened() {
  const database = await aDatabase();
  await database.sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'Test', 0) on conflict do nothing"); // prettier-ignore
  return { database, ...(await aLog()) };
}
beforeAll(async () => {
  stores = await opened();
});
afterAll(async () => {
  await stores.drop();
  await stores.database.drop();
});

test("try", { timeout: 120_000 }, async () => {
  const t = performance.now();
  console.log(await held(stores.database.sql, stores.log, 1, []), performance.now() - t);
  console.log(
    await held(stores.database.sql, stores.log, 2, ["drop_off", "hesitation", "slow_response"] as Plant[]),
    performance.now() - t,
  );
  expect(1).toBe(1);
});
