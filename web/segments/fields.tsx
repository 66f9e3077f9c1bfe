/** The small inputs a condition is made of: numbers, lengths of time, moments, names with suggestions, lists of values. */
import { Autocomplete, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import classes from "./builder.module.css";
import { DURATION_UNITS, unitOf } from "./choices.ts";
import { useWrong } from "./world.tsx";

type FieldProps<T> = {
  readonly label: string;
  readonly path: string;
  readonly value: T;
  readonly onChange: (value: T) => void;
};

/** A choice among few, as the system's own list. */
export function Choice<T extends string>({
  label,
  path,
  value,
  data,
  onChange,
}: FieldProps<T> & {
  data: readonly (
    | { readonly value: T; readonly label: string }
    | { readonly group: string; readonly items: readonly { readonly value: T; readonly label: string }[] }
  )[];
}) {
  const wrong = useWrong(path);
  return (
    <NativeSelect
      aria-label={label}
      className={classes["choice"]}
      data={data as never}
      value={value}
      error={wrong}
      onChange={(event) => onChange(event.currentTarget.value as T)}
    />
  );
}

type NumberProps = FieldProps<number> & { readonly least?: number };
/** A number; NaN while there is none. The browser's own field: a formatting one would weigh more than this whole builder. */
export function NumberField({ label, path, value, onChange, least }: NumberProps) {
  const wrong = useWrong(path);
  return (
    <TextInput
      type="number"
      step="any"
      aria-label={label}
      {...(least === undefined ? {} : { min: least })}
      className={classes["number"]}
      value={Number.isFinite(value) ? String(value) : ""}
      error={wrong}
      onChange={(event) => onChange(event.currentTarget.value === "" ? Number.NaN : Number(event.currentTarget.value))}
    />
  );
} // prettier-ignore

/** A length of time: a number and its unit. The unit that was chosen stays while it can say the number. */
export function DurationField({ label, path, value, onChange }: FieldProps<number>) {
  const [chosen, setChosen] = useState<string | null>(null);
  const wanted = DURATION_UNITS.find(({ name }) => name === chosen);
  const unit = wanted && (!Number.isFinite(value) || value % wanted.ms === 0) ? wanted : unitOf(value);
  return (
    <span className={classes["pair"]}>
      <NumberField
        label={`${label}, how many`}
        path={path}
        least={1}
        value={value / unit.ms}
        onChange={(n) => {
          setChosen(unit.name);
          onChange(Math.round(n * unit.ms));
        }}
      />
      <NativeSelect
        aria-label={`${label}, unit`}
        className={classes["unit"]}
        data={DURATION_UNITS.map(({ name }) => ({ value: name, label: `${name}s` }))}
        value={unit.name}
        onChange={(event) => {
          const next = DURATION_UNITS.find(({ name }) => name === event.currentTarget.value)!;
          setChosen(next.name);
          onChange((value / unit.ms) * next.ms);
        }}
      />
    </span>
  );
}

const DAY_MS = 86_400_000;
/** A moment as the browser's date fields write it, in UTC like the words of a rule: it means the same to every reader. */
function written(at: number): { readonly kind: "date" | "datetime-local"; readonly text: string } {
  if (!Number.isFinite(at)) return { kind: "date", text: "" };
  const text = new Date(at).toISOString();
  return at % DAY_MS === 0
    ? { kind: "date", text: text.slice(0, 10) }
    : { kind: "datetime-local", text: text.slice(0, 16) };
}

/** A moment: a date, which begins at midnight UTC; with the time of day where the rule names one. */
export function InstantField({ label, path, value, onChange }: FieldProps<number>) {
  const { kind, text } = written(value);
  const wrong = useWrong(path);
  return (
    <TextInput
      type={kind}
      title="Midnight in UTC, where nothing else is said"
      aria-label={label}
      className={classes["date"]}
      value={text}
      error={wrong}
      onChange={(event) => {
        const given = event.currentTarget.value;
        onChange(given === "" ? Number.NaN : Date.parse(kind === "date" ? given : `${given}Z`));
      }}
    />
  );
}

const SUGGESTED_MAX = 40;
/** A name, with those seen in the data to choose from. Names nobody sent yet can be typed. */
export function NameField({
  label,
  path,
  value,
  onChange,
  names,
  placeholder,
}: FieldProps<string> & { names: readonly string[]; placeholder: string }) {
  const wrong = useWrong(path);
  return (
    <Autocomplete
      aria-label={label}
      className={classes["name"]}
      placeholder={placeholder}
      data={[...new Set(names)]}
      limit={SUGGESTED_MAX}
      maxDropdownHeight={280}
      value={value}
      error={wrong}
      onChange={onChange}
      maxLength={200}
    />
  );
}

/** A text. */
export function TextField({ label, path, value, onChange }: FieldProps<string>) {
  const wrong = useWrong(path);
  return (
    <TextInput
      aria-label={label}
      className={classes["text"]}
      placeholder="value"
      value={value}
      error={wrong}
      maxLength={200}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** Several texts, with commas between them. */
export function TextsField({ label, path, value, onChange }: FieldProps<readonly string[]>) {
  const wrong = useWrong(path);
  // As it is typed: a comma at the end would vanish with the list it was typed for.
  const [text, setText] = useState(value.join(", "));
  return (
    <TextInput
      aria-label={label}
      className={classes["texts"]}
      placeholder="values, with commas between"
      value={text}
      error={wrong}
      onChange={(event) => {
        setText(event.currentTarget.value);
        const values = event.currentTarget.value.split(",").map((one) => one.trim());
        onChange([...new Set(values.filter((one) => one !== ""))].slice(0, 200));
      }}
    />
  );
}
