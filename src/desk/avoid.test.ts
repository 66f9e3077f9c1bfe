import { describe, expect, test } from "vitest";
import { fold, nothing } from "../customers/fold.ts";
import type { Event } from "../events/model.ts";
import { Policy, Preferences, type Recipient } from "../permission/model.ts";
import { recipientOf } from "../permission/recipient.ts";
import type { JsonObject, WorkspaceId } from "../values.ts";
import { type InFront, avoidOf } from "./avoid.ts";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const DAY_MS = 86_400_000;
const did = (name: string, daysAgo: number, properties: JsonObject = {}, more: Partial<Event> = {}): Event => ({
  workspace: 1 as WorkspaceId, id: `${name} ${daysAgo}`, type: "track", name, happenedAt: NOW - daysAgo * DAY_MS, receivedAt: NOW, originalAt: null, sentAt: null,
  identifiers: [{ kind: "user_id", value: "ann" }], channel: "web", touchpoint: "/", properties, key: 1, ...more,
}); // prettier-ignore
const bought = (daysAgo: number) => did("Order Completed", daysAgo, { order_id: "o1", total: 1, currency: "EUR", products: [{ product_id: "boots", name: "Boots" }] }); // prettier-ignore

type Known = Partial<Pick<InFront, "channels">> & { readonly policy?: object; readonly stock?: Recipient["stock"] }; // prettier-ignore
function said(events: readonly Event[], { policy = {}, stock = () => null, channels = [] }: Known = {}): readonly string[] {
  const known = events.reduce(fold, nothing());
  const recipient = recipientOf([known], { address: null, suppressed: null, contacts: [], upcoming: [], preferences: Preferences.parse({}), identifiers: [], stock });
  const front: InFront = { recipient, policy: Policy.parse(policy), products: [{ id: "boots", name: "Boots" }, { id: "wax", name: "Wax" }], eventNames: Object.keys(known.counts), channels };
  return avoidOf(front, NOW).map(({ detail }) => detail);
} // prettier-ignore

describe("what not to say", () => {
  test("is nothing where nothing speaks against anything", () => {
    expect(said([did("Product Viewed", 1, { product_id: "boots" })])).toEqual([]);
  });

  test("is what was just bought, for two weeks or as long as the policy says", () => {
    const boots = ["Do not push Boots: they have just bought it. Help with using it instead."];
    expect([said([bought(13)]), said([bought(15)])]).toEqual([boots, []]);
    const policy = { holds: [{ type: "bought_this", withinMs: 20 * DAY_MS }] };
    expect(said([bought(15)], { policy })).toEqual(boots);
    expect(said([bought(5)], { policy: { holds: [{ type: "bought_this", withinMs: DAY_MS }] } })).toEqual([]);
  });

  test("is what cannot be had, by what there is now", () => {
    expect(said([], { stock: (product) => (product === "wax" ? 0 : 3) })).toEqual(["Do not push Wax: it is out of stock."]); // prettier-ignore
  });

  test("is anything to buy while a complaint is open, whatever it is called", () => {
    expect(said([did("complaint_received", 3)])).toEqual(['Sell nothing now: a complaint is not settled. "complaint_received" is not settled yet.']); // prettier-ignore
    expect(said([did("complaint_received", 3), did("Complaint Settled", 1)])).toEqual([]);
  });

  test("is a promise of offers by a channel they said no to, or whose address is dead", () => {
    const no = did("$consent.changed", 1, {}, { consents: [{ channel: "email", purpose: "marketing", answer: "denied", source: "form" } as never] }); // prettier-ignore
    const email = { channel: "email", suppressed: null } as const;
    expect(said([no], { channels: [email] })).toEqual(["Promise no offers by e-mail. The customer said no to messages for marketing by e-mail."]); // prettier-ignore
    expect(said([], { channels: [email] })).toEqual([]);
    expect(said([], { channels: [{ channel: "email", suppressed: "bounced" }] })).toEqual([expect.stringContaining("came back for good")]); // prettier-ignore
    expect(said([], { channels: [{ channel: "sms", suppressed: null }, { channel: "whatsapp", suppressed: null }] })).toEqual(["Promise no offers by text message or WhatsApp: they have not agreed to it."]); // prettier-ignore
  });

  test("heeds neither quiet hours nor caps nor what they said no to elsewhere: they stand there", () => {
    const policy = { quietHours: [{ from: 0, to: 0 }], caps: [{ name: "none", most: 1, over: { ms: DAY_MS } }], sendingWindows: [{ from: 0, to: 1 }] }; // prettier-ignore
    expect(said([], { policy })).toEqual([]);
  });
});
