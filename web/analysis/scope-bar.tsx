/** The bar that says which part of history a screen is about: the period, and behind one button who and where. */
import { Button, NativeSelect, Popover, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ListFilter } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { useApi } from "../services.tsx";
import { date } from "../ui/format.ts";
import { CHANNEL_WORDS, CHANNELS } from "../ui/words.ts";
import classes from "./analysis.module.css";
import { CheckList } from "./check-menu.tsx";
import { channelsOf, dayOf, DEFAULT_DAYS, daysOf, isWhole, PERIODS, scopeOf, type ScopeSearch, textOfDay } from "./scope.ts"; // prettier-ignore
import { useToday, useZone } from "./use-scope.ts";

const DATES = "dates";
const WHOLE = "whole";

/** Change of the address: absent names stay, undefined ones go. */
export type ScopeChange = (change: { readonly [name in keyof ScopeSearch]?: string | undefined }) => void;
type ScopeBarProps = {
  readonly search: ScopeSearch;
  readonly onChange: ScopeChange;
  readonly children?: ReactNode;
};

function PeriodField({ search, onChange }: ScopeBarProps) {
  const days = daysOf(search);
  const [choosing, setChoosing] = useState(false);
  const offered: { value: string; label: string }[] = PERIODS.map(({ days: n, label }) => ({ value: String(n), label: n === 365 ? "The last year" : `The last ${label}` }));
  const zone = useZone();
  if (days !== null && !PERIODS.some((one) => one.days === days)) offered.push({ value: String(days), label: `The last ${days} days` });
  const whole = isWhole(search);
  if (whole) offered.push({ value: WHOLE, label: days === 1 ? "The last whole day" : `The last ${days} whole days` });
  const between = days === null;
  return (
    <>
      <NativeSelect
        aria-label="Period"
        value={between || choosing ? DATES : whole ? WHOLE : String(days)}
        data={[...offered, { value: DATES, label: between ? `${date(dayOf(search.from, zone)!, zone)} – ${date(dayOf(search.to, zone)!, zone)}` : "Between two days …" }]}
        onChange={({ currentTarget: { value } }) => {
          setChoosing(value === DATES);
          if (value !== DATES && value !== WHOLE) onChange({ days: value === String(DEFAULT_DAYS) ? undefined : value, whole: undefined, from: undefined, to: undefined });
        }}
      />
      {(choosing || between) && <DatesFields search={search} onChange={(change) => { setChoosing(false); onChange(change); }} />}
    </>
  );
} // prettier-ignore

function DatesFields({ search, onChange }: ScopeBarProps) {
  const zone = useZone();
  const asked = scopeOf(search, useToday(zone), zone);
  const [from, setFrom] = useState(textOfDay(Date.parse(asked.from), zone));
  const [to, setTo] = useState(textOfDay(Date.parse(asked.to) - 1, zone));
  const [begin, end] = [dayOf(from, zone), dayOf(to, zone)];
  const possible = begin !== null && end !== null && begin <= end;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (possible) onChange({ days: undefined, whole: undefined, from, to });
  };
  return (
    <form className={classes["dates"]} onSubmit={submit} aria-label="Between two days">
      <TextInput type="date" aria-label="First day" value={from} onChange={(event) => setFrom(event.currentTarget.value)} error={!possible} />
      <TextInput type="date" aria-label="Last day" value={to} onChange={(event) => setTo(event.currentTarget.value)} error={!possible} />
      <Button type="submit" variant="default" disabled={!possible || (from === search.from && to === search.to)}>Show</Button>
    </form>
  );
} // prettier-ignore

function Whom({ search, onChange }: ScopeBarProps) {
  const api = useApi();
  const segments = useQuery({ queryKey: ["segments"], queryFn: ({ signal }) => api.segments(signal) });
  const known = segments.data?.segments ?? [];
  const channels = channelsOf(search);
  const [account, setAccount] = useState(search.account ?? "");
  const who = search.account ? `account ${search.account}` : search.segment ? (known.find(({ id }) => String(id) === search.segment)?.name ?? `segment ${search.segment}`) : "Everybody";
  const where = channels.length === 0 ? "all channels" : channels.length === 1 ? CHANNEL_WORDS[channels[0]!].label : `${channels.length} channels`;
  return (
    <Popover width={320} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<ListFilter size={16} />} className={classes["whom"]}>{who}, {where}</Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Who and where">
        <div className={classes["fields"]}>
          <NativeSelect
            label="Who" value={search.segment ?? ""}
            data={[{ value: "", label: "Everybody" }, ...known.map(({ id, name }) => ({ value: String(id), label: name }))]}
            onChange={(event) => onChange({ segment: event.currentTarget.value || undefined })}
          />
          <CheckList
            label="Channels; none is all" options={CHANNELS.map((value) => ({ value, label: CHANNEL_WORDS[value].label }))} chosen={channels}
            onChange={(chosen) => onChange({ channels: chosen.length === 0 ? undefined : chosen.join(",") })}
          />
          <form onSubmit={(event) => { event.preventDefault(); onChange({ account: account.trim() || undefined }); }}>
            <TextInput label="Account" description="A company or household, by its id. Enter applies it." value={account} maxLength={200} onChange={(event) => setAccount(event.currentTarget.value)} onBlur={() => (search.account ?? "") !== account.trim() && onChange({ account: account.trim() || undefined })} />
          </form>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
} // prettier-ignore

/** The bar; more fields of the screen follow as children. */
export function ScopeBar({ search, onChange, children }: ScopeBarProps) {
  return (
    <div className={classes["bar"]} role="group" aria-label="What is looked at">
      <PeriodField search={search} onChange={onChange} />
      <Whom search={search} onChange={onChange} />
      {children}
    </div>
  );
}
