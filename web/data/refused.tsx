/** What could not be taken, and why: nothing is lost. Each can be mended and replayed, or all of one reason at once. */
import { Button, Group, SegmentedControl, Select, Text } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { notifications } from "@mantine/notifications";
import { Download, RotateCcw, ShieldCheck } from "lucide-react";
import { useMemo, useState } from "react";
import { csvOf } from "../../src/csv.ts";
import type { RefusalReason } from "../../src/events/model.ts";
import type { Api, RefusedEvent, ReplayedMany } from "../api.ts";
import { useServices } from "../services.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { saveFile } from "../ui/save-file.ts";
import { count, counted } from "../ui/format.ts";
import { More } from "../ui/more.tsx";
import { Empty } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { REFUSAL_WORDS } from "../ui/words.ts";
import { useStats } from "./data.tsx";
import { RefusedOne } from "./refused-one.tsx";

const PAGE_ROWS = 50;
const route = getRouteApi("/data/refused");

const columnsOf = (onOpen: (event: RefusedEvent) => void): readonly Column<RefusedEvent>[] => [
  {
    id: "reason",
    header: "Reason",
    value: ({ reason }) => REFUSAL_WORDS[reason].label,
    cell: (event) => (
      <div>
        <strong>{REFUSAL_WORDS[event.reason].label}</strong>
        <div className="quiet">{event.detail}</div>
      </div>
    ),
  },
  {
    id: "message",
    header: "Message",
    value: ({ messageId }) => messageId,
    cell: ({ messageId }) => <span className="mono">{messageId ?? "none"}</span>,
  },
  {
    id: "when",
    header: "Refused",
    value: ({ refusedAt }) => refusedAt,
    cell: ({ refusedAt }) => <Ago at={refusedAt} />,
  },
  {
    id: "state",
    header: "State",
    end: true,
    value: ({ replayedAt }) => replayedAt,
    cell: (event) => (
      <Group gap="xs" justify="flex-end" wrap="nowrap">
        {event.replayedAt !== null && <span className="quiet">Replayed</span>}
        <Button
          variant="default"
          size="compact-sm"
          onClick={() => onOpen(event)}
          aria-label={`Open: ${event.detail}`}
        >
          Open
        </Button>
      </Group>
    ),
  },
];

/** Replays page after page until none waits that was not tried. */
async function replayEach(api: Api, reason: RefusalReason): Promise<{ accepted: number; refused: number }> {
  let [accepted, refused] = [0, 0];
  let cursor: string | null = null;
  do {
    const answer: ReplayedMany = await api.replayMany(cursor === null ? { reason } : { reason, cursor });
    accepted += answer.accepted;
    refused += answer.refused;
    cursor = answer.nextCursor;
  } while (cursor !== null);
  return { accepted, refused };
}

function ReplayAll({ reason, total }: { reason: RefusalReason; total: number }) {
  const { api, queries } = useServices();
  const [asking, setAsking] = useState(false);
  const replay = useMutation({
    mutationFn: () => replayEach(api, reason),
    onSuccess: async ({ accepted, refused }) => {
      setAsking(false);
      notifications.show({
        title: "Replayed",
        message: `${counted(accepted, "event")} accepted, ${count(refused)} still refused.`,
      });
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["refused"] }),
        queries.invalidateQueries({ queryKey: ["stats"] }),
      ]);
    },
  });
  const { label, help } = REFUSAL_WORDS[reason];
  return (
    <>
      <Button
        variant="default"
        leftSection={<RotateCcw size={16} />}
        onClick={() => setAsking(true)}
        disabled={total === 0}
      >
        Replay all of this reason
      </Button>
      <Confirm
        opened={asking}
        title={`Replay all: ${label}?`}
        action="Replay them"
        busy={replay.isPending}
        fault={replay.error}
        onConfirm={() => replay.mutate()}
        onClose={() => setAsking(false)}
      >
        <Text size="sm">
          Each goes through the door again as it came. {help} What is still wrong stays here; nothing is taken
          twice.
        </Text>
      </Confirm>
    </>
  );
}

function useRefused(reason: string, state: string) {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: ["refused", reason, state],
    queryFn: ({ pageParam, signal }) =>
      api.refused(
        {
          reason,
          waiting: STATES.find(({ value }) => value === state)?.waiting,
          limit: PAGE_ROWS,
          cursor: pageParam,
        },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

const STATES = [
  { value: "waiting", label: "Waiting", waiting: "true" },
  { value: "replayed", label: "Replayed", waiting: "false" },
  { value: "all", label: "All", waiting: undefined },
];

const isReason = (text: string): text is RefusalReason => Object.hasOwn(REFUSAL_WORDS, text);

type Narrowed = { readonly reason: string; readonly state: string };

function useNarrowed() {
  const { reason = "", state = "waiting" } = route.useSearch();
  const navigate = route.useNavigate();
  const narrow = (part: Partial<Narrowed>) => {
    const search = Object.entries({ reason, state, ...part }).filter(
      ([, value]) => value !== "" && value !== "waiting",
    );
    void navigate({ search: Object.fromEntries(search), replace: true });
  };
  return { reason, state, narrow };
}

type FiltersProps = Narrowed & { narrow: (part: Partial<Narrowed>) => void };
function Filters({ reason, state, narrow }: FiltersProps) {
  const counts = useStats().data?.refused ?? {};
  const options = Object.entries(REFUSAL_WORDS).map(([value, { label }]) => ({
    value,
    label: `${label} (${count(counts[value] ?? 0)})`,
  }));
  return (
    <>
      <Select
        aria-label="Reason"
        placeholder="Every reason"
        clearable
        clearButtonProps={{ "aria-label": "Every reason" }}
        data={options}
        value={reason || null}
        onChange={(value) => narrow({ reason: value ?? "" })}
        w={240}
      />
      <SegmentedControl
        aria-label="State"
        size="xs"
        data={STATES.map(({ value, label }) => ({ value, label }))}
        value={state}
        onChange={(value) => narrow({ state: value })}
      />
    </>
  );
}

function saveShown(columns: readonly Column<RefusedEvent>[], rows: readonly RefusedEvent[]): void {
  const values = valuesOf(columns, rows);
  const cells = values.rows.map((row, at) => [rows[at]!.id, ...row, rows[at]!.detail, rows[at]!.body]);
  saveFile("refused.csv", csvOf(["Id", ...values.header, "Detail", "Body"], cells), "text/csv");
}

function Listed({
  reason,
  state,
  rows,
  columns,
}: Narrowed & { rows: readonly RefusedEvent[]; columns: readonly Column<RefusedEvent>[] }) {
  if (rows.length > 0)
    return <DataTable label="Refused events" columns={columns} rows={rows} rowKey={({ id }) => String(id)} />;
  return (
    <Empty
      icon={<ShieldCheck />}
      title={reason === "" && state === "waiting" ? "Nothing waits here" : "Nothing of that kind"}
    >
      <p>When a sender makes a mistake, its event waits here with the reason. Nothing is dropped silently.</p>
    </Empty>
  );
}

/** The tab. */
export function RefusedTab() {
  const { reason, state, narrow } = useNarrowed();
  const list = useRefused(reason, state);
  const [opened, setOpened] = useState<RefusedEvent | null>(null);
  const columns = useMemo(() => columnsOf(setOpened), []);
  const rows = list.data?.pages.flatMap(({ refused }) => refused) ?? [];
  return (
    <section className="sheet" aria-label="Refused events">
      <header>
        <Filters reason={reason} state={state} narrow={narrow} />
        <Group gap="xs" ml="auto">
          {isReason(reason) && <ReplayAll reason={reason} total={rows.length} />}
          <Button
            variant="default"
            leftSection={<Download size={16} />}
            onClick={() => saveShown(columns, rows)}
            disabled={rows.length === 0}
          >
            CSV
          </Button>
        </Group>
      </header>
      <Awaiting query={list} />
      {list.isSuccess && <Listed reason={reason} state={state} rows={rows} columns={columns} />}
      {rows.length > 0 && <More list={list} end="That is all." />}
      <RefusedOne key={opened?.id} event={opened} onClose={() => setOpened(null)} />
    </section>
  );
}
