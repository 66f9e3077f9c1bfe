/** Stores with a workspace, and the map's questions put to them without HTTP. */
import { asked, wholeMap } from "../../src/map/discover.ts";
import { MapQuestion } from "../../src/map/model.ts";
import { MomentGrouping } from "../../src/analysis/model.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";

/** Stores of a test file's own, with workspace 1. */
export async function mapStores() {
  return { ...(await bothStores()), clock: () => Date.UTC(2026, 5, 1) };
}
export type TestStores = Awaited<ReturnType<typeof mapStores>>;

/** A question as it comes by HTTP. */
export const questionOf = (told: { readonly [field: string]: unknown }): MapQuestion =>
  MapQuestion.parse({ scope: { from: "2017-01-01T00:00:00Z", to: "2026-05-01T00:00:00Z" }, ...told });

/** A question made ready. */
export const ready = (stores: TestStores, question: MapQuestion) =>
  asked(stores, 1 as WorkspaceId, question, question.grouping ?? MomentGrouping.parse({}));

/** The whole map of a question. */
export const drawn = async (stores: TestStores, question: MapQuestion, focus: string | null = null) =>
  wholeMap(stores.log, await ready(stores, question), focus);
