/** The frame of one answer: its title, what it rests on, the table behind its drawing, and the answer as a file. */
import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Download, Table2 } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import type { Basis } from "../../src/analysis/model.ts";
import { Fault } from "../ui/notice.tsx";
import { saveFile } from "../ui/save-file.ts";
import classes from "./analysis.module.css";
import { BasisNote } from "./basis.tsx";

/** The file of an answer: what it is called, and its content, which may have to be fetched. */
export type AnswerFile = { readonly name: string; readonly content: () => string | Promise<Blob> };

/** Saves the answer as CSV. */
export function CsvButton({ file }: { file: AnswerFile }) {
  const save = useMutation({
    mutationFn: async () => saveFile(`${file.name}.csv`, await file.content(), "text/csv"),
  });
  return (
    <>
      <Button variant="default" size="xs" leftSection={<Download size={14} />} loading={save.isPending} onClick={() => save.mutate()} aria-label={`CSV of ${file.name}`}>
        CSV
      </Button>
      {save.isError && <Fault fault={save.error} />}
    </>
  );
} // prettier-ignore

type SheetProps = {
  readonly title: string;
  readonly note?: ReactNode;
  readonly basis?: Basis | undefined;
  readonly lines?: readonly (readonly [label: string, value: ReactNode])[];
  readonly file?: AnswerFile | undefined;
  /** The table behind the drawing; shown in its place when asked for. */
  readonly table?: ReactNode;
  readonly children: ReactNode;
};
/** The frame. */
export function Sheet({ title, note, basis, lines, file, table, children }: SheetProps) {
  const id = useId();
  const [tabled, setTabled] = useState(false);
  return (
    <section className="sheet" aria-labelledby={id}>
      <header>
        <span className={classes["titled"]}>
          <h2 id={id}>{title}</h2>
          {(basis ?? lines) && <BasisNote of={title} basis={basis} lines={lines ?? []} />}
          {note !== undefined && <span className="quiet">{note}</span>}
        </span>
        <span className={classes["tools"]}>
          {table !== undefined && (
            <Button variant="default" size="xs" leftSection={<Table2 size={14} />} aria-pressed={tabled} onClick={() => setTabled(!tabled)}>
              {tabled ? "Chart" : "Table"}
            </Button>
          )}
          {file && <CsvButton file={file} />}
        </span>
      </header>
      {tabled && table !== undefined ? table : children}
    </section>
  );
} // prettier-ignore
