/** What somebody writes back: a note, a promise with its time, a task. One short form at a time, so that the story stays in sight. */
import { Button, Group, TextInput, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { HandHeart, ListTodo, NotebookPen } from "lucide-react";
import { type FormEvent, useState } from "react";
import type { DeskView } from "../../src/desk/model.ts";
import { Fault } from "../ui/notice.tsx";
import type { DeskCalls } from "./calls.ts";
import classes from "./desk.module.css";
import { fieldTime, tomorrowAtTen } from "./words.ts";
import { type WriteChannel, useWritten } from "./written.ts";

type Kind = "note" | "promise" | "task";
const KINDS = [
  { kind: "note", label: "Note", icon: NotebookPen },
  { kind: "promise", label: "Promise", icon: HandHeart },
  { kind: "task", label: "Task", icon: ListTodo },
] as const;
const ASKS: { readonly [kind in Kind]: { readonly label: string; readonly action: string; readonly most: number } } = {
  note: { label: "What should colleagues know?", action: "Write the note", most: 2_000 },
  promise: { label: "What do you promise?", action: "Promise it", most: 80 },
  task: { label: "What is to be done?", action: "Add the task", most: 200 },
}; // prettier-ignore

type Writing = { calls: DeskCalls; story: DeskView; channel: WriteChannel };

function Draft({ kind, calls, story, channel, onDone }: Writing & { kind: Kind; onDone: () => void }) {
  const { label, action, most } = ASKS[kind];
  const [text, setText] = useState("");
  const [openedAt] = useState(() => Date.now());
  const [dueAt, setDueAt] = useState(() => fieldTime(tomorrowAtTen(openedAt)));
  // Sent twice (a lost answer, an impatient finger) it is written once.
  const [messageId] = useState(() => crypto.randomUUID());
  const written = useWritten(story.customerId);
  const id = story.customerId;
  const write = useMutation({
    mutationFn: () => {
      const due = dueAt === "" ? "" : new Date(dueAt).toISOString();
      if (kind === "note") return calls.addNote(id, { text, channel, messageId });
      if (kind === "promise") return calls.makePromise(id, { promise: text, dueAt: due, channel, messageId });
      return calls.addDeskTask(id, { title: text, dueAt: due === "" ? null : due, messageId });
    },
    onSuccess: () => {
      written();
      onDone();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    write.mutate();
  };
  const field = { label, required: true, maxLength: most, autoFocus: true, value: text };
  return (
    <form onSubmit={submit} className={classes["draft"]}>
      {kind === "note" ? (
        <Textarea {...field} autosize minRows={2} onChange={(event) => setText(event.currentTarget.value)} />
      ) : (
        <TextInput {...field} onChange={(event) => setText(event.currentTarget.value)} />
      )}
      {kind !== "note" && (
        <TextInput
          type="datetime-local"
          label="By when"
          required={kind === "promise"}
          min={fieldTime(openedAt)}
          value={dueAt}
          onChange={(event) => setDueAt(event.currentTarget.value)}
        />
      )}
      {write.isError && <Fault fault={write.error} />}
      <Group gap="xs" justify="flex-end">
        <Button variant="default" size="sm" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" size="sm" loading={write.isPending}>
          {action}
        </Button>
      </Group>
    </form>
  );
}

/** The three ways to write, and the form of the one chosen. */
export function WriteBack(writing: Writing) {
  const [chosen, setChosen] = useState<Kind | null>(null);
  return (
    <section className={classes["part"]} aria-label="Write back">
      {chosen === null ? (
        <div className={classes["kinds"]}>
          {KINDS.map(({ kind, label, icon: Icon }) => (
            <Button
              key={kind}
              variant="default"
              size="sm"
              leftSection={<Icon size={15} />}
              onClick={() => setChosen(kind)}
            >
              {label}
            </Button>
          ))}
        </div>
      ) : (
        <Draft key={chosen} kind={chosen} {...writing} onDone={() => setChosen(null)} />
      )}
    </section>
  );
}
