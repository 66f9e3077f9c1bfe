/** Digests: saved views by mail, every day or week, with what changed. */
import { ActionIcon, Button, Checkbox, Group, Modal, NativeSelect, TextInput } from "@mantine/core"; // prettier-ignore
import { useMutation, useQuery } from "@tanstack/react-query";
import { MailPlus, Pencil, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { Digest, View } from "../../src/digest/model.ts";
import { CheckList } from "../analysis/check-menu.tsx";
import { useApi, useServices } from "../services.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { clockTime, counted, date } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import type { DigestBody } from "./calls.ts";
import classes from "./results.module.css";

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const hourWords = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;
/** The views a mail can hold. */
const MAILABLE = ["/v1/metrics", "/v1/funnels", "/v1/retention"];

/** When a digest goes out, in words. */
const whenWords = ({ every, weekday, hour }: Digest): string =>
  every === "day" ? `Every day at ${hourWords(hour)}` : `${WEEKDAYS[weekday - 1]}s at ${hourWords(hour)}`;

type Draft = Required<DigestBody>;
const blank = (views: readonly View[]): Draft => ({
  name: "Every Monday", to: [], every: "week", weekday: 1, hour: 8, views: views.slice(0, 1).map(({ id }) => id), alerts: true, on: true,
}); // prettier-ignore
const draftOf = ({ name, to, every, weekday, hour, views, alerts, on }: Digest): Draft => ({
  name, to, every, weekday, hour, views, alerts, on,
}); // prettier-ignore

const addressesOf = (text: string): string[] => text.split(/[,;\s]+/).filter((one) => one !== "");

function Editor({ digest, views, onClose }: { digest: Digest | null; views: readonly View[]; onClose: () => void }) {
  const { api, queries } = useServices();
  const [draft, setDraft] = useState<Draft>(digest === null ? blank(views) : draftOf(digest));
  // As it is typed: a comma at the end would vanish with the list it was typed for.
  const [to, setTo] = useState(draft.to.join(", "));
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const save = useMutation({
    mutationFn: () => (digest === null ? api.createDigest(draft) : api.changeDigest(digest.id, draft)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["digests"] });
      onClose();
    },
  });
  const ready = draft.name.trim() !== "" && draft.to.length > 0 && draft.views.length > 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready) save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={<strong>{digest === null ? "New digest" : `Change ${digest.name}`}</strong>}>
      <form onSubmit={submit} className={classes["form"]}>
        <TextInput label="What is it called?" value={draft.name} maxLength={200} data-autofocus onChange={(event) => set({ name: event.currentTarget.value })} />
        <TextInput label="To whom" description="Addresses of people of this workspace, with commas between" value={to} onChange={(event) => { setTo(event.currentTarget.value); set({ to: addressesOf(event.currentTarget.value) }); }} />
        <CheckList label="What it brings" options={views.map(({ id, name }) => ({ value: String(id), label: name }))} chosen={draft.views.map(String)} onChange={(ids) => set({ views: ids.map(Number) })} />
        <Group grow>
          <NativeSelect label="How often" value={draft.every} data={[{ value: "week", label: "Every week" }, { value: "day", label: "Every day" }]} onChange={(event) => set({ every: event.currentTarget.value as Draft["every"] })} />
          {draft.every === "week" && <NativeSelect label="On" value={String(draft.weekday)} data={WEEKDAYS.map((label, i) => ({ value: String(i + 1), label }))} onChange={(event) => set({ weekday: Number(event.currentTarget.value) })} />}
          <NativeSelect label="At" value={String(draft.hour)} data={Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: hourWords(hour) }))} onChange={(event) => set({ hour: Number(event.currentTarget.value) })} />
        </Group>
        <Checkbox label="With the alerts nobody has seen yet" checked={draft.alerts} onChange={(event) => set({ alerts: event.currentTarget.checked })} />
        <Checkbox label="It goes out" checked={draft.on} onChange={(event) => set({ on: event.currentTarget.checked })} />
        {save.isError && <Fault fault={save.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={save.isPending} disabled={!ready}>{digest === null ? "Make the digest" : "Save"}</Button>
        </Group>
      </form>
    </Modal>
  );
} // prettier-ignore

function Remove({ digest, onClose }: { digest: Digest; onClose: () => void }) {
  const { api, queries } = useServices();
  const remove = useMutation({
    mutationFn: () => api.deleteDigest(digest.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["digests"] });
      onClose();
    },
  });
  return (
    <Confirm opened title={`Delete ${digest.name}?`} action="Delete" danger busy={remove.isPending} fault={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>No more mail goes out for it. Its views stay.</p>
    </Confirm>
  );
} // prettier-ignore

function Last({ last }: Pick<Digest, "last">) {
  if (last === null) return <span className="quiet">not yet</span>;
  const at = Date.parse(last.at);
  return (
    <>
      {date(at)}, {clockTime(at)}
      <span className={classes["small"]}>{last.problem ?? `${counted(last.sent, "mail")} sent`}</span>
    </>
  );
}

/** The list and its dialogs. */
export function Digests({ views }: { views: readonly View[] }) {
  const api = useApi();
  const list = useQuery({ queryKey: ["digests"], queryFn: ({ signal }) => api.digests(signal) });
  const [edited, setEdited] = useState<Digest | "new" | null>(null);
  const [removed, setRemoved] = useState<Digest | null>(null);
  const digests = list.data?.digests ?? [];
  const mailable = views.filter(({ path }) => MAILABLE.includes(path));
  const columns: readonly Column<Digest>[] = [
    { id: "name", header: "Digest", width: "36%", value: ({ name }) => name, cell: ({ name, to }) => <div className="wrap"><strong>{name}</strong><span className={classes["small"]}>to {to.join(", ")}</span></div> },
    { id: "when", header: "When", cell: (digest) => <>{whenWords(digest)}<span className={classes["small"]}>{digest.on ? counted(digest.views.length, "view") : "switched off"}</span></> },
    { id: "last", header: "Last time", cell: ({ last }) => <Last last={last} /> },
    { id: "next", header: "Next", cell: ({ nextAt }) => (nextAt === null ? <span className="quiet">–</span> : `${date(Date.parse(nextAt))}, ${clockTime(Date.parse(nextAt))}`) },
    {
      id: "acts", header: "Actions", end: true,
      cell: (digest) => (
        <Group gap={4} wrap="nowrap" justify="flex-end">
          <ActionIcon variant="subtle" color="gray" aria-label={`Change ${digest.name}`} onClick={() => setEdited(digest)}><Pencil size={16} /></ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${digest.name}`} onClick={() => setRemoved(digest)}><Trash2 size={16} /></ActionIcon>
        </Group>
      ),
    },
  ];
  return (
    <section className="sheet" aria-labelledby="digests">
      <header>
        <h2 id="digests">By mail</h2>
        <Button size="xs" variant="default" leftSection={<MailPlus size={14} />} disabled={mailable.length === 0} onClick={() => setEdited("new")}>New digest</Button>
      </header>
      {list.isPending && <Rows rows={2} />}
      {list.isError && <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>}
      {list.isSuccess && digests.length === 0 && (
        <p className={`pad ${classes["teach"]}`}>
          {mailable.length === 0 ? "Save a view of metrics, a funnel or retention first; then it can go out by mail." : "Nothing goes out yet. A digest brings saved views by mail, with what changed."}
        </p>
      )}
      {digests.length > 0 && <DataTable label="Digests" columns={columns} rows={digests} rowKey={({ id }) => String(id)} />}
      {edited !== null && <Editor digest={edited === "new" ? null : edited} views={mailable} onClose={() => setEdited(null)} />}
      {removed !== null && <Remove digest={removed} onClose={() => setRemoved(null)} />}
    </section>
  );
} // prettier-ignore
