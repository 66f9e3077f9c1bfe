/** Feeds, read from a server that really listens: what is taken, what is refused and why, what becomes inactive, and what never does. */
import { once } from "node:events";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { moneyIn } from "../../src/catalogue/feed-rows.ts";
import { readFeed } from "../../src/catalogue/feed.ts";
import {
  addFeed,
  claimFeed,
  listFeeds,
  nextFeedDue,
  removeFeed,
  settleFeed,
} from "../../src/catalogue/feed-store.ts";
import { startFeeds } from "../../src/catalogue/feed-loop.ts";
import { CATALOGUE_LIMITS, type FeedReading, NamedDraft, isOffered } from "../../src/catalogue/model.ts";
import { readStock } from "../../src/catalogue/stock.ts";
import { changeItems, listItems, readItems, writeItems } from "../../src/catalogue/store.ts";
import type { Database } from "../../src/db/postgres.ts";
import { aDatabase } from "../stores.ts";
import { WORKSPACE } from "../world.ts";

let sql: Database;
let drop: () => Promise<void>;
let server: Server;
let base: string;
let serve: (request: IncomingMessage, response: ServerResponse) => void;
let now = Date.UTC(2026, 2, 11, 12);
const clock = () => now;
beforeAll(async () => {
  ({ sql, drop } = await aDatabase());
  await sql.query("insert into workspaces (id, name, created_at) overriding system value values ($1, 'Test', 0) on conflict do nothing", [WORKSPACE]); // prettier-ignore
  server = createServer((request, response) => serve(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await drop();
});
beforeEach(() => {
  now += 86_400_000;
});
afterEach(async () => {
  await sql.query("delete from catalogue_items");
  await sql.query("delete from catalogue_feeds");
});

const text = (body: string | Buffer, headers: { readonly [name: string]: string } = {}) => (_: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(200, headers).end(body);
  }; // prettier-ignore
/** Answers with a status and headers alone. */
const answers = (status: number, headers: { readonly [name: string]: string }) => (_: IncomingMessage, response: ServerResponse): void => {
  response.writeHead(status, headers).end();
}; // prettier-ignore
/** Reads the feed as the loop does: claims, reads, settles. */
async function reads(signal = AbortSignal.timeout(30_000)): Promise<FeedReading> {
  now = Math.max(now, (await nextFeedDue(sql)) ?? now);
  const feed = (await claimFeed(sql, now))!;
  const { reading, known } = await readFeed(sql, clock, feed, signal);
  await settleFeed(sql, feed, reading, known);
  return reading;
}
const add = (path = "/feed.csv") => addFeed(sql, WORKSPACE, { url: base + path, everyMinutes: 60 }, now);
const items = async () => (await listItems(sql, WORKSPACE, { query: "", only: "all", feed: null, after: "", limit: 1_000 })).map((item) => ({ ...item, offered: isOffered(item) })); // prettier-ignore
const HEAD = "id,title,link,image_link,price,sale_price,availability,product_type,brand\n";
const BOOTS = 'boot-42,"Trail boots, high",https://shop.example/boots,https://shop.example/boots.jpg,120.00 EUR,99.00 EUR,in_stock,Shoes > Boots,Northway\n'; // prettier-ignore
const WAX = "wax-1,Leather wax,https://shop.example/wax,,9.00 EUR,,out of stock,Care,\n";

describe("a feed", () => {
  test("of Google's columns is read as it is, sale and availability among them", async () => {
    serve = text(`\uFEFF${HEAD}${BOOTS}${WAX}`);
    const id = await add();
    expect(await reads()).toMatchObject({ outcome: "taken", rows: 2, made: 2, refused: 0, gone: 0 });
    expect(await items()).toMatchObject([
      { id: "boot-42", name: "Trail boots, high", url: "https://shop.example/boots", imageUrl: "https://shop.example/boots.jpg", priceMinor: 9_900, compareAtMinor: 12_000, currency: "EUR", stock: null, category: ["Shoes", "Boots"], attributes: { brand: "Northway" }, feed: id, offered: true },
      { id: "wax-1", priceMinor: 900, compareAtMinor: null, stock: 0, offered: true },
    ]); // prettier-ignore
    expect(await reads()).toMatchObject({ outcome: "taken", made: 0, changed: 0, same: 2 });
  });

  test("may be lines of JSON, parted by tabs, and packed", async () => {
    serve = text('{"id": "a", "title": "A", "g:price": "5 EUR", "quantity": 3}\n\n{"id": "b", "title": "B", "price": 7, "currency": "eur", "category": ["X", "Y"]}'); // prettier-ignore
    await add();
    expect(await reads()).toMatchObject({ outcome: "taken", made: 2 });
    expect(await items()).toMatchObject([{ id: "a", priceMinor: 500, stock: 3 }, { id: "b", priceMinor: 700, category: ["X", "Y"] }]); // prettier-ignore
    serve = text(gzipSync("id\ttitle\nc\tC"), { "content-encoding": "gzip" });
    expect(await reads()).toMatchObject({ outcome: "taken", made: 1, gone: 2 });
  });

  test("is asked for anew only when it was changed", async () => {
    const asked: (string | undefined)[][] = [];
    serve = ({ headers }, response) => {
      asked.push([headers["if-none-match"], headers["if-modified-since"]]);
      if (headers["if-none-match"] === '"v1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"v1"', "last-modified": "Tue, 10 Mar 2026 12:00:00 GMT" }).end(HEAD + BOOTS); // prettier-ignore
    };
    await add();
    expect([(await reads()).outcome, (await reads()).outcome]).toEqual(["taken", "unchanged"]);
    expect(asked).toEqual([[undefined, undefined], ['"v1"', "Tue, 10 Mar 2026 12:00:00 GMT"]]); // prettier-ignore
    expect((await items())[0]!.offered).toBe(true);
  });

  test("makes inactive what it no longer names, and offers it again when it is back; nothing is deleted", async () => {
    serve = text(HEAD + BOOTS + WAX);
    await add();
    await reads();
    serve = text(HEAD + WAX);
    expect(await reads()).toMatchObject({ outcome: "taken", same: 1, gone: 1 });
    expect((await items()).map(({ id, offered }) => [id, offered])).toEqual([["boot-42", false], ["wax-1", true]]); // prettier-ignore
    expect((await readStock(sql, WORKSPACE, ["boot-42"])).get("boot-42")).toBe(0);
    serve = text(HEAD + BOOTS + WAX);
    expect(await reads()).toMatchObject({ changed: 1, gone: 0 });
    expect((await items()).every(({ offered }) => offered)).toBe(true);
    // What another way told is none of the feed's business.
    await writeItems(sql, WORKSPACE, [NamedDraft.parse({ id: "own", name: "Own" })], null, now);
    await reads();
    expect((await readItems(sql, WORKSPACE, ["own"])).get("own")).toMatchObject({ goneAt: null });
  });

  test("leaves what it does not tell: what is consumable, what was switched off, a stock that is counted or told since", async () => {
    await writeItems(sql, WORKSPACE, [NamedDraft.parse({ id: "boot-42", name: "B", stock: 7 }), NamedDraft.parse({ id: "wax-1", name: "W", consumable: true, usedUpDays: 60, active: false })], null, now); // prettier-ignore
    serve = text(HEAD + BOOTS + WAX);
    await add();
    await reads();
    expect(await items()).toMatchObject([{ id: "boot-42", stock: 7, priceMinor: 9_900 }, { consumable: true, usedUpDays: 60, active: false, stock: 0 }]); // prettier-ignore
    serve = text(HEAD + BOOTS.replace("in_stock", "out_of_stock"), { "last-modified": new Date(now - 60_000).toUTCString() }); // prettier-ignore
    await changeItems(sql, WORKSPACE, [{ id: "boot-42", stock: 2 }], now + 2 * 3_600_000);
    await reads();
    expect((await items())[0]!.stock).toBe(2);
  });

  test("has its wrong rows refused, counted, and shown with line and reason", async () => {
    const rows = [",No id,,,1 EUR,,,,", "x,,,,1 EUR,,,,", "y,Y,,,1.200 EUR,,,,", "z,Z,,,5,,,,", "v,V,javascript:alert(1),,1 EUR,,,,", "u,U,,,1 EUR,,maybe,,", WAX.trim(), WAX.trim(), `${"i".repeat(201)},I,,,1 EUR,,,,`]; // prettier-ignore
    serve = text(`${HEAD}${rows.join("\n")}\n`);
    await add();
    const reading = await reads();
    expect(reading).toMatchObject({ outcome: "taken", rows: 9, made: 1, refused: 8 });
    expect(reading.refusedRows.map(({ line, reason }) => `${line} ${reason}`)).toEqual(["2 no_id", "3 no_name", "4 bad_price", "5 bad_price", "6 bad_value", "7 bad_value", "9 twice", "10 too_long"]); // prettier-ignore
  });
});

describe("a feed that cannot be read", () => {
  const WELL = `${HEAD}${BOOTS}${WAX}`;
  const after = async (how: typeof serve, signal?: AbortSignal) => {
    serve = text(WELL);
    await add();
    await reads();
    serve = how;
    const reading = await reads(signal);
    // Nothing is taken away by a reading that failed.
    expect((await items()).map(({ offered }) => offered)).toEqual([true, true]);
    return reading;
  };
  const broken = (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { "content-length": "9999" });
    response.write(HEAD + WAX, () => response.destroy());
  };
  test.each([
    ["answers with a fault", answers(503, {}), "bad_answer"],
    ["breaks off", broken, "unreachable"],
    ["came empty", text(HEAD), "no_items"],
    ["is a web page", text("<html>Sign in</html>"), "not_readable"],
    ["has no column for ids", text("name,price\nBoots,1 EUR\n"), "not_readable"],
    ["ends within a quote", text(`${HEAD}${WAX}x,"never closed`), "not_readable"],
    ["is no UTF-8", text(Buffer.concat([Buffer.from(HEAD), Buffer.from([0x61, 0xff, 0xfe])])), "not_readable"],
    ["says that it is packed and is not", text(WELL, { "content-encoding": "gzip" }), "not_readable"],
    ["leads to itself for ever", answers(302, { location: "/feed.csv" }), "bad_answer"],
    ["leads to the machine's own address for credentials", answers(302, { location: "http://169.254.169.254/latest/meta-data/" }), "refused_address"],
    ["leads to a file", answers(302, { location: "file:///etc/passwd" }), "refused_address"],
    ["has a row without an end", text(`${HEAD}x,"${"y".repeat(CATALOGUE_LIMITS.feedRowChars + 1)}`), "not_readable"],
  ] as const)("because it %s, says so and takes nothing away", async (_, how, outcome) => {
    const reading = await after(how);
    expect([reading.outcome, typeof reading.detail]).toEqual([outcome, "string"]);
    expect((await listFeeds(sql, WORKSPACE))[0]!.dueAt).toBe(reading.at + 15 * 60_000);
  }); // prettier-ignore

  test("because it unpacks to more than it may have is given up, not held in memory", async () => {
    const packed = gzipSync(Buffer.concat([Buffer.from(HEAD), Buffer.alloc(CATALOGUE_LIMITS.feedBytes + 1_000_000, WAX)])); // prettier-ignore
    expect(packed.length).toBeLessThan(1_000_000);
    // The same id again and again: only the first of it is an item.
    expect((await after(text(packed, { "content-encoding": "gzip" }))).outcome).toBe("too_large");
  });

  test("because it says nothing more is given up after its time", async () => {
    const stop = new AbortController();
    const reading = await after((_, response) => {
      response.writeHead(200);
      response.write(HEAD, () => stop.abort());
    }, stop.signal);
    expect(reading.outcome).toBe("too_slow");
  });
});

describe("the feeds of a workspace", () => {
  test("are read by the loop when they are due, each by one of two loops", async () => {
    let served = 0;
    serve = (request, response) => {
      served++;
      text(HEAD + BOOTS.replace("boot-42", request.url!.slice(1)))(request, response);
    };
    const faults: unknown[] = [];
    const loops = [1, 2].map(() => startFeeds({ sql, clock, onFault: (cause) => faults.push(cause) }));
    for (const path of ["/a", "/b", "/c"]) await add(path);
    for (let feeds = await listFeeds(sql, WORKSPACE); feeds.some(({ reading }) => reading === null); feeds = await listFeeds(sql, WORKSPACE)) for (const loop of loops) loop.wake(); // prettier-ignore
    for (const loop of loops) await loop.stop();
    expect([served, (await items()).map(({ id }) => id), faults]).toEqual([3, ["a", "b", "c"], []]);
  });

  test("are at most so many, each address once; one that is taken away leaves its items", async () => {
    serve = text(HEAD + BOOTS);
    const id = await add();
    await reads();
    expect(await add()).toBe(null);
    for (let n = 1; n < CATALOGUE_LIMITS.feeds; n++) expect(await add(`/${n}`)).not.toBe(null);
    expect(await add("/one-more")).toBe(null);
    expect(await removeFeed(sql, WORKSPACE, id!)).toBe(true);
    expect(await items()).toMatchObject([{ id: "boot-42", feed: null, offered: true }]);
  });
});

test.each([
  ["12.00 EUR", "", [1_200, "EUR"]], ["EUR 12", "", [1_200, "EUR"]], ["1,200.50 USD", "", [120_050, "USD"]], ["1.200,50 EUR", "", [120_050, "EUR"]],
  ["12,5 eur", "", [1_250, "EUR"]], ["1200", "jpy", [1_200, "JPY"]], ["1.234 KWD", "", [1_234, "KWD"]], ["1 200.00 SEK", "", [120_000, "SEK"]],
  ["1.200 EUR", "", null], ["12.5 JPY", "", null], ["12", "", null], ["-1 EUR", "", null], ["EUR 1 USD", "", null], ["free", "EUR", null], ["", "EUR", null],
] as const)("a price of %s %s is read for sure or not at all", (text_, column, expected) => {
  const money = moneyIn(text_, column);
  expect(money && [money.minor, money.currency]).toEqual(expected);
}); // prettier-ignore
