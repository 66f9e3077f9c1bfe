/** The whole platform as the tests of the segments' API ask it: requests, events sent by SDK, rules told shortly. */
import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { SegmentView } from "../../src/segments/document.ts";
import { type Keys, startWhole, type Whole } from "../http/whole.ts";

export const DAY_MS = 86_400_000;
let whole: Whole;
let keys: Keys;
/** The keys of a second workspace. */
export let other: Keys;

export async function start(): Promise<void> {
  whole = await startWhole();
  // Before any request: keys made behind the server's back are known to it within seconds only.
  other = await whole.workspace("Other");
  keys = whole.first;
}
export const end = () => whole.end();

export type Problem = { readonly code: string; readonly detail: string; readonly errors?: readonly { pointer: string; detail: string }[] }; // prettier-ignore

export const ask = <T>(method: string, path: string, body?: unknown, headers = {}, by = keys) =>
  whole.answer<T>(by, method, path, body, headers);
export const get = <T>(path: string) => ask<T>("GET", path);

type Sent = { readonly user: string; readonly event?: string; readonly daysAgo?: number; readonly properties?: object; readonly traits?: object }; // prettier-ignore
export async function send(events: readonly Sent[], by: Keys = keys): Promise<void> {
  const batch = events.map(({ user, event, daysAgo = 0, properties, traits }) => ({
    type: event === undefined ? "identify" : "track", userId: user, timestamp: new Date(Date.now() - daysAgo * DAY_MS - 1000).toISOString(),
    ...(event !== undefined && { event, properties }), ...(traits && { traits }),
  })); // prettier-ignore
  const answer = await fetch(`${whole.address}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${by.writeKey}:`)}` },
    body: JSON.stringify({ batch }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
  await whole.drain();
}

/** Asks until `found` says that it is there. */
export async function until<T>(asked: () => Promise<T>, found: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await asked();
    if (found(value)) return value;
    await pause(20);
  }
}
export const live = (id: number): Promise<SegmentView> =>
  until(async () => (await get<SegmentView>(`/v1/segments/${id}`)).body, ({ state }) => state !== "building"); // prettier-ignore
export const idOf = async (user: string): Promise<string> =>
  (await get<{ id: string }>(`/v1/customers/lookup?kind=user_id&value=${user}`)).body.id;
export const bought = (atLeast = 1, days?: number) => ({
  type: "did", event: "Order Completed", is: { op: "at_least", value: atLeast },
  ...(days !== undefined && { when: { from: { agoMs: days * DAY_MS } } }),
}); // prettier-ignore
export const trait = (name: string, value: string) => ({ type: "trait", name, is: { op: "equals", value } });
export const make = (name: string, rule: unknown) =>
  ask<SegmentView>("POST", "/v1/segments", { name, description: `About ${name}`, rule });
