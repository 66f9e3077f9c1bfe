/** The forms of the steps that do something, and of those that lead on. */
import { Checkbox, NativeSelect, TextInput, Textarea } from "@mantine/core";
import type { Json } from "../../src/values.ts";
import { DurationField, NameField } from "../segments/fields.tsx";
import { keyOf } from "./choose-fields.tsx";
import { useDraft } from "./draft.tsx";
import { Cards, Field, useWrongWords } from "./fields.tsx";
import classes from "./panel.module.css";
import type { StepProps } from "./wait-fields.tsx";
import { stepChoices } from "./words.ts";

const DAY_MS = 86_400_000;

/** A value as it is typed: JSON where it is JSON, otherwise a text. */
export function typedValue(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
const written = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Traits to write. */
export function UpdateFields({ path, step, onChange }: StepProps<"update">) {
  const { world } = useDraft();
  const set = (items: (readonly [string, unknown])[], tag?: null) =>
    onChange({ ...step, traits: Object.fromEntries(items) as typeof step.traits }, tag);
  return (
    <Field label="Traits" path={`${path}/traits`} hint="Texts as they are; numbers, true, false and null as such.">
      <Cards label="Trait" items={Object.entries(step.traits)} least={0} most={50} add={{ label: "Trait", blank: () => ["", ""] as [string, Json] }} onChange={(items) => set(items, items.length === Object.keys(step.traits).length ? undefined : null)}>
        {([name, value], _i, change) => (
          <div className={classes["pair"]}>
            <NameField label="Trait" path={`${path}/traits`} placeholder="a trait" names={world.suggested.traits} value={name} onChange={(next) => change([next, value])} />
            <TextInput aria-label={`Value of ${name || "the trait"}`} placeholder="value" value={written(value)} onChange={(event) => change([name, typedValue(event.currentTarget.value)])} />
          </div>
        )}
      </Cards>
    </Field>
  );
} // prettier-ignore

/** What a person is to do. */
export function TaskFields({ path, step, onChange }: StepProps<"task">) {
  return (
    <>
      <TextInput label="What is to be done" maxLength={200} value={step.name} error={useWrongWords(`${path}/name`)} onChange={(event) => onChange({ ...step, name: event.currentTarget.value })} />
      <Textarea label="What helps to do it" autosize minRows={2} maxRows={8} maxLength={2000} value={step.detail} onChange={(event) => onChange({ ...step, detail: event.currentTarget.value })} />
      <TextInput label="Team" maxLength={100} value={step.team} onChange={(event) => onChange({ ...step, team: event.currentTarget.value })} />
      <Checkbox label="Due by some time" checked={step.dueMs !== null} onChange={(event) => onChange({ ...step, dueMs: event.currentTarget.checked ? DAY_MS : null }, null)} />
      {step.dueMs !== null && (
        <Field label="Due after" path={`${path}/dueMs`}>
          <DurationField label="Due after" path={`${path}/dueMs`} value={step.dueMs} onChange={(dueMs) => onChange({ ...step, dueMs })} />
        </Field>
      )}
      <Field label="What can come of it" hint="With outcomes the journey waits for the person and goes on by what came of it.">
        <Cards label="Outcome" items={step.outcomes} least={0} most={20} add={{ label: "Outcome", blank: () => ({ outcome: `outcome_${step.outcomes.length + 1}`, next: step.next }) }} onChange={(outcomes) => onChange({ ...step, outcomes }, outcomes.length === step.outcomes.length ? undefined : null)}>
          {(one, i, set) => (
            <TextInput aria-label={`Outcome ${i + 1}`} maxLength={50} value={one.outcome} onChange={(event) => set({ ...one, outcome: keyOf(event.currentTarget.value) })} />
          )}
        </Cards>
      </Field>
      {step.outcomes.length > 0 && (
        <>
          <Checkbox label="Wait at most for some time" checked={step.maxMs !== null} onChange={(event) => onChange({ ...step, maxMs: event.currentTarget.checked ? 3 * DAY_MS : null }, null)} />
          {step.maxMs !== null && (
            <Field label="At most" path={`${path}/maxMs`}>
              <DurationField label="At most" path={`${path}/maxMs`} value={step.maxMs} onChange={(maxMs) => onChange({ ...step, maxMs })} />
            </Field>
          )}
        </>
      )}
    </>
  );
} // prettier-ignore

/** Another system asked. */
export function WebhookFields({ path, step, onChange }: StepProps<"webhook">) {
  const { failed: _, ...rest } = step;
  return (
    <>
      <TextInput type="url" label="Address" placeholder="https://" value={step.url} error={useWrongWords(`${path}/url`)} onChange={(event) => onChange({ ...step, url: event.currentTarget.value })} />
      <Textarea label="Body" description="JSON, with Liquid in it. Empty: what is known of the run." classNames={{ input: "mono" }} autosize minRows={3} maxRows={14} spellCheck={false} value={step.body} onChange={(event) => onChange({ ...step, body: event.currentTarget.value })} />
      <Field label="Keep of the answer" hint="A variable and the path to it, such as score and result.score." path={`${path}/keep`}>
        <Cards label="Variable" items={Object.entries(step.keep)} least={0} most={20} add={{ label: "Variable", blank: () => [`value_${Object.keys(step.keep).length + 1}`, ""] as [string, string] }} onChange={(items) => onChange({ ...step, keep: Object.fromEntries(items) }, items.length === Object.keys(step.keep).length ? undefined : null)}>
          {([name, from], _i, set) => (
            <div className={classes["pair"]}>
              <TextInput aria-label="Variable" value={name} onChange={(event) => set([keyOf(event.currentTarget.value), from])} />
              <TextInput aria-label={`Where ${name} stands in the answer`} placeholder="path.to.it" value={from} onChange={(event) => set([name, event.currentTarget.value])} />
            </div>
          )}
        </Cards>
      </Field>
      <Checkbox label="A path of its own when it fails" checked={step.failed !== undefined} onChange={(event) => onChange(event.currentTarget.checked ? { ...step, failed: step.next } : rest, null)} />
    </>
  );
} // prettier-ignore

/** A list elsewhere. */
export function AudienceFields({ path, step, onChange }: StepProps<"audience">) {
  return (
    <>
      <TextInput label="Audience" maxLength={200} value={step.audience} error={useWrongWords(`${path}/audience`)} onChange={(event) => onChange({ ...step, audience: event.currentTarget.value })} />
      <NativeSelect label="What to do" data={[{ value: "add", label: "Add them" }, { value: "remove", label: "Remove them" }]} value={step.change} onChange={(event) => onChange({ ...step, change: event.currentTarget.value as (typeof step)["change"] })} />
    </>
  );
} // prettier-ignore

/** A goal that is noted. */
export function GoalFields({ path, step, onChange }: StepProps<"goal">) {
  return <TextInput label="What was reached" maxLength={200} value={step.name} error={useWrongWords(`${path}/name`)} onChange={(event) => onChange({ ...step, name: event.currentTarget.value })} />;
} // prettier-ignore

/** Where to go on. */
export function JumpFields({ path, step, onChange }: StepProps<"jump">) {
  const { draft, names } = useDraft();
  return <NativeSelect label="Go on at" data={stepChoices(draft, names)} value={step.to} error={useWrongWords(`${path}/next`)} onChange={(event) => onChange({ ...step, to: event.currentTarget.value }, null)} />;
} // prettier-ignore

/** The way out. */
export function ExitFields({ step, onChange }: StepProps<"exit">) {
  return <TextInput label="Why it ends here" maxLength={200} value={step.reason} onChange={(event) => onChange({ ...step, reason: event.currentTarget.value })} />;
} // prettier-ignore
