/** Computed traits: values kept exact from events, used in rules like any trait. And the bands of recency, frequency, money. */
import { Button, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus, Sigma } from "lucide-react";
import { useMemo, useState } from "react";
import type { ComputedTraitView } from "../../src/segments/document.ts";
import { useServices } from "../services.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { Bands } from "./bands.tsx";
import { Room } from "./room.tsx";
import classes from "./segments.module.css";
import { buildingWords } from "./standing.tsx";
import { TraitDraft } from "./trait-draft.tsx";

const route = getRouteApi("/segments/traits");
const BUILDING_EVERY_MS = 1_500;
const EVERY_MS = 10_000;

const columnsOf = (onDelete: (trait: ComputedTraitView) => void): readonly Column<ComputedTraitView>[] => [
  {
    id: "name",
    header: "Trait",
    width: "46%",
    value: ({ name }) => name,
    cell: ({ name, words, description }) => (
      <div className="wrap">
        <strong>{name}</strong>
        <span className={classes["small"]}>{words}</span>
        {description !== "" && <span className={classes["small"]}>{description}</span>}
      </div>
    ),
  },
  {
    id: "state",
    header: "State",
    value: ({ state }) => state,
    cell: ({ progress, state, problem, asOf }) =>
      progress ? buildingWords(progress) : state === "failed" ? <span className="wrap">failed: {problem}</span> : <><span>exact</span>{asOf !== null && <span className={classes["small"]}>since <Ago at={asOf} /></span>}</>,
  },
  {
    id: "used",
    header: "Used by",
    cell: ({ usedBy, usedByStages }) =>
      usedBy.length === 0 && !usedByStages ? <span className="quiet">nothing</span> : (
        <ul className={classes["links"]}>
          {usedBy.map(({ id, name }) => (
            <li key={id}><Link to="/segments/$segmentId" params={{ segmentId: String(id) }} className="link">{name}</Link></li>
          ))}
          {usedByStages && <li>the stages</li>}
        </ul>
      ),
  },
  {
    id: "delete",
    header: "",
    end: true,
    cell: (trait) => (
      <Button variant="default" size="compact-sm" aria-label={`Delete ${trait.name}`} onClick={() => onDelete(trait)}>Delete</Button>
    ),
  },
]; // prettier-ignore

function Delete({ target, onClose }: { target: ComputedTraitView | null; onClose: () => void }) {
  const { api, queries } = useServices();
  const remove = useMutation({
    mutationFn: (name: string) => api.deleteComputedTrait(name),
    onSuccess: async (_, name) => {
      onClose();
      notifications.show({ title: `${name} is deleted`, message: "Its value is no longer kept." });
      await queries.invalidateQueries({ queryKey: ["computed-traits"] });
    },
  });
  const close = () => {
    remove.reset();
    onClose();
  };
  return (
    <Confirm
      opened={target !== null}
      title={`Delete ${target?.name ?? "the trait"}?`}
      action="Delete the trait"
      danger
      busy={remove.isPending}
      fault={remove.error}
      onConfirm={() => target && remove.mutate(target.name)}
      onClose={close}
    >
      <Text size="sm">
        Its value is no longer kept for any customer. The events it was worked out from stay.
      </Text>
    </Confirm>
  );
}

function List() {
  const { api } = useServices();
  const [deleting, setDeleting] = useState<ComputedTraitView | null>(null);
  const columns = useMemo(() => columnsOf(setDeleting), []);
  const list = useQuery({
    queryKey: ["computed-traits"],
    queryFn: ({ signal }) => api.computedTraits(signal),
    refetchInterval: ({ state }) => state.data?.computedTraits.some(({ progress }) => progress !== null) ? BUILDING_EVERY_MS : EVERY_MS,
  });
  const traits = list.data?.computedTraits ?? [];
  return (
    <section className="sheet" aria-label="Computed traits">
      {list.isPending && <Rows rows={3} />}
      {list.isError && <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>}
      {list.isSuccess && traits.length === 0 && (
        <Empty icon={<Sigma />} title="No computed traits yet">
          <p>
            A computed trait is worked out from events and kept exact with each one: total spent, orders in 90 days, the
            category bought most. Use it in rules, in templates and over the API.
          </p>
          <Button variant="light" size="xs" renderRoot={(props) => <Link to="/segments/traits" search={{ new: "yes" }} {...props} />}>Make the first one</Button>
        </Empty>
      )}
      {traits.length > 0 && <DataTable label="Computed traits" columns={columns} rows={traits} rowKey={({ name }) => name} />}
      <Delete target={deleting} onClose={() => setDeleting(null)} />
    </section>
  );
} // prettier-ignore

/** The screen; `?new=yes` opens the form. */
export function TraitsScreen() {
  const { new: making } = route.useSearch();
  const navigate = route.useNavigate();
  const close = () => void navigate({ search: {}, replace: true });
  return (
    <Room
      title="Computed traits"
      intro="Values worked out from events, kept exact with each one."
      actions={
        making === undefined ? (
          <Button
            leftSection={<Plus size={16} />}
            renderRoot={(props) => <Link to="/segments/traits" search={{ new: "yes" }} {...props} />}
          >
            New computed trait
          </Button>
        ) : undefined
      }
    >
      <div className={classes["stack"]}>
        {making !== undefined && <TraitDraft onClose={close} />}
        <List />
        <Bands />
      </div>
    </Room>
  );
}
