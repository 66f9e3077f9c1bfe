/**
 * Which products are found for a customer, the best first, with why; what may be shown of them is offer.ts. Pure.
 *
 * Several products to start from (a cart, what was bought last) are heard together: what several of them point at counts the sum. What
 * was in the same order comes before what one customer only bought around it, because it says more.
 */
import { type Entry, type List, type ListName, type Lists, type Person, RECOMMENDATION_LIMITS, type Recommend, nameOfList, popularKey } from "./model.ts"; // prettier-ignore

/** Why a product was found. */
export type Why = {
  readonly by: "viewed" | List["kind"];
  /** The product that points at it most; null where none does. */
  readonly of: string | null;
  /** In how many customers that was seen; null for what the customer looked at. */
  readonly customers: number | null;
  /** How many times more often than by chance. */
  readonly lift: number | null;
};
export type Found = { readonly product: string; readonly why: Why };

/** The products a customer's lists are found by. */
export function seedsOf({ by }: Pick<Recommend, "by">, { cart, viewed, bought }: Person): readonly string[] {
  // What is in the cart, and what is being looked at.
  const seeds = by === "together" ? [...cart, ...viewed.slice(0, 1)] : by === "next" ? bought : [];
  return [...new Set(seeds)].slice(0, RECOMMENDATION_LIMITS.seeds);
} // prettier-ignore

const KINDS = { together: ["basket", "window"], next: ["next"] } as const;
/** The lists that have to be read. */
export function listsFor(asked: Omit<Recommend, "count">, person: Person): readonly ListName[] {
  const { by, of = null, segment, stage } = asked;
  if (by === "viewed") return [];
  if (by !== "popular")
    return seedsOf(asked, person).flatMap((key) => KINDS[by].map((kind) => ({ kind, key })));
  const group = segment !== undefined ? { segment } : stage !== undefined ? { stage } : "all";
  const all: ListName = { kind: "popular", key: popularKey(group, null) };
  // A group has one list of everything: what is of the category is found in it. So it is where a category has no list yet.
  return of !== null && group === "all" ? [{ kind: "popular", key: popularKey("all", of) }, all] : [all];
}

/** What is found for a customer in these lists, each product once, the best first. */
export function found(asked: Omit<Recommend, "count">, person: Person, lists: Lists): readonly Found[] {
  if (asked.by === "viewed")
    return [...new Set(person.viewed)].map((product) => ({ product, why: { by: "viewed", of: null, customers: null, lift: null } })); // prettier-ignore
  const names = listsFor(asked, person);
  const seeds = new Set(seedsOf(asked, person));
  const all = new Map<string, Found>();
  const kinds = asked.by === "popular" ? (["popular"] as const) : KINDS[asked.by];
  for (const kind of kinds)
    for (const one of pointedAt(names.filter((name) => name.kind === kind), lists))
      // What one has in hand goes with itself; what is bought next may be the same again.
      if (!all.has(one.product) && (asked.by !== "together" || !seeds.has(one.product))) all.set(one.product, one); // prettier-ignore
  return [...all.values()];
}

/** What lists of one kind point at, by the sum of what they say. */
function pointedAt(names: readonly ListName[], lists: Lists): readonly Found[] {
  const sums = new Map<string, { score: number; most: Entry; readonly kind: ListName["kind"]; of: string }>();
  for (const name of names)
    for (const entry of lists.get(nameOfList(name)) ?? []) {
      const held = sums.get(entry[0]);
      if (!held) sums.set(entry[0], { score: entry[3], most: entry, kind: name.kind, of: name.key });
      else {
        held.score += entry[3];
        if (entry[3] > held.most[3]) [held.most, held.of] = [entry, name.key];
      }
    }
  return [...sums]
    .toSorted(([a, { score: one }], [b, { score: other }]) => other - one || (a < b ? -1 : 1))
    .map(([product, { most: [, customers, lift], kind, of }]) => ({ product, why: { by: kind, of: kind === "popular" ? null : of, customers, lift } })); // prettier-ignore
}
