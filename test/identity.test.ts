/** Who is who: the story of identifiers on the real worker and the real stores. */
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { anEventOf, identifiersOfSome } from "./arbitrary.ts";
import { anOwnWorld } from "./world.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => {
  await world.close();
});
/** Each test speaks of people of its own. */
let n = 0;
const fresh = () => `x${++n}`;
afterEach(() => expect(world.faults).toEqual([]));

describe("anonymous to known", () => {
  test("what somebody did before signing in belongs to them after, and the reason is told", async () => {
    const x = fresh();
    await world.says(
      { who: [`anonymous_id ${x}`], name: "Product Viewed", properties: { product_id: "boots" } },
      {
        who: [`user_id ${x}`, `anonymous_id ${x}`],
        name: "$customer.identified",
        traits: { email: `${x}@x.example` },
      },
      { who: [`user_id ${x}`], name: "Order Completed", properties: { order_id: x, total: 5 } },
    );
    const customer = await world.customer(`user_id ${x}`);
    expect(customer?.events).toBe(3);
    expect(customer?.recentlyViewed[0]?.product.id).toBe("boots");
    expect(await world.customer(`anonymous_id ${x}`)).toEqual(customer);
    const identities = await world.identities(`user_id ${x}`);
    expect(identities?.links.map(({ reason }) => reason)).toEqual([
      `One event carried both user id ${x} and anonymous id ${x}.`,
    ]);
  });
  test("several devices of one person are one customer", async () => {
    const x = fresh();
    await world.says(
      { who: [`anonymous_id ${x}a`] },
      { who: [`anonymous_id ${x}b`] },
      { who: [`user_id ${x}`, `anonymous_id ${x}a`] },
      { who: [`user_id ${x}`, `anonymous_id ${x}b`] },
    );
    expect((await world.customer(`anonymous_id ${x}b`))?.events).toBe(4);
  });
  test("an alias joins two names, also two user ids", async () => {
    const x = fresh();
    await world.says(
      { who: [`user_id ${x}old`] },
      {
        who: [`user_id ${x}new`],
        name: "$identity.aliased",
        type: "alias",
        previous: { kind: "user_id", value: `${x}old` },
      },
    );
    expect((await world.customer(`user_id ${x}old`))?.id).toBe((await world.customer(`user_id ${x}new`))?.id);
  });
});

describe("limits and shared devices", () => {
  test("one event with two people's names keeps them two; the weaker name is set aside and recorded", async () => {
    const x = fresh();
    await world.says(
      { who: [`user_id ${x}a`, `email ${x}@x.example`] },
      { who: [`user_id ${x}b`, `email ${x}@x.example`] },
    );
    const [a, b] = [await world.customer(`user_id ${x}a`), await world.customer(`user_id ${x}b`)];
    expect(a?.id).not.toBe(b?.id);
    expect(b?.identifiers.map(({ value }) => value)).toEqual([`${x}b`]);
    expect((await world.identities(`user_id ${x}b`))?.asides).toMatchObject([
      { kind: "email", reason: "limit" },
    ]);
  });
  test("a sixth e-mail of one person is set aside", async () => {
    const x = fresh();
    for (const i of [1, 2, 3, 4, 5, 6])
      await world.says({ who: [`user_id ${x}`, `email ${x}-${i}@x.example`] });
    expect(
      (await world.customer(`user_id ${x}`))?.identifiers.filter(({ kind }) => kind === "email").length,
    ).toBe(5);
    expect(await world.customer(`email ${x}-6@x.example`)).toBeNull();
  });
  test("a family tablet: two people stay two, and what nobody signed in for is glued to neither", async () => {
    const x = fresh();
    const tablet = `anonymous_id ${x}-tablet`;
    await world.says(
      { who: [tablet] },
      { who: [`user_id ${x}mum`, tablet] },
      { who: [`user_id ${x}kid`, tablet] },
      { who: [tablet], name: "Product Viewed", properties: { product_id: "toy" } },
      { who: [`user_id ${x}mum`, tablet] },
    );
    const [mum, kid, nobody] = [
      await world.customer(`user_id ${x}mum`),
      await world.customer(`user_id ${x}kid`),
      await world.customer(tablet),
    ];
    expect([mum?.events, kid?.events, nobody?.events]).toEqual([3, 1, 1]);
    expect(new Set([mum?.id, kid?.id, nobody?.id]).size).toBe(3);
    expect(nobody?.recentlyViewed[0]?.product.id).toBe("toy");
    expect((await world.identities(`user_id ${x}kid`))?.asides).toMatchObject([
      { kind: "anonymous_id", reason: "shared_device" },
    ]);
  });
  test("two people known by e-mail only are not joined by the browser they share", async () => {
    const x = fresh();
    const browser = `anonymous_id ${x}-pc`;
    await world.says(
      { who: [`email ${x}a@x.example`, browser] },
      { who: [`email ${x}b@x.example`, browser] },
    );
    expect((await world.customer(`email ${x}a@x.example`))?.id).not.toBe(
      (await world.customer(`email ${x}b@x.example`))?.id,
    );
  });
});

describe("undoing a join", () => {
  const joined = async () => {
    const x = fresh();
    await world.says(
      { who: [`anonymous_id ${x}`], name: "Product Added", properties: { product_id: "boots" } },
      { who: [`anonymous_id ${x}`], name: "$page.viewed" },
      {
        who: [`user_id ${x}`, `anonymous_id ${x}`],
        name: "Order Refunded",
        properties: { order_id: "o", total: 1 },
      },
    );
    const identities = (await world.identities(`user_id ${x}`))!;
    return { x, id: identities.customerId, link: identities.links[0]!.id };
  };
  test("gives back two customers, each with what its own history tells, and keeps them apart", async () => {
    const { x, id, link } = await joined();
    const customers = await world.unmerge(id, link);
    expect(customers.length).toBe(2);
    const [known, visitor] = [
      await world.customer(`user_id ${x}`),
      await world.customer(`anonymous_id ${x}`),
    ];
    expect([known?.events, visitor?.events]).toEqual([1, 2]);
    expect([known?.cart.items.length, visitor?.cart.items.length]).toEqual([0, 1]);
    // The same evidence comes again: it does not undo the undoing.
    await world.says({ who: [`user_id ${x}`, `anonymous_id ${x}`] }, { who: [`anonymous_id ${x}`] });
    expect([
      (await world.customer(`user_id ${x}`))?.events,
      (await world.customer(`anonymous_id ${x}`))?.events,
    ]).toEqual([2, 3]);
    expect((await world.identities(`user_id ${x}`))?.asides).toMatchObject([{ reason: "undone" }]);
    expect((await world.identities(`user_id ${x}`))?.links[0]).toMatchObject({ undoneBy: "a tester" });
  });
  test("can itself be undone", async () => {
    const { x, id, link } = await joined();
    const before = await world.customer(`user_id ${x}`);
    await world.unmerge(id, link);
    await world.relink(id, link);
    expect(await world.customer(`user_id ${x}`)).toEqual(before);
    await expect(world.relink(id, link)).rejects.toMatchObject({ code: "conflict" });
  });
  test("shows in the event log without rewriting it", async () => {
    const { id, link } = await joined();
    const owner = async () => {
      await world.feed.drain();
      const rows = await world.log.rows<{ customer: number; n: number }>(
        `select if(m.customer = 0, e.atom, m.customer) as customer, count() as n from events e
         left join (select atom, argMax(customer, version) as customer from customersOfAtoms group by atom) m on m.atom = e.atom
         where customer = ${Number(id.slice(1))} group by customer`,
      );
      return rows[0]?.n ?? 0;
    };
    expect(await owner()).toBe(3);
    await world.unmerge(id, link);
    expect(await owner()).toBe(2);
  });
});

test("the customers of any history are those of a clean recomputation, and no event is lost or doubled", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anEventOf(identifiersOfSome), { minLength: 1, maxLength: 40 }),
      async (events) => {
        const x = fresh();
        const own = events.map((event) => ({
          ...event,
          id: `${x}-${event.id}`,
          identifiers: event.identifiers.map(({ kind, value }) => ({ kind, value: `${x}-${value}` })),
        }));
        const again = events.map((event) => ({
          ...event,
          id: `${x}again-${event.id}`,
          identifiers: event.identifiers.map(({ kind, value }) => ({ kind, value: `${x}again-${value}` })),
        }));
        // Once in one go with every event doubled, once one by one: batches and duplicates must not show.
        await world.sends([...own, ...own]);
        for (const event of again) await world.sends([event]);
        const names = [
          ...new Set(
            own.flatMap(({ identifiers }) => identifiers.map(({ kind, value }) => `${kind} ${value}`)),
          ),
        ];
        const total = new Map<string, number>();
        for (const name of names) {
          const [one, other] = [
            await world.customer(name),
            await world.customer(name.replace(x, `${x}again`)),
          ];
          expect(shape(one, x)).toEqual(shape(other, `${x}again`));
          if (one) total.set(one.id, one.events);
        }
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
});

/** A customer without what two equal histories may differ in: its number and its names' prefix. */
const shape = (customer: Awaited<ReturnType<typeof world.customer>>, prefix: string): unknown =>
  customer === null
    ? null
    : JSON.parse(
        JSON.stringify({
          ...customer,
          id: null,
          identifiers: customer.identifiers.map(({ kind, value }) => [kind, value]),
        }).replaceAll(`${prefix}-`, ""),
      );
