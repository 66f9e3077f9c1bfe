/**
 * What one event tells about its customer: Segment's e-commerce, identify, group and consent vocabulary read into
 * knowledge. Pure; never throws; fields of a wrong type are left out.
 */
import { type Event, isOwnDoing } from "../events/model.ts";
import { KIND_RULES } from "../identity/model.ts";
import type { Json, JsonObject } from "../values.ts";
import type {
  CartOperation,
  ConsentKnown,
  CountKnown,
  Knowledge,
  OrderKnown,
  Product,
  Touch,
  TraitKnown,
} from "./model.ts";

type Told = { -readonly [field in keyof Knowledge]: Knowledge[field] };

/** The knowledge that `event` alone gives. */
export function told(event: Event): Knowledge {
  const { id, happenedAt: at, name, channel, touchpoint } = event;
  const count: CountKnown = [1, at, at];
  if (isOwnDoing(name)) {
    // A journey's update tells traits, and is no activity of the customer's.
    const traits = event.type === "identify" && event.traits ? traitsOf(event.traits, at) : NONE;
    return { ...nothingTold(), traits, counts: { [name]: count } };
  }
  const known: Told = {
    firstSeenAt: at,
    lastSeenAt: at,
    events: 1,
    traits: event.type === "identify" && event.traits ? traitsOf(event.traits, at) : NONE,
    counts: { [name]: count },
    channels: { [channel]: count },
    viewed: NO_ITEMS,
    cart: event.type === "identify" ? joinOf(event) : NO_ITEMS,
    orders: NONE,
    refunds: NONE,
    consents: event.consents ? consentsOf(event) : NONE,
    accounts: event.accountId === undefined ? NONE : { [event.accountId]: at },
    recent: [[at, id, name, channel, touchpoint]],
  };
  if (isTouch(event)) known.firstTouch = known.lastTouch = touchOf(event);
  const commerce = event.type === "track" ? COMMERCE[name] : undefined;
  if (commerce) commerce(known, event, event.properties ?? {});
  return known;
}

/** What an event of our own doing tells of the customer's activity. */
const nothingTold = (): Knowledge => ({
  firstSeenAt: Infinity, lastSeenAt: -Infinity, events: 0, traits: NONE, counts: NONE, channels: NONE, viewed: NO_ITEMS, cart: NO_ITEMS,
  orders: NONE, refunds: NONE, consents: NONE, accounts: NONE, recent: [],
}); // prettier-ignore

const NONE: { readonly [key: string]: never } = Object.freeze(
  Object.create(null) as { [key: string]: never },
);
const NO_ITEMS: readonly never[] = Object.freeze([]);

/** A customer comes by a channel on a visit, or by a message, a call, a shop; not through a server's report of facts. */
const isTouch = ({ channel }: Event) => channel !== "server" && channel !== "other";

function touchOf({ happenedAt: at, channel, touchpoint, campaign, referrer }: Event): Touch {
  return {
    at,
    channel,
    touchpoint,
    ...(campaign && { campaign: { ...campaign } }),
    ...(referrer !== undefined && { referrer }),
  };
}

/** Traits told at one time. */
export function traitsOf(traits: JsonObject, at: number): { [name: string]: TraitKnown } {
  const known = Object.create(null) as { [name: string]: TraitKnown };
  for (const name in traits) known[name] = [traits[name]!, at];
  return known;
}

function consentsOf({ consents, happenedAt: at, id }: Event): { [key: string]: ConsentKnown } {
  const known = Object.create(null) as { [key: string]: ConsentKnown };
  for (const { channel, purpose, answer, source } of consents!)
    known[`${channel} ${purpose}`] = { at, id, answer, source };
  return known;
}

const COMMERCE: { readonly [event: string]: (known: Told, event: Event, properties: JsonObject) => void } = {
  __proto__: null as never,
  "Product Viewed": (known, { happenedAt: at }, properties) => {
    const product = productOf(properties);
    if (product) known.viewed = [{ at, product }];
  },
  "Product Added": (known, event, properties) => (known.cart = cartOf(event, "add", [properties])),
  "Product Removed": (known, event, properties) => (known.cart = cartOf(event, "remove", [properties])),
  "Cart Viewed": (known, event, { products }) => {
    if (Array.isArray(products)) known.cart = cartOf(event, "set", products as readonly Json[]);
  },
  "Cart Updated": (known, event, { products }) => {
    if (Array.isArray(products)) known.cart = cartOf(event, "set", products as readonly Json[]);
  },
  "Cart Cleared": (known, event) => (known.cart = cartOf(event, "clear", [])),
  "Order Completed": (known, event, properties) => {
    known.cart = orderedOf(event, properties);
    known.orders = ordersOf(event, properties);
  },
  "Order Updated": (known, event, properties) => (known.orders = ordersOf(event, properties)),
  "Order Refunded": (known, event, properties) => refund(known, event, properties, amountOf(properties)),
  "Order Cancelled": (known, event, properties) => refund(known, event, properties, null),
};

function refund(
  known: Told,
  { happenedAt: at, id }: Event,
  properties: JsonObject,
  amount: number | null,
): void {
  const orderId = textOf(properties["order_id"]);
  if (orderId === undefined) return;
  known.refunds = {
    [id]: { at, orderId, valueMinor: amount === null ? null : minorOf(amount, currencyOf(properties)) },
  };
}

/** The device an event comes from, and whether it names a person as well. */
function deviceOf({ identifiers }: Event): {
  readonly device: string | undefined;
  readonly isNamed: boolean;
} {
  const isNamed = identifiers.some(({ kind }) => KIND_RULES[kind].person);
  return { device: identifiers.find(({ kind }) => !KIND_RULES[kind].person)?.value, isNamed };
}

/** That a device named its user, whose its cart is from then on. */
function joinOf(event: Event): readonly CartOperation[] {
  const { device, isNamed } = deviceOf(event);
  return isNamed && device !== undefined ? [{ at: event.happenedAt, id: `${event.id} join`, do: "join", device, lines: [] }] : NO_ITEMS; // prettier-ignore
}

/** What was ordered is no longer in the cart; where the order does not say what, nothing is. */
function orderedOf(event: Event, { products }: JsonObject): readonly CartOperation[] {
  const ids = (Array.isArray(products) ? (products as readonly Json[]) : []).flatMap((line) => {
    const id = isObject(line) ? productOf(line)?.id : undefined;
    return id === undefined ? [] : [{ product_id: id }];
  });
  return ids.length > 0 ? cartOf(event, "remove", ids) : cartOf(event, "clear", []);
}

function cartOf(
  event: Event,
  what: CartOperation["do"],
  products: readonly Json[],
): readonly CartOperation[] {
  const { happenedAt: at, id } = event;
  const lines = products.slice(0, 100).flatMap((given) => {
    const product = isObject(given) ? productOf(given) : null;
    return product ? [{ product, quantity: numberOf((given as JsonObject)["quantity"]) ?? null }] : [];
  });
  if (lines.length === 0 && what !== "set" && what !== "clear") return NO_ITEMS;
  const { device, isNamed } = deviceOf(event);
  return isNamed || device === undefined ? [{ at, id, do: what, lines }, ...joinOf(event)] : [{ at, id, do: what, device, lines }]; // prettier-ignore
}

const TITLE_CHARS_MAX = 80;
function ordersOf({ happenedAt: at, id }: Event, properties: JsonObject): { [orderId: string]: OrderKnown } {
  // An order without an id cannot be told from another; the event's own id stands for it.
  const orderId = textOf(properties["order_id"]) ?? id;
  const products = Array.isArray(properties["products"]) ? (properties["products"] as readonly Json[]) : [];
  const amount = amountOf(properties) ?? products.reduce<number>((sum, line) => sum + lineAmount(line), 0);
  const currency = currencyOf(properties);
  const lines = products.slice(0, 50).flatMap((line) => (isObject(line) ? (productOf(line) ?? []) : []));
  const title = lines[0]?.name?.slice(0, TITLE_CHARS_MAX);
  return {
    [orderId]: {
      at, id, orderId, currency,
      valueMinor: minorOf(amount, currency),
      products: lines.map((product) => product.id),
      ...(title && { title }),
    },
  }; // prettier-ignore
}

/** What the customer paid: `total` where given, else `revenue` (without shipping and tax), else `value`. */
function amountOf(properties: JsonObject): number | null {
  return (
    numberOf(properties["total"]) ?? numberOf(properties["revenue"]) ?? numberOf(properties["value"]) ?? null
  );
}

function lineAmount(line: Json): number {
  if (!isObject(line)) return 0;
  return (numberOf(line["price"]) ?? 0) * (numberOf(line["quantity"]) ?? 1);
}

function currencyOf(properties: JsonObject): string {
  const given = properties["currency"];
  return typeof given === "string" && /^[A-Za-z]{3}$/.test(given) ? given.toUpperCase() : "USD";
}

/** Currencies whose minor unit is not a hundredth (ISO 4217). */
const DIGITS: { readonly [currency: string]: number } = {
  BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0,
  XPF: 0, BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3,
}; // prettier-ignore

/** An amount in minor units; the small addition undoes binary fractions such as 1.005. */
export function minorOf(amount: number, currency: string): number {
  return Math.round(amount * 10 ** (DIGITS[currency] ?? 2) + Math.sign(amount) * 1e-7);
}

/** As `minorOf`, the other way round. */
export const majorOf = (minor: number, currency: string): number => minor / 10 ** (DIGITS[currency] ?? 2);

/** A product as an event tells one; null where it has no id. */
export function productOf(given: JsonObject): Product | null {
  const id =
    textOf(given["product_id"]) ?? textOf(given["productId"]) ?? textOf(given["sku"]) ?? textOf(given["id"]);
  if (id === undefined) return null;
  const product: { -readonly [field in keyof Product]: Product[field] } = { id };
  for (const [field, from] of PRODUCT_TEXTS) {
    const value = given[from];
    if (typeof value === "string" && value !== "") product[field] = value.slice(0, 500);
  }
  const price = numberOf(given["price"]);
  if (price !== undefined) product.price = price;
  return product;
}

const PRODUCT_TEXTS = [
  ["name", "name"], ["currency", "currency"], ["category", "category"], ["brand", "brand"], ["variant", "variant"],
  ["imageUrl", "image_url"], ["url", "url"],
] as const; // prettier-ignore

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function textOf(value: Json | undefined): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value.slice(0, 200) : undefined;
}

/** Beyond this no amount or quantity is meant, and sums of such would leave the numbers JSON can write. */
const NUMBER_MAX = 1e15;

/** A number, also one written as text (shops send prices as strings). */
function numberOf(value: Json | undefined): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Math.abs(number) <= NUMBER_MAX ? number : undefined;
}
