/** What decisions read of customers: the same whether they are asked about alone or with others, and nothing of anybody else. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hashOf } from "../../src/customers/store.ts";
import type { Database } from "../../src/db/postgres.ts";
import { type Snapshot, type SnapshotAsked, readSnapshots } from "../../src/decisions/snapshots.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { aDatabase } from "../stores.ts";

let sql: Database;
let drop: () => Promise<void>;
const WORKSPACES = [1, 2] as const;
const PRODUCTS = ["boots", "hat", "nobody told of it"];
const name = (workspace: number, n: number): string => hashOf(`${workspace} name ${n}`);
const event = (workspace: number, n: number): string => hashOf(`${workspace} event ${n}`);

/** Of each workspace: customers 1 to 3 of one atom, 4 of three atoms; name 9 is shared by several, so it points nowhere. */
beforeAll(async () => {
  ({ sql, drop } = await aDatabase());
  for (const workspace of WORKSPACES) {
    const policy = { holds: [{ type: "bought_this", withinMs: workspace * 60_000 }] };
    await sql.query("insert into workspaces (id, name, settings, created_at) overriding system value values ($1, $2, $3, 0) on conflict (id) do update set name = excluded.name, settings = excluded.settings", [workspace, `Shop ${workspace}`, JSON.stringify({ postalAddress: `Street ${workspace}`, policy })]);
    await sql.query("insert into providers (workspace, channel, driver, name, config, created_at, updated_at) values ($1, 'in_app', 'in_app', 'Site', '{}', 0, $2)", [workspace, workspace * 100]);
    for (const [n, customer, size] of [[1, 1, 1], [2, 2, 1], [3, 3, 1], [4, 4, 3], [5, 4, 3], [6, 4, 3]] as const) {
      const id = workspace * 10 + n;
      await sql.query("insert into atoms (id, workspace, customer, size, version, identifiers, apart, knowledge, standing) values ($1, $2, $3, $4, 1, '[]', '', $5, '')", [id, workspace, workspace * 10 + customer, size, JSON.stringify({ events: n })]);
      await sql.query("insert into identifiers (key, workspace, kind, value, atom, created_at) values ($1::uuid, $2, 'user_id', $3, $4, 0)", [name(workspace, n), workspace, `name ${n}`, id]);
      await sql.query("insert into seen (key, day) values ($1::uuid, 20000)", [event(workspace, n)]);
      await sql.query("insert into preferences (atom, workspace, body, updated_at) values ($1, $2, $3, $1)", [id, workspace, JSON.stringify({ off: { [`topic-${n}`]: true } })]);
      // Customer 4 has as many on each atom as one answer holds.
      for (let i = 0; i < (n > 3 ? 20 : 2); i++) await sql.query("insert into inbox_messages (message, workspace, atom, place, body, created_at, seen_at) values ($1, $2, $3, '', '{}', 0, $4)", [`${id} ${i}`, workspace, id, i === 0 ? 5 : null]);
    }
    await sql.query("insert into identifiers (key, workspace, kind, value, atom, shared, created_at) values ($1::uuid, $2, 'anonymous_id', 'name 9', 0, true, 0)", [name(workspace, 9), workspace]);
    for (const id of ["boots", "hat"]) await sql.query("insert into catalogue_items (workspace, id, name, stock, created_at, updated_at) values ($1, $2, $3, $4, 0, 0)", [workspace, id, `${id} of ${workspace}`, workspace]);
  }
}); // prettier-ignore
afterAll(() => drop());

const question = fc.record({
  workspace: fc.constantFrom<WorkspaceId[]>(1 as WorkspaceId, 2 as WorkspaceId, 77 as WorkspaceId),
  names: fc.uniqueArray(fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 9), { maxLength: 3 }),
  events: fc.uniqueArray(fc.constantFrom(1, 2, 8), { maxLength: 2 }),
  products: fc.uniqueArray(fc.constantFrom(...PRODUCTS), { maxLength: 3 }),
}).map(({ workspace, names, events, products }): SnapshotAsked => ({
  workspace, products, identifiers: names.map((n) => name(workspace, n)), events: events.map((n) => event(workspace, n)),
})); // prettier-ignore

test("a question is answered with others as it is alone", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 8 }), async (questions) => {
      const together = await read(...questions);
      const alone = await Promise.all(questions.map(async (one) => (await read(one))[0]!));
      expect(together.map(inOrder)).toEqual(alone.map(inOrder));
    }),
    { numRuns: 60 },
  );
});
const read = async (...asked: SnapshotAsked[]): Promise<readonly Read[]> =>
  asked.map(await readSnapshots(sql, asked));
type Read = Snapshot | null;
/** Atoms and preferences are sets. */
const inOrder = (read: Read) => read && { ...read, atoms: read.atoms.toSorted((a, b) => a.id - b.id), preferences: read.preferences.toSorted((a, b) => a.atom - b.atom) }; // prettier-ignore

test("what is read is the customer's, the workspace's and nobody else's", async () => {
  const ask = (workspace: number, n: number): SnapshotAsked => ({
    workspace: workspace as WorkspaceId, identifiers: [name(workspace, n)], events: [event(workspace, n), event(workspace, 8)], products: PRODUCTS,
  }); // prettier-ignore
  const [one, joined, other, shared, none] = await read(ask(1, 1), ask(1, 5), ask(2, 1), ask(1, 9), ask(77, 1));
  expect(one).toMatchObject({ name: "Shop 1", address: "Street 1", inAppAt: 100, policy: { holds: [{ withinMs: 60_000 }] } });
  expect(one!.atoms.map(({ id, knowledge }) => [id, knowledge])).toEqual([[11, '{"events":1}']]);
  expect([...one!.seen]).toEqual([event(1, 1)]);
  expect(one!.preferences).toEqual([{ atom: 11, body: { off: { "topic-1": true } }, updatedAt: 11 }]);
  expect(one!.unseen.map(({ message }) => message)).toEqual(["11 1"]);
  expect(new Set([...one!.items.values()].map((item) => item.name))).toEqual(new Set(["boots of 1", "hat of 1"]));
  expect(new Set(joined!.atoms.map(({ id }) => id))).toEqual(new Set([14, 15, 16]));
  // The newest twenty of all three atoms.
  expect(joined!.unseen.map(({ message }) => message)).toEqual([...Array.from({ length: 19 }, (_, i) => `16 ${19 - i}`), "15 19"]);
  expect(other).toMatchObject({ name: "Shop 2", inAppAt: 200, policy: { holds: [{ withinMs: 120_000 }] } });
  expect(other!.atoms.map(({ id }) => id)).toEqual([21]);
  expect(other!.items.get("hat")).toMatchObject({ name: "hat of 2", stock: 2 });
  expect([shared!.atoms, [...shared!.pointers.values()]]).toEqual([[], [{ atom: 0, shared: true }]]);
  expect(none).toBeNull();
}); // prettier-ignore

test("a name of another workspace leads to nobody", async () => {
  const [found] = await read({ workspace: 2 as WorkspaceId, identifiers: [name(1, 1)], events: [], products: [] });
  expect([found!.atoms, found!.preferences, found!.unseen]).toEqual([[], [], []]);
}); // prettier-ignore
