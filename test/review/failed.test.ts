/** An event that a fault of ours kept from being understood is kept, and becomes an event when it is replayed. */
import { expect, test } from "vitest";
import { hashOf } from "../../src/customers/store.ts";
import { createRefusedStore } from "../../src/events/refused.ts";
import { replay } from "../../src/events/replay.ts";
import { keyOf } from "../../src/identity/directory.ts";
import { aDatabase, aLog } from "../stores.ts";
import { aWorld, eventOf, identifierOf, WORKSPACE } from "../world.ts";

test("a replayed event that could not be processed is not taken for a duplicate of itself", async () => {
  const [{ sql, drop }, { log, drop: dropLog }] = [await aDatabase(), await aLog()];
  const world = await aWorld(sql, log);
  // A pointer to nowhere stands for the fault.
  const broken = identifierOf("user_id ada");
  await sql.query(
    "insert into identifiers (key, workspace, kind, value, atom, created_at) values ($1::uuid, $2, $3, $4, 424242, 0)",
    [hashOf(keyOf(WORKSPACE, broken)), WORKSPACE, broken.kind, broken.value],
  );
  const event = eventOf({ who: ["user_id ada"] });
  await world.sends([event, eventOf({ who: ["user_id bob"] })]);
  expect((await world.customer("user_id bob"))?.events).toBe(1);
  const refused = createRefusedStore(sql);
  const [row] = await refused.list(WORKSPACE, {}, 10);
  expect(row).toMatchObject({ reason: "processing_failed", messageId: event.id });

  await sql.query("delete from identifiers where atom = 424242");
  await world.stop();
  const fixed = await aWorld(sql, log);
  const meter = { count: () => undefined, time: () => undefined };
  const [outcome] = await replay(WORKSPACE, [{ row: row! }], {
    inbox: fixed.inbox,
    refused,
    meter,
    clock: Date.now,
    keepIp: false,
  });
  expect(outcome?.event?.id).toBe(event.id);
  await fixed.handled();
  expect((await fixed.customer("user_id ada"))?.events).toBe(1);
  await fixed.stop();
  await dropLog();
  await drop();
});
