/** Every endpoint of the desk this app uses; the panel asks the same with a pass of its own. Types only, like the rest of the API. */
import type { z } from "zod";
import type { MemberDraft, MemberView } from "../../src/access/model.ts";
import type { DeskSettings, DeskTaskDone, DeskTaskDraft, DeskView, FoundBy, Lookup, LookList, NoteDraft, PanelDraft, PanelMade, PanelOpened, PanelView, PromiseDraft, PromiseEnd, WrittenBack } from "../../src/desk/model.ts"; // prettier-ignore
import type { Client } from "../http.ts";

/** The calls of whoever stands in front of a customer. */
export function deskCalls({ json }: Client) {
  const customer = (id: string) => `/v1/customers/${encodeURIComponent(id)}`;
  const post = (path: string, body: unknown) => json<WrittenBack>(path, { method: "POST", body });
  return {
    lookup: (q: string, signal?: AbortSignal) => json<Lookup>("/v1/customers/lookup", { query: { q }, signal }), // prettier-ignore
    desk: (id: string, found: FoundBy, signal?: AbortSignal) => json<DeskView>(`${customer(id)}/desk`, { query: { found }, signal }), // prettier-ignore
    addNote: (id: string, body: z.input<typeof NoteDraft>) => post(`${customer(id)}/notes`, body),
    makePromise: (id: string, body: z.input<typeof PromiseDraft>) => post(`${customer(id)}/promises`, body),
    keepPromise: (id: string, body: z.input<typeof PromiseEnd>) => post(`${customer(id)}/promises/kept`, body), // prettier-ignore
    withdrawPromise: (id: string, body: z.input<typeof PromiseEnd>) => post(`${customer(id)}/promises/withdrawn`, body), // prettier-ignore
    addDeskTask: (id: string, body: z.input<typeof DeskTaskDraft>) => post(`${customer(id)}/tasks`, body),
    doDeskTask: (id: string, body: z.input<typeof DeskTaskDone>) => post(`${customer(id)}/tasks/done`, body),
  };
}
export type DeskCalls = ReturnType<typeof deskCalls>;

/** What an owner lays down for the desk, and reads of who looked. */
export function deskOwnerCalls({ json }: Client) {
  return {
    deskSettings: (signal?: AbortSignal) => json<DeskSettings>("/v1/desk/settings", { signal }),
    putDeskSettings: (body: DeskSettings) => json<DeskSettings>("/v1/desk/settings", { method: "PUT", body }),
    people: (signal?: AbortSignal) => json<{ readonly members: readonly MemberView[] }>("/v1/members", { signal }), // prettier-ignore
    addPerson: (body: MemberDraft) => json<MemberView>("/v1/members", { method: "POST", body }),
    changePerson: (id: number, role: MemberView["role"]) => json<MemberView>(`/v1/members/${id}`, { method: "PUT", body: { role } }), // prettier-ignore
    removePerson: (id: number) => json<MemberView>(`/v1/members/${id}`, { method: "DELETE" }),
    panels: (signal?: AbortSignal) => json<{ readonly panels: readonly PanelView[] }>("/v1/desk/panels", { signal }), // prettier-ignore
    addPanel: (body: PanelDraft) => json<z.infer<typeof PanelMade>>("/v1/desk/panels", { method: "POST", body }), // prettier-ignore
    removePanel: (id: number) => json<unknown>(`/v1/desk/panels/${id}`, { method: "DELETE" }),
    looks: (query: { readonly cursor: string | undefined }, signal?: AbortSignal) => json<z.infer<typeof LookList>>("/v1/desk/looks", { query, signal }), // prettier-ignore
  };
}

/** Opens a framed panel with what the helpdesk signed. */
export const openPanel = ({ json }: Client, token: string): Promise<PanelOpened> =>
  json<PanelOpened>("/desk/panel/open", { method: "POST", body: { token } });
