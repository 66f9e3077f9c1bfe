/** The forms of the steps that wait. */
import { Checkbox, Chip, Group, NativeSelect, TextInput } from "@mantine/core";
import type { Step } from "../../src/journeys/model.ts";
import { DurationField } from "../segments/fields.tsx";
import { Cards, Field, TraitField, TriggerField, useWrongWords } from "./fields.tsx";
import { BLANK_TRIGGER } from "./palette.ts";
import { clockWords } from "./words.ts";

type Of<Type extends Step["type"]> = Extract<Step, { type: Type }>;
export type StepProps<Type extends Step["type"]> = {
  readonly path: string;
  readonly step: Of<Type>;
  readonly onChange: (step: Of<Type>, tag?: string | null) => void;
};
const DAY_MS = 86_400_000;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** A time of day, in minutes after midnight. */
export function ClockField({ label, hint, value, onChange }: { label: string; hint?: string; value: number; onChange: (minute: number) => void }) {
  return (
    <TextInput
      type="time"
      label={label}
      description={hint}
      value={clockWords(value)}
      onChange={(event) => {
        const [hours = 0, minutes = 0] = event.currentTarget.value.split(":").map(Number);
        if (Number.isFinite(hours + minutes)) onChange(hours * 60 + minutes);
      }}
    />
  );
} // prettier-ignore

/** For a while. */
export function WaitFields({ path, step, onChange }: StepProps<"wait">) {
  return (
    <Field label="How long" path={`${path}/ms`}>
      <DurationField
        label="How long"
        path={`${path}/ms`}
        value={step.ms}
        onChange={(ms) => onChange({ ...step, ms })}
      />
    </Field>
  );
}

/** Until a time of day. */
export function WaitTimeFields({ path, step, onChange }: StepProps<"wait_time">) {
  const days = step.weekdays ?? [1, 2, 3, 4, 5, 6, 7];
  const choose = (chosen: string[]) => {
    const { weekdays: _, ...rest } = step;
    const weekdays = chosen.map(Number).toSorted((a, b) => a - b);
    onChange(weekdays.length === 7 ? rest : { ...step, weekdays });
  };
  return (
    <>
      <ClockField
        label="Time of day"
        hint="Where the customer is."
        value={step.minute}
        onChange={(minute) => onChange({ ...step, minute })}
      />
      <Field label="On these days" path={`${path}/weekdays`}>
        <Chip.Group multiple value={days.map(String)} onChange={choose}>
          <Group gap={6}>
            {DAYS.map((day, i) => (
              <Chip key={day} value={String(i + 1)} size="xs" variant="outline">
                {day}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Field>
    </>
  );
}

/** Before, on or after a date. */
export function OffsetField({ label, path, value, onChange }: { label: string; path: string; value: number; onChange: (ms: number) => void }) {
  const side = value === 0 ? "on" : value < 0 ? "before" : "after";
  return (
    <Field label={label} path={path}>
      {side !== "on" && <DurationField label={label} path={path} value={Math.abs(value)} onChange={(ms) => onChange(side === "before" ? -ms : ms)} />}
      <NativeSelect
        aria-label={`${label}: before or after`}
        data={[{ value: "before", label: "before it" }, { value: "on", label: "at that moment" }, { value: "after", label: "after it" }]}
        value={side}
        onChange={(event) => {
          const next = event.currentTarget.value;
          const ms = Math.abs(value) || DAY_MS;
          onChange(next === "on" ? 0 : next === "before" ? -ms : ms);
        }}
      />
    </Field>
  );
} // prettier-ignore

/** Until a date of theirs. */
export function WaitDateFields({ path, step, onChange }: StepProps<"wait_date">) {
  return (
    <>
      <TraitField
        label="Date trait"
        path={`${path}/trait`}
        value={step.trait}
        onChange={(trait) => onChange({ ...step, trait })}
      />
      <OffsetField
        label="When"
        path={`${path}/offsetMs`}
        value={step.offsetMs}
        onChange={(offsetMs) => onChange({ ...step, offsetMs })}
      />
      <NativeSelect
        label="When the date is unknown or past"
        data={[
          { value: "continue", label: "Go on at once" },
          { value: "exit", label: "Leave the journey" },
        ]}
        value={step.missed}
        onChange={(event) =>
          onChange({ ...step, missed: event.currentTarget.value as (typeof step)["missed"] })
        }
      />
    </>
  );
}

/** Until the first of several things happens. */
export function WaitUntilFields({ path, step, onChange }: StepProps<"wait_until">) {
  const wrong = useWrongWords(`${path}/maxMs`);
  return (
    <>
      <Cards
        label="Path"
        items={step.paths}
        least={1}
        most={20}
        add={{
          label: "Something else that can happen",
          blank: () => ({ when: BLANK_TRIGGER, next: step.next }),
        }}
        onChange={(paths) => onChange({ ...step, paths }, null)}
      >
        {(one, i, set) => (
          <TriggerField
            label={i === 0 ? "Until" : "Or until"}
            path={`${path}/paths/${i}/when`}
            trigger={one.when}
            onChange={(when) => set({ ...one, when })}
          />
        )}
      </Cards>
      <Checkbox
        label="At most for some time"
        description="Then it goes on by a path of its own."
        checked={step.maxMs !== null}
        onChange={(event) =>
          onChange({ ...step, maxMs: event.currentTarget.checked ? 3 * DAY_MS : null }, null)
        }
      />
      {step.maxMs !== null && (
        <Field label="At most" {...(wrong === null ? {} : { path: `${path}/maxMs` })}>
          <DurationField
            label="At most"
            path={`${path}/maxMs`}
            value={step.maxMs}
            onChange={(maxMs) => onChange({ ...step, maxMs })}
          />
        </Field>
      )}
    </>
  );
}
