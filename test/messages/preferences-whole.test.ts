/** The whole way of a message, on the whole product: rendered, sent, clicked, explained, and ended by the link in it. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Whole, startWhole } from "../http/whole.ts";

let whole: Whole;
beforeAll(async () => {
  whole = await startWhole();
});
afterAll(() => whole.end());

const api = <T>(method: string, path: string, body?: unknown) =>
  whole.ask<T>(whole.first, method, path, body);
const say = async (batch: readonly object[]) => {
  const answer = await fetch(`${whole.address}/v1/batch`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ writeKey: whole.first.writeKey, batch }) }); // prettier-ignore
  await answer.text();
  await whole.drain();
};
type Message = { readonly state: string; readonly reason: string | null; readonly content: { readonly html: string; readonly text: string; readonly subject: string; readonly links: readonly string[] } }; // prettier-ignore
/** The message as it stands when nothing more is to be done with it. */
const settled = async (id: string): Promise<Message> => {
  for (;;) {
    const message = await api<Message>("GET", `/v1/messages/${id}`);
    if (message.state !== "due" && message.state !== "sending") return message;
    await pause(20);
  }
};

test("a customer gets a message that is theirs, sees why, and one click later gets none of the kind any more", async () => {
  await api("PUT", "/v1/policy", { quietHours: [] });
  await api("PUT", "/v1/preference-centre", { postalAddress: "1 High Street" });
  await say([
    { type: "identify", userId: "ann", messageId: "a1", traits: { email: "ann@example.com", firstName: "Ann <b>", color: "{{ links.receipt }}" } },
    { type: "track", userId: "ann", messageId: "a2", event: "Product Added", properties: { product_id: "boot", name: "Trail boots", price: 129.9, currency: "EUR" } },
  ]); // prettier-ignore
  const { id: customerId } = await api<{ id: string }>("GET", "/v1/customers/lookup?kind=user_id&value=ann");
  const { id: template } = await api<{ id: number }>("POST", "/v1/templates", {
    name: "Cart", trackOpens: true,
    content: {
      channel: "email", subject: "{{ customer.traits.firstName }}, {{ vars.n }} left",
      mjml: `<mjml><mj-body><mj-section><mj-column><mj-text>{{ customer.traits.firstName }} {{ customer.traits.color }}</mj-text>
        {% for item in customer.cart.items %}<mj-button href="https://shop.example/{{ item.id }}">{{ item.name }}: {{ item.price | money: item.currency }}</mj-button>{% endfor %}
        </mj-column></mj-section></mj-body></mjml>`,
    },
  }); // prettier-ignore
  const send = (purpose: string) =>
    api<{ id: string }>("POST", "/v1/messages", {
      customerId,
      template,
      purpose,
      context: { vars: { n: 3 } },
    });

  const { id } = await send("marketing");
  const { state, content } = await settled(id);
  expect([state, content.subject, content.links]).toEqual([
    "sent",
    "Ann <b>, 3 left",
    ["https://shop.example/boot"],
  ]);
  expect(content.html).toContain("Ann &lt;b&gt; {{ links.receipt }}");
  expect(content.html).toContain("Trail boots: €129.90");
  expect(content.html).toContain("1 High Street");
  const pathOf = (kind: string) =>
    new URL(new RegExp(`https?://[^\\s"]*/${kind}/[\\w-]+`).exec(content.text)![0]).pathname;

  const click = await fetch(whole.address + pathOf("l"), { redirect: "manual", headers: { "user-agent": "Mozilla/5.0 Firefox/150.0" } }); // prettier-ignore
  expect([click.status, click.headers.get("location")]).toEqual([302, "https://shop.example/boot"]);
  await whole.drain();
  const { events } = await api<{ events: { name: string; channel: string; properties: object }[] }>("GET", `/v1/customers/${customerId}/timeline`); // prettier-ignore
  expect(events).toContainEqual(expect.objectContaining({ name: "$message.clicked", channel: "email", properties: expect.objectContaining({ message: id, bot: false }) })); // prettier-ignore

  const why = await (await fetch(whole.address + pathOf("r"))).text();
  expect(why).toMatch(/Why now\?/);
  const receipt = await api<{ facts: { data: string[]; checks: object[] } }>(
    "GET",
    `/v1/messages/${id}/receipt`,
  );
  expect(receipt.facts.data).toEqual(["customer.cart.items", "customer.traits.color", "customer.traits.firstName", "vars.n"]); // prettier-ignore

  const ended = await fetch(whole.address + pathOf("u"), { method: "POST", redirect: "manual", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "List-Unsubscribe=One-Click" }); // prettier-ignore
  expect([ended.status, ended.headers.get("set-cookie")]).toEqual([200, null]);
  // At once: nothing is waited for between the answer and the next message.
  expect(await settled((await send("marketing")).id)).toMatchObject({
    state: "refused",
    reason: "suppressed",
  });
  expect(await settled((await send("transactional")).id)).toMatchObject({ state: "sent" });

  // The customer comes back by the page, and gets messages again.
  await whole.drain();
  const form = new URLSearchParams([
    ["shown", "email marketing"],
    ["on", "email marketing"],
    ["do", "save"],
  ]);
  const saved = await fetch(whole.address + pathOf("p"), { method: "POST", body: form });
  expect(await saved.text()).toContain("Email, News and offers: on");
  await whole.drain();
  expect(await settled((await send("marketing")).id)).toMatchObject({ state: "sent" });
}, 60_000);
