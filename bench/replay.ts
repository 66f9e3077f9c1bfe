/** Replays of a draft over ten million events of a million customers: how long, and of how many customers. */
import type { ReplayView } from "../src/journeys/replay-model.ts";
import { fillCustomers, onFolder } from "./fill.ts";
import { type Program, SECRET_KEY, startProgram } from "./program.ts";
import { logOf } from "./segments.ts";
import { type Row, atMost } from "./table.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const CUSTOMERS = 1_000_000;
const EVENTS = 10_000_000;
const POLL_MS = 200;

const did = (event: string, least: number, agoMs: number) => ({
  type: "did", event, measure: { of: "count" }, is: { op: "at_least", value: least }, when: { from: { agoMs } },
}); // prettier-ignore
const mail = (next: string | null) => ({ type: "message", channel: "email", template: 1, next });
/** A wait, a choice by history, a message, a wait for an order, a second message. */
const steps = {
  rest: { type: "wait", ms: 4 * HOUR_MS, next: "which" },
  which: { type: "branch", paths: [{ rule: did("Product Viewed", 3, 30 * DAY_MS), next: "first" }], next: "first" },
  first: mail("hope"),
  hope: { type: "wait_until", paths: [{ when: { type: "event", event: "Order Completed" }, next: null }], maxMs: 3 * DAY_MS, next: "second" },
  second: mail(null),
}; // prettier-ignore
const draft = (name: string, event: string, property?: object) => ({
  name, start: "rest", steps, entry: { type: "event", event, where: property ? [property] : [] },
  exits: [{ type: "event", event: "Order Refunded" }],
  goal: { when: { type: "event", event: "Order Completed" }, withinMs: 14 * DAY_MS, value: "total", ends: false },
  reentry: { type: "after", ms: 7 * DAY_MS },
}); // prettier-ignore
const DRAFTS = {
  "entered by an order above 190": draft("Dear", "Order Completed", { property: "total", is: { op: "above", value: 190 } }),
  "entered by any order": draft("Any", "Order Completed"),
  "entered by a page view": draft("View", "Product Viewed"),
}; // prettier-ignore

/** Ten million events replayed over the API. */
export async function replay(folder: string): Promise<readonly Row[]> {
  await onFolder(folder, (sql) => fillCustomers(sql, 0, CUSTOMERS));
  await logOf(folder, "fill", String(EVENTS), String(CUSTOMERS));
  const program = await startProgram(folder);
  try {
    const rows: Row[] = [];
    for (const [what, of] of Object.entries(DRAFTS)) rows.push(await replayed(program, what, of));
    return rows;
  } finally {
    await program.stop();
  }
}

async function ask({ port }: Program, method: string, path: string, body?: object): Promise<ReplayView> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRET_KEY}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as ReplayView;
}

async function replayed(program: Program, what: string, of: object): Promise<Row> {
  const now = Date.now();
  const period = { from: new Date(now - 62 * DAY_MS).toISOString(), to: new Date(now).toISOString() };
  const began = performance.now();
  let view = await ask(program, "POST", "/v1/replays", { draft: of, ...period });
  while (view.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    view = await ask(program, "GET", `/v1/replays/${view.id}`);
  }
  if (!view.result) throw new Error(`${what}: ${view.problem}`);
  const { sampled, entries, eventsRead, messages } = view.result;
  const left = messages.reduce((sum, message) => sum + message.left, 0);
  const count = (n: number): string => n.toLocaleString("en-US");
  return {
    what: `replay of 10 million events: ${what}`, figure: (performance.now() - began) / 1000, unit: "s", budget: atMost(30), scales: true,
    note: `1 in ${sampled.oneIn} customers, ${count(eventsRead)} events read, ${count(entries)} entries, ${count(left)} messages`,
  }; // prettier-ignore
}
