/** Every endpoint of journeys this app uses. Types only, like the rest of the API. */
import type {
  BlastRadius,
  DraftChecked,
  FormerRuns,
  JourneyCounts,
  JourneyList,
  JourneyView,
  RunList,
  VersionView,
} from "../../src/journeys/document.ts";
import type { ReplayAsk, ReplayView } from "../../src/journeys/replay-model.ts";
import type { JourneyResults } from "../../src/journeys/results-model.ts";
import type { TryAsk, TryResult } from "../../src/journeys/try.ts";
import type { JourneyDraft } from "../../src/journeys/model.ts";
import type { z } from "zod";
import type { Client } from "../http.ts";

/** What becomes of those in the version before. */
export type Former = z.infer<typeof FormerRuns>;
type Page = { readonly limit?: number; readonly cursor?: string | undefined };

/** A journey to begin with. */
export type Starter = {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  readonly events: readonly string[];
  readonly advice: string;
};

/** The calls. */
export function journeyCalls({ json }: Client) {
  const journey = (id: number) => `/v1/journeys/${id}`;
  return {
    journeys: (signal?: AbortSignal) => json<JourneyList>("/v1/journeys", { signal }),
    journey: (id: number, signal?: AbortSignal) => json<JourneyView>(journey(id), { signal }),
    createJourney: (draft: unknown) => json<JourneyView>("/v1/journeys", { method: "POST", body: { draft } }),
    changeJourney: (id: number, draft: JourneyDraft, ifMatch?: number) =>
      json<JourneyView>(journey(id), { method: "PUT", body: { draft }, ifMatch }),
    deleteJourney: (id: number) => json<unknown>(journey(id), { method: "DELETE" }),
    checkJourney: (draft: unknown, signal?: AbortSignal) =>
      json<DraftChecked>("/v1/journeys/check", { method: "POST", body: { draft }, signal }),
    blastRadius: (id: number, signal?: AbortSignal) =>
      json<BlastRadius>(`${journey(id)}/blast-radius`, { signal }),
    publishJourney: (id: number, body: { formerRuns: Former; draftNo: number }) =>
      json<JourneyView>(`${journey(id)}/publish`, { method: "POST", body }),
    setJourneyState: (id: number, state: "live" | "paused" | "stopped") =>
      json<JourneyView>(`${journey(id)}/state`, { method: "PUT", body: { state } }),
    journeyVersion: (id: number, number: number, against: number | undefined, signal?: AbortSignal) =>
      json<VersionView>(`${journey(id)}/versions/${number}`, { query: { against }, signal }),
    journeyCounts: (
      id: number,
      query: { days?: number | undefined; version?: number | undefined },
      signal?: AbortSignal,
    ) => json<JourneyCounts>(`${journey(id)}/counts`, { query, signal }),
    journeyRuns: (
      id: number,
      query: Page & { step?: string | undefined; state?: string | undefined },
      signal?: AbortSignal,
    ) => json<RunList>(`${journey(id)}/runs`, { query, signal }),
    enterJourney: (id: number, body: { segment: number } | { customerId: string }) =>
      json<{ readonly queued: number }>(`${journey(id)}/runs`, { method: "POST", body }),
    startReplay: (body: ReplayAsk) => json<ReplayView>("/v1/replays", { method: "POST", body }),
    replay: (id: string, signal?: AbortSignal) =>
      json<ReplayView>(`/v1/replays/${encodeURIComponent(id)}`, { signal }),
    cancelReplay: (id: string) =>
      json<ReplayView>(`/v1/replays/${encodeURIComponent(id)}`, { method: "DELETE" }),
    tryJourney: (body: Omit<TryAsk, "traits"> & { traits?: object }, signal?: AbortSignal) =>
      json<TryResult>("/v1/journeys/try", { method: "POST", body, signal }),
    journeyResults: (id: number, query: { version?: number | undefined }, signal?: AbortSignal) =>
      json<z.infer<typeof JourneyResults>>(`${journey(id)}/results`, { query, signal }),
    journeyStarters: (signal?: AbortSignal) =>
      json<{ readonly starters: readonly Starter[] }>("/v1/journeys/starters", { signal }),
    beginJourney: (body: { key: string; site?: string }) =>
      json<JourneyView>("/v1/journeys/starters", { method: "POST", body }),
    scheduledTimes: (cron: string, signal?: AbortSignal) =>
      json<{ problem: string | null; zone: string; times: readonly string[] }>("/v1/journeys/times", {
        query: { cron, n: 3 },
        signal,
      }),
    customerJourneys: (id: string, signal?: AbortSignal) =>
      json<RunList>(`/v1/customers/${encodeURIComponent(id)}/journeys`, { signal }),
  };
}
