/** A customer's journeys and messages: where they stand, where they were, what they got and what they did not get, and why. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Mail, Route } from "lucide-react";
import { useState } from "react";
import type { RunView } from "../../src/journeys/document.ts";
import { BLOCKER_WORDS, RUN_WORDS } from "../journeys/words.ts";
import { useApi } from "../services.tsx";
import { moment } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { Ago } from "../ui/time.tsx";
import { MessageTable, useMessages } from "./list.tsx";
import classes from "./messages.module.css";

const route = getRouteApi("/customers/$customerId/messages");

function Run({ run }: { run: RunView }) {
  const waits = run.waitsFor === null ? "" : `, waiting ${BLOCKER_WORDS[run.waitsFor] ?? ""}`;
  return (
    <li>
      <span className="wrap">
        <Link
          to="/journeys/$journeyId"
          params={{ journeyId: String(run.journey.id) }}
          search={run.step === null ? {} : { step: run.step }}
          className="name"
        >
          {run.journey.name}
        </Link>
        <span className={classes["small"]}>
          version {run.version}
          {run.key !== "" && `, for ${run.key}`}, entered <Ago at={run.enteredAt} />
        </span>
      </span>
      <span className={classes["ended"]}>
        {run.state === "running" ? `At ${run.step ?? "its beginning"}${waits}` : RUN_WORDS[run.state]}
        {run.dueAt !== null && run.state === "running" && (
          <span className={classes["small"]}>until {moment(Date.parse(run.dueAt))} at the latest</span>
        )}
        {run.detail !== null && <span className={classes["small"]}>{run.detail}</span>}
      </span>
    </li>
  );
}

function Journeys({ customerId }: { customerId: string }) {
  const api = useApi();
  const runs = useQuery({
    queryKey: ["customer-journeys", customerId],
    queryFn: ({ signal }) => api.customerJourneys(customerId, signal),
    refetchInterval: 10_000,
  });
  return (
    <section className="sheet" aria-labelledby="their-journeys">
      <header>
        <h2 id="their-journeys">Journeys</h2>
      </header>
      {runs.isPending && <Rows rows={3} />}
      {runs.isError && <div className="pad"><Fault fault={runs.error} retry={() => void runs.refetch()} /></div>}
      {runs.data && runs.data.runs.length === 0 && (
        <Empty icon={<Route />} title="In no journey yet">
          <p>Whenever they enter one, it stands here, with where they are in it and how it ended.</p>
        </Empty>
      )}
      {runs.data && runs.data.runs.length > 0 && (
        <ul className={classes["runs"]}>
          {runs.data.runs.map((run) => <Run key={run.id} run={run} />)}
        </ul>
      )}
    </section>
  );
} // prettier-ignore

/** The tab of a customer. */
export function CustomerMessagesTab() {
  const { customerId } = route.useParams();
  const [opened, setOpened] = useState<string | undefined>(undefined);
  const list = useMessages({ customerId });
  return (
    <div className={classes["stack"]}>
      <Journeys customerId={customerId} />
      <section className="sheet" aria-labelledby="their-messages">
        <header>
          <h2 id="their-messages">Messages</h2>
        </header>
        <MessageTable
          list={list}
          label="Messages of this customer"
          whose={false}
          opened={opened}
          onOpen={setOpened}
          empty={
            <Empty icon={<Mail />} title="Nothing was said to them yet">
              <p>What they are sent, and what they are not sent and why, stands here with a receipt each.</p>
            </Empty>
          }
        />
      </section>
    </div>
  );
}
