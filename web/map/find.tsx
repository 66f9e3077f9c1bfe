/** Finding a moment among those shown, by a part of its name; the one chosen is brought into sight. */
import { Autocomplete } from "@mantine/core";
import { Search } from "lucide-react";
import { useState } from "react";
import type { MapNode } from "../../src/map/model.ts";
import { channelWords } from "../ui/channel.tsx";
import { nameOfMoment } from "./words.ts";

const OFFERED_MOST = 30;

/** The field. `/` puts the cursor into it. */
export function FindMoment({
  moments,
  onFind,
}: {
  moments: readonly MapNode[];
  onFind: (key: string) => void;
}) {
  const [typed, setTyped] = useState("");
  const byLabel = new Map(
    moments.map((moment) => [
      moment.channel === null
        ? nameOfMoment(moment)
        : `${nameOfMoment(moment)} · ${channelWords(moment.channel).label}`,
      moment.key,
    ]),
  );
  return (
    <Autocomplete
      size="xs"
      data-search
      aria-label="Find a moment"
      placeholder="Find a moment"
      leftSection={<Search size={14} aria-hidden="true" />}
      limit={OFFERED_MOST}
      data={[...byLabel.keys()]}
      value={typed}
      onChange={setTyped}
      onOptionSubmit={(label) => {
        const key = byLabel.get(label);
        if (key !== undefined) onFind(key);
      }}
      style={{ width: 190 }}
    />
  );
}
