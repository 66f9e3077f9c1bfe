/** What customers asked, searched for in vain, could not fill in or objected to: counted, by stage, with its trend. */
import { Chip, NativeSelect } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { MessageCircleQuestion, TrendingDown, TrendingUp } from "lucide-react";
import type { z } from "zod";
import { csvOf } from "../../src/csv.ts";
import type { QuestionGroup, QuestionKind, QuestionsFound } from "../../src/questions/model.ts";
import { intervalWords, percent } from "../analysis/numbers.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { TooLittleNote } from "../analysis/basis.tsx";
import { useApi } from "../services.tsx";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import frame from "./room.module.css";
import { useQuestion } from "./room.tsx";
import classes from "./views.module.css";

const route = getRouteApi("/map/questions");
type Group = z.infer<typeof QuestionGroup>;
type Found = z.infer<typeof QuestionsFound>;
const KINDS: { readonly [kind in QuestionKind]: string } = {
  search: "Search", support_topic: "Support", form_field: "Form field", objection: "Objection", survey_answer: "Survey", question: "Question",
}; // prettier-ignore
const MOST = 200;
const UNKNOWN = "-";

type StageName = (stage: string | null) => string;
const points = (ratio: number): string =>
  `${ratio > 0 ? "+" : ratio < 0 ? "−" : ""}${(100 * Math.abs(ratio)).toFixed(1)} points`;

/** A second, smaller line in a cell. */
const SMALL = `${frame["small"]} ${classes["pair"]}`;

function Trend({ trend }: { trend: Group["trend"] }) {
  const { direction, change, peopleBefore } = trend;
  const words = change === null ? "nothing to compare with" : intervalWords(change, points);
  if (direction === "unclear") return <span className="quiet" title={words}>{change === null ? "New period" : "About the same"}<span className={SMALL}>{count(peopleBefore)} before</span></span>;
  const Icon = direction === "more" ? TrendingUp : TrendingDown;
  return <span title={words}><Icon size={14} aria-hidden="true" /> {direction === "more" ? "More" : "Fewer"}<span className={SMALL}>{count(peopleBefore)} before</span></span>;
} // prettier-ignore

const columnsOf = (stageName: StageName): readonly Column<Group>[] => [
  { id: "label", header: "What they said", width: "27%", value: ({ label }) => label, cell: ({ label, kind, spellings }) => <div className="wrap"><strong>{label}</strong><div className={frame["small"]} title={spellings.join(", ")}>{KINDS[kind]}{spellings.length > 0 && `, also ${spellings.slice(0, 2).map((text) => `“${text}”`).join(", ")}`}</div></div> },
  { id: "people", header: "People", end: true, value: ({ people }) => people, cell: ({ people, events }) => <span>{count(people)}<span className={SMALL}>{counted(events, "time")}</span></span> },
  { id: "share", header: "Of all", end: true, value: ({ shareRatio }) => shareRatio, cell: ({ shareRatio, share }) => <span>{percent(shareRatio)}<span className={SMALL}>{intervalWords(share, percent)}</span></span> },
  { id: "without", header: "No answer", end: true, value: ({ withoutAnswer }) => withoutAnswer, cell: ({ withoutAnswer }) => (withoutAnswer === null ? <span className="quiet">not told</span> : count(withoutAnswer)) },
  { id: "stages", header: "By stage", value: ({ stages }) => stages.map(({ stage, people }) => `${stageName(stage)} ${people}`).join(", "), cell: ({ stages }) => stages.every(({ stage }) => stage === null) ? <span className="quiet">not known</span> : <span className={classes["stages"]}>{stages.slice(0, 4).map(({ stage, people }) => <span key={stage}>{stageName(stage)} <span className="quiet">{count(people)}</span></span>)}</span> },
  { id: "sentiment", header: "Mood", end: true, value: ({ sentiment, score }) => sentiment?.mean ?? score?.mean ?? null, cell: ({ sentiment, score }) => sentiment ? <span title={`From −1 to 1, of ${counted(sentiment.events, "event")}, ${intervalWords(sentiment.interval, (n) => n.toFixed(2))}`}>{sentiment.mean.toFixed(2)}</span> : score ? <span title={`Mean score of ${counted(score.events, "answer")}, ${intervalWords(score.interval, (n) => n.toFixed(1))}`}>{score.mean.toFixed(1)}</span> : <span className="quiet">–</span> },
  { id: "trend", header: "Trend", value: ({ trend }) => trend.direction, cell: ({ trend }) => <Trend trend={trend} /> },
  { id: "who", header: "Some of them", cell: ({ customers }) => <span className={classes["stages"]}>{customers.slice(0, 3).map((id) => <Link key={id} to="/customers/$customerId" params={{ customerId: id }} className="link">{id}</Link>)}</span> },
]; // prettier-ignore

const csv = (groups: readonly Group[], stageName: StageName): string =>
  csvOf(
    ["Kind", "What they said", "People", "Times", "Share", "Share low", "Share high", "Without an answer", "People before", "By stage"],
    groups.map((group) => [KINDS[group.kind], group.label, group.people, group.events, group.shareRatio, group.share.low, group.share.high, group.withoutAnswer, group.trend.peopleBefore, group.stages.map(({ stage, people }) => `${stageName(stage)} ${people}`).join("; ")]),
  ); // prettier-ignore

const Teach = () => (
  <Empty icon={<MessageCircleQuestion />} title="No questions were heard here">
    <p>
      Site searches, support topics, form fields that were left, objections noted in calls and survey answers are gathered here, in your customers&apos; own words. Send
      them as events, such as “Products Searched” with its query, and they are counted by the stage people were in.
    </p>
    <Link to="/data/sources" className="link">Connect where they ask</Link>
  </Empty>
); // prettier-ignore

/** The groups of a stage, ranked by how many of that stage asked; all of them without a stage. */
const ofStage = (groups: readonly Group[], stage: string | undefined): readonly Group[] => {
  if (stage === undefined) return groups;
  const peopleIn = ({ stages }: Group): number =>
    stages.find((one) => (one.stage ?? UNKNOWN) === stage)?.people ?? 0;
  return groups.filter((group) => peopleIn(group) > 0).toSorted((a, b) => peopleIn(b) - peopleIn(a));
};

function Told({ found, kinds, stage, stageName, onChange }: { found: Found; kinds: readonly string[]; stage: string | undefined; stageName: StageName; onChange: (parts: object) => void }) {
  if (found.groups.length === 0 && kinds.length === 0) return <div className="sheet"><Teach /></div>;
  const stages = [...new Set(found.groups.flatMap((group) => group.stages.map((one) => one.stage ?? UNKNOWN)))];
  const groups = ofStage(found.groups, stage);
  const { totals } = found;
  return (
    <Sheet
      title="Questions and barriers" basis={found.basis}
      lines={[["Mood", found.sentimentSource], ...found.kinds.map(({ kind, eventNames }) => [`${KINDS[kind]} is read from`, eventNames.join(", ")] as const)]}
      note={`${count(totals.asking)} of ${counted(totals.people, "customer")} asked something${totals.notShown > 0 ? `; ${count(totals.notShown)} rarer ones are not listed` : ""}`}
      file={{ name: "questions", content: () => csv(groups, stageName) }}
    >
      <div className={`pad ${classes["filters"]}`} style={{ paddingBottom: "0.5rem" }}>
        <Chip.Group multiple value={[...kinds]} onChange={(value) => onChange({ kinds: value.length === 0 ? undefined : value.join(",") })}>
          {Object.entries(KINDS).map(([kind, label]) => {
            const told = found.kinds.find((one) => one.kind === kind);
            return <Chip key={kind} value={kind} size="xs">{told ? `${label} ${count(told.people)}` : label}</Chip>;
          })}
        </Chip.Group>
        {stages.length > 1 && <NativeSelect size="xs" aria-label="Stage" value={stage ?? ""} data={[{ value: "", label: "In every stage" }, ...stages.map((key) => ({ value: key, label: stageName(key === UNKNOWN ? null : key) }))]} onChange={({ currentTarget: { value } }) => onChange({ in: value || undefined })} />}
      </div>
      {groups.length === 0 ? <p className="pad quiet">Nobody asked this here.</p> : <DataTable label="Questions and barriers" columns={columnsOf(stageName)} rows={groups} rowKey={({ kind, key }) => `${kind} ${key}`} />}
    </Sheet>
  );
} // prettier-ignore

/** The tab. */
export function QuestionsTab() {
  const { kinds: asked = "", in: stage } = route.useSearch();
  const navigate = useNavigate();
  const api = useApi();
  const question = useQuestion();
  const kinds = asked.split(",").filter((kind): kind is QuestionKind => Object.hasOwn(KINDS, kind));
  const stages = useQuery({ queryKey: ["stages"], queryFn: ({ signal }) => api.stages(signal) });
  const query = useQuery({
    queryKey: ["questions", question?.scope, kinds],
    queryFn: ({ signal }) => api.questions({ scope: question!.scope, limit: MOST, ...(kinds.length > 0 ? { kinds } : {}) }, signal),
    enabled: question !== null,
    placeholderData: keepPreviousData,
  });
  const stageName: StageName = (key) =>
    key === null ? "Stage unknown" : (stages.data?.model?.stages.find((one) => one.key === key)?.name ?? key.replaceAll("_", " "));
  const change = (parts: object) => void navigate({ to: ".", search: (before: object) => ({ ...before, ...parts }), replace: true } as never);
  return (
    <div className={frame["column"]}>
      {query.isError && <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />}
      {query.isPending && <Rows label="Gathering questions" />}
      {query.data?.type === "too_little_data" && <div className="sheet">{query.data.found === 0 ? <Teach /> : <TooLittleNote told={query.data} />}</div>}
      {query.data?.type === "found" && <Told found={query.data} kinds={kinds} stage={stage} stageName={stageName} onChange={change} />}
    </div>
  );
} // prettier-ignore
