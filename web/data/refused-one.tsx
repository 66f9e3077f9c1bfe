/** One refused event: why, what helps, its body to mend, and the way back through the door. */
import { Alert, Button, Drawer, Group, JsonInput, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { notifications } from "@mantine/notifications";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import type { RefusedEvent } from "../api.ts";
import { useServices } from "../services.tsx";
import { CodeBlock } from "../ui/code.tsx";
import { moment } from "../ui/format.ts";
import { Fault } from "../ui/notice.tsx";
import { REFUSAL_WORDS } from "../ui/words.ts";

/** The body laid out for reading and mending; as it is where it is no JSON (it may be cut at the limit). */
export function laidOut(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

function Mend({ event, onClose }: { event: RefusedEvent; onClose: () => void }) {
  const { api, queries } = useServices();
  const before = laidOut(event.body);
  const [body, setBody] = useState(before);
  const replay = useMutation({
    mutationFn: () => api.replayOne(event.id, body === before ? undefined : JSON.parse(body)),
    onSuccess: (answer) => {
      if (answer.outcome === "refused") return;
      notifications.show({
        title: "Accepted",
        message:
          answer.outcome === "accepted"
            ? "The event is on its way to its customer."
            : "It had been replayed before.",
      });
      onClose();
    },
    // Also after a refusal: the reason may be another one now.
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["refused"] }),
        queries.invalidateQueries({ queryKey: ["stats"] }),
      ]),
  });
  return (
    <>
      <JsonInput
        label="The event"
        description="Mend it here; the moment it arrived is kept."
        autosize
        minRows={8}
        maxRows={22}
        value={body}
        onChange={setBody}
        validationError="This is not valid JSON."
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
      />
      {replay.data?.outcome === "refused" && (
        <Alert
          color="red"
          variant="light"
          role="alert"
          title={`Refused again: ${REFUSAL_WORDS[replay.data.reason].label}`}
        >
          {replay.data.detail} {REFUSAL_WORDS[replay.data.reason].help}
        </Alert>
      )}
      {replay.isError && <Fault fault={replay.error} />}
      <Group justify="flex-end">
        {body !== before && (
          <Button variant="default" onClick={() => setBody(before)}>
            As it came
          </Button>
        )}
        <Button
          leftSection={<RotateCcw size={16} />}
          loading={replay.isPending}
          disabled={!parses(body)}
          onClick={() => replay.mutate()}
        >
          {body === before ? "Replay as it is" : "Replay the mended event"}
        </Button>
      </Group>
    </>
  );
}

/** The drawer over the list. */
export function RefusedOne({ event, onClose }: { event: RefusedEvent | null; onClose: () => void }) {
  return (
    <Drawer
      opened={event !== null}
      onClose={onClose}
      position="right"
      size="lg"
      title={<strong>{event && REFUSAL_WORDS[event.reason].label}</strong>}
    >
      {event && (
        <Stack>
          <div>
            <Text>{event.detail}</Text>
            <Text size="sm" c="dimmed">
              {REFUSAL_WORDS[event.reason].help}
            </Text>
            <Text size="sm" c="dimmed" mt="xs">
              Refused {moment(Date.parse(event.refusedAt))}
              {event.replayedAt !== null && `, replayed ${moment(Date.parse(event.replayedAt))}`}
            </Text>
          </div>
          {event.replayedAt === null ? (
            <Mend event={event} onClose={onClose} />
          ) : (
            <CodeBlock label="the event" code={laidOut(event.body)} heightMax={520} />
          )}
        </Stack>
      )}
    </Drawer>
  );
}
