/** What could be done about a gap, made with one press as a draft. */
import { Button, NumberInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Wrench } from "lucide-react";
import { useState } from "react";
import type { GapDetail } from "../../src/gaps/model.ts";
import { useServices } from "../services.tsx";
import { Fault } from "../ui/notice.tsx";
import type { Made } from "./calls.ts";
import { JourneyLinks } from "./links.tsx";
import { Part } from "./part.tsx";
import classes from "./gaps.module.css";
import { REMEDY_WORDS } from "./words.ts";

type Journey = Extract<GapDetail["remedy"], { type: "journey" }>;

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

/** The remedy. */
export function Remedy({ gap }: { gap: GapDetail }) {
  const { remedy, journeyId } = gap;
  return (
    <Part title={`What could be done: ${REMEDY_WORDS[remedy.type].toLowerCase()}`}>
      <p className={classes["lead"]}><strong>{remedy.title}</strong></p>
      <p className="quiet">{remedy.why}</p>
      {remedy.type !== "journey" ? <OtherForm gap={gap} remedy={remedy} /> : journeyId === null ? <JourneyForm gap={gap} remedy={remedy} /> : <JourneyLinks id={journeyId} />}
    </Part>
  );
} // prettier-ignore
