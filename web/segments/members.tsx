/** Who is in a segment now and since when. */
import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download, Users } from "lucide-react";
import { useMemo } from "react";
import type { Member, SegmentView } from "../../src/segments/document.ts";
import { downloadOf } from "../http.ts";
import { useApi } from "../services.tsx";
import { CHANNELS_COLUMN, EVENTS_COLUMN, LAST_SEEN_COLUMN } from "../ui/customer-columns.tsx";
import { counted } from "../ui/format.ts";
import { More } from "../ui/more.tsx";
import { nameOf } from "../ui/names.ts";
import { Empty } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { useThisSegment } from "./segment.tsx";
import classes from "./segments.module.css";

const PAGE_ROWS = 50;

const columnsOf = (segmentId: string): readonly Column<Member>[] => [
  {
    id: "name",
    header: "Customer",
    width: "34%",
    value: (member) => nameOf(member),
    cell: (member) => (
      <div className="wrap">
        <Link to="/customers/$customerId" params={{ customerId: member.id }} className="name">
          {nameOf(member)}
        </Link>
        <span className={classes["small"]}>
          <Link
            to="/segments/$segmentId/why"
            params={{ segmentId }}
            search={{ customer: member.id }}
            className="link"
            aria-label={`Why ${nameOf(member)} is in`}
          >
            Why
          </Link>
        </span>
      </div>
    ),
  },
  {
    id: "since",
    header: "In since",
    value: ({ sinceAt }) => sinceAt,
    cell: ({ sinceAt }) => <Ago at={sinceAt} />,
  },
  CHANNELS_COLUMN,
  EVENTS_COLUMN,
  LAST_SEEN_COLUMN,
];

function MemberList({ segment }: { segment: SegmentView }) {
  const api = useApi();
  const columns = useMemo(() => columnsOf(String(segment.id)), [segment.id]);
  // The version and the count stand in the key: when either changes, the pages are read afresh.
  const list = useInfiniteQuery({
    queryKey: ["members", segment.id, segment.version, segment.members],
    queryFn: ({ pageParam, signal }) =>
      api.members(segment.id, { limit: PAGE_ROWS, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: (before) => before,
  });
  const rows = list.data?.pages.flatMap(({ members }) => members) ?? [];
  const download = downloadOf(`/v1/segments/${segment.id}/members.csv`, api.client.credentials());
  return (
    <section className="sheet" aria-label="Members">
      <header>
        <span className="quiet" aria-live="polite">
          {list.data
            ? `${counted(list.data.pages[0]!.total, "customer")} in, ${counted(rows.length, "row")} shown`
            : ""}
        </span>
        {rows.length > 0 && (
          <Button
            component="a"
            href={download}
            download={`${segment.name}.csv`}
            size="xs"
            variant="default"
            leftSection={<Download size={14} />}
          >
            All as CSV
          </Button>
        )}
      </header>
      <Awaiting query={list} />
      {list.isSuccess && rows.length === 0 && (
        <Empty icon={<Users />} title="Nobody is in now">
          <p>
            Whoever comes to fit the rule is in at once. To see what keeps a customer out, choose them under{" "}
            <Link to="/segments/$segmentId/why" params={{ segmentId: String(segment.id) }} className="link">
              Why in or not
            </Link>
            .
          </p>
        </Empty>
      )}
      {rows.length > 0 && (
        <>
          <DataTable label="Members" columns={columns} rows={rows} rowKey={({ id }) => id} />
          <More list={list} end="That is everybody in it." />
        </>
      )}
    </section>
  );
}

/** The tab. While nothing is whole yet there are no members to show. */
export function MembersTab() {
  const { data } = useThisSegment();
  if (data === undefined) return null;
  if (data.members !== null) return <MemberList segment={data} />;
  return (
    <section className="sheet" aria-label="Members">
      <Empty icon={<Users />} title="The first count is on its way">
        <p>Members show here the moment history has been read whole.</p>
      </Empty>
    </section>
  );
}
