/** What a queued message says and whether it leaves, when price and stock change while it waits: real SMTP, a clock that stands. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NamedDraft } from "../../src/catalogue/model.ts";
import { writeStock } from "../../src/catalogue/stock.ts";
import { changeItems, writeItems } from "../../src/catalogue/store.ts";
import { HOUR_MS, NOON, type Outbox, anOutbox, rests } from "../messages/sending-story.ts";
import { WORKSPACE, eventOf } from "../world.ts";

let outbox: Outbox;
beforeEach(async () => {
  outbox = await anOutbox();
  await outbox.byMail();
  // It is noon: nothing leaves before one.
  await outbox.policy({ quietHours: [{ from: 11 * 60, to: 13 * 60 }], holds: [{ type: "out_of_stock" }] });
  await writeItems(outbox.sql, WORKSPACE, [NamedDraft.parse({ id: "boot-42", name: "Trail boots", priceMinor: 12_000, currency: "EUR", stock: 3 })], null, NOON); // prettier-ignore
});
afterEach(() => outbox.close());

const LETTER = { channel: "email", subject: "{{ item.name }}: {{ item.price | money: item.currency }}", html: "<p>{{ item.name }} cost {{ item.price }}, {{ item.stock }} left.{% for i in customer.cart.items %} In your cart: {{ i.name }} at {{ i.price }}, were {{ i.addedPrice }}.{% endfor %}</p>" }; // prettier-ignore
const about = async (who: string, products: readonly string[], template: number): Promise<string> => {
  const id = await outbox.asks(who, { template });
  await outbox.sql.query("update messages set asked = jsonb_set(asked::jsonb, '{products}', $2::jsonb) where id = $1", [id, JSON.stringify(products)]); // prettier-ignore
  return id;
};
const put = (who: string, price: number) =>
  outbox.sends([eventOf({ who: [`user_id ${who}`], name: "Product Added", at: NOON - HOUR_MS, properties: { product_id: "boot-42", name: "Boots", price, quantity: 1 } })]); // prettier-ignore
const plain = (body: string) => body.replaceAll(/=\r?\n/g, "").replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))); // prettier-ignore

describe("a mail about boots at 120 that waits for the quiet hours to end", () => {
  test("says 99 when the price falls to 99 before it leaves, and how many are left then", async () => {
    await outbox.meet("ann");
    await put("ann", 120);
    const id = await about("ann", ["boot-42"], await outbox.aTemplate("Boots", LETTER));
    const sender = await outbox.sender();
    const [waits] = await outbox.until(sender, [id], ({ state, reason }) => state === "due" && reason === "quiet_hours"); // prettier-ignore
    expect(waits!.dueAt).toBe(NOON + HOUR_MS);
    await changeItems(
      outbox.sql,
      WORKSPACE,
      [{ id: "boot-42", priceMinor: 9_900, stock: 1 }],
      outbox.clock(),
    );
    await outbox.passes(HOUR_MS);
    await outbox.until(sender, [id], ({ state }) => state === "sent");
    const [mail] = outbox.mail.received;
    const text = plain(mail!.body);
    expect(text).toContain("Trail boots cost 99, 1 left.");
    expect(text).toContain("In your cart: Trail boots at 99, were 120.");
    expect(text).not.toContain("cost 120");
    expect(outbox.faults).toEqual([]);
  });

  test("does not leave when the last pair is sold before, and says why", async () => {
    await outbox.meet("ann", "ben");
    const template = await outbox.aTemplate("Boots", LETTER);
    const id = await about("ann", ["boot-42"], template);
    const sender = await outbox.sender();
    await outbox.until(sender, [id], rests(outbox.clock));
    await writeStock(outbox.sql, WORKSPACE, new Map([["boot-42", 0]]), outbox.clock());
    await outbox.passes(HOUR_MS);
    const [row] = await outbox.until(sender, [id], ({ state }) => state !== "due" && state !== "sending");
    expect([row!.state, row!.reason]).toEqual(["refused", "out_of_stock"]);
    expect(outbox.mail.received).toEqual([]);
    // Back in stock, the next one leaves.
    await changeItems(outbox.sql, WORKSPACE, [{ id: "boot-42", stock: 5 }], outbox.clock());
    const next = await about("ben", ["boot-42"], template);
    await outbox.until(sender, [next], ({ state }) => state === "sent");
    expect(plain(outbox.mail.received[0]!.body)).toContain("5 left");
  });

  test("does not leave when the boots are no longer offered", async () => {
    await outbox.meet("ann");
    const id = await about("ann", ["boot-42"], await outbox.aTemplate("Boots", LETTER));
    await outbox.sql.query("update catalogue_items set active = false where workspace = $1", [WORKSPACE]);
    await outbox.passes(HOUR_MS);
    const sender = await outbox.sender();
    const [row] = await outbox.until(sender, [id], ({ state }) => state !== "due" && state !== "sending");
    expect([row!.state, row!.reason]).toEqual(["refused", "out_of_stock"]);
  });
});

describe("a mail about the cart", () => {
  test("reads its items at what they cost now, and without a catalogue at what the event told", async () => {
    await outbox.policy({});
    await outbox.meet("ann");
    await put("ann", 120);
    const template = await outbox.aTemplate("Cart", { channel: "email", subject: "{{ item.name }}", html: "{% for i in items %}{{ i.name }} {{ i.price }}{% endfor %}" }); // prettier-ignore
    const sender = await outbox.sender();
    await outbox.until(sender, [await outbox.asks("ann", { template })], ({ state }) => state === "sent");
    await outbox.sql.query("delete from catalogue_items");
    await outbox.until(sender, [await outbox.asks("ann", { template })], ({ state }) => state === "sent");
    expect(outbox.mail.received.map(({ body }) => /(?:Trail boots|Boots) 120/.exec(plain(body))?.[0])).toEqual(["Trail boots 120", "Boots 120"]); // prettier-ignore
  });
});
