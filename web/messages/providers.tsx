/** How messages leave: each provider, how it stands, a try, and setting one up. */
import { Button, Modal, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Plug, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { ProviderView } from "../../src/messages/providers.ts";
import { useApi, useServices } from "../services.tsx";
import { CopyIcon } from "../ui/code.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { clockTime, lasting } from "../ui/format.ts";
import { Empty, Fault } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import type { Tried } from "./calls.ts";
import classes from "./messages.module.css";
import { DRIVERS } from "./provider-fields.ts";
import { ProviderForm } from "./provider-form.tsx";
import { Room } from "./room.tsx";
import template from "./template.module.css";
import { channelName } from "./words.ts";

const TRIED: { readonly [outcome in Tried["outcome"]]: string } = {
  sent: "It was taken", retry: "It was not taken for now", failed: "It was not taken", unknown: "It may have been taken: the answer was lost",
}; // prettier-ignore
const driverWords = (driver: string): string => DRIVERS.find((one) => one.driver === driver)?.label ?? driver;

/** One message to an address of one's own, now. */
function TryDialog({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const api = useApi();
  const [to, setTo] = useState("");
  const attempt = useMutation({ mutationFn: () => api.testProvider(provider.id, to.trim()) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (to.trim() !== "") attempt.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={<strong>Try {provider.name}</strong>}>
      <form onSubmit={submit} className={template["dialog"]}>
        <TextInput
          label="To which address"
          description="Your own, as the channel has them. One message is sent now."
          required
          data-autofocus
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        {attempt.isError && <Fault fault={attempt.error} />}
        {attempt.data && (
          <div role="status" className={template["held"]}>
            <strong>{TRIED[attempt.data.outcome]}</strong>
            <span>
              {attempt.data.detail ?? attempt.data.providerId ?? ""} after {lasting(attempt.data.tookMs)}
            </span>
          </div>
        )}
        <Button type="submit" loading={attempt.isPending}>
          Send one
        </Button>
      </form>
    </Modal>
  );
}

function RemoveDialog({ provider, onClose }: { provider: ProviderView; onClose: () => void }) {
  const { api, queries } = useServices();
  const remove = useMutation({
    mutationFn: () => api.deleteProvider(provider.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["providers"] });
      onClose();
    },
  });
  return (
    <Confirm
      opened
      title={`Send by ${provider.name} no more?`}
      action="Remove it"
      danger
      busy={remove.isPending}
      fault={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <Text size="sm">
        Its secrets are gone. Without another provider for {channelName(provider.channel).toLowerCase()}{" "}
        messages stay in the local outbox and nothing leaves.
      </Text>
    </Confirm>
  );
}

type Act = { readonly what: "try" | "change" | "remove"; readonly provider: ProviderView };

function standing({ problem, restsUntil }: ProviderView): string {
  if (restsUntil !== null)
    return `Rests until ${clockTime(Date.parse(restsUntil))}${problem === null ? "" : `: ${problem}`}`;
  return problem ?? "Ready";
}

const columnsOf = (onAct: (act: Act) => void): readonly Column<ProviderView>[] => [
  { id: "name", header: "Provider", width: "26%", value: ({ name }) => name, cell: ({ name, driver }) => <span className="wrap"><strong>{name}</strong><span className={classes["small"]}>{driverWords(driver)}</span></span> },
  { id: "channel", header: "Channel", value: ({ channel }) => channelName(channel), cell: ({ channel }) => channelName(channel) },
  { id: "state", header: "How it stands", value: standing, cell: (provider) => <span className="wrap">{standing(provider)}</span> },
  {
    id: "callback", header: "It reports to", value: ({ callbackUrl }) => callbackUrl,
    cell: ({ callbackUrl }) => callbackUrl === null ? <span className="quiet">–</span> : <span className="wrap mono">{callbackUrl} <CopyIcon value={callbackUrl} label="Copy the address" /></span>,
  },
  {
    id: "acts", header: "Do", end: true,
    cell: (provider) => (
      <span className={classes["filters"]} style={{ justifyContent: "flex-end" }}>
        {(["try", "change", "remove"] as const).map((what) => (
          <Button key={what} size="compact-sm" variant="default" aria-label={`${{ try: "Try", change: "Change", remove: "Remove" }[what]} ${provider.name}`} onClick={() => onAct({ what, provider })}>
            {{ try: "Try", change: "Change", remove: "Remove" }[what]}
          </Button>
        ))}
      </span>
    ),
  },
]; // prettier-ignore

/** The screen. */
export function ProvidersScreen() {
  const api = useApi();
  const [adding, setAdding] = useState(false);
  const [act, setAct] = useState<Act | null>(null);
  const list = useQuery({
    queryKey: ["providers"],
    queryFn: ({ signal }) => api.providers(signal),
    refetchInterval: 15_000,
  });
  const rows = list.data?.providers ?? [];
  const close = () => setAct(null);
  return (
    <Room
      title="Providers"
      intro="By what messages leave. A provider that is out of order rests, and the other channels go on."
      actions={
        <Button leftSection={<Plus size={16} />} onClick={() => setAdding(true)}>
          Set up a provider
        </Button>
      }
    >
      <section className="sheet" aria-label="Providers">
        <Awaiting query={list} />
        {list.isSuccess && rows.length === 0 && (
          <Empty icon={<Plug />} title="Nothing leaves yet">
            <p>
              Until a provider is set up, every message stays in the local outbox where you can look at it.
              Set up SMTP for mail, or another for its channel; each can be tried with one message to
              yourself.
            </p>
          </Empty>
        )}
        {rows.length > 0 && (
          <DataTable
            label="Providers"
            columns={columnsOf(setAct)}
            rows={rows}
            rowKey={({ id }) => String(id)}
          />
        )}
      </section>
      {adding && <ProviderForm provider={null} onClose={() => setAdding(false)} />}
      {act?.what === "change" && <ProviderForm provider={act.provider} onClose={close} />}
      {act?.what === "try" && <TryDialog provider={act.provider} onClose={close} />}
      {act?.what === "remove" && <RemoveDialog provider={act.provider} onClose={close} />}
    </Room>
  );
}
