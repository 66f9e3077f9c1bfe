/** The place to drop a file, or to choose one; works by mouse, touch and keyboard. */
import { Text } from "@mantine/core";
import { FileUp } from "lucide-react";
import { type DragEvent, useState } from "react";
import classes from "./import.module.css";

const TYPES = ".csv,.tsv,.txt,.ndjson,.jsonl,.json,.gz";

/** A drop zone around a file field. */
export function Drop({ onFile }: { onFile: (file: File) => void }) {
  const [over, setOver] = useState(false);
  const drag = (event: DragEvent, inside: boolean) => {
    event.preventDefault();
    setOver(inside);
  };
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file) onFile(file);
  };
  return (
    <label
      className={classes["drop"]}
      data-over={over}
      onDragOver={(event) => drag(event, true)}
      onDragLeave={(event) => drag(event, false)}
      onDrop={(event) => {
        drag(event, false);
        take(event.dataTransfer.files);
      }}
    >
      <input
        type="file"
        accept={TYPES}
        onChange={(event) => {
          take(event.currentTarget.files);
          // The same file may be chosen again.
          event.currentTarget.value = "";
        }}
      />
      <FileUp aria-hidden="true" />
      <strong>Drop a file here, or choose one</strong>
      <Text size="sm" c="dimmed">
        Customers, orders or events as CSV or lines of JSON, packed with gzip or not. You see what becomes of
        it before anything is imported.
      </Text>
    </label>
  );
}
