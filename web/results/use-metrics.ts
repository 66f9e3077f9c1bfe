/** Asking for metrics: apart from the screen that lists them, for whoever shows a few. */
import { useQuery } from "@tanstack/react-query";
import { useApi } from "../services.tsx";
import type { MetricsBody } from "./calls.ts";

/** The server keeps an answer for as long as it was dear: asking again costs little. */
const EVERY_MS = 60_000;

/** Answers to a question about metrics; the answer before stays while the next is worked out. */
export function useMetrics(body: MetricsBody) {
  const api = useApi();
  return useQuery({
    queryKey: ["metrics", body],
    queryFn: ({ signal }) => api.metrics(body, signal),
    placeholderData: (before) => before,
    staleTime: EVERY_MS,
    refetchInterval: EVERY_MS,
  });
}
