/** How fresh everything on the screens is: how far the worker and the event log are behind what was accepted. */
import { Popover, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Readiness } from "../api.ts";
import { useApi } from "../services.tsx";
import { counted, lasting } from "../ui/format.ts";
import classes from "./shell.module.css";

const EVERY_MS = 5000;
/** Less than this is a moment's work, not a delay. */
const BEHIND_MS = 2000;

type State = { readonly tone: "good" | "late" | "bad"; readonly label: string };

/** The readiness in a word or two. */
function stateOf(readiness: Readiness | undefined, failed: boolean): State {
  if (failed) return { tone: "bad", label: "No connection" };
  if (readiness === undefined) return { tone: "good", label: "Checking" };
  const { worker, eventLog } = readiness;
  const behindMs = Math.max(worker.lagMs ?? 0, eventLog.lagMs ?? 0);
  const behind = (worker.lagEvents ?? 0) + (eventLog.lagEvents ?? 0);
  if (behind > 0 && behindMs >= BEHIND_MS) return { tone: "late", label: `${lasting(behindMs)} behind` };
  return readiness.ready ? { tone: "good", label: "Up to date" } : { tone: "bad", label: "Not ready" };
}

function line({ lagEvents, lagMs }: Readiness["worker"]): string {
  if (lagEvents === null) return "cannot be asked for now";
  return lagEvents === 0
    ? "nothing waits"
    : `${counted(lagEvents, "event")} waiting, the oldest for ${lasting(lagMs ?? 0)}`;
}

/** The dot in the header; opened, what it rests on. */
export function Freshness() {
  const api = useApi();
  const query = useQuery({
    queryKey: ["readiness"],
    queryFn: ({ signal }) => api.readiness(signal),
    refetchInterval: EVERY_MS,
    retry: false,
  });
  const { tone, label } = stateOf(query.data, query.isError);
  return (
    <Popover width={300} position="bottom-end" shadow="md" withArrow>
      <Popover.Target>
        <UnstyledButton className={classes["fresh"]} data-tone={tone} aria-label={`Freshness: ${label}`}>
          <span className={classes["light"]} aria-hidden="true" />
          <span className="wide-only">{label}</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <Text fw={600} size="sm">
          {label}
        </Text>
        {query.isError && <Text size="sm">{query.error.message}</Text>}
        {query.data && (
          <Text size="sm" component="div">
            Customers: {line(query.data.worker)}.
            <br />
            Event log: {line(query.data.eventLog)}.
          </Text>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
