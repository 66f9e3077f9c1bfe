/** What became of messages: by outcome over time, and each reason for which something was not sent. */
import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChartNoAxesColumn, Download } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import type { MessageCounts } from "../../src/messages/routes-outbox.ts";
import { useApi } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { count, counted, date } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { ShareBar } from "../ui/share-bar.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { type Bar, BarChart, stacksOf } from "./bars.tsx";
import classes from "./messages.module.css";
import { Room } from "./room.tsx";
import { channelName, reasonWords, STATE_WORDS } from "./words.ts";

const route = getRouteApi("/messages/counts");
const SPANS = [
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "90", label: "Last 90 days" },
  { value: "366", label: "Last year" },
];
type Row = MessageCounts["counts"][number];
type Sum = {
  readonly channel: string;
  readonly outcome: string;
  readonly reason: string;
  readonly n: number;
};

/** What an outcome is called; one this app does not know is shown by its code. */
const outcomeWords = (outcome: string): string =>
  outcome in STATE_WORDS
    ? STATE_WORDS[outcome as keyof typeof STATE_WORDS].label
    : outcome === "delayed"
      ? "Held for later"
      : outcome.replaceAll("_", " ");

/** The counts of all days together, the most first. */
export function sumsOf(counts: readonly Row[]): readonly Sum[] {
  const sums = new Map<string, Sum>();
  for (const { channel, outcome, reason, n } of counts) {
    const key = `${channel} ${outcome} ${reason}`;
    sums.set(key, { channel, outcome, reason, n: n + (sums.get(key)?.n ?? 0) });
  }
  return [...sums.values()].toSorted((a, b) => b.n - a.n);
}

const COLUMNS: readonly Column<Sum>[] = [
  { id: "reason", header: "Why", width: "36%", value: ({ reason, outcome }) => (reason === "" ? outcomeWords(outcome) : reasonWords(reason)), cell: ({ reason, outcome }) => reason === "" ? outcomeWords(outcome) : <Link to="/messages" search={{ reason }} className="name">{reasonWords(reason)}</Link> },
  { id: "outcome", header: "Outcome", value: ({ outcome }) => outcomeWords(outcome), cell: ({ outcome }) => outcomeWords(outcome) },
  { id: "channel", header: "Channel", value: ({ channel }) => channelName(channel), cell: ({ channel }) => channelName(channel) },
  { id: "n", header: "Messages", end: true, value: ({ n }) => n, cell: ({ n }) => count(n) },
]; // prettier-ignore

/** The reasons as bars: what is not sent, and what held it up. */
function Reasons({ sums }: { sums: readonly Sum[] }) {
  const byReason = new Map<string, number>();
  for (const { reason, n } of sums) if (reason !== "") byReason.set(reason, n + (byReason.get(reason) ?? 0));
  const bars = [...byReason].toSorted(([, a], [, b]) => b - a);
  const most = bars[0]?.[1] ?? 1;
  if (bars.length === 0) return <p className="quiet pad">Nothing was refused or held up in this time.</p>;
  return (
    <ul className={classes["bars"]} aria-label="Refusals and delays by reason">
      {bars.map(([reason, n]) => (
        <li key={reason}>
          <span>{reasonWords(reason)}</span>
          <ShareBar ratio={n / most} />
          <strong>{count(n)}</strong>
        </li>
      ))}
    </ul>
  );
}

function Told({ counts, days, now }: { counts: readonly Row[]; days: number; now: number }) {
  const sums = sumsOf(counts);
  const stacks: readonly Bar[] = stacksOf(counts.map(({ day, outcome, n }) => ({ day, kind: outcome, n })), days, now); // prettier-ignore
  const total = sums.reduce((all, { n }) => all + n, 0);
  return (
    <>
      <section className="sheet" aria-label="By day">
        <header>
          <h2>By day</h2>
          <span className="quiet">{counted(total, "outcome")}</span>
        </header>
        <div className="pad">
          <BarChart
            bars={stacks}
            label={`Outcomes by day, ${count(total)} in all`}
            wordsOf={outcomeWords}
            dayWords={(at) => date(at, "UTC")}
          />
        </div>
      </section>
      <section className="sheet" aria-label="By reason">
        <header>
          <h2>Why something was not sent, or only later</h2>
        </header>
        <Reasons sums={sums} />
      </section>
      <section className="sheet" aria-label="All counts">
        <header>
          <h2>The numbers</h2>
          <Button
            variant="default"
            size="xs"
            leftSection={<Download size={14} />}
            onClick={() =>
              saveFile(
                "message-counts.csv",
                csvOf(["Day", "Channel", "Outcome", "Reason", "Messages"], counts.map(({ day, channel, outcome, reason, n }) => [day, channel, outcome, reason, n])),
                "text/csv",
              )
            }
          >
            By day as CSV
          </Button>
        </header>
        <DataTable label="Counts" columns={COLUMNS} rows={sums} rowKey={({ channel, outcome, reason }) => `${channel} ${outcome} ${reason}`} />
      </section>
    </>
  );
} // prettier-ignore

/** The screen; the time stands in the address. */
export function CountsScreen() {
  const api = useApi();
  const { days = "30" } = route.useSearch();
  const navigate = route.useNavigate();
  const known = SPANS.some(({ value }) => value === days) ? Number(days) : 30;
  const counts = useQuery({
    queryKey: ["message-counts", known],
    queryFn: ({ signal }) => api.messageCounts(known, signal),
    refetchInterval: 30_000,
  });
  return (
    <Room
      title="What became of messages"
      intro="Every message that did not leave has a reason. Here they are counted."
      actions={
        <NativeSelect
          aria-label="Time"
          data={SPANS}
          value={String(known)}
          onChange={(event) =>
            void navigate({ search: { days: event.currentTarget.value }, replace: true, resetScroll: false })
          }
        />
      }
    >
      <div className={classes["stack"]}>
        {counts.isPending && <Rows />}
        {counts.isError && (
          <Fault fault={counts.error} retry={() => void counts.refetch()} retrying={counts.isFetching} />
        )}
        {counts.data && counts.data.counts.length === 0 && (
          <div className="sheet">
            <Empty icon={<ChartNoAxesColumn />} title="Nothing to count yet">
              <p>
                As journeys send, what left, what waited and what was refused is counted here by day, channel
                and reason.
              </p>
            </Empty>
          </div>
        )}
        {counts.data && counts.data.counts.length > 0 && (
          <Told counts={counts.data.counts} days={known} now={counts.dataUpdatedAt} />
        )}
      </div>
    </Room>
  );
}
