/** Events of our own making: a segment entered, a stage changed, a journey begun. They name their customer, not a sender. */
import { randomUUID } from "node:crypto";
import type { CustomerAtom } from "../customers/store.ts";
import type { Event } from "../events/model.ts";
import type { Instant, JsonObject } from "../values.ts";

/** The `n`-th event of our own of a batch, of the customer of `atom`. */
export function ownEvent(atom: CustomerAtom, name: string, properties: JsonObject, now: Instant, n: number): Event {
  return {
    workspace: atom.workspace, id: nameOfNext(now, n), type: "track", name, happenedAt: now, receivedAt: now, originalAt: null, sentAt: null,
    identifiers: atom.identifiers.slice(0, 1).map(([kind, value]) => ({ kind, value })), channel: "other", touchpoint: name.slice(1).split(".")[0]!,
    properties, key: 0,
  };
} // prettier-ignore

/** A name never given before; of one instant what happened later has the greater one, so that a timeline keeps the order. */
function nameOfNext(now: Instant, n: number): string {
  const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0");
  return `${hex(now, 12)}-${hex(n, 6)}-${randomUUID().slice(-12)}`;
}
