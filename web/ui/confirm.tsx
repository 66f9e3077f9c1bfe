/** Asks before something that costs: says what will happen, and names the action on the button. */
import { Button, Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { Fault } from "./notice.tsx";

type ConfirmProps = {
  opened: boolean;
  title: string;
  children: ReactNode;
  action: string;
  danger?: boolean;
  busy: boolean;
  fault: unknown;
  onConfirm: () => void;
  onClose: () => void;
};
/** A dialog with one action and a way back. */
export function Confirm({
  opened,
  title,
  children,
  action,
  danger,
  busy,
  fault,
  onConfirm,
  onClose,
}: ConfirmProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={<strong>{title}</strong>}>
      {children}
      {fault !== null && fault !== undefined && <Fault fault={fault} />}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>
          Keep as it is
        </Button>
        <Button {...(danger ? { color: "red.9" } : {})} loading={busy} onClick={onConfirm} data-autofocus>
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
