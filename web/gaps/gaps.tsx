/** All gaps, ranked by what they cost: each with whom it concerns, what is at stake, and what could be done. */
import { Button, Chip, NativeSelect } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type UseQueryResult, useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Search, Unplug } from "lucide-react";
import type { z } from "zod";
import { csvOf } from "../../src/csv.ts";
import type { GapKind, GapList, GapsAnswer, GapsFound, GapState, GapView } from "../../src/gaps/model.ts";
import { BasisNote, TooLittleNote } from "../analysis/basis.tsx";
import { intervalWords, percent } from "../analysis/numbers.ts";
import type { ScopeAsked } from "../analysis/scope.ts";
import { ScopeBar } from "../analysis/scope-bar.tsx";
import { useScope } from "../analysis/use-scope.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { useApi, useServices } from "../services.tsx";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import classes from "./gaps.module.css";
import { StateMark, TrendMark, ValueWords } from "./marks.tsx";
import { KIND_WORDS, REMEDY_WORDS, STATE_WORDS, sumWords } from "./words.ts";

const route = getRouteApi("/gaps");
const STATES = [
  "open",
  "being_fixed",
  "proven",
  "rolled_back",
  "dismissed",
] as const satisfies readonly GapState[];
type Found = z.infer<typeof GapsFound>;

/** One gap of the ranking. */
function Row({ gap }: { gap: GapView }) {
  const { id, kind, title, affected, value, confidence, ranking, remedy, trend, state, proof } = gap;
  return (
    <li>
      <span className={classes["place"]} aria-label={`Place ${ranking.place}`}>{ranking.place}</span>
      <div className={classes["what"]}>
        <span className={classes["kind"]}>{KIND_WORDS[kind]} <StateMark state={state} /></span>
        <Link to="/gaps/$gapId" params={{ gapId: String(id) }} className="name">{title}</Link>
        <span className="quiet">{REMEDY_WORDS[remedy.type]}: {remedy.title}</span>
        {proof.type !== "none" && <span className={classes["proof"]}>{proof.words}</span>}
      </div>
      <dl className={classes["numbers"]}>
        <div>
          <dt>People</dt>
          <dd>{count(affected.people)} <span className="quiet">of {count(affected.of)}</span></dd>
          <dd className={classes["small"]}>{percent(affected.ratio)}, {intervalWords(affected.interval, percent)}</dd>
        </div>
        <div>
          <dt>At stake</dt>
          <ValueWords value={value} />
        </div>
        <div>
          <dt>Trend, sureness</dt>
          <dd><TrendMark trend={trend} /></dd>
          <dd className={classes["small"]} title={confidence.words}>{confidence.level} confidence</dd>
        </div>
      </dl>
      <BasisNote of={`place ${ranking.place}: ${title}`} basis={gap.basis} lines={[["Why it ranks here", ranking.words], ["How sure", confidence.words], ["Last found", <Ago key="seen" at={gap.seenAt} />]]} />
    </li>
  );
} // prettier-ignore

const valueOf = ({ value }: GapView): number | null => (value.type === "known" ? value.amount : null);
const COLUMNS: readonly Column<GapView>[] = [
  { id: "place", header: "Place", value: ({ ranking }) => ranking.place, cell: ({ ranking }) => ranking.place },
  { id: "title", header: "Gap", width: "30%", value: ({ title }) => title, cell: ({ id, title }) => <Link to="/gaps/$gapId" params={{ gapId: String(id) }} className="name">{title}</Link> },
  { id: "kind", header: "Kind", value: ({ kind }) => KIND_WORDS[kind], cell: ({ kind }) => KIND_WORDS[kind] },
  { id: "people", header: "People", end: true, value: ({ affected }) => affected.people, cell: ({ affected }) => count(affected.people) },
  { id: "of", header: "Of", end: true, value: ({ affected }) => affected.of, cell: ({ affected }) => count(affected.of) },
  { id: "value", header: "At stake", end: true, value: valueOf, cell: ({ value }) => (value.type === "known" ? sumWords(value.amount, value.currency) : value.type === "none" ? "nothing known" : "too little data") },
  { id: "confidence", header: "Confidence", value: ({ confidence }) => confidence.level, cell: ({ confidence }) => confidence.level },
  { id: "state", header: "State", value: ({ state }) => STATE_WORDS[state], cell: ({ state }) => STATE_WORDS[state] },
]; // prettier-ignore

const csv = (gaps: readonly GapView[]): string =>
  csvOf(
    ["Id", "Place", "Gap", "Kind", "State", "People", "Of", "Ratio", "Ratio low", "Ratio high", "At stake", "At stake low", "At stake high", "Currency", "Confidence", "Remedy"],
    gaps.map(({ id, ranking, title, kind, state, affected, value, confidence, remedy }) => {
      const known = value.type === "known" ? [value.amount, value.interval.low, value.interval.high, value.currency] : [null, null, null, null];
      return [id, ranking.place, title, KIND_WORDS[kind], STATE_WORDS[state], affected.people, affected.of, affected.ratio, affected.interval.low, affected.interval.high, ...known, confidence.level, remedy.title];
    }),
  ); // prettier-ignore

/** Looks for gaps now, in the part of history the bar says. */
function useSearch(scope: ScopeAsked) {
  const { api, queries } = useServices();
  return useMutation({
    mutationFn: () => api.searchGaps({ scope }),
    onSuccess: async (answer) => {
      await queries.invalidateQueries({ queryKey: ["gaps"] });
      if (answer.type === "found")
        notifications.show({
          title: answer.gaps.length === 0 ? "No gap was found" : `${counted(answer.gaps.length, "gap")} found`,
          message: `${counted(answer.looked.filter(({ notLooked }) => notLooked === null).length, "kind")} looked for among ${counted(answer.basis.customers, "customer")}.`,
        });
    },
  });
} // prettier-ignore

const LOOKED: readonly Column<Found["looked"][number]>[] = [
  { id: "kind", header: "Kind", width: "26%", value: ({ kind }) => KIND_WORDS[kind], cell: ({ kind }) => KIND_WORDS[kind] },
  { id: "tested", header: "Tested", end: true, value: ({ tested }) => tested, cell: ({ tested }) => count(tested) },
  { id: "found", header: "Found", end: true, value: ({ found }) => found, cell: ({ found }) => count(found) },
  { id: "why", header: "Why nothing can be said", value: ({ notLooked }) => notLooked, cell: ({ notLooked }) => <span className="quiet">{notLooked ?? "–"}</span> },
]; // prettier-ignore

const Teach = ({ looked }: { looked: string | null }) => (
  <Empty icon={<Unplug />} title={looked === null ? "Nobody has looked for gaps yet" : "No gaps"}>
    <p>
      A gap is a place where people are lost or let down: they stop half way, start over in another channel, wait for an answer, or are told what does not fit. Each is
      found in what really happened, with the people it concerns, what it costs, and a drafted remedy that can be replayed and proven.
    </p>
    <p>{looked === null ? "Look now, or wait: it is looked for every day." : "What was looked at shows none beyond the normal, with at most 1 % chance of a false alarm."}</p>
  </Empty>
); // prettier-ignore

type Kinds = readonly { readonly value: string; readonly label: string }[];
function Filters({ gaps, state, kind, onChange }: { gaps: readonly GapView[]; state: string; kind: string; onChange: (parts: object) => void }) {
  const kinds: Kinds = [...new Set(gaps.map((gap) => gap.kind))].map((value: GapKind) => ({ value, label: KIND_WORDS[value] }));
  return (
    <div className={classes["filters"]}>
      <Chip.Group value={state} onChange={(value) => onChange({ state: value === "open" ? undefined : value })}>
        {STATES.map((one) => <Chip key={one} value={one} size="xs">{STATE_WORDS[one]} {count(gaps.filter((gap) => gap.state === one).length)}</Chip>)}
      </Chip.Group>
      {kinds.length > 1 && <NativeSelect size="xs" aria-label="Kind" value={kind} data={[{ value: "", label: "Every kind" }, ...kinds]} onChange={({ currentTarget: { value } }) => onChange({ kind: value || undefined })} />}
    </div>
  );
} // prettier-ignore

type List = UseQueryResult<z.infer<typeof GapList>>;
type RankedProps = { list: List; state: GapState; kind: string; onChange: (parts: object) => void };
/** The gaps in a state, ranked. */
function Ranked({ list, state, kind, onChange }: RankedProps) {
  const all = list.data?.gaps ?? [];
  const rows = all.filter((gap) => gap.state === state && (kind === "" || gap.kind === kind));
  const some = rows.length > 0;
  return (
    <Sheet
      title="Ranked gaps" note={some ? counted(rows.length, "gap") : undefined}
      file={some ? { name: "gaps", content: () => csv(rows) } : undefined}
      table={some ? <DataTable label="Gaps" columns={COLUMNS} rows={rows} rowKey={({ id }) => String(id)} /> : undefined}
    >
      {all.length > 0 && <Filters gaps={all} state={state} kind={kind} onChange={onChange} />}
      {list.isPending && <Rows />}
      {list.isError && <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>}
      {list.isSuccess && all.length === 0 && <Teach looked={list.data.lookedAt} />}
      {all.length > 0 && !some && <p className="pad quiet">No gap is in this state.</p>}
      {some && <ol className={classes["gaps"]}>{rows.map((gap) => <Row key={gap.id} gap={gap} />)}</ol>}
    </Sheet>
  );
} // prettier-ignore

/** What the search that just ran looked for, and why of some kinds nothing can be said. */
function Looked({ answer }: { answer: GapsAnswer | undefined }) {
  if (answer === undefined) return null;
  if (answer.type === "too_little_data")
    return <div className={`sheet ${classes["after"]}`}><TooLittleNote told={answer} /></div>;
  return (
    <div className={classes["after"]}>
      <Sheet title="What was looked for" basis={answer.basis}>
        <DataTable label="What was looked for" columns={LOOKED} rows={answer.looked} rowKey={({ kind }) => kind} />
      </Sheet>
    </div>
  );
} // prettier-ignore

const stateOf = (asked: string | undefined): GapState => STATES.find((state) => state === asked) ?? "open";

/** The list. */
export function GapsScreen() {
  const { state, kind = "", ...search } = route.useSearch();
  const navigate = useNavigate();
  const api = useApi();
  const scope = useScope(search);
  const looking = useSearch(scope);
  const list = useQuery({ queryKey: ["gaps"], queryFn: ({ signal }) => api.gaps({ limit: 200 }, signal) });
  const change = (parts: object) => void navigate({ to: ".", search: (before: object) => ({ ...before, ...parts }), replace: true } as never);
  return (
    <Page title="Gaps" intro="Where people are lost or let down, ranked by what it costs, each with evidence and a drafted remedy.">
      <ScopeBar search={search} onChange={change}>
        <Button leftSection={<Search size={16} />} loading={looking.isPending} onClick={() => looking.mutate()}>Look for gaps now</Button>
        {list.data && <span className="quiet">Last looked <Ago at={list.data.lookedAt} /></span>}
      </ScopeBar>
      {looking.isError && <Fault fault={looking.error} />}
      <Ranked list={list} state={stateOf(state)} kind={kind} onChange={change} />
      <Looked answer={looking.data} />
    </Page>
  );
} // prettier-ignore
