/** The customer's stage with since when, and the segments at a glance. Asked for once for the head, the aside and the tab. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useApi } from "../services.tsx";
import { plain } from "../ui/format.ts";
import { Ago } from "../ui/time.tsx";
import facts from "./facts.module.css";

/** What the customer belongs to now. */
export function useBelonging(customerId: string) {
  const api = useApi();
  return useQuery({
    queryKey: ["customer", customerId, "segments"],
    queryFn: ({ signal }) => api.customerSegments(customerId, signal),
    refetchInterval: 10_000,
  });
}

/** The stage in words; a dash while the workspace has none. */
export function StageWord({ customerId }: { customerId: string }) {
  const { data } = useBelonging(customerId);
  if (data === undefined) return <span className="quiet">…</span>;
  if (data.stage === null) return <span className="quiet">not set</span>;
  return (
    <>
      {data.stage.name}
      {data.stage.sinceAt !== null && (
        <span className={facts["small"]}>
          {" "}
          since <Ago at={data.stage.sinceAt} />
        </span>
      )}
    </>
  );
}

const SHOWN = 6;
/** The segments as a card beside the story; nothing while there are none. */
export function SegmentsCard({ customerId }: { customerId: string }) {
  const { data } = useBelonging(customerId);
  if (data === undefined || (data.segments.length === 0 && data.computed.length === 0)) return null;
  const rest = data.segments.length - SHOWN;
  return (
    <section className={`sheet ${facts["card"]}`} aria-labelledby="segments-card">
      <header>
        <h2 id="segments-card">Segments</h2>
        <Link to="/customers/$customerId/segments" params={{ customerId }} className="link">
          Why, and history
        </Link>
      </header>
      <ul className={facts["list"]}>
        {data.segments.slice(0, SHOWN).map(({ id, name, sinceAt }) => (
          <li key={id} className={facts["line"]}>
            <Link to="/segments/$segmentId" params={{ segmentId: String(id) }} className="name">
              {name}
            </Link>
            <span className={facts["small"]}>
              <Ago at={sinceAt} />
            </span>
          </li>
        ))}
        {rest > 0 && <li className={facts["small"]}>and {rest} more</li>}
        {data.computed.slice(0, SHOWN).map(({ name, words, value }) => (
          <li key={name} className={facts["line"]}>
            <span className="wrap" title={words}>
              {name}
            </span>
            <span className="wrap">{plain(value)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
