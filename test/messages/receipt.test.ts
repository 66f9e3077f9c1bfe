/** Receipts: what was written down when it was decided, for the API and in the customer's words. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ReceiptFacts, type ReceiptRow, fieldOf, wordsOf } from "../../src/messages/receipt.ts";
import type { AtomId, WorkspaceId } from "../../src/values.ts";
import { type Desk, aDesk } from "./desk.ts";

const AT = Date.UTC(2026, 4, 3, 14, 5);
const FACTS: ReceiptFacts = ReceiptFacts.parse({
  whyPerson: "You left something in your cart.",
  whyNow: { type: "event", name: "Product Added", at: AT },
  journey: { id: 3, name: "Saved cart <b>", version: 4, step: "reminder" },
  consent: { channel: "email", purpose: "marketing", answer: "granted", source: "preferences", at: AT },
  data: ["customer.traits.firstName", "customer.cart.items", "event.properties.total"],
  alternatives: [{ what: "Welcome, step 2", lostBecause: "it is worth less to you" }],
  checks: [{ rule: "consent", result: "passed" }, { rule: "quiet hours", result: "exempt" }],
}); // prettier-ignore
const row = (more: Partial<ReceiptRow> = {}): ReceiptRow => ({
  id: "m1", atom: 1, channel: "email", template: 1, template_no: 2, purpose: "marketing", state: "sent", reason: null, detail: null, created_at: AT, settled_at: AT, receipt: FACTS, ...more,
}); // prettier-ignore
const said = (more: Partial<ReceiptRow> = {}) =>
  wordsOf(row(more))
    .flatMap(({ sentences }) => sentences)
    .join("\n");

describe("a receipt in words", () => {
  test("answers why this person, why now, by what right, with what, and what was not sent instead", () => {
    expect(wordsOf(row())).toEqual([
      { question: "What became of it?", sentences: ["It was sent as an email on 3 May 2026, 14:05 UTC."] },
      { question: "Why you?", sentences: ["You left something in your cart."] },
      { question: "Why now?", sentences: ["Because of what happened on 3 May 2026, 14:05 UTC: Product Added.", 'It belongs to the plan "Saved cart <b>" (version 4, step reminder).'] },
      { question: "Were we allowed to?", sentences: ["You agreed to marketing messages on 3 May 2026, 14:05 UTC; we know that from your choice in the preference centre.", "Before it left, 2 rules were asked; 1 had nothing against it, and 1 does not apply to messages of this kind."] },
      { question: "What did we use?", sentences: ["The text was written with: first name, items (cart), total (of what happened)."] },
      { question: "What did we not send instead?", sentences: ["Welcome, step 2: it is worth less to you."] },
    ]); // prettier-ignore
  });

  test("says of a message that was refused that it was not sent, and why", () => {
    const words = said({ state: "refused", reason: "cap", detail: "Three messages this week are enough." });
    expect(words).toContain("It was not sent. Three messages this week are enough.");
  });

  test("says so when nobody was asked for consent, and when none was needed", () => {
    expect(said({ receipt: { ...FACTS, consent: null } })).toContain(
      "You had said nothing against messages of this kind (marketing).",
    );
    expect(said({ purpose: "transactional" })).toContain("something you asked us for");
    expect(said({ receipt: { ...FACTS, consent: { ...FACTS.consent!, answer: "denied" } } })).toContain("You had said no to marketing messages"); // prettier-ignore
  });

  test("tells every way a message can come about, and every state, in whole sentences", () => {
    const triggers: ReceiptFacts["whyNow"][] = [
      { type: "event", name: "x", at: AT }, { type: "segment", name: "Loyal", entered: true, at: AT }, { type: "segment", name: "Loyal", entered: false, at: AT },
      { type: "date", trait: "customer.traits.birthday", at: AT }, { type: "schedule", at: AT }, { type: "asked", by: "Ann of support", at: AT },
    ]; // prettier-ignore
    for (const whyNow of triggers)
      for (const state of ["due", "sending", "sent", "refused", "failed", "unknown", "cancelled"] as const)
        for (const sentence of wordsOf(
          row({ state, settled_at: null, receipt: { ...FACTS, whyNow } }),
        ).flatMap(({ sentences }) => sentences))
          // prettier-ignore
          expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  test("calls fields what people call them", () => {
    expect(["customer.traits.firstName", "customer.name", "customer.lastOrder.valueMinor", "event.name", "vars"].map((path) => fieldOf(path))).toEqual(["first name", "name", "value minor (last order)", "name (of what happened)", "vars"]); // prettier-ignore
  });
});

describe("a receipt over HTTP", () => {
  let desk: Desk;
  let ann: AtomId;
  beforeAll(async () => {
    desk = await aDesk();
    await desk.world.says({ who: ["user_id ann", "email ann@example.com"], name: "Signed Up" });
    ann = await desk.atomBy("user_id ann");
  });
  afterAll(() => desk.stop());

  test("has the facts as they were written down, and the words", async () => {
    const { id } = await desk.message(ann, { receipt: FACTS });
    const { status, body } = await desk.api("GET", `/v1/messages/${id}/receipt`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      customerId: `c${ann}`,
      template: { id: 1, number: 2 },
      state: "sent",
      facts: FACTS,
    });
    expect(body.words).toContain("You left something in your cart.");
  });

  test("is not there for another workspace, or without a key", async () => {
    const { id } = await desk.message(ann, { receipt: FACTS }, 2 as WorkspaceId);
    expect((await desk.api("GET", `/v1/messages/${id}/receipt`)).status).toBe(404);
    expect((await desk.get(`/v1/messages/${id}/receipt`)).status).toBe(401);
  });

  test("is a page for whoever holds the link: in plain words, escaped, with ways to act", async () => {
    const { receipt } = await desk.message(ann, { receipt: FACTS, content: { subject: "Your <cart>" } });
    const { status, body, headers } = await desk.get(receipt);
    expect(status).toBe(200);
    expect(body).toContain("You left something in your cart.");
    expect(body).toContain("Saved cart &#60;b&#62;");
    expect(body).toContain("Your &#60;cart&#62;");
    expect(body).not.toMatch(/ann@example\.com|<script|<b>/);
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    for (const [, path] of body.matchAll(/href="(\/[up]\/[^"]+)"/g))
      expect((await desk.get(path!)).status).toBe(200);
    expect([...body.matchAll(/href="\/([up])\//g)].map(([, kind]) => kind)).toEqual(["p", "u"]);
  });

  test("of an order has no way to unsubscribe, and of what was decided before there were receipts says what it can", async () => {
    const { receipt } = await desk.message(ann, {
      purpose: "transactional",
      receipt: { from: "an older release" },
    });
    const { status, body } = await desk.get(receipt);
    expect([status, body.includes("/u/")]).toEqual([200, false]);
    expect(body).toContain("It was sent as an email");
  });

  test("of a link that was altered, or of a message that is gone, is a page that says so", async () => {
    const { receipt, preferences } = await desk.message(ann, { receipt: FACTS });
    for (const url of [`${receipt}A`, preferences.replace("/p/", "/r/"), "/r/x"]) {
      const { status, body } = await desk.get(url);
      expect([status, body.includes("This link does not work")], url).toEqual([404, true]);
    }
    await desk.sql.query("delete from messages");
    expect((await desk.get(receipt)).status).toBe(404);
  });
});
