/**
 * One cart per customer, from what was done to it on any device. Pure.
 *
 * What is done to a cart is kept as operations, and the cart is worked out of them when it is looked at, by the time at
 * which they happened. Until a device names its user, its cart is a guest's and apart from the customer's own; from the
 * first event on that names both it is the customer's. Then the guest's cart is laid over the customer's: of each product
 * the larger number counts, so that what was put in on two devices that did not know of each other is neither lost nor
 * doubled. The rules in words are docs/catalogue.md; test/cart.test.ts holds them as laws.
 *
 * Operations are bounded so that the order of arrival never shows: of each cart the newest ones since it was last
 * replaced, of guests' carts those of the first devices by name (one that went can never come back), of a device's
 * joining the first.
 */
import type { Instant } from "../values.ts";
import { type CartOperation, KNOWLEDGE_LIMITS, type Product } from "./model.ts";

/** Newest first; of one instant the greater id first. */
const byNewest = (a: CartOperation, b: CartOperation) =>
  b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

/** Both bodies of operations in one, each operation once, newest first. Commutes, associates, and repeats change nothing. */
export function joinOperations(
  a: readonly CartOperation[],
  b: readonly CartOperation[],
): readonly CartOperation[] {
  const newest = [...a, ...b].sort(byNewest).filter((one, i, all) => i === 0 || byNewest(one, all[i - 1]!) !== 0); // prettier-ignore
  const joins = new Map<string, CartOperation>();
  const carts = new Map<string, Kept>();
  for (const operation of newest) {
    if (operation.do === "join") joins.set(operation.device!, operation);
    else keep(carts, operation);
  }
  const devices = firstBy(carts.keys(), KNOWLEDGE_LIMITS.cartDevices);
  const joined = firstBy(joins.keys(), KNOWLEDGE_LIMITS.cartJoins);
  return newest.filter((one) =>
    one.do === "join"
      ? joined.has(one.device!) && joins.get(one.device!) === one
      : devices.has(cartKey(one)) && (carts.get(cartKey(one))?.operations.has(one) ?? false),
  );
}

type Kept = { readonly latestAt: Instant; readonly operations: Set<CartOperation>; replaced: boolean };
/** Whose cart an operation is about: the customer's own, or that of a device that has not named its user. */
const cartKey = ({ device }: CartOperation): string => device ?? "";

function keep(carts: Map<string, Kept>, operation: CartOperation): void {
  const key = cartKey(operation);
  const kept = carts.get(key) ?? { latestAt: operation.at, operations: new Set(), replaced: false };
  carts.set(key, kept);
  // What came before the cart was last replaced or emptied no longer counts.
  if (kept.replaced || kept.operations.size >= KNOWLEDGE_LIMITS.cartOperations) return;
  if (kept.latestAt - operation.at > KNOWLEDGE_LIMITS.cartSpanMs) return;
  kept.operations.add(operation);
  kept.replaced = operation.do === "set" || operation.do === "clear";
}

/** The first names; the customer's own cart is named by the empty text and always among them. */
const firstBy = (names: Iterable<string>, n: number): ReadonlySet<string> =>
  new Set([...names].sort().slice(0, n));

/** A line of a cart. `addedAt`: since when the product lies in it. */
export type CartLine = { readonly product: Product; readonly quantity: number; readonly addedAt: Instant };
type Lines = Map<string, CartLine>;

/** What lies in the cart after its operations (newest first, as `joinOperations` keeps them), in the order it was put in. */
export function linesOf(operations: readonly CartOperation[]): readonly CartLine[] {
  const joinedAt = new Map(operations.flatMap(({ do: what, device, at }) => (what === "join" ? [[device!, at] as const] : []))); // prettier-ignore
  const own: Lines = new Map();
  const guests = new Map<string, Lines>();
  /** Lays the carts of devices that had named their user by then over the customer's own. */
  const joinUntil = (at: Instant) => {
    for (const [device, lines] of guests)
      if ((joinedAt.get(device) ?? Infinity) <= at) {
        lay(lines, own);
        guests.delete(device);
      }
  };
  for (const operation of operations.toReversed()) {
    if (operation.do === "join") continue;
    const { device, at } = operation;
    joinUntil(at);
    const isGuest = device !== undefined && at < (joinedAt.get(device) ?? Infinity);
    if (isGuest && !guests.has(device)) guests.set(device, new Map());
    const cart = isGuest ? guests.get(device)! : own;
    // Who takes something out wants it gone wherever it was put in; who empties a cart by name empties all of them.
    const touched = operation.do === "remove" || (operation.do === "clear" && !isGuest) ? [own, ...guests.values()] : [cart]; // prettier-ignore
    for (const lines of touched) apply(operation, lines);
  }
  joinUntil(Infinity);
  // Known to be one person's by other means than by signing in.
  for (const lines of guests.values()) lay(lines, own);
  return [...own.values()];
}

function apply({ do: what, lines: changed, at }: CartOperation, lines: Lines): void {
  if (what === "set" || what === "clear") lines.clear();
  for (const { product, quantity } of changed) {
    const held = lines.get(product.id);
    const left = leftOf(what, held?.quantity ?? 0, quantity);
    if (left <= 0) lines.delete(product.id);
    else if (what === "remove") lines.set(product.id, { ...held!, quantity: left });
    else lines.set(product.id, { product: { ...held?.product, ...product }, quantity: left, addedAt: held?.addedAt ?? at }); // prettier-ignore
  }
}

/** What is left of a line of `held` pieces. Removing without a number removes all; adding without one adds one. */
function leftOf(what: CartOperation["do"], held: number, quantity: number | null): number {
  if (what === "remove") return quantity === null ? 0 : held - quantity;
  return held + (quantity ?? 1);
}

/** Of each product the larger number, and the earlier time. */
function lay(from: Lines, over: Lines): void {
  for (const [id, line] of from) {
    const held = over.get(id);
    over.set(id, held ? { product: { ...line.product, ...held.product }, quantity: Math.max(held.quantity, line.quantity), addedAt: Math.min(held.addedAt, line.addedAt) } : line); // prettier-ignore
  }
}
