/** Text to take along: code with a copy button, and JSON laid out. */
import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import classes from "./code.module.css";

/** A button that copies `value`; says so when it has. */
export function CopyIcon({ value, label }: { value: string; label: string }) {
  return (
    <CopyButton value={value} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? "Copied" : label}>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            onClick={copy}
            aria-label={copied ? "Copied" : label}
          >
            {copied ? <Check size={14} /> : <Copy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

/** A block of code or data under a name; scrolls within itself, also by keyboard. */
export function CodeBlock({ code, label, heightMax }: { code: string; label: string; heightMax?: number }) {
  return (
    <div className={classes["block"]}>
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        style={heightMax === undefined ? undefined : { maxHeight: heightMax }}
      >
        <code>{code}</code>
      </pre>
      <span className={classes["copy"]}>
        <CopyIcon value={code} label={`Copy ${label}`} />
      </span>
    </div>
  );
}

/** A value as indented JSON. */
export function JsonBlock({ value, label }: { value: unknown; label: string }) {
  return <CodeBlock code={JSON.stringify(value, null, 2)} label={label} heightMax={480} />;
}
