/** Keeping the question on the screen under a name, so that it opens again and can go out by mail. */
import { Button, Group, Modal, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { Bookmark } from "lucide-react";
import { type FormEvent, useState } from "react";
import { daysOf, type ScopeSearch } from "../analysis/scope.ts";
import { useServices } from "../services.tsx";
import { Fault } from "../ui/notice.tsx";
import type { ViewBody } from "./calls.ts";

type SaveViewProps = { readonly path: string; readonly body: object; readonly search: ScopeSearch };
/** The button and its dialog. A period that moves with the day goes on moving; two days stay those two. */
export function SaveView({ path, body, search }: SaveViewProps) {
  const { api, queries } = useServices();
  const [opened, { open, close }] = useDisclosure(false);
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () => api.createView({ name: name.trim(), path, body: body as ViewBody["body"], lastDays: daysOf(search) }),
    onSuccess: async () => {
      close();
      setName("");
      notifications.show({ title: "The view is saved", message: "It stands under Saved, and can go out by mail." });
      await queries.invalidateQueries({ queryKey: ["views"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== "") save.mutate();
  };
  return (
    <>
      <Button variant="subtle" leftSection={<Bookmark size={16} />} onClick={open}>Save view</Button>
      <Modal opened={opened} onClose={close} title={<strong>Save this view</strong>}>
        <form onSubmit={submit}>
          <TextInput label="What is it called?" value={name} maxLength={200} data-autofocus onChange={(event) => setName(event.currentTarget.value)} />
          <p className="quiet">
            {daysOf(search) === null ? "It keeps the two days that are chosen." : `It always shows the last ${daysOf(search)} whole days before today, by the workspace's clock: the same here and by mail.`}
          </p>
          {save.isError && <Fault fault={save.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>Cancel</Button>
            <Button type="submit" loading={save.isPending} disabled={name.trim() === ""}>Save</Button>
          </Group>
        </form>
      </Modal>
    </>
  );
} // prettier-ignore
