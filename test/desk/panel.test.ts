/** The panel in a helpdesk, over HTTP: its signed request opens one customer for one agent, once; anything else opens nothing. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeskView, PanelOpened } from "../../src/desk/model.ts";
import { type Keys, type Whole, startWholeOfTwo } from "../http/whole.ts";
import { signWith, signedFor } from "./helpdesk.ts";
import { deskOf } from "./stage.ts";

let [whole, first, other] = [] as unknown as [Whole, Keys, Keys];
type Panel = { readonly id: number; readonly secret: string };
let [panel, theirs] = [] as unknown as [Panel, Panel];
let [ann, bob] = ["", ""];
beforeAll(async () => {
  ({ whole, first, other } = await startWholeOfTwo());
  const draft = { name: "Helpdesk", origins: ["https://shop.helpdesk.example"] };
  panel = await whole.ask<Panel>(first, "POST", "/v1/desk/panels", draft);
  theirs = await whole.ask<Panel>(other, "POST", "/v1/desk/panels", draft);
  const people = ["ann", "bob"].map((name) => ({ type: "identify", userId: name, traits: { name, email: `${name}@example.com` } })); // prettier-ignore
  await deskOf(whole, first).sends(...people);
  await deskOf(whole, other).sends(...people.slice(0, 1));
  [ann, bob] = await Promise.all(["ann", "bob"].map(async (name) => (await deskOf(whole, first).one({ email: `${name}@example.com` })).id)) as [string, string]; // prettier-ignore
});
afterAll(() => whole.end());

const open = async (token: string) => {
  const answer = await fetch(`${whole.address}/desk/panel/open`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ token }) }); // prettier-ignore
  return { status: answer.status, body: (await answer.json()) as PanelOpened & { detail: string } };
};
const by = async <T>(key: string, method: string, path: string, body?: unknown) => {
  const headers = {
    authorization: `Bearer ${key}`,
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const answer = await fetch(whole.address + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }); // prettier-ignore
  return { status: answer.status, body: (await answer.json()) as T & { detail: string } };
};

describe("a signed request", () => {
  test("opens its customer for its agent: masked, written down, and written back under the agent's name", async () => {
    const { status, body } = await open(signedFor(panel, "ann@example.com"));
    expect([status, body]).toMatchObject([200, { agent: "Cem (cem@helpdesk.example)", customerId: ann }]);
    const story = await by<DeskView>(body.key, "GET", `/v1/customers/${ann}/desk`);
    expect(story.body.who).toMatchObject({ name: "ann", isMasked: true, reach: [{ value: "a•••@example.com" }, {}] }); // prettier-ignore
    expect((await by(body.key, "POST", `/v1/customers/${ann}/notes`, { text: "From the ticket.", channel: "support" })).status).toBe(201); // prettier-ignore
    await whole.drain();
    expect((await deskOf(whole, first).story(ann)).notes).toMatchObject([{ by: "Cem (cem@helpdesk.example)", text: "From the ticket." }]); // prettier-ignore
    const looks = await deskOf(whole, first).looks();
    expect(looks.find(({ who }) => who === `panel ${panel.id}`)).toMatchObject({ name: "Cem (cem@helpdesk.example)", what: "opened", foundBy: ["panel"], customers: [ann] }); // prettier-ignore
  });

  test("shows nobody but its customer, and nothing but the desk", async () => {
    const { key } = (await open(signedFor(panel, "ann@example.com"))).body;
    const refused = [`/v1/customers/${bob}/desk`, "/v1/customers/lookup?q=bob", `/v1/customers/${ann}`, "/v1/customers", "/v1/export/customers", "/v1/keys", "/v1/desk/looks"]; // prettier-ignore
    for (const path of refused) expect([path, (await by(key, "GET", path)).status]).toEqual([path, 403]);
    expect((await by(key, "POST", `/v1/customers/${bob}/notes`, { text: "x" })).status).toBe(403);
  });

  test("opens once, however many try at the same time", async () => {
    const token = signedFor(panel, "ann@example.com");
    const tries = await Promise.all(Array.from({ length: 5 }, () => open(token)));
    expect(tries.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 403, 403, 403, 403]);
    expect((await open(token)).body.detail).toMatch(/used before/);
  });

  const at = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;
  test.each([
    ["that is too old", () => signedFor(panel, "ann@example.com", { iat: at(-300), exp: at(-61) }), /too old/],
    ["from the future", () => signedFor(panel, "ann@example.com", { iat: at(90), exp: at(200) }), /from the future/],
    ["for longer than ten minutes", () => signedFor(panel, "ann@example.com", { exp: at(3_600) }), /longer than 10 minutes/],
    ["for somebody else", () => signedFor(panel, "ann@example.com", { aud: "helpdesk" }), /somebody else/],
    ["with another workspace's secret", () => signedFor({ id: panel.id, secret: theirs.secret }, "ann@example.com"), /another secret/],
    ["of a panel there is not", () => signedFor({ id: 99_999, secret: panel.secret }, "ann@example.com"), /no signed request/],
    ["that says it needs no signature", () => signWith("", { alg: "none", kid: String(panel.id) }, {}), /no signed request/],
    ["without a name of its own", () => signedFor(panel, "ann@example.com", { jti: undefined }), /no signed request/],
    ["that was changed", () => signedFor(panel, "ann@example.com").replace(/\.[^.]+\./, `.${Buffer.from('{"sub":"eve"}').toString("base64url")}.`), /another secret/],
    ["that is none", () => "hello", /no signed request/],
  ])("%s opens nothing", async (_, token, why) => {
    const { status, body } = await open(token());
    expect([status, body.detail]).toEqual([403, expect.stringMatching(why)]);
  }); // prettier-ignore

  test("is believed for a minute after its end and a minute before its time: clocks differ", async () => {
    expect((await open(signedFor(panel, "ann@example.com", { iat: at(-120), exp: at(-50) }))).status).toBe(200); // prettier-ignore
    expect((await open(signedFor(panel, "ann@example.com", { iat: at(50), exp: at(170) }))).status).toBe(200);
  });

  test("of another workspace opens that workspace's customer", async () => {
    const opened = (await open(signedFor(theirs, "ann@example.com"))).body;
    expect(opened.customerId).not.toBe(ann);
    expect((await by(opened.key, "GET", `/v1/customers/${ann}/desk`)).status).toBe(404);
  });

  test("for somebody nobody knows says so, and lets nobody in", async () => {
    expect((await open(signedFor(panel, "eve@example.com"))).body).toMatchObject({ customerId: null, key: "" }); // prettier-ignore
  });
});

test("what a panel opened is closed when the panel is taken away, and a pass that was changed is none", async () => {
  const gone = await whole.ask<Panel>(first, "POST", "/v1/desk/panels", { name: "Old", origins: ["https://old.example"] }); // prettier-ignore
  const { key } = (await open(signedFor(gone, "ann@example.com"))).body;
  const ask = (text: string) => by(text, "GET", `/v1/customers/${ann}/desk`);
  expect((await ask(key)).status).toBe(200);
  expect((await ask(`${key.slice(0, -2)}xx`)).status).toBe(401);
  await whole.ask(first, "DELETE", `/v1/desk/panels/${gone.id}`);
  expect((await ask(key)).status).toBe(401);
  expect((await open(signedFor(gone, "ann@example.com"))).status).toBe(403);
});

test("a panel's secret is told once and lies sealed; its list tells where it may be framed", async () => {
  const list = await whole.ask<{ panels: object[] }>(first, "GET", "/v1/desk/panels");
  expect(list.panels).toMatchObject([{ name: "Helpdesk", origins: ["https://shop.helpdesk.example"] }]);
  expect(JSON.stringify(list)).not.toContain(panel.secret);
  const rows = await whole.stores.sql.query<{ value: string }>("select value from secrets where name = $1", [`desk panel ${panel.id}`]); // prettier-ignore
  expect(rows).toEqual([{ value: expect.stringMatching(/^sealed\.1\./) }]);
});
