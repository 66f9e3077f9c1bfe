/** Templates over HTTP: versions, what is wrong in them, previews, tests, and who uses them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTemplates } from "../../src/messages/templates.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { type Desk, aDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await aDesk();
  await desk.world.says({
    who: ["user_id ann", "email ann@example.com"], name: "$customer.identified",
    traits: { firstName: "Ann <3", timezone: "America/New_York", locale: "de_DE", nothing: null },
  }, {
    who: ["user_id ann"], name: "Product Added", at: Date.UTC(2026, 5, 1), properties: { product_id: "boot", name: "Trail boots", price: 129.9, currency: "EUR", quantity: 2 },
  }); // prettier-ignore
});
afterAll(() => desk.stop());

let names = 0;
const draftOf = (content: object, more: object = {}) => ({ name: `Template ${++names}`, content, ...more });
const mail = (html: string, more: object = {}) => ({ channel: "email", subject: "Hello", html, ...more });
const make = async (draft: object): Promise<{ id: number; number: number; newest: number }> => {
  const { status, body } = await desk.api("POST", "/v1/templates", draft);
  expect(status, JSON.stringify(body)).toBe(201);
  return body as never;
};

describe("a template", () => {
  test("is made, listed, read and removed", async () => {
    const draft = draftOf(mail("<p>{{ customer.traits.firstName }}</p>"), { description: "For the start" });
    const made = await make(draft);
    expect(made).toMatchObject({ ...draft, number: 1, newest: 1, onMissing: "refuse", fields: ["customer.traits.firstName"], madeBy: "First key" }); // prettier-ignore
    const list = (await desk.api("GET", "/v1/templates")).body as { templates: object[] };
    expect(list.templates).toContainEqual(
      expect.objectContaining({ id: made.id, name: draft.name, channel: "email" }),
    );
    expect((await desk.api("DELETE", `/v1/templates/${made.id}`)).status).toBe(200);
    expect((await desk.api("GET", `/v1/templates/${made.id}`)).status).toBe(404);
    expect((await desk.api("DELETE", `/v1/templates/${made.id}`)).status).toBe(404);
  });

  test("keeps its versions: the newest is sent, the others can be read", async () => {
    const { id } = await make(draftOf(mail("one")));
    const name = `Template ${names}`;
    const changed = await desk.api(
      "PUT",
      `/v1/templates/${id}`,
      { name, content: mail("two") },
      { "if-match": '"1"' },
    );
    expect([changed.status, changed.body.number, changed.headers["etag"]]).toEqual([200, 2, '"2"']);
    // The same once more is no new version.
    expect((await desk.api("PUT", `/v1/templates/${id}`, { name, content: mail("two") })).body.number).toBe(
      2,
    );
    expect((await desk.api("GET", `/v1/templates/${id}?number=1`)).body).toMatchObject({ number: 1, newest: 2, content: { html: "one" } }); // prettier-ignore
    expect((await desk.api("GET", `/v1/templates/${id}/versions`)).body.versions.map((one: { number: number }) => one.number)).toEqual([2, 1]); // prettier-ignore
    const templates = createTemplates(desk.sql);
    expect([(await templates.ready(desk.first.workspace, id)), await templates.ready(desk.first.workspace, id, 1), await templates.ready(desk.first.workspace, id, 3)]).toMatchObject([{ number: 2 }, { number: 1 }, null]); // prettier-ignore
    // The newest is asked for each time: what another process saved is used at once.
    await desk.api("PUT", `/v1/templates/${id}`, { name, content: mail("three") });
    expect(await templates.ready(desk.first.workspace, id)).toMatchObject({ number: 3 });
    expect(await templates.ready((desk.first.workspace + 1) as WorkspaceId, id)).toBeNull();
  });

  test("keeps so many versions and no more", async () => {
    const { id } = await make(draftOf(mail("one")));
    await desk.sql.query("insert into template_versions (template, number, body, made_by, created_at) select template, n, body, made_by, 0 from template_versions, generate_series(2, 500) n where template = $1", [id]); // prettier-ignore
    await desk.api("PUT", `/v1/templates/${id}`, { name: `Template ${names}`, content: mail("two") });
    const { versions } = (await desk.api("GET", `/v1/templates/${id}/versions`)).body as {
      versions: { number: number }[];
    };
    expect([versions.length, versions[0]!.number, versions.at(-1)!.number]).toEqual([500, 501, 2]);
  });

  test("changed by two at once is changed by one: the other is told", async () => {
    const { id } = await make(draftOf(mail("one")));
    const name = `Template ${names}`;
    const all = await Promise.all(["two", "three"].map((html) => desk.api("PUT", `/v1/templates/${id}`, { name, content: mail(html) }, { "if-match": '"1"' }))); // prettier-ignore
    expect(all.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  });

  test("of a name that another has is refused, in big letters too", async () => {
    await make({ name: "The one", content: mail("x") });
    expect((await desk.api("POST", "/v1/templates", { name: "THE ONE", content: mail("x") })).status).toBe(
      409,
    );
  });

  test("that something sends cannot be removed, and it is said what does", async () => {
    const { id } = await make(draftOf(mail("x")));
    desk.uses.set(id, ["the journey Saved cart"]);
    const { status, body } = await desk.api("DELETE", `/v1/templates/${id}`);
    expect([status, body.detail]).toEqual([409, `Template ${id} is used by the journey Saved cart.`]);
    desk.uses.delete(id);
    expect((await desk.api("DELETE", `/v1/templates/${id}`)).status).toBe(200);
  });

  test("that is wrong is refused with every place at once", async () => {
    const liquid = await desk.api("POST", "/v1/templates", draftOf({ channel: "email", subject: "{{ x | shout }}", mjml: "<mjml>\n{% if a %}</mjml>" })); // prettier-ignore
    expect(liquid.status).toBe(422);
    expect(liquid.body.errors).toEqual([
      { pointer: "#/content/subject", detail: expect.stringMatching(/^Line 1, column 1: .*shout/), in: "body" },
      { pointer: "#/content/mjml", detail: expect.stringMatching(/^Line 2, column 1: .*if/), in: "body" },
    ]); // prettier-ignore
    const both = await desk.api(
      "POST",
      "/v1/templates",
      draftOf({ channel: "email", subject: "s", mjml: "<mjml></mjml>", html: "x" }),
    );
    expect([both.status, both.body.errors[0].pointer]).toEqual([422, "#/content/html"]);
    for (const wrong of [
      { channel: "fax" },
      { channel: "sms" },
      { channel: "sms", text: "x", more: 1 },
      null,
    ])
      expect((await desk.api("POST", "/v1/templates", draftOf(wrong as object))).status).toBe(422);
  });
});

describe("a preview", () => {
  const preview = async (content: object, customerId?: string, context: object = {}) => {
    const { status, body } = await desk.api("POST", "/v1/templates/preview", { template: draftOf(content), context, ...(customerId && { customerId }) }); // prettier-ignore
    expect(status, JSON.stringify(body)).toBe(200);
    return body;
  };

  test("shows what a customer would get, with their own data, zone and language", async () => {
    const id = `c${await desk.atomBy("user_id ann")}`;
    const text = "{{ customer.traits.firstName }}: {{ customer.cart.count }} x {{ customer.cart.items[0].name }}, {{ customer.cart.items[0].price | money: customer.cart.items[0].currency }}, {{ '2026-07-01T02:30:00Z' | local_date }}, {{ event.n }}"; // prettier-ignore
    const body = await preview({ channel: "sms", text }, id, { event: { n: 7 } });
    expect(body).toMatchObject({ ok: true, content: { text: "Ann <3: 1 x Trail boots, 129,90 €, 30. Juni 2026, 7" }, sms: { parts: 1, alphabet: "gsm7" }, problems: [] }); // prettier-ignore
  });

  test("works before there is any customer, and shows where its foot leads", async () => {
    const body = await preview(
      mail("<p>{{ customer.traits.firstName }} {{ event.total | money: event.currency }}</p>"),
    );
    expect(body.content.html).toContain("<p>Ann €129.90</p>");
    expect(body.content.html).toContain("https://t.example/u/test");
    expect(body.content.text).toContain("Unsubscribe: https://t.example/u/test");
    for (const kind of ["u", "p", "r"])
      expect((await desk.get(`/${kind}/test`)).body).toContain("This is a test");
  });

  test("tells what is missing or wrong in place of the message", async () => {
    const id = `c${await desk.atomBy("user_id ann")}`;
    expect(await preview({ channel: "sms", text: "a\n{{ customer.traits.nothing }}" }, id)).toMatchObject({ ok: false, content: null, reason: "missing_variable", problems: [{ path: "content/text", line: 2, column: 4 }] }); // prettier-ignore
    expect(await preview({ channel: "sms", text: "{% if %}" })).toMatchObject({
      ok: false,
      problems: [{ path: "content/text", line: 1 }],
    });
    expect(await preview({ channel: "sms", text: "" })).toMatchObject({
      ok: false,
      problems: [{ path: "content/text", line: null }],
    });
  });

  test("of somebody who is not there, or with too much context, is refused; nothing is kept of any", async () => {
    const before = (await desk.api("GET", "/v1/templates")).body.templates.length;
    expect((await desk.api("POST", "/v1/templates/preview", { template: draftOf(mail("x")), customerId: "c99999" })).status).toBe(404); // prettier-ignore
    expect((await desk.api("POST", "/v1/templates/preview", { template: draftOf(mail("x")), context: { a: "x".repeat(20_000) } })).status).toBe(413); // prettier-ignore
    expect((await desk.api("GET", "/v1/templates")).body.templates).toHaveLength(before);
  });

  test("of a saved template is of its newest version, or of the one asked for", async () => {
    const { id } = await make(draftOf({ channel: "sms", text: "one" }));
    await desk.api("PUT", `/v1/templates/${id}`, {
      name: `Template ${names}`,
      content: { channel: "sms", text: "two" },
    });
    expect((await desk.api("POST", `/v1/templates/${id}/preview`, {})).body.content.text).toBe("two");
    expect((await desk.api("POST", `/v1/templates/${id}/preview?number=1`, {})).body.content.text).toBe(
      "one",
    );
    expect((await desk.api("POST", "/v1/templates/99999/preview", {})).status).toBe(404);
  });

  test("of a template in a test is sent with exactly that version, to the address given", async () => {
    const { id } = await make(draftOf({ channel: "sms", text: "one" }));
    const { status, body } = await desk.api("POST", `/v1/templates/${id}/test`, {
      to: "+436601234567",
      context: { vars: { a: 1 } },
    });
    expect([status, body]).toEqual([202, { messageId: "m1" }]);
    expect(desk.tests).toEqual([{ workspace: desk.first.workspace, template: id, number: 1, to: "+436601234567", atom: null, context: { vars: { a: 1 } } }]); // prettier-ignore
    expect((await desk.api("POST", `/v1/templates/${id}/test`, { to: " " })).status).toBe(400);
  });
});

test("all of it is described", async () => {
  const document = (await desk.app.inject({ url: "/openapi.json" })).json() as { paths: object };
  expect(Object.keys(document.paths)).toEqual(expect.arrayContaining(["/v1/templates", "/v1/templates/{id}", "/v1/templates/{id}/versions", "/v1/templates/preview", "/v1/templates/{id}/preview", "/v1/templates/{id}/test", "/v1/messages/{id}/receipt", "/v1/preference-centre", "/v1/customers/{id}/preferences"])); // prettier-ignore
  expect(Object.keys(document.paths).filter((path) => /^\/[ulopr]\//.test(path))).toEqual([]);
});
