/** The three biggest gaps: whom each concerns, what is at stake, and how sure that is. */
import { useQuery } from "@tanstack/react-query";
import { csvOf } from "../../src/csv.ts";
import type { GapView } from "../../src/gaps/model.ts";
import { BasisNote, TooLittleNote } from "../analysis/basis.tsx";
import { amount, intervalWords, percent } from "../analysis/numbers.ts";
import { CsvButton } from "../analysis/sheet.tsx";
import { useApi } from "../services.tsx";
import { count } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { Link } from "@tanstack/react-router";
import { Ago } from "../ui/time.tsx";
import classes from "./overview.module.css";

const SHOWN = 3;
const TREND_WORDS = { growing: "growing", shrinking: "shrinking", unclear: "" } as const;

/** What is at stake, or that too little is known of it. */
function Stake({ value }: Pick<GapView, "value">) {
  if (value.type === "none") return <span className="quiet" title={value.detail}>Nothing known to be lost</span>;
  if (value.type === "too_little_data") return <TooLittleNote told={value} compact />;
  return (
    <>
      <strong>{amount(value.amount)}{value.currency && ` ${value.currency}`}</strong>
      <span className={classes["small"]}>{amount(value.interval.low)} to {amount(value.interval.high)}</span>
    </>
  );
} // prettier-ignore

function Line({ gap }: { gap: GapView }) {
  const { affected, confidence, normal, trend, value } = gap;
  const lines = [
    ["What it is", gap.definition],
    ["Affected", `${count(affected.people)} of ${count(affected.of)}, ${percent(affected.ratio)} (${intervalWords(affected.interval, percent)})`],
    ["Held against", normal.words],
    ["Value", value.type === "known" ? value.words : value.detail],
    ["Confidence", confidence.words],
    ["Why it stands here", gap.ranking.words],
  ] as const;
  return (
    <li>
      <span className={classes["what"]}>
        <span className={classes["titled"]}>
          <Link to="/gaps/$gapId" params={{ gapId: String(gap.id) }} className="name">{gap.title}</Link>
          <BasisNote of={gap.title} basis={gap.basis} lines={lines} />
        </span>
        <span className={classes["small"]}>
          {count(affected.people)} of {count(affected.of)} people{TREND_WORDS[trend.direction] && `, ${TREND_WORDS[trend.direction]}`}, {confidence.level} confidence
        </span>
      </span>
      <span className={classes["stake"]}><Stake value={value} /></span>
    </li>
  );
} // prettier-ignore

const csvOfGaps = (gaps: readonly GapView[]): string =>
  csvOf(
    ["gap", "kind", "people", "of", "ratio", "low", "high", "value", "value_low", "value_high", "currency"],
    gaps.map(({ title, kind, affected, value }) => [
      title, kind, affected.people, affected.of, affected.ratio, affected.interval.low, affected.interval.high,
      ...(value.type === "known" ? [value.amount, value.interval.low, value.interval.high, value.currency] : [null, null, null, null]),
    ]),
  ); // prettier-ignore

/** The list. */
export function BiggestGaps() {
  const api = useApi();
  const list = useQuery({
    queryKey: ["gaps", "biggest"],
    queryFn: ({ signal }) => api.gaps({ state: "open" }, signal),
    staleTime: 60_000,
  });
  const gaps = (list.data?.gaps ?? []).slice(0, SHOWN);
  return (
    <section className="sheet" aria-labelledby="gaps">
      <header>
        <h2 id="gaps">Biggest gaps</h2>
        <span className={classes["tools"]}>
          <Link to="/gaps" className="link">All gaps</Link>
          {gaps.length > 0 && <CsvButton file={{ name: "Biggest gaps", content: () => csvOfGaps(gaps) }} />}
        </span>
      </header>
      {list.isPending && <Rows rows={3} />}
      {list.isError && <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>}
      {list.isSuccess && gaps.length === 0 && (
        <p className={classes["calm"]}>
          {list.data.lookedAt === null ? <>Nobody has looked yet. <Link to="/gaps" className="link">Look for gaps</Link>: where people drop out, start over, or wait for an answer.</> : <>No gap is open; last looked <Ago at={list.data.lookedAt} />.</>}
        </p>
      )}
      {gaps.length > 0 && <ol className={classes["lines"]}>{gaps.map((gap) => <Line key={gap.id} gap={gap} />)}</ol>}
    </section>
  );
} // prettier-ignore
