/** The end of a list that may go on: fetches the next page when it comes into view, or when the button is pressed. */
import { Button } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import { useEffect } from "react";

type MoreProps = { more: boolean; loading: boolean; onMore: () => void; end: string };
/** "Show more", or a quiet word that this was all. */
export function More({ more, loading, onMore, end }: MoreProps) {
  const { ref, entry } = useIntersection({ rootMargin: "400px" });
  const near = entry?.isIntersecting ?? false;
  useEffect(() => {
    if (near && more && !loading) onMore();
  }, [near, more, loading, onMore]);
  return (
    <div ref={ref} style={{ display: "grid", placeItems: "center", minHeight: 60, padding: "0.75rem" }}>
      {more ? (
        <Button variant="default" size="xs" loading={loading} onClick={onMore}>
          Show more
        </Button>
      ) : (
        <span className="quiet">{end}</span>
      )}
    </div>
  );
}
