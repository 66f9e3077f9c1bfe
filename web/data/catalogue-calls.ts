/** Every endpoint of the catalogue this app uses. Types only, like the rest of the API. */
import type { z } from "zod";
import type { FeedView, HookView } from "../../src/catalogue/document-sources.ts";
import type { CatalogueCounts, ItemPage } from "../../src/catalogue/document.ts";
import type { Client } from "../http.ts";

/** Which items a list shows. */
export type Only = "all" | "offered" | "inactive" | "out_of_stock";
type Query = { readonly query: string; readonly only: Only; readonly limit: number; readonly cursor: string | undefined }; // prettier-ignore
/** An address that was just made; its secret is told this once. */
export type HookMade = { readonly id: number; readonly url: string; readonly secret: string | null };

/** The calls. */
export function catalogueCalls({ json }: Client) {
  return {
    catalogue: (signal?: AbortSignal) => json<z.infer<typeof CatalogueCounts>>("/v1/catalogue", { signal }),
    items: (query: Query, signal?: AbortSignal) =>
      json<z.infer<typeof ItemPage>>("/v1/catalogue/items", { query, signal }),
    feeds: (signal?: AbortSignal) =>
      json<{ readonly feeds: readonly FeedView[] }>("/v1/catalogue/feeds", { signal }),
    addFeed: (body: { readonly url: string; readonly everyMinutes: number }) =>
      json<{ readonly id: number }>("/v1/catalogue/feeds", { method: "POST", body }),
    readFeed: (id: number) => json<unknown>(`/v1/catalogue/feeds/${id}/read`, { method: "POST", body: {} }),
    removeFeed: (id: number) => json<unknown>(`/v1/catalogue/feeds/${id}`, { method: "DELETE" }),
    catalogueHooks: (signal?: AbortSignal) =>
      json<{ readonly hooks: readonly HookView[] }>("/v1/catalogue/hooks", { signal }),
    addCatalogueHook: (name: string) =>
      json<HookMade>("/v1/catalogue/hooks", { method: "POST", body: { name, kind: "standard" } }),
    removeCatalogueHook: (id: number) => json<unknown>(`/v1/catalogue/hooks/${id}`, { method: "DELETE" }),
  };
}
