/** Every endpoint of gaps this app uses. Types only, like the rest of the API. */
import type { z } from "zod";
import type { GapChange, GapDetail, GapList, GapsAnswer, GapSearch, GapsQuery, RemedyAsked, RemedyMade } from "../../src/gaps/model.ts"; // prettier-ignore
import type { Client } from "../http.ts";

type Query = Partial<Pick<z.output<typeof GapsQuery>, "state" | "kind" | "limit">>;
/** What POST of a remedy came to. */
export type Made = z.infer<typeof RemedyMade>;

/** The calls. */
export function gapCalls({ json }: Client) {
  const gap = (id: number) => `/v1/gaps/${id}`;
  return {
    gaps: (query: Query, signal?: AbortSignal) =>
      json<z.infer<typeof GapList>>("/v1/gaps", { query, signal }),
    gap: (id: number, signal?: AbortSignal) => json<GapDetail>(gap(id), { signal }),
    searchGaps: (body: z.input<typeof GapSearch>) =>
      json<GapsAnswer>("/v1/gaps/search", { method: "POST", body }),
    changeGap: (id: number, body: z.input<typeof GapChange>) =>
      json<GapDetail>(gap(id), { method: "PUT", body }),
    makeRemedy: (id: number, body: z.input<typeof RemedyAsked>) =>
      json<Made>(`${gap(id)}/remedy`, { method: "POST", body }),
  };
}
