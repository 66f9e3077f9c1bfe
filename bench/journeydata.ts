/** The purchases of a grocer's households in a year ("The Complete Journey" by 84.51, CC0): a sample of their lines, beside this checkout. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";

const FOLDER = fileURLToPath(new URL("../../shared/data/completejourney/", import.meta.url));
/** Whether the data lies there; this program comes without it. */
export const isJourneyData = (): boolean => existsSync(join(FOLDER, "transactions_sample.csv.gz"));

/** One shopping: what was bought, as products or as types of product. */
export type Shopping = {
  readonly household: number;
  readonly order: string;
  readonly at: number;
  readonly products: readonly string[];
};
export type JourneyData = {
  readonly shoppings: readonly Shopping[];
  /** The path of each product's (or type's) category. */
  readonly categories: ReadonlyMap<string, readonly string[]>;
  /** The income of those households that told it. */
  readonly incomes: ReadonlyMap<number, string>;
};
type Line = { readonly [column: string]: string };

async function linesOf(name: string): Promise<readonly Line[]> {
  return parse(gunzipSync(await readFile(join(FOLDER, `${name}.csv.gz`))), {
    columns: true,
  });
}

/** The data, by product, or by type ("FLUID MILK WHITE ONLY") of which a household buys many products. */
export async function journeyData(by: "product" | "type"): Promise<JourneyData> {
  const [products, lines, people] = [await linesOf("products"), await linesOf("transactions_sample"), await linesOf("demographics")]; // prettier-ignore
  const typeOf = new Map(products.map((row) => [row["product_id"]!, row["product_type"]!]));
  const idOf = (product: string): string => (by === "product" ? product : (typeOf.get(product) ?? ""));
  const shoppings = new Map<string, { household: number; at: number; products: Set<string> }>();
  for (const row of lines) {
    const id = idOf(row["product_id"]!);
    if (id === "") continue;
    const order = row["basket_id"]!;
    const held = shoppings.get(order) ?? { household: Number(row["household_id"]), at: Number(row["transaction_timestamp"]) * 1_000, products: new Set() }; // prettier-ignore
    held.products.add(id);
    shoppings.set(order, held);
  }
  const pathOf = (row: Line) =>
    [row["department"]!, by === "product" ? row["product_category"]! : ""].filter((level) => level !== "");
  return {
    shoppings: [...shoppings]
      .map(([order, { products: bought, ...rest }]) => ({ ...rest, order, products: [...bought].toSorted() }))
      .toSorted((a, b) => a.at - b.at || (a.order < b.order ? -1 : 1)),
    categories: new Map(products.flatMap((row) => { const id = idOf(row["product_id"]!); return id === "" ? [] : [[id, pathOf(row)] as const]; })),
    incomes: new Map(people.flatMap((row) => (row["income"] ? [[Number(row["household_id"]), row["income"]] as const] : []))),
  }; // prettier-ignore
}
