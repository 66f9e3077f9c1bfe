/** Every endpoint of messages, templates and providers this app uses. Types only, like the rest of the API. */
import type { z } from "zod";
import type { ProviderDraft, TemplateDraft } from "../../src/messages/model.ts";
import type { ProviderView } from "../../src/messages/providers.ts";
import type { MessageReceipt } from "../../src/messages/receipt.ts";
import type { MessageCounts, MessageList, MessageView } from "../../src/messages/routes-outbox.ts";
import type {
  Preview,
  TemplateList,
  TemplateSummary,
  TemplateView,
  VersionList,
} from "../../src/messages/templates-document.ts";
import type { Client } from "../http.ts";

export type Summary = z.infer<typeof TemplateSummary>;
/** What a try of a provider came to. */
export type Tried = {
  readonly outcome: "sent" | "retry" | "failed" | "unknown";
  readonly providerId: string | null;
  readonly detail: string | null;
  readonly tookMs: number;
};
export type MadeProvider = ProviderView & { readonly made: { readonly [name: string]: string } };
type Filter = {
  readonly state?: string | undefined;
  readonly channel?: string | undefined;
  readonly journey?: string | undefined;
  readonly customerId?: string | undefined;
  readonly reason?: string | undefined;
  readonly limit?: number;
  readonly cursor?: string | undefined;
};
type Asked = { readonly customerId?: string | undefined; readonly context?: object };

/** The calls. */
export function messageCalls({ json }: Client) {
  const message = (id: string) => `/v1/messages/${encodeURIComponent(id)}`;
  const template = (id: number) => `/v1/templates/${id}`;
  return {
    messages: (query: Filter, signal?: AbortSignal) => json<MessageList>("/v1/messages", { query, signal }),
    message: (id: string, signal?: AbortSignal) => json<MessageView>(message(id), { signal }),
    receipt: (id: string, signal?: AbortSignal) => json<MessageReceipt>(`${message(id)}/receipt`, { signal }),
    messageCounts: (days: number, signal?: AbortSignal) =>
      json<MessageCounts>("/v1/messages/counts", { query: { days }, signal }),

    templates: (signal?: AbortSignal) => json<z.infer<typeof TemplateList>>("/v1/templates", { signal }),
    template: (id: number, number?: number, signal?: AbortSignal) =>
      json<TemplateView>(template(id), { query: { number }, signal }),
    templateVersions: (id: number, signal?: AbortSignal) =>
      json<z.infer<typeof VersionList>>(`${template(id)}/versions`, { signal }),
    createTemplate: (body: TemplateDraft) => json<TemplateView>("/v1/templates", { method: "POST", body }),
    changeTemplate: (id: number, body: TemplateDraft, ifMatch?: number) =>
      json<TemplateView>(template(id), { method: "PUT", body, ifMatch }),
    deleteTemplate: (id: number) => json<unknown>(template(id), { method: "DELETE" }),
    previewTemplate: (body: Asked & { template: TemplateDraft }, signal?: AbortSignal) =>
      json<Preview>("/v1/templates/preview", { method: "POST", body, signal }),
    testTemplate: (id: number, body: Asked & { to: string }) =>
      json<{ messageId: string }>(`${template(id)}/test`, { method: "POST", body }),

    providers: (signal?: AbortSignal) =>
      json<{ providers: readonly ProviderView[] }>("/v1/providers", { signal }),
    createProvider: (body: ProviderDraft) => json<MadeProvider>("/v1/providers", { method: "POST", body }),
    changeProvider: (id: number, body: ProviderDraft) =>
      json<MadeProvider>(`/v1/providers/${id}`, { method: "PUT", body }),
    deleteProvider: (id: number) => json<unknown>(`/v1/providers/${id}`, { method: "DELETE" }),
    testProvider: (id: number, to: string) =>
      json<Tried>(`/v1/providers/${id}/test`, { method: "POST", body: { to } }),
  };
}
