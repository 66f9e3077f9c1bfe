/** Publishing: what changes, who is in the version before, and what becomes of them. Nothing is published unseen. */
import { Button, Group, Modal, Radio, Skeleton, Stack, Table } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { useState } from "react";
import type { BlastRadius } from "../../src/journeys/document.ts";
import { useServices } from "../services.tsx";
import { count, counted } from "../ui/format.ts";
import { Fault } from "../ui/notice.tsx";
import type { Former } from "./calls.ts";
import { ChangeList } from "./changes.tsx";
import { useDraft } from "./draft.tsx";
import classes from "./journeys.module.css";
import { lineOf } from "./words.ts";

/** What each choice means for those who are in it now, in numbers. */
export function formerWords(former: Former, { running, byStep, waitingMessages }: BlastRadius): string {
  const sum = (becomes: string) => byStep.reduce((all, one) => all + (one.becomes === becomes ? one.n : 0), 0);
  const waiting = waitingMessages === 0 ? "" : ` ${counted(waitingMessages, "message")} of theirs wait to leave.`;
  switch (former) {
    case "pin":
      return `All ${count(running)} finish the version they are in.${waiting}`;
    case "migrate":
      return `${count(sum("goes_on"))} go on at the same step of the new version; ${count(sum("is_taken_out"))} are taken out, because their step is gone.`;
    case "end":
      return `All ${count(running)} are taken out at once, and what waits to be sent is taken back.`;
  }
} // prettier-ignore

const FORMER: readonly { readonly value: Former; readonly label: string }[] = [
  { value: "pin", label: "Let them finish" },
  { value: "migrate", label: "Move them on" },
  { value: "end", label: "Take them out" },
];

function Inside({ radius, former, onFormer }: { radius: BlastRadius; former: Former; onFormer: (former: Former) => void }) {
  const { view, draft, names } = useDraft();
  if (radius.running === 0) return <p>Nobody is in it now. {radius.enteredLastDay > 0 && `${counted(radius.enteredLastDay, "customer")} entered in the last day.`}</p>;
  const step = (id: string) => {
    const one = draft.steps[id] ?? view.draft.steps[id];
    return one ? lineOf(one, names) : id;
  };
  return (
    <>
      <Radio.Group label={`What becomes of the ${counted(radius.running, "customer")} in it now`} value={former} onChange={(next) => onFormer(next as Former)}>
        <Stack gap="xs" mt="xs">
          {FORMER.map(({ value, label }) => <Radio key={value} value={value} label={label} description={formerWords(value, radius)} />)}
        </Stack>
      </Radio.Group>
      {former === "migrate" && (
        <Table aria-label="Where they are now" className={classes["inside"] ?? ""}>
          <Table.Thead><Table.Tr><Table.Th>They are at</Table.Th><Table.Th>Now</Table.Th><Table.Th>Then</Table.Th></Table.Tr></Table.Thead>
          <Table.Tbody>
            {radius.byStep.map(({ version, step: id, n, becomes }) => (
              <Table.Tr key={`${version} ${id}`}>
                <Table.Td>{step(id)} <span className="quiet">version {version}</span></Table.Td>
                <Table.Td>{count(n)}</Table.Td>
                <Table.Td>{becomes === "goes_on" ? "go on there" : "are taken out"}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
} // prettier-ignore

/** The dialog. */
export function PublishDialog({ onClose }: { onClose: () => void }) {
  const { api, queries } = useServices();
  const { view, names } = useDraft();
  const [former, setFormer] = useState<Former>("pin");
  const radius = useQuery({
    queryKey: ["blast-radius", view.id, view.draftNo],
    queryFn: ({ signal }) => api.blastRadius(view.id, signal),
    staleTime: 0,
  });
  const publish = useMutation({
    mutationFn: (draftNo: number) => api.publishJourney(view.id, { formerRuns: former, draftNo }),
    onSuccess: async (next) => {
      queries.setQueryData(["journey", view.id], next);
      notifications.show({
        title: `${next.name} is published`,
        message: next.versions[0]?.state === "building" ? "Customers enter it as soon as its rules know history." : "Customers enter it from now on.",
      });
      onClose();
      await queries.invalidateQueries({ queryKey: ["journeys"] });
    },
  });
  const first = view.versions.length === 0;
  return (
    <Modal opened onClose={onClose} title={<strong>{first ? `Publish ${view.name}?` : `Publish version ${(view.versions[0]?.number ?? 0) + 1} of ${view.name}?`}</strong>} size={640}>
      <div className={classes["dialog"]}>
        {radius.isPending && <Skeleton height={140} role="status" aria-label="Looking who is affected" />}
        {radius.isError && <Fault fault={radius.error} retry={() => void radius.refetch()} />}
        {radius.data && (
          <>
            {first ? (
              <p>It goes live: customers enter from now on, {view.draft.holdoutRatio > 0 ? `${Number((100 * view.draft.holdoutRatio).toFixed(1))} % are held out to measure the rest against` : "and nobody is held out"}.</p>
            ) : (
              <section aria-label="What changes">
                <h3>What changes</h3>
                <ChangeList changes={radius.data.changes} names={names} />
              </section>
            )}
            <Inside radius={radius.data} former={former} onFormer={setFormer} />
          </>
        )}
        {publish.isError && <Fault fault={publish.error} />}
      </div>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose}>Not yet</Button>
        <Button leftSection={<Rocket size={16} />} disabled={!radius.data} loading={publish.isPending} onClick={() => publish.mutate(radius.data!.draftNo)} data-autofocus>Publish</Button>
      </Group>
    </Modal>
  );
} // prettier-ignore
