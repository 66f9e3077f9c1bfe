/** Choosing several of a list: a button that says how many, and the browser's own boxes to tick. Lighter than a field that searches. */
import { Button, Popover } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./analysis.module.css";

type Option = { readonly value: string; readonly label: string };
type CheckProps = {
  readonly label: string;
  readonly options: readonly Option[];
  readonly chosen: readonly string[];
  /** Told in the order of the options. */
  readonly onChange: (chosen: readonly string[]) => void;
};

/** The boxes. */
export function CheckList({ label, options, chosen, onChange }: CheckProps) {
  const toggle = (value: string) =>
    onChange(
      options
        .map((option) => option.value)
        .filter((one) => (one === value ? !chosen.includes(one) : chosen.includes(one))),
    );
  return (
    <fieldset className={classes["checks"]}>
      <legend>{label}</legend>
      {options.map(({ value, label: said }) => (
        <label key={value}>
          <input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} />
          {said}
        </label>
      ))}
    </fieldset>
  );
}

/** The boxes behind a button. */
export function CheckMenu({ children, ...check }: CheckProps & { readonly children: ReactNode }) {
  return (
    <Popover width={320} position="bottom-start" shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default">{children}</Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={check.label}>
        <CheckList {...check} />
      </Popover.Dropdown>
    </Popover>
  );
}
