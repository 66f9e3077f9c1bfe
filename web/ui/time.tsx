/** A moment on a screen: how long ago, with the exact time to hover over, copied as ISO by machines. */
import { useEffect, useState } from "react";
import { ago, moment } from "./format.ts";

/** The present moment, renewed every `everyMs`. */
function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** "3 min ago". `at` is ISO 8601; null is shown as `never`. */
export function Ago({ at, never = "never" }: { at: string | null; never?: string }) {
  const now = useNow(10_000);
  if (at === null) return <span className="quiet">{never}</span>;
  const instant = Date.parse(at);
  return (
    <time dateTime={at} title={moment(instant)}>
      {ago(instant, now)}
    </time>
  );
}
