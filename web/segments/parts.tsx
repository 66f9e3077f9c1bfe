/** The parts conditions share: a test of a value, a window of time, and which events with which properties. */
import { ActionIcon, Button } from "@mantine/core";
import { Plus, X } from "lucide-react";
import type { Test, Where, Window } from "../../src/segments/model.ts";
import classes from "./builder.module.css";
import { isNumberOp, OPS, testOf } from "./choices.ts";
import {
  Choice,
  DurationField,
  InstantField,
  NameField,
  NumberField,
  TextField,
  TextsField,
} from "./fields.tsx";
import { partOf, replaced } from "./rule-edit.ts";
import { useBuilding } from "./world.tsx";

type Ops = Parameters<typeof Choice<Test["op"]>>[0]["data"];
type TestProps = {
  readonly path: string;
  readonly test: Test;
  readonly onChange: (test: Test) => void;
  readonly ops?: Ops;
  readonly numeric?: boolean;
};

/** What is asked of a value: the question, and what to compare with. */
export function TestFields({ path, test, onChange, ops = OPS, numeric = false }: TestProps) {
  return (
    <>
      <Choice label="Test" path={partOf(path, "op")} value={test.op} data={ops} onChange={(op) => onChange(testOf(op, test))} />
      <TestValue path={path} test={test} onChange={onChange} numeric={numeric} />
    </>
  );
} // prettier-ignore

/** What to compare with: the fields that the test's shape asks for. */
function TestValue({ path, test, onChange, numeric = false }: TestProps) {
  const at = partOf(path, "value");
  if ("values" in test)
    return <TextsField label="Values" path={partOf(path, "values")} value={test.values.map(String)} onChange={(values) => onChange({ ...test, values: [...values] })} />;
  if ("from" in test)
    return (
      <span className={classes["pair"]}>
        <NumberField label="From" path={path} value={test.from} onChange={(from) => onChange({ ...test, from })} />
        <span>and</span>
        <NumberField label="To" path={path} value={test.to} onChange={(to) => onChange({ ...test, to })} />
      </span>
    );
  if ("at" in test)
    return <InstantField label="Date" path={partOf(path, "at")} value={test.at} onChange={(given) => onChange({ ...test, at: given })} />;
  if ("ms" in test)
    return <DurationField label="Time" path={partOf(path, "ms")} value={test.ms} onChange={(ms) => onChange({ ...test, ms })} />;
  if (!("value" in test)) return null;
  if (numeric || isNumberOp(test.op))
    return <NumberField label="Value" path={at} value={test.value === "" ? Number.NaN : Number(test.value)} onChange={(value) => onChange({ ...test, value } as Test)} />;
  return <TextField label="Value" path={at} value={String(test.value)} onChange={(value) => onChange({ ...test, value } as Test)} />;
} // prettier-ignore

const DAY_MS = 86_400_000;
const SPANS = ["ever", "last", "ago", "between_ago", "since", "before", "between", "other"] as const;
type Span = (typeof SPANS)[number];
const SPAN_WORDS: { readonly [span in Span]: string } = {
  ever: "ever",
  last: "in the last",
  ago: "at least … ago",
  between_ago: "between … and … ago",
  since: "since a date",
  before: "before a date",
  between: "between dates",
  other: "from … to …",
};

function spanOf({ from, to }: Window): Span {
  if (!from && !to) return "ever";
  if (from && to) {
    if ("agoMs" in from && "agoMs" in to) return "between_ago";
    return "at" in from && "at" in to ? "between" : "other";
  }
  if (from) return "agoMs" in from ? "last" : "since";
  return to && "agoMs" in to ? "ago" : "before";
}

/** The window of a kind, what was chosen before kept where it fits. */
function windowOf(span: Span, { from, to }: Window): Window | undefined {
  const agoMs = (bound: Window["from"], otherwise: number) => ({ agoMs: bound && "agoMs" in bound ? bound.agoMs : otherwise });
  const at = (bound: Window["from"]) => ({ at: bound && "at" in bound ? bound.at : Number.NaN });
  switch (span) {
    case "ever":
      return undefined;
    case "last":
      return { from: agoMs(from, 30 * DAY_MS) };
    case "ago":
      return { to: agoMs(to ?? from, 30 * DAY_MS) };
    case "between_ago":
      return { from: agoMs(from, 60 * DAY_MS), to: agoMs(to, 30 * DAY_MS) };
    case "since":
      return { from: at(from) };
    case "before":
      return { to: at(to) };
    case "between":
      return { from: at(from), to: at(to) };
    case "other":
      return { ...(from ? { from } : {}), ...(to ? { to } : {}) };
  }
} // prettier-ignore

type WindowProps = { readonly path: string; readonly when: Window | undefined; readonly onChange: (when: Window | undefined) => void }; // prettier-ignore
/** Which time counts. */
export function WindowFields({ path, when = {}, onChange }: WindowProps) {
  const span = spanOf(when);
  const bound = (side: "from" | "to") => {
    const value = when[side];
    if (!value) return null;
    const [label, at] = [side === "from" ? "From" : "To", partOf(path, side)];
    return "agoMs" in value
      ? <DurationField label={label} path={at} value={value.agoMs} onChange={(agoMs) => onChange({ ...when, [side]: { agoMs } })} />
      : <InstantField label={label} path={at} value={value.at} onChange={(instant) => onChange({ ...when, [side]: { at: instant } })} />;
  };
  return (
    <>
      <Choice
        label="When" path={path} value={span}
        data={SPANS.filter((one) => one !== "other" || span === "other").map((value) => ({ value, label: SPAN_WORDS[value] }))}
        onChange={(next) => onChange(windowOf(next, when))}
      />
      {bound("from")}
      {when.from && when.to && <span>{span === "between" ? "and before" : "and"}</span>}
      {bound("to")}
      {when.to && "agoMs" in when.to && <span>ago</span>}
    </>
  );
} // prettier-ignore

const ANY_EVENT = "Any event";
/** Names of events that are not a customer's doing. */
const isOwn = (name: string): boolean => /^\$(?:segment|stage|journey)\./.test(name);

/** The event's name. */
export function EventField({ path, event, onChange, label = "Event" }: { path: string; event: string | null; onChange: (event: string | null) => void; label?: string }) {
  const { world } = useBuilding();
  return (
    <NameField
      label={label}
      path={partOf(path, "event")}
      placeholder="an event"
      names={[...world.suggested.events.filter((name) => !isOwn(name)), ANY_EVENT]}
      value={event ?? ANY_EVENT}
      onChange={(name) => onChange(name === ANY_EVENT ? null : name)}
    />
  );
} // prettier-ignore

type WhereProps = {
  readonly path: string;
  readonly event: string | null;
  readonly where: readonly Where[];
  readonly onChange: (where: Where[]) => void;
};
/** Conditions on the event's properties, one a line. */
export function WhereFields({ path, event, where, onChange }: WhereProps) {
  const { world } = useBuilding();
  const names = [...world.suggested.propertiesOf(event), "$channel", "$touchpoint"];
  const set = (at: number, one: Where | null) => onChange([...replaced(where, at, one)]);
  return (
    <>
      {where.map((one, i) => {
        const place = partOf(path, `where/${i}`);
        return (
          <div key={i} className={classes["where"]} role="group" aria-label={`Property condition ${i + 1}`}>
            <span className={classes["lead"]}>{i === 0 ? "where" : "and"}</span>
            <NameField label="Property" path={`${place}/property`} placeholder="a property" names={names} value={one.property} onChange={(property) => set(i, { ...one, property })} />
            <TestFields path={`${place}/is`} test={one.is} onChange={(is) => set(i, { ...one, is })} />
            <ActionIcon variant="subtle" color="gray" aria-label="Remove the property condition" onClick={() => set(i, null)}>
              <X size={16} />
            </ActionIcon>
          </div>
        );
      })}
    </>
  );
} // prettier-ignore

const WHERE_MAX = 10;
/** Adds a condition on a property. */
export function AddWhere({ where, onChange }: Pick<WhereProps, "where" | "onChange">) {
  if (where.length >= WHERE_MAX) return null;
  return (
    <Button
      variant="subtle"
      size="compact-sm"
      leftSection={<Plus size={14} />}
      onClick={() => onChange([...where, { property: "", is: { op: "equals", value: "" } }])}
    >
      Property
    </Button>
  );
}
