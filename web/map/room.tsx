/** The room of the map: its frame, what is looked at (kept in the address, shared by all views), and the views as tabs. */
import { Button, NativeSelect, Popover, Switch, TextInput, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet, useNavigate } from "@tanstack/react-router";
import { Layers2 } from "lucide-react";
import { type FormEvent, Suspense, useMemo, useState } from "react";
import { ScopeBar } from "../analysis/scope-bar.tsx";
import { useScope } from "../analysis/use-scope.ts";
import { useApi } from "../services.tsx";
import { Rows } from "../ui/notice.tsx";
import { useTitle } from "../ui/page.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { caseOf, caseWords, DETAILS, GAP_MINUTES, MAP_NAMES, type MapSearch, needsGrouping, type Question, questionOf } from "./question.ts"; // prettier-ignore
import classes from "./room.module.css";

const route = getRouteApi("/map");
const TABS = [
  { to: "/map", label: "Map" },
  { to: "/map/steps", label: "First steps" },
  { to: "/map/variants", label: "Ways gone" },
  { to: "/map/compare", label: "Compare" },
  { to: "/map/helps", label: "What helps" },
  { to: "/map/plan", label: "Plan and reality" },
  { to: "/map/questions", label: "Questions" },
] as const;

/** What the address asks; null while the workspace's grouping, which it needs, is not known yet. */
export function useQuestion(): Question | null {
  const api = useApi();
  const search: MapSearch = route.useSearch();
  const scope = useScope(search);
  const wanted = needsGrouping(search);
  const grouping = useQuery({
    queryKey: ["moment-grouping"],
    queryFn: ({ signal }) => api.momentGrouping(signal),
    enabled: wanted,
  });
  const { by, gap, start, goal, property, detail, stages } = search;
  return useMemo(() => {
    if (wanted && !grouping.data) return null;
    const own = Object.entries({ by, gap, start, goal, property, detail, stages });
    const asked = Object.fromEntries(own.filter(([, value]) => value !== undefined)) as MapSearch;
    return questionOf(asked, scope, grouping.data);
  }, [scope, wanted, grouping.data, by, gap, start, goal, property, detail, stages]);
}

/** Names of events this workspace has, for choosing one. */
export function useEventNames(): readonly string[] {
  const api = useApi();
  const names = useQuery({
    queryKey: ["names"],
    queryFn: ({ signal }) => api.names(signal),
    staleTime: 60_000,
  });
  return names.data?.events.map(({ name }) => name) ?? [];
}

/** Choosing an event by its name; an absent one is asked for. */
export function EventField({ label, description, value, none, onChange }: { label: string; description?: string; value: string; none: string; onChange: (name: string) => void }) {
  const names = useEventNames();
  const known = value === "" || names.includes(value) ? names : [value, ...names];
  return (
    <NativeSelect
      label={label} description={description} value={value}
      data={[{ value: "", label: none }, ...known.map((name) => ({ value: name, label: name }))]}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
} // prettier-ignore

type Change = (change: { readonly [name in (typeof MAP_NAMES)[number]]?: string | undefined }) => void;
const CASES = [
  { value: "", label: "All that a customer did" },
  { value: "visit", label: "One visit" },
  { value: "goal", label: "The way to a goal" },
  { value: "key", label: "An order, ticket or other key" },
];

function PropertyField({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const [typed, setTyped] = useState(value);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChange(typed.trim());
  };
  return (
    <form onSubmit={submit}>
      <TextInput label="Property" description="Events of one value of it are one case. Enter applies it." placeholder="such as order_id" maxLength={200} value={typed} onChange={(event) => setTyped(event.currentTarget.value)} onBlur={() => typed.trim() !== value && onChange(typed.trim())} />
    </form>
  );
} // prettier-ignore

function Cases({ search, onChange }: { search: MapSearch; onChange: Change }) {
  const api = useApi();
  const stages = useQuery({ queryKey: ["stages"], queryFn: ({ signal }) => api.stages(signal) });
  const detail = DETAILS.find(({ value }) => value !== "" && value === search.detail);
  return (
    <Popover width={320} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<Layers2 size={16} />}>
          {caseWords(caseOf(search))}
          {detail && `, ${detail.label.toLowerCase()}`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Cases and moments">
        <div className={classes["fields"]}>
          <NativeSelect label="One case is" data={CASES} value={search.by ?? ""} onChange={(event) => onChange({ by: event.currentTarget.value || undefined })} />
          {search.by === "visit" && (
            <TextInput type="number" label="A visit ends after so many quiet minutes" min={1} max={10_080} value={search.gap ?? String(GAP_MINUTES)} onChange={({ currentTarget: { value } }) => onChange({ gap: value === "" || value === String(GAP_MINUTES) ? undefined : value })} />
          )}
          {search.by === "goal" && (
            <>
              <EventField label="The goal" none="Choose an event" value={search.goal ?? ""} onChange={(goal) => onChange({ goal: goal || undefined })} />
              <EventField label="From" none="The first moment" description={!search.goal ? "Where a case begins." : search.start === search.goal ? "From each such event to the next." : `Choose ${search.goal} here as well for the way to the next one.`} value={search.start ?? ""} onChange={(start) => onChange({ start: start || undefined })} />
            </>
          )}
          {search.by === "key" && <PropertyField value={search.property ?? ""} onChange={(property) => onChange({ property: property || undefined })} />}
          <NativeSelect label="Moments" data={[...DETAILS]} value={search.detail ?? ""} onChange={(event) => onChange({ detail: event.currentTarget.value || undefined })} />
          {stages.data?.model && (
            <Switch label="Tell moments apart by stage" checked={search.stages === "yes"} onChange={(event) => onChange({ stages: event.currentTarget.checked ? "yes" : undefined })} />
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
} // prettier-ignore

/** The parts of the address that every view shares, so that tabs hand them on. */
const sharedOf = (search: MapSearch): MapSearch =>
  Object.fromEntries(
    MAP_NAMES.flatMap((name) => (search[name] === undefined ? [] : [[name, search[name]]])),
  ) as MapSearch;

/** The frame. */
export function MapRoom() {
  useTitle("Map");
  const search: MapSearch = route.useSearch();
  const navigate = useNavigate();
  const change: Change = (parts) =>
    void navigate({ to: ".", search: (before: object) => ({ ...before, ...parts }), replace: true } as never);
  return (
    <div className={classes["frame"]}>
      <header className={classes["head"]}>
        <Title order={1}>Map</Title>
        <ScopeBar search={search} onChange={change}>
          <Cases search={search} onChange={change} />
        </ScopeBar>
      </header>
      <div className={classes["tabs"]}>
        <Tabs label="Views of the map" tabs={TABS} search={sharedOf(search)} />
      </div>
      <div className={classes["body"]}>
        <Suspense fallback={<Rows />}>
          <Outlet />
        </Suspense>
      </div>
    </div>
  );
}
