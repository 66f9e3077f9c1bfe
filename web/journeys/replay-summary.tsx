/** What a replay came to, in words and numbers beside the drawing: who, what, refused why, what happened anyway, stories. */
import { Link } from "@tanstack/react-router";
import { Fragment } from "react";
import type { ReplayResult } from "../../src/journeys/replay-model.ts";
import { channelName, reasonWords } from "../messages/words.ts";
import { count, counted, lasting, moment } from "../ui/format.ts";
import { useDraft } from "./draft.tsx";
import classes from "./replay.module.css";
import { lineOf, REFUSED_WORDS, RUN_WORDS } from "./words.ts";

const share = (ratio: number | null): string => (ratio === null ? "–" : `${(100 * ratio).toFixed(1)} %`);

/** A few numbers with their names, as a list of terms. */
function Numbers({ label, rows }: { label: string; rows: readonly (readonly [name: string, n: string])[] }) {
  if (rows.length === 0) return null;
  return (
    <section aria-label={label}>
      <h3>{label}</h3>
      <dl className={classes["numbers"]}>
        {rows.map(([name, n]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{n}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Messages({ result }: { result: ReplayResult }) {
  const { draft, names } = useDraft();
  if (result.messages.length === 0) return null;
  return (
    <section aria-label="Messages">
      <h3>What they would have got</h3>
      <ul className={classes["messages"]}>
        {result.messages.map(({ step, channel, asked, left, delayed, refused, cancelled, waiting }) => (
          <li key={step}>
            <strong>{draft.steps[step] ? lineOf(draft.steps[step], names) : step}</strong>
            <span>
              {counted(left, channelName(channel).toLowerCase() === "email" ? "email" : "message")} would have
              left, of {count(asked)} asked for
              {delayed > 0 && `, ${count(delayed)} after a delay`}
              {cancelled > 0 && `; ${count(cancelled)} not wanted any more`}
              {waiting > 0 && `; ${count(waiting)} still wait`}.
            </span>
            {refused.map(({ reason, n }) => (
              <span key={reason} className={classes["refused"]}>
                {count(n)} refused: {reasonWords(reason)}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Conversions({ result }: { result: ReplayResult }) {
  const { conversions } = result;
  if (conversions === null)
    return <p className="quiet">The draft has no goal, so nothing is said of who would have reached it anyway.</p>;
  const { afterEntering, afterMessage } = conversions;
  return (
    <section aria-label="What happened anyway">
      <h3>What happened anyway</h3>
      <p>
        <strong>{counted(afterEntering.customers, "customer")}</strong> ({share(afterEntering.ratio)}) reached the goal
        without any message, {count(afterMessage.customers)} of them after one would have left. A journey is worth
        what it adds to this.
      </p>
    </section>
  );
} // prettier-ignore

const BARS_LEAST = 1;
/** How many messages a week customers had, and would have had. */
function Pressure({ pressure }: Pick<ReplayResult, "pressure">) {
  const most = Math.max(BARS_LEAST, ...pressure.map((one) => Math.max(one.before, one.with)));
  if (pressure.every((one) => one.messages === 0 || one.with === 0)) return null;
  return (
    <section aria-label="Contact pressure">
      <h3>Messages in a week</h3>
      <table className={classes["bars"]}>
        <thead>
          <tr>
            <th scope="col">Messages</th>
            <th scope="col">As it was</th>
            <th scope="col">With this journey</th>
          </tr>
        </thead>
        <tbody>
          {pressure.map((one) => (
            <tr key={one.messages}>
              <th scope="row">{one.messages}</th>
              {[one.before, one.with].map((n, i) => (
                <td key={i === 0 ? "before" : "with"}>
                  <span
                    className={classes["bar"]}
                    data-with={i === 1}
                    style={{ width: `${(60 * n) / most}%` }}
                    aria-hidden="true"
                  />
                  {count(n)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const STORIES_OPEN = 1;
function Stories({ stories }: Pick<ReplayResult, "stories">) {
  if (stories.length === 0) return null;
  return (
    <section aria-label="Stories">
      <h3>Some of them, moment by moment</h3>
      {stories.map(({ customerId, lines }, i) => (
        <details key={customerId} className={classes["story"]} open={i < STORIES_OPEN}>
          <summary>
            Customer {customerId}
            <span className="quiet"> {counted(lines.length, "moment")}</span>
          </summary>
          <ol>
            {lines.map(({ at, words }, n) => (
              <Fragment key={`${at} ${n}`}>
                <li>
                  <time dateTime={at}>{moment(Date.parse(at))}</time> {words}
                </li>
              </Fragment>
            ))}
          </ol>
          <Link to="/customers/$customerId" params={{ customerId }} className="link">
            Open the customer
          </Link>
        </details>
      ))}
    </section>
  );
}

/** The summary. */
export function ReplaySummary({ result }: { result: ReplayResult }) {
  const { entries, customersEntered, customersConsidered, heldOut, refusals, ends, sampled, caveats } =
    result;
  return (
    <div className={classes["summary"]}>
      <p className={classes["lead"]}>
        <strong>{counted(customersEntered, "customer")}</strong> would have entered
        {entries !== customersEntered && `, ${count(entries)} times in all`}
        {heldOut > 0 && `; ${count(heldOut)} more would have been held out`}.
        <span className="quiet">
          {" "}
          {count(customersConsidered)} did what lets them in. {count(result.eventsRead)} events read in{" "}
          {lasting(result.tookMs)}.
        </span>
      </p>
      {sampled.words !== null && <p className="quiet">{sampled.words}</p>}
      <Messages result={result} />
      <Numbers
        label="Who would not have come in"
        rows={refusals.map(({ reason, n }) => [REFUSED_WORDS[reason], count(n)] as const)}
      />
      <Numbers
        label="How it would have ended"
        rows={ends.map(({ state, n }) => [RUN_WORDS[state] ?? state, count(n)] as const)}
      />
      <Conversions result={result} />
      <Pressure pressure={result.pressure} />
      <Stories stories={result.stories} />
      {caveats.length > 0 && (
        <section aria-label="What a replay cannot know">
          <h3>What a replay cannot know</h3>
          <ul className={classes["caveats"]}>
            {caveats.map((caveat) => (
              <li key={caveat}>{caveat}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
