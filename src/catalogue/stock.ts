/** Stock alone, as permission asks for it when a message is about to leave, and as `PUT /v1/stock` tells it. */
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { type Item, toBeHad } from "./model.ts";
import { changeItems, storable } from "./store.ts";

export type StockRow = { readonly product: string; readonly pieces: number; readonly updatedAt: Instant };

/** Writes down what there is of these products, each named once. */
export async function writeStock(
  sql: Sql,
  workspace: WorkspaceId,
  pieces: ReadonlyMap<string, number>,
  now: Instant,
): Promise<void> {
  await changeItems(sql, workspace, [...pieces].map(([id, stock]) => ({ id, stock })), now); // prettier-ignore
}

/** What can be had of these products; those of which nobody told or counts are not in it. What is not offered is none. */
export async function readStock(sql: Sql, workspace: WorkspaceId, products: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (products.length === 0) return new Map();
  // Only what the rule asks for: this is read for every message that is about products, and for decisions.
  const rows = await sql.query<Pick<Item, "id" | "stock" | "active" | "goneAt">>(
    'select id, stock, active, gone_at as "goneAt" from catalogue_items where workspace = $1 and id in (select jsonb_array_elements_text($2::jsonb))',
    [workspace, storable(products)],
  );
  return new Map(
    rows.flatMap((item) => {
      const pieces = toBeHad(item);
      return pieces === null ? [] : [[item.id, pieces] as const];
    }),
  );
} // prettier-ignore

/** Counted stock by product, after the product `after`; of one product alone where `only` names it. */
export const listStock = (
  sql: Sql,
  workspace: WorkspaceId,
  { after, only, limit }: { readonly after: string; readonly only: string | null; readonly limit: number },
): Promise<readonly StockRow[]> =>
  sql.query<StockRow>(
    `select id as product, stock as pieces, stock_at as "updatedAt" from catalogue_items
     where workspace = $1 and stock is not null and id collate "C" > $2 and ($3::text is null or id = $3) order by id collate "C" limit $4`,
    [workspace, after, only, limit],
  );
