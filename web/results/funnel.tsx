/** A funnel: its steps are built here, and each is told with how many got so far, how sure, and how long it took. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Filter } from "lucide-react";
import { Button } from "@mantine/core";
import { useMemo } from "react";
import type { FunnelResult, FunnelStep } from "../../src/metrics/model.ts";
import { TooLittleNote } from "../analysis/basis.tsx";
import { intervalWords, percent, span } from "../analysis/numbers.ts";
import { useScope } from "../analysis/use-scope.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { useWorld } from "../segments/world.tsx";
import { useApi } from "../services.tsx";
import { channelWords } from "../ui/channel.tsx";
import { count } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { ShareBar } from "../ui/share-bar.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { askOfFunnel, type Funnel, funnelOf, isWhole } from "./ask.ts";
import type { FunnelBody } from "./calls.ts";
import classes from "./funnel.module.css";
import { FunnelFields } from "./funnel-fields.tsx";
import { AskedBar, Room, useChangeSearch } from "./room.tsx";

const route = getRouteApi("/results/funnel");

const COLUMNS: readonly Column<FunnelStep>[] = [
  { id: "name", header: "Step", width: "30%", cell: ({ name }) => <strong>{name}</strong> },
  { id: "people", header: "Got so far", end: true, cell: ({ people }) => count(people) },
  { id: "first", header: "Of the first", end: true, cell: ({ ofFirst }) => <Told share={ofFirst} /> },
  { id: "before", header: "Of the step before", end: true, cell: ({ ofBefore }) => <Told share={ofBefore} /> },
  { id: "time", header: "Median time from the first", end: true, cell: ({ medianMsFromFirst }) => (medianMsFromFirst === null ? "–" : span(medianMsFromFirst)) },
]; // prettier-ignore

function Told({ share: { ratio, interval } }: { share: FunnelStep["ofFirst"] }) {
  return (
    <span>
      {percent(ratio)}
      <span className={classes["small"]}>
        {percent(interval.low)} to {percent(interval.high)}
      </span>
    </span>
  );
}

/** The steps as bars, each with what was lost before it. */
function Steps({ steps }: { steps: readonly FunnelStep[] }) {
  return (
    <ol className={classes["steps"]}>
      {steps.map(({ name, people, ofFirst, ofBefore, medianMsFromBefore }, i) => (
        <li key={i}>
          {i > 0 && (
            <p className={classes["between"]}>
              <strong>{percent(ofBefore.ratio)}</strong> went on <span>({intervalWords(ofBefore.interval, percent)})</span>
              {medianMsFromBefore !== null && <span>, half of them within {span(medianMsFromBefore)}</span>}
            </p>
          )}
          <div className={classes["step"]}>
            <span className="wrap"><span className={classes["place"]}>{i + 1}</span><strong>{name}</strong></span>
            <ShareBar ratio={ofFirst.ratio} />
            <span className={classes["so-far"]}>{count(people)}<span className={classes["small"]}>{percent(ofFirst.ratio)}</span></span>
          </div>
        </li>
      ))}
    </ol>
  );
} // prettier-ignore

type GroupRow = { readonly name: string; readonly funnel: FunnelResult };
const groupColumns = (steps: number, nameOf: (name: string) => string): readonly Column<GroupRow>[] => [
  { id: "name", header: "Group", width: "26%", value: ({ name }) => nameOf(name), cell: ({ name }) => <strong>{nameOf(name)}</strong> },
  { id: "people", header: "Began", end: true, value: ({ funnel }) => (funnel.type === "steps" ? (funnel.steps[0]?.people ?? null) : funnel.found), cell: ({ funnel }) => (funnel.type === "steps" ? count(funnel.steps[0]?.people ?? 0) : <TooLittleNote told={funnel} compact />) },
  ...Array.from({ length: Math.max(0, steps - 1) }, (_, i) => ({
    id: `step ${i + 2}`, header: `To step ${i + 2}`, end: true,
    value: ({ funnel }: GroupRow) => (funnel.type === "steps" ? (funnel.steps[i + 1]?.ofFirst.ratio ?? null) : null),
    cell: ({ funnel }: GroupRow) => { const step = funnel.type === "steps" ? funnel.steps[i + 1] : undefined; return step && <Told share={step.ofFirst} />; },
  })),
]; // prettier-ignore

function Answer({ body }: { body: FunnelBody }) {
  const api = useApi();
  const answer = useQuery({
    queryKey: ["funnel", body],
    queryFn: ({ signal }) => api.funnel(body, signal),
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
  if (answer.isPending) return <section className="sheet"><Rows rows={4} label="Working the funnel out" /></section>;
  if (answer.isError) return <Fault fault={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />;
  const { funnel, groups, basis } = answer.data;
  const file = { name: "Funnel", content: () => api.answerCsv("/v1/funnels", body) };
  const last = funnel.type === "steps" ? funnel.steps.at(-1) : undefined;
  return (
    <>
      <Sheet
        title="How far they get" basis={basis} file={file}
        {...(last ? { note: `${percent(last.ofFirst.ratio)} of ${count(funnel.type === "steps" ? funnel.steps[0]!.people : 0)} reach the last step` } : {})}
        {...(funnel.type === "steps" ? { table: <DataTable label="Steps of the funnel" columns={COLUMNS} rows={funnel.steps} rowKey={({ name }) => name} /> } : {})}
      >
        {funnel.type === "steps" ? <Steps steps={funnel.steps} /> : <TooLittleNote told={funnel} />}
      </Sheet>
      {groups !== null && funnel.type === "steps" && (
        <Sheet title="By group" basis={basis} file={file}>
          <DataTable label="Groups of the funnel" columns={groupColumns(funnel.steps.length, (name) => (body.breakdown?.by === "channel" ? channelWords(name).label : name))} rows={groups} rowKey={({ value, name }) => `${value === null} ${value ?? name}`} />
        </Sheet>
      )}
    </>
  );
} // prettier-ignore

/** What to begin with while no steps are chosen: the events of the workspace that look most like a way to buy. */
function Teach({ onBegin }: { onBegin: (funnel: Funnel) => void }) {
  const { suggested } = useWorld();
  const known = ["Product Viewed", "Product Added", "Checkout Started", "Order Completed"].filter((name) => suggested.events.includes(name));
  const others = suggested.events.filter((name) => !/^\$(?:segment|stage|journey|message|customer)\./.test(name) && !known.includes(name));
  const names = [...known, ...others].slice(0, Math.max(2, known.length));
  const steps = names.length >= 2 ? names : ["", ""];
  const begin = () =>
    onBegin({ steps: steps.map((event) => ({ event, where: [] })), order: "ordered", windowMs: 30 * 86_400_000, windowFrom: "first", exclusions: [], per: "customer", breakdown: undefined });
  return (
    <section className="sheet">
      <Empty icon={<Filter />} title="Where do they stop?">
        <p>
          A funnel counts who took each of some steps, of those who took the ones before, in the time you allow. Choose the
          steps, and see how many go on, how long they take, and how that differs by channel, segment or stage.
        </p>
        <Button onClick={begin}>{names.length >= 2 ? `Begin with ${names.join(" → ")}` : "Choose the steps"}</Button>
      </Empty>
    </section>
  );
} // prettier-ignore

/** The tab; the steps stand in the address. */
export function FunnelTab() {
  const search = route.useSearch();
  const change = useChangeSearch(search);
  const scope = useScope(search);
  const funnel = useMemo(() => funnelOf(search.ask), [search.ask]);
  const set = (next: Funnel | null) => change({ ask: next === null ? undefined : askOfFunnel(next) });
  const body = useMemo(() => (funnel === null ? null : { ...askOfFunnel(funnel), scope }), [funnel, scope]);
  return (
    <Room title="Funnel" intro="How many take each step, of those who took the ones before." search={search}>
      <AskedBar search={search} path="/v1/funnels" body={body} />
      {funnel === null || body === null ? (
        <Teach onBegin={set} />
      ) : (
        <div className={classes["stack"]}>
          <FunnelFields funnel={funnel} onChange={set} />
          {isWhole(funnel) ? (
            <Answer body={body} />
          ) : (
            <p className="quiet">Name an event in each step, and the numbers follow.</p>
          )}
        </div>
      )}
    </Room>
  );
}
