/** Making a computed trait: which events, what to tell of them, over which time. */
import { Button, Group, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import type { ComputedTraitDraft } from "../../src/segments/model.ts";
import { measureWords } from "../../src/segments/words.ts";
import { Problem as Refusal } from "../http.ts";
import { useServices } from "../services.tsx";
import { Fault } from "../ui/notice.tsx";
import fields from "./builder.module.css";
import { MeasureFields } from "./did-fields.tsx";
import classes from "./editor.module.css";
import { AddWhere, EventField, WhereFields, WindowFields } from "./parts.tsx";
import { type Problem, unfinishedTrait } from "./rule-edit.ts";
import { Building, useWorld } from "./world.tsx";

const BLANK: ComputedTraitDraft = {
  name: "",
  description: "",
  event: "",
  where: [],
  measure: { of: "count" },
};
const NAME = /^[a-z][a-z0-9_]{0,99}$/;
const refusedOf = (fault: unknown): readonly Problem[] =>
  fault instanceof Refusal
    ? fault.fields.map(({ pointer = "", detail }) => ({
        path: pointer.replace(/^[#/]+/, ""),
        message: detail,
      }))
    : [];

/** What is being written, and making it. */
function useTraitDraft(onClose: () => void) {
  const { api, queries } = useServices();
  const [draft, setDraft] = useState(BLANK);
  const create = useMutation({
    mutationFn: () => api.createComputedTrait(draft),
    onSuccess: async () => {
      notifications.show({
        title: `${draft.name} is made`,
        message: "It is worked out from history and stays exact from then on.",
      });
      await queries.invalidateQueries({ queryKey: ["computed-traits"] });
      onClose();
    },
  });
  const change = (part: Partial<ComputedTraitDraft>) => {
    if (create.isError) create.reset();
    setDraft((before) => ({ ...before, ...part }));
  };
  return { draft, change, create };
}

type PartProps = { draft: ComputedTraitDraft; onChange: (part: Partial<ComputedTraitDraft>) => void };
function Naming({ draft, tried, onChange }: PartProps & { tried: boolean }) {
  return (
    <div className={classes["naming"]}>
      <TextInput
        label="Name"
        description="As rules and templates write it, such as orders_90d."
        required
        data-autofocus
        maxLength={100}
        value={draft.name}
        error={tried && !NAME.test(draft.name) ? "Small letters, digits and _; a letter first." : null}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <TextInput
        label="What it is for"
        description="For the people who choose it later."
        maxLength={2000}
        value={draft.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
    </div>
  );
}

/** How what is told is joined to its events: "the total of revenue over Order Completed". */
const overWord = (measure: ComputedTraitDraft["measure"]): string =>
  "property" in measure ? "over" : measure.of === "trend" ? "of" : "";

function Measured({ draft, problems, onChange }: PartProps & { problems: readonly Problem[] }) {
  return (
    <div className={fields["condition"]} role="group" aria-label="What it measures">
      <div className={fields["body"]}>
        <div className={fields["line"]}>
          <MeasureFields path="" event={draft.event} measure={draft.measure} onChange={(measure) => onChange({ measure })} />
          {overWord(draft.measure) !== "" && <span>{overWord(draft.measure)}</span>}
          <EventField path="" event={draft.event} onChange={(event) => onChange({ event })} />
          {draft.measure.of !== "trend" && (
            <WindowFields path="when" when={draft.when} onChange={(when) => onChange({ when })} />
          )}
          <AddWhere where={draft.where} onChange={(where) => onChange({ where })} />
        </div>
        <WhereFields path="" event={draft.event} where={draft.where} onChange={(where) => onChange({ where })} />
        <ul className={fields["problems"]} aria-live="polite" hidden={problems.length === 0}>
          {[...new Set(problems.map(({ message }) => message))].map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      </div>
    </div>
  );
} // prettier-ignore

/** The form. */
export function TraitDraft({ onClose }: { onClose: () => void }) {
  const world = useWorld();
  const { draft, change, create } = useTraitDraft(onClose);
  const [tried, setTried] = useState(false);
  const missing = useMemo(() => unfinishedTrait(draft), [draft]);
  const problems = useMemo(
    () => [...(tried ? missing : []), ...refusedOf(create.error)],
    [tried, missing, create.error],
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (NAME.test(draft.name) && missing.length === 0) create.mutate();
  };
  return (
    <form onSubmit={submit} noValidate className="sheet" aria-labelledby="new-trait">
      <header>
        <h2 id="new-trait">New computed trait</h2>
      </header>
      <div className={`pad ${classes["main"]}`}>
        <Naming draft={draft} tried={tried} onChange={change} />
        <Building world={world} problems={problems}>
          <Measured draft={draft} problems={problems} onChange={change} />
        </Building>
        <p className="wrap">
          <span className="quiet">In words: </span>
          {missing.length === 0 ? `${measureWords(draft)}.` : "…"}
        </p>
        {create.isError && <Fault fault={create.error} />}
        <Group gap="sm">
          <Button type="submit" loading={create.isPending}>
            Make the trait
          </Button>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
        </Group>
      </div>
    </form>
  );
}
