/**
 * The desk in a helpdesk's frame: the customer of its conversation, for the agent its server signed for. It knows no
 * cookie and stores nothing: the signed request is taken out of the address, used once, and what it opened is kept in
 * memory for as long as the frame stands.
 */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { UserX } from "lucide-react";
import { useMemo, useState } from "react";
import type { PanelOpened } from "../../src/desk/model.ts";
import { createClient } from "../http.ts";
import { Loaded } from "../ui/loaded.tsx";
import { Empty } from "../ui/notice.tsx";
import { useTitle } from "../ui/page.tsx";
import { deskCalls, openPanel } from "./calls.ts";
import classes from "./desk.module.css";
import { Story } from "./story.tsx";

const route = getRouteApi("/desk/panel");
const nothing = (): void => undefined;

function Opened({ opened: { key, agent, customerId } }: { opened: PanelOpened }) {
  const calls = useMemo(() => deskCalls(createClient(() => ({ csrf: null, workspaceId: null, bearer: key }), nothing)), [key]); // prettier-ignore
  if (customerId === null)
    return (
      <Empty icon={<UserX />} order={1} title="Nobody is known by this name">
        <p>As soon as an event or an import names them, their story stands here.</p>
      </Empty>
    );
  return (
    <>
      <h1 className="unseen">The customer of this conversation</h1>
      <Story calls={calls} customerId={customerId} found="panel" channel="support" />
      <p className={classes["foot"]}>Shown to {agent}. Every look is written down.</p>
    </>
  );
} // prettier-ignore

/** The panel's page. */
export function PanelScreen() {
  useTitle("Customer");
  // Kept from the address as it was at first: it is taken out of there once it was used.
  const search = route.useSearch();
  const [token] = useState(search.token);
  const [client] = useState(() => createClient(() => ({ csrf: null, workspaceId: null }), nothing));
  const query = useQuery({
    queryKey: ["panel", token],
    queryFn: async () => {
      const opened = await openPanel(client, token ?? "");
      // It is used up: nobody needs to read it in the address any more.
      window.history.replaceState(null, "", "/desk/panel");
      return opened;
    },
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    retry: false,
  });
  return (
    <main className={classes["panel"]}>
      <Loaded query={query} rows={6}>
        {(opened) => <Opened opened={opened} />}
      </Loaded>
    </main>
  );
}
