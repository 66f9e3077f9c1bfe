/** Bringing a file in, and what became of those before. */
import { Stack } from "@mantine/core";
import { useState } from "react";
import { Drop } from "./drop.tsx";
import { ImportDraft } from "./import-draft.tsx";
import { ImportList } from "./import-list.tsx";

/** The tab. */
export function ImportTab() {
  const [file, setFile] = useState<File | null>(null);
  return (
    <Stack gap="lg">
      {file === null ? (
        <Drop onFile={setFile} />
      ) : (
        <ImportDraft key={`${file.name} ${file.lastModified}`} file={file} onEnd={() => setFile(null)} />
      )}
      <ImportList />
    </Stack>
  );
}
