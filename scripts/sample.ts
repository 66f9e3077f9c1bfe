/**
 * Makes the files of `sample/` from the originals of "The Complete Journey" (84.51, CC0), as sample/README.md says.
 *
 *     npx tsx scripts/sample.ts FOLDER   (campaigns, campaign_descriptions, coupon_redemptions, demographics,
 *                                         products, promotions_sample, transactions_sample as .csv.gz)
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { takeRecords } from "../src/csv-records.ts";

type Cells = { readonly [column: string]: string };

const from = process.argv[2];
if (from === undefined) throw new Error("Name the folder that holds the originals.");
const to = fileURLToPath(new URL("../sample", import.meta.url));
mkdirSync(to, { recursive: true });

const read = (name: string): Cells[] => {
  const [header, ...rows] = takeRecords(
    gunzipSync(readFileSync(join(from, `${name}.csv.gz`))).toString(),
    ",",
    true,
  ).records;
  return rows.map(({ cells }) =>
    Object.fromEntries(header!.cells.map((column, place) => [column, whole(cells[place] ?? "")])),
  );
};
/** `17228.0` is a whole number that passed through a table of floats. */
const whole = (text: string): string => (/^\d+\.0$/.test(text) ? text.slice(0, -2) : text);
const cell = (text: string | number): string =>
  /[",\n]/.test(String(text)) ? `"${String(text).replaceAll('"', '""')}"` : String(text);

function write(
  name: string,
  columns: readonly string[],
  rows: readonly { readonly [column: string]: string | number }[],
): void {
  const lines = [columns, ...rows.map((row) => columns.map((column) => cell(row[column] ?? "")))].map(
    (cells) => cells.join(","),
  );
  writeFileSync(join(to, `${name}.csv.gz`), gzipSync(`${lines.join("\n")}\n`, { level: 9 }));
  process.stdout.write(`${name}: ${rows.length} rows\n`);
}

/** `COOKIES/CONES` as a person would write it. */
const calm = (text: string): string => text.charAt(0) + text.slice(1).toLowerCase();

const products = new Map(read("products").map((product) => [product["product_id"]!, product]));
const nameOf = (id: string): string => {
  const { product_type = "", product_category = "", package_size = "" } = products.get(id) ?? {};
  return [calm(product_type || product_category), package_size.toLowerCase()].filter(Boolean).join(", ");
};

const campaigns = new Map(
  read("campaign_descriptions").map((campaign) => [campaign["campaign_id"]!, campaign]),
);
const transactions = read("transactions_sample").toSorted(
  (a, b) =>
    Number(a["transaction_timestamp"]) - Number(b["transaction_timestamp"]) ||
    Number(a["basket_id"]) - Number(b["basket_id"]),
);

// The day before the first campaign: what is known of a household was known then.
const knownDay = Math.min(...[...campaigns.values()].map((campaign) => Number(campaign["start_date"]))) - 1;
const demographics = read("demographics");
write(
  "households",
  [...Object.keys(demographics[0]!), "known_day"],
  demographics.map((row) => ({ ...row, known_day: knownDay })),
);

write(
  "mailings",
  ["household_id", "campaign_id", "campaign_type", "start_date", "end_date", "valid_days"],
  read("campaigns")
    .map(({ household_id, campaign_id }): Cells => {
      const campaign = campaigns.get(campaign_id!)!;
      return {
        ...campaign,
        household_id: household_id!,
        valid_days: String(Number(campaign["end_date"]) - Number(campaign["start_date"])),
      };
    })
    .toSorted((a, b) => Number(a["start_date"]) - Number(b["start_date"])),
);

write(
  "redemptions",
  ["household_id", "coupon_upc", "campaign_id", "redemption_date"],
  read("coupon_redemptions"),
);

write(
  "baskets",
  [
    "household_id",
    "store_id",
    "basket_id",
    "product_id",
    "product_name",
    "product_category",
    "brand",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_disc",
    "transaction_timestamp",
  ],
  transactions.map((row) => {
    const product = products.get(row["product_id"]!);
    return {
      ...row,
      product_name: nameOf(row["product_id"]!),
      product_category: calm(product?.["product_category"] ?? ""),
      brand: product?.["brand"] ?? "",
    };
  }),
);

writeDisplays();

/** Who met a display or a mailer page: a household whose basket holds a product of the category promoted in that shop and week. */
function writeDisplays(): void {
  const displays: { readonly [code: string]: string } = {
    1: "store front", 2: "store rear", 3: "front end cap", 4: "mid-aisle end cap", 5: "rear end cap",
    6: "side-aisle end cap", 7: "in-aisle", 9: "secondary location", A: "in-shelf",
  }; // prettier-ignore
  const pages: { readonly [code: string]: string } = {
    A: "interior page", C: "interior page line", D: "front page", F: "back page", H: "wrap front", J: "wrap coupon",
    L: "wrap back", P: "interior coupon", X: "free on interior page", Z: "free on front page",
  }; // prettier-ignore
  const promoted = new Map<string, Set<string>>();
  for (const { product_id, store_id, week, display_location, mailer_location } of read("promotions_sample")) {
    const product = products.get(product_id!);
    if (!product?.["product_category"]) continue;
    const key = [store_id, week, product["department"], product["product_category"]].join("|");
    const places = promoted.get(key) ?? new Set();
    const [display, page] = [displays[display_location!], pages[mailer_location!]];
    if (display) places.add(`store,Display Met,display ${display}`);
    if (page) places.add(`mail,Mailer Met,mailer ${page}`);
    promoted.set(key, places);
  }
  const met = new Map<string, { readonly [column: string]: string | number }>();
  for (const row of transactions) {
    const product = products.get(row["product_id"]!);
    const key = [row["store_id"], row["week"], product?.["department"], product?.["product_category"]].join(
      "|",
    );
    for (const place of promoted.get(key) ?? []) {
      const [channel, event, name] = place.split(",") as [string, string, string];
      const paidAt = Number(row["transaction_timestamp"]);
      // Ten minutes before they paid; the mailer lay in their home when its week began, on Monday at 6 (11:00 UTC).
      const at = channel === "store" ? paidAt - 600 : Math.min(mondayOf(paidAt), paidAt - 3600);
      const id = `${row["household_id"]}-${row["basket_id"]}-${name}`;
      if (!met.has(id))
        met.set(id, {
          ...row,
          channel,
          event,
          place: name,
          timestamp: at,
          product_category: calm(product!["product_category"]!),
          product_type: calm(product!["product_type"]!),
        });
    }
  }
  write(
    "displays",
    [
      "household_id",
      "store_id",
      "basket_id",
      "channel",
      "event",
      "place",
      "product_category",
      "product_type",
      "timestamp",
    ],
    [...met.values()].toSorted((a, b) => Number(a["timestamp"]) - Number(b["timestamp"])),
  );
}

/** 11:00 UTC (6:00 in the shops' zone) of the Monday of the week that holds `at`, in Unix seconds; weeks begin at 5:00 UTC. */
function mondayOf(at: number): number {
  const day = Math.floor((at - 5 * 3600) / 86_400);
  // 1970-01-01 was a Thursday.
  return (day - ((day + 3) % 7)) * 86_400 + 11 * 3600;
}
