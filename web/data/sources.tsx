/** Who sends events, with which keys, and how to connect one more touchpoint. */
import { Select, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Cable } from "lucide-react";
import { useState } from "react";
import type { Source } from "../api.ts";
import { useApi } from "../services.tsx";
import { ChannelTags } from "../ui/channel.tsx";
import { CodeBlock } from "../ui/code.tsx";
import { count } from "../ui/format.ts";
import { Empty } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { Keys } from "./keys.tsx";
import { SNIPPETS } from "./snippets.ts";
import classes from "./sources.module.css";

const route = getRouteApi("/data/sources");

const COLUMNS: readonly Column<Source>[] = [
  {
    id: "library",
    header: "Sent by",
    value: ({ library }) => library,
    cell: ({ library }) => <strong>{library || "HTTP, no SDK named"}</strong>,
  },
  {
    id: "key",
    header: "Key",
    value: ({ keyName }) => keyName,
    cell: ({ keyName }) => keyName ?? <span className="quiet">Import or replay</span>,
  },
  {
    id: "channels",
    header: "Channels",
    value: ({ channels }) => channels.join(" "),
    cell: ({ channels }) => <ChannelTags channels={channels} />,
  },
  {
    id: "events",
    header: "Events in 24 h",
    end: true,
    value: ({ events24h }) => events24h,
    cell: ({ events24h }) => count(events24h),
  },
  {
    id: "month",
    header: "In 30 days",
    end: true,
    value: ({ events30d }) => events30d,
    cell: ({ events30d }) => count(events30d),
  },
  {
    id: "last",
    header: "Last event",
    value: ({ lastAt }) => lastAt,
    cell: ({ lastAt }) => <Ago at={lastAt} />,
  },
];

function SourceList() {
  const api = useApi();
  const sources = useQuery({
    queryKey: ["sources"],
    queryFn: ({ signal }) => api.sources(signal),
    refetchInterval: 15_000,
  });
  return (
    <section className="sheet" aria-labelledby="sources">
      <header>
        <h2 id="sources">Who sends events</h2>
      </header>
      <Awaiting query={sources} rows={3} />
      {sources.data?.sources.length === 0 && (
        <Empty icon={<Cable />} title="Nobody yet">
          <p>
            Connect the first touchpoint below. Each SDK that sends events is listed here with when it was
            last heard.
          </p>
        </Empty>
      )}
      {sources.data && sources.data.sources.length > 0 && (
        <DataTable
          label="Sources"
          columns={COLUMNS}
          rows={sources.data.sources}
          rowKey={({ key, library }) => `${key} ${library}`}
        />
      )}
    </section>
  );
}

function Snippets() {
  const api = useApi();
  const { with: chosen = SNIPPETS[0]!.id } = route.useSearch();
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => api.keys(signal) });
  const [keyId, setKeyId] = useState<string | null>(null);
  const writeKeys =
    keys.data?.keys.filter(({ kind, revokedAt }) => kind === "write" && revokedAt === null) ?? [];
  const key = writeKeys.find(({ id }) => String(id) === keyId) ?? writeKeys[0];
  const snippet = SNIPPETS.find(({ id }) => id === chosen) ?? SNIPPETS[0]!;
  return (
    <section className="sheet" aria-labelledby="connect">
      <header>
        <h2 id="connect">Connect a touchpoint</h2>
        {writeKeys.length > 1 && (
          <Select
            aria-label="Write key"
            size="xs"
            w={200}
            allowDeselect={false}
            data={writeKeys.map(({ id, name }) => ({ value: String(id), label: name }))}
            value={String(key?.id)}
            onChange={setKeyId}
          />
        )}
      </header>
      <Stack className="pad" gap="sm">
        <nav aria-label="Ways to connect" className={classes["ways"]}>
          {SNIPPETS.map(({ id, label }) => (
            <Link
              key={id}
              to="/data/sources"
              search={{ with: id }}
              replace
              resetScroll={false}
              aria-current={id === snippet.id ? "true" : undefined}
              className={classes["way"]}
            >
              {label}
            </Link>
          ))}
        </nav>
        <Text size="sm" c="dimmed">
          {snippet.where}
        </Text>
        {keys.isPending ? (
          <Skeleton height={180} />
        ) : (
          <CodeBlock
            label={`${snippet.label} code`}
            code={snippet.code(window.location.origin, key?.value ?? "WRITE_KEY")}
            heightMax={320}
          />
        )}
        <Text size="sm" c="dimmed">
          Then watch it arrive under{" "}
          <Link to="/data/live" className="link">
            Live
          </Link>
          .
        </Text>
      </Stack>
    </section>
  );
}

/** The tab. */
export function SourcesTab() {
  return (
    <Stack gap="lg">
      <SourceList />
      <Snippets />
      <Keys />
    </Stack>
  );
}
