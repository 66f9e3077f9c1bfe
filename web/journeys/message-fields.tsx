/** The form of a message step: by which channel, with which template, what for, and what if it may not leave. */
import { Checkbox, NativeSelect, Select, TagsInput } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Step } from "../../src/journeys/model.ts";
import type { MessageChannel } from "../../src/permission/model.ts";
import { DurationField } from "../segments/fields.tsx";
import { useDraft } from "./draft.tsx";
import { Field, useWrongWords } from "./fields.tsx";
import classes from "./panel.module.css";
import { MESSAGE_CHANNELS } from "./words.ts";

type Message = Extract<Step, { type: "message" }>;
type Props = {
  readonly path: string;
  readonly step: Message;
  readonly onChange: (step: Message, tag?: string | null) => void;
};
const CHANNELS = Object.entries(MESSAGE_CHANNELS).map(([value, label]) => ({ value, label }));
const PURPOSES = ["marketing", "transactional", "service", "survey"];

function Template({ path, step, onChange }: Props) {
  const { templates } = useDraft();
  const fitting = templates.filter(({ channel }) => channel === step.channel);
  const chosen = templates.find(({ id }) => id === step.template);
  return (
    <div>
      <Select
        label="Template"
        placeholder={fitting.length === 0 ? `No template for ${MESSAGE_CHANNELS[step.channel]} yet` : "Choose"}
        searchable
        allowDeselect={false}
        nothingFoundMessage="No template of that name"
        data={fitting.map(({ id, name }) => ({ value: String(id), label: name }))}
        value={step.template < 1 ? null : String(step.template)}
        error={useWrongWords(`${path}/template`)}
        onChange={(id) => onChange({ ...step, template: Number(id ?? 0) })}
      />
      <span className={classes["hint"]}>
        {chosen ? (
          <Link to="/messages/templates/$templateId" params={{ templateId: String(chosen.id) }} className="link" target="_blank">
            Look at it and change it
          </Link>
        ) : (
          <Link to="/messages/templates/$templateId" params={{ templateId: "new" }} search={{ channel: step.channel }} className="link" target="_blank">
            Write a new one
          </Link>
        )}
      </span>
    </div>
  );
} // prettier-ignore

function channelled(
  step: Message,
  channel: MessageChannel,
  templates: readonly { readonly id: number; readonly channel: string }[],
): Message {
  const fitting = templates.filter((one) => one.channel === channel);
  const kept = fitting.some(({ id }) => id === step.template);
  return { ...step, channel, template: kept ? step.template : fitting.length === 1 ? fitting[0]!.id : 0 };
}

const DAY_MS = 86_400_000;
/** Whether it waits for the hour in which the customer is likeliest to be there. */
function BestTime({ path, step, onChange }: Props) {
  const { bestTimeMs, ...rest } = step;
  return (
    <>
      <Checkbox
        label="At the customer's best time"
        description="In the hour in which they are likeliest to visit, open or click, by their own history and clock; without one, their stage's. Quiet hours and sending windows hold."
        checked={bestTimeMs !== undefined}
        onChange={(event) =>
          onChange(event.currentTarget.checked ? { ...step, bestTimeMs: DAY_MS } : rest, null)
        }
      />
      {bestTimeMs !== undefined && (
        <Field label="Within the next" path={`${path}/bestTimeMs`}>
          <DurationField
            label="Within the next"
            path={`${path}/bestTimeMs`}
            value={bestTimeMs}
            onChange={(ms) => onChange({ ...step, bestTimeMs: ms })}
          />
        </Field>
      )}
    </>
  );
}

/** The form. */
export function MessageFields(props: Props) {
  const { path, step, onChange } = props;
  const { templates } = useDraft();
  const { refused: _, ...rest } = step;
  return (
    <>
      <NativeSelect
        label="Channel"
        data={CHANNELS}
        value={step.channel}
        onChange={(event) =>
          onChange(channelled(step, event.currentTarget.value as MessageChannel, templates))
        }
      />
      <Template {...props} />
      <NativeSelect
        label="What it is for"
        description="Consent is asked for this purpose. Transactional messages belong to something the customer asked for."
        data={[...new Set([...PURPOSES, step.purpose])]}
        value={step.purpose}
        onChange={(event) => onChange({ ...step, purpose: event.currentTarget.value })}
      />
      <BestTime {...props} />
      <NativeSelect
        label="When it may not leave at once"
        description="Quiet hours, sending windows and caps can hold it."
        data={[
          { value: "wait", label: "Wait until it may" },
          { value: "skip", label: "Skip it and go on" },
        ]}
        value={step.else}
        onChange={(event) => onChange({ ...step, else: event.currentTarget.value as Message["else"] })}
      />
      {step.else === "wait" && (
        <Field label="Wait at most" path={`${path}/expiresMs`}>
          <DurationField
            label="Wait at most"
            path={`${path}/expiresMs`}
            value={step.expiresMs}
            onChange={(expiresMs) => onChange({ ...step, expiresMs })}
          />
        </Field>
      )}
      <Checkbox
        label="A path of its own for those it did not reach"
        checked={step.refused !== undefined}
        onChange={(event) =>
          onChange(event.currentTarget.checked ? { ...step, refused: step.next } : rest, null)
        }
      />
      <TagsInput
        label="Tags"
        description="Caps can count messages by tag."
        value={step.tags}
        maxTags={20}
        splitChars={[","]}
        acceptValueOnBlur
        onChange={(tags) => onChange({ ...step, tags })}
      />
      <TagsInput
        label="Products it is about"
        description="Paths into the event it began with, such as products.product_id: out of stock or just bought, it does not leave."
        value={step.products}
        maxTags={10}
        acceptValueOnBlur
        onChange={(products) => onChange({ ...step, products })}
      />
    </>
  );
}
