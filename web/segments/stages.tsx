/** The stages of the workspace: how many customers are in each and for how long, and the model behind them. */
import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Download, Milestone, Pencil } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import type { StagesView } from "../../src/segments/document.ts";
import type { StageModel } from "../../src/segments/model.ts";
import { useApi } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { count, counted, lasting } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { ShareBar } from "../ui/share-bar.tsx";
import { Room } from "./room.tsx";
import { sentenceOf } from "./rule-words.ts";
import classes from "./segments.module.css";
import { StageEditor } from "./stage-editor.tsx";
import { StandingNotice } from "./standing.tsx";
import { useWorld } from "./world.tsx";

const route = getRouteApi("/segments/stages");
const BUILDING_EVERY_MS = 1_500;
const EVERY_MS = 10_000;

function useStarters() {
  const api = useApi();
  return useQuery({
    queryKey: ["stage-starters"],
    queryFn: ({ signal }) => api.stageStarters(signal),
    staleTime: Infinity,
  });
}

/** The starting models, one of which fits most businesses. */
function Starters() {
  const starters = useStarters();
  if (starters.isPending) return <Rows rows={3} />;
  if (starters.isError) return <div className="pad"><Fault fault={starters.error} retry={() => void starters.refetch()} /></div>;
  return (
    <ul className={classes["starters"]} aria-label="Starting models">
      {starters.data.starters.map(({ key, name, description, model }) => (
        <li key={key}>
          <h3>{name}</h3>
          <p>{description}</p>
          <p>{model.stages.map((stage) => stage.name).join(" → ")}</p>
          <span className={classes["starting"]}>
            <Button size="xs" variant="light" aria-label={`Begin with this: ${name}`} renderRoot={(props) => <Link to="/segments/stages" search={{ edit: key }} {...props} />}>
              Begin with this
            </Button>
          </span>
        </li>
      ))}
    </ul>
  );
} // prettier-ignore

function Counts({ model, serving }: { model: StageModel; serving: boolean }) {
  const api = useApi();
  const { names } = useWorld();
  const counts = useQuery({
    queryKey: ["stage-counts"],
    queryFn: ({ signal }) => api.stageCounts(signal),
    // Before the first model is whole there is nothing to count.
    enabled: serving,
    refetchInterval: EVERY_MS,
  });
  const most = Math.max(1, ...(counts.data?.stages ?? []).map(({ customers }) => customers));
  const save = () =>
    saveFile(
      "stages.csv",
      csvOf(
        ["Key", "Stage", "Customers", "Median time in it, ms"],
        (counts.data?.stages ?? []).map(({ key, name, customers, medianMs }) => [key, name, customers, medianMs]),
      ),
      "text/csv",
    );
  return (
    <section className="sheet" aria-labelledby="counts">
      <header>
        <h2 id="counts">Customers by stage</h2>
        <span className={classes["tools"]}>
          <span className="quiet">{counts.data ? `${counted(counts.data.total, "customer")} in all` : ""}</span>
          <Button size="xs" variant="default" leftSection={<Download size={14} />} disabled={!counts.data} onClick={save}>CSV</Button>
        </span>
      </header>
      {counts.isError && <div className="pad"><Fault fault={counts.error} retry={() => void counts.refetch()} retrying={counts.isFetching} /></div>}
      <div className="pad">
        <ol className={classes["bars"]}>
          {model.stages.map(({ key, name, rule }) => {
            const counted_ = counts.data?.stages.find((one) => one.key === key);
            return (
              <li key={key}>
                <span className="wrap">
                  <strong>{name}</strong>
                  <span className={classes["small"]}>{rule === null ? "Where everybody begins." : sentenceOf(rule, names)}</span>
                </span>
                <ShareBar ratio={(counted_?.customers ?? 0) / most} />
                <span>
                  {counted_ ? count(counted_.customers) : "…"}
                  {counted_?.medianMs != null && <span className={classes["small"]}>median {lasting(counted_.medianMs)}</span>}
                </span>
              </li>
            );
          })}
        </ol>
        <Text size="sm" c="dimmed">
          {model.backward === "never" ? "Nobody goes back: the furthest stage ever reached stays." : "Customers go back when what brought them to a stage no longer holds."}
        </Text>
      </div>
    </section>
  );
} // prettier-ignore

function Shown({ view }: { view: StagesView }) {
  if (view.model !== null)
    return (
      <>
        <StandingNotice standing={view} what="stage model" />
        <Counts model={view.model} serving={view.version !== null} />
      </>
    );
  return (
    <section className="sheet" aria-label="No stages yet">
      <Empty icon={<Milestone />} title="No stages yet">
        <p>
          Stages say how far along each customer is, from first visit to loyal buyer. Begin with the model of
          a business like yours and change what differs, or{" "}
          <Link to="/segments/stages" search={{ edit: "blank" }} className="link">
            begin with an empty one
          </Link>
          .
        </p>
      </Empty>
      <Starters />
    </section>
  );
}

const BLANK: StageModel = { backward: "allowed", stages: [{ key: "new", name: "New", description: "", rule: null }] }; // prettier-ignore

/** What `?edit=` begins with: the model in force, a starter, or an empty one; null while unknown or when it names none. */
function useBegun(edit: string | undefined, model: StageModel | null | undefined) {
  const starters = useStarters();
  if (edit === "model") return { begun: model ?? null, pending: false };
  if (edit === "blank") return { begun: BLANK, pending: false };
  const begun = starters.data?.starters.find(({ key }) => key === edit)?.model ?? null;
  return { begun, pending: edit !== undefined && starters.isPending };
}

/** The screen; what is edited stands in the address: `?edit=model`, or the key of a starter. */
export function StagesScreen() {
  const api = useApi();
  const { edit } = route.useSearch();
  const navigate = route.useNavigate();
  const stages = useQuery({
    queryKey: ["stages"],
    queryFn: ({ signal }) => api.stages(signal),
    refetchInterval: ({ state }) => (state.data?.progress ? BUILDING_EVERY_MS : EVERY_MS),
  });
  const { begun, pending } = useBegun(edit, stages.data?.model);
  const close = () => void navigate({ search: {}, replace: true });
  const change = (
    <Button
      leftSection={<Pencil size={16} />}
      renderRoot={(props) => <Link to="/segments/stages" search={{ edit: "model" }} {...props} />}
    >
      Change the stages
    </Button>
  );
  return (
    <Room
      title="Stages"
      intro="How far along each customer is. One model for the workspace; each customer is in one stage at a time."
      actions={edit === undefined && stages.data?.model ? change : undefined}
    >
      {(stages.isPending || pending) && <Rows />}
      {stages.isError && (
        <Fault fault={stages.error} retry={() => void stages.refetch()} retrying={stages.isFetching} />
      )}
      {stages.data && begun === null && !pending && <Shown view={stages.data} />}
      {stages.data && begun !== null && (
        <StageEditor key={edit} initial={begun} existing={stages.data.model !== null} onClose={close} />
      )}
    </Room>
  );
}
