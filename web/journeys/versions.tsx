/** The versions of a journey, newest first, and what the draft changes against the one that is entered. */
import { useQuery } from "@tanstack/react-query";
import { Layers } from "lucide-react";
import type { JourneyVersion } from "../../src/journeys/document.ts";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useApi } from "../services.tsx";
import { count } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { ChangeList } from "./changes.tsx";
import { useDraft } from "./draft.tsx";
import frame from "./journeys.module.css";
import { VersionLook } from "./version.tsx";
import { VERSION_STATES } from "./words.ts";

const route = getRouteApi("/journeys/$journeyId/versions");

const FORMER = { pin: "let finish", migrate: "moved on", end: "taken out" } as const;
const COLUMNS: readonly Column<JourneyVersion>[] = [
  { id: "number", header: "Version", value: ({ number }) => number, cell: ({ number }) => <VersionLink number={number} /> },
  { id: "state", header: "State", value: ({ state }) => VERSION_STATES[state], cell: ({ state, problem }) => <span>{VERSION_STATES[state]}{problem !== null && <span className={frame["small"]}>{problem}</span>}</span> },
  { id: "published", header: "Published", value: ({ publishedAt }) => publishedAt, cell: ({ publishedAt, publishedBy }) => <span><Ago at={publishedAt} /><span className={frame["small"]}>by {publishedBy}</span></span> },
  { id: "former", header: "Those before were", value: ({ formerRuns }) => FORMER[formerRuns], cell: ({ formerRuns, number }) => <span>{number === 1 ? "–" : FORMER[formerRuns]}</span> },
  { id: "running", header: "In it now", end: true, value: ({ running }) => running, cell: ({ running }) => count(running) },
]; // prettier-ignore

function VersionLink({ number }: { number: number }) {
  const { view } = useDraft();
  return (
    <Link
      to="/journeys/$journeyId/versions"
      params={{ journeyId: String(view.id) }}
      search={{ version: String(number) }}
      className="name"
      aria-label={`Look at version ${number}`}
    >
      Version {number}
    </Link>
  );
}

/** The tab: the list, or the version the address names. */
export function VersionsTab() {
  const { version, against } = route.useSearch();
  if (version === undefined) return <VersionList />;
  return <VersionLook key={version} number={Number(version)} against={Number(against) || undefined} />;
}

function VersionList() {
  const api = useApi();
  const { view, names, changed } = useDraft();
  const radius = useQuery({
    queryKey: ["blast-radius", view.id, view.draftNo, view.version],
    queryFn: ({ signal }) => api.blastRadius(view.id, signal),
    enabled: view.version !== null,
  });
  return (
    <section className={frame["body"]} aria-label="Versions">
      <div className={frame["column"]}>
        {view.version !== null && (
          <section className="sheet" aria-label="What the draft changes">
            <header>
              <h2>The draft against version {view.version}</h2>
              {changed && <span className="quiet">without what is not saved yet</span>}
            </header>
            <div className="pad">
              {radius.isPending && <Rows rows={3} />}
              {radius.isError && <Fault fault={radius.error} retry={() => void radius.refetch()} />}
              {radius.data && <ChangeList changes={radius.data.changes} names={names} />}
            </div>
          </section>
        )}
        <section className="sheet" aria-label="Versions">
          {view.versions.length === 0 ? (
            <Empty icon={<Layers />} title="Never published">
              <p>
                Publishing makes a version that no later change touches. Who is in it stays in it, moves on or
                leaves, as you choose when you publish the next.
              </p>
            </Empty>
          ) : (
            <DataTable
              label="Versions"
              columns={COLUMNS}
              rows={view.versions}
              rowKey={({ id }) => String(id)}
            />
          )}
        </section>
      </div>
    </section>
  );
}
