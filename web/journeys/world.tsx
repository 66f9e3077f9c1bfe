/** What journeys refer to, by name: what rules may, and templates. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Summary } from "../messages/calls.ts";
import { useWorld, type World } from "../segments/world.tsx";
import { useApi } from "../services.tsx";
import type { JourneyNames } from "./words.ts";

const NONE: readonly Summary[] = [];

export type JourneyWorld = {
  readonly world: World;
  readonly templates: readonly Summary[];
  readonly names: JourneyNames;
};

/** Reads it. What has not arrived yet is empty; nothing waits for it. */
export function useJourneyWorld(): JourneyWorld {
  const api = useApi();
  const world = useWorld();
  const list = useQuery({ queryKey: ["templates"], queryFn: ({ signal }) => api.templates(signal) });
  const templates = list.data?.templates ?? NONE;
  return useMemo(
    () => ({
      world,
      templates,
      names: { ...world.names, template: (id) => templates.find((one) => one.id === id)?.name ?? null },
    }),
    [world, templates],
  );
}
