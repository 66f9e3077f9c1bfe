/** A journey that is only looked at: the drawing (or the list) with figures, and beside it what they mean. */
import { lazy, type ReactNode, Suspense, useState } from "react";
import type { JourneyDraft } from "../../src/journeys/model.ts";
import design from "./design.module.css";
import { useDraft } from "./draft.tsx";
import type { Figures } from "./figures.ts";
import { useNarrow } from "./narrow.ts";
import { Outline } from "./outline.tsx";
import classes from "./replay.module.css";

const Canvas = lazy(() => import("./canvas.tsx").then(({ Canvas: drawn }) => ({ default: drawn })));

type LookedProps = {
  readonly figures: Figures | null;
  readonly selected?: string | null | undefined;
  /** What is drawn; absent: the draft at work. */
  readonly of?: JourneyDraft;
  /** What stands beside it. */
  readonly label?: string;
  readonly onSelect?: (id: string | null) => void;
  readonly children: ReactNode;
};

/** The drawing (or list) with figures, looked at only; beside it what they mean. */
export function Looked({ figures, selected, of, label = "What came of it", onSelect, children }: LookedProps) {
  const { draft: own, names } = useDraft();
  const draft = of ?? own;
  const narrow = useNarrow();
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const props = { draft, names, problems: [], figures, selected: selected ?? chosen, onSelect: onSelect ?? setChosen };
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
      <aside className={design["panel"]} aria-label={label}>{children}</aside>
    </div>
  );
} // prettier-ignore
