/** A chosen file before it is imported: how it is read, its first rows, and the events they become. */
import { Button, Group, Progress, Select, Stack, Switch, Text } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import type { Preview, Reading } from "../api.ts";
import { useServices } from "../services.tsx";
import { JsonBlock } from "../ui/code.tsx";
import { bytes, counted } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { ColumnRoles } from "./column-roles.tsx";
import { type Columns, type CsvTable, columnsOf, csvTableOf, mappingOf, numericColumns } from "./columns.ts";
import classes from "./import.module.css";
import { sampleOf, upload } from "./upload.ts";

const GUESS = "guess";
const ROWS_SHOWN = 5;

const cellsOf = (preview: Preview): (readonly string[])[] =>
  preview.rows.filter((row): row is readonly string[] => Array.isArray(row));

function FirstRows({ preview }: { preview: Preview }) {
  const { header } = preview;
  if (header === null) return <JsonBlock label="the first line" value={preview.rows[0] ?? null} />;
  return (
    <div className={classes["preview"]} tabIndex={0} role="region" aria-label="First rows of the file">
      <table>
        <thead>
          <tr>
            {header.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cellsOf(preview)
            .slice(0, ROWS_SHOWN)
            .map((row, at) => (
              <tr key={at}>
                {header.map((column, place) => (
                  <td key={column}>{row[place]}</td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

function Becomes({ preview }: { preview: Preview }) {
  const { events, refused } = preview;
  return (
    <Stack gap="xs">
      <Text size="sm">
        The first {counted(preview.rows.length, "row")} {preview.rows.length === 1 ? "becomes" : "become"}{" "}
        {counted(events.length, "event")}
        {refused.length > 0 && `; ${counted(refused.length, "row")} would be refused`}.
      </Text>
      {refused.slice(0, 3).map(({ line, detail }) => (
        <Text key={`${line} ${detail}`} size="sm" c="var(--mantine-color-error)">
          Line {line}: {detail}
        </Text>
      ))}
      {events[0] !== undefined && <JsonBlock label="the first event" value={events[0]} />}
    </Stack>
  );
}

function useReading(file: File, reading: Reading) {
  const { api } = useServices();
  const place = [file.name, file.size, file.lastModified];
  const sample = useQuery({
    queryKey: ["sample", ...place],
    queryFn: () => sampleOf(file),
    staleTime: Infinity,
  });
  const preview = useQuery({
    queryKey: ["preview", ...place, reading],
    queryFn: ({ signal }) => api.preview({ name: file.name, sample: sample.data ?? "", ...reading }, signal),
    enabled: sample.isSuccess,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  return { sample, preview };
}

function ReadAs({
  reading,
  guessed,
  onRead,
}: {
  reading: Reading;
  guessed: string | null;
  onRead: (reading: Reading) => void;
}) {
  const { api } = useServices();
  const presets = useQuery({
    queryKey: ["presets"],
    queryFn: ({ signal }) => api.presets(signal),
    staleTime: Infinity,
  });
  const known = presets.data?.presets ?? [];
  const title = known.find(({ name }) => name === guessed)?.title;
  const options = [
    { value: GUESS, label: title === undefined ? "What it looks like" : `What it looks like: ${title}` },
    ...known.map(({ name, title: label }) => ({ value: name, label })),
  ];
  const chosen = known.find(({ name }) => name === (reading.preset ?? guessed));
  return (
    <Select
      label="Read it as"
      description={chosen?.description ?? "The columns decide."}
      data={options}
      allowDeselect={false}
      value={reading.preset ?? GUESS}
      onChange={(value) => onRead(value === null || value === GUESS ? {} : { preset: value })}
      maw={520}
    />
  );
}

type StartProps = { file: File; reading: Reading; ready: boolean; onDone: () => void; onDrop: () => void };
function Start({ file, reading, ready, onDone, onDrop }: StartProps) {
  const { api, queries } = useServices();
  const [ratio, setRatio] = useState(0);
  const start = useMutation({
    mutationFn: () => upload(api, file, reading, setRatio),
    onSuccess: async () => {
      notifications.show({
        title: "Uploaded",
        message: `${file.name} is being imported. You can leave this screen.`,
      });
      onDone();
      await queries.invalidateQueries({ queryKey: ["imports"] });
    },
  });
  return (
    <>
      {start.isPending && <Progress value={100 * ratio} aria-label={`Upload of ${file.name}`} />}
      {start.isError && <Fault fault={start.error} retry={() => start.mutate()} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDrop} disabled={start.isPending}>
          Another file
        </Button>
        <Button onClick={() => start.mutate()} loading={start.isPending} disabled={!ready}>
          Import {file.name.length > 40 ? "it" : file.name}
        </Button>
      </Group>
    </>
  );
}

/** The columns as chosen, and what is still missing; null while a preset decides. */
type Own = { readonly columns: Columns; readonly detail: string | null };

/** What the columns are chosen from: the preview, or the file's own first lines where nothing fits it. */
function tableOf(preview: Preview | undefined, sample: string | undefined): CsvTable | null {
  if (preview === undefined) return sample === undefined ? null : csvTableOf(sample);
  return preview.header === null
    ? null
    : { header: preview.header, rows: cellsOf(preview), mapping: preview.mapping };
}

type ReadingState = { readonly reading: Reading; readonly own: Own | null };

/** How the file is read so far, what comes of it, and the ways to read it otherwise. */
function useDraft(file: File) {
  const [{ reading, own }, setState] = useState<ReadingState>({ reading: {}, own: null });
  const { sample, preview } = useReading(file, reading);
  const fault = sample.error ?? preview.error;
  const table = tableOf(preview.data, fault === null ? undefined : sample.data);
  const choose = (columns: Columns) => {
    if (table === null) return;
    const chosen = mappingOf(columns, table.mapping, numericColumns(table.header, table.rows));
    if (chosen.type === "incomplete") setState({ reading, own: { columns, detail: chosen.detail } });
    else setState({ reading: { mapping: chosen.mapping }, own: { columns, detail: null } });
  };
  const read = (next: Reading) => setState({ reading: next, own: null });
  const incomplete = own?.detail ?? null;
  return {
    reading,
    own,
    table,
    choose,
    read,
    incomplete,
    preview,
    fault: incomplete === null ? fault : null,
  };
}

type ByHandProps = {
  table: CsvTable;
  own: Own | null;
  choose: (columns: Columns) => void;
  leave: () => void;
};
function ByHand({ table, own, choose, leave }: ByHandProps) {
  return (
    <>
      <Switch
        label="Choose what each column means"
        checked={own !== null}
        onChange={(event) =>
          event.currentTarget.checked ? choose(columnsOf(table.mapping, table.header)) : leave()
        }
      />
      {own !== null && (
        <ColumnRoles header={table.header} rows={table.rows} columns={own.columns} onChange={choose} />
      )}
      {own?.detail && <Text size="sm">{own.detail}</Text>}
    </>
  );
}

type ImportDraftProps = { file: File; onEnd: () => void };
/** The draft. */
export function ImportDraft({ file, onEnd }: ImportDraftProps) {
  const { reading, own, table, choose, read, incomplete, preview, fault } = useDraft(file);
  const shown = incomplete === null && fault === null ? preview.data : undefined;
  return (
    <section className="sheet" aria-labelledby="draft">
      <header>
        <h2 id="draft" className="wrap">
          {file.name}
        </h2>
        <span className="quiet">{bytes(file.size)}</span>
      </header>
      <Stack className="pad">
        <ReadAs reading={reading} guessed={preview.data?.preset ?? null} onRead={read} />
        {fault !== null && <Fault fault={fault} />}
        {preview.isPending && fault === null && <Rows rows={4} />}
        {preview.data && <FirstRows preview={preview.data} />}
        {table !== null && <ByHand table={table} own={own} choose={choose} leave={() => read({})} />}
        {shown && <Becomes preview={shown} />}
        <Start file={file} reading={reading} ready={shown !== undefined} onDone={onEnd} onDrop={onEnd} />
      </Stack>
    </section>
  );
}
