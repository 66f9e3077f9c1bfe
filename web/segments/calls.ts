/** Every endpoint of segments, stages, computed traits and bands this app uses. Types only, like the rest of the API. */
import type { NamesSeen } from "../../src/log/names.ts";
import type {
  ComputedTraitList,
  CustomerSegments,
  MemberPage,
  MembershipHistory,
  Overlap,
  RfmAsk,
  RfmSuggestion,
  RfmView,
  RuleChecked,
  RulePreview,
  SegmentHistory,
  SegmentList,
  SegmentView,
  StageCounts,
  StageStarters,
  StagesView,
  Starters,
  WhyAnswer,
} from "../../src/segments/document.ts";
import type {
  ComputedTraitDraft,
  RfmModel,
  Rule,
  SegmentDraft,
  StageModel,
} from "../../src/segments/model.ts";
import type { Client } from "../http.ts";

type Page = { readonly limit?: number; readonly cursor?: string | undefined };

/** The calls. */
export function segmentCalls({ json }: Client) {
  const segment = (id: number) => `/v1/segments/${id}`;
  const ofCustomer = (id: string) => `/v1/customers/${encodeURIComponent(id)}/segments`;
  return {
    names: (signal?: AbortSignal) => json<NamesSeen>("/v1/events/names", { signal }),

    segments: (signal?: AbortSignal) => json<SegmentList>("/v1/segments", { signal }),
    segment: (id: number, signal?: AbortSignal) => json<SegmentView>(segment(id), { signal }),
    createSegment: (body: SegmentDraft) => json<SegmentView>("/v1/segments", { method: "POST", body }),
    changeSegment: (id: number, body: SegmentDraft, ifMatch?: number) =>
      json<SegmentView>(segment(id), { method: "PUT", body, ifMatch }),
    deleteSegment: (id: number) => json<unknown>(segment(id), { method: "DELETE" }),
    checkRule: (rule: unknown, signal?: AbortSignal) =>
      json<RuleChecked>("/v1/segments/check", { method: "POST", body: { rule }, signal }),
    previewRule: (rule: Rule, signal?: AbortSignal) =>
      json<RulePreview>("/v1/segments/preview", { method: "POST", body: { rule }, signal }),
    segmentStarters: (signal?: AbortSignal) => json<Starters>("/v1/segments/starters", { signal }),
    members: (id: number, query: Page, signal?: AbortSignal) =>
      json<MemberPage>(`${segment(id)}/members`, { query, signal }),
    segmentHistory: (id: number, query: { from?: string; to?: string }, signal?: AbortSignal) =>
      json<SegmentHistory>(`${segment(id)}/history`, { query, signal }),
    overlap: (ids: readonly number[], signal?: AbortSignal) =>
      json<Overlap>("/v1/segments/overlap", { query: { ids: ids.join(",") }, signal }),

    customerSegments: (id: string, signal?: AbortSignal) =>
      json<CustomerSegments>(ofCustomer(id), { signal }),
    why: (id: string, of: number, signal?: AbortSignal) =>
      json<WhyAnswer>(`${ofCustomer(id)}/${of}`, { signal }),
    membershipHistory: (id: string, query: Page, signal?: AbortSignal) =>
      json<MembershipHistory>(`${ofCustomer(id)}/history`, { query, signal }),

    stages: (signal?: AbortSignal) => json<StagesView>("/v1/stages", { signal }),
    saveStages: (body: StageModel) => json<StagesView>("/v1/stages", { method: "PUT", body }),
    stageStarters: (signal?: AbortSignal) => json<StageStarters>("/v1/stages/starters", { signal }),
    stageCounts: (signal?: AbortSignal) => json<StageCounts>("/v1/stages/counts", { signal }),

    computedTraits: (signal?: AbortSignal) => json<ComputedTraitList>("/v1/computed-traits", { signal }),
    createComputedTrait: (body: ComputedTraitDraft) =>
      json<unknown>("/v1/computed-traits", { method: "POST", body }),
    deleteComputedTrait: (name: string) =>
      json<unknown>(`/v1/computed-traits/${encodeURIComponent(name)}`, { method: "DELETE" }),

    rfm: (signal?: AbortSignal) => json<RfmView>("/v1/rfm", { signal }),
    saveRfm: (body: RfmModel) => json<RfmView>("/v1/rfm", { method: "PUT", body }),
    suggestRfm: (body: RfmAsk) => json<RfmSuggestion>("/v1/rfm/suggest", { method: "POST", body }),
  };
}
