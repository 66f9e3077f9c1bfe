/** What every part of the rule builder may ask for: names to suggest, what can be referred to, and the problems by place. */
import { useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useRef } from "react";
import { useApi } from "../services.tsx";
import { type Problem, problemsAt } from "./rule-edit.ts";
import type { Names } from "../../src/segments/words.ts";

type Suggested = {
  readonly events: readonly string[];
  readonly traits: readonly string[];
  readonly accountTraits: readonly string[];
  /** Properties seen with an event; null: with any. */
  readonly propertiesOf: (event: string | null) => readonly string[];
};
/** What rules of this workspace can refer to. */
export type World = {
  readonly suggested: Suggested;
  readonly segments: readonly { readonly id: number; readonly name: string }[];
  readonly stages: readonly { readonly key: string; readonly name: string }[];
  readonly computed: readonly string[];
  readonly banded: boolean;
  readonly names: Names;
};

const NOTHING: readonly string[] = [];

/** Reads it. What has not arrived yet is empty; nothing waits for it. */
export function useWorld(): World {
  const api = useApi();
  const names = useQuery({ queryKey: ["names"], queryFn: ({ signal }) => api.names(signal), staleTime: 60_000 });
  const segments = useQuery({ queryKey: ["segments"], queryFn: ({ signal }) => api.segments(signal) });
  const stages = useQuery({ queryKey: ["stages"], queryFn: ({ signal }) => api.stages(signal) });
  const computed = useQuery({ queryKey: ["computed-traits"], queryFn: ({ signal }) => api.computedTraits(signal) });
  const rfm = useQuery({ queryKey: ["rfm"], queryFn: ({ signal }) => api.rfm(signal) });
  return useMemo(() => {
    const known = segments.data?.segments ?? [];
    const model = stages.data?.model?.stages ?? [];
    const events = names.data?.events ?? [];
    return {
      suggested: {
        events: events.map(({ name }) => name),
        traits: names.data?.traits ?? NOTHING,
        accountTraits: names.data?.accountTraits ?? NOTHING,
        propertiesOf: (event) =>
          events.find(({ name }) => name === event)?.properties ??
          [...new Set(events.flatMap(({ properties }) => properties))].toSorted(),
      },
      segments: known,
      stages: model,
      computed: computed.data?.computedTraits.map(({ name }) => name) ?? NOTHING,
      banded: rfm.data === undefined || rfm.data.rfm !== null,
      names: {
        segment: (id) => known.find((one) => one.id === id)?.name ?? null,
        stage: (key) => model.find((one) => one.key === key)?.name ?? null,
      },
    };
  }, [names.data, segments.data, stages.data, computed.data, rfm.data]);
} // prettier-ignore

type Building = {
  readonly world: World;
  readonly problems: readonly Problem[];
  /** Tells the path of a condition just added: it takes the focus when it appears. */
  readonly announce: (path: string) => void;
  /** Whether `path` was just added; true once. */
  readonly isFresh: (path: string) => boolean;
};
const BuildingContext = createContext<Building | null>(null);

/** Hands the world and the problems down to the builder. */
export function Building({
  world,
  problems,
  children,
}: {
  world: World;
  problems: readonly Problem[];
  children: ReactNode;
}) {
  const fresh = useRef<string | null>(null);
  const building = useMemo(
    () => ({
      world,
      problems,
      announce: (path: string) => {
        fresh.current = path;
      },
      isFresh: (path: string) => {
        if (fresh.current !== path) return false;
        fresh.current = null;
        return true;
      },
    }),
    [world, problems],
  );
  return <BuildingContext.Provider value={building}>{children}</BuildingContext.Provider>;
}

/** The builder's surroundings. Throws outside of it, which is a bug. */
export function useBuilding(): Building {
  const building = useContext(BuildingContext);
  if (building === null) throw new Error("A part of the rule builder stands outside of it.");
  return building;
}

/** Whether something is wrong at `path` or inside. */
export const useWrong = (path: string): boolean => problemsAt(useBuilding().problems, path).length > 0;
