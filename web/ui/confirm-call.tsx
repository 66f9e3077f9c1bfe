/** Asks before a call that takes something away, makes it, and has the list it was taken from read anew. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Confirm } from "./confirm.tsx";

type ConfirmCallProps<Target> = {
  /** What it is about; null: nothing is asked. */
  target: Target | null;
  title: string;
  action: string;
  danger?: boolean;
  call: (target: Target) => Promise<unknown>;
  /** The query whose answer is old then. */
  changes: string;
  onClose: () => void;
  children: ReactNode;
};
/** A dialog with one call and a way back. */
export function ConfirmCall<Target>({
  target,
  call,
  changes,
  onClose,
  ...words
}: ConfirmCallProps<Target>): ReactNode {
  const queries = useQueryClient();
  const calling = useMutation({
    mutationFn: call,
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: [changes] });
    },
  });
  return (
    <Confirm
      {...words}
      opened={target !== null}
      busy={calling.isPending}
      fault={calling.error}
      onConfirm={() => target !== null && calling.mutate(target)}
      onClose={onClose}
    />
  );
}
