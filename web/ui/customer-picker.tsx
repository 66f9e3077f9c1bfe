/** Choosing one customer by anything that is known of them; the server searches. */
import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../services.tsx";
import { nameOf } from "./names.ts";

const RESTS_MS = 250;

/** The choice. `chosen` is who is chosen already, by the name they are shown by. */
export function CustomerPicker({ chosen, onChoose }: { chosen: { id: string; name: string } | null; onChoose: (id: string | null) => void }) {
  const api = useApi();
  const [typed, setTyped] = useState("");
  const [query] = useDebouncedValue(typed === chosen?.name ? "" : typed, RESTS_MS);
  const found = useQuery({
    queryKey: ["customers", "picker", query],
    queryFn: ({ signal }) => api.customers({ query, limit: 12 }, signal),
    placeholderData: keepPreviousData,
  });
  const offered = (found.data?.customers ?? []).map((customer) => ({ value: customer.id, label: nameOf(customer) }));
  const data = chosen && !offered.some(({ value }) => value === chosen.id) ? [{ value: chosen.id, label: chosen.name }, ...offered] : offered;
  return (
    <Select
      aria-label="Customer"
      placeholder="Name, email, phone or id"
      searchable
      clearable
      clearButtonProps={{ "aria-label": "Choose nobody" }}
      data={data}
      // The server has searched already, also in what the label does not show.
      filter={({ options }) => options}
      searchValue={typed}
      onSearchChange={setTyped}
      value={chosen?.id ?? null}
      onChange={onChoose}
      nothingFoundMessage={found.isFetching ? "Looking …" : "Nobody found. Try fewer letters."}
      style={{ flex: "1 1 240px", maxWidth: 420 }}
    />
  );
} // prettier-ignore
