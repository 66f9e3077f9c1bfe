/** Pausing, resuming, stopping and removing a journey, each with a question that says what it does. */
import { ActionIcon, Menu, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Copy, EllipsisVertical, type LucideIcon, Pause, Play, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import type { JourneySummary } from "../../src/journeys/document.ts";
import { useServices } from "../services.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { counted } from "../ui/format.ts";

type Act = "live" | "paused" | "stopped" | "delete";
type Words = {
  readonly title: string;
  readonly action: string;
  readonly done: string;
  readonly body: string;
  readonly danger: boolean;
};

/** What an act is asked and told with. */
export function actWords(act: Act, { name, running }: Pick<JourneySummary, "name" | "running">): Words {
  const inside = counted(running, "customer");
  switch (act) {
    case "paused":
      return { title: `Pause ${name}?`, action: "Pause the journey", done: "is paused", danger: false, body: `Nobody enters until you resume it. The ${inside} in it now go on as planned.` };
    case "live":
      return { title: `Resume ${name}?`, action: "Resume the journey", done: "is live", danger: false, body: "Customers enter again from now on. Who would have entered meanwhile is not let in afterwards." };
    case "stopped":
      return { title: `Stop ${name}?`, action: "Stop the journey", done: "is stopped", danger: true, body: `Nobody enters any more, the ${inside} in it are taken out at once, and messages that wait are taken back. To stop only new ones, pause it.` };
    case "delete":
      return { title: `Delete ${name}?`, action: "Delete the journey", done: "is deleted", danger: true, body: "The draft, its versions and its counts are gone. What was sent stays in the outbox and in customers' stories." };
  }
} // prettier-ignore

/** Which acts a journey's state allows. */
const actsOf = (state: JourneySummary["state"]): readonly Act[] =>
  ({ draft: ["delete"], live: ["paused", "stopped", "delete"], paused: ["live", "stopped", "delete"], stopped: ["live", "delete"] } as const)[state]; // prettier-ignore
const ITEMS: { readonly [act in Act]: { readonly label: string; readonly icon: LucideIcon } } = {
  paused: { label: "Pause", icon: Pause },
  live: { label: "Resume", icon: Play },
  stopped: { label: "Stop", icon: Square },
  delete: { label: "Delete", icon: Trash2 },
};

function Asked({ act, journey, onClose }: { act: Act; journey: JourneySummary; onClose: () => void }) {
  const { api, queries } = useServices();
  const navigate = useNavigate();
  const words = actWords(act, journey);
  const perform = useMutation({
    mutationFn: async () =>
      act === "delete" ? api.deleteJourney(journey.id) : api.setJourneyState(journey.id, act),
    onSuccess: async () => {
      notifications.show({ title: `${journey.name} ${words.done}`, message: "" });
      onClose();
      if (act === "delete") await navigate({ to: "/journeys" });
      else await queries.invalidateQueries({ queryKey: ["journey", journey.id] });
      await queries.invalidateQueries({ queryKey: ["journeys"] });
    },
  });
  return (
    <Confirm
      opened
      title={words.title}
      action={words.action}
      danger={words.danger}
      busy={perform.isPending}
      fault={perform.error}
      onConfirm={() => perform.mutate()}
      onClose={onClose}
    >
      <Text size="sm">{words.body}</Text>
    </Confirm>
  );
}

/** The menu of one journey. */
export function JourneyActions({ journey }: { journey: JourneySummary }) {
  const { api, queries } = useServices();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Act | null>(null);
  const copy = useMutation({
    mutationFn: async () => {
      const { draft } = await api.journey(journey.id);
      return api.createJourney({ ...draft, name: `${draft.name} (copy)`.slice(0, 200) });
    },
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: ["journeys"] });
      await navigate({ to: "/journeys/$journeyId", params: { journeyId: String(id) } });
    },
    onError: (fault) => notifications.show({ color: "red", title: "Not copied", message: fault.message }),
  });
  return (
    <>
      <Menu position="bottom-end" shadow="md">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label={`More for ${journey.name}`}>
            <EllipsisVertical size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<Copy size={15} />} onClick={() => copy.mutate()}>
            Duplicate
          </Menu.Item>
          {actsOf(journey.state).map((act) => {
            const { label, icon: Icon } = ITEMS[act];
            return (
              <Menu.Item key={act} leftSection={<Icon size={15} />} onClick={() => setAsked(act)}>
                {label}
              </Menu.Item>
            );
          })}
        </Menu.Dropdown>
      </Menu>
      {asked !== null && <Asked act={asked} journey={journey} onClose={() => setAsked(null)} />}
    </>
  );
}
