/** The bounds of recency, frequency and money: where each of the five bands begins, suggested from the data. */
import { Button, Group, Table, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { RfmModel } from "../../src/segments/model.ts";
import { useServices } from "../services.tsx";
import { counted } from "../ui/format.ts";
import { Fault } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import fields from "./builder.module.css";
import classes from "./editor.module.css";

const ROWS = [
  { name: "recencyDays", label: "Recency", unit: "days since the last", bands: ["5 up to", "4 up to", "3 up to", "2 up to"] },
  { name: "frequency", label: "Frequency", unit: "how many", bands: ["1 up to", "2 up to", "3 up to", "4 up to"] },
  { name: "money", label: "Money", unit: "total of the property", bands: ["1 up to", "2 up to", "3 up to", "4 up to"] },
] as const; // prettier-ignore
const BLANK: RfmModel = {
  event: "Order Completed",
  property: "total",
  recencyDays: [30, 90, 180, 365],
  frequency: [1, 2, 4, 8],
  money: [50, 100, 250, 500],
};

/** Whether four bounds go up. */
const rises = (bounds: readonly number[]): boolean =>
  bounds.every((n, i) => Number.isFinite(n) && (i === 0 || n >= bounds[i - 1]!));

function Bounds({ model, onChange }: { model: RfmModel; onChange: (model: RfmModel) => void }) {
  return (
    <Table.ScrollContainer minWidth={460}>
      <Table>
        <Table.Tbody>
          {ROWS.map(({ name, label, unit, bands }) => (
            <Table.Tr key={name}>
              <Table.Th scope="row">
                {label}
                <Text size="xs" c="dimmed">{unit}</Text>
              </Table.Th>
              {bands.map((band, i) => (
                <Table.Td key={band}>
                  <TextInput
                    type="number" step="any" size="xs" label={band} aria-label={`${label}, ${band}`} className={fields["bound"]}
                    value={Number.isFinite(model[name][i]!) ? String(model[name][i]!) : ""} error={!rises(model[name])}
                    onChange={(event) => {
                      const given = event.currentTarget.value === "" ? Number.NaN : Number(event.currentTarget.value);
                      onChange({ ...model, [name]: model[name].map((n, at) => (at === i ? given : n)) });
                    }}
                  />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
} // prettier-ignore

function Form({ initial, set }: { initial: RfmModel; set: boolean }) {
  const { api, queries } = useServices();
  const [model, setModel] = useState(initial);
  const save = useMutation({
    mutationFn: () => api.saveRfm(model),
    onSuccess: async () => {
      notifications.show({ title: "The bands are saved", message: "Rules that use them are built anew." });
      await queries.invalidateQueries({ queryKey: ["rfm"] });
    },
  });
  const suggest = useMutation({
    mutationFn: () => api.suggestRfm({ event: model.event, property: model.property }),
    onSuccess: ({ rfm }) => rfm && setModel(rfm),
  });
  const right = ROWS.every(({ name }) => rises(model[name])) && model.event !== "" && model.property !== "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (right) save.mutate();
  };
  return (
    <form onSubmit={submit} noValidate className={`pad ${classes["main"]}`}>
      <div className={classes["naming"]}>
        <TextInput label="Event that counts" value={model.event} maxLength={200} onChange={(event) => setModel({ ...model, event: event.currentTarget.value })} />
        <TextInput label="Property with the money" value={model.property} maxLength={200} onChange={(event) => setModel({ ...model, property: event.currentTarget.value })} />
      </div>
      <Bounds model={model} onChange={setModel} />
      {!right && <Text size="sm" c="var(--mantine-color-error)">Each row has four numbers, none smaller than the one before.</Text>}
      {suggest.data && (
        <Text size="sm" role="status">
          {suggest.data.rfm === null ? `Nobody has done ${model.event} yet, so there is nothing to cut into fifths.` : `Cut into fifths from ${counted(suggest.data.customers, "customer")} who did ${model.event}.`}
        </Text>
      )}
      {suggest.isError && <Fault fault={suggest.error} />}
      {save.isError && <Fault fault={save.error} />}
      <Group gap="sm">
        <Button type="submit" loading={save.isPending} disabled={!right}>{set ? "Save the bands" : "Set the bands"}</Button>
        <Button variant="default" loading={suggest.isPending} onClick={() => suggest.mutate()}>Suggest from the data</Button>
      </Group>
    </form>
  );
} // prettier-ignore

/** The section. */
export function Bands() {
  const { api } = useServices();
  const rfm = useQuery({ queryKey: ["rfm"], queryFn: ({ signal }) => api.rfm(signal) });
  return (
    <section className="sheet" aria-labelledby="bands">
      <header>
        <h2 id="bands">Recency, frequency, money</h2>
        <span className="quiet">Five bands each, 5 is best</span>
      </header>
      <Awaiting query={rfm} rows={3} />
      {rfm.data && (
        <Form
          key={JSON.stringify(rfm.data.rfm)}
          initial={rfm.data.rfm ?? BLANK}
          set={rfm.data.rfm !== null}
        />
      )}
    </section>
  );
}
