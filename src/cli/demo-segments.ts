/** What the demo defines on the sample: stages of a shop, the starting segments, and bands; by the same requests as anybody's. */
import { setTimeout as pause } from "node:timers/promises";
import {
  RfmSuggestion, RfmView, SegmentList, SegmentView, StageCounts, StageStarters, StagesView, Starters,
} from "../segments/document.ts"; // prettier-ignore
import type { Client } from "./client.ts";
import { tableOf } from "./say.ts";

const POLL_MS = 200;
const STAGES = "ecommerce";

/** Defines what is not there yet, waits until it is whole, and tells who is in: a table of segments and one of stages. */
export async function defineSegments(client: Client): Promise<string> {
  const { rfm } = await client.json(RfmView, "/v1/rfm");
  if (rfm === null) {
    const { rfm: suggested } = await client.json(RfmSuggestion, "/v1/rfm/suggest", {
      method: "POST",
      body: {},
    });
    if (suggested) await client.json(RfmView, "/v1/rfm", { method: "PUT", body: suggested });
  }
  const stages = await client.json(StagesView, "/v1/stages");
  if (stages.model === null) {
    const { starters } = await client.json(StageStarters, "/v1/stages/starters");
    const model = starters.find(({ key }) => key === STAGES)?.model;
    await client.json(StagesView, "/v1/stages", { method: "PUT", body: model });
  }
  const { segments: held } = await client.json(SegmentList, "/v1/segments");
  const { starters } = await client.json(Starters, "/v1/segments/starters");
  for (const { name, description, rule } of starters)
    if (!held.some((segment) => segment.name === name))
      await client.json(SegmentView, "/v1/segments", { method: "POST", body: { name, description, rule } });
  return told(client);
}

async function told(client: Client): Promise<string> {
  for (;;) {
    const { segments } = await client.json(SegmentList, "/v1/segments");
    const stages = await client.json(StagesView, "/v1/stages");
    if (segments.some(({ state }) => state === "building") || stages.state === "building") {
      await pause(POLL_MS);
      continue;
    }
    const counts = await client.json(StageCounts, "/v1/stages/counts");
    return [
      tableOf([
        ["customers", "segment"],
        ...segments.map(({ name, members }) => [members ?? 0, name] as const),
      ]),
      "",
      tableOf([
        ["customers", "stage"],
        ...counts.stages.map(({ name, customers }) => [customers, name] as const),
      ]),
    ].join("\n");
  }
}
