/** The statements on policies and stock. */
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { Policy } from "./model.ts";

/** What the workspace laid down; the defaults before it did. */
export async function readPolicy(sql: Sql, workspace: WorkspaceId): Promise<Policy> {
  const [row] = await sql.query<{ policy: unknown }>("select settings->'policy' as policy from workspaces where id = $1", [workspace]); // prettier-ignore
  return Policy.parse(row?.policy ?? {});
}

/** Lays a policy down, in place of the one before. It holds for the next message that is asked about. */
export async function writePolicy(sql: Sql, workspace: WorkspaceId, policy: Policy): Promise<void> {
  await sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', $2::jsonb) where id = $1", [
    workspace,
    JSON.stringify(policy),
  ]); // prettier-ignore
}

export type StockRow = {
  readonly product: string;
  readonly pieces: number;
  readonly updatedAt: Instant;
};

/** Writes down what there is of these products, each named once. */
export async function writeStock(
  sql: Sql,
  workspace: WorkspaceId,
  pieces: ReadonlyMap<string, number>,
  now: Instant,
): Promise<void> {
  // In one order, so that two requests about the same products never wait for each other in a circle.
  const rows = [...pieces].map(([product, n]) => ({ product, pieces: n })).toSorted((a, b) => (a.product < b.product ? -1 : 1)); // prettier-ignore
  await sql.query(
    `insert into stock (workspace, product, pieces, updated_at)
     select $1, product, pieces, $3 from jsonb_to_recordset($2::jsonb) as told (product text, pieces bigint) order by product collate "C"
     on conflict (workspace, product) do update set pieces = excluded.pieces, updated_at = excluded.updated_at`,
    [workspace, JSON.stringify(rows), now],
  );
}

/** What there is of these products; those nobody told of are not in it. */
export async function readStock(
  sql: Sql,
  workspace: WorkspaceId,
  products: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (products.length === 0) return new Map();
  const rows = await sql.query<StockRow>(
    "select product, pieces from stock where workspace = $1 and product in (select jsonb_array_elements_text($2::jsonb))",
    // The store's text cannot hold U+0000, so no product it knows does.
    [workspace, JSON.stringify(products.filter((product) => !product.includes("\0")))],
  );
  return new Map(rows.map(({ product, pieces }) => [product, pieces]));
}

/** Stock by product, after the product `after`; of one product alone where `only` names it. */
export const listStock = (
  sql: Sql,
  workspace: WorkspaceId,
  { after, only, limit }: { readonly after: string; readonly only: string | null; readonly limit: number },
): Promise<readonly StockRow[]> =>
  sql.query<StockRow>(
    `select product, pieces, updated_at as "updatedAt" from stock
     where workspace = $1 and product collate "C" > $2 and ($3::text is null or product = $3) order by product collate "C" limit $4`,
    [workspace, after, only, limit],
  );
