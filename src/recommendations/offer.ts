/**
 * What may be shown of what was found: in the catalogue, offered and not out of stock, not in the cart, and not just bought
 * unless it is consumable. The catalogue is asked as it stands at this moment, so a change counts at once. Pure.
 */
import { type Item, toBeHad } from "../catalogue/model.ts";
import type { Instant } from "../values.ts";
import { type Person, type Recommend, isOf } from "./model.ts";
import type { Found } from "./rank.ts";

/** What is shown, with the item as it stands. */
export type Shown = Found & { readonly item: Item };
/** At which instant it is shown, and for how long what was bought is not. */
export type Moment = { readonly now: Instant; readonly justBoughtMs: number };

/** Those of `all` that may be shown, in their order, at most `count` and each once. */
export function offered(all: readonly Found[], asked: Pick<Recommend, "count" | "of">, items: ReadonlyMap<string, Item>, person: Pick<Person, "inCart" | "boughtAt">, moment: Moment): readonly Shown[] {
  const shown = new Map<string, Shown>();
  for (const one of all) {
    if (shown.size >= asked.count) break;
    const item = items.get(one.product);
    if (item && mayBeShown(item, asked, person, moment)) shown.set(one.product, { ...one, item });
  }
  return [...shown.values()].slice(0, asked.count);
} // prettier-ignore

function mayBeShown(item: Item, { of }: Pick<Recommend, "of">, { inCart, boughtAt }: Pick<Person, "inCart" | "boughtAt">, { now, justBoughtMs }: Moment): boolean {
  if ((toBeHad(item) ?? 1) <= 0 || inCart.has(item.id)) return false;
  if (of !== undefined && !isOf(item.category, of)) return false;
  // What is dated after now (another machine's clock) was just bought as well.
  return item.consumable || now - (boughtAt.get(item.id) ?? -Infinity) >= justBoughtMs;
} // prettier-ignore
