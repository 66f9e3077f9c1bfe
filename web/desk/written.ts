/** What the story and the forms beside it share: where one writes from, and the story being read anew once it was written. */
import { useQueryClient } from "@tanstack/react-query";

/** Where whoever looks meets the customer: what is written back says so. */
export type WriteChannel = "store" | "support";
/** The story's place in the query cache. */
export const storyKey = (id: string) => ["desk", id] as const;

/** What was written is handled within a moment: the story is read again then, and once more for a busy server. */
const SOON_MS = 400;

/** Has the story read anew once what was written was handled. */
export function useWritten(customerId: string): () => void {
  const queries = useQueryClient();
  return () => {
    for (const ms of [SOON_MS, 4 * SOON_MS])
      setTimeout(() => void queries.invalidateQueries({ queryKey: storyKey(customerId) }), ms);
  };
}
