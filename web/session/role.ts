/** What the signed-in person may do in the workspace at work. */
import type { WorkspaceView } from "../../src/access/model.ts";
import { useServices } from "../services.tsx";
import { useSession } from "./gate.tsx";

/** The role; null where they belong to no workspace. */
export function useRole(): WorkspaceView["role"] | null {
  const { workspaces } = useSession();
  const id = useServices().workspaceId();
  return (workspaces.find((one) => one.id === id) ?? workspaces[0])?.role ?? null;
}
