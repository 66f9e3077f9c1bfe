/** Everybody: search by the start of a name or of any identifier, newest first. */
import { Button, Menu } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download, SearchX, Users } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import type { CustomerSummary } from "../../src/customers/document.ts";
import { downloadOf } from "../http.ts";
import { useApi } from "../services.tsx";
import { CHANNELS_COLUMN, EVENTS_COLUMN, LAST_SEEN_COLUMN } from "../ui/customer-columns.tsx";
import { saveFile } from "../ui/save-file.ts";
import { FirstEvent } from "../ui/first-event.tsx";
import { counted } from "../ui/format.ts";
import { More } from "../ui/more.tsx";
import { nameOf } from "../ui/names.ts";
import { Empty } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { Page } from "../ui/page.tsx";
import { SearchField } from "../ui/search.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { KIND_WORDS } from "../ui/words.ts";

const PAGE_ROWS = 50;
const route = getRouteApi("/customers");

const namesBeside = (customer: CustomerSummary): string =>
  customer.identifiers
    .filter(({ value }) => value !== nameOf(customer))
    .map(({ kind, value }) => (kind === "anonymous_id" || kind === "device_id" ? KIND_WORDS[kind] : value))
    .filter((value, at, all) => all.indexOf(value) === at)
    .join(" · ");

const COLUMNS: readonly Column<CustomerSummary>[] = [
  {
    id: "name",
    header: "Customer",
    width: "38%",
    value: (customer) => nameOf(customer),
    cell: (customer) => (
      <div className="wrap">
        <Link to="/customers/$customerId" params={{ customerId: customer.id }} className="name">
          {nameOf(customer)}
        </Link>
        <div className="quiet" style={{ fontSize: "0.8125rem" }}>
          {namesBeside(customer)}
        </div>
      </div>
    ),
  },
  CHANNELS_COLUMN,
  EVENTS_COLUMN,
  {
    id: "first",
    header: "First seen",
    value: ({ firstSeenAt }) => firstSeenAt,
    cell: ({ firstSeenAt }) => <Ago at={firstSeenAt} />,
  },
  LAST_SEEN_COLUMN,
];

function saveShown(rows: readonly CustomerSummary[]): void {
  const values = valuesOf(COLUMNS, rows);
  const csv = csvOf(
    ["Id", ...values.header],
    values.rows.map((row, at) => [rows[at]!.id, ...row]),
  );
  saveFile("customers.csv", csv, "text/csv");
}

function Nobody({ query }: { query: string }) {
  if (query !== "")
    return (
      <Empty icon={<SearchX />} title={`Nobody found for “${query}”`}>
        <p>The search looks at the start of names, emails, phone numbers and ids. Try fewer letters.</p>
      </Empty>
    );
  return (
    <Empty icon={<Users />} title="No customers yet">
      <p>
        A customer appears with the first event that names one. Send one now,{" "}
        <Link to="/data/import" className="link">
          import a file
        </Link>
        , or{" "}
        <Link to="/data/sources" className="link">
          connect your website
        </Link>
        .
      </p>
      <FirstEvent />
    </Empty>
  );
}

function SaveMenu({ rows }: { rows: readonly CustomerSummary[] }) {
  const { client } = useApi();
  const download = (path: string) => downloadOf(path, client.credentials());
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" leftSection={<Download size={16} />} disabled={rows.length === 0}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => saveShown(rows)}>The {counted(rows.length, "row")} shown, as CSV</Menu.Item>
        <Menu.Item component="a" href={download("/v1/export/customers")} download="customers.ndjson">
          All customers, as NDJSON
        </Menu.Item>
        <Menu.Item component="a" href={download("/v1/export/events")} download="events.ndjson">
          All events, as NDJSON
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The list of customers. */
export function CustomersScreen() {
  const api = useApi();
  const { query = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useInfiniteQuery({
    queryKey: ["customers", query],
    queryFn: ({ pageParam, signal }) => api.customers({ query, limit: PAGE_ROWS, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  const rows = list.data?.pages.flatMap(({ customers }) => customers) ?? [];
  const search = (text: string) =>
    void navigate({ search: text === "" ? {} : { query: text }, replace: true });
  return (
    <Page
      title="Customers"
      intro="Everybody who met you, whatever the channel."
      actions={<SaveMenu rows={rows} />}
    >
      <div className="sheet">
        <header>
          <SearchField
            label="Search customers"
            placeholder="Name, email, phone or id"
            value={query}
            onSearch={search}
          />
          <span className="quiet" aria-live="polite">
            {list.isSuccess &&
              rows.length > 0 &&
              `${counted(rows.length, "customer")} shown${list.hasNextPage ? ", more follow" : ""}`}
          </span>
        </header>
        <Awaiting query={list} />
        {list.isSuccess && rows.length === 0 && <Nobody query={query} />}
        {rows.length > 0 && (
          <div style={{ opacity: list.isPlaceholderData ? 0.6 : 1 }}>
            <DataTable label="Customers" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />
            <More list={list} end="That is everybody." />
          </div>
        )}
      </div>
    </Page>
  );
}
