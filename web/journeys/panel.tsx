/** The panel beside the canvas: the form of what is chosen, where its ways lead, and taking it out. */
import { ActionIcon, Button, NativeSelect, TextInput } from "@mantine/core";
import { Plus, Trash2, X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import type { Step } from "../../src/journeys/model.ts";
import { waysOf } from "../../src/journeys/ways.ts";
import { Building } from "../segments/world.tsx";
import { AudienceFields, ExitFields, GoalFields, JumpFields, TaskFields, UpdateFields, WebhookFields } from "./act-fields.tsx"; // prettier-ignore
import { BranchFields, DecideFields, SplitFields } from "./choose-fields.tsx";
import { useDraft } from "./draft.tsx";
import { changed, led, type Place, removed } from "./edit.ts";
import { EntryFields } from "./entry-fields.tsx";
import { ProblemList } from "./fields.tsx";
import { MessageFields } from "./message-fields.tsx";
import { PalettePanel } from "./palette-panel.tsx";
import classes from "./panel.module.css";
import { SettingsFields } from "./settings-fields.tsx";
import { StepIcon } from "./step-icon.tsx";
import { WaitDateFields, WaitFields, WaitTimeFields, WaitUntilFields } from "./wait-fields.tsx";
import { problemsOfStep, STEP_WORDS, stepChoices, wayWords } from "./words.ts";

/** What the panel shows: a step, the entry, the whole journey's settings, or what can be put in at a place. */
export type Shown =
  | { readonly type: "step"; readonly id: string }
  | { readonly type: "entry" }
  | { readonly type: "settings" }
  | { readonly type: "palette"; readonly place: Place };

type FormProps = {
  readonly path: string;
  readonly step: never;
  readonly onChange: (step: Step, tag?: string | null) => void;
};
const FORMS: { readonly [type in Step["type"]]: (props: FormProps) => ReactNode } = {
  message: MessageFields, wait: WaitFields, wait_time: WaitTimeFields, wait_date: WaitDateFields, wait_until: WaitUntilFields, branch: BranchFields, split: SplitFields,
  decide: DecideFields, update: UpdateFields, task: TaskFields, webhook: WebhookFields, audience: AudienceFields, goal: GoalFields, jump: JumpFields, exit: ExitFields,
}; // prettier-ignore

/** The name of the field that changed, so that typing into it is one step of undoing. */
function tagOf(id: string, before: Step, after: Step): string {
  const [was, is] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((key) => was[key] !== is[key]);
  return `${id} ${keys.join(" ")}`;
}

/** Where each way of a step leads. */
function Leads({ id, step, onShow }: { id: string; step: Step; onShow: (shown: Shown) => void }) {
  const { draft, names, edit } = useDraft();
  const ways = waysOf(step);
  if (ways.length === 0 || step.type === "jump") return null;
  const choices = [{ value: "", label: "The end" }, ...stepChoices(draft, names).filter(({ value }) => value !== id)];
  return (
    <div className={classes["group"]} role="group" aria-label="Where it goes on">
      <span className={classes["label"]}>Where it goes on</span>
      {ways.map(({ path, next }) => {
        const words = wayWords(step, path, names);
        return (
          <div key={path} className={classes["lead"]}>
            <NativeSelect label={words === "" ? undefined : words} aria-label={words === "" ? "Goes on at" : undefined} size="xs" data={choices} value={next ?? ""} onChange={(event) => edit(led(draft, { step: id, path }, event.currentTarget.value || null))} />
            <ActionIcon variant="light" size="md" aria-label={`Put a step in${words === "" ? "" : ` on “${words}”`}`} onClick={() => onShow({ type: "palette", place: { step: id, path } })}>
              <Plus size={16} />
            </ActionIcon>
          </div>
        );
      })}
    </div>
  );
} // prettier-ignore

function StepForm({ id, step, onShow }: { id: string; step: Step; onShow: (shown: Shown) => void }) {
  const { draft, edit } = useDraft();
  const Form = FORMS[step.type];
  const change = (next: Step, tag?: string | null) => {
    const change = changed(draft, id, next);
    edit(change, tag === undefined ? tagOf(id, step, next) : tag);
  };
  const rename = (title: string) => {
    const { title: _, ...rest } = step;
    change((title === "" ? rest : { ...step, title }) as Step);
  };
  return (
    <>
      <TextInput
        label="Title"
        placeholder={STEP_WORDS[step.type]}
        maxLength={100}
        value={step.title ?? ""}
        onChange={(event) => rename(event.currentTarget.value)}
      />
      <Form path={`steps/${id}`} step={step as never} onChange={change} />
      <Leads id={id} step={step} onShow={onShow} />
    </>
  );
}

/** The heading of what is shown. */
function Head({ shown, onClose }: { shown: Shown; onClose: (() => void) | undefined }) {
  const { draft } = useDraft();
  const step = shown.type === "step" ? draft.steps[shown.id] : undefined;
  const title =
    shown.type === "step"
      ? step
        ? STEP_WORDS[step.type]
        : ""
      : { entry: "How they come in", settings: "The whole journey", palette: "Put a step in" }[shown.type];
  return (
    <header className={classes["head"]}>
      {step && <StepIcon type={step.type} />}
      {shown.type === "entry" && <StepIcon type="entry" />}
      <h2>{title}</h2>
      {shown.type === "step" && <code className={classes["id"]}>{shown.id}</code>}
      {onClose && (
        <ActionIcon variant="subtle" color="gray" aria-label="Close the panel" onClick={onClose}>
          <X size={18} />
        </ActionIcon>
      )}
    </header>
  );
}

export type PanelProps = {
  readonly shown: Shown;
  readonly onShow: (shown: Shown) => void;
  readonly onClose?: (() => void) | undefined;
  /** Numbers and people of the step, when it is live. */
  readonly children?: ReactNode;
};
/** The panel. */
export function EditPanel({ shown, onShow, onClose, children }: PanelProps) {
  const { world, draft, problems, edit } = useDraft();
  const body = useRef<HTMLDivElement>(null);
  const key = JSON.stringify(shown);
  const palette = shown.type === "palette";
  useEffect(() => {
    if (palette) body.current?.querySelector<HTMLElement>("[data-autofocus]")?.focus();
  }, [key, palette]);
  const step = shown.type === "step" ? draft.steps[shown.id] : undefined;
  const here = shown.type === "step" ? problemsOfStep(problems, shown.id) : shown.type === "entry" ? problemsOfStep(problems, null) : [];
  const onPlaced = (id: string | null) => onShow(id === null ? { type: "entry" } : { type: "step", id });
  return (
    <Building world={world} problems={problems}>
      <Head shown={shown} onClose={onClose} />
      <div ref={body} key={key} className={classes["form"]}>
        <ProblemList problems={here} />
        {children}
        {shown.type === "entry" && <EntryFields />}
        {shown.type === "settings" && <SettingsFields />}
        {shown.type === "palette" && <PalettePanel place={shown.place} onPlaced={onPlaced} />}
        {shown.type === "step" && step && (
          <>
            <StepForm id={shown.id} step={step} onShow={onShow} />
            <Button
              variant="subtle"
              color="red"
              size="xs"
              leftSection={<Trash2 size={14} />}
              onClick={() => {
                const change = removed(draft, shown.id);
                edit(change);
                onPlaced(change.selected);
              }}
            >
              Take this step out
            </Button>
          </>
        )}
      </div>
    </Building>
  );
} // prettier-ignore
