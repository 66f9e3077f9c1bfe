/** Changing the stage model: names, order, who belongs to each, and whether customers may go back. */
import { ActionIcon, Button, Group, Radio, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useMemo, useState } from "react";
import type { Rule, StageModel } from "../../src/segments/model.ts";
import { Problem as Refusal } from "../http.ts";
import { useServices } from "../services.tsx";
import { count } from "../ui/format.ts";
import { Fault } from "../ui/notice.tsx";
import { Builder } from "./builder.tsx";
import { usePreview } from "./preview.tsx";
import { moved, type Problem, replaced, rooted, unfinished } from "./rule-edit.ts";
import { sentenceOf } from "./rule-words.ts";
import classes from "./stages.module.css";
import { Building, useWorld } from "./world.tsx";

type Stage = StageModel["stages"][number];
const STAGES_MAX = 20;
const EMPTY: Rule = { type: "all", rules: [] };

/** A key for a new stage: from its name, unlike the others'. */
export function keyOf(name: string, taken: readonly string[]): string {
  const plain = name.toLowerCase().normalize("NFKD").replaceAll(/[^a-z0-9]+/g, "_").replaceAll(/^[_0-9]+|_+$/g, "").slice(0, 40); // prettier-ignore
  const base = plain === "" ? "stage" : plain;
  for (let n = 1; ; n++) {
    const key = n === 1 ? base : `${base}_${n}`;
    if (!taken.includes(key)) return key;
  }
}

/** What the server could not use of one stage's rule. */
const refusedOf = (fault: unknown, at: number): readonly Problem[] =>
  fault instanceof Refusal
    ? fault.fields.flatMap(({ pointer = "", detail }) => {
        const [, path] = new RegExp(`^[#/]*stages/${at}/rule(?:/|$)(.*)$`).exec(pointer) ?? [];
        return path === undefined ? [] : [{ path, message: detail }];
      })
    : [];

type RuleProps = { rule: Rule; problems: readonly Problem[]; onChange: (rule: Rule) => void };
/** Who belongs here or further, with how many that would be now. */
function StageRule({ rule, problems, onChange }: RuleProps) {
  const world = useWorld();
  const root = useMemo(() => rooted(rule), [rule]);
  const missing = unfinished(root);
  const preview = usePreview(missing.length === 0 ? root : null);
  const all = useMemo(() => [...problems, ...preview.problems], [problems, preview.problems]);
  return (
    <div className={classes["rule"]}>
      <Building world={world} problems={all}>
        <Builder rule={root} onChange={onChange} />
      </Building>
      <p className="quiet" role="status">
        {missing.length > 0
          ? missing[0]!.message
          : preview.counting
            ? "counting …"
            : preview.answer
              ? `${count(preview.answer.count)} of ${count(preview.answer.total)} fit this now.`
              : ""}
      </p>
    </div>
  );
}

type RowProps = {
  readonly stage: Stage;
  readonly at: number;
  readonly last: boolean;
  readonly opened: boolean;
  readonly tried: boolean;
  readonly problems: readonly Problem[];
  readonly onOpen: () => void;
  readonly onChange: (stage: Stage) => void;
  readonly onMove: (to: number) => void;
  readonly onRemove: () => void;
};
function StageRow({ stage, at, last, opened, tried, problems, onOpen, onChange, onMove, onRemove }: RowProps) {
  const { names } = useWorld();
  const first = at === 0;
  const rule = stage.rule ?? EMPTY;
  const missing = first ? [] : unfinished(rule);
  const shown = [...(tried ? missing : []), ...problems];
  return (
    <li className={classes["stage"]} aria-label={`Stage ${at + 1}`}>
      <div className={classes["head"]}>
        <span className={classes["place"]} aria-hidden="true">{at + 1}</span>
        <TextInput aria-label={`Name of stage ${at + 1}`} value={stage.name} maxLength={100} error={tried && stage.name.trim() === ""} className={classes["name"]} onChange={(event) => onChange({ ...stage, name: event.currentTarget.value })} />
        <TextInput aria-label={`What stage ${at + 1} means`} placeholder="what it means" value={stage.description} maxLength={1000} className={classes["about"]} onChange={(event) => onChange({ ...stage, description: event.currentTarget.value })} />
        <span className={classes["ends"]}>
          <ActionIcon variant="subtle" color="gray" aria-label={`Move ${stage.name} up`} disabled={first} onClick={() => onMove(at - 1)}><ArrowUp size={16} /></ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label={`Move ${stage.name} down`} disabled={last} onClick={() => onMove(at + 1)}><ArrowDown size={16} /></ActionIcon>
          <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${stage.name}`} disabled={first && last} onClick={onRemove}><Trash2 size={16} /></ActionIcon>
        </span>
      </div>
      {first ? (
        <p className="quiet">Everybody begins here.</p>
      ) : (
        <>
          <div className={classes["line"]}>
            <span className="wrap">{missing.length === 0 ? sentenceOf(rule, names) : <span className="quiet">Nobody belongs here until there is a rule.</span>}</span>
            <Button size="compact-sm" variant="default" aria-expanded={opened} aria-label={`${opened ? "Close" : "Change"} the rule of ${stage.name}`} onClick={onOpen}>{opened ? "Close" : "Change the rule"}</Button>
          </div>
          {!opened && shown.length > 0 && <p className={classes["wrong"]}>{shown[0]!.message}</p>}
          {opened && <StageRule rule={rule} problems={shown} onChange={(next) => onChange({ ...stage, rule: next })} />}
        </>
      )}
    </li>
  );
} // prettier-ignore

/** The first stage has no rule, whichever it is now. */
const ordered = (stages: readonly Stage[]): Stage[] => stages.map((stage, i) => (i === 0 ? { ...stage, rule: null } : { ...stage, rule: stage.rule ?? EMPTY })); // prettier-ignore

function Backward({ value, onChange }: { value: StageModel["backward"]; onChange: (value: StageModel["backward"]) => void }) {
  return (
    <Radio.Group label="Going back" value={value} onChange={(next) => onChange(next === "never" ? "never" : "allowed")}>
      <Stack gap="xs" mt="xs">
        <Radio value="allowed" label="Customers may go back" description="When what brought them to a stage no longer holds, they return to the furthest one that does." />
        <Radio value="never" label="Never back" description="The furthest stage ever reached stays." />
      </Stack>
    </Radio.Group>
  );
} // prettier-ignore

/** The editor. Nothing is in force until it is saved; the model before serves until the new one is whole. */
export function StageEditor({ initial, existing, onClose }: { initial: StageModel; existing: boolean; onClose: () => void }) {
  const { api, queries } = useServices();
  const [model, setModel] = useState(initial);
  const [opened, setOpened] = useState<number | null>(null);
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () => api.saveStages(model),
    onSuccess: async () => {
      notifications.show({
        title: "The stages are saved",
        message: existing ? "The model before keeps serving until the new one is whole." : "Each customer's stage is worked out from history now.",
      });
      await Promise.all([queries.invalidateQueries({ queryKey: ["stages"] }), queries.invalidateQueries({ queryKey: ["stage-counts"] })]);
      onClose();
    },
  });
  const { stages } = model;
  const set = (next: readonly Stage[]) => {
    save.reset();
    setModel({ ...model, stages: ordered(next) });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const wrong = stages.findIndex(({ name, rule }, i) => name.trim() === "" || (i > 0 && unfinished(rule ?? EMPTY).length > 0));
    if (wrong >= 0) return setOpened(wrong);
    save.mutate();
  };
  const add = () => {
    const name = `Stage ${stages.length + 1}`;
    set([...stages, { key: keyOf(name, stages.map(({ key }) => key)), name, description: "", rule: EMPTY }]);
    setOpened(stages.length);
  };
  return (
    <form onSubmit={submit} noValidate className={classes["editor"]}>
      <section className="sheet" aria-labelledby="order">
        <header>
          <h2 id="order">Stages, from first to furthest</h2>
          <Button size="xs" variant="light" leftSection={<Plus size={14} />} disabled={stages.length >= STAGES_MAX} onClick={add}>Add a stage</Button>
        </header>
        <ol className={classes["stages"]}>
          {stages.map((stage, at) => (
            <StageRow
              key={stage.key} stage={stage} at={at} last={at === stages.length - 1} opened={opened === at} tried={tried} problems={refusedOf(save.error, at)}
              onOpen={() => setOpened(opened === at ? null : at)} onChange={(next) => set(replaced(stages, at, next))}
              onMove={(to) => { setOpened(null); set(moved(stages, at, to)); }} onRemove={() => { setOpened(null); set(replaced(stages, at, null)); }}
            />
          ))}
        </ol>
      </section>
      <section className="sheet pad" aria-label="Going back">
        <Backward value={model.backward} onChange={(backward) => setModel({ ...model, backward })} />
      </section>
      {save.isError && <Fault fault={save.error} />}
      <Group gap="sm">
        <Button type="submit" loading={save.isPending}>Save the stages</Button>
        <Button variant="default" onClick={onClose}>Cancel</Button>
      </Group>
    </form>
  );
} // prettier-ignore
