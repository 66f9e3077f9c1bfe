/** A row of figures, each under its name: what stands at the head of a customer or a segment. */
import type { ReactNode } from "react";
import classes from "./figures.module.css";

type Figure = { readonly label: string; readonly value: ReactNode };

/** The row; labels are unique in it. */
export function FigureRow({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl className={classes["figures"]}>
      {figures.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
