/** What was kept: views to open, rename and delete, and the digests that bring them by mail. */
import { ActionIcon, Button, Group, Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Bookmark, Pencil, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { View } from "../../src/digest/model.ts";
import { lengthDaysOf, type ScopeAsked } from "../analysis/scope.ts";
import { useZone } from "../analysis/use-scope.ts";
import { useApi, useServices } from "../services.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { date } from "../ui/format.ts";
import { Empty, Fault } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { fieldsOf, placeOf } from "./ask.ts";
import { Digests } from "./digests.tsx";
import classes from "./results.module.css";
import { Room } from "./room.tsx";

const route = getRouteApi("/results/views");
const KINDS: { readonly [path: string]: string } = {
  "/v1/metrics": "Metrics",
  "/v1/funnels": "Funnel",
  "/v1/retention": "Retention",
  "/v1/attribution": "Channels",
  "/v1/map": "Map",
};

/** The saved views. */
export function useViews() {
  const api = useApi();
  return useQuery({ queryKey: ["views"], queryFn: ({ signal }) => api.views(signal) });
}

function periodOf({ body, lastDays }: View, zone: string): string {
  if (lastDays !== null) return lastDays === 1 ? "the last whole day" : `the last ${lastDays} whole days`;
  const { from, to } = fieldsOf(body["scope"]) as Partial<ScopeAsked>;
  if (!from || !to) return "";
  const last = Date.parse(to) - 1;
  return lengthDaysOf({ from, to }) <= 1 ? date(Date.parse(from), zone) : `${date(Date.parse(from), zone)} to ${date(last, zone)}`; // prettier-ignore
}

function Rename({ view, onClose }: { view: View; onClose: () => void }) {
  const { api, queries } = useServices();
  const [name, setName] = useState(view.name);
  const save = useMutation({
    mutationFn: () => api.changeView(view.id, { name: name.trim(), path: view.path, body: view.body, lastDays: view.lastDays }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["views"] });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") save.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={<strong>Rename {view.name}</strong>}>
      <form onSubmit={submit}>
        <TextInput label="What is it called?" value={name} maxLength={200} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
        {save.isError && <Fault fault={save.error} />}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>Cancel</Button>
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ""}>Rename</Button>
        </Group>
      </form>
    </Modal>
  );
} // prettier-ignore

function Remove({ view, onClose }: { view: View; onClose: () => void }) {
  const { api, queries } = useServices();
  const remove = useMutation({
    mutationFn: () => api.deleteView(view.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["views"] });
      onClose();
    },
  });
  return (
    <Confirm opened title={`Delete ${view.name}?`} action="Delete" danger busy={remove.isPending} fault={remove.error} onConfirm={() => remove.mutate()} onClose={onClose}>
      <p>The question is gone for everybody. Nothing that was measured is touched.</p>
    </Confirm>
  );
} // prettier-ignore

function Views({ views }: { views: readonly View[] }) {
  const [chosen, setChosen] = useState<{ view: View; act: "rename" | "remove" } | null>(null);
  const zone = useZone();
  const columns: readonly Column<View>[] = [
    {
      id: "name", header: "View", width: "44%", value: ({ name }) => name,
      cell: (view) => {
        const place = placeOf(view, zone);
        return (
          <div className="wrap">
            {place ? <Link to={place.to} search={place.search} className="name">{view.name}</Link> : <strong>{view.name}</strong>}
            <span className={classes["small"]}>{KINDS[view.path] ?? view.path}, {periodOf(view, zone)}</span>
          </div>
        );
      },
    },
    { id: "by", header: "Saved by", value: ({ by }) => by, cell: ({ by }) => by },
    { id: "updated", header: "Saved", value: ({ updatedAt }) => updatedAt, cell: ({ updatedAt }) => <Ago at={updatedAt} /> },
    {
      id: "acts", header: "Actions", end: true,
      cell: (view) => (
        <Group gap={4} wrap="nowrap" justify="flex-end">
          <ActionIcon variant="subtle" color="gray" aria-label={`Rename ${view.name}`} onClick={() => setChosen({ view, act: "rename" })}><Pencil size={16} /></ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label={`Delete ${view.name}`} onClick={() => setChosen({ view, act: "remove" })}><Trash2 size={16} /></ActionIcon>
        </Group>
      ),
    },
  ];
  const close = () => setChosen(null);
  return (
    <>
      <DataTable label="Saved views" columns={columns} rows={views} rowKey={({ id }) => String(id)} />
      {chosen?.act === "rename" && <Rename view={chosen.view} onClose={close} />}
      {chosen?.act === "remove" && <Remove view={chosen.view} onClose={close} />}
    </>
  );
} // prettier-ignore

/** The tab. */
export function ViewsTab() {
  const search = route.useSearch();
  const list = useViews();
  const views = list.data?.views ?? [];
  return (
    <Room title="Saved" intro="Questions that are kept, to open again and to get by mail." search={search}>
      <div className={classes["stack"]}>
        <section className="sheet" aria-labelledby="saved-views">
          <header>
            <h2 id="saved-views">Saved views</h2>
          </header>
          <Awaiting query={list} rows={3} />
          {list.isSuccess && views.length === 0 && (
            <Empty icon={<Bookmark />} title="No saved views yet">
              <p>
                On any screen of results, “Save view” keeps what you ask: the period, who, where, and what.
                Begin with{" "}
                <Link to="/results/metrics" className="link">
                  the metrics
                </Link>
                .
              </p>
            </Empty>
          )}
          {views.length > 0 && <Views views={views} />}
        </section>
        {list.isSuccess && <Digests views={views} />}
      </div>
    </Room>
  );
}
