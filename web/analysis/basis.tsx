/** What a number rests on, behind a quiet button beside it: interval, sample, method, how fresh. And what is said instead of one. */
import { ActionIcon, Popover } from "@mantine/core";
import { Info } from "lucide-react";
import type { ReactNode } from "react";
import type { Basis, TooLittle } from "../../src/analysis/model.ts";
import { count, counted, lasting } from "../ui/format.ts";
import { Ago } from "../ui/time.tsx";
import classes from "./analysis.module.css";

type Line = readonly [label: string, value: ReactNode];
type BasisNoteProps = {
  readonly of: string;
  readonly basis?: Basis | undefined;
  readonly lines?: readonly Line[];
};

/** The button. `of` names the number; `lines` say what is its own, the basis what the whole answer shares. */
export function BasisNote({ of, basis, lines = [] }: BasisNoteProps) {
  return (
    <Popover width={320} position="bottom-end" shadow="md" withArrow>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`What this rests on: ${of}`}>
          <Info size={14} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <dl className={classes["basis"]}>
          {lines.map(([label, value]) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}
          {basis && (
            <>
              {basis.method !== "" && <div><dt>Method</dt><dd>{basis.method}</dd></div>}
              <div><dt>Looked at</dt><dd>{counted(basis.events, "event")} of {counted(basis.customers, "customer")}</dd></div>
              <div><dt>Fresh as of</dt><dd><Ago at={basis.asOf} />{basis.reused ? ", kept from a moment ago" : `, worked out in ${lasting(basis.tookMs)}`}</dd></div>
            </>
          )}
        </dl>
      </Popover.Dropdown>
    </Popover>
  );
} // prettier-ignore

/** Too little data: a sentence, and how far it is; nothing else is shown. */
export function TooLittleNote({ told, compact = false }: { told: TooLittle; compact?: boolean }) {
  if (compact)
    return (
      <span className="quiet" title={told.detail}>
        Too few yet: {count(told.found)} of {count(told.needed)}
      </span>
    );
  const counts = `${count(told.found)} of ${count(told.needed)} so far.`;
  return (
    <div className={classes["little"]}>
      <strong>Too little data yet</strong>
      <p>
        {told.detail} {!told.detail.includes(String(told.needed)) && counts}
      </p>
    </div>
  );
}
