/** What holds for the whole journey: its name, its goal, what takes customers out, who is held out, how much it matters. */
import { Button, Checkbox, TextInput, Textarea } from "@mantine/core";
import { DurationField } from "../segments/fields.tsx";
import { useDraft } from "./draft.tsx";
import { Cards, Field, LabelledNumber, TriggerField, useWrongWords } from "./fields.tsx";
import classes from "./panel.module.css";
import { BLANK_GOAL, BLANK_TRIGGER } from "./palette.ts";

function GoalSetting() {
  const { draft, set, edit } = useDraft();
  const { goal, ...rest } = draft;
  if (goal === undefined)
    return (
      <Field label="Goal" hint="What counts as success. Results, holdout and learning are measured by it.">
        <Button variant="light" size="compact-sm" onClick={() => set({ goal: BLANK_GOAL }, null)}>
          Set a goal
        </Button>
      </Field>
    );
  const { value, ...valueless } = goal;
  return (
    <div className={classes["group"]}>
      <TriggerField
        label="Goal: reached when"
        path="goal/when"
        trigger={goal.when}
        onChange={(when) => set({ goal: { ...goal, when } })}
      />
      <Field label="Within" path="goal/withinMs" hint="Counted from coming in.">
        <DurationField
          label="Within"
          path="goal/withinMs"
          value={goal.withinMs}
          onChange={(withinMs) => set({ goal: { ...goal, withinMs } })}
        />
      </Field>
      <TextInput
        label="Property that holds what it was worth"
        placeholder="such as total"
        value={value ?? ""}
        onChange={(event) => {
          const name = event.currentTarget.value;
          set({ goal: name === "" ? valueless : { ...goal, value: name } });
        }}
      />
      <Checkbox
        label="Reaching it ends the journey for them"
        checked={goal.ends}
        onChange={(event) => set({ goal: { ...goal, ends: event.currentTarget.checked } }, null)}
      />
      <Button
        variant="subtle"
        size="compact-xs"
        onClick={() => edit({ draft: rest, selected: null, dropped: 0 })}
      >
        No goal
      </Button>
    </div>
  );
}

/** The form. */
export function SettingsFields() {
  const { draft, set } = useDraft();
  return (
    <>
      <TextInput label="Name" required maxLength={200} value={draft.name} error={useWrongWords("name")} onChange={(event) => set({ name: event.currentTarget.value })} />
      <Textarea label="What it is for" autosize minRows={2} maxRows={6} maxLength={2000} value={draft.description} onChange={(event) => set({ description: event.currentTarget.value })} />
      <GoalSetting />
      <Field label="What takes them out" hint="At once, wherever they stand; messages that wait are taken back.">
        <Cards label="Exit" items={draft.exits} least={0} most={20} add={{ label: "Something that takes them out", blank: () => BLANK_TRIGGER }} onChange={(exits) => set({ exits }, exits.length === draft.exits.length ? "exits" : null)}>
          {(exit, i, change) => <TriggerField label={`Out when`} path={`exits/${i}`} trigger={exit} onChange={change} />}
        </Cards>
      </Field>
      <LabelledNumber label="Held out, in percent" hint="So many of those who would come in get nothing, to measure the rest against." path="holdoutRatio" value={Number((100 * draft.holdoutRatio).toFixed(2))} least={0} most={50} onChange={(share) => set({ holdoutRatio: share / 100 })} />
      <LabelledNumber label="Priority, 0 to 100" hint="Who is in several journeys and near a cap gets the message of the greater one." path="priority" value={draft.priority} least={0} most={100} onChange={(priority) => set({ priority })} />
    </>
  );
} // prettier-ignore
