/** Which events mean what in this business: the kind of business gives usual names, and each can be said otherwise. */
import { Button, Checkbox, Group, Modal, NativeSelect, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Tags } from "lucide-react";
import { useState } from "react";
import type { Business, MetricCatalogue, MetricNames } from "../../src/metrics/model.ts";
import { useApi, useServices } from "../services.tsx";
import { Fault, Rows } from "../ui/notice.tsx";
import type { MetricsBody } from "./calls.ts";
import classes from "./results.module.css";

const BUSINESS_WORDS: { readonly [business in Business]: string } = {
  ecommerce: "Online shop",
  b2b: "Business to business",
  local_service: "Local service",
  professional_service: "Professional service",
};
type Name = keyof MetricNames;
const NAME_WORDS: { readonly [name in Name]: string } = {
  order: "An order", value: "Property with an order's value", lead: "Somebody becomes a lead", opened: "A request is opened", solved: "A request is solved",
  ticket: "Property with a request's number", request: "A customer asks for something", identity: "A customer is asked who they are", survey: "A survey is answered", survey_kind: "Property with the survey's kind",
  survey_score: "Property with the score", promised: "A promise is made", kept: "A promise is kept", promise: "Property with the promise's number", due: "Property with the time it is due",
}; // prettier-ignore

type Ask = Omit<MetricsBody, "scope">;
type NamesProps = { readonly ask: Ask; readonly onChange: (ask: Ask) => void };

const textOf = (value: string | readonly string[]): string =>
  typeof value === "string" ? value : value.join(", ");

function Fields({ ask, onChange, onClose, catalogue }: NamesProps & { onClose: () => void; catalogue: MetricCatalogue }) {
  const { api, queries } = useServices();
  const { own } = catalogue;
  const [business, setBusiness] = useState<Business>(ask.business ?? own.business);
  const [changed, setChanged] = useState<MetricNames>({ ...(ask.business === undefined ? own.names : {}), ...ask.names });
  const [isKept, setIsKept] = useState(false);
  const keep = useMutation({
    mutationFn: () => api.keepNames({ business, names: changed }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["metric-catalogue"] });
      await queries.invalidateQueries({ queryKey: ["metrics"] });
      // What the workspace takes for its own need not stand in the address.
      const { business: _business, names: _names, ...rest } = ask;
      onChange(rest);
      onClose();
    },
  });
  const usual = catalogue.names[business];
  const set = (name: Name, text: string) => {
    const { [name]: _, ...rest } = changed;
    const list = text.split(",").map((one) => one.trim()).filter((one) => one !== "");
    const value = typeof usual[name] === "string" ? text.trim() : list;
    setChanged(value.length === 0 || textOf(value) === textOf(usual[name]) ? rest : { ...rest, [name]: value });
  };
  const use = () => {
    if (isKept) return keep.mutate();
    onChange({ ...ask, business, names: changed });
    onClose();
  };
  return (
    <>
      <NativeSelect label="Kind of business" value={business} data={Object.entries(BUSINESS_WORDS).map(([value, label]) => ({ value, label }))} onChange={(event) => setBusiness(event.currentTarget.value as Business)} />
      <p className="quiet">Names as your touchpoints send them, several with commas between. An empty field is as usual.</p>
      <div className={classes["names"]}>
        {(Object.keys(NAME_WORDS) as Name[]).map((name) => (
          <TextInput key={`${business} ${name}`} label={NAME_WORDS[name]} placeholder={textOf(usual[name])} defaultValue={changed[name] === undefined ? "" : textOf(changed[name])} onChange={(event) => set(name, event.currentTarget.value)} />
        ))}
      </div>
      <Checkbox mt="lg" checked={isKept} onChange={(event) => setIsKept(event.currentTarget.checked)} label="Keep these for the whole workspace" description="Every screen, digest and the daily look for changes then go by them." />
      {keep.isError && <Fault fault={keep.error} />}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>Cancel</Button>
        <Button onClick={use} loading={keep.isPending}>Use these</Button>
      </Group>
    </>
  );
} // prettier-ignore

function Dialog(props: NamesProps & { onClose: () => void }) {
  const api = useApi();
  const catalogue = useQuery({ queryKey: ["metric-catalogue"], queryFn: ({ signal }) => api.metricCatalogue(signal), staleTime: Infinity }); // prettier-ignore
  if (catalogue.isPending) return <Rows rows={4} />;
  if (catalogue.isError) return <Fault fault={catalogue.error} retry={() => void catalogue.refetch()} />;
  return <Fields {...props} catalogue={catalogue.data} />;
}

/** The button and its dialog. */
export function NamesButton({ ask, onChange }: NamesProps) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="subtle" leftSection={<Tags size={16} />} onClick={open}>
        Which events count
      </Button>
      <Modal opened={opened} onClose={close} size="lg" title={<strong>Which events mean what</strong>}>
        <Dialog ask={ask} onChange={onChange} onClose={close} />
      </Modal>
    </>
  );
}
