/** One segment: what it is called and how many are in, then its members, rule, history, overlap, and why for a customer. */
import { Button, Group, Skeleton, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet, useNavigate } from "@tanstack/react-router";
import { ChevronLeft, Pencil, Shapes, Trash2 } from "lucide-react";
import { useState } from "react";
import type { SegmentView } from "../../src/segments/document.ts";
import { Problem } from "../http.ts";
import { useApi, useServices } from "../services.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { FigureRow } from "../ui/figures.tsx";
import { Empty, Fault } from "../ui/notice.tsx";
import { useTitle } from "../ui/page.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { Ago } from "../ui/time.tsx";
import page from "../customers/customer.module.css";
import { buildingWords, Members, StandingNotice } from "./standing.tsx";

const route = getRouteApi("/segments/$segmentId");
const BUILDING_EVERY_MS = 1_500;
const EVERY_MS = 10_000;

/** A segment by the text of an address. */
export function useSegment(segmentId: string) {
  const api = useApi();
  const id = Number(segmentId);
  return useQuery({
    queryKey: ["segment", id],
    queryFn: ({ signal }) => api.segment(id, signal),
    refetchInterval: ({ state }) => (state.data?.progress ? BUILDING_EVERY_MS : EVERY_MS),
    enabled: Number.isInteger(id) && id > 0,
  });
}
/** The segment of this address, shared by the head and the tabs. */
export function useThisSegment() {
  const { segmentId } = route.useParams();
  return useSegment(segmentId);
}

function Delete({ segment }: { segment: SegmentView }) {
  const { api, queries } = useServices();
  const navigate = useNavigate();
  const [asked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.deleteSegment(segment.id),
    onSuccess: async () => {
      notifications.show({ title: `${segment.name} is deleted`, message: "Its customers stay as they are." });
      await navigate({ to: "/segments" });
      queries.removeQueries({ queryKey: ["segment", segment.id] });
      await queries.invalidateQueries({ queryKey: ["segments"] });
    },
  });
  return (
    <>
      <Button
        variant="default"
        leftSection={<Trash2 size={16} />}
        onClick={() => {
          remove.reset();
          setAsked(true);
        }}
      >
        Delete
      </Button>
      <Confirm
        opened={asked}
        title={`Delete ${segment.name}?`}
        action="Delete the segment"
        danger
        busy={remove.isPending}
        fault={remove.error}
        onConfirm={() => remove.mutate()}
        onClose={() => setAsked(false)}
      >
        <Text size="sm">
          The rule, who is in and its history are gone. The customers and their events stay. What it told
          webhooks cannot be taken back.
        </Text>
      </Confirm>
    </>
  );
}

/** A live segment is exact with each event, so it has no age. */
function stateWords({ progress, state }: SegmentView): string {
  if (progress) return buildingWords(progress);
  return state === "failed" ? "Building failed" : "Live";
}

function Head({ segment }: { segment: SegmentView }) {
  useTitle(segment.name);
  const figures = [
    { label: "Customers", value: <Members segment={segment} /> },
    { label: "State", value: stateWords(segment) },
    { label: "Rule changed", value: <Ago at={segment.updatedAt} /> },
  ];
  return (
    <header className={page["head"]}>
      <div className={page["who"]}>
        <Title order={1} className="wrap">
          {segment.name}
        </Title>
        {segment.description !== "" && <span className="quiet wrap">{segment.description}</span>}
      </div>
      <FigureRow figures={figures} />
      <Group gap="xs">
        <Button
          variant="default"
          leftSection={<Pencil size={16} />}
          renderRoot={(props) => (
            <Link to="/segments/$segmentId/edit" params={{ segmentId: String(segment.id) }} {...props} />
          )}
        >
          Change
        </Button>
        <Delete segment={segment} />
      </Group>
    </header>
  );
}

const TABS = [
  { to: "/segments/$segmentId", label: "Members" },
  { to: "/segments/$segmentId/rule", label: "Rule" },
  { to: "/segments/$segmentId/history", label: "History" },
  { to: "/segments/$segmentId/overlap", label: "Overlap" },
  { to: "/segments/$segmentId/why", label: "Why in or not" },
] as const;

/** The segment's screen; the tab stands in the address. */
export function SegmentScreen() {
  const { segmentId } = route.useParams();
  const query = useThisSegment();
  const missing = (query.error instanceof Problem && query.error.status === 404) || !/^[1-9]\d*$/.test(segmentId);
  return (
    <div className={page["page"]}>
      <Link to="/segments" className={page["back"]}>
        <ChevronLeft size={16} aria-hidden="true" />
        Segments
      </Link>
      {missing ? (
        <Empty icon={<Shapes />} order={1} title={`There is no segment ${segmentId}`}>
          <p>It may have been deleted. The list has those that are there.</p>
        </Empty>
      ) : (
        <>
          {query.isPending && <Skeleton height={104} radius="md" mb="lg" aria-label="Loading" role="status" />}
          {query.isError && (
            <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />
          )}
          {query.data && (
            <>
              <Head segment={query.data} />
              <StandingNotice standing={query.data} what="segment" />
              <Tabs label="Segment" tabs={TABS} params={{ segmentId }} />
              <Outlet />
            </>
          )}
        </>
      )}
    </div>
  );
} // prettier-ignore
