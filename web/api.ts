/**
 * Every endpoint this app uses, one function each, typed by the schemas the server answers with. Types only: no schema
 * reaches the bundle.
 */
import type { KeyCreated, KeyDraft, KeyList, SessionView, SetUp, SignIn } from "../src/access/model.ts";
import type {
  CustomerDocument,
  CustomerList,
  Identities,
  Timeline,
  Unmerged,
} from "../src/customers/document.ts";
import type { Channel, EventType, RefusalReason } from "../src/events/model.ts";
import type { IdentifierKind } from "../src/identity/model.ts";
import type { Import, Mapping, RefusedRow } from "../src/imports/model.ts";
import type { CustomerNeeds } from "../src/needs/document.ts";
import { catalogueCalls } from "./data/catalogue-calls.ts";
import { deskCalls, deskOwnerCalls } from "./desk/calls.ts";
import { gapCalls } from "./gaps/calls.ts";
import type { Client } from "./http.ts";
import { journeyCalls } from "./journeys/calls.ts";
import { mapCalls } from "./map/calls.ts";
import { messageCalls } from "./messages/calls.ts";
import { resultCalls } from "./results/calls.ts";
import { segmentCalls } from "./segments/calls.ts";

/** GET /auth/session */
export type Session = SessionView;

/** Null where a store cannot be asked. */
type Lag = { readonly lagEvents: number | null; readonly lagMs: number | null };
/** GET /readyz */
export type Readiness = { readonly ready: boolean; readonly worker: Lag; readonly eventLog: Lag };
/** GET /v1/stats */
export type Stats = {
  readonly accepted: number;
  readonly processed: number;
  readonly logged: number;
  readonly duplicates: number;
  readonly replayed: number;
  readonly refused: { readonly [reason: string]: number };
};

/** One event of GET /v1/events/live. */
export type LiveEvent = {
  readonly messageId: string;
  readonly customerId: string | null;
  readonly name: string;
  readonly type: EventType;
  readonly channel: Channel;
  readonly touchpoint: string;
  readonly happenedAt: string;
  readonly receivedAt: string;
  readonly identifiers: readonly { readonly kind: IdentifierKind; readonly value: string }[];
  readonly properties: { readonly [name: string]: unknown };
  readonly traits: { readonly [name: string]: unknown };
};
/** A refusal as the live stream tells it. */
export type LiveRefusal = {
  readonly id: number;
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly messageId: string | null;
};

/** One event that was not taken. */
export type RefusedEvent = {
  readonly id: number;
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly messageId: string | null;
  readonly body: string;
  readonly refusedAt: string;
  readonly replayedAt: string | null;
  readonly key: number | null;
};
export type RefusedList = { readonly refused: readonly RefusedEvent[]; readonly nextCursor: string | null };

/** What replaying one came to: a refusal is an answer, not a fault. */
export type ReplayOutcome =
  | { readonly outcome: "accepted"; readonly id: number; readonly messageId: string }
  | {
      readonly outcome: "refused";
      readonly id: number;
      readonly reason: RefusalReason;
      readonly detail: string;
    }
  | { readonly outcome: "already_replayed"; readonly id: number };
/** What replaying many came to; `more` means older ones were not tried yet. */
export type ReplayedMany = {
  readonly accepted: number;
  readonly refused: number;
  readonly more: boolean;
  readonly nextCursor: string | null;
};

/** GET /v1/imports/presets */
export type Preset = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly format: Mapping["format"];
};
/** How a file is to be read: by a preset, by a mapping, or guessed when neither is named. */
export type Reading = { readonly preset?: string; readonly mapping?: Mapping };
/** POST /v1/imports/preview: what the first rows of a file would become. */
export type Preview = {
  readonly preset: string | null;
  readonly mapping: Mapping;
  readonly header: readonly string[] | null;
  readonly rows: readonly (readonly string[] | { readonly [name: string]: unknown })[];
  readonly events: readonly { readonly [name: string]: unknown }[];
  readonly refused: readonly RefusedRow[];
};

/** Who sent events lately, by key and library. */
export type Source = {
  readonly key: number;
  readonly keyName: string | null;
  readonly library: string;
  readonly channels: readonly string[];
  readonly events30d: number;
  readonly events24h: number;
  readonly lastAt: string | null;
};

/** The app's calls. `signal` cancels a read that nobody waits for any more. */
export function createApi(client: Client) {
  const { json } = client;
  const customer = (id: string) => `/v1/customers/${encodeURIComponent(id)}`;
  return {
    client,
    ...segmentCalls(client),
    ...journeyCalls(client),
    ...messageCalls(client),
    ...mapCalls(client),
    ...gapCalls(client),
    ...catalogueCalls(client),
    ...resultCalls(client),
    ...deskCalls(client),
    ...deskOwnerCalls(client),
    session: (signal?: AbortSignal) => json<Session>("/auth/session", { signal }),
    setup: (body: SetUp) => json<unknown>("/auth/setup", { method: "POST", body }),
    signIn: (body: SignIn) => json<unknown>("/auth/sign-in", { method: "POST", body }),
    signOut: () => json<unknown>("/auth/sign-out", { method: "POST", body: {} }),
    // 503 is an answer here: not ready, and why.
    readiness: (signal?: AbortSignal) => json<Readiness>("/readyz", { signal, answersAt: [503] }),
    stats: (signal?: AbortSignal) => json<Stats>("/v1/stats", { signal }),

    customers: (
      query: { query?: string; limit?: number; cursor?: string | undefined },
      signal?: AbortSignal,
    ) => json<CustomerList>("/v1/customers", { query, signal }),
    customer: (id: string, signal?: AbortSignal) => json<CustomerDocument>(customer(id), { signal }),
    timeline: (
      id: string,
      query: { limit?: number; cursor?: string | undefined; channel?: string | undefined },
      signal?: AbortSignal,
    ) => json<Timeline>(`${customer(id)}/timeline`, { query, signal }),
    customerNeeds: (id: string, signal?: AbortSignal) =>
      json<CustomerNeeds>(`${customer(id)}/needs`, { signal }),
    identities: (id: string, signal?: AbortSignal) =>
      json<Identities>(`${customer(id)}/identities`, { signal }),
    unmerge: (id: string, linkId: number) =>
      json<Unmerged>(`${customer(id)}/unmerge`, { method: "POST", body: { linkId } }),
    relink: (id: string, linkId: number) =>
      json<{ customerId: string }>(`${customer(id)}/relink`, { method: "POST", body: { linkId } }),

    refused: (
      query: { reason?: string; waiting?: string | undefined; limit?: number; cursor?: string | undefined },
      signal?: AbortSignal,
    ) => json<RefusedList>("/v1/refused", { query, signal }),
    replayOne: (id: number, event?: unknown) =>
      json<ReplayOutcome>(`/v1/refused/${id}/replay`, {
        method: "POST",
        body: event === undefined ? {} : { event },
      }),
    replayMany: (body: { reason?: RefusalReason; cursor?: string }) =>
      json<ReplayedMany>("/v1/refused/replay", { method: "POST", body }),

    keys: (signal?: AbortSignal) => json<KeyList>("/v1/keys", { signal }),
    createKey: (body: KeyDraft) => json<KeyCreated>("/v1/keys", { method: "POST", body }),
    revokeKey: (id: number) => json<unknown>(`/v1/keys/${id}`, { method: "DELETE" }),
    imports: (signal?: AbortSignal) => json<{ imports: readonly Import[] }>("/v1/imports", { signal }),
    import: (id: number, signal?: AbortSignal) => json<Import>(`/v1/imports/${id}`, { signal }),
    presets: (signal?: AbortSignal) =>
      json<{ presets: readonly Preset[] }>("/v1/imports/presets", { signal }),
    preview: (body: Reading & { name: string; sample: string }, signal?: AbortSignal) =>
      json<Preview>("/v1/imports/preview", { method: "POST", body, signal }),
    beginImport: (body: Reading & { name: string; sizeBytes: number }) =>
      json<Import>("/v1/imports/begin", { method: "POST", body }),
    sendContent: (id: number, offset: number, content: Blob, signal?: AbortSignal) =>
      json<Import>(`/v1/imports/${id}/content`, { method: "PUT", query: { offset }, content, signal }),
    cancelImport: (id: number) => json<unknown>(`/v1/imports/${id}/cancel`, { method: "POST", body: {} }),
    sources: (signal?: AbortSignal) => json<{ sources: readonly Source[] }>("/v1/sources", { signal }),
  };
}
export type Api = ReturnType<typeof createApi>;
