/** What the customer is likely to do next, with why and how sure that is; nothing where nothing may be told. */
import { useId } from "react";
import { useQuery } from "@tanstack/react-query";
import type { CustomerNeeds } from "../../src/needs/document.ts";
import { durationWords } from "../../src/segments/words.ts";
import { useApi } from "../services.tsx";
import { counted } from "../ui/format.ts";
import { Ago } from "../ui/time.tsx";
import classes from "./facts.module.css";

const percent = (ratio: number): string => `${Number((100 * ratio).toPrecision(2))} %`;
const clock = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

function Need({ need }: { need: CustomerNeeds["needs"][number] }) {
  const { name, withinMs, chance, share, reasons, quality } = need;
  return (
    <li>
      <div className={classes["line"]}>
        <span className="wrap">{name}</span>
        <span>{percent(chance)}</span>
      </div>
      <div className={classes["small"]}>
        Within {durationWords(withinMs)}; of all customers {percent(share)}.
      </div>
      <ul className={classes["reasons"]}>
        {reasons.map(({ words, direction }) => (
          <li key={words} className={classes["small"]}>
            {words}: such customers {direction === "more" ? "more" : "less"} often
          </li>
        ))}
      </ul>
      <div
        className={classes["small"]}
        title="The chance that one who did it was told more than one who did not; .5 is a guess"
      >
        Tested on {counted(quality.customers, "customer")}: AUC {quality.auc.toFixed(2)} (
        {quality.aucInterval.low.toFixed(2)} to {quality.aucInterval.high.toFixed(2)}), off by{" "}
        {percent(quality.calibrationError)} on the average
      </div>
    </li>
  );
}

/** The card. */
export function NeedsCard({ customerId }: { customerId: string }) {
  const api = useApi();
  const heading = useId();
  const { data } = useQuery({
    queryKey: ["customer", customerId, "needs"],
    queryFn: ({ signal }) => api.customerNeeds(customerId, signal),
  });
  if (data === undefined || (data.needs.length === 0 && data.hours === null)) return null;
  const { needs, hours, toldAt, detail } = data;
  return (
    <section className={`sheet ${classes["card"]}`} aria-labelledby={heading}>
      <header>
        <h2 id={heading}>Likely next</h2>
        {toldAt !== null && (
          <span className={classes["small"]}>
            <Ago at={toldAt} />
          </span>
        )}
      </header>
      <ul className={classes["list"]}>
        {needs.map((need) => (
          <Need key={need.key} need={need} />
        ))}
        {hours !== null && (
          <li className={classes["small"]}>
            Most likely there around {clock(hours.weekdayHour)} on weekdays and {clock(hours.weekendHour)} at
            weekends, where they are.
          </li>
        )}
        <li className={classes["small"]}>{detail}</li>
      </ul>
    </section>
  );
}
