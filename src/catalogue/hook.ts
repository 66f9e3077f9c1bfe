/**
 * A request that tells changes of the catalogue: is it really from whom it says, and what does it change? Everything told
 * is dated, so that requests that come late, twice or in another order leave the last word in force.
 */
import { createHmac } from "node:crypto";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { sameText, signedHeaders } from "../webhooks/sign.ts";
import { type ShopTold, PRODUCT_ATTRIBUTE, readShopify } from "./hook-shopify.ts";
import { CATALOGUE_LIMITS, type HookKind, ItemChange, ItemId, NamedDraft, type ShopConfig } from "./model.ts";
import { changeItems, writeItems } from "./store.ts";

export type Hook = { readonly id: number; readonly workspace: WorkspaceId; readonly kind: HookKind; readonly config: ShopConfig | null }; // prettier-ignore
export type Given = { readonly headers: { readonly [name: string]: string | string[] | undefined }; readonly body: Buffer }; // prettier-ignore
/** What became of a request. */
export type Heard =
  | { readonly type: "taken"; readonly topic: string; readonly items: number }
  | { readonly type: "ignored"; readonly topic: string; readonly detail: string }
  | { readonly type: "unreadable"; readonly topic: string; readonly detail: string }
  /** It is not proven who sent it. */
  | { readonly type: "refused"; readonly detail: string };

const headerOf = ({ headers }: Given, name: string): string => {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? "";
};

/** Hears one request. */
export function hear(
  sql: Sql,
  hook: Hook,
  secret: string,
  given: Given,
  now: Instant,
): Promise<Heard> | Heard {
  return hook.kind === "shopify"
    ? hearShopify(sql, hook, secret, given, now)
    : hearStandard(sql, hook, secret, given, now);
}

/** What a server of one's own sends, signed as Standard Webhooks say. */
const Told = z.discriminatedUnion("type", [
  z.object({ type: z.literal("items.told"), timestamp: z.iso.datetime({ offset: true }), data: z.object({ items: z.array(NamedDraft).min(1).max(CATALOGUE_LIMITS.perRequest) }) }),
  z.object({ type: z.literal("items.changed"), timestamp: z.iso.datetime({ offset: true }), data: z.object({ changes: z.array(ItemChange).min(1).max(CATALOGUE_LIMITS.perRequest) }) }),
  z.object({ type: z.literal("items.removed"), timestamp: z.iso.datetime({ offset: true }), data: z.object({ ids: z.array(ItemId).min(1).max(CATALOGUE_LIMITS.perRequest) }) }),
]); // prettier-ignore

async function hearStandard(sql: Sql, { workspace }: Hook, secret: string, given: Given, now: Instant): Promise<Heard> {
  const [id, seconds] = [headerOf(given, "webhook-id"), Number(headerOf(given, "webhook-timestamp"))];
  if (!Number.isSafeInteger(seconds) || Math.abs(seconds * 1000 - now) > CATALOGUE_LIMITS.hookSkewMs) return { type: "refused", detail: "The time of the request is not about now." };
  const expected = signedHeaders(secret, id, seconds, given.body.toString("utf8"))["webhook-signature"]!;
  if (!headerOf(given, "webhook-signature").split(" ").some((signature) => sameText(signature, expected))) return { type: "refused", detail: "The signature is not that of this address." };
  const told = Told.safeParse(jsonOf(given.body));
  if (!told.success) return { type: "unreadable", topic: "standard", detail: `${told.error.issues[0]!.path.join("/")}: ${told.error.issues[0]!.message}`.slice(0, 300) };
  const { type: topic, timestamp, data } = told.data;
  // Nobody's clock may date what it tells into the future: nothing could change it back.
  const at = Math.min(now, Date.parse(timestamp));
  if ("items" in data) {
    const items = onceById(data.items);
    await writeItems(sql, workspace, items, { at, isPartial: false }, now);
    return { type: "taken", topic, items: items.length };
  }
  if ("ids" in data) return { type: "taken", topic, items: await switchOff(sql, workspace, data.ids, at, now) };
  const changes = onceById(data.changes);
  const { withoutCurrency } = await changeItems(sql, workspace, changes.map((change) => ({ ...change, at })), now);
  if (withoutCurrency.length > 0) return { type: "unreadable", topic, detail: `No currency of "${withoutCurrency[0]}" is known.` };
  return { type: "taken", topic, items: changes.length };
} // prettier-ignore

async function hearShopify(sql: Sql, hook: Hook, secret: string, given: Given, now: Instant): Promise<Heard> {
  const expected = createHmac("sha256", secret).update(given.body).digest("base64");
  if (!sameText(headerOf(given, "x-shopify-hmac-sha256"), expected)) return { type: "refused", detail: "The signature is not that of this address." };
  const topic = headerOf(given, "x-shopify-topic").slice(0, 100);
  const told = readShopify(topic, jsonOf(given.body, withLongNumbers), hook.config!, now);
  if (told.type === "unreadable") return { type: "unreadable", topic, detail: told.detail };
  if (told.type === "other") return { type: "ignored", topic, detail: "It is about nothing of the catalogue." };
  const items = await sql.transaction((tx) => applyShop(tx, hook, { ...told, at: Math.min(now, told.at) }, now));
  return items === null ? { type: "ignored", topic, detail: "It is about stock of something that no product was told of." } : { type: "taken", topic, items };
} // prettier-ignore

type ShopNews = Extract<ShopTold, { readonly at: Instant }>;
async function applyShop(tx: Sql, hook: Hook, told: ShopNews, now: Instant): Promise<number | null> {
  const { id, workspace } = hook;
  switch (told.type) {
    case "product": {
      const { made, changed } = await writeItems(tx, workspace, told.items, { at: told.at, isPartial: true }, now);
      await tx.query(
        `insert into catalogue_stock_names (workspace, hook, name, item) select $1, $2, name, item from jsonb_to_recordset($3::jsonb) as t (name text, item text)
         on conflict (hook, name) do update set item = excluded.item`,
        [workspace, id, JSON.stringify([...new Map(told.stockNames.map((one) => [one.name, one])).values()])],
      );
      return made + changed + (await switchOffProduct(tx, workspace, told.product, told.items.map((item) => item.id), told.at, now));
    }
    case "gone":
      return switchOffProduct(tx, workspace, told.product, [], told.at, now);
    case "level":
      return tellLevel(tx, hook, told, now);
    default:
      return told satisfies never;
  }
} // prettier-ignore

/** A variant that a product no longer has is not sold any more; nor is any, of a product that is gone. */
async function switchOffProduct(tx: Sql, workspace: WorkspaceId, product: string, except: readonly string[], at: Instant, now: Instant): Promise<number> {
  const off = await tx.query(
    `update catalogue_items set active = false, sender_at = $4, updated_at = $5
     where workspace = $1 and attributes ? '${PRODUCT_ATTRIBUTE}' and attributes->>'${PRODUCT_ATTRIBUTE}' = $2 and active
       and id not in (select jsonb_array_elements_text($3::jsonb)) and coalesce(sender_at, 0) <= $4 returning 1 as one`,
    [workspace, product, JSON.stringify(except), at, now],
  );
  return off.length;
} // prettier-ignore

async function switchOff(sql: Sql, workspace: WorkspaceId, ids: readonly string[], at: Instant, now: Instant): Promise<number> {
  const off = await sql.query(
    "update catalogue_items set active = false, sender_at = $3, updated_at = $4 where workspace = $1 and id in (select jsonb_array_elements_text($2::jsonb)) and coalesce(sender_at, 0) <= $3 returning 1 as one",
    [workspace, JSON.stringify(ids), at, now],
  );
  return off.length;
} // prettier-ignore

/**
 * Writes down what there is at one place. Once each place of each stock of the item was told, their sum is its stock; until
 * then it is what its product said, which is of all places together.
 */
async function tellLevel(tx: Sql, { id, workspace, config }: Hook, { name, place, pieces, at }: Extract<ShopTold, { type: "level" }>, now: Instant): Promise<number | null> {
  const [known] = await tx.query<{ item: string }>("select item from catalogue_stock_names where hook = $1 and name = $2", [id, name]);
  if (!known) return null;
  // Two levels of one item at once would each miss the other in the sum.
  await tx.query("select 1 as one from catalogue_items where workspace = $1 and id = $2 for update", [workspace, known.item]);
  await tx.query(
    `insert into catalogue_levels as l (workspace, hook, name, place, pieces, told_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (hook, name, place) do update set pieces = excluded.pieces, told_at = excluded.told_at where l.told_at <= excluded.told_at`,
    [workspace, id, name, place, pieces, at],
  );
  const [sum] = await tx.query<{ names: number; levels: number; pieces: number; at: Instant }>(
    `select (select count(*) from catalogue_stock_names n where n.hook = $1 and n.item = $2) as names, count(*) as levels, coalesce(sum(l.pieces), 0)::bigint as pieces, max(l.told_at) as at
     from catalogue_levels l join catalogue_stock_names n on n.hook = l.hook and n.name = l.name where l.hook = $1 and n.item = $2`,
    [id, known.item],
  );
  if (sum!.levels < sum!.names * config!.places) return 0;
  await changeItems(tx, workspace, [{ id: known.item, stock: sum!.pieces, at: sum!.at }], now);
  return 1;
} // prettier-ignore

const onceById = <T extends { readonly id: string }>(list: readonly T[]): readonly T[] => [
  ...new Map(list.map((one) => [one.id, one])).values(),
];

/** Shopify's ids may be longer than what a number of ours tells apart: as texts they stay what they are. */
const withLongNumbers = (json: string): string =>
  json.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|\d{16,}(?![\d.eE])/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );

function jsonOf(body: Buffer, prepared: (json: string) => string = (json) => json): unknown {
  try {
    return JSON.parse(prepared(body.toString("utf8"))) as unknown;
  } catch (cause) {
    // What is no JSON fits no shape, and is told as unreadable.
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}
