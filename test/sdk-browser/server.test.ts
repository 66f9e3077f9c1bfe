/** The server SDK against the whole platform: typed by its own description, events that arrive once, questions that are answered. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { typesOf } from "../../scripts/openapi-types.ts";
import { ApiFault, type Client, createClient, userTokenOf } from "../../sdk/server/client.ts";
import { isUserToken } from "../../src/messages/inbox-token.ts";
import { type Desk, startDesk } from "../decisions/desk.ts";
import { type Gate, openGate } from "./stage.ts";

let desk: Desk;
let gate: Gate;
const clients: Client[] = [];
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
  gate = await openGate(desk.address);
  await desk.place("home.top", [{ id: "boots", content: { title: "Boots" } }]);
});
afterAll(async () => {
  gate.release();
  for (const client of clients) await client.close();
  await gate.stop();
  await desk.end();
});
beforeEach(() => {
  gate.release();
  gate.seen.length = 0;
});
const clientOf = (more: Partial<Parameters<typeof createClient>[0]> = {}): Client => {
  const { writeKey, secretKey } = desk.first;
  const client = createClient({ host: `${gate.url}/`, writeKey, secretKey, ...more });
  clients.push(client);
  return client;
};
/** The customer known by a user id: named by kind and value, the answer is that customer's document. */
const idOf = async (client: Client, value: string): Promise<string> => {
  const found = await client.ask("GET /v1/customers/lookup", { query: { kind: "user_id", value } });
  if (!("id" in found)) throw new Error("The lookup did not answer a document.");
  return found.id;
};
const idsIn = ({ body }: { readonly body: string }) => (JSON.parse(body) as { batch: { messageId: string }[] }).batch.map(({ messageId }) => messageId); // prettier-ignore

test("the types are those of the API as it is: run `npx tsx scripts/sdk-types.ts` when this fails", async () => {
  expect(await readFile("sdk/server/api.ts", "utf8")).toBe(typesOf(await desk.document()));
});

describe("events from a server", () => {
  test("arrive in batches and are read back by the typed client", async () => {
    const client = clientOf();
    client.identify({ userId: "ann", traits: { email: "ann@example.com" } });
    client.track({ userId: "ann", event: "Order Completed", properties: { order_id: "o1", total: 129 } });
    client.page({ userId: "ann", name: "Boots", properties: { path: "/boots" } });
    client.screen({ userId: "ann", name: "Home" });
    client.group({ userId: "ann", groupId: "acme", traits: { name: "Acme" } });
    client.alias({ userId: "ann", previousId: "ann-before" });
    expect(client.counts()).toEqual({ waiting: 6, sent: 0, lost: 0 });
    await client.flush();
    expect(client.counts()).toEqual({ waiting: 0, sent: 6, lost: 0 });
    expect(gate.seen.map(({ path }) => path)).toEqual(["/v1/batch"]);
    await desk.drain();
    const id = await idOf(client, "ann");
    const { events } = await client.ask("GET /v1/customers/{id}/timeline", { path: { id }, query: { limit: 50 } }); // prettier-ignore
    expect(events.map(({ type }) => type).toSorted()).toEqual(["alias", "group", "identify", "page", "screen", "track"]); // prettier-ignore
  });

  test.each([["away", "away"], ["busy", { status: 503 }], ["not heard", "answer_lost"]] as const)(
    "come once while the server is %s, under the same ids",
    async (_what, fault) => {
      const client = clientOf();
      const userId = `bad day ${_what}`;
      gate.fault = fault;
      const first = gate.next();
      client.track({ userId, event: "Order Completed", properties: { order_id: "o2" } });
      const sent = client.flush();
      const ids = idsIn(await first);
      gate.fault = "none";
      await sent;
      expect(idsIn(gate.seen.at(-1)!)).toEqual(ids);
      expect(client.counts()).toEqual({ waiting: 0, sent: 1, lost: 0 });
      await desk.drain();
      const id = await idOf(client, userId);
      const { events } = await client.ask("GET /v1/customers/{id}/timeline", { path: { id } });
      expect(events).toHaveLength(1);
    },
  ); // prettier-ignore

  test("that are too large or refused are counted and handed back, not sent for ever", async () => {
    const lost: [number, string][] = [];
    const client = clientOf({ onLost: (events, why) => lost.push([events.length, why]) });
    client.track({ userId: "u", event: "Large", properties: { text: "x".repeat(40_000) } });
    gate.fault = { status: 401 };
    client.track({ userId: "u", event: "Refused" });
    await client.flush();
    expect(lost).toEqual([[1, "too_large"], [1, "refused"]]); // prettier-ignore
    expect(client.counts()).toEqual({ waiting: 0, sent: 0, lost: 2 });
  });

  test("that wait are sent when the client is closed, and none is taken afterwards", async () => {
    const client = clientOf();
    client.track({ userId: "closing", event: "Last" });
    await client.close();
    expect(client.counts()).toEqual({ waiting: 0, sent: 1, lost: 0 });
    expect(() => client.track({ userId: "closing", event: "Late" })).toThrow("closed");
  });
});

describe("a question to the API", () => {
  test("that is refused throws the problem the API told", async () => {
    const fault = await clientOf().ask("GET /v1/customers/{id}", { path: { id: "c999999999" } }).catch((thrown: unknown) => thrown); // prettier-ignore
    expect(fault).toBeInstanceOf(ApiFault);
    expect(fault).toMatchObject({
      status: 404,
      code: "not_found",
      message: expect.stringMatching(/customer/),
    });
  });

  test("that changes something is done once, also when its answer was lost and it was asked again", async () => {
    const client = clientOf();
    client.identify({ userId: "bea" });
    await client.flush();
    await desk.drain();
    const customerId = await idOf(client, "bea");
    gate.fault = "answer_lost";
    const lost = gate.next();
    const made = client.ask("POST /v1/tasks", { body: { customerId, title: "Call Bea back" } });
    await lost;
    gate.fault = "none";
    const { id } = await made;
    const { tasks } = await client.ask("GET /v1/tasks");
    expect(tasks.filter(({ title }) => title === "Call Bea back").map((task) => task.id)).toEqual([id]);
  });

  test("puts what it is given into the path and the query as it stands", async () => {
    await clientOf()
      .ask("GET /v1/places/{key}", { path: { key: "a/b?c" } })
      .catch(() => null);
    await clientOf().ask("GET /v1/customers/lookup", { query: { kind: "email", value: "a+b&c@example.com" } }).catch(() => null); // prettier-ignore
    expect(gate.seen.map(({ path }) => path)).toEqual(["/v1/places/a%2Fb%3Fc", "/v1/customers/lookup?kind=email&value=a%2Bb%26c%40example.com"]); // prettier-ignore
  });
});

describe("what to show, asked by a server", () => {
  const question = { userId: "ann", places: ["home.top"] };

  test("is answered for any customer", async () => {
    const [decision] = await clientOf().decide(question, 20_000);
    expect(decision).toMatchObject({ place: "home.top", choice: { id: "boots", content: { title: "Boots" } }, reason: "priority", token: expect.any(String) }); // prettier-ignore
  });

  test("is the default when the answer is late, refused or does not come", async () => {
    const client = clientOf();
    const reasons: string[] = [];
    for (const fault of ["held", "away", { status: 403 }] as const) {
      gate.fault = fault;
      const [decision] = await client.decide(question, fault === "held" ? 50 : 20_000);
      expect(decision).toMatchObject({ place: "home.top", choice: null });
      reasons.push(decision!.reason);
      gate.release();
    }
    expect(reasons).toEqual(["timeout", "unreachable", "refused"]);
  });
});

test("the proof of who is signed in is one that the platform believes, for this name and until its end", async () => {
  const now = Date.now();
  const token = await userTokenOf("a secret", "user_id", "ann/ä", now + 60_000);
  expect(isUserToken("a secret", "user_id", "ann/ä", token, now)).toBe(true);
  expect(isUserToken("a secret", "user_id", "bea", token, now)).toBe(false);
  expect(isUserToken("a secret", "user_id", "ann/ä", token, now + 60_000)).toBe(false);
});
