/** The statements on items: writing them whole, changing price and stock alone, reading and searching. */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { CATALOGUE_LIMITS, type Item, type ItemChange, type NamedDraft } from "./model.ts";

/** The columns of an Item. */
export const ITEM_COLUMNS = `id, name, url, image_url as "imageUrl", category, price_minor as "priceMinor", currency, compare_at_minor as "compareAtMinor",
  stock, consumable, used_up_days as "usedUpDays", attributes, active, feed, gone_at as "goneAt", updated_at as "updatedAt"`;
/** Ids as a parameter. The store's text cannot hold U+0000 or half a character, so no item it knows is named so. */
export const storable = (ids: readonly string[]): string => JSON.stringify(ids.filter((id) => !id.includes("\0") && id.isWellFormed())); // prettier-ignore

/**
 * Who told items: a feed, made at `at`; a sender that dates what it says; null: a caller, now. What is
 * `isPartial` does not tell whether something is consumable; a feed never does.
 */
export type Teller =
  | { readonly feed: number; readonly at: Instant }
  | { readonly at: Instant; readonly isPartial: boolean }
  | null;
export type Written = { readonly made: number; readonly changed: number; readonly same: number };

/**
 * Writes items whole, each named once. What stands already is not written again, so a repeat changes nothing; what its
 * sender dated before the last word on an item does not change it back. A feed tells what it has columns for: whether an
 * item is consumable or switched off stays, as does a stock that was told since the feed was made, or is counted where
 * the feed only says that there is some.
 */
export async function writeItems(sql: Sql, workspace: WorkspaceId, items: readonly NamedDraft[], teller: Teller, now: Instant): Promise<Written> {
  if (items.length === 0) return { made: 0, changed: 0, same: 0 };
  const feed = teller !== null && "feed" in teller ? teller : null;
  return sql.transaction(async (tx) => {
    await lockItems(tx, workspace, items);
    const [row] = await tx.query<{ made: number; changed: number }>(WRITE, [workspace, JSON.stringify(items), now, ...valuesOf(teller)]);
    const { made, changed } = row!;
    if (feed !== null) await tx.query(NAMED_BY_FEED, [workspace, feed.feed, JSON.stringify(items.map(({ id }) => id))]);
    else if (made > 0) await refuseTooMany(tx, workspace);
    return { made, changed, same: items.length - made - changed };
  });
} // prettier-ignore

/** What `WRITE` has to know of whoever tells: feed, sender's time, feed's time, whether it is partial. */
const valuesOf = (teller: Teller): readonly (number | boolean | null)[] =>
  teller === null ? [null, null, null, false]
  : "feed" in teller ? [teller.feed, null, teller.at, true]
  : [null, teller.at, null, teller.isPartial]; // prettier-ignore
/** What a feed names is its own from then on, whether anything of it changed or not. */
const NAMED_BY_FEED =
  "update catalogue_items set feed = $2 where workspace = $1 and id in (select jsonb_array_elements_text($3::jsonb)) and feed is distinct from $2";

/** Throws, and so undoes what was just made, when there are more items than there may be. */
async function refuseTooMany(tx: Sql, workspace: WorkspaceId): Promise<void> {
  const [row] = await tx.query<{ n: number }>("select count(*) as n from catalogue_items where workspace = $1", [workspace]); // prettier-ignore
  if (row!.n > CATALOGUE_LIMITS.items)
    throw new Failure("unprocessable", `A catalogue has at most ${CATALOGUE_LIMITS.items} items.`);
}

/** In one order, so that two requests about the same items never wait for each other in a circle. */
const lockItems = (tx: Sql, workspace: WorkspaceId, items: readonly { readonly id: string }[]) =>
  tx.query(
    'select 1 as one from catalogue_items where workspace = $1 and id in (select jsonb_array_elements_text($2::jsonb)) order by id collate "C" for update',
    [workspace, JSON.stringify(items.map(({ id }) => id))],
  );

const TOLD = `name, url, image_url, category, price_minor, currency, compare_at_minor, stock, consumable, used_up_days, attributes, active`;
const WRITE = `with told as (
    select * from jsonb_to_recordset($2::jsonb) as t (id text, name text, url text, "imageUrl" text, category jsonb, "priceMinor" bigint, currency text,
      "compareAtMinor" bigint, stock bigint, consumable boolean, "usedUpDays" int, attributes jsonb, active boolean)),
  next as (
    select t.id, t.name, t.url, t."imageUrl" as image_url, t.category, t."priceMinor" as price_minor, t.currency, t."compareAtMinor" as compare_at_minor,
      case when i.stock_at > coalesce($6::bigint, $5::bigint) then i.stock when $4::int is null then t.stock when t.stock is null and i.stock > 0 then i.stock else t.stock end as stock,
      case when $7::boolean then coalesce(i.consumable, false) else t.consumable end as consumable,
      case when $7::boolean then i.used_up_days else t."usedUpDays" end as used_up_days,
      t.attributes, case when $4::int is null then t.active else coalesce(i.active, true) end as active
    from told t left join catalogue_items i on i.workspace = $1 and i.id = t.id),
  written as (
    insert into catalogue_items as i (workspace, id, ${TOLD}, stock_at, feed, sender_at, created_at, updated_at)
    select $1, id, ${TOLD}, case when stock is not null then coalesce($6::bigint, $5::bigint, $3::bigint) end, $4::int, $5::bigint, $3::bigint, $3::bigint
    from next order by id collate "C"
    on conflict (workspace, id) do update set (${TOLD}) = (${TOLD.split(", ").map((column) => `excluded.${column}`).join(", ")}),
      stock_at = case when i.stock is distinct from excluded.stock then coalesce(excluded.stock_at, $3::bigint) else i.stock_at end,
      gone_at = null, sender_at = coalesce(excluded.sender_at, i.sender_at), updated_at = $3::bigint
    where (i.sender_at is null or $5::bigint is null or i.sender_at <= $5)
      and (i.gone_at is not null or (${TOLD.split(", ").map((column) => `i.${column}`).join(", ")}) is distinct from (${TOLD.split(", ").map((column) => `excluded.${column}`).join(", ")}))
    returning (i.xmax = 0) as made)
  select count(*) filter (where made)::int as made, count(*) filter (where not made)::int as changed from written`; // prettier-ignore

/** A change, and when its sender says it was so; null: now. */
export type DatedChange = ItemChange & { readonly at?: Instant };

/**
 * Changes price and stock, each item named once. An item nobody told of is made by its stock or price. What a sender
 * dated before the last word on an item's stock leaves it. Where a price comes without a currency and none is known,
 * nothing is written, and these items are answered.
 */
export async function changeItems(sql: Sql, workspace: WorkspaceId, changes: readonly DatedChange[], now: Instant): Promise<{ readonly withoutCurrency: readonly string[] }> {
  const rows = changes.map(({ id, stock, priceMinor, currency, compareAtMinor, at }) => ({
    id, has_stock: stock !== undefined, stock: stock ?? null, price: priceMinor ?? null, currency: currency ?? null,
    has_compare: compareAtMinor !== undefined, compare: compareAtMinor ?? null, at: at ?? now,
  }));
  return sql.transaction(async (tx) => {
    const named = rows.filter(({ price, compare, currency }) => currency === null && (price !== null || compare !== null));
    const known = await tx.query<{ id: string }>(
      "select id from catalogue_items where workspace = $1 and currency is not null and id in (select jsonb_array_elements_text($2::jsonb))",
      [workspace, JSON.stringify(named.map(({ id }) => id))],
    );
    const priced = new Set(known.map(({ id }) => id));
    const withoutCurrency = named.filter(({ id }) => !priced.has(id)).map(({ id }) => id);
    if (withoutCurrency.length > 0) return { withoutCurrency };
    const made = await tx.query(
      `insert into catalogue_items (workspace, id, created_at, updated_at)
       select $1, id, $3, $3 from jsonb_to_recordset($2::jsonb) as t (id text) order by id collate "C" on conflict do nothing returning 1 as one`,
      [workspace, JSON.stringify(rows), now],
    );
    if (made.length > 0) await refuseTooMany(tx, workspace);
    await lockItems(tx, workspace, rows);
    await tx.query(
      `update catalogue_items i set price_minor = coalesce(t.price, i.price_minor), currency = coalesce(t.currency, i.currency),
         compare_at_minor = case when t.has_compare then t.compare else i.compare_at_minor end,
         stock = case when t.has_stock and t.at >= coalesce(i.stock_at, t.at) then t.stock else i.stock end,
         stock_at = case when t.has_stock then greatest(t.at, i.stock_at) else i.stock_at end, updated_at = $3
       from jsonb_to_recordset($2::jsonb) as t (id text, has_stock boolean, stock bigint, price bigint, currency text, has_compare boolean, compare bigint, at bigint)
       where i.workspace = $1 and i.id = t.id`,
      [workspace, JSON.stringify(rows), now],
    );
    return { withoutCurrency: [] };
  });
} // prettier-ignore

/** These items, by id; those nobody told of are not in it. */
export async function readItems(sql: Sql, workspace: WorkspaceId, ids: readonly string[]): Promise<ReadonlyMap<string, Item>> {
  if (ids.length === 0) return new Map();
  const rows = await sql.query<Item>(
    `select ${ITEM_COLUMNS} from catalogue_items where workspace = $1 and id in (select jsonb_array_elements_text($2::jsonb))`,
    [workspace, storable([...new Set(ids)])],
  );
  return new Map(rows.map((item) => [item.id, item]));
} // prettier-ignore

/** Takes an item out of the catalogue; whether there was one. */
export async function removeItem(sql: Sql, workspace: WorkspaceId, id: string): Promise<boolean> {
  const gone = await sql.query("delete from catalogue_items where workspace = $1 and id = any(array(select jsonb_array_elements_text($2::jsonb))) returning 1 as one", [workspace, storable([id])]); // prettier-ignore
  return gone.length > 0;
}

export type ItemsAsked = {
  /** The beginning of an id, or words of a name; empty: all. */
  readonly query: string;
  readonly only: "all" | "offered" | "inactive" | "out_of_stock";
  readonly feed: number | null;
  readonly after: string;
  readonly limit: number;
};
const ONLY: { readonly [only in ItemsAsked["only"]]: string } = {
  all: "true",
  offered: "active and gone_at is null",
  inactive: "not (active and gone_at is null)",
  out_of_stock: "active and gone_at is null and stock = 0",
};
const likeOf = (text: string): string => text.replaceAll(/[\\%_]/g, "\\$&");
/** Items by id, after the id `after`. */
export const listItems = (sql: Sql, workspace: WorkspaceId, { query, only, feed, after, limit }: ItemsAsked): Promise<readonly Item[]> =>
  sql.query<Item>(
    `select ${ITEM_COLUMNS} from catalogue_items
     where workspace = $1 and id collate "C" > $2 and ($3 = '' or lower(id) like $4 or lower(name) like $5) and ${ONLY[only]} and ($6::int is null or feed = $6)
     order by id collate "C" limit $7`,
    [workspace, after, query, `${likeOf(query.toLowerCase())}%`, `%${likeOf(query.toLowerCase())}%`, feed, limit],
  ); // prettier-ignore

/** How many items there are, and how many of them can be had. */
export async function countItems(sql: Sql, workspace: WorkspaceId): Promise<{ readonly items: number; readonly offered: number; readonly outOfStock: number }> {
  const [row] = await sql.query<{ items: number; offered: number; outOfStock: number }>(
    `select count(*) as items, count(*) filter (where ${ONLY.offered}) as offered, count(*) filter (where ${ONLY.out_of_stock}) as "outOfStock" from catalogue_items where workspace = $1`,
    [workspace],
  );
  return row!;
} // prettier-ignore
