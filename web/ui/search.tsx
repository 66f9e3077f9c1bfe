/** The search field of a screen: `/` puts the cursor into it, and typing is told only once it rests. */
import { CloseButton, Kbd, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";

const RESTS_MS = 250;
type SearchFieldProps = {
  label: string;
  placeholder: string;
  value: string;
  onSearch: (text: string) => void;
};

/** A search field. `value` is what the address says; typing runs ahead of it. */
export function SearchField({ label, placeholder, value, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState(value);
  const told = useRef(value);
  const tell = useDebouncedCallback((text: string) => {
    told.current = text;
    onSearch(text);
  }, RESTS_MS);
  // The address changed by itself (back button, a link): the field follows.
  useEffect(() => {
    if (value === told.current) return;
    told.current = value;
    setTyped(value);
  }, [value]);
  const change = (text: string) => {
    setTyped(text);
    tell(text.trim());
  };
  return (
    <TextInput
      type="search"
      data-search
      aria-label={label}
      placeholder={placeholder}
      leftSection={<Search size={16} aria-hidden="true" />}
      rightSection={
        typed === "" ? (
          <Kbd size="xs" className="wide-only" aria-hidden="true">
            /
          </Kbd>
        ) : (
          <CloseButton size="sm" aria-label="Clear the search" onClick={() => change("")} />
        )
      }
      value={typed}
      onChange={(event) => change(event.currentTarget.value)}
      style={{ flex: "1 1 220px", maxWidth: 420 }}
    />
  );
}
