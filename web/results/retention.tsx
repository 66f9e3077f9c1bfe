/** Retention: who came back, by when they began. A table whose cells are shaded by their share; what is not over is not judged. */
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import type { RetentionCell, RetentionResult } from "../../src/metrics/model.ts";
import { TooLittleNote } from "../analysis/basis.tsx";
import { intervalWords, percent } from "../analysis/numbers.ts";
import { useScope } from "../analysis/use-scope.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { Trend } from "../analysis/trend.tsx";
import builder from "../segments/builder.module.css";
import { Choice } from "../segments/fields.tsx";
import { AddWhere, EventField, WhereFields } from "../segments/parts.tsx";
import { Building, useWorld } from "../segments/world.tsx";
import { useApi } from "../services.tsx";
import { count, date } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { type EventAsked, retentionOf } from "./ask.ts";
import type { RetentionBody } from "./calls.ts";
import classes from "./retention.module.css";
import { AskedBar, Room, useChangeSearch } from "./room.tsx";

const route = getRouteApi("/results/retention");
type Ask = Omit<RetentionBody, "scope">;
type Cohorts = Extract<RetentionResult, { type: "cohorts" }>["cohorts"];

const KINDS = [
  { value: "on", label: "in exactly that time" },
  { value: "unbounded", label: "then or any time later" },
  { value: "rolling", label: "at any time until then" },
] as const;
const PERIOD_WORDS = { day: "Day", week: "Week", month: "Month" } as const;

function Fields({ ask, onChange }: { ask: Ask; onChange: (ask: Ask) => void }) {
  const world = useWorld();
  const event = (name: "first" | "returned", lead: string) => {
    const { event: of = null, where = [] } = ask[name] ?? {};
    const set = (next: EventAsked) => onChange({ ...ask, [name]: next });
    return (
      <>
        <div className={builder["line"]} role="group" aria-label={lead}>
          <span className={classes["lead"]}>{lead}</span>
          <EventField path={name} event={of} onChange={(next) => set({ event: next, where: [...where] })} />
          <AddWhere where={where} onChange={(next) => set({ event: of, where: next })} />
          {name === "first" && <Choice label="Which of them counts" path="ever" value={ask.ever === false ? "scope" : "ever"} data={[{ value: "ever", label: "for the first time ever" }, { value: "scope", label: "for the first time in this period" }]} onChange={(value) => onChange({ ...ask, ever: value === "ever" })} />}
          {name === "returned" && <Choice label="When it counts" path="kind" value={ask.kind ?? "on"} data={KINDS} onChange={(kind) => onChange({ ...ask, kind })} />}
        </div>
        <WhereFields path={name} event={of} where={where} onChange={(next) => set({ event: of, where: next })} />
      </>
    );
  };
  return (
    <Building world={world} problems={[]}>
      <section className="sheet" aria-label="What counts">
        <div className={`pad ${classes["fields"]}`}>
          {event("first", "Who did")}
          {event("returned", "and came back with")}
        </div>
      </section>
    </Building>
  );
} // prettier-ignore

/** What a cell says when pointed at. */
const wordsOf = ({ customers, returned, share, complete }: RetentionCell): string =>
  `${count(returned)} of ${count(customers)}${share ? `, ${intervalWords(share.interval, percent)}` : complete ? ", too few to tell a share" : " so far; this time is not over"}`;

function Cell({ cell }: { cell: RetentionCell | undefined }) {
  if (!cell) return <td />;
  if (cell.share === null)
    return <td className={classes["open"]} title={wordsOf(cell)}>{cell.complete ? "few" : "…"}<span className="unseen">{wordsOf(cell)}</span></td>;
  return (
    <td style={{ "--share": `${Math.round(55 * Math.min(1, cell.share.ratio))}%` } as object} className={classes["cell"]} title={wordsOf(cell)}>
      {percent(cell.share.ratio)}
    </td>
  );
} // prettier-ignore

function Heat({ cohorts, all, every, zone }: { cohorts: Cohorts; all: readonly RetentionCell[]; every: keyof typeof PERIOD_WORDS; zone: string }) {
  const columns = Array.from({ length: Math.max(all.length, ...cohorts.map(({ cells }) => cells.length)) }, (_, i) => i);
  return (
    <div className={classes["heat"]} role="region" aria-label="Cohorts" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Began</th>
            <th scope="col">Customers</th>
            {columns.map((i) => <th key={i} scope="col">{i === 0 ? `${PERIOD_WORDS[every]} 0` : <><span className="unseen">{PERIOD_WORDS[every]} </span>{i}</>}</th>)}
          </tr>
        </thead>
        <tbody>
          <tr className={classes["all"]}>
            <th scope="row">All</th>
            <td>{count(cohorts.reduce((sum, { customers }) => sum + customers, 0))}</td>
            {columns.map((i) => <Cell key={i} cell={all.find(({ period }) => period === i)} />)}
          </tr>
          {cohorts.toReversed().map(({ from, customers, cells }) => (
            <tr key={from}>
              <th scope="row">{date(Date.parse(from), zone)}</th>
              <td>{count(customers)}</td>
              {columns.map((i) => <Cell key={i} cell={cells.find(({ period }) => period === i)} />)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
} // prettier-ignore

function Answer({ body }: { body: RetentionBody }) {
  const api = useApi();
  const answer = useQuery({
    queryKey: ["retention", body],
    queryFn: ({ signal }) => api.retention(body, signal),
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
  if (answer.isPending) return <section className="sheet"><Rows label="Working the cohorts out" /></section>;
  if (answer.isError) return <Fault fault={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />;
  const { retention, zone, basis } = answer.data;
  const file = { name: "Retention", content: () => api.answerCsv("/v1/retention", body) };
  if (retention.type === "too_little_data")
    return <Sheet title="Who came back" basis={basis} file={file}><TooLittleNote told={retention} /></Sheet>;
  const every = body.every ?? "week";
  const curve = retention.all.map(({ period, share }) => ({ at: period, value: share?.ratio ?? null, complete: true }));
  return (
    <Sheet title="Who came back" note={`by the clock of ${zone}`} basis={basis} file={file} lines={[["Interval", "Point at a cell: its share lies there with 95 % certainty, by Wilson's interval."], ["Not told", "“…” is a time that is not over for all of them; “few” are too few people."]]}>
      <div className={classes["curve"]}>
        <Trend points={curve} say={percent} wordsOfAt={(at) => `${PERIOD_WORDS[every]} ${at}`} label="Share of all cohorts that came back; the row All of the table has every number" />
      </div>
      <Heat cohorts={retention.cohorts} all={retention.all} every={every} zone={zone} />
    </Sheet>
  );
} // prettier-ignore

/** The tab; what is asked stands in the address. */
export function RetentionTab() {
  const search = route.useSearch();
  const change = useChangeSearch(search);
  const scope = useScope(search);
  const ask = useMemo(() => retentionOf(search.ask), [search.ask]);
  const body = useMemo(() => ({ ...ask, scope }), [ask, scope]);
  const set = (next: Ask) => change({ ask: next });
  const whole = ask.first?.event !== "" && ask.returned?.event !== "";
  return (
    <Room title="Retention" intro="Who came back, by when they began." search={search}>
      <AskedBar search={search} path="/v1/retention" body={body}>
        <NativeSelect
          aria-label="Cohorts by" value={ask.every ?? "week"}
          data={[{ value: "day", label: "By day" }, { value: "week", label: "By week" }, { value: "month", label: "By month" }]}
          onChange={(event) => set({ ...ask, every: event.currentTarget.value as NonNullable<Ask["every"]> })}
        />
      </AskedBar>
      <div className={classes["stack"]}>
        <Fields ask={ask} onChange={set} />
        {whole ? <Answer body={body} /> : <p className="quiet">Name an event, and the cohorts follow.</p>}
      </div>
    </Room>
  );
} // prettier-ignore
