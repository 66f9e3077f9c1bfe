/** Undoing and redoing joins while several workers handle what the same people do. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { relink, unmerge } from "../../src/customers/unmerge.ts";
import { createInbox, waitingEvents } from "../../src/events/inbox.ts";
import { componentsOf } from "../../src/identity/directory.ts";
import { Failure } from "../../src/errors.ts";
import type { AtomId } from "../../src/values.ts";
import { startWorker } from "../../src/worker.ts";
import { aDatabase } from "../stores.ts";
import { eventOf, identifierOf, WORKSPACE } from "../world.ts";

const ROUNDS = Number(process.env["RACE_ROUNDS"] ?? 60);

test("the mapping is that of the links in force, and no event is lost or doubled", async () => {
  const { sql, drop } = await aDatabase();
  const faults: unknown[] = [];
  const workers = [1, 2, 3].map(() =>
    startWorker({ sql, clock: Date.now, owner: randomUUID(), onCommit: () => undefined, onFault: (cause) => faults.push(cause) }),
  ); // prettier-ignore
  const wake = () => workers.forEach((worker) => worker.wake());
  const inbox = createInbox(sql, { clock: Date.now, waiting: () => 0, waitingMax: 1e9, onAppend: wake });
  let seed = 7;
  const dice = (n: number) => (seed = (seed * 48271) % 2147483647) % n;
  let sent = 0;
  let done = false;
  const sending = (async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const events = Array.from({ length: 30 }, () => {
        const person = dice(6);
        const user = `user_id p${person}-${dice(4)}`;
        const device = `anonymous_id d${person}-${dice(5)}`;
        const kind = dice(4);
        if (kind === 0)
          return eventOf({
            who: [user],
            type: "alias",
            previous: identifierOf(`user_id p${person}-${dice(4)}`),
          });
        return eventOf({ who: kind === 1 ? [device] : kind === 2 ? [user] : [user, device] });
      });
      await inbox.append(events);
      sent += events.length;
    }
    while ((await waitingEvents(sql, Date.now())).events > 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
    done = true;
  })();
  const refused = new Map<string, number>();
  let undone = 0;
  while (!done) {
    const links = await sql.query<{ id: number; a: AtomId; undone: boolean }>(
      "select id, a, undone_at is not null as undone from links order by random() limit 1",
    );
    for (const link of links)
      await (
        link.undone
          ? relink(sql, WORKSPACE, link.a, link.id, Date.now())
          : unmerge(sql, WORKSPACE, link.a, link.id, "a tester", Date.now())
      ).then(
        () => undone++,
        (cause: unknown) => {
          const what =
            cause instanceof Failure ? cause.code : String((cause as { code?: string }).code ?? cause);
          refused.set(what, (refused.get(what) ?? 0) + 1);
        },
      );
  }
  await sending;
  await Promise.all(workers.map((worker) => worker.stop()));
  if (process.env["RACE_ROUNDS"]) console.log({ sent, undone, refused, faults: faults.map(String) });
  expect(undone).toBeGreaterThan(0);
  expect([...refused.keys()].filter((code) => code !== "conflict")).toEqual([]);
  expect(faults).toEqual([]);

  const atoms = await sql.query<{
    id: AtomId;
    customer: AtomId;
    size: number;
    events: number;
    apart: string;
  }>(
    "select id, customer, size, (knowledge::jsonb ->> 'events')::int as events, apart from atoms order by id",
  );
  expect(atoms.reduce((sum, { events }) => sum + events, 0)).toBe(sent);
  const links = await sql.query<{ a: AtomId; b: AtomId }>("select a, b from links where undone_at is null");
  const customers = componentsOf(atoms.map(({ id }) => id), links); // prettier-ignore
  const sizes = new Map<AtomId, number>();
  for (const customer of customers.values()) sizes.set(customer, (sizes.get(customer) ?? 0) + 1);
  expect(atoms.map(({ id, customer, size }) => [id, customer, size])).toEqual(
    atoms.map(({ id }) => [id, customers.get(id), sizes.get(customers.get(id)!)]),
  );
  for (const { customer, apart } of atoms)
    for (const other of apart === "" ? [] : apart.split(",").map(Number))
      expect(customers.get(other as AtomId)).not.toBe(customer);
  await drop();
});
