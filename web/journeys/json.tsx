/** The draft as JSON: take it along, paste one in. What is pasted is saved at once, because the server fills in what is left away. */
import { Button, Group, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { Problem } from "../http.ts";
import { useApi } from "../services.tsx";
import { CopyIcon } from "../ui/code.tsx";
import { saveFile } from "../ui/save-file.ts";
import { Fault } from "../ui/notice.tsx";
import { useDraft } from "./draft.tsx";
import classes from "./design.module.css";

/** A text as JSON; throws a sentence. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "it cannot be read";
    throw new Problem(422, "This is not JSON", `${why}. Nothing was changed.`);
  }
}

/** The text, and the button that saves it. */
export function JsonView() {
  const api = useApi();
  const { draft, view, adopt } = useDraft();
  const [text, setText] = useState(() => JSON.stringify(draft, null, 2));
  const take = useMutation({
    mutationFn: async () => api.changeJourney(view.id, parsed(text) as typeof draft, view.draftNo),
    onSuccess: (next) => {
      adopt(next);
      setText(JSON.stringify(next.draft, null, 2));
    },
  });
  return (
    <div className={classes["json"]}>
      <Textarea
        label="The journey as JSON"
        description="The same language the API and the command line take. Keep it in git, or take it to another workspace."
        autosize
        minRows={12}
        maxRows={32}
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {take.isError && <Fault fault={take.error} />}
      <Group gap="sm">
        <Button loading={take.isPending} onClick={() => take.mutate()}>
          Save this JSON
        </Button>
        <Button
          variant="default"
          leftSection={<Download size={16} />}
          onClick={() => saveFile(`${draft.name}.json`, text, "application/json")}
        >
          Download
        </Button>
        <CopyIcon value={text} label="Copy the JSON" />
      </Group>
    </div>
  );
}
