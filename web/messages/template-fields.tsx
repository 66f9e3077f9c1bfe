/** What a template says, by channel: each text with what is wrong in it, told by line. */
import { Button, SegmentedControl, TagsInput, TextInput, Textarea } from "@mantine/core";
import type { Content } from "../../src/messages/model.ts";
import classes from "./template.module.css";

/** Something wrong in a template, and where. */
export type TemplateProblem = {
  readonly path: string;
  readonly message: string;
  readonly line: number | null;
  readonly column: number | null;
};
type Props<C extends Content> = {
  readonly content: C;
  readonly problems: readonly TemplateProblem[];
  readonly onChange: (content: C) => void;
};
type Of<Channel extends Content["channel"]> = Extract<Content, { channel: Channel }>;

/** Puts the cursor where a problem stands. */
function goTo(field: string, { line, column }: TemplateProblem): void {
  const place = document.querySelector<HTMLTextAreaElement | HTMLInputElement>(`[data-field="${field}"]`);
  if (place === null) return;
  place.focus();
  if (line === null) return;
  const lines = place.value.split("\n");
  const before = lines.slice(0, line - 1).reduce((all, one) => all + one.length + 1, 0);
  const at = before + Math.max(0, (column ?? 1) - 1);
  place.setSelectionRange(at, column === null ? before + (lines[line - 1]?.length ?? 0) : at);
  if (place instanceof HTMLTextAreaElement)
    place.scrollTop = ((line - 3) / lines.length) * place.scrollHeight;
}

/** What is wrong in one field, each leading to its line. */
function Wrong({ field, problems }: { field: string; problems: readonly TemplateProblem[] }) {
  const here = problems.filter(
    ({ path }) => path === `content/${field}` || path.startsWith(`content/${field}/`),
  );
  if (here.length === 0) return null;
  return (
    <ul className={classes["wrong"]} aria-live="polite">
      {here.map((problem) => (
        <li key={`${problem.line} ${problem.message}`}>
          {problem.line === null ? (
            problem.message
          ) : (
            <button type="button" onClick={() => goTo(field, problem)}>
              Line {problem.line}
              {problem.column !== null && `, column ${problem.column}`}: {problem.message}
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

type FieldProps = {
  readonly field: string;
  readonly label: string;
  readonly hint?: string;
  readonly value: string;
  readonly problems: readonly TemplateProblem[];
  readonly onChange: (value: string) => void;
  /** Lines to begin with; absent: a single line. */
  readonly lines?: number;
  readonly code?: boolean;
};
/** A text with Liquid in it. */
function LiquidField({ field, label, hint, value, problems, onChange, lines, code }: FieldProps) {
  const bad = problems.some(({ path }) => path === `content/${field}`);
  const common = { label, description: hint, value, error: bad, "data-field": field, spellCheck: !code, onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value) };
  return (
    <div>
      {lines === undefined ? (
        <TextInput {...common} />
      ) : (
        <Textarea {...common} autosize minRows={lines} maxRows={28} {...(code ? { classNames: { input: "mono" }, wrap: "off" } : {})} />
      )}
      <Wrong field={field} problems={problems} />
    </div>
  );
} // prettier-ignore

/** `content` with an optional text set, or left away while it is empty. */
function withText<C extends object>(content: C, key: keyof C, value: string): C {
  const { [key]: _, ...rest } = content;
  return (value === "" ? rest : { ...content, [key]: value }) as C;
}

const SOURCES = [
  { value: "mjml", label: "MJML" },
  { value: "html", label: "HTML" },
];
function EmailFields({ content, problems, onChange }: Props<Of<"email">>) {
  const source = content.html === undefined ? "mjml" : "html";
  const turn = (to: string) => {
    const { mjml = "", html = "", ...rest } = content;
    onChange(to === "html" ? { ...rest, html: html || mjml } : { ...rest, mjml: mjml || html });
  };
  return (
    <>
      <LiquidField field="subject" label="Subject" value={content.subject} problems={problems} onChange={(subject) => onChange({ ...content, subject })} />
      <LiquidField field="preheader" label="Preheader" hint="The line mail programs show after the subject." value={content.preheader ?? ""} problems={problems} onChange={(value) => onChange(withText(content, "preheader", value))} />
      <SegmentedControl size="xs" aria-label="Written as" data={SOURCES} value={source} onChange={turn} className={classes["source"] ?? ""} />
      <LiquidField field={source} label={source === "mjml" ? "MJML" : "HTML"} lines={16} code value={content[source] ?? ""} problems={problems} onChange={(value) => onChange({ ...content, [source]: value })} />
      <LiquidField field="text" label="Text part" hint="Left empty, it is made from the mail." lines={3} value={content.text ?? ""} problems={problems} onChange={(value) => onChange(withText(content, "text", value))} />
      <div className={classes["pair"]}>
        <LiquidField field="from" label="From" hint="Left empty: the provider's." value={content.from ?? ""} problems={problems} onChange={(value) => onChange(withText(content, "from", value))} />
        <LiquidField field="replyTo" label="Replies to" value={content.replyTo ?? ""} problems={problems} onChange={(value) => onChange(withText(content, "replyTo", value))} />
      </div>
    </>
  );
} // prettier-ignore

function SmsFields({ content, problems, onChange }: Props<Of<"sms">>) {
  return (
    <LiquidField
      field="text"
      label="Text"
      lines={4}
      value={content.text}
      problems={problems}
      onChange={(text) => onChange({ ...content, text })}
    />
  );
}

function WhatsappFields({ content, problems, onChange }: Props<Of<"whatsapp">>) {
  const free = content.text !== undefined;
  const turn = (to: string) => {
    const { text: _, name: _name, ...rest } = content;
    onChange(to === "text" ? { ...rest, values: [], text: content.text ?? "" } : { ...rest, name: content.name ?? "hello_world" });
  };
  return (
    <>
      <SegmentedControl size="xs" aria-label="Kind" data={[{ value: "name", label: "Approved template" }, { value: "text", label: "Free text" }]} value={free ? "text" : "name"} onChange={turn} className={classes["source"] ?? ""} />
      {free ? (
        <LiquidField field="text" label="Text" hint="Only within 24 hours of the customer's last word." lines={4} value={content.text ?? ""} problems={problems} onChange={(text) => onChange({ ...content, text })} />
      ) : (
        <>
          <div className={classes["pair"]}>
            <LiquidField field="name" label="Name at WhatsApp" value={content.name ?? ""} problems={problems} onChange={(name) => onChange({ ...content, name })} />
            <LiquidField field="language" label="Language" value={content.language} problems={problems} onChange={(language) => onChange({ ...content, language })} />
          </div>
          <TagsInput label="Values of its placeholders, in order" value={content.values} maxTags={20} acceptValueOnBlur onChange={(values) => onChange({ ...content, values })} />
        </>
      )}
    </>
  );
} // prettier-ignore

function PushFields({ content, problems, onChange }: Props<Of<"web_push"> | Of<"mobile_push"> | Of<"in_app">>) {
  return (
    <>
      <LiquidField field="title" label="Title" value={content.title} problems={problems} onChange={(title) => onChange({ ...content, title })} />
      <LiquidField field="body" label="Text" lines={3} value={content.body} problems={problems} onChange={(body) => onChange({ ...content, body })} />
      {content.channel !== "mobile_push" && (
        <LiquidField field="url" label="Opens" hint="An address; left empty, nothing opens." value={content.url ?? ""} problems={problems} onChange={(value) => onChange(withText(content, "url", value))} />
      )}
    </>
  );
} // prettier-ignore

function WebhookFields({ content, problems, onChange }: Props<Of<"webhook">>) {
  return (
    <>
      <LiquidField field="url" label="Address" value={content.url} problems={problems} onChange={(url) => onChange({ ...content, url })} />
      <LiquidField field="body" label="Body" hint="It has to become JSON." lines={10} code value={content.body} problems={problems} onChange={(body) => onChange({ ...content, body })} />
    </>
  );
} // prettier-ignore

/** The fields of a channel. */
export function ContentFields({ content, problems, onChange }: Props<Content>) {
  switch (content.channel) {
    case "email":
      return <EmailFields content={content} problems={problems} onChange={onChange} />;
    case "sms":
      return <SmsFields content={content} problems={problems} onChange={onChange} />;
    case "whatsapp":
      return <WhatsappFields content={content} problems={problems} onChange={onChange} />;
    case "web_push":
    case "mobile_push":
    case "in_app":
      return <PushFields content={content} problems={problems} onChange={onChange} />;
    case "webhook":
      return <WebhookFields content={content} problems={problems} onChange={onChange} />;
  }
}

/** Puts a text where the cursor is, or at the end of the field that was written in last. */
export function insertAtCursor(text: string): void {
  const held = document.querySelector<HTMLTextAreaElement | HTMLInputElement>("[data-field][data-last]");
  const place = held ?? document.querySelector<HTMLTextAreaElement | HTMLInputElement>("[data-field]");
  if (place === null) return;
  place.focus();
  place.setRangeText(text, place.selectionStart ?? place.value.length, place.selectionEnd ?? place.value.length, "end"); // prettier-ignore
  place.dispatchEvent(new Event("input", { bubbles: true }));
}

/** A button that says what a value is put in as. */
export function ValueButton({ name, onPut }: { name: string; onPut: (text: string) => void }) {
  return (
    <Button size="compact-xs" variant="default" onClick={() => onPut(`{{ ${name} }}`)}>
      {name}
    </Button>
  );
}
