/** Who stands at a step now, for the panel: how many, what they wait for, and a link to them. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JourneyView } from "../../src/journeys/document.ts";
import { useApi } from "../services.tsx";
import { count, counted } from "../ui/format.ts";
import { COUNTS_EVERY_MS } from "./figures.ts";
import classes from "./panel.module.css";
import { BLOCKER_WORDS } from "./words.ts";

const ALL_DAYS = 3_660;

/** Nothing where the step is in no version. */
export function StepPeople({ journey, step }: { journey: JourneyView; step: string }) {
  const api = useApi();
  const counts = useQuery({
    queryKey: ["journey-counts", journey.id, String(ALL_DAYS), journey.version],
    queryFn: ({ signal }) => api.journeyCounts(journey.id, { days: ALL_DAYS }, signal),
    refetchInterval: COUNTS_EVERY_MS,
  });
  const here = counts.data?.steps.find((one) => one.step === step);
  if (!here || here.standing === 0) return null;
  const waits = here.waitsFor.map(
    ({ blocker, n }) => `${count(n)} ${BLOCKER_WORDS[blocker] ?? `for ${blocker}`}`,
  );
  return (
    <div className={classes["group"]}>
      <span>
        <strong>{counted(here.standing, "customer")}</strong> here now
        {waits.length > 0 && `, waiting: ${waits.join(", ")}`}.
      </span>
      {here.standing > 0 && (
        <Link
          to="/journeys/$journeyId/customers"
          params={{ journeyId: String(journey.id) }}
          search={{ step }}
          className="link"
        >
          Who they are
        </Link>
      )}
    </div>
  );
}
