/** What could be done about a gap, made with one press as a draft; and whether it worked, as the journey's result shows it. */
import { Button, NumberInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FlaskConical, History, PencilRuler, Wrench } from "lucide-react";
import { useState } from "react";
import type { GapDetail, Proof } from "../../src/gaps/model.ts";
import { intervalWords, percent } from "../analysis/numbers.ts";
import { scaleOf, Whisker } from "../analysis/whisker.tsx";
import { useServices } from "../services.tsx";
import { count } from "../ui/format.ts";
import { Fault } from "../ui/notice.tsx";
import type { Made } from "./calls.ts";
import { Part } from "./part.tsx";
import classes from "./gaps.module.css";
import { REMEDY_WORDS } from "./words.ts";

type Journey = Extract<GapDetail["remedy"], { type: "journey" }>;
const points = (ratio: number): string =>
  `${ratio > 0 ? "+" : ratio < 0 ? "−" : ""}${(100 * Math.abs(ratio)).toFixed(1)} points`;

function useMake(gap: GapDetail) {
  const { api, queries } = useServices();
  return useMutation({
    mutationFn: (asked: Parameters<typeof api.makeRemedy>[1]) => api.makeRemedy(gap.id, asked),
    onSuccess: async ({ gap: next }: Made) => {
      queries.setQueryData(["gap", gap.id], next);
      await Promise.all(["gaps", "journeys", "templates"].map((name) => queries.invalidateQueries({ queryKey: [name] })));
    },
  });
} // prettier-ignore

/** A journey's draft out of the remedy: where it leads, how many are held out to prove it. */
function JourneyForm({ gap, remedy }: { gap: GapDetail; remedy: Journey }) {
  const make = useMake(gap);
  const navigate = useNavigate();
  const [site, setSite] = useState("");
  const [name, setName] = useState(remedy.parameters.name);
  const [heldOut, setHeldOut] = useState<string | number>(Math.round(100 * remedy.parameters.holdoutRatio));
  const submit = () =>
    make.mutate(
      { name: name.trim() || remedy.parameters.name, holdoutRatio: Number(heldOut) / 100, ...(site.trim() === "" ? {} : { site: site.trim() }) },
      { onSuccess: ({ made }) => { if (made.type === "journey") void navigate({ to: "/journeys/$journeyId", params: { journeyId: String(made.journeyId) } }); } },
    );
  return (
    <form className={classes["form"]} onSubmit={(event) => { event.preventDefault(); submit(); }} aria-label="The journey's draft">
      <TextInput label="Name" maxLength={100} required value={name} onChange={(event) => setName(event.currentTarget.value)} />
      <TextInput type="url" label="Where your business is on the web" description="The buttons of its letters lead there." placeholder="https://" value={site} onChange={(event) => setSite(event.currentTarget.value)} />
      <NumberInput label="Held out, to prove it" description="Without customers held out there is no proof, only a comparison in time." suffix=" %" min={0} max={50} allowDecimal={false} value={heldOut} onChange={setHeldOut} />
      {make.isError && <Fault fault={make.error} />}
      <Button type="submit" leftSection={<Wrench size={16} />} loading={make.isPending}>Make the journey draft</Button>
    </form>
  );
} // prettier-ignore

const listOf = (remedy: Exclude<GapDetail["remedy"], Journey>): readonly string[] =>
  remedy.type === "content" ? remedy.outline : remedy.type === "data_fix" ? remedy.steps : [remedy.detail];

function OtherForm({ gap, remedy }: { gap: GapDetail; remedy: Exclude<GapDetail["remedy"], Journey> }) {
  const make = useMake(gap);
  const steps = listOf(remedy);
  return (
    <>
      {remedy.type === "content" && <p><strong>“{remedy.question}”</strong></p>}
      {remedy.type === "task" && <p className="quiet">For {remedy.team}.</p>}
      <ol className={classes["steps"]}>{steps.map((step) => <li key={step}>{step}</li>)}</ol>
      {make.isError && <Fault fault={make.error} />}
      {gap.state === "open" && <Button leftSection={<Wrench size={16} />} loading={make.isPending} onClick={() => make.mutate({})}>{remedy.type === "task" ? "Make the task" : "We are fixing it"}</Button>}
    </>
  );
} // prettier-ignore

/** The journey that was made, where to go on with it. */
const JourneyLinks = ({ id }: { id: number }) => {
  const params = { journeyId: String(id) };
  return (
    <nav className={classes["links"]} aria-label="The journey made from it">
      <Link to="/journeys/$journeyId" params={params} className="link"><PencilRuler size={15} aria-hidden="true" /> Design</Link>
      <Link to="/journeys/$journeyId/replay" params={params} className="link"><History size={15} aria-hidden="true" /> Replay over the past</Link>
      <Link to="/journeys/$journeyId/results" params={params} className="link"><FlaskConical size={15} aria-hidden="true" /> Results</Link>
    </nav>
  );
}; // prettier-ignore

const VERDICTS: { readonly [verdict in Extract<Proof, { type: "journey" }>["verdict"]]: string } = {
  better: "It works", worse: "It makes it worse", undecided: "Not decided yet", too_few: "Too few yet", sample_ratio_mismatch: "The split is off",
}; // prettier-ignore

function ProofWords({ proof }: { proof: Proof }) {
  switch (proof.type) {
    case "none":
      return <p className="quiet">{proof.words}</p>;
    case "before_after":
      return (
        <>
          <p className={classes["lead"]}><strong>{proof.verdict === "fell" ? "It fell" : proof.verdict === "rose" ? "It rose" : "Not decided yet"}</strong> <span className="quiet">from {percent(proof.ratioBefore)} to {percent(proof.ratioNow)}, change {intervalWords(proof.change, points)}</span></p>
          <p className="quiet">{proof.words}</p>
        </>
      );
    case "journey":
      return (
        <>
          <p className={classes["lead"]}><strong>{VERDICTS[proof.verdict]}</strong> <span className="quiet">{count(proof.treated)} treated, {count(proof.heldOut)} held out</span></p>
          {proof.lift && (
            <p className={classes["lift"]}>
              <Whisker value={proof.lift.difference} low={proof.lift.interval.low} high={proof.lift.interval.high} scale={scaleOf([proof.lift.interval])} label={intervalWords(proof.lift.interval, points)} judged />
              <span>{points(proof.lift.difference)}, {intervalWords(proof.lift.interval, points)}</span>
            </p>
          )}
          <p className="quiet">{proof.words}</p>
        </>
      );
  }
} // prettier-ignore

/** The remedy and its proof. */
export function Remedy({ gap }: { gap: GapDetail }) {
  const { remedy, journeyId, proof } = gap;
  return (
    <Part title={`What could be done: ${REMEDY_WORDS[remedy.type].toLowerCase()}`}>
      <p className={classes["lead"]}><strong>{remedy.title}</strong></p>
      <p className="quiet">{remedy.why}</p>
      {journeyId !== null ? <JourneyLinks id={journeyId} /> : remedy.type === "journey" ? <JourneyForm gap={gap} remedy={remedy} /> : <OtherForm gap={gap} remedy={remedy} />}
      <h3 className={classes["sub"]}>Did it help?</h3>
      <ProofWords proof={proof} />
    </Part>
  );
} // prettier-ignore
