/** How a segment overlaps with others: who is in both, who is in exactly which. */
import { Button, MultiSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download, Layers } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import type { Overlap, SegmentView } from "../../src/segments/document.ts";
import { useApi } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { ShareBar } from "../ui/share-bar.tsx";
import { useSegments } from "./list.tsx";
import { useThisSegment } from "./segment.tsx";
import classes from "./segments.module.css";

const route = getRouteApi("/segments/$segmentId/overlap");
const OTHERS_MAX = 4;

const percent = (part: number, whole: number): string =>
  `${whole === 0 ? 0 : Math.round((100 * part) / whole)} %`;

function Bar({ name, part, whole, said }: { name: string; part: number; whole: number; said: string }) {
  return (
    <li>
      <span className="wrap">{name}</span>
      <ShareBar ratio={whole === 0 ? 0 : part / whole} />
      <span>{said}</span>
    </li>
  );
}

function Found({ segment, overlap }: { segment: SegmentView; overlap: Overlap }) {
  const own = overlap.segments.find(({ id }) => id === segment.id)?.members ?? 0;
  const nameOfId = new Map(overlap.segments.map(({ id, name }) => [id, name]));
  const pairs = overlap.pairs.filter(({ a, b }) => a === segment.id || b === segment.id);
  const regions = overlap.regions.toSorted((a, b) => b.customers - a.customers);
  const inExactly = (ids: readonly number[]) => ids.map((id) => nameOfId.get(id) ?? String(id)).join(" and ");
  const save = () =>
    saveFile(
      `${segment.name}-overlap.csv`,
      csvOf(["In exactly", "Customers"], regions.map(({ ids, customers }) => [inExactly(ids), customers])),
      "text/csv",
    );
  return (
    <div className="pad">
      <h3>Also in</h3>
      <ul className={classes["bars"]}>
        {pairs.map(({ a, b, both }) => {
          const other = a === segment.id ? b : a;
          return <Bar key={other} name={nameOfId.get(other) ?? String(other)} part={both} whole={own} said={`${count(both)} of ${count(own)}, ${percent(both, own)}`} />;
        })}
      </ul>
      <h3>In exactly these</h3>
      <ul className={classes["bars"]}>
        {regions.map(({ ids, customers }) => (
          <Bar key={ids.join(",")} name={`${ids.length === 1 ? "Only " : ""}${inExactly(ids)}`} part={customers} whole={overlap.any} said={`${count(customers)}, ${percent(customers, overlap.any)}`} />
        ))}
      </ul>
      <div className={classes["tools"]}>
        <span className="quiet">
          {counted(overlap.any, "customer")} in at least one, {count(overlap.all)} in every one.
        </span>
        <Button size="xs" variant="default" leftSection={<Download size={14} />} onClick={save}>CSV</Button>
      </div>
    </div>
  );
} // prettier-ignore

/** The tab; the others stand in the address. */
export function OverlapTab() {
  const api = useApi();
  const { data: segment } = useThisSegment();
  const { with: others = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const list = useSegments();
  const chosen = others.split(",").filter((id) => /^[1-9]\d*$/.test(id));
  const overlap = useQuery({
    queryKey: ["overlap", segment?.id, chosen],
    queryFn: ({ signal }) => api.overlap([segment!.id, ...chosen.map(Number)], signal),
    enabled: segment !== undefined && chosen.length > 0,
    placeholderData: (before) => before,
  });
  if (segment === undefined) return null;
  const choices = (list.data?.segments ?? []).filter(({ id, members }) => id !== segment.id && members !== null);
  return (
    <section className="sheet" aria-labelledby="overlap">
      <header>
        <h2 id="overlap">Overlap with other segments</h2>
        <MultiSelect
          aria-label="Compare with"
          placeholder={chosen.length === 0 ? "choose segments" : ""}
          data={choices.map(({ id, name }) => ({ value: String(id), label: name }))}
          value={chosen}
          maxValues={OTHERS_MAX}
          searchable
          nothingFoundMessage="No other segment of that name"
          style={{ flex: "1 1 240px", maxWidth: 480 }}
          onChange={(ids) => void navigate({ search: ids.length === 0 ? {} : { with: ids.join(",") }, replace: true, resetScroll: false })}
        />
      </header>
      {chosen.length === 0 && (
        <Empty icon={<Layers />} title={choices.length === 0 ? "No other segment to compare with yet" : "Choose up to four others"}>
          <p>You see how many are in both, and how many in exactly which, so that nobody is written to twice.</p>
        </Empty>
      )}
      {chosen.length > 0 && overlap.isPending && <Rows rows={4} />}
      {overlap.isError && (
        <div className="pad">
          <Fault fault={overlap.error} retry={() => void overlap.refetch()} retrying={overlap.isFetching} />
        </div>
      )}
      {chosen.length > 0 && overlap.data && <Found segment={segment} overlap={overlap.data} />}
    </section>
  );
} // prettier-ignore
