/** What every screen may ask for: the API client, and the query cache's rules. Passed down by context, made once in main.tsx. */
import { QueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext } from "react";
import { type Api, createApi, type Session } from "./api.ts";
import { createClient, Problem } from "./http.ts";

const WORKSPACE_KEY = "throughline.workspace";

/** The session's place in the query cache. */
export const SESSION_KEY = ["session"] as const;
/** What the app knows of its session: the server's answer, and whether it ended while someone was at work. */
export type KnownSession = Session & { readonly ended: boolean };

/** The app's services. */
export type Services = {
  readonly api: Api;
  readonly queries: QueryClient;
  /** Asks for the session and keeps its CSRF token and workspace for the requests that follow. */
  readonly readSession: (signal?: AbortSignal) => Promise<KnownSession>;
  readonly workspaceId: () => number | null;
  /** Turns to another workspace: nothing that was read stays. */
  readonly chooseWorkspace: (id: number) => void;
};

function rememberedWorkspace(): number | null {
  try {
    const id = Number(localStorage.getItem(WORKSPACE_KEY));
    return Number.isInteger(id) && id > 0 ? id : null;
  } catch (refusal) {
    // Storage is off, as in a frame of a browser that refuses it to other sites' frames.
    if (refusal instanceof DOMException) return null;
    throw refusal;
  }
}

/** Makes the services of one page. */
export function createServices(): Services {
  const held: { csrf: string | null; workspaceId: number | null } = {
    csrf: null,
    workspaceId: rememberedWorkspace(),
  };
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, problem) => failures < 2 && problem instanceof Problem && problem.passing,
        retryDelay: (failures) => 500 * 2 ** failures,
        // Only "offline" as the server tells it counts: this server often is on the same machine.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });
  const signedOut = () =>
    queries.setQueryData<KnownSession>(SESSION_KEY, (known) =>
      known?.user ? { ...known, user: null, ended: true } : known,
    );
  const api = createApi(createClient(() => held, signedOut));
  return {
    api,
    queries,
    readSession: async (signal) => {
      const session = await api.session(signal);
      held.csrf = session.csrf;
      if (!session.workspaces.some(({ id }) => id === held.workspaceId))
        held.workspaceId = session.workspaces[0]?.id ?? null;
      return { ...session, ended: false };
    },
    workspaceId: () => held.workspaceId,
    chooseWorkspace: (id) => {
      held.workspaceId = id;
      localStorage.setItem(WORKSPACE_KEY, String(id));
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
    },
  };
}

const ServicesContext = createContext<Services | null>(null);

/** Hands the services down. */
export function ServicesProvider({ services, children }: { services: Services; children: ReactNode }) {
  return <ServicesContext.Provider value={services}>{children}</ServicesContext.Provider>;
}

/** The services. Throws outside of the provider, which is a bug. */
export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === null) throw new Error("useServices needs the ServicesProvider around it.");
  return services;
}
/** The API alone, which is what most screens want. */
export const useApi = (): Api => useServices().api;
