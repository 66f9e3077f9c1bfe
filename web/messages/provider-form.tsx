/** Setting up a way to send, and changing one. Secrets go in and are never shown again. */
import { Button, Modal, NativeSelect, PasswordInput, TextInput, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { ProviderView } from "../../src/messages/providers.ts";
import type { MessageChannel } from "../../src/permission/model.ts";
import type { Json } from "../../src/values.ts";
import { useServices } from "../services.tsx";
import { CodeBlock } from "../ui/code.tsx";
import { Fault } from "../ui/notice.tsx";
import { type ConfigField, configOf, DRIVERS, type Typed, typedOf } from "./provider-fields.ts";
import classes from "./template.module.css";
import { channelName } from "./words.ts";

type FieldProps = {
  field: ConfigField;
  value: string;
  kept: boolean;
  tried: boolean;
  onChange: (value: string) => void;
};
function ConfigInput({ field, value, kept, tried, onChange }: FieldProps) {
  const { label, hint, kind, required = false } = field;
  const common = {
    label,
    description: kept ? "Set. Leave it empty to keep it." : hint,
    required: required && !kept,
    error: tried && required && !kept && value.trim() === "" ? "It is needed." : null,
    value,
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value),
  };
  if (kind === "secret") return <PasswordInput {...common} autoComplete="new-password" />;
  if (kind === "long_secret") return <Textarea {...common} autosize minRows={3} maxRows={8} classNames={{ input: "mono" }} spellCheck={false} />; // prettier-ignore
  if (typeof kind === "object")
    return <NativeSelect {...common} data={[...kind]} value={value || kind[0]!.value} />;
  return <TextInput {...common} {...(kind === "number" ? { type: "number" } : {})} autoComplete="off" />;
}

function useProvider(provider: ProviderView | null, onKept: () => void) {
  const { api, queries } = useServices();
  return useMutation({
    mutationFn: (draft: Parameters<typeof api.createProvider>[0]) =>
      provider === null ? api.createProvider(draft) : api.changeProvider(provider.id, draft),
    onSuccess: async ({ made }) => {
      await queries.invalidateQueries({ queryKey: ["providers"] });
      if (Object.keys(made).length === 0) onKept();
    },
  });
}

/** What is typed of a provider, and what still lacks. */
function useTyping(provider: ProviderView | null) {
  const [driverName, setDriverName] = useState(provider?.driver ?? "smtp");
  const choice = DRIVERS.find(({ driver }) => driver === driverName) ?? DRIVERS[0]!;
  const [channel, setChannel] = useState<string>(provider?.channel ?? choice.channels[0]!);
  const [name, setName] = useState(provider?.name ?? "");
  const [perSecond, setPerSecond] = useState(String(provider?.perSecond ?? ""));
  const [typed, setTyped] = useState<Typed>(() => typedOf(provider?.config, choice.fields));
  const kept = (path: string) => provider?.secrets[path] === true;
  const lacks = ({ path, required }: ConfigField) => required === true && !kept(path) && (typed[path] ?? "").trim() === "";
  const setDriver = (driver: string) => {
    const next = DRIVERS.find((one) => one.driver === driver) ?? DRIVERS[0]!;
    setDriverName(next.driver);
    setChannel(next.channels[0]!);
    setTyped({});
  };
  const draft = {
    channel: channel as MessageChannel,
    driver: choice.driver,
    name: name.trim(),
    ...(perSecond.trim() === "" ? {} : { perSecond: Number(perSecond) }),
    config: configOf(typed, choice.fields, provider?.config as { [key: string]: Json } | undefined),
  };
  const ready = draft.name !== "" && !choice.fields.some(lacks);
  return { choice, channel, name, perSecond, typed, kept, draft, ready, setDriver, setChannel, setName, setPerSecond, setTyped };
} // prettier-ignore
type Typing = ReturnType<typeof useTyping>;

/** Which driver and which channel; chosen once. */
function Kind({ choice, channel, setDriver, setChannel }: Typing) {
  return (
    <>
      <NativeSelect
        label="By"
        description={choice.about}
        data={DRIVERS.map(({ driver, label }) => ({ value: driver, label }))}
        value={choice.driver}
        onChange={(event) => setDriver(event.currentTarget.value)}
      />
      {choice.channels.length > 1 && (
        <NativeSelect
          label="Channel"
          data={choice.channels.map((value) => ({ value, label: channelName(value) }))}
          value={channel}
          onChange={(event) => setChannel(event.currentTarget.value)}
        />
      )}
    </>
  );
}

/** Secrets that were made: shown this once. */
function Made({ made, onClose }: { made: { readonly [name: string]: string }; onClose: () => void }) {
  return (
    <div className={classes["dialog"]}>
      <p>
        It is set up. These secrets were made here and are shown only now: put them where signatures are
        checked.
      </p>
      {Object.entries(made).map(([secret, value]) => (
        <CodeBlock key={secret} code={value} label={secret} />
      ))}
      <Button onClick={onClose}>I have put them away</Button>
    </div>
  );
}

function Form({ provider, onClose }: { provider: ProviderView | null; onClose: () => void }) {
  const typing = useTyping(provider);
  const { choice, name, perSecond, typed, kept, setName, setPerSecond, setTyped } = typing;
  const [more, setMore] = useState(false);
  const [tried, setTried] = useState(false);
  const save = useProvider(provider, onClose);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (typing.ready) save.mutate(typing.draft);
  };
  const made = save.data?.made ?? {};
  if (Object.keys(made).length > 0) return <Made made={made} onClose={onClose} />;
  return (
    <form onSubmit={submit} noValidate className={classes["dialog"]}>
      {provider === null && <Kind {...typing} />}
      <TextInput label="Name" required maxLength={100} value={name} error={tried && name.trim() === "" ? "Give it a name." : null} onChange={(event) => setName(event.currentTarget.value)} />
      {choice.fields.filter((field) => more || !field.more).map((field) => (
        <ConfigInput key={field.path} field={field} value={typed[field.path] ?? ""} kept={kept(field.path)} tried={tried} onChange={(value) => setTyped({ ...typed, [field.path]: value })} />
      ))}
      {more ? (
        <TextInput type="number" label="Messages a second at most" description="Left empty: as many as it takes." value={perSecond} onChange={(event) => setPerSecond(event.currentTarget.value)} />
      ) : (
        <Button variant="subtle" size="compact-sm" onClick={() => setMore(true)} style={{ alignSelf: "flex-start" }}>More settings</Button>
      )}
      {save.isError && <Fault fault={save.error} />}
      <Button type="submit" loading={save.isPending}>{provider === null ? "Set it up" : "Save"}</Button>
    </form>
  );
} // prettier-ignore

/** The dialog. `provider` null: a new one. */
export function ProviderForm({ provider, onClose }: { provider: ProviderView | null; onClose: () => void }) {
  const title = provider === null ? "Set up a way to send" : `Change ${provider.name}`;
  return (
    <Modal opened onClose={onClose} title={<strong>{title}</strong>} size="lg">
      <Form provider={provider} onClose={onClose} />
    </Modal>
  );
}
