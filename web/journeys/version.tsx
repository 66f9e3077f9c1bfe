/** One published version, looked at only: drawn with its own numbers, and beside it what is different elsewhere. */
import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ChevronLeft, FilePen } from "lucide-react";
import { useState } from "react";
import type { VersionView } from "../../src/journeys/document.ts";
import { useApi } from "../services.tsx";
import { count } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { Ago } from "../ui/time.tsx";
import { cardWords } from "./card.tsx";
import { ChangeList } from "./changes.tsx";
import design from "./design.module.css";
import { useDraft } from "./draft.tsx";
import { COUNTS_EVERY_MS, figuresOfCounts } from "./figures.ts";
import frame from "./journeys.module.css";
import { Looked } from "./looked.tsx";
import classes from "./replay.module.css";
import { VERSION_STATES } from "./words.ts";

const route = getRouteApi("/journeys/$journeyId/versions");
const ALL_DAYS = 3_660;

/** The version and its numbers; who is still in it moves. */
function useVersion(number: number, against: number | undefined) {
  const api = useApi();
  const { view } = useDraft();
  const version = useQuery({
    // Against the draft the answer changes with each save.
    queryKey: ["journey-version", view.id, number, against, view.draftNo],
    queryFn: ({ signal }) => api.journeyVersion(view.id, number, against, signal),
    placeholderData: (before) => before,
  });
  const counts = useQuery({
    queryKey: ["journey-counts", view.id, String(ALL_DAYS), number],
    queryFn: ({ signal }) => api.journeyCounts(view.id, { days: ALL_DAYS, version: number }, signal),
    refetchInterval: COUNTS_EVERY_MS,
  });
  return { version, figures: counts.data ? figuresOfCounts(counts.data) : null };
}

/** The line above the drawing: back to the list, what it is compared with, and taking it up again. */
function Bar({ number, against, version }: { number: number; against: number | undefined; version: VersionView | undefined }) {
  const { view, edit, draft } = useDraft();
  const navigate = route.useNavigate();
  const params = { journeyId: String(view.id) };
  const others = view.versions.filter((one) => one.number !== number);
  const compared = [
    { value: "", label: "Compared with the draft" },
    ...others.map((one) => ({ value: String(one.number), label: `Compared with version ${one.number}` })),
  ];
  const takeUp = () => {
    // The draft keeps its name: which version was taken up is no reason to be called otherwise.
    if (version) edit({ draft: { ...version.draft, name: draft.name }, selected: null, dropped: 0 });
    void navigate({ to: "/journeys/$journeyId", params });
  };
  return (
    <div className={design["bar"]} role="toolbar" aria-label="Version">
      <Link to="/journeys/$journeyId/versions" params={params} search={{}} className={frame["back"]} aria-label="All versions">
        <ChevronLeft size={20} aria-hidden="true" />
      </Link>
      <strong>Version {number}</strong>
      <NativeSelect size="xs" aria-label="Compare with" data={compared} value={against === undefined ? "" : String(against)} onChange={({ currentTarget: { value } }) => void navigate({ search: { version: String(number), ...(value === "" ? {} : { against: value }) }, replace: true })} />
      <span className={design["gap"]} />
      <Button variant="default" size="xs" leftSection={<FilePen size={14} />} disabled={!version} onClick={takeUp}>
        Take it into the draft
      </Button>
    </div>
  );
} // prettier-ignore

function About({ version, chosen }: { version: VersionView; chosen: string | null | undefined }) {
  const { names, changed } = useDraft();
  const { state, publishedAt, publishedBy, problem, running, draft, against, changes } = version;
  const step = chosen === undefined ? undefined : chosen === null ? null : draft.steps[chosen];
  const said = step === undefined ? null : cardWords(draft, step, names);
  return (
    <div className={classes["summary"]}>
      <p>
        {VERSION_STATES[state]}. Published <Ago at={publishedAt} /> by {publishedBy}.{" "}
        {running === 0 ? "Nobody is in it." : `${count(running)} in it now.`}
        {problem !== null && ` ${problem}`}
      </p>
      {said && (
        <section aria-label="The chosen step">
          <h3>{said.title}</h3>
          <p className="wrap">{said.sentence}</p>
        </section>
      )}
      <section aria-label="What is different">
        <h3>{against === "draft" ? "What the draft changes" : `What version ${against} has otherwise`}</h3>
        {against === "draft" && changed && <p className="quiet">Without what is not saved yet.</p>}
        <ChangeList changes={changes} names={names} none={against === "draft" ? "The draft is this version." : "Nothing differs."} />
      </section>
    </div>
  );
} // prettier-ignore

/** The version `number` of the journey on the screen, against the draft or another version. */
export function VersionLook({ number, against }: { number: number; against: number | undefined }) {
  const { version, figures } = useVersion(number, against);
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  return (
    <section className={design["design"]} aria-label={`Version ${number}`}>
      <Bar number={number} against={against} version={version.data} />
      {version.isError && (
        <div className="pad">
          <Fault fault={version.error} retry={() => void version.refetch()} />
        </div>
      )}
      {version.isPending && <Rows rows={4} />}
      {version.data && (
        <Looked
          figures={figures}
          of={version.data.draft}
          label="About this version"
          selected={chosen}
          onSelect={setChosen}
        >
          <About version={version.data} chosen={chosen} />
        </Looked>
      )}
    </section>
  );
}
