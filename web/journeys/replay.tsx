/** Replaying the draft over the past before anybody is in it, and trying it on one customer; both drawn on the journey. */
import { Button, NativeSelect, Progress, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { History, Play, Square } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { ReplayView } from "../../src/journeys/replay-model.ts";
import { Problem } from "../http.ts";
import { useApi } from "../services.tsx";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import design from "./design.module.css";
import { useDraft } from "./draft.tsx";
import { figuresOfReplay } from "./figures.ts";
import { Looked } from "./looked.tsx";
import classes from "./replay.module.css";
import { ReplaySummary } from "./replay-summary.tsx";

const TryRun = lazy(() => import("./try.tsx").then(({ TryRun: run }) => ({ default: run })));
const route = getRouteApi("/journeys/$journeyId/replay");
const ASK_EVERY_MS = 500;
const DAY_MS = 86_400_000;
const PERIODS = [
  { value: "7", label: "The last 7 days" },
  { value: "30", label: "The last 30 days" },
  { value: "90", label: "The last 90 days" },
  { value: "365", label: "The last year" },
  { value: "own", label: "From … to …" },
];

type Period = { readonly choice: string; readonly from: string; readonly to: string };
const isoDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** The two instants of a choice; null while a date is missing. */
export function instantsOf({ choice, from, to }: Period, now: number): { readonly from: string; readonly to: string } | null {
  if (choice !== "own") return { from: new Date(now - Number(choice) * DAY_MS).toISOString(), to: new Date(now).toISOString() };
  const [first, last] = [Date.parse(from), Date.parse(to)];
  // The last day is meant whole.
  return Number.isFinite(first) && Number.isFinite(last) && last >= first ? { from: new Date(first).toISOString(), to: new Date(last + DAY_MS).toISOString() } : null;
} // prettier-ignore

/** A replay by its id, asked again while it runs. */
function useReplay(id: string | undefined) {
  const api = useApi();
  return useQuery({
    queryKey: ["replay", id],
    queryFn: ({ signal }) => api.replay(id!, signal),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data?.state === "running" ? ASK_EVERY_MS : false),
    retry: false,
  });
}

function Running({ replay }: { replay: ReplayView }) {
  const api = useApi();
  const cancel = useMutation({ mutationFn: () => api.cancelReplay(replay.id) });
  return (
    <div className={classes["running"]}>
      <p role="status">Replaying … {Math.round(100 * replay.doneRatio)} %</p>
      <Progress value={100 * replay.doneRatio} size="sm" aria-label="How far the replay is" />
      <Button
        variant="default"
        size="xs"
        leftSection={<Square size={14} />}
        loading={cancel.isPending}
        onClick={() => cancel.mutate()}
      >
        Cancel
      </Button>
    </div>
  );
}

function Outcome({ id }: { id: string | undefined }) {
  const query = useReplay(id);
  const gone = query.error instanceof Problem && query.error.status === 404;
  if (id === undefined || gone)
    return (
      <Empty icon={<History />} title={gone ? "That replay is not kept any more" : "Try it on the past"}>
        <p>
          The draft is run over what really happened, with the clock of then: who would have entered, what they would have
          got and when, what would have been refused and why. Nothing is sent.
        </p>
      </Empty>
    );
  if (query.isError) return <div className="pad"><Fault fault={query.error} retry={() => void query.refetch()} /></div>;
  const replay = query.data;
  if (!replay) return <Rows rows={4} />;
  if (replay.state === "running") return <Running replay={replay} />;
  if (replay.state === "cancelled") return <p className={classes["running"]}>It was cancelled. Nothing was kept of it.</p>;
  if (replay.state === "failed" || replay.result === null)
    return <div className="pad"><Fault fault={new Problem(500, "The replay failed", replay.problem ?? "No reason is known.")} /></div>;
  return <ReplaySummary result={replay.result} />;
} // prettier-ignore

function PastRun() {
  const api = useApi();
  const { draft, view, problems, world } = useDraft();
  const { id } = route.useSearch();
  const navigate = route.useNavigate();
  const [opened] = useState(() => Date.now());
  const [period, setPeriod] = useState<Period>({
    choice: "30",
    from: isoDay(opened - 30 * DAY_MS),
    to: isoDay(opened - DAY_MS),
  });
  const [segment, setSegment] = useState(0);
  const replay = useReplay(id);
  const batch = draft.entry.type === "batch";
  const start = useMutation({
    mutationFn: async () => {
      const asked = instantsOf(period, Date.now());
      if (!asked) throw new Problem(422, "Choose a period", "The first day has to come before the last.");
      return api.startReplay({ draft, journey: view.id, ...asked, ...(batch ? { batch: { segment, at: asked.from } } : {}) });
    },
    onSuccess: (started) =>
      void navigate({ search: (old) => ({ ...old, id: started.id }), replace: true }),
  });
  const result = replay.data?.result ?? null;
  return (
    <>
      <div className={design["bar"]} role="toolbar" aria-label="Replay">
        <NativeSelect size="xs" aria-label="Period" data={PERIODS} value={period.choice} onChange={(event) => setPeriod({ ...period, choice: event.currentTarget.value })} />
        {period.choice === "own" && (
          <>
            <TextInput size="xs" type="date" aria-label="From" value={period.from} onChange={(event) => setPeriod({ ...period, from: event.currentTarget.value })} />
            <TextInput size="xs" type="date" aria-label="To" value={period.to} onChange={(event) => setPeriod({ ...period, to: event.currentTarget.value })} />
          </>
        )}
        {batch && (
          <NativeSelect size="xs" aria-label="Who is let in" data={[{ value: "0", label: "Let in a segment" }, ...world.segments.map(({ id: one, name }) => ({ value: String(one), label: name }))]} value={String(segment)} onChange={(event) => setSegment(Number(event.currentTarget.value))} />
        )}
        <Button size="xs" leftSection={<Play size={14} />} loading={start.isPending || replay.data?.state === "running"} disabled={problems.length > 0 || (batch && segment < 1)} onClick={() => start.mutate()}>
          Replay
        </Button>
        {problems.length > 0 && <span className="quiet">First set right what is wrong in the design.</span>}
      </div>
      {start.isError && <div className="pad"><Fault fault={start.error} /></div>}
      <Looked figures={result ? figuresOfReplay(result) : null}>
        <Outcome id={id} />
      </Looked>
    </>
  );
} // prettier-ignore

const ON = [
  { value: "past", label: "Over the past" },
  { value: "one", label: "On one customer" },
];

/** The tab. */
export function ReplayTab() {
  const { on } = route.useSearch();
  const navigate = route.useNavigate();
  const one = on === "one";
  return (
    <section className={design["design"]} aria-label="Replay">
      <div className={classes["on"]}>
        <SegmentedControl
          size="xs"
          aria-label="Replay what"
          data={ON}
          value={one ? "one" : "past"}
          onChange={(next) =>
            void navigate({
              search: ({ id }) => ({
                ...(id === undefined ? {} : { id }),
                ...(next === "one" ? { on: next } : {}),
              }),
              replace: true,
            })
          }
        />
      </div>
      {one ? (
        <Suspense fallback={<Rows />}>
          <TryRun />
        </Suspense>
      ) : (
        <PastRun />
      )}
    </section>
  );
}
