/** Generators of domain values for property tests. Few names and few instants, so that collisions are common. */
import fc from "fast-check";
import type { Event } from "../src/events/model.ts";
import type { Identifier } from "../src/identity/model.ts";
import type { WorkspaceId } from "../src/values.ts";

const WORKSPACE = 1 as WorkspaceId;
const CHANNELS = ["web", "email", "store", "server"] as const;

const product = fc.record(
  { product_id: fc.constantFrom("p1", "p2", "p3", "constructor"), price: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.constantFrom("9.99", "x")), quantity: fc.integer({ min: 0, max: 3 }), name: fc.constantFrom("Boots", "Socks") },
  { requiredKeys: ["product_id"] },
); // prettier-ignore

/** What happens to a customer, as name, type and contents. */
const happening = fc.oneof(
  fc.record({ type: fc.constant("identify" as const), name: fc.constant("$customer.identified"), traits: fc.dictionary(fc.constantFrom("plan", "city", "name", "toString", "__proto__"), fc.oneof(fc.string({ maxLength: 4 }), fc.integer({ min: 0, max: 3 }), fc.constant(null)), { maxKeys: 3 }) }),
  fc.record({ type: fc.constant("page" as const), name: fc.constant("$page.viewed"), referrer: fc.constantFrom("https://a.example/", "https://b.example/") }),
  fc.record({ type: fc.constant("group" as const), name: fc.constant("$account.joined"), accountId: fc.constantFrom("acme", "valueOf", "initech") }),
  fc.record({ type: fc.constant("track" as const), name: fc.constantFrom("Product Viewed", "Product Added", "Product Removed"), properties: product }),
  fc.record({ type: fc.constant("track" as const), name: fc.constantFrom("Cart Viewed", "Cart Cleared"), properties: fc.record({ products: fc.array(product, { maxLength: 3 }) }) }),
  fc.record({ type: fc.constant("track" as const), name: fc.constantFrom("Order Completed", "Order Updated", "Order Refunded", "Order Cancelled"), properties: fc.record({ order_id: fc.constantFrom("o1", "o2", "__proto__", 3), total: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant("12.5")), currency: fc.constantFrom("EUR", "JPY", "euros"), products: fc.array(product, { maxLength: 2 }) }, { requiredKeys: [] }) }),
  fc.record({ type: fc.constant("track" as const), name: fc.constantFrom("Signed Up", "constructor", "__proto__") }),
); // prettier-ignore

const consent = fc.record({ channel: fc.constantFrom("email" as const, "all" as const, "ads" as const), purpose: fc.constantFrom("marketing", "advertising"), answer: fc.constantFrom("granted" as const, "denied" as const), source: fc.constant("event" as const) }); // prettier-ignore

/** One event of whoever `identifiers` generates. */
export const anEventOf = (identifiers: fc.Arbitrary<readonly Identifier[]>): fc.Arbitrary<Event> =>
  fc
    .record({ id: fc.uuid(), at: fc.integer({ min: 0, max: 40 }), channel: fc.constantFrom(...CHANNELS), touchpoint: fc.constantFrom("/", "/boots", "till"), identifiers, happening, consents: fc.option(fc.array(consent, { minLength: 1, maxLength: 2 }), { nil: undefined, freq: 4 }) })
    .map(({ id, at, channel, touchpoint, identifiers: who, happening: what, consents }) => ({
      workspace: WORKSPACE, id, happenedAt: at, receivedAt: at, originalAt: null, sentAt: null, identifiers: who, channel, touchpoint, key: 1,
      ...what, ...(consents && { consents }),
    }) as Event); // prettier-ignore

/** An event of one customer, whoever that is. */
export const anEvent = anEventOf(fc.constant([{ kind: "user_id", value: "ada" }]));

/** Two people, three devices: some events name both, some neither person, some an e-mail too. */
export const identifiersOfSome: fc.Arbitrary<readonly Identifier[]> = fc
  .record({ user: fc.option(fc.constantFrom("ada", "bob", "cyd")), email: fc.option(fc.constantFrom("ada@x.example", "bob@x.example", "family@x.example"), { freq: 2 }), device: fc.option(fc.constantFrom("d1", "d2", "d3")) })
  .map(({ user, email, device }) => [
    ...(user === null ? [] : [{ kind: "user_id" as const, value: user }]),
    ...(email === null ? [] : [{ kind: "email" as const, value: email }]),
    ...(device === null ? [] : [{ kind: "anonymous_id" as const, value: device }]),
  ])
  .filter((identifiers) => identifiers.length > 0); // prettier-ignore
