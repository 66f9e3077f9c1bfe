/** Building a funnel: its steps with conditions, the time allowed, what ends a try, and what it is broken down by. */
import { ActionIcon, Button } from "@mantine/core";
import { ArrowDown, ArrowUp, Plus, RotateCcw, X } from "lucide-react";
import { CheckMenu } from "../analysis/check-menu.tsx";
import builder from "../segments/builder.module.css";
import { Choice, DurationField, NameField } from "../segments/fields.tsx";
import { AddWhere, EventField, WhereFields } from "../segments/parts.tsx";
import { moved, replaced } from "../segments/rule-edit.ts";
import { Building, useWorld } from "../segments/world.tsx";
import { counted } from "../ui/format.ts";
import type { EventAsked, Funnel } from "./ask.ts";
import classes from "./funnel.module.css";

const STEPS_MAX = 12;
const EXCLUSIONS_MAX = 10;
const SEGMENTS_MAX = 10;
type FieldsProps = { readonly funnel: Funnel; readonly onChange: (funnel: Funnel | null) => void };
type StepProps = {
  readonly place: string;
  readonly step: EventAsked;
  readonly onChange: (step: EventAsked) => void;
};

function EventFields({ place, step, onChange }: StepProps) {
  return (
    <>
      <EventField path={place} event={step.event} onChange={(event) => onChange({ ...step, event })} />
      <AddWhere where={step.where} onChange={(where) => onChange({ ...step, where })} />
    </>
  );
}

function Step({ at, funnel, onChange }: { at: number; funnel: Funnel; onChange: FieldsProps["onChange"] }) {
  const { steps } = funnel;
  const step = steps[at]!;
  const place = `steps/${at}`;
  const set = (next: EventAsked | null) => onChange({ ...funnel, steps: replaced(steps, at, next) });
  const move = (to: number) => onChange({ ...funnel, steps: moved(steps, at, to) });
  return (
    <li>
      <div className={classes["one"]} role="group" aria-label={`Step ${at + 1}`}>
      <div className={builder["line"]}>
        <span className={classes["place"]} aria-hidden="true">{at + 1}</span>
        <EventFields place={place} step={step} onChange={set} />
        <span className={classes["ends"]}>
          <ActionIcon variant="subtle" color="gray" disabled={at === 0} onClick={() => move(at - 1)} aria-label={`Move step ${at + 1} up`}><ArrowUp size={16} /></ActionIcon>
          <ActionIcon variant="subtle" color="gray" disabled={at === steps.length - 1} onClick={() => move(at + 1)} aria-label={`Move step ${at + 1} down`}><ArrowDown size={16} /></ActionIcon>
          <ActionIcon variant="subtle" color="gray" disabled={steps.length <= 2} onClick={() => set(null)} aria-label={`Remove step ${at + 1}`}><X size={16} /></ActionIcon>
        </span>
      </div>
      <WhereFields path={place} event={step.event} where={step.where} onChange={(where) => set({ ...step, where })} />
      </div>
    </li>
  );
} // prettier-ignore

function Exclusions({ funnel, onChange }: FieldsProps) {
  const { exclusions, order, steps } = funnel;
  const between = [{ value: "any", label: "between any two steps" }, ...steps.slice(0, -1).map((_, i) => ({ value: String(i + 1), label: `between steps ${i + 1} and ${i + 2}` }))];
  return exclusions.map((one, i) => {
    const place = `exclusions/${i}`;
    const set = (next: (typeof exclusions)[number] | null) => onChange({ ...funnel, exclusions: replaced(exclusions, i, next) });
    return (
      <div key={i} role="group" aria-label={`What ends a try, ${i + 1}`}>
        <div className={builder["line"]}>
          <span className={builder["lead"]}>ended by</span>
          <EventFields place={place} step={one} onChange={(next) => set({ ...one, ...next })} />
          {order === "ordered" && (
            <Choice
              label="Where it ends a try" path={`${place}/after`} value={one.after === undefined ? "any" : String(one.after)} data={between}
              onChange={(value) => { const { after: _, ...rest } = one; set(value === "any" ? rest : { ...rest, after: Number(value) }); }}
            />
          )}
          <ActionIcon variant="subtle" color="gray" onClick={() => set(null)} aria-label={`Remove what ends a try, ${i + 1}`}><X size={16} /></ActionIcon>
        </div>
        <WhereFields path={place} event={one.event} where={one.where} onChange={(where) => set({ ...one, where })} />
      </div>
    );
  });
} // prettier-ignore

const BREAKDOWNS = [
  { value: "none", label: "not broken down" },
  { value: "channel", label: "by channel of the first step" },
  { value: "stage", label: "by stage when they began" },
  { value: "segment", label: "by segment" },
  { value: "property", label: "by a property of the first step" },
] as const;

function Breakdown({ funnel, onChange }: FieldsProps) {
  const { suggested, segments } = useWorld();
  const { breakdown } = funnel;
  const set = (next: Funnel["breakdown"]) => onChange({ ...funnel, breakdown: next });
  const choose = (by: (typeof BREAKDOWNS)[number]["value"]) => {
    if (by === "none") set(undefined);
    else if (by === "property") set({ by, property: "" });
    else if (by === "segment") set({ by, segments: segments.slice(0, 1).map(({ id }) => id) });
    else set({ by });
  };
  return (
    <>
      <Choice label="Broken down" path="breakdown/by" value={breakdown?.by ?? "none"} data={BREAKDOWNS.filter(({ value }) => value !== "segment" || segments.length > 0)} onChange={choose} />
      {breakdown?.by === "property" && (
        <NameField label="Property" path="breakdown/property" placeholder="a property" names={suggested.propertiesOf(funnel.steps[0]?.event ?? null)} value={breakdown.property} onChange={(property) => set({ by: "property", property })} />
      )}
      {breakdown?.by === "segment" && (
        <CheckMenu
          label="Segments, ten at most" options={segments.map(({ id, name }) => ({ value: String(id), label: name }))} chosen={breakdown.segments.map(String)}
          onChange={(ids) => ids.length > 0 && ids.length <= SEGMENTS_MAX && set({ by: "segment", segments: ids.map(Number) })}
        >
          {counted(breakdown.segments.length, "segment")}
        </CheckMenu>
      )}
    </>
  );
} // prettier-ignore

/** The builder. */
export function FunnelFields({ funnel, onChange }: FieldsProps) {
  const world = useWorld();
  const { steps, order, windowMs, windowFrom, exclusions, per } = funnel;
  return (
    <Building world={world} problems={[]}>
      <section className="sheet" aria-label="The funnel">
        <div className={`pad ${classes["fields"]}`}>
          <ol className={classes["builder"]}>
            {steps.map((_, i) => <Step key={i} at={i} funnel={funnel} onChange={onChange} />)}
          </ol>
          <Exclusions funnel={funnel} onChange={onChange} />
          <div className={builder["line"]}>
            {steps.length < STEPS_MAX && <Button variant="subtle" size="compact-sm" leftSection={<Plus size={14} />} onClick={() => onChange({ ...funnel, steps: [...steps, { event: "", where: [] }] })}>Step</Button>}
            {exclusions.length < EXCLUSIONS_MAX && <Button variant="subtle" size="compact-sm" leftSection={<Plus size={14} />} onClick={() => onChange({ ...funnel, exclusions: [...exclusions, { event: "", where: [] }] })}>What ends a try</Button>}
            <Button variant="subtle" color="gray" size="compact-sm" leftSection={<RotateCcw size={14} />} onClick={() => onChange(null)} ml="auto">Begin anew</Button>
          </div>
          <div className={builder["line"]}>
            <Choice label="Order" path="order" value={order} data={[{ value: "ordered", label: "in this order" }, { value: "any", label: "in any order" }]} onChange={(next) => onChange({ ...funnel, order: next, ...(next === "any" ? { windowFrom: "first" as const, exclusions: exclusions.map(({ event, where }) => ({ event, where })) } : {}) })} />
            <span>within</span>
            <DurationField label="Time allowed" path="window/ms" value={windowMs} onChange={(ms) => Number.isFinite(ms) && onChange({ ...funnel, windowMs: ms })} />
            {order === "ordered" && <Choice label="Counted from" path="window/from" value={windowFrom} data={[{ value: "first", label: "of the first step" }, { value: "before", label: "of the step before" }]} onChange={(next) => onChange({ ...funnel, windowFrom: next })} />}
            <Choice label="Counted" path="per" value={per} data={[{ value: "customer", label: "per customer" }, { value: "visit", label: "per visit" }]} onChange={(next) => onChange({ ...funnel, per: next })} />
            <Breakdown funnel={funnel} onChange={onChange} />
          </div>
        </div>
      </section>
    </Building>
  );
} // prettier-ignore
