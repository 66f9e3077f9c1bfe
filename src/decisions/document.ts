/** Places as the API answers them: schemas, from which the types are inferred. */
import { z } from "zod";
import { PlaceDraft, PlaceKey } from "./model.ts";

export const PlaceView = PlaceDraft.extend({
  key: PlaceKey,
  number: z.int().describe("How many-th version of this place this is"),
  state: z.enum(["building", "live", "failed"]).describe("building: its rules are read from history, and the version before still serves"),
  version: z.int().nullable().describe("The version that serves; null: none does yet"),
  problem: z.string().nullable(),
  changedBy: z.string(),
  changedAt: z.iso.datetime(),
}); // prettier-ignore
export type PlaceView = z.infer<typeof PlaceView>;
export const PlaceList = z.object({ places: z.array(PlaceView) });
