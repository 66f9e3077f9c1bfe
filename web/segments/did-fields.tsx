/** The fields of what customers did: an event and how often, events in order, one that another did not follow. */
import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import classes from "./builder.module.css";
import { isNever, isOnce, MEASURES, measureOf, NUMBER_OPS, OPS, opsOfMeasure, testOf, TIMES_OPS } from "./choices.ts"; // prettier-ignore
import { Choice, DurationField, NameField, NumberField } from "./fields.tsx";
import { AddWhere, EventField, TestFields, WhereFields, WindowFields } from "./parts.tsx";
import { type Leaf, partOf } from "./rule-edit.ts";
import { useBuilding } from "./world.tsx";

type Of<Type extends Leaf["type"]> = Extract<Leaf, { type: Type }>;
/** What the fields of one kind of condition are given. */
export type FieldsOf<Type extends Leaf["type"]> = {
  readonly path: string;
  readonly rule: Of<Type>;
  readonly negated: boolean;
  readonly onChange: (rule: Leaf, negated?: boolean) => void;
};

const HAPPENED = [
  { value: "did", label: "Did" },
  { value: "did_not", label: "Did not do" },
] as const;

export function Did({ path, rule, negated, onChange }: FieldsOf<"did">) {
  const never = isNever(rule) || (negated && isOnce(rule));
  const { measure, is } = rule;
  const change = (part: Partial<Of<"did">>) => onChange({ ...rule, ...part });
  const when = (
    <WindowFields
      path={partOf(path, "when")}
      when={rule.when}
      onChange={(next) => {
        const { when: _, ...rest } = rule;
        onChange(next ? { ...rest, when: next } : rest);
      }}
    />
  );
  return (
    <>
      <div className={classes["line"]}>
        <Choice
          label="Did or did not" path={partOf(path, "type")} value={never ? "did_not" : "did"} data={HAPPENED}
          onChange={(next) => onChange({ ...rule, measure: { of: "count" }, is: next === "did" ? { op: "at_least", value: 1 } : { op: "equals", value: 0 } }, false)}
        />
        <EventField path={path} event={rule.event} onChange={(event) => change({ event })} />
        {!never && measure.of === "count" && <Times path={path} rule={rule} onChange={change} />}
        {(never || measure.of === "count") && when}
        <AddWhere where={rule.where} onChange={(where) => change({ where })} />
      </div>
      <WhereFields path={path} event={rule.event} where={rule.where} onChange={(where) => change({ where })} />
      {!never && measure.of !== "count" && (
        <div className={classes["line"]}>
          <span className={classes["lead"]}>and</span>
          <MeasureFields path={path} event={rule.event} measure={measure} onChange={(next) => change({ measure: next, is: testOfMeasure(next.of, is) })} />
          {when}
          <TestFields path={partOf(path, "is")} test={is} ops={opsOfMeasure(measure.of)} numeric={opsOfMeasure(measure.of) === NUMBER_OPS} onChange={(next) => change({ is: next })} />
        </div>
      )}
    </>
  );
} // prettier-ignore

/** A test that fits what the measure tells; what was asked before is kept where it fits. */
function testOfMeasure(of: Of<"did">["measure"]["of"], is: Of<"did">["is"]): Of<"did">["is"] {
  const ops = opsOfMeasure(of).flatMap((one) => ("items" in one ? one.items : [one]));
  return ops.some(({ value }) => value === is.op) ? is : testOf(ops[0]!.value, is);
}

function Times({ path, rule, onChange }: { path: string; rule: Of<"did">; onChange: (part: Partial<Of<"did">>) => void }) {
  const { is } = rule;
  const at = partOf(path, "is");
  const known = TIMES_OPS.some(({ value }) => value === is.op);
  return (
    <>
      <Choice
        label="Measured by" path={partOf(path, "measure")} value={rule.measure.of} data={MEASURES}
        onChange={(of) => onChange({ measure: measureOf(of, rule.measure), is: testOfMeasure(of, is) })}
      />
      <Choice label="Test" path={at} value={is.op} data={known ? TIMES_OPS : OPS} onChange={(op) => onChange({ is: testOf(op, is) })} />
      {is.op === "between" ? (
        <>
          <NumberField label="From" path={at} value={is.from} onChange={(from) => onChange({ is: { ...is, from } })} />
          <span>and</span>
          <NumberField label="To" path={at} value={is.to} onChange={(to) => onChange({ is: { ...is, to } })} />
        </>
      ) : "value" in is ? (
        <NumberField label="Times" path={at} value={is.value === "" ? Number.NaN : Number(is.value)} onChange={(value) => onChange({ is: { ...is, value } as typeof is })} />
      ) : null}
      <span>times</span>
    </>
  );
} // prettier-ignore

type MeasureProps = { path: string; event: string | null; measure: Of<"did">["measure"]; onChange: (measure: Of<"did">["measure"]) => void }; // prettier-ignore
/** What is told of the events. */
export function MeasureFields({ path, event, measure, onChange }: MeasureProps) {
  const { world } = useBuilding();
  return (
    <>
      <Choice label="Measured by" path={partOf(path, "measure/of")} value={measure.of} data={MEASURES} onChange={(of) => onChange(measureOf(of, measure))} />
      {"property" in measure && (
        <NameField label="Measured property" path={partOf(path, "measure/property")} placeholder="a property" names={world.suggested.propertiesOf(event)} value={measure.property} onChange={(property) => onChange({ ...measure, property })} />
      )}
      {measure.of === "trend" && (
        <DurationField label="Each span" path={partOf(path, "measure/ms")} value={measure.ms} onChange={(ms) => onChange({ ...measure, ms })} />
      )}
    </>
  );
} // prettier-ignore

const STEPS_MAX = 5;
export function Sequence({ path, rule, onChange }: FieldsOf<"sequence">) {
  const { steps } = rule;
  const set = (at: number, step: (typeof steps)[number] | null) =>
    onChange({ ...rule, steps: step === null ? steps.filter((_, i) => i !== at) : steps.map((one, i) => (i === at ? step : one)) });
  return (
    <>
      {steps.map((step, i) => {
        const place = partOf(path, `steps/${i}`);
        return (
          <div key={i} role="group" aria-label={`Step ${i + 1}`}>
            <div className={classes["line"]}>
              <span className={classes["lead"]}>{i === 0 ? "Did" : "then"}</span>
              <EventField path={place} event={step.event} onChange={(event) => set(i, { ...step, event })} />
              {i > 0 && <Within path={place} step={step} onChange={(next) => set(i, next)} />}
              <AddWhere where={step.where} onChange={(where) => set(i, { ...step, where })} />
              {steps.length > 2 && <Button variant="subtle" color="gray" size="compact-sm" onClick={() => set(i, null)} aria-label={`Remove step ${i + 1}`}>Remove</Button>}
            </div>
            <WhereFields path={place} event={step.event} where={step.where} onChange={(where) => set(i, { ...step, where })} />
          </div>
        );
      })}
      <div className={classes["line"]}>
        {steps.length < STEPS_MAX && (
          <Button variant="subtle" size="compact-sm" leftSection={<Plus size={14} />} onClick={() => onChange({ ...rule, steps: [...steps, { event: "", where: [] }] })}>
            Step
          </Button>
        )}
        <span>finished</span>
        <WindowFields path={partOf(path, "when")} when={rule.when} onChange={(next) => {
          const { when: _, ...rest } = rule;
          onChange(next ? { ...rest, when: next } : rest);
        }} />
      </div>
    </>
  );
} // prettier-ignore

const WITHIN = [
  { value: "any", label: "at any time" },
  { value: "within", label: "within" },
] as const;
const DAY_MS = 86_400_000;
type Step = Of<"sequence">["steps"][number];
function Within({ path, step, onChange }: { path: string; step: Step; onChange: (step: Step) => void }) {
  const { withinMs, ...rest } = step;
  return (
    <>
      <Choice label="How soon" path={partOf(path, "withinMs")} value={withinMs === undefined ? "any" : "within"} data={WITHIN} onChange={(next) => onChange(next === "any" ? rest : { ...rest, withinMs: DAY_MS })} />
      {withinMs !== undefined && <DurationField label="Time" path={partOf(path, "withinMs")} value={withinMs} onChange={(ms) => onChange({ ...rest, withinMs: ms })} />}
    </>
  );
} // prettier-ignore

export function Without({ path, rule, onChange }: FieldsOf<"without">) {
  const inner = partOf(path, "without");
  return (
    <>
      <div className={classes["line"]}>
        <span className={classes["lead"]}>Did</span>
        <EventField path={path} event={rule.event} onChange={(event) => onChange({ ...rule, event })} />
        <AddWhere where={rule.where} onChange={(where) => onChange({ ...rule, where })} />
      </div>
      <WhereFields path={path} event={rule.event} where={rule.where} onChange={(where) => onChange({ ...rule, where })} />
      <div className={classes["line"]}>
        <span className={classes["lead"]}>and for</span>
        <DurationField label="Time" path={partOf(path, "forMs")} value={rule.forMs} onChange={(forMs) => onChange({ ...rule, forMs })} />
        <span>since then not</span>
        <EventField path={inner} label="Event that did not follow" event={rule.without.event} onChange={(event) => onChange({ ...rule, without: { ...rule.without, event } })} />
        <AddWhere where={rule.without.where} onChange={(where) => onChange({ ...rule, without: { ...rule.without, where } })} />
      </div>
      <WhereFields path={inner} event={rule.without.event} where={rule.without.where} onChange={(where) => onChange({ ...rule, without: { ...rule.without, where } })} />
    </>
  );
} // prettier-ignore
