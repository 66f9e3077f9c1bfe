/** The templates: what is said by each channel, and since when. */
import { Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Download, FileText, Plus, SearchX } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import { useApi } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { SearchField } from "../ui/search.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import type { Summary } from "./calls.ts";
import classes from "./messages.module.css";
import { Room } from "./room.tsx";
import { channelName, MESSAGE_CHANNELS } from "./words.ts";

const route = getRouteApi("/messages/templates");
const COLUMNS: readonly Column<Summary>[] = [
  {
    id: "name", header: "Template", width: "50%", value: ({ name }) => name,
    cell: ({ id, name, description }) => (
      <div className="wrap">
        <Link to="/messages/templates/$templateId" params={{ templateId: String(id) }} className="name">{name}</Link>
        {description !== "" && <span className={classes["small"]}>{description}</span>}
      </div>
    ),
  },
  { id: "channel", header: "Channel", value: ({ channel }) => channelName(channel), cell: ({ channel }) => channelName(channel) },
  { id: "version", header: "Version", end: true, value: ({ newest }) => newest, cell: ({ newest }) => newest },
  { id: "updated", header: "Changed", value: ({ updatedAt }) => updatedAt, cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
]; // prettier-ignore

function NewMenu() {
  const navigate = useNavigate();
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button leftSection={<Plus size={16} />}>New template</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>For</Menu.Label>
        {MESSAGE_CHANNELS.map((channel) => (
          <Menu.Item key={channel} onClick={() => void navigate({ to: "/messages/templates/$templateId", params: { templateId: "new" }, search: { channel } })}>
            {channelName(channel)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
} // prettier-ignore

/** The list. */
export function TemplatesScreen() {
  const api = useApi();
  const { query = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useQuery({ queryKey: ["templates"], queryFn: ({ signal }) => api.templates(signal) });
  const all = list.data?.templates ?? [];
  const wanted = query.toLowerCase();
  const rows = all.filter(({ name, description, channel }) =>
    `${name} ${description} ${channelName(channel)}`.toLowerCase().includes(wanted),
  );
  const save = () => {
    const values = valuesOf(COLUMNS, rows);
    saveFile("templates.csv", csvOf(values.header, values.rows), "text/csv");
  };
  return (
    <Room
      title="Templates"
      intro="What is said, and how it looks. Every change is a version; the ones before stay."
      actions={
        <>
          <Button variant="default" leftSection={<Download size={16} />} disabled={rows.length === 0} onClick={save}>CSV</Button>
          <NewMenu />
        </>
      }
    >
      <div className="sheet">
        {all.length > 0 && (
          <header>
            <SearchField label="Search templates" placeholder="Name, description, channel" value={query} onSearch={(text) => void navigate({ search: text === "" ? {} : { query: text }, replace: true })} />
            <span className="quiet" aria-live="polite">{counted(rows.length, "template")}</span>
          </header>
        )}
        {list.isPending && <Rows />}
        {list.isError && <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>}
        {list.isSuccess && all.length === 0 && (
          <Empty icon={<FileText />} title="No templates yet">
            <p>
              A template is a message with places for what is known of the customer. You see it filled in for a real
              customer while you write, and what is missing is told before anything leaves.
            </p>
            <NewMenu />
          </Empty>
        )}
        {all.length > 0 && rows.length === 0 && (
          <Empty icon={<SearchX />} title={`No template like “${query}”`}>
            <p>The search looks at names, descriptions and channels. Try fewer letters.</p>
          </Empty>
        )}
        {rows.length > 0 && <DataTable label="Templates" columns={COLUMNS} rows={rows} rowKey={({ id }) => String(id)} />}
      </div>
    </Room>
  );
} // prettier-ignore
