/** A curl line that sends a first event, with this server's address and the workspace's own write key. */
import { useQuery } from "@tanstack/react-query";
import { useApi } from "../services.tsx";
import { CodeBlock } from "./code.tsx";

/** The line. `host` like http://localhost:3000. */
const firstEventLine = (host: string, writeKey: string): string =>
  `curl ${host}/v1/track -u ${writeKey}: -H 'content-type: application/json' \\\n  -d '{"userId":"ann","event":"Product Viewed","properties":{"name":"Boots"}}'`;

/** The workspace's first write key in force, or undefined while unknown, null where there is none. */
function useWriteKey(): string | null | undefined {
  const api = useApi();
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => api.keys(signal) });
  return (
    keys.data &&
    (keys.data.keys.find(({ kind, revokedAt }) => kind === "write" && revokedAt === null)?.value ?? null)
  );
}

/** The line, ready to copy. */
export function FirstEvent() {
  const writeKey = useWriteKey();
  return (
    <CodeBlock label="curl line" code={firstEventLine(window.location.origin, writeKey ?? "WRITE_KEY")} />
  );
}
