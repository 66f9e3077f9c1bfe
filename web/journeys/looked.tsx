/** A journey that is only looked at: the drawing (or the list) with figures, and beside it what they mean. */
import { lazy, type ReactNode, Suspense, useState } from "react";
import design from "./design.module.css";
import { useDraft } from "./draft.tsx";
import type { Figures } from "./figures.ts";
import { useNarrow } from "./narrow.ts";
import { Outline } from "./outline.tsx";
import classes from "./replay.module.css";

const Canvas = lazy(() => import("./canvas.tsx").then(({ Canvas: drawn }) => ({ default: drawn })));

/** The drawing (or list) with figures, looked at only; beside it what they mean. */
export function Looked({ figures, selected, children }: { figures: Figures | null; selected?: string | null | undefined; children: ReactNode }) {
  const { draft, names } = useDraft();
  const narrow = useNarrow();
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const props = { draft, names, problems: [], figures, selected: selected ?? chosen, onSelect: setChosen };
  if (narrow)
    return (
      <>
        <div className={classes["beside"]}>{children}</div>
        <Outline {...props} />
      </>
    );
  return (
    <div className={design["work"]}>
      <Suspense fallback={<div className={design["listed"]}><Outline {...props} /></div>}>
        <Canvas {...props} />
      </Suspense>
      <aside className={design["panel"]} aria-label="What came of it">{children}</aside>
    </div>
  );
} // prettier-ignore
