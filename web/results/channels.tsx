/** Channels: who is given what of the conversions, by several models side by side. Models differ; how much they do is drawn. */
import { NativeSelect, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { AttributionResult, Model } from "../../src/attribution/model.ts";
import { CheckMenu } from "../analysis/check-menu.tsx";
import { TooLittleNote } from "../analysis/basis.tsx";
import { amount, intervalWords, percent } from "../analysis/numbers.ts";
import { useScope } from "../analysis/use-scope.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { NameField } from "../segments/fields.tsx";
import { Building, useWorld } from "../segments/world.tsx";
import { useApi } from "../services.tsx";
import { channelWords } from "../ui/channel.tsx";
import { count, counted } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { attributionOf, MODEL_TITLES } from "./ask.ts";
import type { AttributionBody } from "./calls.ts";
import classes from "./channels.module.css";
import { Credits, type CreditRow } from "./channels-chart.tsx";
import { AskedBar, Room, useChangeSearch } from "./room.tsx";

const route = getRouteApi("/results/channels");
type Divided = Extract<AttributionResult, { type: "divided" }>;
type Row = Divided["channels"][number];
type Ask = Omit<AttributionBody, "scope">;
type Measure = "conversions" | "value";

/** "email" -> "Email", "email / spring" -> "Email / spring". */
function channelName(channel: string): string {
  const [first = "", ...rest] = channel.split(" / ");
  return channel === "(others)" ? "All others" : [channelWords(first).label, ...rest].join(" / ");
}
const told = (n: number, measure: Measure): string =>
  measure === "value" ? amount(n) : count(Math.round(n * 10) / 10);

const columnsOf = (models: readonly Model[], measure: Measure): readonly Column<Row>[] => [
  { id: "channel", header: "Channel", value: ({ channel }) => channelName(channel), cell: ({ channel, touchpoints }) => <span className={classes["channel"]}><strong>{channelName(channel)}</strong><span className={classes["small"]}>met {count(touchpoints)} times</span></span> },
  ...models.map((model): Column<Row> => ({
    id: model, header: MODEL_TITLES[model], end: true,
    value: ({ credits }) => credits[model]?.[measure] ?? null,
    cell: ({ credits }) => {
      const credit = credits[model];
      if (!credit) return <span className="quiet">–</span>;
      const interval = measure === "value" ? credit.valueInterval : credit.conversionsInterval;
      return (
        <span>
          {told(credit[measure], measure)}
          {interval && <span className={classes["small"]}>{told(Math.max(0, interval.low), measure)} to {told(interval.high, measure)}</span>}
        </span>
      );
    },
  })),
]; // prettier-ignore

const rowsOf = (
  { channels, conversions, value }: Divided,
  models: readonly Model[],
  measure: Measure,
): readonly CreditRow[] => {
  const all = measure === "value" ? value : conversions;
  return channels.map(({ channel, credits }) => ({
    name: channelName(channel),
    credits: models.flatMap((model) => {
      const credit = credits[model];
      return credit && all > 0
        ? [{ model: MODEL_TITLES[model], ratio: credit[measure] / all, words: `${told(credit[measure], measure)}, ${percent(credit[measure] / all)}` }]
        : [];
    }),
  }));
}; // prettier-ignore

function Told({ result, basis, body }: { result: Divided; basis: Parameters<typeof Sheet>[0]["basis"]; body: AttributionBody }) {
  const api = useApi();
  const [chosen, setMeasure] = useState<Measure>("conversions");
  const measure = result.value === 0 ? "conversions" : chosen;
  const models = useMemo(() => result.models.filter(({ state }) => state === "divided").map(({ model }) => model), [result]);
  const columns = useMemo(() => columnsOf(models, measure), [models, measure]);
  const refused = result.models.filter(({ state }) => state === "too_many_states");
  return (
    <Sheet
      title="Credit by channel"
      basis={basis}
      lines={[
        ["Sample", `${counted(result.conversions, "conversion")} in ${counted(result.journeys, "journey")}`],
        ["Journeys that end in a conversion", `${percent(result.conversionRatio)} (${intervalWords(result.conversionRatioInterval, percent)})`],
        ["Met nothing before", `${counted(result.unmet.conversions, "conversion")}: in no credit`],
        ...(result.cut > 0 ? [["Cut", `${counted(result.cut, "journey")} longer than the newest 50 touchpoints`] as const] : []),
        ...(result.leftOut > 0 ? [["Left out", `${counted(result.leftOut, "journey")} of paths too rare to be read`] as const] : []),
        ["Intervals", "95 %, below each number of the table"],
      ]}
      note={`of ${counted(result.conversions, "conversion")}${result.value > 0 ? `, ${amount(result.value)} in value` : ""}`}
      file={{ name: "Attribution", content: () => api.answerCsv("/v1/attribution", body) }}
    >
      <div className={classes["head"]}>
        {result.value > 0 && <SegmentedControl size="xs" aria-label="What is divided" data={[{ value: "conversions", label: "Conversions" }, { value: "value", label: "Value" }]} value={measure} onChange={(value) => setMeasure(value as Measure)} />}
        <p className="quiet">Credit says what was met before a conversion, not what caused it: only an experiment with a holdout does.</p>
      </div>
      <Credits rows={rowsOf(result, models, measure)} models={models.map((model) => MODEL_TITLES[model])} />
      <div className={classes["scroll"]} role="region" aria-label="Credit by channel and model" tabIndex={0}>
        <DataTable label="Credit by channel" columns={columns} rows={result.channels} rowKey={({ channel }) => channel} />
      </div>
      <ul className={classes["models"]} aria-label="How each model divides">
        {result.models.map(({ model, words }) => <li key={model}><strong>{MODEL_TITLES[model]}</strong> {words}{refused.some((one) => one.model === model) && " Not worked out: too many states for this many channels."}</li>)}
      </ul>
    </Sheet>
  );
} // prettier-ignore

function Answer({ body }: { body: AttributionBody }) {
  const api = useApi();
  const answer = useQuery({
    queryKey: ["attribution", body],
    queryFn: ({ signal }) => api.attribution(body, signal),
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
  if (answer.isPending) return <section className="sheet"><Rows label="Dividing the conversions" /></section>;
  if (answer.isError) return <Fault fault={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />;
  const { result, basis } = answer.data;
  if (result.type === "too_little_data")
    return <Sheet title="Credit by channel" basis={basis}><TooLittleNote told={result} /></Sheet>;
  return <Told result={result} basis={basis} body={body} />;
} // prettier-ignore

const LOOKBACKS = [7, 14, 30, 60, 90, 180, 365];

function Fields({ ask, onChange }: { ask: Ask; onChange: (ask: Ask) => void }) {
  const world = useWorld();
  const { conversion, models = [], by, lookbackDays = 30 } = ask;
  const lookbacks = [...new Set([...LOOKBACKS, lookbackDays])].toSorted((a, b) => a - b);
  return (
    <Building world={world} problems={[]}>
      <section className="sheet" aria-label="What counts">
        <div className={`pad ${classes["fields"]}`}>
          <span>Conversion</span>
          <NameField label="Conversion" path="conversion/event" placeholder="an event" names={world.suggested.events} value={conversion.event} onChange={(event) => onChange({ ...ask, conversion: { ...conversion, event } })} />
          <span>worth</span>
          <NameField label="Property with its worth" path="conversion/value" placeholder="not told" names={world.suggested.propertiesOf(conversion.event)} value={conversion.value ?? ""} onChange={(value) => onChange({ ...ask, conversion: { event: conversion.event, value } })} />
          <NativeSelect aria-label="How far back" value={String(lookbackDays)} data={lookbacks.map((days) => ({ value: String(days), label: `${days} days back` }))} onChange={(event) => onChange({ ...ask, lookbackDays: Number(event.currentTarget.value) })} />
          <NativeSelect aria-label="Told apart" value={by ?? "channel"} data={[{ value: "channel", label: "by channel" }, { value: "campaign", label: "by channel and campaign" }]} onChange={(event) => onChange({ ...ask, by: event.currentTarget.value as NonNullable<Ask["by"]> })} />
          <CheckMenu label="Models" options={Object.entries(MODEL_TITLES).map(([value, label]) => ({ value, label }))} chosen={models} onChange={(next) => next.length > 0 && onChange({ ...ask, models: next as Model[] })}>
            {counted(models.length, "model")}
          </CheckMenu>
        </div>
      </section>
    </Building>
  );
} // prettier-ignore

/** The tab; what is asked stands in the address. */
export function ChannelsTab() {
  const search = route.useSearch();
  const change = useChangeSearch(search);
  const scope = useScope(search);
  const ask = useMemo(() => attributionOf(search.ask), [search.ask]);
  const body = useMemo(() => ({ ...ask, scope }), [ask, scope]);
  return (
    <Room
      title="Channels"
      intro="What was met on the way to a conversion, and how several models divide it."
      search={search}
    >
      <AskedBar search={search} path="/v1/attribution" body={body} />
      <div className={classes["stack"]}>
        <Fields ask={ask} onChange={(next) => change({ ask: { ...next, conversion: { ...next.conversion, value: next.conversion.value ?? "" } } })} />
        {ask.conversion.event === "" ? <p className="quiet">Name the event that is a conversion, and the credits follow.</p> : <Answer body={body} />}
      </div>
    </Room>
  );
} // prettier-ignore
