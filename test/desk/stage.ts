/** A shop with customers of its own for the tests of the desk: events come in as senders send them. */
import { setTimeout as pause } from "node:timers/promises";
import type { DeskView, FoundCustomer, Lookup, LookView, WrittenBack } from "../../src/desk/model.ts";
import type { Answer, Keys, Whole } from "../http/whole.ts";

export const DAY_MS = 86_400_000;
export const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
export const ahead = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** The desk of one workspace over HTTP. */
export function deskOf(whole: Whole, keys: Keys) {
  const sends = async (...batch: object[]): Promise<void> => {
    const answer = await fetch(`${whole.address}/v1/batch`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${keys.writeKey}:`)}` },
      body: JSON.stringify({ batch }),
    });
    if (!answer.ok) throw new Error(`The events were answered ${answer.status}: ${await answer.text()}`);
    await answer.text();
    await whole.drain();
  };
  const path = (query: { readonly [name: string]: string }) => `/v1/customers/lookup?${new URLSearchParams(query).toString()}`; // prettier-ignore
  return {
    sends,
    lookup: (query: { readonly [name: string]: string }) => whole.ask<Lookup>(keys, "GET", path(query)),
    /** The names of who was found, in order. */
    found: async (query: { readonly [name: string]: string }) =>
      (await whole.ask<Lookup>(keys, "GET", path(query))).customers.map(({ name }) => name),
    one: async (query: { readonly [name: string]: string }): Promise<FoundCustomer> => {
      const { customers } = await whole.ask<Lookup>(keys, "GET", path(query));
      if (customers.length !== 1) throw new Error(`${customers.length} were found.`);
      return customers[0]!;
    },
    story: (id: string, found = "") => whole.ask<DeskView>(keys, "GET", `/v1/customers/${id}/desk${found === "" ? "" : `?found=${found}`}`), // prettier-ignore
    write: async (id: string, what: string, body: object): Promise<WrittenBack> => {
      const written = await whole.ask<WrittenBack>(keys, "POST", `/v1/customers/${id}/${what}`, body);
      await whole.drain();
      return written;
    },
    looks: async () => (await whole.ask<{ looks: LookView[] }>(keys, "GET", "/v1/desk/looks")).looks,
  };
}

/** Somebody signed in to the web app, in a role. */
export type Person = { readonly headers: { readonly [name: string]: string } };

/** Makes the owner's account and signs in; the role is set afterwards. */
export async function aPerson(whole: Whole, role: string): Promise<Person> {
  const { origin } = new URL(whole.address);
  const email = "bea@shop.example";
  const made = await fetch(`${whole.address}/auth/setup`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ email, name: "Bea", password: "a long sentence is best" }),
  });
  const { csrf } = (await made.json()) as { csrf: string };
  const cookie = made.headers.getSetCookie().map((one) => one.split(";")[0]!).join("; "); // prettier-ignore
  await whole.stores.sql.query("update members set role = $1", [role]);
  return { headers: { cookie, origin, "x-csrf-token": csrf } };
}

/** Asks as that person. */
export async function asPerson<T>(whole: Whole, { headers }: Person, method: string, path: string, body?: unknown): Promise<Pick<Answer<T>, "status" | "body">> {
  const answer = await fetch(whole.address + path, {
    method, headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) }, ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as T };
} // prettier-ignore

/** Waits until what is asked is as it should be. */
export async function until<T>(asked: () => Promise<T>, isSo: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await asked();
    if (isSo(value)) return value;
    await pause(20);
  }
}
