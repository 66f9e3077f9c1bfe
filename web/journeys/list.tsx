/** All journeys: what each is, how it stands, who is in it now, and starters to begin with. */
import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Download, Plus, Route, SearchX } from "lucide-react";
import { type FormEvent, useState } from "react";
import { csvOf } from "../../src/csv.ts";
import type { JourneySummary } from "../../src/journeys/document.ts";
import type { Entry } from "../../src/journeys/model.ts";
import { useApi, useServices } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { SearchField } from "../ui/search.tsx";
import { StarterCards, StarterMenu } from "../ui/starters.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { JourneyActions } from "./actions.tsx";
import type { Starter } from "./calls.ts";
import classes from "./journeys.module.css";
import { blankJourney } from "./palette.ts";
import { StateBadge } from "./state-badge.tsx";
import { ENTRY_WORDS, STATE_WORDS } from "./words.ts";

const route = getRouteApi("/journeys");
const EVERY_MS = 10_000;

const entryOf = ({ entry }: JourneySummary): string => ENTRY_WORDS[entry as Entry["type"]] ?? entry;
const COLUMNS: readonly Column<JourneySummary>[] = [
  {
    id: "name", header: "Journey", width: "34%", value: ({ name }) => name,
    cell: (journey) => (
      <div className="wrap">
        <Link to="/journeys/$journeyId" params={{ journeyId: String(journey.id) }} className="name">{journey.name}</Link>
        <div className={classes["small"]}>{journey.description || `${entryOf(journey)} · ${counted(journey.steps, "step")}`}</div>
      </div>
    ),
  },
  {
    id: "state", header: "State", value: ({ state }) => STATE_WORDS[state] ?? state,
    cell: ({ state, version, changed }) => (
      <span className={classes["stated"]}>
        <StateBadge state={state} />
        {version !== null && <span className={classes["small"]}>version {version}{changed && ", draft differs"}</span>}
      </span>
    ),
  },
  { id: "entry", header: "Customers enter", value: entryOf, cell: (journey) => <span>{entryOf(journey)}</span> },
  { id: "running", header: "In it now", end: true, value: ({ running }) => running, cell: ({ running }) => count(running) },
  { id: "entered", header: "Entered in a day", end: true, value: ({ enteredLastDay }) => enteredLastDay, cell: ({ enteredLastDay }) => count(enteredLastDay) },
  { id: "updated", header: "Changed", value: ({ updatedAt }) => updatedAt, cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
  { id: "actions", header: "More", end: true, cell: (journey) => <JourneyActions journey={journey} /> },
]; // prettier-ignore

function saveShown(rows: readonly JourneySummary[]): void {
  const values = valuesOf(COLUMNS, rows);
  const csv = csvOf(
    ["Id", ...values.header, "Version"],
    values.rows.map((row, at) => [String(rows[at]!.id), ...row, rows[at]!.version]),
  );
  saveFile("journeys.csv", csv, "text/csv");
}

/** Journeys to begin with, when this server has them. */
function useStarters() {
  const api = useApi();
  return useQuery({
    queryKey: ["journey-starters"],
    queryFn: ({ signal }) => api.journeyStarters(signal),
    staleTime: Infinity,
    retry: false,
  });
}

/** Makes one from a starter and opens it. */
function useBegin() {
  const { api, queries } = useServices();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (by: { readonly key: string; readonly site?: string } | { readonly name: string }) =>
      "key" in by ? api.beginJourney(by) : api.createJourney(blankJourney(by.name)),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ["journeys"] });
      await queries.invalidateQueries({ queryKey: ["templates"] });
      await navigate({ to: "/journeys/$journeyId", params: { journeyId: String(id) } });
    },
  });
}

function NewDialog({ onClose }: { onClose: () => void }) {
  const begin = useBegin();
  const [name, setName] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") begin.mutate({ name: name.trim() });
  };
  return (
    <Modal opened onClose={onClose} title={<strong>New journey</strong>}>
      <form onSubmit={submit} className={classes["dialog"]}>
        <TextInput
          label="What is it called?"
          placeholder="such as Saved cart"
          required
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {begin.isError && <Fault fault={begin.error} />}
        <Button type="submit" loading={begin.isPending}>
          Create it
        </Button>
      </form>
    </Modal>
  );
}

/** What a starter needs to be told before it is made. */
function StarterDialog({ starter, onClose }: { starter: Starter; onClose: () => void }) {
  const begin = useBegin();
  const [site, setSite] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    begin.mutate({ key: starter.key, ...(site.trim() === "" ? {} : { site: site.trim() }) });
  };
  return (
    <Modal opened onClose={onClose} title={<strong>{starter.name}</strong>} size="lg">
      <form onSubmit={submit} className={classes["dialog"]}>
        <p>{starter.description}</p>
        <p className="quiet">{starter.advice}</p>
        {starter.events.length > 0 && <p className="quiet">It goes by {starter.events.join(", ")}. Change the names to yours in the design.</p>}
        <TextInput type="url" label="Where your business is on the web" description="The buttons of the letters lead there. Left empty, an example's address stands in them." placeholder="https://" data-autofocus value={site} onChange={(event) => setSite(event.currentTarget.value)} />
        {begin.isError && <Fault fault={begin.error} />}
        <Button type="submit" loading={begin.isPending}>Make the draft</Button>
      </form>
    </Modal>
  );
} // prettier-ignore

function Teach({ onNew, onStarter }: { onNew: () => void; onStarter: (starter: Starter) => void }) {
  const starters = useStarters();
  const list = starters.data?.starters ?? [];
  return (
    <>
      <Empty icon={<Route />} title="No journeys yet">
        <p>
          A journey says what the next right step is for each customer, and takes it at the right time: only
          when welcome, never twice, and never to somebody who has just done what it asks for. It is replayed
          over the past before it goes live.
        </p>
        <Button variant={list.length > 0 ? "default" : "filled"} leftSection={<Plus size={16} />} onClick={onNew}>
          Begin with an empty one
        </Button>
      </Empty>
      {list.length > 0 && (
        <StarterCards
          starters={list}
          actionsOf={(starter) => (
            <Button size="xs" variant="light" leftSection={<Plus size={14} />} aria-label={`Begin with this: ${starter.name}`} onClick={() => onStarter(starter)}>
              Begin with this
            </Button>
          )}
        />
      )}
    </>
  );
} // prettier-ignore

function NewMenu({ onNew, onStarter }: { onNew: () => void; onStarter: (starter: Starter) => void }) {
  const starters = useStarters();
  return (
    <Button.Group>
      <Button leftSection={<Plus size={16} />} onClick={onNew}>
        New journey
      </Button>
      <StarterMenu
        label="New journey from a starter"
        starters={starters.data?.starters ?? []}
        onChoose={onStarter}
      />
    </Button.Group>
  );
}

/** The list. */
export function JourneysScreen() {
  const { query = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const api = useApi();
  const [making, setMaking] = useState(false);
  const [starter, setStarter] = useState<Starter | null>(null);
  const list = useQuery({
    queryKey: ["journeys"],
    queryFn: ({ signal }) => api.journeys(signal),
    refetchInterval: EVERY_MS,
  });
  const all = list.data?.journeys ?? [];
  const wanted = query.toLowerCase();
  const rows = all.filter((one) =>
    `${one.name} ${one.description} ${entryOf(one)} ${STATE_WORDS[one.state]}`.toLowerCase().includes(wanted),
  );
  return (
    <Page
      title="Journeys"
      intro="The right next step for each customer, at the right time, only when welcome."
      actions={
        <>
          <Button variant="default" leftSection={<Download size={16} />} disabled={rows.length === 0} onClick={() => saveShown(rows)}>
            CSV
          </Button>
          <NewMenu onNew={() => setMaking(true)} onStarter={setStarter} />
        </>
      }
    >
      <div className="sheet">
        {all.length > 0 && (
          <header>
            <SearchField label="Search journeys" placeholder="Name, description, state" value={query} onSearch={(text) => void navigate({ search: text === "" ? {} : { query: text }, replace: true })} />
            <span className="quiet" aria-live="polite">{counted(rows.length, "journey")}</span>
          </header>
        )}
        {list.isPending && <Rows />}
        {list.isError && <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>}
        {list.isSuccess && all.length === 0 && <Teach onNew={() => setMaking(true)} onStarter={setStarter} />}
        {all.length > 0 && rows.length === 0 && (
          <Empty icon={<SearchX />} title={`No journey like “${query}”`}>
            <p>The search looks at names, descriptions and states. Try fewer letters.</p>
          </Empty>
        )}
        {rows.length > 0 && <DataTable label="Journeys" columns={COLUMNS} rows={rows} rowKey={({ id }) => String(id)} />}
      </div>
      {making && <NewDialog onClose={() => setMaking(false)} />}
      {starter && <StarterDialog starter={starter} onClose={() => setStarter(null)} />}
    </Page>
  );
} // prettier-ignore
