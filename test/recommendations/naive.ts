/**
 * The figures of pairs and of what is popular, worked out in memory in the plainest way: counted product by product, with
 * nothing of the SQL but the words of docs/recommendations.md.
 */
import type { Settings } from "../../src/recommendations/model.ts";

const DAY_MS = 86_400_000;
export type Line = { readonly customer: number; readonly at: number; readonly id: string } & (
  | { readonly do: "order"; readonly order: string; readonly products: readonly string[] }
  | { readonly do: "view" | "add"; readonly product: string }
);
export type Figure = { readonly customers: number; readonly lift: number | null; readonly score: number };
/** By `a>b` for pairs, by product for what is popular. */
export type Figures = ReadonlyMap<string, Figure>;
type Order = { readonly customer: number; readonly order: string; readonly at: number; readonly products: readonly string[] }; // prettier-ignore
/** One time at which something was bought, and something with it or after it. */
type Seen = { readonly customer: number; readonly w: number; readonly firsts: readonly string[]; readonly seconds: readonly string[] }; // prettier-ignore

export class Naive {
  readonly #settings: Settings;
  readonly #now: number;
  readonly #lines: readonly Line[];
  readonly #orders: readonly Order[];
  readonly #known: ReadonlySet<string>;

  constructor(lines: readonly Line[], settings: Settings, now: number) {
    this.#settings = settings;
    this.#now = now;
    this.#lines = lines.filter(({ at }) => at < now && at >= now - settings.historyDays * DAY_MS);
    const latest = new Map<string, Order & { readonly id: string }>();
    for (const line of this.#lines) {
      if (line.do !== "order") continue;
      const key = `${line.customer} ${line.order}`;
      const held = latest.get(key);
      if (!held || line.at > held.at || (line.at === held.at && line.id > held.id)) latest.set(key, { ...line, products: [...new Set(line.products)] }); // prettier-ignore
    }
    this.#orders = [...latest.values()].filter(({ products }) => products.length > 0);
    const all = new Set(this.#orders.flatMap(({ products }) => products));
    const buyersOf = (product: string) => new Set(this.#orders.filter(({ products }) => products.includes(product)).map(({ customer }) => customer)).size; // prettier-ignore
    this.#known = new Set([...all].filter((product) => buyersOf(product) >= settings.customersMin));
  }

  get counted() {
    return { customers: new Set(this.#orders.map(({ customer }) => customer)).size, orders: this.#orders.length, products: this.#known.size }; // prettier-ignore
  }

  #decay(at: number): number {
    return 0.5 ** ((this.#now - at) / (this.#settings.halfLifeDays * DAY_MS));
  }

  basket(): Figures {
    return this.#pairs(this.#orders.map(({ customer, at, products }) => ({ customer, w: this.#decay(at), firsts: products, seconds: products })), false); // prettier-ignore
  }

  next(): Figures {
    const seen: Seen[] = [];
    for (const customer of new Set(this.#orders.map((order) => order.customer))) {
      const own = this.#orders.filter((order) => order.customer === customer).toSorted((a, b) => a.at - b.at || (a.order < b.order ? -1 : 1)); // prettier-ignore
      for (const [i, order] of own.entries()) {
        const after = own[i + 1];
        if (!after || after.at === order.at || after.at - order.at > this.#settings.nextDays * DAY_MS) continue; // prettier-ignore
        seen.push({ customer, w: this.#decay(after.at), firsts: order.products, seconds: after.products });
      }
    }
    return this.#pairs(seen, true);
  }

  /** A customer's last purchases of two products within the window: as long ago as the earlier one. */
  window(): Figures {
    const seen: Seen[] = [];
    for (const customer of new Set(this.#orders.map((order) => order.customer))) {
      const last = new Map<string, number>();
      for (const { at, products, customer: whose } of this.#orders)
        for (const product of products)
          if (whose === customer && this.#known.has(product)) last.set(product, Math.max(at, last.get(product) ?? 0)); // prettier-ignore
      const did = (a: string, b: string, at: number) => seen.push({ customer, w: this.#decay(at), firsts: [a], seconds: [b] }); // prettier-ignore
      for (const [a, at] of last) {
        did(a, "", at);
        for (const [b, other] of last)
          if (Math.abs(at - other) <= this.#settings.windowDays * DAY_MS) did(a, b, Math.min(at, other));
      }
      if (last.size > 0) did("", "", Math.max(...last.values()));
    }
    const of = (a: string, b: string) => seen.filter(({ firsts, seconds }) => firsts[0] === a && seconds[0] === b); // prettier-ignore
    const weight = (a: string, b: string) => of(a, b).reduce((sum, { w }) => sum + w, 0);
    return this.#figures(false, (a, b) => ({ customers: of(a, b).length, both: weight(a, b), ofA: weight(a, ""), ofB: weight(b, ""), all: weight("", "") })); // prettier-ignore
  }

  #pairs(seen: readonly Seen[], withItself: boolean): Figures {
    const weight = (which: readonly Seen[]) => which.reduce((sum, { w }) => sum + w, 0);
    return this.#figures(withItself, (a, b) => {
      const both = seen.filter(({ firsts, seconds }) => firsts.includes(a) && seconds.includes(b));
      return {
        customers: new Set(both.map(({ customer }) => customer)).size, both: weight(both),
        ofA: weight(seen.filter(({ firsts }) => firsts.includes(a))), ofB: weight(seen.filter(({ seconds }) => seconds.includes(b))), all: weight(seen),
      }; // prettier-ignore
    });
  }

  #figures(withItself: boolean, of: (a: string, b: string) => { readonly customers: number; readonly both: number; readonly ofA: number; readonly ofB: number; readonly all: number }): Figures {
    const figures = new Map<string, Figure>();
    for (const a of this.#known)
      for (const b of this.#known) {
        if (a === b && !withItself) continue;
        const { customers, both, ofA, ofB, all } = of(a, b);
        const lift = (both * all) / (ofA * ofB);
        if (customers >= this.#settings.customersMin && lift > 1) figures.set(`${a}>${b}`, { customers, lift, score: both / ofA });
      }
    return figures;
  } // prettier-ignore

  popular(among: (customer: number) => boolean = () => true): Figures {
    const best = new Map<string, Map<number, number>>();
    const did = (product: string, customer: number, w: number) => {
      const held = best.get(product) ?? new Map<number, number>();
      if (among(customer)) best.set(product, held.set(customer, Math.max(held.get(customer) ?? 0, w)));
    };
    for (const { customer, at, products } of this.#orders) for (const product of products) did(product, customer, this.#decay(at)); // prettier-ignore
    for (const line of this.#lines)
      if (line.do !== "order") did(line.product, line.customer, this.#decay(line.at) * (line.do === "add" ? 0.3 : 0.1)); // prettier-ignore
    const figures = [...best].map(([product, by]) => [product, { customers: by.size, lift: null, score: [...by.values()].reduce((a, b) => a + b, 0) }] as const); // prettier-ignore
    return new Map(figures.filter(([, { customers }]) => customers >= this.#settings.customersMin));
  }
}
