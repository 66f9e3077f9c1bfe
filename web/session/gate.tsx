/** Who may see what stands behind: sets up the owner at the first run, signs people in, and lets the signed-in through. */
import { Center, Loader } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { createContext, lazy, Suspense, useContext } from "react";
import { type KnownSession, SESSION_KEY, useServices } from "../services.tsx";
import { Fault } from "../ui/notice.tsx";

const Shell = lazy(() =>
  import("../shell/shell.tsx").then(({ Shell: component }) => ({ default: component })),
);
const Doorway = lazy(() =>
  import("./doorway.tsx").then(({ Doorway: component }) => ({ default: component })),
);

/** A session with someone in it. */
export type SignedIn = KnownSession & { readonly user: NonNullable<KnownSession["user"]> };
const SessionContext = createContext<SignedIn | null>(null);

/** The session of the signed-in person. Throws outside of the gate, which is a bug. */
export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (session === null) throw new Error("useSession needs the Gate around it.");
  return session;
}

const waiting = (
  <Center h="100vh">
    <Loader aria-label="Loading" color="var(--link)" type="dots" />
  </Center>
);

/** Where a helpdesk frames the desk: its server signs for the agent, so nobody signs in. */
export const PANEL_PATH = "/desk/panel";

/** The root of every screen. */
export function Gate() {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  return path === PANEL_PATH ? (
    <Suspense fallback={waiting}>
      <Outlet />
    </Suspense>
  ) : (
    <SignedGate />
  );
}

/** The address stays as it is, so that signing in leads to where one wanted to go. */
function SignedGate() {
  const { readSession } = useServices();
  const session = useQuery({
    queryKey: SESSION_KEY,
    queryFn: ({ signal }) => readSession(signal),
    staleTime: 5 * 60_000,
    refetchOnWindowFocus: false,
  });
  if (session.isPending) return waiting;
  const known = session.data;
  if (known === undefined)
    return (
      <Center h="100vh" p="md">
        <Fault fault={session.error} retry={() => void session.refetch()} retrying={session.isFetching} />
      </Center>
    );
  const { user } = known;
  return (
    <Suspense fallback={waiting}>
      {user === null ? (
        <Doorway setup={known.setupNeeded} ended={known.ended} />
      ) : (
        <SessionContext value={{ ...known, user }}>
          <Shell />
        </SessionContext>
      )}
    </Suspense>
  );
}
