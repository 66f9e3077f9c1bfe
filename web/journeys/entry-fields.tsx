/** How customers come in, who may, and who may come in again. */
import { Checkbox, NativeSelect, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { Entry, Reentry } from "../../src/journeys/model.ts";
import { DurationField } from "../segments/fields.tsx";
import { useApi } from "../services.tsx";
import { moment } from "../ui/format.ts";
import { AudienceField } from "./choose-fields.tsx";
import { useDraft } from "./draft.tsx";
import { Field, LabelledNumber, TraitField, TriggerField, useWrongWords } from "./fields.tsx";
import classes from "./panel.module.css";
import { SegmentField } from "./segment-field.tsx";
import { ClockField } from "./wait-fields.tsx";
import { ENTRY_WORDS } from "./words.ts";

const DAY_MS = 86_400_000;
/** What each kind of entry begins with. */
const BLANKS: { readonly [type in Entry["type"]]: Entry } = {
  event: { type: "event", event: "", where: [] },
  segment: { type: "segment", id: 0, on: "entered" },
  date: { type: "date", trait: "", offsetDays: 0, minute: 540, yearly: false },
  schedule: { type: "schedule", cron: "0 9 * * 1", segment: 0 },
  api: { type: "api" },
  batch: { type: "batch" },
};

function DateEntry({ entry, onChange }: { entry: Extract<Entry, { type: "date" }>; onChange: (entry: Entry) => void }) {
  return (
    <>
      <TraitField label="Date trait" path="entry/trait" value={entry.trait} onChange={(trait) => onChange({ ...entry, trait })} />
      <LabelledNumber label="Days after it" hint="Below zero: before it. 0: on the day." path="entry/offsetDays" value={entry.offsetDays} least={-366} most={366} onChange={(offsetDays) => onChange({ ...entry, offsetDays })} />
      <ClockField label="At" hint="Where the customer is." value={entry.minute} onChange={(minute) => onChange({ ...entry, minute })} />
      <Checkbox label="Every year on that day" checked={entry.yearly} onChange={(event) => onChange({ ...entry, yearly: event.currentTarget.checked })} />
    </>
  );
} // prettier-ignore

const SCHEDULES = [
  { value: "0 9 * * *", label: "every day at 9" },
  { value: "0 9 * * 1-5", label: "on weekdays at 9" },
  { value: "0 9 * * 1", label: "every Monday at 9" },
  { value: "0 9 1 * *", label: "on the first of the month at 9" },
  { value: "", label: "at other times" },
];

function ScheduleEntry({ entry, onChange }: { entry: Extract<Entry, { type: "schedule" }>; onChange: (entry: Entry) => void }) {
  const known = SCHEDULES.some(({ value }) => value === entry.cron);
  const wrong = useWrongWords("entry/cron");
  return (
    <>
      <Field label="All members of" path="entry/segment">
        <SegmentField path="entry/segment" value={entry.segment} onChange={(segment) => onChange({ ...entry, segment })} />
      </Field>
      <NativeSelect label="When" description="In the workspace's time zone." data={SCHEDULES} value={known ? entry.cron : ""} onChange={(event) => onChange({ ...entry, cron: event.currentTarget.value || "30 14 * * 2,4" })} />
      {!known && (
        <TextInput label="Minute, hour, day, month, weekday" description="As cron writes it: 30 14 * * 2,4 is Tuesday and Thursday at 14:30." classNames={{ input: "mono" }} value={entry.cron} error={wrong} onChange={(event) => onChange({ ...entry, cron: event.currentTarget.value })} />
      )}
      <NextTimes cron={entry.cron} />
    </>
  );
} // prettier-ignore

/** When a schedule comes next, as the server reckons it. */
function NextTimes({ cron }: { cron: string }) {
  const api = useApi();
  const [asked] = useDebouncedValue(cron.trim(), 400);
  const times = useQuery({
    queryKey: ["scheduled-times", asked],
    queryFn: ({ signal }) => api.scheduledTimes(asked, signal),
    enabled: asked !== "",
    retry: false,
  });
  if (!times.data) return null;
  const { problem, zone, times: next } = times.data;
  return (
    <p className={classes["hint"]} aria-live="polite">
      {problem ?? `Next: ${next.map((at) => moment(Date.parse(at), zone)).join("; ")} (${zone}).`}
    </p>
  );
}

const TEACH: { readonly [type in Entry["type"]]?: string } = {
  api: "A system of yours lets a customer in by POST /v1/journeys/{id}/runs.",
  batch: "Under “Customers” of this journey somebody chooses a segment and lets its members in.",
};

const REENTRY = [
  { value: "once", label: "Once in a lifetime" },
  { value: "after", label: "Again after some time" },
  { value: "always", label: "Again as soon as it is over" },
  { value: "key", label: "Once for each order, booking or the like" },
];
const REENTRY_BLANKS: { readonly [type in Reentry["type"]]: Reentry } = {
  once: { type: "once" },
  after: { type: "after", ms: 30 * DAY_MS },
  always: { type: "always" },
  key: { type: "key", property: "order_id" },
};

function ReentryFields() {
  const { draft, set } = useDraft();
  const { reentry } = draft;
  const wrong = useWrongWords("reentry");
  return (
    <>
      <NativeSelect
        label="Who may come in again"
        data={REENTRY}
        value={reentry.type}
        error={reentry.type === "key" ? null : wrong}
        onChange={(event) => set({ reentry: REENTRY_BLANKS[event.currentTarget.value as Reentry["type"]] }, null)}
      />
      {reentry.type === "after" && (
        <Field label="After the last time" path="reentry/ms">
          <DurationField label="After the last time" path="reentry/ms" value={reentry.ms} onChange={(ms) => set({ reentry: { ...reentry, ms } })} />
        </Field>
      )}
      {reentry.type === "key" && (
        <TextInput label="Property of the event" description="One run for each of its values, several at a time." value={reentry.property} error={wrong} onChange={(event) => set({ reentry: { ...reentry, property: event.currentTarget.value } })} />
      )}
    </>
  );
} // prettier-ignore

/** The form. */
export function EntryFields() {
  const { draft, set } = useDraft();
  const { entry } = draft;
  const change = (next: Entry) => set({ entry: next });
  const teach = TEACH[entry.type];
  return (
    <>
      <NativeSelect
        label="Customers come in"
        data={Object.entries(ENTRY_WORDS).map(([value, label]) => ({ value, label }))}
        description={teach}
        value={entry.type}
        onChange={(event) => set({ entry: BLANKS[event.currentTarget.value as Entry["type"]] }, null)}
      />
      {(entry.type === "event" || entry.type === "segment") && (
        <TriggerField label="When" path="entry" trigger={entry} onChange={change} />
      )}
      {entry.type === "date" && <DateEntry entry={entry} onChange={change} />}
      {entry.type === "schedule" && <ScheduleEntry entry={entry} onChange={change} />}
      <AudienceField />
      <ReentryFields />
    </>
  );
}
