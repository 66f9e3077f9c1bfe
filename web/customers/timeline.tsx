/** The customer's story: every moment in every channel, newest first, by day; a moment opens to what was sent. */
import { Button, Chip, Group } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChevronRight, Route } from "lucide-react";
import { useState } from "react";
import type { CustomerDocument, TimelineEvent } from "../../src/customers/document.ts";
import { useApi } from "../services.tsx";
import { ChannelTag, channelWords, Dot } from "../ui/channel.tsx";
import { JsonBlock } from "../ui/code.tsx";
import { clockTime, counted, day, moment } from "../ui/format.ts";
import { More } from "../ui/more.tsx";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { about, eventTitle } from "../ui/words.ts";
import { useCustomer } from "./customer.tsx";
import page from "./customer.module.css";
import { Facts } from "./facts.tsx";
import classes from "./timeline.module.css";

const PAGE_EVENTS = 50;
const route = getRouteApi("/customers/$customerId/");

/** Events in their order under the day each happened on. */
export function byDay(
  events: readonly TimelineEvent[],
  timeZone?: string,
): { day: string; events: TimelineEvent[] }[] {
  const days: { day: string; events: TimelineEvent[] }[] = [];
  for (const event of events) {
    const name = day(Date.parse(event.happenedAt), timeZone);
    const last = days.at(-1);
    if (last?.day === name) last.events.push(event);
    else days.push({ day: name, events: [event] });
  }
  return days;
}

function Details({ event }: { event: TimelineEvent }) {
  const { properties, traits, more, identifiers, messageId, receivedAt, happenedAt } = event;
  const told = Object.fromEntries(
    Object.entries({ properties, traits, ...more }).filter(
      ([, value]) => value !== null && !(typeof value === "object" && Object.keys(value).length === 0),
    ),
  );
  const lateMs = Date.parse(receivedAt) - Date.parse(happenedAt);
  return (
    <div className={classes["details"]}>
      <p>
        {moment(Date.parse(happenedAt))}
        {lateMs > 60_000 && `, received ${moment(Date.parse(receivedAt))}`}
      </p>
      <p className="wrap">
        Named {identifiers.map(({ value }) => value).join(", ")} · message {messageId}
      </p>
      {Object.keys(told).length > 0 && <JsonBlock value={told} label="what was sent" />}
    </div>
  );
}

function Moment({ event }: { event: TimelineEvent }) {
  const [opened, setOpened] = useState(false);
  const what = about(event);
  return (
    <li className={classes["moment"]}>
      <button
        type="button"
        aria-expanded={opened}
        onClick={() => setOpened(!opened)}
        className={classes["row"]}
      >
        <time className={classes["time"]} dateTime={event.happenedAt}>
          {clockTime(Date.parse(event.happenedAt))}
        </time>
        <span className={classes["knot"]}>
          <Dot hue={channelWords(event.channel).hue} />
        </span>
        <span className={classes["what"]}>
          <strong>{eventTitle(event.name)}</strong>
          {what !== "" && <span className="quiet wrap"> {what}</span>}
        </span>
        <span className={classes["where"]}>{channelWords(event.channel).label}</span>
        <ChevronRight size={16} aria-hidden="true" className={classes["arrow"]} />
      </button>
      {opened && <Details event={event} />}
    </li>
  );
}

function Channels({
  customer,
  channel,
  onChannel,
}: {
  customer: CustomerDocument;
  channel: string;
  onChannel: (channel: string) => void;
}) {
  const channels = Object.keys(customer.channels).toSorted(
    (a, b) => customer.channels[b]!.n - customer.channels[a]!.n,
  );
  return (
    <Chip.Group value={channel} onChange={onChannel}>
      <Group gap={6} role="group" aria-label="Filter by channel">
        <Chip value="" size="xs" variant="outline">
          All channels
        </Chip>
        {channels.map((name) => (
          <Chip key={name} value={name} size="xs" variant="outline">
            <ChannelTag channel={name} />
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}

function Story({ customer }: { customer: CustomerDocument }) {
  const api = useApi();
  const { channel = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const timeline = useInfiniteQuery({
    queryKey: ["timeline", customer.id, channel],
    queryFn: ({ pageParam, signal }) =>
      api.timeline(customer.id, { limit: PAGE_EVENTS, cursor: pageParam, channel }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const events = timeline.data?.pages.flatMap((part) => part.events) ?? [];
  const [told, setTold] = useState(customer.events);
  const fresh = customer.events - told;
  const renew = () => {
    setTold(customer.events);
    void timeline.refetch();
  };
  const filter = (name: string) =>
    void navigate({ search: name === "" ? {} : { channel: name }, replace: true });
  return (
    <section className="sheet" aria-label="Timeline">
      <header>
        <Channels customer={customer} channel={channel} onChannel={filter} />
        {fresh > 0 && (
          <Button size="compact-sm" variant="light" onClick={renew}>
            {counted(fresh, "new moment")}
          </Button>
        )}
      </header>
      {timeline.isPending && <Rows />}
      {timeline.isError && (
        <div className="pad">
          <Fault
            fault={timeline.error}
            retry={() => void timeline.refetch()}
            retrying={timeline.isFetching}
          />
        </div>
      )}
      {timeline.isSuccess && events.length === 0 && (
        <Empty icon={<Route />} title="Nothing in the event log yet">
          <p>What has just arrived shows here within a few seconds.</p>
        </Empty>
      )}
      {byDay(events).map((group) => (
        <section key={group.day} aria-label={group.day}>
          <h2 className={classes["day"]}>{group.day}</h2>
          <ol className={classes["moments"]}>
            {group.events.map((event) => (
              <Moment key={event.messageId} event={event} />
            ))}
          </ol>
        </section>
      ))}
      {events.length > 0 && <More list={timeline} end="The beginning of the story." />}
    </section>
  );
}

/** The story, with the facts beside it where there is room. */
export function TimelineTab() {
  const { data } = useCustomer();
  if (data === undefined) return null;
  return (
    <div className={page["columns"]}>
      <Story customer={data} />
      <aside aria-label="About the customer">
        <Facts customer={data} />
      </aside>
    </div>
  );
}
