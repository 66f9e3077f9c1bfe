/** Every endpoint of the map and of questions this app uses. Types only, like the rest of the API. */
import type { z } from "zod";
import type { MomentGrouping } from "../../src/analysis/model.ts";
import type {
  CompareAnswer,
  CompareRequest,
  ConformanceAnswer,
  ConformanceRequest,
  HelpsAnswer,
  HelpsRequest,
} from "../../src/map/judged-model.ts";
import type {
  MapAnswer,
  MapPart,
  MapRequest,
  PathAnswer,
  PathRequest,
  VariantsAnswer,
  VariantsRequest,
} from "../../src/map/model.ts";
import type { QuestionsAnswer, QuestionsAsked } from "../../src/questions/model.ts";
import type { Client } from "../http.ts";

export type MapAsked = z.input<typeof MapRequest>;
/** A part of the map as a request names it. */
export type PartAsked = z.input<typeof MapPart>;

/** Whether an answer is a kept one that had too little to say. */
function isStaleNothing(known: unknown): boolean {
  const { answer, basis, type } = known as {
    answer?: { type: string };
    basis?: { reused: boolean };
    type?: string;
  };
  return basis?.reused === true && (answer?.type ?? type) === "too_little_data";
}

/** The calls. */
export function mapCalls({ json }: Client) {
  const post = <Answer>(path: string, body: unknown, signal?: AbortSignal, fresh?: true) =>
    json<Answer>(path, { method: "POST", body, signal, query: { fresh: fresh && "true" } });
  const ask =
    <Asked, Answer>(path: string) =>
    async (body: Asked, signal?: AbortSignal): Promise<Answer> => {
      const known = await post<Answer>(path, body, signal);
      // That nothing was there a moment ago says little: what has arrived since is shown at once.
      return isStaleNothing(known) ? post<Answer>(path, body, signal, true) : known;
    };
  return {
    discoverMap: ask<MapAsked, MapAnswer>("/v1/map"),
    mapVariants: ask<z.input<typeof VariantsRequest>, VariantsAnswer>("/v1/map/variants"),
    mapPath: ask<z.input<typeof PathRequest>, PathAnswer>("/v1/map/path"),
    compareMaps: ask<z.input<typeof CompareRequest>, CompareAnswer>("/v1/map/compare"),
    whatHelps: ask<z.input<typeof HelpsRequest>, HelpsAnswer>("/v1/map/helps"),
    conformance: ask<z.input<typeof ConformanceRequest>, ConformanceAnswer>("/v1/map/conformance"),
    questions: ask<z.input<typeof QuestionsAsked>, QuestionsAnswer>("/v1/questions"),
    momentGrouping: (signal?: AbortSignal) => json<MomentGrouping>("/v1/moments/grouping", { signal }),
  };
}
