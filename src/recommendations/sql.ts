/**
 * The lists as SQL over the event log. Everything is counted by customer, whatever atoms a customer has, and what
 * happened counts less the longer ago it is: half after each half-life.
 *
 * Pairs of all three kinds are one shape: rows (customer, a, b, w), where a and b are products or the empty text, which
 * stands for "anything" and is part of every order. So the pair (a, "") weighs what a weighs, ("", "") what there is at
 * all, and one grouping gives support, the weight of each side and the lift. Pure: makes text and parameters.
 */
import { type Source, eventsSql } from "../segments/sql-rows.ts";
import { floating, tamed, whole } from "../segments/sql-values.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { ACTION_WEIGHTS, RECOMMENDATION_LIMITS, type Settings, msOf } from "./model.ts";

/** Of which workspace, as of when, worked out how. */
export type Span = { readonly workspace: WorkspaceId; readonly now: Instant; readonly settings: Settings };

const sourceOf = ({ workspace }: Span): Source => ({ workspace, epochBelow: null, customers: null });
const sinceSql = ({ now, settings }: Span): string =>
  `type = 'track' and happenedAt >= ${whole(now - msOf(settings.historyDays))} and happenedAt < ${whole(now)}`;
/** What something at `at` counts. */
const decay = ({ now, settings }: Span, at: string): string =>
  `exp2((${at} - ${whole(now)}) / ${floating(msOf(settings.halfLifeDays))})`;

/** A text or a number of a JSON text by its name, as a text; empty where there is none. */
const namedSql = (json: string, name: string): string =>
  `multiIf(JSONType(${json}, '${name}') = 'String', substringUTF8(JSONExtractString(${json}, '${name}'), 1, 200),
     JSONType(${json}, '${name}') in ('Int64', 'UInt64', 'Double'), JSONExtractRaw(${json}, '${name}'), '')`;
const PRODUCT_NAMES = ["product_id", "productId", "sku", "id"] as const;
/** The product that a JSON text names, as knowledge reads it (customers/told.ts); empty where it names none. */
const productSql = (json: string): string =>
  `multiIf(${PRODUCT_NAMES.map((name) => namedSql(json, name))
    .map((told) => `${told} != '', ${told}`)
    .join(", ")}, '')`;

/** A customer's orders, the latest word on each: `at` and `products`, each once. */
function ordersSql(span: Span): string {
  const json = tamed("properties");
  const products = `arrayDistinct(arrayFilter(p -> p != '', arrayMap(line -> ${productSql("line")}, JSONExtractArrayRaw(${json}, 'products'))))`;
  const order = namedSql(json, "order_id");
  const told = eventsSql(sourceOf(span), `if(${order} = '', id, ${order}) as orderId, id, ${products} as products`, `name = 'Order Completed' and ${sinceSql(span)}`);
  return `select customer, orderId, at, products
    from (select customer, orderId, max(happened) as at, argMax(lines, (happened, id)) as products
      from (select customer, orderId, id, at as happened, products as lines from (${told})) group by customer, orderId)
    where notEmpty(products)`;
} // prettier-ignore

/** What is bought, line by line, in orders small enough to say something of pairs: products that are told apart, and "anything". */
const linesSql = (span: Span, known: string): string =>
  `select customer, orderId, at, product
   from (select customer, orderId, at, arrayJoin(arrayPushBack(products, '')) as product from (${ordersSql(span)}) where length(products) <= ${RECOMMENDATION_LIMITS.orderProducts})
   where product = '' or product in ${known}`; // prettier-ignore
/** The same by order. */
const basketsSql = (span: Span, known: string): string =>
  `select customer, orderId, at, groupArray(product) as products from (${linesSql(span, known)}) group by customer, orderId, at`;

/** One of so many parts of the products `a`: what pairs there are is held in memory part by part. */
export type Part = { readonly part: number; readonly of: number };
/** "Anything" is in each part, because every pair is weighed against it. */
const isOfPart = ({ part, of }: Part): string => `(a = '' or cityHash64(a) % ${of} = ${part})`;

/** Each pair of two lists of a row. */
const crossed = (rows: string, firsts: string, seconds: string, part: Part): string =>
  `select customer, w, a, b from (select customer, w, a, seconds from (select customer, w, ${firsts} as firsts, ${seconds} as seconds from (${rows})) array join firsts as a where ${isOfPart(part)}) array join seconds as b`;

/** In the same order. */
const basketRows = (span: Span, known: string, part: Part): string =>
  crossed(
    `select customer, products, ${decay(span, "at")} as w from (${basketsSql(span, known)})`,
    "products",
    "products",
    part,
  );

/** By the same customer, where the last purchases of both are within the window; it is as long ago as the earlier of them. */
function windowRows(span: Span, known: string, part: Part): string {
  const last = `select customer, product, max(at) as lastAt from (${linesSql(span, known)}) where product != '' group by customer, product`;
  const newest = `select customer, arraySlice(arrayReverseSort(groupArray((lastAt, product))), 1, ${RECOMMENDATION_LIMITS.customerPurchases}) as newest from (${last}) group by customer`;
  const near = `arrayFilter(y -> abs(x.1 - y.1) <= ${whole(msOf(span.settings.windowDays))}, newest)`;
  const pairs = `arrayConcat(arrayFlatten(arrayMap(x -> arrayMap(y -> (x.2, y.2, least(x.1, y.1)), ${near}), newest)),
    arrayMap(x -> (x.2, '', x.1), newest), arrayMap(x -> ('', x.2, x.1), newest), [('', '', newest[1].1)])`;
  return `select customer, pair.1 as a, pair.2 as b, ${decay(span, "pair.3")} as w from (select customer, arrayJoin(${pairs}) as pair from (${newest})) where ${isOfPart(part)}`;
} // prettier-ignore

/** In the order after it, where that follows soon enough. */
function nextRows(span: Span, known: string, part: Part): string {
  const orders = `arraySlice(arraySort(groupArray((at, orderId, products))), -${RECOMMENDATION_LIMITS.customerOrders})`;
  const sequences = `select customer, ${orders} as orders from (${basketsSql(span, known)}) group by customer`;
  const steps = `select customer, before.3 as firsts, after.3 as seconds, after.1 as at, after.1 - before.1 as gap
    from (select customer, arrayPopBack(orders) as befores, arrayPopFront(orders) as afters from (${sequences}))
    array join befores as before, afters as after`;
  return crossed(`select firsts, seconds, customer, ${decay(span, "at")} as w from (${steps}) where gap > 0 and gap <= ${whole(msOf(span.settings.nextDays))}`, "firsts", "seconds", part);
} // prettier-ignore

/** How two products belong together. */
export const PAIRED = ["basket", "window", "next"] as const;
export type Paired = (typeof PAIRED)[number];
const ROWS: { readonly [kind in Paired]: (span: Span, known: string, part: Part) => string } = { basket: basketRows, window: windowRows, next: nextRows }; // prettier-ignore

/** How many customers a pair was seen in: of a window each customer has it once. */
const CUSTOMERS: { readonly [kind in Paired]: string } = { basket: "uniqExact(customer)", window: "count()", next: "uniqExact(customer)" }; // prettier-ignore

/** What the log answers of a product: those that go with it (product, customers, lift, score), the best first. */
export type PairedRow = { readonly a: string; readonly found: readonly (readonly [product: string, customers: number, lift: number, score: number])[] }; // prettier-ignore

/**
 * Rows of `PairedRow` for one part, among the products of `known`, which is the right side of an SQL `in`. Lift is how many times more often the two are seen together than they would be by chance; pairs
 * that are not are left out. They are ranked by confidence (Agrawal, Imielinski and Swami 1993): the share of what is
 * seen of `a` that is seen of both. Measured against the cosine of the two (bench/README.md), it finds more.
 */
export function pairsSql(kind: Paired, span: Span, known: string, part: Part): string {
  const { customersMin } = span.settings;
  return `select a, groupArray((b, customers, lift, score)) as found from (
      select a, b, customers, together * total / (ofA * ofB) as lift, together / ofA as score
      from (
        select a, b, customers, together, sumIf(together, b = '') over (partition by a) as ofA, sumIf(together, a = '') over (partition by b) as ofB,
          sumIf(together, a = '' and b = '') over () as total
        from (select a, b, sum(w) as together, ${CUSTOMERS[kind]} as customers from (${ROWS[kind](span, known, part)}) group by a, b)
        where a = '' or b = '' or (customers >= ${customersMin}${kind === "next" ? "" : " and a != b"}))
      where a != '' and b != '' and lift > 1
      order by a, score desc, b limit ${RECOMMENDATION_LIMITS.paired} by a)
    group by a order by a`;
}

export type PopularRow = { readonly product: string; readonly customers: number; readonly score: number };
/**
 * Rows of `PopularRow`, the most popular first: of each customer the action with a product that counts most. `among`: SQL
 * of the customers who count; null: all.
 */
export function popularSql(span: Span, among: string | null, limit: number): string {
  const { customersMin } = span.settings;
  const weight = `if(name = 'Product Added', ${ACTION_WEIGHTS.added}, ${ACTION_WEIGHTS.viewed})`;
  const looked = eventsSql(sourceOf(span), `${productSql(tamed("properties"))} as product, ${weight} as weight`, `name in ('Product Viewed', 'Product Added') and ${sinceSql(span)}`);
  return `select product, count() as customers, sum(w) as score from (
      select customer, product, max(weight * ${decay(span, "at")}) as w from (
        select customer, arrayJoin(products) as product, at, ${ACTION_WEIGHTS.bought} as weight from (${ordersSql(span)})
        union all select customer, product, at, weight from (${looked}))
      where product != ''${among === null ? "" : ` and customer in (${among})`}
      group by customer, product)
    group by product having customers >= ${customersMin} order by score desc, product limit ${limit}`;
} // prettier-ignore

export type CountedRow = { readonly product: string; readonly customers: number; readonly orders: number };
/** Rows of `CountedRow`: of the empty text, which is any product; then of those that enough customers bought, as many as are told apart. */
export const countedSql = (span: Span): string =>
  `select product, uniqExact(customer) as customers, count() as orders
   from (select customer, arrayJoin(arrayPushBack(products, '')) as product from (${ordersSql(span)}))
   group by product having product = '' or customers >= ${span.settings.customersMin}
   order by product = '' desc, customers desc, product limit ${1 + RECOMMENDATION_LIMITS.products}`; // prettier-ignore
