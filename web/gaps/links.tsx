/** The journey that was made from a gap: where to go on with it. */
import { Link } from "@tanstack/react-router";
import { FlaskConical, History, PencilRuler } from "lucide-react";
import classes from "./gaps.module.css";

/** Its design, its replay, its results. */
export const JourneyLinks = ({ id }: { id: number }) => {
  const params = { journeyId: String(id) };
  return (
    <nav className={classes["links"]} aria-label="The journey made from it">
      <Link to="/journeys/$journeyId" params={params} className="link"><PencilRuler size={15} aria-hidden="true" /> Design</Link>
      <Link to="/journeys/$journeyId/replay" params={params} className="link"><History size={15} aria-hidden="true" /> Replay over the past</Link>
      <Link to="/journeys/$journeyId/results" params={params} className="link"><FlaskConical size={15} aria-hidden="true" /> Results</Link>
    </nav>
  );
}; // prettier-ignore
