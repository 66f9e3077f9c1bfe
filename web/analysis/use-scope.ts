/** The scope that the address says, and the workspace's day: apart from the bar, for screens that only look. */
import { useEffect, useMemo, useState } from "react";
import { useServices } from "../services.tsx";
import { useSession } from "../session/gate.tsx";
import { dayOf, scopeOf, textOfDay, type ScopeAsked, type ScopeSearch } from "./scope.ts";

const EVERY_MS = 60_000;
/** The zone of the workspace's clock. */
export function useZone(): string {
  const { workspaces } = useSession();
  const id = useServices().workspaceId();
  return (workspaces.find((one) => one.id === id) ?? workspaces[0])?.zone ?? "UTC";
}
/** The midnight with which the workspace's day began; another once the day is over. */
export function useToday(zone: string): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return dayOf(textOfDay(now, zone), zone) ?? now;
}

/** The scope as it is asked; the same object until the address or the day changes. */
export function useScope(search: ScopeSearch): ScopeAsked {
  const zone = useZone();
  const today = useToday(zone);
  const { days, whole, from, to, segment, channels, account } = search;
  return useMemo(
    () =>
      scopeOf(
        {
          ...(days ? { days } : {}), ...(whole ? { whole } : {}), ...(from ? { from } : {}), ...(to ? { to } : {}),
          ...(segment ? { segment } : {}), ...(channels ? { channels } : {}), ...(account ? { account } : {}),
        },
        today,
        zone,
      ),
    [days, whole, from, to, segment, channels, account, today, zone],
  ); // prettier-ignore
}
