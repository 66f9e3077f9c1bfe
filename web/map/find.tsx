/** Finding a moment among those shown, by its name; the one chosen is brought into sight. */
import { TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useId, useState } from "react";
import type { MapNode } from "../../src/map/model.ts";
import { channelWords } from "../ui/channel.tsx";
import { nameOfMoment } from "./words.ts";

const labelOf = (moment: MapNode): string =>
  moment.channel === null
    ? nameOfMoment(moment)
    : `${nameOfMoment(moment)} · ${channelWords(moment.channel).label}`;

/** The field; the browser's own list offers the names. `/` puts the cursor into it, Enter takes the first that fits. */
export function FindMoment({ moments, onFind }: { moments: readonly MapNode[]; onFind: (key: string) => void }) {
  const [typed, setTyped] = useState("");
  const id = useId();
  const choose = (text: string, exactly: boolean) => {
    const wanted = text.trim().toLowerCase();
    const fits = (label: string): boolean => (exactly ? label === wanted : label.includes(wanted));
    const found = moments.find((moment) => wanted !== "" && fits(labelOf(moment).toLowerCase()));
    if (found) onFind(found.key);
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); choose(typed, false); }}>
      <TextInput
        size="xs" data-search aria-label="Find a moment" placeholder="Find a moment" list={id} style={{ width: 190 }}
        leftSection={<Search size={14} aria-hidden="true" />} value={typed}
        onChange={({ currentTarget: { value } }) => { setTyped(value); choose(value, true); }}
      />
      <datalist id={id}>{moments.map((moment) => <option key={moment.key} value={labelOf(moment)} />)}</datalist>
    </form>
  );
} // prettier-ignore
