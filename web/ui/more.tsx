/** The end of a list that may go on: fetches the next page when it comes into view, or when the button is pressed. */
import { Button } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useEffect } from "react";

/** A query of pages. */
type Pages = {
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly fetchNextPage: () => Promise<unknown>;
};
/** "Show more", or a quiet word that this was all. */
export function More({ list, end }: { list: Pages; end: string }) {
  const { hasNextPage: more, isFetchingNextPage: loading, fetchNextPage } = list;
  const { ref, entry } = useIntersection({ rootMargin: "400px" });
  const near = entry?.isIntersecting ?? false;
  useEffect(() => {
    if (near && more && !loading) void fetchNextPage();
  }, [near, more, loading, fetchNextPage]);
  return (
    <div ref={ref} style={{ display: "grid", placeItems: "center", minHeight: 60, padding: "0.75rem" }}>
      {more ? (
        <Button variant="default" size="xs" loading={loading} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      ) : (
        <span className="quiet">{end}</span>
      )}
    </div>
  );
}
