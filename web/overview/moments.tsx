/** What happens now: the newest moments as they arrive. */
import { Link } from "@tanstack/react-router";
import { useApi } from "../services.tsx";
import { type LiveRow, useLive } from "../data/stream.ts";
import { ChannelTag } from "../ui/channel.tsx";
import { clockTime, counted } from "../ui/format.ts";
import { about, eventTitle } from "../ui/words.ts";
import classes from "./overview.module.css";

const SHOWN_MAX = 8;

const Line = ({ event }: Extract<LiveRow, { type: "event" }>) => (
  <>
    <span className={classes["time"]}>{clockTime(Date.parse(event.receivedAt))}</span>
    <span className="clip">
      {event.customerId === null ? (
        <strong>{eventTitle(event.name)}</strong>
      ) : (
        <Link to="/customers/$customerId" params={{ customerId: event.customerId }} className="name">
          {eventTitle(event.name)}
        </Link>
      )}{" "}
      <span className="quiet">{about(event)}</span>
    </span>
    <ChannelTag channel={event.channel} />
  </>
);

/** The newest few, and how many since the screen was opened. */
export function LiveMoments() {
  const { client } = useApi();
  const { connection, rows, total, reconnect } = useLive(client, false);
  const events = rows.filter((row) => row.type === "event").slice(0, SHOWN_MAX);
  return (
    <section className="sheet" aria-labelledby="live">
      <header>
        <h2 id="live">
          <span className={classes["pulse"]} data-open={connection.state === "open"} aria-hidden="true" />
          Right now
        </h2>
        <Link to="/data/live" className="link">
          All live events
        </Link>
      </header>
      {connection.state === "broken" && (
        <p className={classes["calm"]} role="status">
          {connection.fault.message}{" "}
          <button type="button" className={classes["again"]} onClick={reconnect}>
            Try again
          </button>
        </p>
      )}
      {events.length === 0 && connection.state !== "broken" && (
        <p className={classes["calm"]}>
          {total > 0
            ? `${counted(total, "event")} since you opened this.`
            : "Moments show here as they arrive."}
        </p>
      )}
      {events.length > 0 && (
        <ol className={classes["moments"]}>
          {events.map((row) => (
            <li key={row.key}>
              <Line {...row} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
