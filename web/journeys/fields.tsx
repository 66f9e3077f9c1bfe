/** The parts a journey's forms share: a labelled place, a rule with who fits it, something that happens, a list of paths. */
import { ActionIcon, Button, Group, Modal, Text, TextInput } from "@mantine/core";
import { Pencil, Plus, Trash2 } from "lucide-react";
import { type ReactNode, useId, useMemo, useState } from "react";
import type { Trigger } from "../../src/journeys/model.ts";
import type { Rule } from "../../src/segments/model.ts";
import { Builder } from "../segments/builder.tsx";
import { Choice, NameField } from "../segments/fields.tsx";
import { AddWhere, EventField, WhereFields } from "../segments/parts.tsx";
import { CountStrip, PreviewPanel, usePreview } from "../segments/preview.tsx";
import { partOf, type Problem, problemsAt, rooted, unfinished } from "../segments/rule-edit.ts";
import { Building, useBuilding } from "../segments/world.tsx";
import { SegmentField } from "./segment-field.tsx";
import classes from "./panel.module.css";
import { useDraft } from "./draft.tsx";
import { BLANK_TRIGGER } from "./palette.ts";
import { wordsOfRule } from "./rule-line.ts";

/** A label over several small inputs; what is wrong with them under it. */
export function Field({ label, hint, path, children }: { label: string; hint?: ReactNode; path?: string; children: ReactNode }) {
  const { problems } = useBuilding();
  const id = useId();
  const wrong = path === undefined ? [] : [...new Set(problemsAt(problems, path).map(({ message }) => message))];
  return (
    <div role="group" aria-labelledby={id} className={classes["field"]}>
      <span id={id} className={classes["label"]}>{label}</span>
      {hint !== undefined && <span className={classes["hint"]}>{hint}</span>}
      <div className={classes["inputs"]}>{children}</div>
      {wrong.map((message) => (
        <span key={message} className={classes["bad"]}>{message}</span>
      ))}
    </div>
  );
} // prettier-ignore

/** What is wrong at `path`, under a field that has its own label. */
export function useWrongWords(path: string): string | null {
  const { problems } = useBuilding();
  return problemsAt(problems, path)[0]?.message ?? null;
}

/** A number in a labelled field; NaN while there is none. */
export function LabelledNumber({ label, hint, path, value, onChange, least, most }: { label: string; hint?: string; path: string; value: number; onChange: (n: number) => void; least?: number; most?: number }) {
  return (
    <TextInput
      type="number" step="any" label={label} description={hint} min={least} max={most} error={useWrongWords(path)}
      className={classes["short"]} value={Number.isFinite(value) ? String(value) : ""}
      onChange={(event) => onChange(event.currentTarget.value === "" ? Number.NaN : Number(event.currentTarget.value))}
    />
  );
} // prettier-ignore

/** A rule being built, with who would fit it at its side. Kept only when it is taken over. */
function RuleDialog({ title, rule, onTake, onClose }: { title: string; rule: Rule; onTake: (rule: Rule) => void; onClose: () => void }) {
  const { world } = useDraft();
  const [draft, setDraft] = useState(() => rooted(rule));
  const [tried, setTried] = useState(false);
  const missing = useMemo(() => unfinished(draft), [draft]);
  const preview = usePreview(missing.length === 0 ? draft : null);
  const problems = useMemo(() => [...(tried ? missing : []), ...preview.problems], [tried, missing, preview.problems]);
  const take = () => {
    setTried(true);
    if (missing.length === 0) onTake(draft);
  };
  return (
    <Modal opened onClose={onClose} title={<strong>{title}</strong>} size={980}>
      <div className={classes["ruling"]}>
        <Building world={world} problems={problems}>
          <Builder rule={draft} onChange={setDraft} />
        </Building>
        <PreviewPanel preview={preview} missing={missing} />
        <CountStrip preview={preview} missing={missing} />
      </div>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>Keep as it was</Button>
        <Button onClick={take}>Use this rule</Button>
      </Group>
    </Modal>
  );
} // prettier-ignore

/** A rule as its sentence, opened to be built. */
export function RuleField({ label, path, rule, onChange }: { label: string; path: string; rule: Rule; onChange: (rule: Rule) => void }) {
  const { names } = useDraft();
  const [opened, setOpened] = useState(false);
  const wrong = useWrongWords(path);
  return (
    <div className={classes["rule"]}>
      <button type="button" className={classes["sentence"]} aria-label={`${label}: ${wordsOfRule(rule, names)}. Change it`} data-wrong={wrong !== null} onClick={() => setOpened(true)}>
        <span className="wrap">{wordsOfRule(rule, names)}</span>
        <Pencil size={14} aria-hidden="true" />
      </button>
      {wrong !== null && <span className={classes["bad"]}>{wrong}</span>}
      {opened && (
        <RuleDialog
          title={label}
          rule={rule}
          onClose={() => setOpened(false)}
          onTake={(next) => {
            setOpened(false);
            onChange(next);
          }}
        />
      )}
    </div>
  );
} // prettier-ignore

const HAPPENS = [
  { value: "event", label: "an event happens" },
  { value: "entered", label: "they enter a segment" },
  { value: "left", label: "they leave a segment" },
] as const;
type Happens = (typeof HAPPENS)[number]["value"];

/** Something that happens to a customer: an event with its conditions, or a segment entered or left. */
export function TriggerField({ label, path, trigger, onChange }: { label: string; path: string; trigger: Trigger; onChange: (trigger: Trigger) => void }) {
  const kind: Happens = trigger.type === "event" ? "event" : trigger.on;
  const choose = (next: Happens) => {
    if (next === "event") onChange(trigger.type === "event" ? trigger : BLANK_TRIGGER);
    else onChange({ type: "segment", id: trigger.type === "segment" ? trigger.id : 0, on: next });
  };
  return (
    <Field label={label} path={path}>
      <Choice label={`${label}: what happens`} path={partOf(path, "type")} value={kind} data={HAPPENS} onChange={choose} />
      {trigger.type === "event" ? (
        <>
          <EventField path={path} event={trigger.event} onChange={(event) => onChange({ ...trigger, event: event ?? "" })} />
          <AddWhere where={trigger.where} onChange={(where) => onChange({ ...trigger, where })} />
          <WhereFields path={path} event={trigger.event} where={trigger.where} onChange={(where) => onChange({ ...trigger, where })} />
        </>
      ) : (
        <SegmentField path={partOf(path, "id")} value={trigger.id} onChange={(id) => onChange({ ...trigger, id })} />
      )}
    </Field>
  );
} // prettier-ignore

/** A name of a trait, with those known to choose from. */
export function TraitField({ label, path, value, onChange }: { label: string; path: string; value: string; onChange: (name: string) => void }) {
  const { world } = useDraft();
  return (
    <Field label={label} path={path}>
      <NameField label={label} path={path} placeholder="a trait" names={world.suggested.traits} value={value} onChange={onChange} />
    </Field>
  );
} // prettier-ignore

/** A list of alike things, each on a card that can be removed, with a button for one more. */
export function Cards<T>({ label, items, least, most, add, children, onChange }: { label: string; items: readonly T[]; least: number; most: number; add: { readonly label: string; readonly blank: () => T }; children: (item: T, i: number, set: (item: T) => void) => ReactNode; onChange: (items: T[]) => void }) {
  return (
    <div role="group" aria-label={label} className={classes["cards"]}>
      {items.map((item, i) => (
        <div key={i} className={classes["one"]}>
          <div className={classes["many"]}>{children(item, i, (next) => onChange(items.map((one, n) => (n === i ? next : one))))}</div>
          {items.length > least && (
            <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${label.toLowerCase()} ${i + 1}`} onClick={() => onChange(items.filter((_, n) => n !== i))}>
              <Trash2 size={16} />
            </ActionIcon>
          )}
        </div>
      ))}
      {items.length < most && (
        <Button variant="light" size="xs" leftSection={<Plus size={14} />} onClick={() => onChange([...items, add.blank()])}>{add.label}</Button>
      )}
    </div>
  );
} // prettier-ignore

/** Problems as a list of sentences. */
export function ProblemList({ problems }: { problems: readonly Problem[] }) {
  const messages = [...new Set(problems.map(({ message }) => message))];
  if (messages.length === 0) return null;
  return (
    <ul className={classes["problems"]} aria-live="polite">
      {messages.map((message) => (
        <li key={message}>
          <Text size="sm" inherit component="span">
            {message}
          </Text>
        </li>
      ))}
    </ul>
  );
}
