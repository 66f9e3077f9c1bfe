/** Whether what was done about a gap helped: how far it has come, what is next, and the numbers that show it. */
import type { GapDetail, Proof } from "../../src/gaps/model.ts";
import { intervalWords, percent } from "../analysis/numbers.ts";
import { scaleOf, Whisker } from "../analysis/whisker.tsx";
import { count, counted } from "../ui/format.ts";
import { ShareBar } from "../ui/share-bar.tsx";
import classes from "./gaps.module.css";
import { points } from "./marks.tsx";
import { Part } from "./part.tsx";
import { type Step, nextOf, stepsOf } from "./way.ts";

type JourneyProof = Extract<Proof, { type: "journey" }>;
type Compared = Extract<Proof, { type: "before_after" }>;
const VERDICTS: { readonly [verdict in JourneyProof["verdict"]]: string } = {
  better: "It works",
  worse: "It makes it worse",
  undecided: "Not decided yet",
  too_few: "Too few yet",
  sample_ratio_mismatch: "The split is off",
};

const Way = ({ steps }: { steps: readonly Step[] }) => (
  <ol className={classes["way"]} aria-label={`How far it has come. Done: ${steps.flatMap(({ label, done }) => (done ? [label] : [])).join(", ")}`}>
    {steps.map(({ label, done }) => (
      <li key={label} data-done={done} {...(steps.find((one) => !one.done)?.label === label && { "aria-current": "step" as const })}>
        {label}
      </li>
    ))}
  </ol>
); // prettier-ignore

type BarsProps = {
  bars: readonly { readonly label: string; readonly ratio: number; readonly words: string }[];
};
function Bars({ bars }: BarsProps) {
  const most = Math.max(1e-9, ...bars.map(({ ratio }) => ratio));
  return (
    <ul className={`${classes["bars"]} ${classes["wide"]}`}>
      {bars.map(({ label, ratio, words }) => <li key={label}><span>{label}</span><ShareBar ratio={ratio / most} /><span>{words}</span></li>)}
    </ul>
  );
} // prettier-ignore

/** An effect: who went through it and who was kept out differ by lot only. */
function Effect({ proof }: { proof: JourneyProof }) {
  const { verdict, goal, treated, treatedReached, heldOut, heldOutReached, lift, words } = proof;
  const bar = (label: string, reached: number, of: number) => ({ label, ratio: of === 0 ? 0 : reached / of, words: of === 0 ? "nobody yet" : `${percent(reached / of)}: ${count(reached)} of ${counted(of, "customer")}` });
  return (
    <>
      <p className={classes["lead"]}><strong>{VERDICTS[verdict]}</strong> {lift && <span className="quiet">{points(lift.difference)} ({intervalWords(lift.interval, points)})</span>}</p>
      {lift && <Whisker value={lift.difference} low={lift.interval.low} high={lift.interval.high} scale={scaleOf([lift.interval])} label={intervalWords(lift.interval, points)} judged />}
      {goal !== null && <p className="quiet">Who reached the goal, {goal}:</p>}
      <Bars bars={[bar("With the journey", treatedReached, treated), bar("Held out", heldOutReached, heldOut)]} />
      <p className="quiet">{words}</p>
      <p className="quiet">{verdict === "sample_ratio_mismatch" ? "Until that is explained, the difference is no effect." : "Who is held out is drawn by lot, so a difference beyond chance is the journey's effect."}</p>
    </>
  );
} // prettier-ignore

const FELL = { fell: "It fell", rose: "It rose", undecided: "Not decided yet" } as const;
/** No effect: two times are compared, in which other things changed as well. */
const Comparison = ({ proof: { verdict, ratioBefore, ratioNow, change, words } }: { proof: Compared }) => (
  <>
    <p className={classes["lead"]}><strong>{FELL[verdict]}</strong> <span className="quiet">{intervalWords(change, points)}</span></p>
    <p className={classes["label"]}>A comparison in time, no effect</p>
    <Bars bars={[{ label: "Before", ratio: ratioBefore, words: percent(ratioBefore) }, { label: "Now", ratio: ratioNow, words: percent(ratioNow) }]} />
    <p className="quiet">{words}</p>
  </>
); // prettier-ignore

/** The part of the screen. */
export function ProofPart({ gap }: { gap: GapDetail }) {
  const { proof } = gap;
  return (
    <Part title="Did it help?">
      <Way steps={stepsOf(gap)} />
      {proof.type === "none" && <p>{proof.words}</p>}
      {proof.type === "journey" && <Effect proof={proof} />}
      {proof.type === "before_after" && <Comparison proof={proof} />}
      <p><strong>Next:</strong> {nextOf(gap)}</p>
    </Part>
  );
} // prettier-ignore
