/** The room where data comes in: events as they arrive, who sends them, files to import, and what was refused. */
import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { useApi } from "../services.tsx";
import { Page } from "../ui/page.tsx";
import { Tabs } from "../ui/tabs.tsx";

/** The counts of the workspace, renewed while someone looks. */
export function useStats(everyMs = 5000) {
  const api = useApi();
  return useQuery({
    queryKey: ["stats"],
    queryFn: ({ signal }) => api.stats(signal),
    refetchInterval: everyMs,
  });
}

/** The frame of the room; the tab stands in the address. */
export function DataScreen() {
  const tabs = [
    { to: "/data/live", label: "Live" },
    { to: "/data/sources", label: "Sources and keys" },
    { to: "/data/import", label: "Import" },
    { to: "/data/refused", label: "Refused" },
    { to: "/data/catalogue", label: "Catalogue" },
  ] as const;
  return (
    <Page
      title="Data"
      intro="Every touchpoint sends its events here. What arrives, who sends it, and what could not be taken."
    >
      <Tabs label="Data" tabs={tabs} />
      <Outlet />
    </Page>
  );
}
