/** What recommendations ask of a customer, from what is known. Pure. */
import { linesOf } from "../customers/cart.ts";
import type { Knowledge } from "../customers/model.ts";
import type { Policy } from "../permission/model.ts";
import type { Instant } from "../values.ts";
import { type Person, type Settings, msOf } from "./model.ts";

/**
 * The customer by what may speak for a product (`shown`) and by all that is known, which may speak against one: they
 * differ where a page has not proven whose it is.
 */
export function personOf(shown: Knowledge, known: Knowledge): Person {
  const cart = linesOf(shown.cart).map(({ product }) => product.id);
  const held = shown === known ? cart : linesOf(known.cart).map(({ product }) => product.id);
  const boughtAt = new Map<string, Instant>();
  for (const { at, products } of Object.values(known.orders))
    for (const product of products) boughtAt.set(product, Math.max(at, boughtAt.get(product) ?? -Infinity));
  const orders = Object.values(shown.orders).toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
  return { viewed: shown.viewed.map(({ product }) => product.id), cart, bought: [...new Set(orders.flatMap(({ products }) => products))], inCart: new Set([...cart, ...held]), boughtAt }; // prettier-ignore
}

/** For how long what was bought is not shown: as long as the policy holds it back, or else as the settings say. */
export function justBoughtMsOf({ holds }: Pick<Policy, "holds">, settings: Settings): number {
  const held = holds.flatMap((hold) => (hold.type === "bought_this" ? [hold.withinMs] : []));
  return held.length > 0 ? Math.max(...held) : msOf(settings.justBoughtDays);
}
