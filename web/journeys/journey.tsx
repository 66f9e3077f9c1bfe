/** One journey: its name and state, what can be done with it, and its tabs over one draft at work. */
import { Group, Skeleton, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet, useBlocker } from "@tanstack/react-router";
import { ChevronLeft, Route } from "lucide-react";
import type { JourneyView } from "../../src/journeys/document.ts";
import { Problem } from "../http.ts";
import { useApi } from "../services.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { count } from "../ui/format.ts";
import { Empty, Fault } from "../ui/notice.tsx";
import { useTitle } from "../ui/page.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { JourneyActions } from "./actions.tsx";
import { DraftProvider, useDraft } from "./draft.tsx";
import classes from "./journeys.module.css";
import { Publish } from "./publish.tsx";
import { StateBadge } from "./state-badge.tsx";

const route = getRouteApi("/journeys/$journeyId");
const EVERY_MS = 10_000;
const BUILDING_EVERY_MS = 1_500;

/** A journey by the text of an address. */
export function useJourney(journeyId: string) {
  const api = useApi();
  const id = Number(journeyId);
  return useQuery({
    queryKey: ["journey", id],
    queryFn: ({ signal }) => api.journey(id, signal),
    refetchInterval: ({ state }) => (state.data?.versions[0]?.state === "building" ? BUILDING_EVERY_MS : EVERY_MS),
    enabled: Number.isInteger(id) && id > 0,
  });
} // prettier-ignore

/** Asks before an unsaved draft is left behind; within the journey nothing is lost. */
function Leaving({ id }: { id: number }) {
  const { changed } = useDraft();
  const own = `/journeys/${id}`;
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ next }) => changed && next.pathname !== own && !next.pathname.startsWith(`${own}/`),
    enableBeforeUnload: () => changed,
    withResolver: true,
  });
  return (
    <Confirm opened={status === "blocked"} title="Leave without saving?" action="Leave" danger busy={false} fault={null} onConfirm={() => proceed?.()} onClose={() => reset?.()}>
      <Text size="sm">What you changed in the draft is not kept.</Text>
    </Confirm>
  );
} // prettier-ignore

/** What serves and what is on its way, in a line. */
export function standingWords({ version, versions, running, changed }: JourneyView): string {
  const newest = versions[0];
  const parts = [
    newest?.state === "building" && `version ${newest.number} is learning history`,
    newest?.state === "failed" && `version ${newest.number} could not be built: ${newest.problem ?? "no reason is known"}`,
    version === null ? versions.length === 0 && "never published" : `version ${version} is entered`,
    version !== null && `${count(running)} in it now`,
    version !== null && changed && "the draft differs",
  ];
  return parts.filter((part) => typeof part === "string").join(" · ");
} // prettier-ignore

function Head({ view }: { view: JourneyView }) {
  const { draft } = useDraft();
  useTitle(view.name);
  return (
    <header className={classes["head"]}>
      <Link to="/journeys" className={classes["back"]} aria-label="All journeys">
        <ChevronLeft size={20} aria-hidden="true" />
      </Link>
      <div className={classes["who"]}>
        <Title order={1} size="h2" className="wrap">
          {draft.name || view.name}
        </Title>
        <span className={classes["standing"]}>
          <StateBadge state={view.state} />
          <span>{standingWords(view)}</span>
        </span>
      </div>
      <Group gap="xs" wrap="nowrap">
        <JourneyActions journey={view} />
        <Publish />
      </Group>
    </header>
  );
}

const TABS = [
  { to: "/journeys/$journeyId", label: "Design" },
  { to: "/journeys/$journeyId/replay", label: "Replay" },
  { to: "/journeys/$journeyId/results", label: "Results" },
  { to: "/journeys/$journeyId/customers", label: "Customers" },
  { to: "/journeys/$journeyId/versions", label: "Versions" },
] as const;

/** The screen; the tab stands in the address. */
export function JourneyScreen() {
  const { journeyId } = route.useParams();
  const query = useJourney(journeyId);
  const missing =
    (query.error instanceof Problem && query.error.status === 404) || !/^[1-9]\d*$/.test(journeyId);
  if (missing)
    return (
      <Empty icon={<Route />} order={1} title={`There is no journey ${journeyId}`}>
        <p>
          It may have been deleted. The{" "}
          <Link to="/journeys" className="link">
            list
          </Link>{" "}
          has those that are there.
        </p>
      </Empty>
    );
  if (query.data === undefined)
    return (
      <div className="pad">
        {query.isError ? (
          <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />
        ) : (
          <Skeleton height={96} radius="md" role="status" aria-label="Loading" />
        )}
      </div>
    );
  return (
    <DraftProvider key={query.data.id} view={query.data}>
      <div className={classes["frame"]}>
        <Head view={query.data} />
        <div className={classes["tabs"]}>
          <Tabs label="Journey" tabs={TABS} params={{ journeyId }} />
        </div>
        <Outlet />
      </div>
      <Leaving id={query.data.id} />
    </DraftProvider>
  );
}
