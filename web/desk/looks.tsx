/** Who looked at whom at the desk, and by what they found them; newest first. For owners. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Eye } from "lucide-react";
import type { LookView } from "../../src/desk/model.ts";
import { useApi } from "../services.tsx";
import { BackLink } from "../ui/back.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { More } from "../ui/more.tsx";
import { Empty } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import { LOOK, foundWords } from "./words.ts";

const COLUMNS: readonly Column<LookView>[] = [
  { id: "at", header: "When", cell: ({ at }) => <Ago at={at} /> },
  { id: "name", header: "Who", cell: ({ name, who }) => <span><strong className="wrap">{name}</strong> <span className="quiet">{who}</span></span> },
  { id: "what", header: "What", cell: ({ what }) => LOOK[what] },
  { id: "by", header: "Found by", cell: ({ foundBy }) => (foundBy.length === 0 ? <span className="quiet">nobody found</span> : foundWords(foundBy)) },
  {
    id: "whom",
    header: "Whom",
    cell: ({ customers }) =>
      customers.length === 0 ? <span className="quiet">nobody</span> : <span className="wrap">{customers.map((id) => <span key={id}><Link to="/customers/$customerId" params={{ customerId: id }} className="link">{id}</Link> </span>)}</span>,
  },
]; // prettier-ignore

/** The list. */
export function LooksScreen() {
  const api = useApi();
  const list = useInfiniteQuery({
    queryKey: ["looks"],
    queryFn: ({ pageParam, signal }) => api.looks({ cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
  const looks = list.data?.pages.flatMap((page) => page.looks) ?? [];
  return (
    <Page
      title="Who looked at whom"
      intro="Every look-up and every customer opened at the desk or in a helpdesk's panel. What was typed is not kept."
      actions={
        <BackLink to="/desk">Desk</BackLink>
      }
    >
      <div className="sheet">
        <Awaiting query={list} />
        {list.data && looks.length === 0 && (
          <Empty icon={<Eye />} title="Nobody looked yet">
            <p>The first look at the desk stands here.</p>
          </Empty>
        )}
        {looks.length > 0 && <DataTable label="Looks" columns={COLUMNS} rows={looks} rowKey={({ id }) => String(id)} />}
        {looks.length > 0 && <More list={list} end="That was all." />}
      </div>
    </Page>
  );
} // prettier-ignore
