/** The outbox: what waits, what left, what was refused and why. */
import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download, Inbox } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import { useApi } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { Empty } from "../ui/notice.tsx";
import { valuesOf } from "../ui/table.tsx";
import { columnsOf, MessageTable, useMessages } from "./list.tsx";
import classes from "./messages.module.css";
import { Room } from "./room.tsx";
import { channelName, MESSAGE_CHANNELS, reasonWords, STATE_WORDS, STATES } from "./words.ts";

const route = getRouteApi("/messages");
type Search = ReturnType<typeof route.useSearch>;

function Filters({ search, onChange }: { search: Search; onChange: (part: Search) => void }) {
  const api = useApi();
  const journeys = useQuery({ queryKey: ["journeys"], queryFn: ({ signal }) => api.journeys(signal) });
  return (
    <div className={classes["filters"]}>
      <NativeSelect size="xs" aria-label="State" data={[{ value: "", label: "Any state" }, ...STATES.map((value) => ({ value, label: STATE_WORDS[value].label }))]} value={search.state ?? ""} onChange={(event) => onChange({ state: event.currentTarget.value })} />
      <NativeSelect size="xs" aria-label="Channel" data={[{ value: "", label: "Any channel" }, ...MESSAGE_CHANNELS.map((value) => ({ value, label: channelName(value) }))]} value={search.channel ?? ""} onChange={(event) => onChange({ channel: event.currentTarget.value })} />
      <NativeSelect size="xs" aria-label="Journey" data={[{ value: "", label: "Any journey" }, ...(journeys.data?.journeys ?? []).map(({ id, name }) => ({ value: String(id), label: name }))]} value={search.journey ?? ""} onChange={(event) => onChange({ journey: event.currentTarget.value })} />
      {search.reason !== undefined && (
        <Button size="xs" variant="light" onClick={() => onChange({ reason: "" })} aria-label={`Any reason, not only ${reasonWords(search.reason)}`}>{reasonWords(search.reason)} ✕</Button>
      )}
    </div>
  );
} // prettier-ignore

const NOWHERE = (): void => undefined;

/** The screen; filters and the opened message stand in the address. */
export function OutboxScreen() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { id, ...filter } = search;
  const list = useMessages(filter);
  const filtered = Object.keys(filter).length > 0;
  const change = (part: Search) =>
    void navigate({ search: (old) => Object.fromEntries(Object.entries({ ...old, ...part }).filter(([, value]) => value !== "" && value !== undefined)), replace: true, resetScroll: false });
  const save = () => {
    const rows = list.data?.pages.flatMap(({ messages }) => messages) ?? [];
    const values = valuesOf(columnsOf(NOWHERE, true), rows);
    saveFile("messages.csv", csvOf(values.header, values.rows), "text/csv");
  };
  return (
    <Room
      title="Messages"
      intro="Everything that was to be said, and what became of it. Each has a receipt: why this person, why now."
      actions={<Button variant="default" leftSection={<Download size={16} />} disabled={(list.data?.pages[0]?.messages.length ?? 0) === 0} onClick={save}>CSV</Button>}
    >
      <section className="sheet" aria-label="Outbox">
        <header>
          <Filters search={search} onChange={change} />
        </header>
        <MessageTable
          list={list}
          label="Messages"
          whose
          opened={id}
          onOpen={(next) => change({ id: next ?? "" })}
          empty={
            <Empty icon={<Inbox />} title={filtered ? "No message like this" : "Nothing was sent yet"}>
              <p>
                {filtered ? "Take a filter away to see more." : (
                  <>
                    Messages come from <Link to="/journeys" className="link">journeys</Link>. Until a provider is set up, they
                    stay here and nothing leaves, so you can look at everything first.
                  </>
                )}
              </p>
            </Empty>
          }
        />
      </section>
    </Room>
  );
} // prettier-ignore
