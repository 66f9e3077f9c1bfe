/** What the demo drafts on the sample: one journey, never published, and what its replay over the last months tells. */
import { setTimeout as pause } from "node:timers/promises";
import { JourneyList, JourneyView } from "../journeys/document.ts";
import { type ReplayResult, ReplayView } from "../journeys/replay-model.ts";
import { TemplateView } from "../messages/templates-document.ts";
import type { Client } from "./client.ts";
import { grouped, tableOf } from "./say.ts";

const DAY_MS = 86_400_000;
const POLL_MS = 200;
const PERIOD_MS = 90 * DAY_MS;
const NAME = "Two weeks without a basket";

/** A basket, two weeks without another, one message: in the app, because the sample has no addresses. */
const draftWith = (template: number) => ({
  name: NAME,
  description: "You have not been here for two weeks.",
  entry: { type: "event", event: "Order Completed" },
  reentry: { type: "after", ms: 28 * DAY_MS },
  exits: [{ type: "event", event: "Order Completed" }],
  goal: { when: { type: "event", event: "Order Completed" }, withinMs: 28 * DAY_MS, value: "total" },
  start: "rest",
  steps: {
    rest: { type: "wait", ms: 14 * DAY_MS, next: "remind" },
    remind: { type: "message", channel: "in_app", template, next: null },
  },
});

/** Drafts the journey if it is not there yet, replays it, and tells what came of it. */
export async function replayDraft(client: Client, now: number): Promise<string> {
  const { journeys } = await client.json(JourneyList, "/v1/journeys");
  const journey = journeys.find(({ name }) => name === NAME)?.id ?? (await draft(client));
  const period = { from: new Date(now - PERIOD_MS).toISOString(), to: new Date(now).toISOString() };
  let view = await client.json(ReplayView, "/v1/replays", { method: "POST", body: { journey, ...period } });
  while (view.state === "running") {
    await pause(POLL_MS);
    view = await client.json(ReplayView, `/v1/replays/${view.id}`);
  }
  return view.result ? told(view.result) : `It could not be replayed: ${view.problem ?? view.state}.`;
}

async function draft(client: Client): Promise<number> {
  const content = {
    channel: "in_app",
    title: "We kept your shelf",
    body: "Your last basket is one tap away.",
    place: "inbox",
  };
  const template = await client.json(TemplateView, "/v1/templates", { method: "POST", body: { name: NAME, content } });
  const view = await client.json(JourneyView, "/v1/journeys", { method: "POST", body: { draft: draftWith(template.id) } });
  return view.id;
} // prettier-ignore

function told({ entries, customersEntered, heldOut, messages, conversions, tookMs }: ReplayResult): string {
  const left = messages.reduce((sum, one) => sum + one.left, 0);
  const delayed = messages.reduce((sum, one) => sum + one.delayed, 0);
  const refused = messages.flatMap((one) => one.refused);
  return tableOf([
    ["", "in the last 90 days"],
    [grouped(customersEntered), `customers would have come in (${grouped(entries)} times)`],
    [grouped(heldOut), "times somebody would have been held out, to measure the others against"],
    [grouped(left), `messages would have left, ${grouped(delayed)} of them only after quiet hours`],
    ...refused.map(({ reason, n }) => [grouped(n), `refused: ${reason.replaceAll("_", " ")}`] as const),
    ...(conversions ? [[grouped(conversions.afterMessage.customers), "of those customers came back within four weeks by themselves"] as const] : []),
    ["", `replayed in ${(tookMs / 1000).toFixed(1)} s; nothing was sent`],
  ]);
} // prettier-ignore
