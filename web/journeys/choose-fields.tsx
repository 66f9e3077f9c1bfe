/** The forms of the steps that choose a path: by what is true, by chance, or the best of several. */
import { Button, Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useDraft } from "./draft.tsx";
import { Cards, Field, LabelledNumber, RuleField, useWrongWords } from "./fields.tsx";
import classes from "./panel.module.css";
import { BLANK_RULE } from "./palette.ts";
import type { StepProps } from "./wait-fields.tsx";

/** A short name of a path, as the draft keeps it: small letters, digits and _. */
export const keyOf = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]+/g, "_")
    .slice(0, 50);
const freeKey = (taken: readonly string[]): string =>
  "abcdefghijklmnopqrstuvwxyz".split("").find((letter) => !taken.includes(letter)) ??
  `path_${taken.length + 1}`;

/** By what is true of the customer. */
export function BranchFields({ path, step, onChange }: StepProps<"branch">) {
  return (
    <>
      <p className={classes["hint"]}>
        The first path whose rule fits is taken. Who fits none goes by “otherwise”.
      </p>
      <Cards
        label="Path"
        items={step.paths}
        least={1}
        most={20}
        add={{ label: "Another path", blank: () => ({ name: "", rule: BLANK_RULE, next: step.next }) }}
        onChange={(paths) => onChange({ ...step, paths }, paths.length === step.paths.length ? undefined : null)}
      >
        {(one, i, set) => (
          <>
            <TextInput
              label={`Path ${i + 1}`}
              placeholder="such as: orders often"
              maxLength={100}
              value={one.name}
              onChange={(event) => set({ ...one, name: event.currentTarget.value })}
            />
            <RuleField
              label={`Who takes path ${i + 1}`}
              path={`${path}/paths/${i}/rule`}
              rule={one.rule}
              onChange={(rule) => set({ ...one, rule })}
            />
          </>
        )}
      </Cards>
    </>
  );
} // prettier-ignore

function KeyInput({ label, path, value, onChange }: { label: string; path: string; value: string; onChange: (key: string) => void }) {
  return <TextInput label={label} maxLength={50} value={value} error={useWrongWords(path)} onChange={(event) => onChange(keyOf(event.currentTarget.value))} />;
} // prettier-ignore

/** By chance. */
export function SplitFields({ path, step, onChange }: StepProps<"split">) {
  const sum = step.paths.reduce((all, { weight }) => all + (weight || 0), 0) || 1;
  return (
    <>
      <p className={classes["hint"]}>The same customer always takes the same path.</p>
      <Cards
        label="Path"
        items={step.paths}
        least={1}
        most={20}
        add={{
          label: "Another path",
          blank: () => ({ key: freeKey(step.paths.map(({ key }) => key)), weight: 50, holdout: false, next: step.paths[0]?.next ?? null }),
        }}
        onChange={(paths) => onChange({ ...step, paths }, paths.length === step.paths.length ? undefined : null)}
      >
        {(one, i, set) => (
          <>
            <div className={classes["pair"]}>
              <KeyInput label="Name" path={`${path}/paths/${i}/key`} value={one.key} onChange={(key) => set({ ...one, key })} />
              <LabelledNumber label={`Share (${((100 * (one.weight || 0)) / sum).toFixed(0)} %)`} path={`${path}/paths/${i}/weight`} value={one.weight} least={0} onChange={(weight) => set({ ...one, weight })} />
            </div>
            <Checkbox
              size="xs"
              label="Holdout: these get nothing, to measure the others against"
              checked={one.holdout}
              onChange={(event) => set({ ...one, holdout: event.currentTarget.checked })}
            />
          </>
        )}
      </Cards>
    </>
  );
} // prettier-ignore

const BY = [
  { value: "order", label: "The first that may be" },
  { value: "priority", label: "The highest priority" },
  { value: "learning", label: "Learn from the goal which is best" },
];

type Candidate = StepProps<"decide">["step"]["candidates"][number];
function CandidateRule({ path, one, set }: { path: string; one: Candidate; set: (one: Candidate) => void }) {
  const { rule, ...rest } = one;
  if (rule === undefined)
    return (
      <Button variant="subtle" size="compact-xs" onClick={() => set({ ...one, rule: BLANK_RULE })}>
        Only for some
      </Button>
    );
  return (
    <>
      <RuleField
        label={`Who may get ${one.key}`}
        path={`${path}/rule`}
        rule={rule}
        onChange={(next) => set({ ...one, rule: next })}
      />
      <Button variant="subtle" size="compact-xs" onClick={() => set(rest)}>
        For everybody
      </Button>
    </>
  );
}

/** The best of several. */
export function DecideFields({ path, step, onChange }: StepProps<"decide">) {
  const wrong = useWrongWords(`${path}/by`);
  return (
    <>
      <NativeSelect
        label="Which is taken"
        data={BY}
        value={step.by}
        error={wrong}
        onChange={(event) => onChange({ ...step, by: event.currentTarget.value as (typeof step)["by"] })}
      />
      <Cards
        label="Candidate"
        items={step.candidates}
        least={1}
        most={20}
        add={{
          label: "Another candidate",
          blank: () => ({
            key: freeKey(step.candidates.map(({ key }) => key)),
            priority: 50,
            next: step.next,
          }),
        }}
        onChange={(candidates) =>
          onChange({ ...step, candidates }, candidates.length === step.candidates.length ? undefined : null)
        }
      >
        {(one, i, set) => (
          <>
            <div className={classes["pair"]}>
              <KeyInput
                label="Name"
                path={`${path}/candidates/${i}/key`}
                value={one.key}
                onChange={(key) => set({ ...one, key })}
              />
              {step.by === "priority" && (
                <LabelledNumber
                  label="Priority"
                  path={`${path}/candidates/${i}/priority`}
                  value={one.priority}
                  least={0}
                  most={100}
                  onChange={(priority) => set({ ...one, priority })}
                />
              )}
            </div>
            <CandidateRule path={`${path}/candidates/${i}`} one={one} set={set} />
          </>
        )}
      </Cards>
    </>
  );
}

/** Who may come in at all; absent: everybody. */
export function AudienceField() {
  const { draft, set, edit } = useDraft();
  const { audience, ...rest } = draft;
  return (
    <Field label="Who may come in" path="audience">
      {audience === undefined ? (
        <>
          <span>Everybody.</span>
          <Button variant="light" size="compact-sm" onClick={() => set({ audience: BLANK_RULE }, null)}>
            Only for some
          </Button>
        </>
      ) : (
        <>
          <RuleField
            label="Who may come in"
            path="audience"
            rule={audience}
            onChange={(rule) => set({ audience: rule })}
          />
          <Button
            variant="subtle"
            size="compact-xs"
            onClick={() => edit({ draft: rest, selected: null, dropped: 0 })}
          >
            Everybody
          </Button>
        </>
      )}
    </Field>
  );
}
