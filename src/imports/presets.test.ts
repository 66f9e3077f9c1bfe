import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../values.ts";
import { createGrouper, type Group } from "./group.ts";
import { compile } from "./mapping.ts";
import { guessCsv, guessNdjson, PRESETS, presetNamed } from "./presets.ts";
import { headOf } from "./read.ts";
import { createSplitter } from "./split.ts";

/** The bodies a preset makes of a fixture, and the header it saw. */
function bodiesOf(preset: string, file: string): { bodies: JsonObject[]; header: readonly string[] | null } {
  const bytes = readFileSync(fileURLToPath(new URL(`../../test/fixtures/imports/${file}`, import.meta.url)));
  const known = presetNamed(preset)!;
  const head = headOf(bytes, { format: known.format, encoding: "utf-8" });
  const fitted = known.fit(head.header);
  if (fitted.type === "missing") throw new Error(fitted.detail);
  const compiled = compile(fitted.mapping, head.header, (text) => String(text.length));
  if (compiled.type === "missing") throw new Error(compiled.columns.join());
  const grouper = createGrouper(compiled.mapper.keyOf);
  const splitter = createSplitter(
    {
      format: known.format,
      delimiter: head.delimiter,
      rowBytesMax: 10_000,
      cells: head.header?.length ?? null,
    },
    head.start,
  );
  const rows = [
    ...splitter.take(bytes.subarray(head.start.bytes), false),
    ...splitter.take(Buffer.alloc(0), true),
  ];
  const groups = [...rows.map((row) => grouper.add(row)), grouper.finish()].filter(
    (group): group is Group => group !== null,
  );
  const bodies = groups.flatMap((group) => {
    const mapped = compiled.mapper.map(group.rows, { file, line: group.line, text: group.text });
    if (mapped.type === "refused") throw new Error(`${mapped.reason}: ${mapped.detail}`);
    return mapped.bodies;
  });
  return { bodies: bodies as JsonObject[], header: head.header };
}

const externalIds = (...ids: readonly (readonly [string, string])[]) =>
  ids.map(([type, id]) => ({ id, type, collection: "users", encoding: "none" }));
const library = { name: "throughline-import", version: "1" };

describe("presets", () => {
  test("Shopify's order lines become one order with its products, and the customer's name", () => {
    const { bodies, header } = bodiesOf("shopify-orders-csv", "shopify-orders.csv");
    expect(guessCsv(header!)?.preset.name).toBe("shopify-orders-csv");
    expect(bodies).toHaveLength(4);
    expect(bodies[0]).toEqual({
      type: "track",
      event: "Order Completed",
      messageId: "shopify-order-#1001",
      timestamp: "2024-05-01T14:00:00.000Z",
      properties: {
        order_id: "#1001", total: 144.7, currency: "EUR", shipping: 4.9, tax: 0, coupon: "SPRING", discount: 10, status: "paid",
        products: [
          { product_id: "BOOT-42", name: 'Boots "Alpine", 42', quantity: 1, price: 99.9, brand: "Acme" },
          { product_id: "SOCK-M", name: "Wool socks", quantity: 2, price: 19.95, brand: "Acme" },
        ],
      },
      context: { library, channel: "web", touchpoint: "checkout", externalIds: externalIds(["email", "ada@example.com"], ["phone", "+44 20 7946 0958"]) },
    }); // prettier-ignore
    expect(bodies[1]).toMatchObject({
      type: "identify",
      messageId: "shopify-customer-#1001.1",
      traits: { name: "Ada Lovelace", address: { city: "London", country: "GB" }, acceptsMarketing: true },
    });
    expect(bodies[2]).toMatchObject({ context: { channel: "store" }, properties: { total: 49 } });
  });

  test("Mailchimp's unsubscribed people are known and have left, and no IP address is taken", () => {
    const { bodies, header } = bodiesOf("mailchimp-csv", "mailchimp-unsubscribed.csv");
    expect(guessCsv(header!)?.preset.name).toBe("mailchimp-csv");
    expect(bodies.map((body) => [body["type"], body["event"], body["timestamp"]])).toEqual([
      ["identify", undefined, "2024-03-01T08:30:00.000Z"],
      ["track", "Unsubscribed", "2024-03-01T08:30:00.000Z"],
    ]);
    expect(bodies[0]).toMatchObject({
      traits: {
        firstName: "Ada",
        timezone: "Europe/London",
        memberRating: 4,
        address: { country: "GB", state: "ENG" },
      },
    });
    expect(bodies[1]).toMatchObject({ context: { channel: "email" }, properties: { reason: "NORMAL" } });
    expect(JSON.stringify(bodies)).not.toContain("192.0.2.7");
  });

  test("order lines under any names become orders with a sum", () => {
    const { bodies, header } = bodiesOf("orders-csv", "orders.csv");
    expect(guessCsv(header!)?.preset.name).toBe("orders-csv");
    expect(bodies.map((body) => body["properties"])).toEqual([
      { order_id: "A-1", total: 119.8, currency: "EUR", products: [{ product_id: "B42", name: "Boots", quantity: 1, price: 99.9 }, { product_id: "S1", name: "Socks", quantity: 2, price: 9.95 }] },
      { order_id: "A-2", total: 25, currency: "EUR", products: [{ product_id: "H1", name: "Hat", quantity: 1, price: 25 }] },
    ]); // prettier-ignore
  });

  test("events keep their time, channel and id, and the other columns are properties", () => {
    const { bodies, header } = bodiesOf("events-csv", "events.csv");
    expect(guessCsv(header!)?.preset.name).toBe("events-csv");
    expect(bodies).toEqual([
      { type: "track", event: "Trial Started", messageId: "e-1", userId: "u-7", timestamp: "2024-02-01T10:00:00.000Z", properties: { plan: "pro" }, context: { library, channel: "web" } },
      { type: "track", event: "Call Booked", messageId: "e-2", userId: "u-7", timestamp: "2024-02-03T10:00:00.000Z", properties: {}, context: { library, channel: "phone" } },
    ]); // prettier-ignore
  });

  test("a list of people is read whatever the columns are called", () => {
    const { bodies, header } = bodiesOf("customers-csv", "customers.csv");
    expect(guessCsv(header!)?.preset.name).toBe("customers-csv");
    expect(bodies[0]).toMatchObject({
      type: "identify",
      traits: { firstName: "Ada", lastName: "Lovelace", email: "ADA@example.com", phone: "+44 20 7946 0958", address: { city: "London" }, "Lead Score": "42" },
      context: { externalIds: externalIds(["email", "ADA@example.com"], ["phone", "+44 20 7946 0958"], ["external_id", "c-9"]) },
    }); // prettier-ignore
  });

  test("Segment's archives keep the time they were corrected to, then and not now", () => {
    const { bodies } = bodiesOf("segment-ndjson", "segment.ndjson");
    expect(guessNdjson(bodies[0]!)?.name).toBe("segment-ndjson");
    expect(bodies[0]).toEqual({
      type: "track",
      event: "Signed Up",
      userId: "u-1",
      messageId: "m-1",
      timestamp: "2021-03-01T10:00:02.000Z",
    });
    expect(bodies[1]).toMatchObject({
      timestamp: "2021-03-01T11:00:02.000Z",
      messageId: expect.stringMatching(/^import-/),
    });
    expect(bodies[1]).not.toHaveProperty("sentAt");
  });

  test("our own export is read back", () => {
    const { bodies } = bodiesOf("throughline-ndjson", "throughline.ndjson");
    expect(bodies[0]).toEqual({
      type: "page", messageId: "m-9", timestamp: "2024-01-01T10:00:00.000Z", userId: "u-1", anonymousId: "a-1", properties: { path: "/boots" },
      context: { locale: "de-DE", channel: "search", touchpoint: "/boots", campaign: { source: "google" }, page: { referrer: "https://www.google.com/" }, externalIds: externalIds(["email", "ada@example.com"]) },
    }); // prettier-ignore
  });

  test("what a preset lacks is said in a sentence", () => {
    for (const preset of PRESETS.filter(({ format }) => format === "csv")) {
      const fitted = preset.fit(["something", "else"]);
      expect(fitted).toMatchObject({ type: "missing", detail: expect.stringMatching(/\.$/) });
    }
    expect(guessCsv(["something", "else"])).toBeNull();
  });
});
