/** Choosing a segment by name. */
import { Select } from "@mantine/core";
import builder from "../segments/builder.module.css";
import { useWrong } from "../segments/world.tsx";
import { useDraft } from "./draft.tsx";

/** The choice; 0: none yet. */
export function SegmentField({ path, value, onChange, label = "Segment" }: { path: string; value: number; onChange: (id: number) => void; label?: string }) {
  const { world } = useDraft();
  return (
    <Select
      aria-label={label}
      className={builder["name"]!}
      placeholder="choose"
      searchable
      allowDeselect={false}
      nothingFoundMessage="No segment of that name"
      data={world.segments.map(({ id, name }) => ({ value: String(id), label: name }))}
      value={value < 1 ? null : String(value)}
      error={useWrong(path)}
      onChange={(id) => onChange(Number(id ?? 0))}
    />
  );
} // prettier-ignore
