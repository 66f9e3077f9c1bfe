/** The imports so far: how far each is, how fast, how long it still takes, what it refused, and the way to stop it. */
import { Button, Group, Progress, Text } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { FileUp } from "lucide-react";
import { useState } from "react";
import type { Import, ImportState } from "../../src/imports/model.ts";
import { useServices } from "../services.tsx";
import { ConfirmCall } from "../ui/confirm-call.tsx";
import { saveFile } from "../ui/save-file.ts";
import { bytes, count, counted, lasting } from "../ui/format.ts";
import { Loaded } from "../ui/loaded.tsx";
import { Empty, Fault } from "../ui/notice.tsx";
import { Ago } from "../ui/time.tsx";
import classes from "./import.module.css";

const STATE: { readonly [state in ImportState]: string } = {
  uploading: "Uploading",
  waiting: "Waiting its turn",
  running: "Importing",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
};
const isOpen = ({ state }: Import): boolean =>
  state === "uploading" || state === "waiting" || state === "running";

/** Read part of the file, in per cent from 0 to 100; an empty file is read wholly. */
export function percentOf({ state, sizeBytes, doneBytes, receivedBytes }: Import): number {
  if (state === "done") return 100;
  const part = state === "uploading" ? receivedBytes : doneBytes;
  return sizeBytes === 0 ? 0 : Math.min(100, (100 * part) / sizeBytes);
}

/** Rate and time left, where they are known. */
export function paceOf({ state, rowsPerSecond, secondsLeft }: Import): string {
  if (state !== "running" || rowsPerSecond === null) return "";
  const rate = `${count(Math.round(rowsPerSecond))} rows/s`;
  return secondsLeft === null ? rate : `${rate}, ${lasting(secondsLeft * 1000)} left`;
}

function Outcome({ item }: { item: Import }) {
  const refused = item.rowsRefused + item.eventsRefused;
  return (
    <Text size="sm" c="dimmed" component="p" m={0}>
      {counted(item.rowsRead, "row")} read, {counted(item.eventsAccepted, "event")} accepted
      {refused > 0 && `, ${count(refused)} refused`}
      {item.rowsSkipped > 0 && `, ${count(item.rowsSkipped)} passed over`}
      {paceOf(item) !== "" && ` · ${paceOf(item)}`}
    </Text>
  );
}

function useRefusedRows(item: Import) {
  const { api } = useServices();
  return useMutation({
    mutationFn: async () => {
      const answer = await api.client.raw(`/v1/imports/${item.id}/refused`);
      saveFile(`${item.name}.refused.ndjson`, await answer.blob());
    },
  });
}

function Item({ item, onCancel }: { item: Import; onCancel: () => void }) {
  const save = useRefusedRows(item);
  const percent = percentOf(item);
  return (
    <li className={classes["item"]}>
      <div className={classes["line"]}>
        <strong className="wrap">{item.name}</strong>
        <span className="quiet">
          {STATE[item.state]}
          {isOpen(item) ? ` · ${Math.floor(percent)} %` : ""} · {bytes(item.sizeBytes)} ·{" "}
          <Ago at={item.createdAt} />
        </span>
      </div>
      {isOpen(item) && (
        <Progress
          value={percent}
          size="sm"
          aria-label={`Progress of ${item.name}`}
          color={item.state === "running" ? "thread" : "gray"}
        />
      )}
      <div className={classes["line"]}>
        <div>
          <Outcome item={item} />
          {item.detail !== null && <Text size="sm">{item.detail}</Text>}
        </div>
        <Group gap="xs">
          {item.rowsRefused + item.eventsRefused > 0 && (
            <Button
              size="compact-sm"
              variant="default"
              loading={save.isPending}
              onClick={() => save.mutate()}
            >
              Refused rows
            </Button>
          )}
          {isOpen(item) && (
            <Button size="compact-sm" variant="default" onClick={onCancel} aria-label={`Cancel ${item.name}`}>
              Cancel
            </Button>
          )}
        </Group>
      </div>
      {save.isError && <Fault fault={save.error} />}
    </li>
  );
}

/** The list, renewed each second while anything moves. */
export function ImportList() {
  const { api } = useServices();
  const [asked, setAsked] = useState<Import | null>(null);
  const imports = useQuery({
    queryKey: ["imports"],
    queryFn: ({ signal }) => api.imports(signal),
    refetchInterval: ({ state }) => (state.data?.imports.some((item) => isOpen(item)) ? 1000 : 15_000),
  });
  return (
    <section className="sheet" aria-labelledby="imports">
      <header>
        <h2 id="imports">Imports</h2>
      </header>
      <Loaded query={imports} rows={3}>
        {({ imports: all }) =>
          all.length === 0 && (
            <Empty icon={<FileUp />} title="Nothing imported yet">
              <p>
                Bring in what you have: customers, orders, or whole histories of events. The same file twice
                changes nothing.
              </p>
            </Empty>
          )
        }
      </Loaded>
      <ul className={classes["items"]} aria-live="polite">
        {imports.data?.imports.map((item) => (
          <Item key={item.id} item={item} onCancel={() => setAsked(item)} />
        ))}
      </ul>
      <ConfirmCall
        target={asked}
        title={`Cancel ${asked?.name ?? "the import"}?`}
        action="Cancel the import"
        danger
        call={({ id }) => api.cancelImport(id)}
        changes="imports"
        onClose={() => setAsked(null)}
      >
        <Text size="sm">
          What was imported so far stays. Importing the same file again later takes only what is missing.
        </Text>
      </ConfirmCall>
    </section>
  );
}
