/** Whom a batch concerns as far as journeys go: what happened to each, in order, and what of it means what. Pure. */
import type { CustomerAtom } from "../customers/store.ts";
import type { Event } from "../events/model.ts";
import { textOf } from "../segments/compare.ts";
import type { AtomId, JsonObject } from "../values.ts";
import type { Advance, QueuedEntry } from "./advance.ts";
import type { Cause } from "./walk.ts";

export type Concern = {
  readonly happened: { readonly event: Event; readonly atom: AtomId }[];
  readonly entries: QueuedEntry[];
};

/** Names of events that end what a run waits for. */
const SETTLES =
  /^\$(?:message\.(?:sent|refused|failed|unknown)|task\.(?:completed|cancelled)|call\.(?:done|failed))$/;

/** The customers whom the batch concerns, each with what happened to them, in order. */
export function concerned({ journeys, directory, handled, entries, stirred, effects }: Advance): ReadonlyMap<AtomId, Concern> {
  const found = new Map<AtomId, Concern>();
  const of = (customer: AtomId): Concern => {
    const held = found.get(customer) ?? { happened: [], entries: [] };
    found.set(customer, held);
    return held;
  };
  const offer = (event: Event, atom: CustomerAtom) => {
    const force = journeys.of(atom.workspace);
    if (!force) return;
    const moves = directory.membersOf(atom.customer).some(({ standing }) => standing.hasRuns);
    const dated = event.type === "identify" && force.byDate.length > 0;
    // Whom an event before this one lets in may be moved by this one already.
    if (found.has(atom.customer) || moves || dated || force.enteredBy.has(event.name)) of(atom.customer).happened.push({ event, atom: atom.id });
  };
  for (const { event, atom } of handled) offer(event, atom);
  for (const { event, atom } of effects.own) offer(event, directory.atoms.get(atom)!);
  for (const entry of entries) {
    const atom = directory.atoms.get(entry.customer);
    if (atom) of(atom.customer).entries.push(entry);
  }
  for (const id of stirred) {
    const atom = directory.atoms.get(id);
    const force = atom && journeys.of(atom.workspace);
    if (force && (force.byDate.length > 0 || directory.membersOf(atom.customer).some(({ standing }) => standing.hasRuns)))
      of(atom.customer);
  }
  return found;
} // prettier-ignore

/** What an event is to a run: what it waited for came to its end, or something happened. */
export function causeOf(event: Event): Cause {
  // Only what we said ourselves: a sender of events could name them so.
  if (event.key !== 0 || !SETTLES.test(event.name)) return { type: "happened", event };
  const { properties = {} } = event;
  const id = properties["message"] ?? properties["task"] ?? properties["call"];
  const outcome = properties["outcome"] ?? event.name.slice(event.name.indexOf(".") + 1);
  return {
    type: "settled",
    id: textOf(id) ?? "",
    outcome: textOf(outcome) ?? "",
    answer: (properties["answer"] ?? {}) as JsonObject,
  };
}

export function reasonOf(cause: Cause): JsonObject {
  if (cause.type === "happened") return { type: "event", event: cause.event.name, messageId: cause.event.id, at: cause.event.happenedAt }; // prettier-ignore
  return cause.type === "settled"
    ? { type: "settled", id: cause.id, outcome: cause.outcome }
    : { type: cause.type };
}
