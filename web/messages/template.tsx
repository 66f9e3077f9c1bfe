/** Writing a template: its texts at the left, what a customer would get at the right, its versions, and a test that is sent. */
import { Button, Checkbox, Group, Modal, NativeSelect, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, useBlocker, useNavigate } from "@tanstack/react-router";
import { Send, Trash2 } from "lucide-react";
import { type FocusEvent, type FormEvent, useState } from "react";
import type { TemplateDraft } from "../../src/messages/model.ts";
import type { TemplateView } from "../../src/messages/templates-document.ts";
import { useWorld } from "../segments/world.tsx";
import { useServices } from "../services.tsx";
import { BackLink } from "../ui/back.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { moment } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { blankTemplate } from "./template-blanks.ts";
import { ContentFields, insertAtCursor, ValueButton } from "./template-fields.tsx";
import classes from "./template.module.css";
import { TemplatePreview, usePreview } from "./template-preview.tsx";
import { channelName, MESSAGE_CHANNELS } from "./words.ts";

const route = getRouteApi("/messages/templates/$templateId");

const draftOf = ({ name, description, content, onMissing, trackLinks, trackOpens }: TemplateView): TemplateDraft => ({ name, description, content, onMissing, trackLinks, trackOpens }); // prettier-ignore

/** Asks before what was written is left behind. */
function Leaving({ changed }: { changed: boolean }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => changed && current.pathname !== next.pathname,
    enableBeforeUnload: () => changed,
    withResolver: true,
  });
  return (
    <Confirm opened={status === "blocked"} title="Leave without saving?" action="Leave" danger busy={false} fault={null} onConfirm={() => proceed?.()} onClose={() => reset?.()}>
      <Text size="sm">What you wrote here is not kept.</Text>
    </Confirm>
  );
} // prettier-ignore

function TestSend({
  id,
  customerId,
  onClose,
}: {
  id: number;
  customerId: string | undefined;
  onClose: () => void;
}) {
  const { api } = useServices();
  const [to, setTo] = useState("");
  const send = useMutation({
    mutationFn: () => api.testTemplate(id, { to: to.trim(), customerId }),
    onSuccess: () => {
      notifications.show({
        title: "The test is on its way",
        message: "It stands in the outbox, with what became of it.",
      });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (to.trim() !== "") send.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={<strong>Send a test</strong>}>
      <form onSubmit={submit} className={classes["dialog"]}>
        <TextInput
          label="To which address"
          description="Your own: a test asks nobody's permission."
          required
          data-autofocus
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        {send.isError && <Fault fault={send.error} />}
        <Button type="submit" loading={send.isPending} leftSection={<Send size={16} />}>
          Send it
        </Button>
      </form>
    </Modal>
  );
}

function Delete({ template }: { template: TemplateView }) {
  const { api, queries } = useServices();
  const navigate = useNavigate();
  const [asked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => api.deleteTemplate(template.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["templates"] });
      await navigate({ to: "/messages/templates" });
    },
  });
  return (
    <>
      <Button variant="default" leftSection={<Trash2 size={16} />} onClick={() => setAsked(true)}>
        Delete
      </Button>
      <Confirm opened={asked} title={`Delete ${template.name}?`} action="Delete the template" danger busy={remove.isPending} fault={remove.error} onConfirm={() => remove.mutate()} onClose={() => setAsked(false)}>
        <Text size="sm">Its versions are gone. What was sent by it stays in the outbox. It is refused while a journey sends it.</Text>
      </Confirm>
    </>
  );
} // prettier-ignore

/** The versions; another than the newest can be looked at and made the newest again. */
function Versions({ template, onNumber }: { template: TemplateView; onNumber: (number: string) => void }) {
  const { api } = useServices();
  const versions = useQuery({
    queryKey: ["template-versions", template.id, template.newest],
    queryFn: ({ signal }) => api.templateVersions(template.id, signal),
  });
  if (!versions.data || versions.data.versions.length < 2) return null;
  return (
    <NativeSelect
      label="Version"
      data={versions.data.versions.map(({ number, madeBy, createdAt }) => ({ value: String(number), label: `${number}, ${moment(Date.parse(createdAt))}${madeBy === null ? "" : `, ${madeBy}`}` }))}
      value={String(template.number)}
      onChange={(event) => onNumber(event.currentTarget.value === String(template.newest) ? "" : event.currentTarget.value)}
    />
  );
} // prettier-ignore

type Set = (part: Partial<TemplateDraft>) => void;
function Options({ draft, set }: { draft: TemplateDraft; set: Set }) {
  const world = useWorld();
  const names = ["customer.traits.firstName", ...world.suggested.traits.map((name) => `customer.traits.${name}`), "event.product_id", "customer.cart.count"]; // prettier-ignore
  return (
    <>
      <div className={classes["values"]}>
        <span className={classes["label"]}>Put in what is known of them</span>
        <span className={classes["buttons"]}>
          {[...new Set(names)].slice(0, 12).map((name) => (
            <ValueButton key={name} name={name} onPut={insertAtCursor} />
          ))}
        </span>
      </div>
      <NativeSelect
        label="When something it names is not known"
        data={[{ value: "refuse", label: "Do not send, and say so" }, { value: "empty", label: "Leave the place empty" }]}
        value={draft.onMissing}
        onChange={(event) => set({ onMissing: event.currentTarget.value as TemplateDraft["onMissing"] })}
      />
      <Checkbox label="Tell clicks" description="Links are led through this server." checked={draft.trackLinks} onChange={(event) => set({ trackLinks: event.currentTarget.checked })} />
      {draft.content.channel === "email" && (
        <Checkbox label="Tell openings" description="By a picture that cannot be seen. Many mail programs load it by themselves, so it says little." checked={draft.trackOpens} onChange={(event) => set({ trackOpens: event.currentTarget.checked })} />
      )}
    </>
  );
} // prettier-ignore

/** What is written, what is kept of it, and keeping it. */
function useWriting(template: TemplateView | null, initial: TemplateDraft) {
  const { api, queries } = useServices();
  const navigate = route.useNavigate();
  const { customer } = route.useSearch();
  const [draft, setDraft] = useState(initial);
  const [kept, setKept] = useState(initial);
  const save = useMutation({
    mutationFn: (next: TemplateDraft) => template === null ? api.createTemplate(next) : api.changeTemplate(template.id, next, template.newest),
    onSuccess: async (view, sent) => {
      setKept(sent);
      notifications.show({ title: `${view.name} is saved`, message: view.newest === 1 ? "Journeys can send it now." : `Version ${view.newest} is sent from now on, also by journeys that run.` });
      await queries.invalidateQueries({ queryKey: ["templates"] });
      queries.setQueryData(["template", view.id, ""], view);
      await navigate({ params: { templateId: String(view.id) }, search: customer === undefined ? {} : { customer }, replace: true, ignoreBlocker: true });
    },
  });
  const set: Set = (part) => {
    if (save.isError) save.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  return { draft, set, save, changed: JSON.stringify(draft) !== JSON.stringify(kept) };
} // prettier-ignore

/** Remembers which text was written in last: values are put in there. */
function noteLast({ target, currentTarget }: FocusEvent<HTMLFormElement>): void {
  if (!target.hasAttribute("data-field")) return;
  for (const one of currentTarget.querySelectorAll("[data-last]")) one.removeAttribute("data-last");
  target.setAttribute("data-last", "");
}

/** What the button that saves is called. */
function saveWords(template: TemplateView | null, changed: boolean): string {
  if (template === null) return "Create the template";
  if (template.number !== template.newest) return "Make this the newest version";
  return changed ? "Save as a new version" : "Saved";
}

function Editor({ template, initial }: { template: TemplateView | null; initial: TemplateDraft }) {
  const navigate = route.useNavigate();
  const { customer } = route.useSearch();
  const { draft, set, save, changed } = useWriting(template, initial);
  const [tried, setTried] = useState(false);
  const [testing, setTesting] = useState(false);
  const preview = usePreview(draft, customer);
  const search = (part: { customer?: string; number?: string }) =>
    void navigate({ search: (old) => Object.fromEntries(Object.entries({ ...old, ...part }).filter(([, value]) => value !== "")), replace: true, resetScroll: false });
  const unnamed = draft.name.trim() === "";
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (unnamed) document.querySelector<HTMLElement>("form input[required]")?.focus();
    else save.mutate(draft);
  };
  return (
    <form onSubmit={submit} noValidate className={classes["editor"]} onFocusCapture={noteLast}>
      <Leaving changed={changed} />
      <section className={`sheet ${classes["fields"]}`} aria-label="The template">
        <div className={classes["pair"]}>
          <TextInput label="Name" required maxLength={200} autoFocus={template === null} value={draft.name} error={tried && unnamed ? "Give it a name people will recognise." : null} onChange={(event) => set({ name: event.currentTarget.value })} />
          <TextInput label="What it is for" maxLength={2000} value={draft.description} onChange={(event) => set({ description: event.currentTarget.value })} />
        </div>
        {template !== null && <Versions template={template} onNumber={(number) => search({ number })} />}
        <ContentFields content={draft.content} problems={preview.data?.problems ?? []} onChange={(content) => set({ content })} />
        <Options draft={draft} set={set} />
        {save.isError && <Fault fault={save.error} />}
        <Group gap="sm">
          <Button type="submit" loading={save.isPending} disabled={saveWords(template, changed) === "Saved"}>{saveWords(template, changed)}</Button>
          {template !== null && (
            <>
              <Button variant="default" leftSection={<Send size={16} />} disabled={changed} title={changed ? "Save it first: the saved version is sent." : undefined} onClick={() => setTesting(true)}>Send a test</Button>
              <Delete template={template} />
            </>
          )}
        </Group>
      </section>
      <TemplatePreview preview={preview} customerId={customer} onCustomer={(id) => search({ customer: id ?? "" })} />
      {testing && template !== null && <TestSend id={template.id} customerId={customer} onClose={() => setTesting(false)} />}
    </form>
  );
} // prettier-ignore

const Back = () => <BackLink to="/messages/templates">Templates</BackLink>;
const introOf = (channel: string): string =>
  `${channelName(channel)}. Write with Liquid; the preview follows as you go.`;

/** A new template of the channel the address names. */
function NewTemplate() {
  const { channel } = route.useSearch();
  const known = MESSAGE_CHANNELS.find((one) => one === channel) ?? "email";
  return (
    <Page title="New template" intro={introOf(known)} actions={<Back />}>
      <Editor key={known} template={null} initial={blankTemplate(known)} />
    </Page>
  );
}

function KnownTemplate({ id }: { id: number }) {
  const { api } = useServices();
  const { number } = route.useSearch();
  const query = useQuery({
    queryKey: ["template", id, number ?? ""],
    queryFn: ({ signal }) => api.template(id, number === undefined ? undefined : Number(number), signal),
    enabled: Number.isInteger(id),
  });
  const template = query.data;
  return (
    <Page title={template?.name ?? "Template"} intro={template && introOf(template.content.channel)} actions={<Back />}>
      {query.isPending && <Rows />}
      {query.isError && <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />}
      {template && <Editor key={`${template.id} ${template.number}`} template={template} initial={draftOf(template)} />}
    </Page>
  );
} // prettier-ignore

/** The screen: a new template, or one by its number. */
export function TemplateScreen() {
  const { templateId } = route.useParams();
  return templateId === "new" ? <NewTemplate /> : <KnownTemplate id={Number(templateId)} />;
}
