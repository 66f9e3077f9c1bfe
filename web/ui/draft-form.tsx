/** A short form that makes one thing: its fields, what went wrong, and the button that says what it does. */
import { Button, Group, Stack } from "@mantine/core";
import type { FormEvent, ReactNode } from "react";
import { Fault } from "./notice.tsx";

type DraftFormProps = {
  making: {
    readonly mutate: () => void;
    readonly isPending: boolean;
    readonly isError: boolean;
    readonly error: unknown;
  };
  action: string;
  children: ReactNode;
};
export function DraftForm({ making, action, children }: DraftFormProps): ReactNode {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    making.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {children}
        {making.isError && <Fault fault={making.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={making.isPending}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
