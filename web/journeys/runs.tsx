/** Customers in a journey: who stands where, since when, waiting for what. */
import { Button, NativeSelect } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download, LogIn, Users } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { csvOf } from "../../src/csv.ts";
import type { RunView } from "../../src/journeys/document.ts";
import { useApi } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { More } from "../ui/more.tsx";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { type Drafting, useDraft } from "./draft.tsx";
import frame from "./journeys.module.css";
import { BLOCKER_WORDS, lineOf, RUN_WORDS, stepChoices } from "./words.ts";

const EnterDialog = lazy(() =>
  import("./enter-dialog.tsx").then(({ EnterDialog: dialog }) => ({ default: dialog })),
);
const route = getRouteApi("/journeys/$journeyId/customers");
const PAGE_ROWS = 50;

const columnsOf = ({ draft, names }: Pick<Drafting, "draft" | "names">): readonly Column<RunView>[] => {
  const stepWords = (id: string | null) => (id === null ? "" : draft.steps[id] ? lineOf(draft.steps[id], names) : id);
  const waits = ({ waitsFor }: RunView) => (waitsFor === null ? "" : `Waits ${BLOCKER_WORDS[waitsFor] ?? waitsFor}`);
  return [
    {
      id: "customer", header: "Customer", width: "14%", value: ({ customerId }) => customerId,
      cell: ({ customerId, key }) => (
        <span className="wrap">
          <Link to="/customers/$customerId" params={{ customerId }} className="name">{customerId}</Link>
          {key !== "" && <span className={frame["small"]}>{key}</span>}
        </span>
      ),
    },
    { id: "state", header: "How it stands", value: ({ state }) => RUN_WORDS[state] ?? state, cell: (run) => <span>{RUN_WORDS[run.state]}{run.detail && <span className={frame["small"]}>{run.detail}</span>}</span> },
    { id: "step", header: "At", width: "30%", value: ({ step }) => stepWords(step), cell: (run) => <span className="wrap">{stepWords(run.step) || "–"}{run.state === "running" && <span className={frame["small"]}>{waits(run)}</span>}</span> },
    { id: "version", header: "Version", end: true, value: ({ version }) => version, cell: ({ version }) => version },
    { id: "entered", header: "Entered", value: ({ enteredAt }) => enteredAt, cell: ({ enteredAt }) => <Ago at={enteredAt} /> },
    { id: "moved", header: "Last moved", value: ({ movedAt }) => movedAt, cell: ({ movedAt }) => <Ago at={movedAt} /> },
  ];
}; // prettier-ignore

type Search = { readonly step?: string; readonly state?: string };
function Filters({ search, onChange }: { search: Search; onChange: (part: Search) => void }) {
  const { draft, names } = useDraft();
  return (
    <span className={frame["filters"]}>
      <NativeSelect size="xs" aria-label="Step" data={[{ value: "", label: "At any step" }, ...stepChoices(draft, names)]} value={search.step ?? ""} onChange={(event) => onChange({ step: event.currentTarget.value })} />
      <NativeSelect size="xs" aria-label="How it stands" data={[{ value: "", label: "However it stands" }, ...Object.entries(RUN_WORDS).map(([value, label]) => ({ value, label }))]} value={search.state ?? ""} onChange={(event) => onChange({ state: event.currentTarget.value })} />
    </span>
  );
} // prettier-ignore

function Nobody({ filtered, published }: { filtered: boolean; published: boolean }) {
  return (
    <Empty icon={<Users />} title={filtered ? "Nobody like this" : "Nobody has been in it yet"}>
      <p>
        {!published && "Publish the journey first. "}Everybody who enters stands here, with where they are and
        what they wait for.
      </p>
    </Empty>
  );
}

function useRuns(journey: number, { step, state }: Search) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["journey-runs", journey, step ?? "", state ?? ""],
    queryFn: ({ pageParam, signal }) =>
      api.journeyRuns(journey, { step, state, limit: PAGE_ROWS, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: (before) => before,
  });
}

/** The tab; step and state stand in the address. */
export function RunsTab() {
  const { view, draft, names } = useDraft();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const [entering, setEntering] = useState(false);
  const columns = useMemo(() => columnsOf({ draft, names }), [draft, names]);
  const list = useRuns(view.id, search);
  const rows = list.data?.pages.flatMap(({ runs }) => runs) ?? [];
  const change = (part: Search) =>
    void navigate({ search: (old) => Object.fromEntries(Object.entries({ ...old, ...part }).filter(([, value]) => value !== "")), replace: true, resetScroll: false });
  const save = () => {
    const { header, rows: values } = valuesOf(columns, rows);
    saveFile(`${view.name} customers.csv`, csvOf(header, values), "text/csv");
  };
  return (
    <section className={frame["body"]} aria-label="Customers">
      <div className={`sheet ${frame["column"]}`} style={{ gap: 0 }}>
        <header>
          <Filters search={search} onChange={change} />
          <span className={frame["filters"]}>
            <Button variant="default" size="xs" leftSection={<Download size={14} />} disabled={rows.length === 0} onClick={save}>CSV</Button>
            {view.state === "live" && <Button size="xs" leftSection={<LogIn size={14} />} onClick={() => setEntering(true)}>Let in</Button>}
          </span>
        </header>
        {list.isPending && <Rows />}
        {list.isError && <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>}
        {list.isSuccess && rows.length === 0 && <Nobody filtered={Object.keys(search).length > 0} published={view.versions.length > 0} />}
        {rows.length > 0 && (
          <>
            <DataTable label="Customers in the journey" columns={columns} rows={rows} rowKey={({ id }) => id} />
            <More list={list} end="That is everybody." />
          </>
        )}
      </div>
      {entering && <Suspense><EnterDialog onClose={() => setEntering(false)} /></Suspense>}
    </section>
  );
} // prettier-ignore
