/** What customers are expected to buy: the purchases of the year to come, whether the law would have foretold the last ones, and the law itself. */
import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { RefreshCw, Sprout } from "lucide-react";
import { type FormEvent, useState } from "react";
import { csvOf } from "../../src/csv.ts";
import type { LifetimeAnswer } from "../../src/lifetime/document.ts";
import { TooLittleNote } from "../analysis/basis.tsx";
import { changeWords, intervalWords, percent } from "../analysis/numbers.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { useApi, useServices } from "../services.tsx";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import classes from "./lifetime.module.css";
import { Room } from "./room.tsx";

const route = getRouteApi("/results/lifetime");
const KEY = ["lifetime"] as const;

type Fitted = Extract<LifetimeAnswer["result"], { type: "fitted" }>;
type Check = NonNullable<Fitted["check"]>;
type Group = Check["groups"][number];
type Law = Fitted["laws"][number];
const LAW_WORDS: { readonly [law in Law["law"]]: string } = {
  bg_nbd: "BG/NBD",
  pareto_nbd: "Pareto/NBD",
  gamma_gamma: "Gamma-Gamma",
};
const STATE_WORDS: { readonly [state in Law["state"]]: string } = {
  fitted: "fitted",
  not_settled: "could not be fitted: no best place was found",
  not_identified: "could not be fitted: the purchases do not say where it lies",
};

const whole = (n: number): string => count(Math.round(n));
const two = (n: number): string => n.toFixed(2);
const parameter = (n: number): string => Number(n.toPrecision(4)).toString();

/** What counts as a purchase, and fitting anew. */
function FitForm({ asked, purchase }: Pick<LifetimeAnswer, "asked" | "purchase">) {
  const { api, queries } = useServices();
  const [event, setEvent] = useState(asked.event ?? "");
  const [value, setValue] = useState(asked.value ?? "");
  const fit = useMutation({
    mutationFn: () => api.fitLifetime({ ...(event.trim() === "" ? {} : { event: event.trim() }), ...(value.trim() === "" ? {} : { value: value.trim() }) }),
    onSuccess: (answer) => queries.setQueryData(KEY, answer),
  });
  const submit = (sent: FormEvent) => {
    sent.preventDefault();
    fit.mutate();
  };
  return (
    <form className={classes["form"]} onSubmit={submit} aria-label="What a purchase is">
      <TextInput aria-label="Event that is a purchase" placeholder={purchase?.events.join(", ") ?? "orders, as in metrics"} value={event} maxLength={200} onChange={(typed) => setEvent(typed.currentTarget.value)} />
      <TextInput aria-label="Property with its worth" placeholder="worth, as usual" value={value} maxLength={200} onChange={(typed) => setValue(typed.currentTarget.value)} />
      <Button type="submit" variant="default" leftSection={<RefreshCw size={16} />} loading={fit.isPending}>Fit now</Button>
      <span className="quiet">Fitted once a day by itself.</span>
      {fit.isError && <Fault fault={fit.error} />}
    </form>
  );
} // prettier-ignore

const groupWords = ({ repeats }: Group, last: boolean): string =>
  last ? `${repeats} times or more` : repeats === 0 ? "never" : repeats === 1 ? "once" : `${repeats} times`;

const groupColumns = (groups: readonly Group[]): readonly Column<Group>[] => [
  { id: "repeats", header: "Had come back", value: ({ repeats }) => repeats, cell: (group) => groupWords(group, group === groups.at(-1)) },
  { id: "customers", header: "Customers", end: true, value: ({ customers }) => customers, cell: ({ customers }) => count(customers) },
  { id: "expected", header: "Expected, each", end: true, value: ({ expected }) => expected, cell: ({ expected }) => two(expected) },
  { id: "actual", header: "Came, each", end: true, value: ({ actual }) => actual, cell: ({ actual }) => two(actual) },
]; // prettier-ignore

/** The held-out third: what was expected of it against what came. */
function Checked({ check, basis }: { check: Check; basis: LifetimeAnswer["basis"] }) {
  const { groups, expected, actual, errorRatio, weeks, customers } = check;
  const most = Math.max(1e-9, ...groups.flatMap((group) => [group.expected, group.actual]));
  return (
    <Sheet
      title="Would it have foretold the last third?" basis={basis ?? undefined}
      lines={[["What it is", "The law fitted to the first two thirds of the period, held against what came in the last."], ["Sample", `${counted(customers, "customer")}, ${Math.round(weeks)} weeks held out`]]}
      note={`${whole(expected)} expected, ${whole(actual)} came${errorRatio === null ? "" : ` (${changeWords(errorRatio)})`}`}
      file={{ name: "Lifetime check", content: () => csvOf(["had_come_back", "customers", "expected_each", "came_each"], groups.map(({ repeats, customers: n, expected: e, actual: a }) => [repeats, n, e, a])) }}
      table={<DataTable label="Expected and actual, by how often they had come back" columns={groupColumns(groups)} rows={groups} rowKey={({ repeats }) => String(repeats)} />}
    >
      <div className={classes["check"]}>
        <p className={classes["legend"]}><span data-bar="expected">expected</span><span data-bar="actual">came</span><span className="quiet">purchases of one customer in the last {Math.round(weeks)} weeks, by how often they had come back</span></p>
        <ul aria-label="Expected and actual">
          {groups.map((group) => (
            <li key={group.repeats}>
              <span>{groupWords(group, group === groups.at(-1))}<span className={classes["small"]}>{counted(group.customers, "customer")}</span></span>
              <span className={classes["bars"]} aria-hidden="true">
                <span data-bar="expected" style={{ width: `${(100 * group.expected) / most}%` }} />
                <span data-bar="actual" style={{ width: `${(100 * group.actual) / most}%` }} />
              </span>
              <span className={classes["numbers"]}>{two(group.expected)}<br />{two(group.actual)}</span>
            </li>
          ))}
        </ul>
      </div>
    </Sheet>
  );
} // prettier-ignore

const lawColumns = (chosen: Fitted["chosen"]): readonly Column<Law>[] => [
  { id: "law", header: "Law", width: "22%", cell: ({ law }) => <><strong className={classes["law"]}>{LAW_WORDS[law]}</strong>{law === chosen && <span className={classes["small"]}>in force: the purchases speak for it</span>}</> },
  {
    id: "parameters", header: "Parameters, 95 %",
    cell: ({ state, parameters }) => state !== "fitted" ? <span className="quiet">{STATE_WORDS[state]}</span> : (
      <span className={classes["parameters"]}>{parameters.map(({ name, value, interval }) => <span key={name}>{name} <strong>{parameter(value)}</strong> <span className="quiet">{parameter(interval.low)} to {parameter(interval.high)}</span></span>)}</span>
    ),
  },
  { id: "likelihood", header: "Log-likelihood", end: true, cell: ({ logLikelihood }) => (logLikelihood === null ? "–" : logLikelihood.toFixed(2)) },
]; // prettier-ignore
const csvOfLaws = (laws: readonly Law[]): string =>
  csvOf(
    ["law", "state", "log_likelihood", "parameter", "value", "low", "high"],
    laws.flatMap(({ law, state, logLikelihood, parameters }) =>
      parameters.length === 0 ? [[law, state, logLikelihood, null, null, null, null]] : parameters.map(({ name, value, interval }) => [law, state, logLikelihood, name, value, interval.low, interval.high]),
    ),
  ); // prettier-ignore

function Told({ result, basis }: { result: Fitted; basis: LifetimeAnswer["basis"] }) {
  const { purchases, active, each, customers, returned, chosen, laws, check, told } = result;
  return (
    <>
      <Sheet
        title="The year to come" basis={basis ?? undefined}
        lines={[["Interval", intervalWords(purchases.interval, whole)], ["Sample", `${counted(customers, "customer")} with a purchase, ${count(returned)} of whom came back`], ["Law", LAW_WORDS[chosen]]]}
        file={{ name: "Lifetime", content: () => csvOf(["weeks", "expected_purchases", "low", "high", "customers", "came_back", "active", "active_low", "active_high", "purchase_worth", "worth_low", "worth_high"], [[purchases.weeks, purchases.expected, purchases.interval.low, purchases.interval.high, customers, returned, active?.expected ?? null, active?.interval.low ?? null, active?.interval.high ?? null, each?.value ?? null, each?.interval.low ?? null, each?.interval.high ?? null]]) }}
      >
        <div className="pad">
          <p className={classes["headline"]}>
            <strong>{whole(purchases.expected)}</strong> purchases expected of today’s customers in {purchases.weeks} weeks
            <span className={classes["small"]}>
              {intervalWords(purchases.interval, whole)}, from {counted(customers, "customer")}; {percent(returned / Math.max(1, customers))} came back so far
            </span>
          </p>
          <dl className={classes["sides"]}>
            {active && (
              <div>
                <dt>Still active</dt>
                <dd><strong>{whole(active.expected)}</strong> of {counted(customers, "customer")}<span className={classes["small"]}>{intervalWords(active.interval, whole)}</span></dd>
              </div>
            )}
            <div>
              <dt>A purchase is worth</dt>
              <dd>
                {each === null ? <span className="quiet">The purchases do not tell: too few have a worth, or they differ too much.</span> : (
                  <><strong>{two(each.value)}</strong> on the average<span className={classes["small"]}>{intervalWords(each.interval, two)}</span></>
                )}
              </dd>
            </div>
          </dl>
          <p className={classes["use"]}>
            Each customer has the traits <code>likely_active</code>, <code>expected_purchases_12m</code> and <code>expected_value_12m</code>, each with the ends of its interval (<code>_low</code>, <code>_high</code>)
            {told > 0 && ` (${counted(told, "customer")} told anew by this fit)`}. Use them in{" "}
            <Link to="/segments/new" className="link">a segment</Link> or a journey.
          </p>
        </div>
      </Sheet>
      {check ? <Checked check={check} basis={basis} /> : <section className="sheet"><p className="pad">There was too little in the first two thirds of the period to check the law against the last.</p></section>}
      <Sheet title="The laws" basis={basis ?? undefined} lines={[["Sample", counted(customers, "customer")]]} file={{ name: "Lifetime laws", content: () => csvOfLaws(laws) }}>
        <DataTable label="Laws of purchases" columns={lawColumns(chosen)} rows={laws} rowKey={({ law }) => law} />
      </Sheet>
    </>
  );
} // prettier-ignore

/** The tab. */
export function LifetimeTab() {
  const api = useApi();
  const search = route.useSearch();
  const answer = useQuery({ queryKey: KEY, queryFn: ({ signal }) => api.lifetime(signal) });
  const { result, basis, asked, purchase } = answer.data ?? {};
  return (
    <Room title="Lifetime value" intro="What customers are expected to buy, how sure that is, and whether it would have come true." search={search}>
      {answer.isPending && <section className="sheet"><Rows rows={4} /></section>}
      {answer.isError && <Fault fault={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />}
      {asked && result && (
        <div className={classes["stack"]}>
          <FitForm asked={asked} purchase={purchase ?? null} />
          {result.type === "fitted" && <Told result={result} basis={basis ?? null} />}
          {result.type === "too_little_data" && <Sheet title="The year to come" basis={basis ?? undefined}><TooLittleNote told={result} /></Sheet>}
          {result.type === "not_fitted" && <section className="sheet"><p className="pad">{result.detail}</p></section>}
          {result.type === "not_yet" && (
            <section className="sheet">
              <Empty icon={<Sprout />} title="Nothing is fitted yet">
                <p>
                  From how often and how lately customers bought, a law of buying tells how many are still active and what they
                  will buy. It is shown once 200 customers have bought, 30 came back, and 13 weeks have passed. Name the event
                  that is a purchase, and fit now or wait for tonight.
                </p>
              </Empty>
            </section>
          )}
        </div>
      )}
    </Room>
  );
} // prettier-ignore
