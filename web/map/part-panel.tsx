/** A part of the map looked into: people, time, who left and what became of them, what they asked, and real timelines. */
import { ActionIcon, Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Focus, Wrench, X } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { DiscoveredMap, MapNode, Path, PathCase } from "../../src/map/model.ts";
import { BasisNote, TooLittleNote } from "../analysis/basis.tsx";
import { percent, span } from "../analysis/numbers.ts";
import { useApi } from "../services.tsx";
import { ChannelTag } from "../ui/channel.tsx";
import { FigureRow } from "../ui/figures.tsx";
import { count, counted } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { ShareBar } from "../ui/share-bar.tsx";
import type { PartAsked } from "./calls.ts";
import { CaseLine } from "./case-line.tsx";
import classes from "./panel.module.css";
import type { Question } from "./question.ts";
import { nameOfMoment, ofAll, partWords } from "./words.ts";

const FixDialog = lazy(() => import("./fix.tsx").then(({ FixDialog: dialog }) => ({ default: dialog })));
const PAGE = 10;
/** A sample goes no deeper: it is evidence, not an export. */
const SAMPLE_MOST = 200;
const BESIDE_MOST = 6;

export type PanelProps = {
  readonly map: DiscoveredMap;
  readonly question: Question;
  readonly part: PartAsked;
  readonly focused: boolean;
  readonly onChoose: (part: PartAsked) => void;
  readonly onFocus: (key: string | undefined) => void;
  readonly onClose: () => void;
};

/** What happened at a part of the map, page by page of its sample. */
function usePath(question: Question, of: PartAsked) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ["map-path", question, of],
    queryFn: ({ pageParam, signal }) => api.mapPath({ ...question, of, most: PAGE, skip: pageParam }, signal),
    initialPageParam: 0,
    getNextPageParam: ({ answer }, pages) =>
      answer.type === "path" && answer.more && pages.length * PAGE < SAMPLE_MOST ? pages.length * PAGE : undefined,
  });
} // prettier-ignore

type Beside = {
  readonly key: string;
  readonly people: number;
  readonly share: number;
  readonly part: PartAsked;
};
/** Where people came from, or went: each leads to its way. */
function BesideList({ title, ways, nameOf, onChoose, hidden }: { title: string; ways: readonly Beside[]; nameOf: (key: string) => string; onChoose: (part: PartAsked) => void; hidden: number }) {
  if (ways.length === 0 && hidden === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul className={classes["ways"]}>
        {ways.slice(0, BESIDE_MOST).map(({ key, people, share, part }) => (
          <li key={key}>
            <button type="button" onClick={() => onChoose(part)}>
              <span className="clip" title={nameOf(key)}>{nameOf(key)}</span>
              <span>{count(people)} <span className="quiet">{percent(share)}</span></span>
              <ShareBar ratio={share} />
            </button>
          </li>
        ))}
      </ul>
      {(hidden > 0 || ways.length > BESIDE_MOST) && (
        <p className="quiet">{[ways.length > BESIDE_MOST ? `${counted(ways.length - BESIDE_MOST, "more way")} on the map` : "", hidden > 0 ? `${counted(hidden, "going")} on ways not shown` : ""].filter(Boolean).join(", ")}</p>
      )}
    </section>
  );
} // prettier-ignore

function Around({ map, node, nameOf, onChoose }: { map: DiscoveredMap; node: MapNode; nameOf: (key: string) => string; onChoose: (part: PartAsked) => void }) {
  const way = (from: string, to: string): PartAsked => ({ type: "edge", from, to });
  const arrivals = map.edges.filter(({ to }) => to === node.key);
  const arrived = node.events - node.starts;
  const before = arrivals.map(({ from, people, transitions }) => ({ key: from, people, share: arrived === 0 ? 0 : transitions / arrived, part: way(from, node.key) }));
  const after = map.edges.filter(({ from }) => from === node.key).map(({ to, people, share }) => ({ key: to, people, share, part: way(node.key, to) }));
  return (
    <>
      <BesideList title="They came from" ways={before} nameOf={nameOf} onChoose={onChoose} hidden={node.hidden.incoming.transitions} />
      <BesideList title="They went on to" ways={after} nameOf={nameOf} onChoose={onChoose} hidden={node.hidden.outgoing.transitions} />
    </>
  );
} // prettier-ignore

/** The figures of what is chosen, from the map itself: there at once. */
function figuresOf(map: DiscoveredMap, part: PartAsked): readonly { label: string; value: ReactNode }[] {
  const { cases } = map.totals;
  const time = (ms: number | null): string => (ms === null ? "–" : span(ms));
  if (part.type === "edge") {
    const edge = map.edges.find(({ from, to }) => from === part.from && to === part.to);
    if (!edge) return [];
    return [
      { label: "People", value: count(edge.people) },
      { label: "Times", value: count(edge.transitions) },
      { label: "Of goings on", value: percent(edge.share) },
      { label: "Median time", value: time(edge.medianMs) },
      { label: "9 of 10 within", value: time(edge.p90Ms) },
    ];
  }
  const node = "moment" in part ? map.nodes.find(({ key }) => key === part.moment) : undefined;
  if (!node) return [];
  const begins = { label: "Begin here", value: `${count(node.starts)} (${ofAll(node.starts, cases)})` };
  const ends = { label: "End here", value: `${count(node.ends)} (${ofAll(node.ends, cases)})` };
  if (part.type === "start") return [begins];
  if (part.type !== "moment") return node.dropOff === null ? [ends] : [ends, { label: "Without the goal", value: count(node.dropOff) }];
  return [
    { label: "People", value: count(node.people) },
    { label: "Times", value: count(node.events) },
    begins,
    ends,
    ...(node.dropOff === null ? [] : [{ label: "Without the goal", value: count(node.dropOff) }]),
    ...(node.repeats === 0 ? [] : [{ label: "Directly again", value: count(node.repeats) }]),
    { label: "Until the next, median", value: time(node.next.medianMs) },
    { label: "9 of 10 within", value: time(node.next.p90Ms) },
  ];
} // prettier-ignore

function Left({ path }: { path: Path }) {
  const { left } = path;
  if (left.people === 0) return <section><h3>Who left</h3><p>Nobody: everybody went on.</p></section>;
  const most = Math.max(1, ...left.next.map(({ people }) => people));
  return (
    <section>
      <h3>Who left</h3>
      <p>
        <strong>{counted(left.people, "person", "people")}</strong> went no further in {counted(left.cases, "case")}, {ofAll(left.cases, path.cases)} of them.{" "}
        {left.silent > 0 && `${counted(left.silent, "was", "were")} not seen again until now.`}
      </p>
      {left.next.length > 0 && (
        <>
          <h4>What the others did next</h4>
          <ul className={classes["bars"]}>
            {left.next.map(({ name, channel, people }) => (
              <li key={`${channel} ${name}`}>
                <span className="wrap">{name} <span className="quiet"><ChannelTag channel={channel} /></span></span>
                <span>{count(people)}</span>
                <ShareBar ratio={people / most} />
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
} // prettier-ignore

function Asked({ searches }: { searches: Path["searches"] }) {
  if (searches.length === 0) return null;
  return (
    <section>
      <h3>What they had searched for</h3>
      <ul className={classes["asked"]}>
        {searches.map(({ text, people }) => <li key={text}>“{text}” <span className="quiet">{count(people)}</span></li>)}
      </ul>
    </section>
  );
} // prettier-ignore

type SampleProps = {
  cases: readonly PathCase[];
  part: PartAsked;
  nameOf: (key: string) => string;
  more: boolean;
  loading: boolean;
  onMore: () => void;
};
/** Real timelines of those it concerns. */
function Sample({ cases, part, nameOf, more, loading, onMore }: SampleProps) {
  if (cases.length === 0) return null;
  return (
    <section>
      <h3>Real timelines</h3>
      <ul className={classes["cases"]}>
        {cases.map((one) => <CaseLine key={`${one.customerId} ${one.startedAt}`} one={one} part={part} nameOf={nameOf} />)}
      </ul>
      {more && <Button variant="default" size="xs" loading={loading} onClick={onMore}>Show more</Button>}
    </section>
  );
} // prettier-ignore

/** What the server tells of a part: below what the map itself says. */
export function PathStory({ question, part, nameOf }: { question: Question; part: PartAsked; nameOf: (key: string) => string }) {
  const pages = usePath(question, part);
  if (pages.isError) return <Fault fault={pages.error} retry={() => void pages.refetch()} retrying={pages.isFetching} />;
  const [first] = pages.data?.pages ?? [];
  if (first === undefined) return <Rows rows={4} label="Looking into it" />;
  if (first.answer.type === "too_little_data") return <TooLittleNote told={first.answer} />;
  const cases = pages.data!.pages.flatMap(({ answer }) => (answer.type === "path" ? answer.sample : []));
  return (
    <>
      <Left path={first.answer} />
      <Asked searches={first.answer.searches} />
      <Sample cases={cases} part={part} nameOf={nameOf} more={pages.hasNextPage} loading={pages.isFetchingNextPage} onMore={() => void pages.fetchNextPage()} />
      <p className={classes["basis"]}>What this rests on <BasisNote of="this part of the map" basis={first.basis} /></p>
    </>
  );
} // prettier-ignore

/** The panel. */
export function PartPanel({ map, question, part, focused, onChoose, onFocus, onClose }: PanelProps) {
  const [fixing, setFixing] = useState(false);
  const node = "moment" in part ? map.nodes.find(({ key }) => key === part.moment) : undefined;
  const nameOf = (key: string): string => {
    const found = map.nodes.find((one) => one.key === key);
    return found ? nameOfMoment(found) : key;
  };
  const title = partWords(part, nameOf);
  const figures = figuresOf(map, part);
  return (
    <div className={classes["panel"]}>
      <header>
        <div>
          <h2 className="wrap">{title}</h2>
          {node?.channel && <ChannelTag channel={node.channel} />}
        </div>
        <ActionIcon variant="subtle" color="gray" aria-label="Close what is chosen" onClick={onClose}><X size={18} /></ActionIcon>
      </header>
      {figures.length > 0 && <FigureRow figures={figures} />}
      <div className={classes["actions"]}>
        <Button size="xs" leftSection={<Wrench size={14} />} onClick={() => setFixing(true)}>Draft a fix</Button>
        {part.type === "moment" && !focused && (
          <Button size="xs" variant="default" leftSection={<Focus size={14} />} onClick={() => onFocus(part.moment)}>Only cases that pass here</Button>
        )}
        {node && part.type === "moment" && node.ends > 0 && (
          <Button size="xs" variant="default" onClick={() => onChoose({ type: "end", moment: node.key })}>Those who ended here</Button>
        )}
      </div>
      {node && part.type === "moment" && <Around map={map} node={node} nameOf={nameOf} onChoose={onChoose} />}
      <PathStory question={question} part={part} nameOf={nameOf} />
      {fixing && <Suspense fallback={null}><FixDialog where={title} events={"moment" in part ? [nameOf(part.moment)] : part.type === "edge" ? [nameOf(part.from), nameOf(part.to)] : []} onClose={() => setFixing(false)} /></Suspense>}
    </div>
  );
} // prettier-ignore
