/** Events as they arrive: pause, narrow down, open one to see all of it. The first event of a new workspace shows up here. */
import { Button, Drawer, Select, Stack, Text } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Pause, Play, Radio } from "lucide-react";
import { useMemo, useState } from "react";
import type { LiveEvent } from "../api.ts";
import { useApi } from "../services.tsx";
import { ChannelTag } from "../ui/channel.tsx";
import { JsonBlock } from "../ui/code.tsx";
import { FirstEvent } from "../ui/first-event.tsx";
import { count, counted, moment } from "../ui/format.ts";
import { Empty, Fault } from "../ui/notice.tsx";
import { SearchField } from "../ui/search.tsx";
import {
  about,
  CHANNEL_WORDS,
  CHANNELS,
  eventTitle,
  KIND_WORDS,
  REFUSAL_WORDS,
  TYPE_WORDS,
} from "../ui/words.ts";
import { useStats } from "./data.tsx";
import classes from "./live.module.css";
import { type Connection, type LiveRow, ROWS_MAX, useLive } from "./stream.ts";

const route = getRouteApi("/data/live");

const who = ({ identifiers, customerId }: LiveEvent): string => {
  const strongest = identifiers[0];
  if (strongest === undefined) return customerId ?? "";
  return strongest.kind === "anonymous_id"
    ? `Visitor ${customerId ?? strongest.value.slice(0, 8)}`
    : strongest.value;
};
const timeOf = (row: LiveRow): number => (row.type === "event" ? Date.parse(row.event.receivedAt) : row.at);
const seconds = (at: number): string => new Date(at).toLocaleTimeString("en-GB");

/** Whether a row passes the filter; refusals pass unless a channel is asked for. */
export function passes(row: LiveRow, channel: string, name: string): boolean {
  const text =
    row.type === "event"
      ? `${row.event.name} ${eventTitle(row.event.name)}`
      : `refused ${row.refusal.reason}`;
  if (channel !== "" && (row.type === "refused" || row.event.channel !== channel)) return false;
  return name === "" || text.toLowerCase().includes(name.toLowerCase());
}

function Line({ row, onOpen }: { row: LiveRow; onOpen: (event: LiveEvent) => void }) {
  const time = <span className={classes["time"]}>{seconds(timeOf(row))}</span>;
  if (row.type === "refused")
    return (
      <li>
        <Link
          to="/data/refused"
          search={{ reason: row.refusal.reason }}
          className={classes["row"]}
          data-refused="true"
        >
          {time}
          <span className={classes["what"]}>
            <strong>Refused: {REFUSAL_WORDS[row.refusal.reason].label}</strong>{" "}
            <span className="quiet">{row.refusal.detail}</span>
          </span>
        </Link>
      </li>
    );
  const { event } = row;
  return (
    <li>
      <button type="button" className={classes["row"]} onClick={() => onOpen(event)}>
        {time}
        <span className={classes["what"]}>
          <strong>{eventTitle(event.name)}</strong> <span className="quiet">{about(event)}</span>
        </span>
        <span className={classes["who"]}>{who(event)}</span>
        <span className={classes["channel"]}>
          <ChannelTag channel={event.channel} />
        </span>
      </button>
    </li>
  );
}

function EventDrawer({ event, onClose }: { event: LiveEvent | null; onClose: () => void }) {
  return (
    <Drawer
      opened={event !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={<strong>{event && eventTitle(event.name)}</strong>}
    >
      {event && (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {TYPE_WORDS[event.type]}, {moment(Date.parse(event.happenedAt))}
          </Text>
          <ChannelTag channel={event.channel} />
          <ul className={classes["names"]}>
            {event.identifiers.map(({ kind, value }) => (
              <li key={`${kind} ${value}`} className="wrap">
                <span className="quiet">{KIND_WORDS[kind]}</span> {value}
              </li>
            ))}
          </ul>
          {event.customerId !== null && (
            <Link to="/customers/$customerId" params={{ customerId: event.customerId }} className="link">
              Open the customer
            </Link>
          )}
          <JsonBlock value={event} label="the event" />
        </Stack>
      )}
    </Drawer>
  );
}

function Status({
  connection,
  total,
  onRetry,
}: {
  connection: Connection;
  total: number;
  onRetry: () => void;
}) {
  if (connection.state === "broken")
    return (
      <div className="pad">
        <Fault fault={connection.fault} retry={onRetry} />
      </div>
    );
  return (
    <p className={classes["status"]} role="status">
      <span className={classes["pulse"]} data-open={connection.state === "open"} aria-hidden="true" />
      {connection.state === "connecting"
        ? "Connecting"
        : `Listening. ${counted(total, "event")} since you opened this.`}
      {total > ROWS_MAX && ` The newest are shown, at most ${ROWS_MAX}.`}
    </p>
  );
}

function Figures() {
  const { data } = useStats(1000);
  const refused = Object.values(data?.refused ?? {}).reduce((sum, n) => sum + n, 0);
  const figures = [
    ["Accepted", data?.accepted],
    ["Processed", data?.processed],
    ["Duplicates left out", data?.duplicates],
    ["Refused", data && refused],
  ] as const;
  return (
    <dl className={classes["figures"]}>
      {figures.map(([label, n]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{n === undefined ? "…" : count(n)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Waiting({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty icon={<Radio />} title="Nothing of that kind yet">
      <p>Events that pass the filter show here the moment they arrive.</p>
    </Empty>
  ) : (
    <Empty icon={<Radio />} title="Waiting for the next event">
      <p>
        It shows here the moment it arrives. Try it from a terminal, or{" "}
        <Link to="/data/sources" className="link">
          connect your website
        </Link>
        .
      </p>
      <FirstEvent />
    </Empty>
  );
}

function Filters({
  channel,
  name,
  paused,
  waiting,
  onPause,
}: {
  channel: string;
  name: string;
  paused: boolean;
  waiting: number;
  onPause: () => void;
}) {
  const navigate = route.useNavigate();
  const set = (part: { channel?: string; name?: string }) => {
    const search = Object.fromEntries(
      Object.entries({ channel, name, ...part }).filter(([, value]) => value !== ""),
    );
    void navigate({ search, replace: true });
  };
  const options = CHANNELS.map((value) => ({ value, label: CHANNEL_WORDS[value].label }));
  return (
    <header>
      <SearchField
        label="Filter by event name"
        placeholder="Event name"
        value={name}
        onSearch={(text) => set({ name: text })}
      />
      <Select
        aria-label="Channel"
        placeholder="All channels"
        clearable
        clearButtonProps={{ "aria-label": "All channels" }}
        data={options}
        value={channel || null}
        onChange={(value) => set({ channel: value ?? "" })}
        w={170}
      />
      <Button
        variant="default"
        leftSection={paused ? <Play size={16} /> : <Pause size={16} />}
        onClick={onPause}
        ml="auto"
      >
        {paused ? `Go on${waiting > 0 ? ` (${count(waiting)} new)` : ""}` : "Pause"}
      </Button>
    </header>
  );
}

/** The live tab. */
export function LiveTab() {
  const { client } = useApi();
  const { channel = "", name = "" } = route.useSearch();
  const [paused, setPaused] = useState(false);
  const [opened, setOpened] = useState<LiveEvent | null>(null);
  const live = useLive(client, paused);
  const rows = useMemo(
    () => live.rows.filter((row) => passes(row, channel, name)),
    [live.rows, channel, name],
  );
  return (
    <>
      <Figures />
      <section className="sheet" aria-label="Live events">
        <Filters
          channel={channel}
          name={name}
          paused={paused}
          waiting={live.waiting}
          onPause={() => setPaused(!paused)}
        />
        <Status connection={live.connection} total={live.total} onRetry={live.reconnect} />
        {rows.length === 0 && <Waiting filtered={channel !== "" || name !== ""} />}
        <ol className={classes["rows"]}>
          {rows.map((row) => (
            <Line key={row.key} row={row} onOpen={setOpened} />
          ))}
        </ol>
      </section>
      <EventDrawer event={opened} onClose={() => setOpened(null)} />
    </>
  );
}
