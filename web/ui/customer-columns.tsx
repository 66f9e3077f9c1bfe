/** The columns that every list of customers has, whatever the list is of. */
import type { CustomerSummary } from "../../src/customers/document.ts";
import { ChannelTags } from "./channel.tsx";
import { count } from "./format.ts";
import type { Column } from "./table.tsx";
import { Ago } from "./time.tsx";

/** Where they met the business. */
export const CHANNELS_COLUMN: Column<Pick<CustomerSummary, "channels">> = {
  id: "channels",
  header: "Channels",
  value: ({ channels }) => channels.join(" "),
  cell: ({ channels }) => <ChannelTags channels={channels} />,
};
/** How many events are known of them. */
export const EVENTS_COLUMN: Column<Pick<CustomerSummary, "events">> = {
  id: "events",
  header: "Events",
  end: true,
  value: ({ events }) => events,
  cell: ({ events }) => count(events),
};
/** When they were seen last. */
export const LAST_SEEN_COLUMN: Column<Pick<CustomerSummary, "lastSeenAt">> = {
  id: "last",
  header: "Last seen",
  value: ({ lastSeenAt }) => lastSeenAt,
  cell: ({ lastSeenAt }) => <Ago at={lastSeenAt} />,
};
