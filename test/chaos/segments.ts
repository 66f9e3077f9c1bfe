/** Segments through the kills: made and changed while everything dies, they end with the members that the log gives. */
import type { Rule } from "../../src/segments/model.ts";
import { ask } from "./platform.ts";

const orders = (measure: "count" | "sum", least: number): Rule => ({
  type: "did", event: "Order Completed", where: [], is: { op: "at_least", value: least },
  measure: measure === "count" ? { of: "count" } : { of: "sum", property: "total" },
}); // prettier-ignore
const DAY_MS = 86_400_000;
const RULES: readonly Rule[] = [
  orders("count", 3),
  orders("sum", 400),
  { type: "not", rule: { type: "did", event: "Product Added", where: [{ property: "product_id", is: { op: "equals", value: "p3" } }], measure: { of: "count" }, is: { op: "at_least", value: 1 } } },
  { type: "without", event: "Product Added", where: [], without: { event: "Order Completed", where: [] }, forMs: DAY_MS },
  { type: "all", rules: [{ type: "trait", name: "plan", is: { op: "at_least", value: 2 } }, orders("count", 1)] },
  { type: "sequence", steps: [{ event: "Product Added", where: [] }, { event: "Order Completed", where: [], withinMs: 3_600_000 }] },
]; // prettier-ignore

type Listed = { readonly id: number; readonly state: string; readonly members: number; readonly rule: Rule };

/** Makes a segment, or gives one another rule. What dies on the way is no fault: it is asked for again in a later round. */
export async function disturbSegments(base: string, random: () => number): Promise<void> {
  const rule = RULES[Math.floor(random() * RULES.length)]!;
  try {
    const { segments } = await ask<{ segments: readonly Listed[] }>(base, "GET", "/v1/segments");
    const name = `chaos ${Math.floor(random() * 1e9)}`;
    if (segments.length < 4) await ask(base, "POST", "/v1/segments", { name, rule });
    else {
      const { id } = segments[Math.floor(random() * segments.length)]!;
      await ask(base, "PUT", `/v1/segments/${id}`, { name, rule });
    }
  } catch {
    // Killed in between, or not yet up again.
  }
}

const WAIT_MS_MAX = 60_000;

/** The segments whose members are not those that the whole log gives, or which are still not built. */
export async function wrongSegments(base: string): Promise<readonly string[]> {
  const deadline = Date.now() + WAIT_MS_MAX;
  for (;;) {
    const { segments } = await ask<{ segments: readonly Listed[] }>(base, "GET", "/v1/segments");
    const wrong: string[] = [];
    for (const { id, state, members, rule } of segments) {
      if (state !== "live") {
        wrong.push(`${id} is ${state}`);
        continue;
      }
      const { count } = await ask<{ count: number }>(base, "POST", "/v1/segments/preview", { rule });
      const listed = await membersOf(base, id);
      if (listed !== count || members !== count)
        wrong.push(`${id}: ${members} counted, ${listed} listed, ${count} by the log: ${JSON.stringify(rule)}`); // prettier-ignore
    }
    if (wrong.length === 0 || Date.now() > deadline) return wrong;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function membersOf(base: string, id: number): Promise<number> {
  let n = 0;
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: { members: readonly unknown[]; nextCursor: string | null } = await ask(base, "GET", `/v1/segments/${id}/members?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`); // prettier-ignore
    n += page.members.length;
    cursor = page.nextCursor;
  }
  return n;
}
