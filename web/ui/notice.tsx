/** When there is nothing, not yet, or not at all: empty states that teach, errors as sentences with a way on, skeletons. */
import { Button, Skeleton, Stack, Text, Title } from "@mantine/core";
import { type ErrorComponentProps, Link } from "@tanstack/react-router";
import { CloudOff, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Problem } from "../http.ts";
import classes from "./notice.module.css";

type EmptyProps = { icon: ReactNode; title: string; order?: 1 | 2; children: ReactNode };
/** Nothing here, and what to do about it. */
export function Empty({ icon, title, order = 2, children }: EmptyProps) {
  return (
    <div className={classes["empty"]}>
      <span className={classes["icon"]} aria-hidden="true">
        {icon}
      </span>
      <Title order={order} size="h3">
        {title}
      </Title>
      <div className={classes["teach"]}>{children}</div>
    </div>
  );
}

/** The sentences of a fault: what happened, and each field the server could not use. */
function sentencesOf(fault: unknown): { title: string; detail: string; fields: readonly string[] } {
  if (fault instanceof Problem)
    return {
      title: fault.title,
      detail: fault.message,
      fields: fault.fields.map(({ pointer, detail }) =>
        pointer ? `${pointer.replace(/^[#/]+/, "")}: ${detail}` : detail,
      ),
    };
  const detail = fault instanceof Error ? fault.message : String(fault);
  return { title: "This screen had a fault", detail, fields: [] };
}

type FaultProps = { fault: unknown; retry?: (() => void) | undefined; retrying?: boolean };
/** An error as sentences, with a button to try again where that can help. */
export function Fault({ fault, retry, retrying }: FaultProps) {
  const { title, detail, fields } = sentencesOf(fault);
  const Icon = fault instanceof Problem && fault.status === 0 ? CloudOff : TriangleAlert;
  return (
    <div role="alert" className={classes["fault"]}>
      <Icon size={18} aria-hidden="true" />
      <div className={classes["sentences"]}>
        <strong>{title}</strong>
        {detail !== title && <p>{detail}</p>}
        {fields.length > 0 && (
          <ul>
            {fields.map((field) => (
              <li key={field}>{field}</li>
            ))}
          </ul>
        )}
      </div>
      {retry && (
        <Button variant="default" size="xs" onClick={retry} loading={retrying ?? false}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A fault that stopped a whole screen from being drawn. */
export function ScreenFault({ error, reset }: ErrorComponentProps) {
  return (
    <div className="pad">
      <Fault fault={error} retry={reset} />
    </div>
  );
}

/** An address that leads nowhere. */
export function NotFound() {
  return (
    <Empty icon={<TriangleAlert />} order={1} title="There is no such screen">
      <Text>The address may be from another version, or mistyped.</Text>
      <Link to="/" className="link">
        Go to the start
      </Link>
    </Empty>
  );
}

/** Lines that hold the place of rows to come, so that nothing jumps when they arrive. */
export function Rows({
  rows = 8,
  height = 44,
  label = "Loading",
}: {
  rows?: number;
  height?: number;
  label?: string;
}) {
  return (
    <Stack gap={8} className="pad" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height - 8} radius="sm" />
      ))}
    </Stack>
  );
}
