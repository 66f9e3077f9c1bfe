/** One gap from evidence to proof: how big, why it ranks here, whom it concerns, what could be done, and what came of it. */
import { Button, Modal, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import type { GapDetail, GapState } from "../../src/gaps/model.ts";
import { BasisNote } from "../analysis/basis.tsx";
import { intervalWords, percent } from "../analysis/numbers.ts";
import { useApi, useServices } from "../services.tsx";
import { BackLink } from "../ui/back.tsx";
import { count, counted, date, moment } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { ShareBar } from "../ui/share-bar.tsx";
import { Ago } from "../ui/time.tsx";
import { AssumptionsForm } from "./assumptions.tsx";
import classes from "./gaps.module.css";
import { StateMark, TrendMark } from "./marks.tsx";
import { Part } from "./part.tsx";
import { ProofPart } from "./proof.tsx";
import { Remedy } from "./remedy.tsx";
import { TrendBars } from "./trend.tsx";
import { CHANGES, KIND_WORDS, STATE_WORDS } from "./words.ts";

const route = getRouteApi("/gaps/$gapId");
const EVIDENCE_SHOWN = 5;

function Size({ gap }: { gap: GapDetail }) {
  const { affected, normal, definition, trend, confidence, basis } = gap;
  const most = Math.max(affected.ratio, normal.ratio, 1e-9);
  const bars = [
    { label: "Here", ratio: affected.ratio, words: `${percent(affected.ratio)} (${intervalWords(affected.interval, percent)})` },
    { label: "Normal", ratio: normal.ratio, words: `${percent(normal.ratio)}${normal.people === null ? "" : `, of ${counted(normal.people, "person", "people")}`}` },
  ];
  return (
    <Part title="How big it is" note={<BasisNote of="how big it is" basis={basis} lines={[["Held against", normal.words], ["How sure", confidence.words]]} />}>
      <p className={classes["lead"]}>
        <strong>{counted(affected.people, "person", "people")}</strong> of {count(affected.of)} who could have been.
        {affected.events !== null && ` ${counted(affected.events, "event")}.`}
      </p>
      <p className="quiet">{definition}</p>
      <ul className={classes["bars"]}>
        {bars.map(({ label, ratio, words }) => <li key={label}><span>{label}</span><ShareBar ratio={ratio / most} /><span>{words}</span></li>)}
      </ul>
      <p className="quiet">{normal.words}.</p>
      <p className="quiet">That it is no chance: {confidence.level} confidence.</p>
      <h3 className={classes["sub"]}>Over the period <TrendMark trend={trend} /></h3>
      <TrendBars trend={trend} />
    </Part>
  );
} // prettier-ignore

function Evidence({ evidence }: { evidence: GapDetail["evidence"] }) {
  const [all, setAll] = useState(false);
  if (evidence.length === 0) return <Part title="Evidence"><p className="quiet">It is a matter of events, not of single customers.</p></Part>;
  return (
    <Part title="Evidence" note={<span className="quiet">{counted(evidence.length, "real timeline")}</span>}>
      <ul className={classes["evidence"]}>
        {evidence.slice(0, all ? evidence.length : EVIDENCE_SHOWN).map(({ customerId, moments }) => (
          <li key={customerId}>
            <Link to="/customers/$customerId" params={{ customerId }} className="name">Customer {customerId}</Link>
            <ol>
              {moments.map(({ at, event }, i) => <li key={`${at} ${i}`}><time dateTime={at} title={moment(Date.parse(at))}>{date(Date.parse(at))}</time> {event}</li>)}
            </ol>
          </li>
        ))}
      </ul>
      {!all && evidence.length > EVIDENCE_SHOWN && <Button size="xs" variant="default" onClick={() => setAll(true)}>Show all {evidence.length}</Button>}
    </Part>
  );
} // prettier-ignore

function History({ history }: { history: GapDetail["history"] }) {
  return (
    <Part title="From gap to proof">
      <ol className={classes["history"]}>
        {history.map(({ at, by, words, state }, i) => (
          <li key={`${at} ${i}`} data-state={state}>
            <span className="wrap">{words}</span>
            <span className="quiet"><Ago at={at} /> · {by}</span>
          </li>
        ))}
      </ol>
    </Part>
  );
} // prettier-ignore

/** Saying what became of it, with a word why. */
function StateDialog({ gap, to, onClose }: { gap: GapDetail; to: GapState; onClose: () => void }) {
  const { api, queries } = useServices();
  const [note, setNote] = useState("");
  const change = useMutation({
    mutationFn: () => api.changeGap(gap.id, { state: to, note: note.trim() }),
    onSuccess: async (next) => {
      queries.setQueryData(["gap", gap.id], next);
      await queries.invalidateQueries({ queryKey: ["gaps"] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={<strong>{STATE_WORDS[to]}: {gap.title}</strong>}>
      <form className={classes["form"]} onSubmit={(event) => { event.preventDefault(); change.mutate(); }}>
        <Textarea label="Why?" description="Kept in the gap's history." maxLength={500} autosize minRows={2} data-autofocus value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        {change.isError && <Fault fault={change.error} />}
        <Button type="submit" loading={change.isPending}>{STATE_WORDS[to]}</Button>
      </form>
    </Modal>
  );
} // prettier-ignore

/** Whether a state is offered: proven only with a proof, as the server has it; what the remedy's own button says is not said twice. */
function offers({ proof, remedy, state }: GapDetail, to: GapState): boolean {
  if (to === "being_fixed") return state !== "open" || remedy.type === "journey";
  if (to !== "proven") return true;
  return (proof.type === "journey" && proof.verdict === "better") || (proof.type === "before_after" && proof.verdict === "fell");
} // prettier-ignore

function Told({ gap }: { gap: GapDetail }) {
  const [changing, setChanging] = useState<GapState | null>(null);
  // What was begun is looked at for its proof, what was not for its size.
  const begun = gap.state !== "open" && gap.state !== "dismissed";
  return (
    <Page
      title={gap.title}
      intro={<span className={classes["head"]}><BackLink to="/gaps">Gaps</BackLink> {KIND_WORDS[gap.kind]} <StateMark state={gap.state} /> Found <Ago at={gap.foundAt} />{gap.lookedAt > gap.seenAt && ", not found any more when last looked"}</span>}
      actions={CHANGES[gap.state].filter(({ to }) => offers(gap, to)).map(({ to, label }) => <Button key={to} variant="default" onClick={() => setChanging(to)}>{label}</Button>)}
    >
      <div className={classes["columns"]} data-begun={begun}>
        <div>
          <Size gap={gap} />
          <Evidence evidence={gap.evidence} />
        </div>
        <div>
          {begun && <ProofPart gap={gap} />}
          <Remedy gap={gap} />
          {!begun && <ProofPart gap={gap} />}
          <AssumptionsForm key={JSON.stringify(gap.assumptions)} gap={gap} />
          <History history={gap.history} />
        </div>
      </div>
      {changing && <StateDialog gap={gap} to={changing} onClose={() => setChanging(null)} />}
    </Page>
  );
} // prettier-ignore

/** The screen. */
export function GapScreen() {
  const { gapId } = route.useParams();
  const api = useApi();
  const gap = useQuery({
    queryKey: ["gap", Number(gapId)],
    queryFn: ({ signal }) => api.gap(Number(gapId), signal),
    retry: false,
  });
  if (gap.isPending) return <Rows />;
  if (gap.isError)
    return (
      <div className="pad">
        <Fault fault={gap.error} retry={() => void gap.refetch()} retrying={gap.isFetching} />
      </div>
    );
  return <Told gap={gap.data} />;
}
