/** What a person fills in for each kind of condition: a line of words and fields that reads like the sentence it becomes. */
import { Button, Chip, Group, Select } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { CHANNELS } from "../ui/words.ts";
import classes from "./builder.module.css";
import { channelLabel, CONSENT_CHANNELS, isNever, isOnce, MEASURES, measureOf, NUMBER_OPS, OPS, opsOfMeasure, testOf, TIMES_OPS } from "./choices.ts"; // prettier-ignore
import { Choice, DurationField, NameField, NumberField } from "./fields.tsx";
import { AddWhere, EventField, TestFields, WhereFields, WindowFields } from "./parts.tsx";
import { type Leaf, partOf } from "./rule-edit.ts";
import { useBuilding, useWrong } from "./world.tsx";

type Of<Type extends Leaf["type"]> = Extract<Leaf, { type: Type }>;
type Props<Type extends Leaf["type"]> = {
  readonly path: string;
  readonly rule: Of<Type>;
  readonly negated: boolean;
  readonly onChange: (rule: Leaf, negated?: boolean) => void;
};

const WHETHER = [
  { value: "is", label: "is" },
  { value: "is_not", label: "is not" },
] as const;
/** "is" or "is not", for conditions whose opposite is said that way. */
function Whether({ path, negated, onChange, words = WHETHER }: { path: string; negated: boolean; onChange: (negated: boolean) => void; words?: readonly { value: "is" | "is_not"; label: string }[] }) {
  return <Choice label="Whether" path={path} value={negated ? "is_not" : "is"} data={words} onChange={(value) => onChange(value === "is_not")} />;
} // prettier-ignore

const HAPPENED = [
  { value: "did", label: "Did" },
  { value: "did_not", label: "Did not do" },
] as const;

function Did({ path, rule, negated, onChange }: Props<"did">) {
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
function Sequence({ path, rule, onChange }: Props<"sequence">) {
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

function Without({ path, rule, onChange }: Props<"without">) {
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

const TRAIT_LEAD = { trait: "Their", computed: "Their", account_trait: "Their account’s" } as const;
function Trait({ path, rule, onChange }: Props<"trait" | "computed" | "account_trait">) {
  const { world } = useBuilding();
  const { suggested, computed } = world;
  const names = rule.type === "trait" ? suggested.traits : rule.type === "computed" ? computed : suggested.accountTraits; // prettier-ignore
  return (
    <div className={classes["line"]}>
      <span className={classes["lead"]}>{TRAIT_LEAD[rule.type]}</span>
      <NameField
        label={rule.type === "computed" ? "Computed trait" : "Trait"}
        path={partOf(path, "name")}
        placeholder={rule.type === "computed" ? "a computed trait" : "a trait"}
        names={names}
        value={rule.name}
        onChange={(name) => onChange({ ...rule, name })}
      />
      <TestFields path={partOf(path, "is")} test={rule.is} onChange={(is) => onChange({ ...rule, is })} />
    </div>
  );
}

/** Some of a few: each is there to be pressed. */
function Chips({
  label,
  path,
  options,
  value,
  onChange,
}: {
  readonly label: string;
  readonly path: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly value: string[];
  readonly onChange: (chosen: string[]) => void;
}) {
  const wrong = useWrong(path);
  return (
    <Chip.Group multiple value={value} onChange={onChange}>
      <Group gap={4} role="group" aria-label={label}>
        {options.map((one) => (
          <Chip key={one.value} value={one.value} size="xs">
            {one.label}
          </Chip>
        ))}
        {wrong && <span className="quiet">{wrong}</span>}
      </Group>
    </Chip.Group>
  );
}

function Stage({ path, rule, negated, onChange }: Props<"stage">) {
  const { world } = useBuilding();
  return (
    <div className={classes["line"]}>
      <span className={classes["lead"]}>Their stage</span>
      <Whether path={partOf(path, "whether")} negated={negated} onChange={(not) => onChange(rule, not)} />
      <Chips
        label="Stages"
        path={path}
        options={world.stages.map(({ key, name }) => ({ value: key, label: name }))}
        value={[...rule.in]}
        onChange={(keys) => onChange({ ...rule, in: keys })}
      />
      {world.stages.length === 0 && (
        <span className="quiet">
          No stages yet:{" "}
          <Link to="/segments/stages" className="link">
            set them
          </Link>
        </span>
      )}
    </div>
  );
}

const MEMBERSHIP = [
  { value: "is", label: "In" },
  { value: "is_not", label: "Not in" },
] as const;
function Segment({ path, rule, negated, onChange }: Props<"segment">) {
  const { world } = useBuilding();
  const wrong = useWrong(path);
  return (
    <div className={classes["line"]}>
      <Whether
        path={partOf(path, "whether")}
        negated={negated}
        words={MEMBERSHIP}
        onChange={(not) => onChange(rule, not)}
      />
      <span>the segment</span>
      <Select
        aria-label="Segment"
        className={classes["name"]}
        placeholder="choose"
        searchable
        allowDeselect={false}
        nothingFoundMessage="No segment of that name"
        data={world.segments.map(({ id, name }) => ({ value: String(id), label: name }))}
        value={rule.id < 1 ? null : String(rule.id)}
        error={wrong}
        onChange={(id) => onChange({ ...rule, id: Number(id ?? 0) })}
      />
    </div>
  );
}

function Channel({ path, rule, negated, onChange }: Props<"channel">) {
  return (
    <div className={classes["line"]}>
      <span className={classes["lead"]}>Their preferred channel</span>
      <Whether path={partOf(path, "whether")} negated={negated} onChange={(not) => onChange(rule, not)} />
      <Chips
        label="Channels"
        path={path}
        options={CHANNELS.map((value) => ({ value, label: channelLabel(value) }))}
        value={[...rule.preferred]}
        onChange={(chosen) => onChange({ ...rule, preferred: chosen as typeof rule.preferred })}
      />
    </div>
  );
}

const CONSENT = [
  { value: "granted", label: "is allowed" },
  { value: "denied", label: "is not allowed" },
  { value: "unknown", label: "was never asked" },
] as const;
function Consent({ path, rule, onChange }: Props<"consent">) {
  return (
    <div className={classes["line"]}>
      <Choice label="Channel" path={partOf(path, "channel")} value={rule.channel} data={CONSENT_CHANNELS.map((value) => ({ value, label: capital(channelLabel(value)) }))} onChange={(channel) => onChange({ ...rule, channel })} />
      <span>for</span>
      <NameField label="Purpose" path={partOf(path, "purpose")} placeholder="a purpose" names={["marketing", "analytics", "advertising", "functional"]} value={rule.purpose} onChange={(purpose) => onChange({ ...rule, purpose })} />
      <Choice label="Answer" path={partOf(path, "is")} value={rule.is} data={CONSENT} onChange={(is) => onChange({ ...rule, is })} />
    </div>
  );
} // prettier-ignore
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const BANDS = ["1", "2", "3", "4", "5"];
function Bands({ rule, onChange }: Props<"rfm">) {
  const { world } = useBuilding();
  const set = (name: "recency" | "frequency" | "money", bands: string[]) => {
    const { [name]: _, ...rest } = rule;
    onChange(bands.length === 0 ? rest : { ...rest, [name]: bands.map(Number).toSorted((a, b) => a - b) });
  };
  return (
    <div className={classes["bands"]}>
      {(["recency", "frequency", "money"] as const).map((name) => (
        <Chip.Group key={name} multiple value={(rule[name] ?? []).map(String)} onChange={(bands) => set(name, bands)}>
          <Group gap={6} role="group" aria-label={`Bands of ${name}`}>
            <span className={classes["band"]}>{capital(name)}</span>
            {BANDS.map((band) => (
              <Chip key={band} value={band} size="xs" variant="outline">{band}</Chip>
            ))}
            {!rule[name] && <span className="quiet">any</span>}
          </Group>
        </Chip.Group>
      ))}
      {!world.banded && (
        <span className="quiet">
          This workspace has no bands yet: <Link to="/segments/traits" className="link">set them</Link>
        </span>
      )}
    </div>
  );
} // prettier-ignore

const JOURNEY = [
  { value: "in", label: "Is in" },
  { value: "entered", label: "Ever entered" },
  { value: "left", label: "Ever left" },
] as const;
function Journey({ path, rule, onChange }: Props<"journey">) {
  return (
    <div className={classes["line"]}>
      <Choice label="Whether" path={partOf(path, "state")} value={rule.state} data={JOURNEY} onChange={(state) => onChange({ ...rule, state })} />
      <span>journey</span>
      <NumberField label="Journey" path={partOf(path, "id")} value={rule.id} onChange={(id) => onChange({ ...rule, id })} />
    </div>
  );
} // prettier-ignore

/** The fields of one condition. */
export function Fields({ rule, ...rest }: Props<Leaf["type"]>) {
  switch (rule.type) {
    case "did":
      return <Did rule={rule} {...rest} />;
    case "sequence":
      return <Sequence rule={rule} {...rest} />;
    case "without":
      return <Without rule={rule} {...rest} />;
    case "trait":
    case "computed":
    case "account_trait":
      return <Trait rule={rule} {...rest} />;
    case "stage":
      return <Stage rule={rule} {...rest} />;
    case "segment":
      return <Segment rule={rule} {...rest} />;
    case "channel":
      return <Channel rule={rule} {...rest} />;
    case "consent":
      return <Consent rule={rule} {...rest} />;
    case "rfm":
      return <Bands rule={rule} {...rest} />;
    case "journey":
      return <Journey rule={rule} {...rest} />;
  }
}
