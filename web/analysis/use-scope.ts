/** The scope that the address says, and the reader's day: apart from the bar, for screens that only look. */
import { useEffect, useMemo, useState } from "react";
import { scopeOf, type ScopeAsked, type ScopeSearch } from "./scope.ts";

const EVERY_MS = 60_000;
const midnightNow = (): number => new Date().setHours(0, 0, 0, 0);
/** The midnight with which the reader's day began; another once the day is over. */
export function useToday(): number {
  const [today, setToday] = useState(midnightNow);
  useEffect(() => {
    const timer = setInterval(() => setToday(midnightNow()), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return today;
}

/** The scope as it is asked; the same object until the address or the day changes. */
export function useScope(search: ScopeSearch): ScopeAsked {
  const today = useToday();
  const { days, from, to, segment, channels, account } = search;
  return useMemo(
    () =>
      scopeOf(
        {
          ...(days ? { days } : {}), ...(from ? { from } : {}), ...(to ? { to } : {}),
          ...(segment ? { segment } : {}), ...(channels ? { channels } : {}), ...(account ? { account } : {}),
        },
        today,
      ),
    [days, from, to, segment, channels, account, today],
  ); // prettier-ignore
}
