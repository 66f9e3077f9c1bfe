/** The rule as JSON: copy it out, paste one in. What was pasted is used only once the server finds nothing wrong with it. */
import { Button, Group, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { Rule } from "../../src/segments/model.ts";
import { useApi } from "../services.tsx";
import { CopyIcon } from "../ui/code.tsx";
import { Fault } from "../ui/notice.tsx";
import classes from "./editor.module.css";
import { type Problem, rooted } from "./rule-edit.ts";

const written = (rule: Rule): string => JSON.stringify(rule, null, 2);

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };
function read(text: string): Read {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (refusal) {
    return {
      ok: false,
      message: refusal instanceof Error ? `This is not JSON: ${refusal.message}.` : "This is not JSON.",
    };
  }
}

/** The text, and the button that takes it over. */
export function JsonView({ rule, onUse }: { rule: Rule; onUse: (rule: Rule) => void }) {
  const api = useApi();
  const [text, setText] = useState(() => written(rule));
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const take = useMutation({
    mutationFn: async () => {
      const told = read(text);
      if (!told.ok) return [{ path: "", message: told.message }];
      const { ok, problems: found } = await api.checkRule(told.value);
      if (!ok) return found;
      onUse(rooted(told.value as Rule));
      return [];
    },
    onSuccess: (found) => setProblems(found),
  });
  return (
    <div className={classes["json"]}>
      <Textarea
        label="The rule as JSON"
        description="The same language the API takes. Paste a rule of another workspace, or take this one along."
        autosize
        minRows={10}
        maxRows={28}
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {problems.length > 0 && (
        <ul role="alert" className={classes["wrong"]}>
          {problems.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              {path !== "" && <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      {take.isError && <Fault fault={take.error} />}
      <Group gap="sm">
        <Button variant="default" loading={take.isPending} onClick={() => take.mutate()}>
          Use this rule
        </Button>
        <CopyIcon value={text} label="Copy the rule" />
      </Group>
    </div>
  );
}
