/** What a message recommends is found when it leaves: real SMTP, a clock that stands. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { NamedDraft } from "../../src/catalogue/model.ts";
import { changeItems, writeItems } from "../../src/catalogue/store.ts";
import { type List, Settings, popularKey } from "../../src/recommendations/model.ts";
import { writeLists } from "../../src/recommendations/store.ts";
import { HOUR_MS, NOON, type Outbox, anOutbox } from "../messages/sending-story.ts";
import { WORKSPACE, eventOf } from "../world.ts";

let outbox: Outbox;
beforeEach(async () => {
  outbox = await anOutbox();
  await outbox.byMail();
  // It is noon: nothing leaves before one.
  await outbox.policy({ quietHours: [{ from: 11 * 60, to: 13 * 60 }] });
  const item = (id: string) => NamedDraft.parse({ id, name: `The ${id}`, priceMinor: 1_000, currency: "EUR", stock: 3 }); // prettier-ignore
  await writeItems(outbox.sql, WORKSPACE, ["boots", "laces", "wax", "tent"].map(item), null, NOON);
  const lists: readonly List[] = [
    { kind: "basket", key: "boots", entries: [["laces", 5, 3, 0.9], ["wax", 4, 2, 0.5]] },
    { kind: "popular", key: popularKey("all", null), entries: [["boots", 9, null, 7], ["tent", 8, null, 6]] },
  ]; // prettier-ignore
  const basis = { settings: Settings.parse({}), asOfAt: NOON, computedAt: NOON, customers: 9, orders: 9, products: 4, lists: 2, tookMs: 1 }; // prettier-ignore
  await writeLists(outbox.sql, WORKSPACE, lists, basis);
});
afterEach(() => outbox.close());

test("a mail that waits recommends what goes with the cart, at the price and with the stock of the moment it leaves", async () => {
  await outbox.meet("ann");
  await outbox.sends([eventOf({ who: ["user_id ann"], name: "Product Added", at: NOON - HOUR_MS, properties: { product_id: "boots", quantity: 1 } })]); // prettier-ignore
  const template = await outbox.aTemplate("Goes with it", {
    channel: "email",
    subject: "{{ recommended.together[0].name }} for {{ recommended.together[0].price }}",
    html: "<p>{% for item in recommended.popular %}[{{ item.name }}: {{ item.why.customers }}]{% endfor %}{{ recommended.next.size }}</p>",
  });
  const id = await outbox.asks("ann", { template });
  const sender = await outbox.sender();
  await outbox.until(sender, [id], ({ state, reason }) => state === "due" && reason === "quiet_hours");
  const changes = [{ id: "laces", stock: 0 }, { id: "wax", priceMinor: 750 }]; // prettier-ignore
  await changeItems(outbox.sql, WORKSPACE, changes, outbox.clock());
  await outbox.passes(HOUR_MS);
  await outbox.until(sender, [id], ({ state }) => state === "sent");
  const [mail] = outbox.mail.received;
  const raw = mail!.bytes.toString("latin1");
  expect(raw).toContain("Subject: The wax for 7.5");
  // The boots lie in the cart, and nothing was bought that anything could come after.
  expect(raw).toContain("[The tent: 8]0");
  expect(outbox.faults).toEqual([]);
});
