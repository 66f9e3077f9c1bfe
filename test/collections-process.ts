/** Puts customers together as a decision does and lets them go; prints how many full collections of garbage that took. */
import { PerformanceObserver, constants } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { nothing } from "../src/customers/fold.ts";
import { atomOfRow } from "../src/customers/store.ts";
import { textOf } from "../src/customers/stored.ts";
import { onPage } from "../src/decisions/eligible.ts";
import { Policy, Preferences } from "../src/permission/model.ts";
import { recipientOf } from "../src/permission/recipient.ts";
import { NOBODY } from "../src/segments/force.ts";

const CUSTOMERS = 150_000;
let full = 0;
const seen = new PerformanceObserver((list) => {
  for (const entry of list.getEntries() as unknown as readonly {
    readonly detail: { readonly kind: number };
  }[])
    if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) full++;
});
seen.observe({ entryTypes: ["gc"] });
const known = { ...nothing(), counts: Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`Event ${n}`, [1, n, n] as const])) }; // prettier-ignore
const row = { id: 1, workspace: 1, customer: 1, size: 1, version: 1, identifiers: "[]", apart: "", knowledge: textOf(known), standing: "" }; // prettier-ignore
const [policy, preferences] = [Policy.parse({}), Preferences.parse({})];
let holds = 0;
for (let n = 0; n < CUSTOMERS; n++) {
  const { knowledge } = atomOfRow(row);
  const recipient = recipientOf([knowledge], { address: null, suppressed: null, contacts: [], upcoming: [], preferences, identifiers: [], stock: () => null }); // prettier-ignore
  const visit = { shown: NOBODY, known: NOBODY, recipient, policy, cart: { items: [], updatedAt: null }, recommended: () => [], messages: [] }; // prettier-ignore
  if (onPage(visit).isOnPage && Object.keys(knowledge.traits).length === 0) holds++;
  if (n % 1_000 === 0) await turn();
}
await turn();
process.stdout.write(JSON.stringify({ holds, full }));
