/** A part of a gap's screen: a sheet with its heading. */
import { type ReactNode, useId } from "react";

/** A part of the screen under its heading. */
export function Part({ title, note, children }: { title: string; note?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="sheet" aria-labelledby={id}>
      <header><h2 id={id}>{title}</h2>{note}</header>
      <div className="pad">{children}</div>
    </section>
  );
} // prettier-ignore
