/** One message in a drawer: how it stands, what it says, why, and what the provider told later. */
import { Drawer, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { MessageView } from "../../src/messages/routes-outbox.ts";
import { useApi } from "../services.tsx";
import { moment } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { MessageContent } from "./content.tsx";
import classes from "./messages.module.css";
import { Receipt } from "./receipt.tsx";
import { MessageStateWord } from "./state.tsx";
import { channelName, REPORT_WORDS } from "./words.ts";

const when = (at: string | null): string => (at === null ? "–" : moment(Date.parse(at)));

function Facts({ message }: { message: MessageView }) {
  const { customerId, journey, template, step } = message;
  return (
    <dl className={classes["facts"]}>
      <div>
        <dt>To</dt>
        <dd className="wrap">
          <Link to="/customers/$customerId" params={{ customerId }} className="link">
            {message.address ?? customerId}
          </Link>
        </dd>
      </div>
      <div>
        <dt>By</dt>
        <dd>
          {channelName(message.channel)}
          {message.provider !== null && `, ${message.provider}`}
        </dd>
      </div>
      <div>
        <dt>From</dt>
        <dd className="wrap">
          {journey === null ? (
            "No journey"
          ) : (
            <Link
              to="/journeys/$journeyId"
              params={{ journeyId: String(journey.id) }}
              search={step === null ? {} : { step }}
              className="link"
            >
              {journey.name}
            </Link>
          )}
        </dd>
      </div>
      <div>
        <dt>Template</dt>
        <dd className="wrap">{template.name ?? template.id}</dd>
      </div>
      <div>
        <dt>For</dt>
        <dd>{message.purpose}</dd>
      </div>
      <div>
        <dt>Asked for</dt>
        <dd>{when(message.createdAt)}</dd>
      </div>
      <div>
        <dt>{message.settledAt === null ? "Due" : "Settled"}</dt>
        <dd>{when(message.settledAt ?? message.dueAt)}</dd>
      </div>
    </dl>
  );
}

function Reports({ reports }: Pick<MessageView, "reports">) {
  if (reports.length === 0) return null;
  return (
    <section aria-label="What happened to it later">
      <h3>What happened to it later</h3>
      <ul className={classes["checks"]}>
        {reports.map(({ what, at, detail }) => (
          <li key={`${what} ${at}`}>
            <span>
              <strong>{REPORT_WORDS[what] ?? what}</strong> {when(at)}
            </span>
            {detail !== "" && <span className={classes["small"]}>{detail}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

const PARTS = [
  { value: "content", label: "What it says" },
  { value: "receipt", label: "Why: the receipt" },
];

function Shown({ message }: { message: MessageView }) {
  const [part, setPart] = useState(message.content === null ? "receipt" : "content");
  return (
    <div className={classes["drawer"]}>
      <MessageStateWord state={message.state} reason={message.reason} />
      {message.detail !== null && <p>{message.detail}</p>}
      <Facts message={message} />
      <SegmentedControl aria-label="Show" data={PARTS} value={part} onChange={setPart} />
      {part === "receipt" ? (
        <Receipt id={message.id} />
      ) : message.content === null ? (
        <p className="quiet">It was not written yet: what it says is made the moment it may leave.</p>
      ) : (
        <MessageContent content={message.content} />
      )}
      <Reports reports={message.reports} />
    </div>
  );
}

/** The drawer; open while there is an id. */
export function MessageDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const api = useApi();
  const message = useQuery({
    queryKey: ["message", id],
    queryFn: ({ signal }) => api.message(id!, signal),
    enabled: id !== undefined,
  });
  return (
    <Drawer opened={id !== undefined} onClose={onClose} position="right" size="lg" title={<strong>{message.data?.subject ?? "A message"}</strong>}>
      {message.isPending && <Rows rows={5} />}
      {message.isError && <Fault fault={message.error} retry={() => void message.refetch()} />}
      {message.data && <Shown key={message.data.id} message={message.data} />}
    </Drawer>
  );
} // prettier-ignore
