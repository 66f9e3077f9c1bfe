/**
 * Ready mappings for files people have. A preset looks at the header and gives a mapping, or says what is missing. Pure.
 *
 * What a preset gives is an ordinary mapping: `throughline import FILE --preset NAME --print-mapping` prints it, to be
 * changed and given back with `--mapping`.
 */
import { type EventMapping, Mapping } from "./model.ts";
import { SAMPLE_PRESETS } from "./sample.ts";

/** What a preset makes of a header. */
export type Fitted =
  | { readonly type: "mapping"; readonly mapping: Mapping }
  | { readonly type: "missing"; readonly detail: string };
export type Preset = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly format: "csv" | "ndjson";
  /** `header` is null for NDJSON. */
  fit(header: readonly string[] | null): Fitted;
};

/** A header's columns, found by any of the names people give them; letter case, spaces and signs do not matter. */
type Columns = { readonly of: (...names: readonly string[]) => string | undefined };

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

function columnsIn(header: readonly string[] | null): Columns {
  const known = new Map<string, string>();
  for (const column of header ?? [])
    if (plain(column) !== "" && !known.has(plain(column))) known.set(plain(column), column);
  return {
    of: (...names) => names.map((name) => known.get(plain(name))).find((column) => column !== undefined),
  };
}

type Draft = { [key in keyof EventMapping]?: unknown };
const mappingOf = (format: "csv" | "ndjson", rest: { [key: string]: unknown }): Fitted => ({
  type: "mapping",
  mapping: Mapping.parse({ format, ...rest }),
});
const missing = (detail: string): Fitted => ({ type: "missing", detail });

const IDENTIFIER_COLUMNS = {
  user_id: ["user_id", "customer_id", "userid", "id_customer", "account_id", "uid", "id"],
  email: ["email", "e-mail", "email_address", "mail", "customer_email", "contact_email", "billing_email"],
  phone: [
    "phone",
    "phone_number",
    "mobile",
    "mobile_phone",
    "telephone",
    "tel",
    "cell",
    "sms",
    "customer_phone",
  ],
  external_id: ["external_id", "contact_id", "record_id", "crm_id", "lead_id"],
  loyalty_id: [
    "loyalty_id",
    "loyalty_number",
    "card_number",
    "loyalty_card",
    "member_number",
    "household_id",
  ],
  anonymous_id: ["anonymous_id", "visitor_id", "cookie_id", "distinct_id"],
} as const;

/** The identifiers a header names, strongest first. */
function identifiersIn(columns: Columns): { kind: string; from: { column: string } }[] {
  return Object.entries(IDENTIFIER_COLUMNS).flatMap(([kind, names]) => {
    const column = columns.of(...names);
    return column === undefined ? [] : [{ kind, from: { column } }];
  });
}

/** Fields for those of the wanted columns that exist. */
function fieldsIn(
  columns: Columns,
  wanted: { readonly [field: string]: readonly [as: string, ...names: readonly string[]] },
) {
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([field, [as, ...names]]) => {
      const column = columns.of(...names);
      return column === undefined ? [] : [[field, { column, as }]];
    }),
  );
}

const PERSON = {
  firstName: ["text", "first_name", "firstname", "given_name", "forename", "vorname"],
  lastName: ["text", "last_name", "lastname", "surname", "family_name", "nachname"],
  name: ["text", "name", "full_name", "customer_name", "contact_name"],
  email: ["text", ...IDENTIFIER_COLUMNS.email],
  phone: ["text", ...IDENTIFIER_COLUMNS.phone],
  "address.city": ["text", "city", "town", "default_address_city"],
  "address.postalCode": ["text", "zip", "zip_code", "postal_code", "postcode", "default_address_zip"],
  "address.state": ["text", "state", "region", "province", "default_address_province_code"],
  "address.country": ["text", "country", "country_code", "default_address_country_code"],
  createdAt: ["text", "created_at", "signup_date", "create_date", "date_added"],
} as const;
const TIMES = [
  "timestamp",
  "happened_at",
  "event_time",
  "time",
  "datetime",
  "occurred_at",
  "date",
  "created_at",
];

function fitCustomers(header: readonly string[] | null): Fitted {
  const columns = columnsIn(header);
  const identifiers = identifiersIn(columns);
  if (identifiers.length === 0)
    return missing(
      "No column names the customer. One of email, phone, user_id, customer_id or loyalty_id is needed.",
    );
  const updated = columns.of("updated_at", "last_changed", "last_modified", "modified_at");
  const event: Draft = {
    type: "identify",
    identifiers,
    traits: fieldsIn(columns, PERSON),
    rest: "traits",
    ...(updated && { time: { columns: [updated] } }),
  };
  return mappingOf("csv", { events: [event] });
}

function fitEvents(header: readonly string[] | null): Fitted {
  const columns = columnsIn(header);
  const identifiers = identifiersIn(columns).filter(({ from }) => plain(from.column) !== "id");
  const name = columns.of("event", "event_name", "event_type", "action", "activity", "name");
  if (identifiers.length === 0)
    return missing("No column names the customer. One of user_id, email, phone or anonymous_id is needed.");
  if (name === undefined) return missing("No column names the event. Call it event or event_name.");
  const time = columns.of(...TIMES);
  const id = columns.of("message_id", "event_id", "uuid");
  const [channel, touchpoint] = [columns.of("channel"), columns.of("touchpoint")];
  const event: Draft = {
    type: "track", name: { column: name }, identifiers, rest: "properties",
    ...(time && { time: { columns: [time] } }),
    ...(id && { id: { columns: [id] } }),
    ...(channel && { channel: { column: channel } }),
    ...(touchpoint && { touchpoint: { column: touchpoint } }),
  }; // prettier-ignore
  return mappingOf("csv", { events: [event] });
}

const PRODUCT = {
  product_id: ["text", "product_id", "sku", "lineitem_sku", "item_id", "variant_id", "product_sku"],
  name: ["text", "product_name", "item_name", "lineitem_name", "product", "item", "title"],
  quantity: ["number", "quantity", "qty", "lineitem_quantity", "units"],
  price: ["number", "price", "unit_price", "lineitem_price", "item_price"],
  category: ["text", "category", "product_category"],
  brand: ["text", "brand", "vendor", "lineitem_vendor"],
} as const;

function fitOrders(header: readonly string[] | null): Fitted {
  const columns = columnsIn(header);
  const order = columns.of(
    "order_id",
    "order_number",
    "order_no",
    "order",
    "invoice_id",
    "transaction_id",
    "basket_id",
  );
  const identifiers = identifiersIn(columns).filter(({ from }) => plain(from.column) !== "id");
  const time = columns.of(
    "order_date",
    "ordered_at",
    "paid_at",
    "purchase_date",
    "transaction_date",
    ...TIMES,
  );
  if (order === undefined) return missing("No column names the order. Call it order_id.");
  if (identifiers.length === 0)
    return missing("No column names the customer. One of email, customer_id, phone or loyalty_id is needed.");
  if (time === undefined) return missing("No column tells when the order was made. Call it order_date.");
  const products = fieldsIn(columns, PRODUCT);
  const [total, amount] = [
    columns.of("total", "order_total", "grand_total", "revenue"),
    columns.of("amount", "line_total", "sales_value", "value"),
  ];
  const value = total ? { column: total, as: "number" } : amount ? { sum: amount } : undefined;
  const channel = columns.of("channel");
  const event: Draft = {
    type: "track", name: { constant: "Order Completed" }, identifiers,
    time: { columns: [time] },
    id: { columns: [order], prefix: "order-" },
    touchpoint: { constant: "checkout" },
    ...(channel && { channel: { column: channel } }),
    properties: {
      order_id: { column: order },
      ...(value && { total: value }),
      ...fieldsIn(columns, { currency: ["text", "currency", "currency_code"], coupon: ["text", "coupon", "discount_code", "coupon_code"], discount: ["number", "discount", "discount_amount"], shipping: ["number", "shipping"], tax: ["number", "tax", "taxes"] }),
    },
    ...(products["product_id"] || products["name"] ? { products } : {}),
  }; // prettier-ignore
  return mappingOf("csv", { groupBy: [order], events: [event] });
}

const SHOPIFY_SOURCES = {
  web: "web",
  pos: "store",
  shopify_draft_order: "sales",
  iphone: "app",
  android: "app",
} as const;

function fitShopifyOrders(header: readonly string[] | null): Fitted {
  const has = (column: string) => header?.includes(column) === true;
  const needed = [
    "Name",
    "Email",
    "Created at",
    "Total",
    "Currency",
    "Lineitem name",
    "Lineitem quantity",
    "Lineitem price",
  ];
  const lacking = needed.filter((column) => !has(column));
  if (lacking.length > 0)
    return missing(`This is no order export of Shopify: it lacks ${lacking.join(", ")}.`);
  const some = (field: string, source: { readonly [key: string]: unknown } & { readonly column: string }) =>
    has(source.column) ? { [field]: source } : {};
  const identifiers = [
    { kind: "email", from: { column: "Email" } },
    ...(has("Phone") ? [{ kind: "phone", from: { column: "Phone" } }] : []),
  ];
  const time = { columns: ["Created at"] };
  const order: Draft = {
    type: "track", name: { constant: "Order Completed" }, identifiers, time,
    id: { columns: ["Name"], prefix: "shopify-order-" },
    touchpoint: { constant: "checkout" },
    ...(has("Source") && { channel: { column: "Source", values: SHOPIFY_SOURCES } }),
    properties: {
      order_id: { column: "Name" }, total: { column: "Total", as: "number" }, currency: { column: "Currency" },
      ...some("shipping", { column: "Shipping", as: "number" }), ...some("tax", { column: "Taxes", as: "number" }),
      ...some("coupon", { column: "Discount Code" }), ...some("discount", { column: "Discount Amount", as: "number" }),
      ...some("status", { column: "Financial Status" }),
    },
    products: {
      ...some("product_id", { column: "Lineitem sku" }), name: { column: "Lineitem name" },
      quantity: { column: "Lineitem quantity", as: "number" }, price: { column: "Lineitem price", as: "number" },
      ...some("brand", { column: "Vendor" }),
    },
  }; // prettier-ignore
  const person: Draft = {
    type: "identify", identifiers, time, id: { columns: ["Name"], prefix: "shopify-customer-" },
    traits: {
      email: { column: "Email" }, ...some("name", { column: "Billing Name" }), ...some("phone", { column: "Phone" }),
      ...some("address.city", { column: "Billing City" }), ...some("address.country", { column: "Billing Country" }),
      ...some("acceptsMarketing", { column: "Accepts Marketing", as: "boolean" }),
    },
  }; // prettier-ignore
  return mappingOf("csv", { groupBy: ["Name"], events: [order, person] });
}

const MAILCHIMP_PERSON = { email: ["text", "Email Address"], firstName: ["text", "First Name"], lastName: ["text", "Last Name"], timezone: ["text", "TIMEZONE"], "address.country": ["text", "CC"], "address.state": ["text", "REGION"], memberRating: ["number", "MEMBER_RATING"], tags: ["list", "TAGS"] } as const; // prettier-ignore

function fitMailchimp(header: readonly string[] | null): Fitted {
  const columns = columnsIn(header);
  const email = columns.of("Email Address");
  if (email === undefined || columns.of("LEID") === undefined)
    return missing("This is no audience export of Mailchimp: it lacks Email Address or LEID.");
  const identifiers = [{ kind: "email", from: { column: email } }];
  const changed = columns.of("LAST_CHANGED");
  const left = columns.of("UNSUB_TIME");
  // IP addresses of the export (OPTIN_IP, CONFIRM_IP) are not taken.
  const person: Draft = {
    type: "identify",
    identifiers,
    traits: fieldsIn(columns, MAILCHIMP_PERSON),
    ...(changed && { time: { columns: [changed] } }),
  };
  const gone: Draft = {
    type: "track",
    name: { constant: "Unsubscribed" },
    identifiers,
    channel: { constant: "email" },
    time: { columns: [left] },
    where: [{ column: left, isNot: [""] }],
    properties: fieldsIn(columns, { reason: ["text", "UNSUB_REASON"] }),
  };
  return mappingOf("csv", { events: left === undefined ? [person] : [person, gone] });
}

/** Every preset, the most telling headers first: `guess` takes the first that fits. */
export const PRESETS: readonly Preset[] = [
  ...SAMPLE_PRESETS,
  { name: "shopify-orders-csv", title: "Shopify orders", description: "Orders > Export in Shopify's admin: one Order Completed per order with its products, and the customer's name.", format: "csv", fit: fitShopifyOrders },
  { name: "mailchimp-csv", title: "Mailchimp audience", description: "Audience > Export in Mailchimp: names, tags and time zones; the unsubscribed file also tells who left.", format: "csv", fit: fitMailchimp },
  { name: "orders-csv", title: "Orders", description: "Any list of orders or order lines: order_id, a customer, a date; lines of one order follow each other.", format: "csv", fit: fitOrders },
  { name: "events-csv", title: "Events", description: "One event a row: event, a customer, a time; every other column becomes a property.", format: "csv", fit: fitEvents },
  { name: "customers-csv", title: "Customers", description: "One person a row, from any CRM or shop: columns for e-mail, phone, names and ids are found by name; every other column becomes a trait.", format: "csv", fit: fitCustomers },
  { name: "throughline-ndjson", title: "Throughline events", description: "What `throughline export events` wrote.", format: "ndjson", fit: () => mappingOf("ndjson", { as: "throughline" }) },
  { name: "segment-ndjson", title: "Segment events", description: "One Segment event a line, as an SDK sends it or Segment's archives keep it.", format: "ndjson", fit: () => mappingOf("ndjson", { as: "segment" }) },
]; // prettier-ignore

/** The preset of that name, or null. */
export const presetNamed = (name: string): Preset | null =>
  PRESETS.find((preset) => preset.name === name) ?? null;

/** The first preset that fits a CSV header, or null when none does. */
export function guessCsv(
  header: readonly string[],
): { readonly preset: Preset; readonly mapping: Mapping } | null {
  for (const preset of PRESETS) {
    if (preset.format !== "csv") continue;
    const fitted = preset.fit(header);
    if (fitted.type === "mapping") return { preset, mapping: fitted.mapping };
  }
  return null;
}

/** The preset for NDJSON by the keys of its first object, or null. */
export function guessNdjson(first: object): Preset | null {
  const has = (...keys: readonly string[]) => keys.every((key) => Object.hasOwn(first, key));
  if (has("messageId", "happenedAt", "identifiers")) return presetNamed("throughline-ndjson");
  return has("type") && (has("userId") || has("anonymousId")) ? presetNamed("segment-ndjson") : null;
}
