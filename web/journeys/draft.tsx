/**
 * The draft at work: what the server has, what was changed here since, undoing, and what is wrong with it. It lives above
 * the tabs of a journey, so that looking at a replay or at results loses nothing.
 */
import { useDebouncedValue } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { type UseMutationResult, useMutation, useQuery } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useMemo, useState } from "react";
import type { JourneyView } from "../../src/journeys/document.ts";
import type { JourneyDraft } from "../../src/journeys/model.ts";
import { Problem as Refusal } from "../http.ts";
import type { Problem } from "../segments/rule-edit.ts";
import { useApi, useServices } from "../services.tsx";
import { type Change } from "./edit.ts";
import { begun, done, type History, redone, undone } from "./undo.ts";
import { unfinished } from "./unfinished.ts";
import { type JourneyWorld, useJourneyWorld } from "./world.tsx";

const RESTS_MS = 350;
const NOTHING: readonly Problem[] = [];

/** What is to be saved; `over`: also over what somebody else saved meanwhile. */
type Saving = { readonly draft: JourneyDraft; readonly over?: boolean };
/** What the screens of one journey share. */
export type Drafting = JourneyWorld & {
  readonly view: JourneyView;
  readonly draft: JourneyDraft;
  /** Something was changed here that the server does not have. */
  readonly changed: boolean;
  readonly problems: readonly Problem[];
  /** Problems are those of the draft as it stands, not of a moment ago. */
  readonly checked: boolean;
  readonly edit: (change: Change, tag?: string | null) => void;
  readonly set: (part: Partial<JourneyDraft>, tag?: string | null) => void;
  readonly undo: (() => void) | null;
  readonly redo: (() => void) | null;
  readonly save: UseMutationResult<JourneyView, Error, Saving>;
  /** Forgets what was changed here and takes what the server has. */
  readonly reload: () => Promise<void>;
  /** Takes over what was saved another way (as JSON), as one change that can be undone. */
  readonly adopt: (view: JourneyView) => void;
};
const DraftContext = createContext<Drafting | null>(null);

/** The draft at work. Throws outside of a journey's screen, which is a bug. */
export function useDraft(): Drafting {
  const drafting = useContext(DraftContext);
  if (drafting === null) throw new Error("A part of a journey's screen stands outside of it.");
  return drafting;
}

/** The server's word on a draft, asked once changing rests. Null: there is something to fill in before. */
function useCheck(draft: JourneyDraft | null) {
  const api = useApi();
  const text = draft === null ? "" : JSON.stringify(draft);
  const [asked] = useDebouncedValue(text, RESTS_MS);
  const check = useQuery({
    queryKey: ["journey-check", asked],
    queryFn: ({ signal }) => api.checkJourney(JSON.parse(asked), signal),
    enabled: asked !== "",
    staleTime: 0,
    gcTime: 30_000,
  });
  const settled = asked === text && check.data !== undefined;
  return { problems: settled ? check.data.problems : NOTHING, settled };
}

/** What the server could not use when the draft was saved. */
const refusedOf = (fault: unknown): readonly Problem[] =>
  fault instanceof Refusal
    ? fault.fields.map(({ pointer, detail }) => ({
        path: (pointer ?? "").replace(/^[#/]+/, "").replace(/^draft\//, ""),
        message: detail,
      }))
    : NOTHING;

/** Keeps the history; follows the server while nothing was changed here. */
function useHistory(view: JourneyView) {
  const [history, setHistory] = useState<History<JourneyDraft>>(() => begun(view.draft));
  // What was changed here began from this draft: saving says so.
  const [base, setBase] = useState({ draft: view.draft, no: view.draftNo });
  const changed =
    history.present !== base.draft && JSON.stringify(history.present) !== JSON.stringify(base.draft);
  const take = (next: JourneyView) => {
    setBase({ draft: next.draft, no: next.draftNo });
    setHistory(begun(next.draft));
  };
  if (view.draftNo > base.no && !changed) take(view);
  return { history, setHistory, base, setBase, changed, take };
}

function useSave(
  view: JourneyView,
  base: { readonly no: number },
  onKept: (draft: JourneyDraft, no: number) => void,
) {
  const { api, queries } = useServices();
  return useMutation({
    mutationFn: ({ draft, over = false }: Saving) =>
      api.changeJourney(view.id, draft, over ? undefined : base.no),
    onSuccess: (next, { draft }) => {
      // Undoing reaches back over a save; what is kept now is what was sent.
      onKept(draft, next.draftNo);
      queries.setQueryData(["journey", view.id], next);
      void queries.invalidateQueries({ queryKey: ["journeys"] });
    },
  });
}

function tellDropped(dropped: number): void {
  if (dropped > 0)
    notifications.show({
      title: dropped === 1 ? "One more step went with it" : `${dropped} more steps went with it`,
      message: "Nothing led to them any more. Undo brings all back.",
    });
}

/** Hands the draft down. */
export function DraftProvider({ view, children }: { view: JourneyView; children: ReactNode }) {
  const { api, queries } = useServices();
  const world = useJourneyWorld();
  const { history, setHistory, base, setBase, changed, take } = useHistory(view);
  const draft = history.present;
  const missing = useMemo(() => unfinished(draft), [draft]);
  const check = useCheck(missing.length === 0 ? draft : null);
  const save = useSave(view, base, (kept, no) => setBase({ draft: kept, no }));
  const change = (next: JourneyDraft, tag: string | null) => {
    if (save.isError) save.reset();
    setHistory((held) => done(held, next, tag));
  };
  const problems = useMemo(
    () => [...missing, ...check.problems, ...refusedOf(save.error)],
    [missing, check.problems, save.error],
  );
  const drafting: Drafting = {
    ...world,
    view,
    draft,
    changed,
    save,
    problems,
    checked: missing.length > 0 || check.settled,
    edit: (next, tag = null) => {
      change(next.draft, tag);
      tellDropped(next.dropped);
    },
    set: (part, tag = Object.keys(part).join(" ")) => change({ ...draft, ...part }, tag),
    undo: history.past.length > 0 ? () => setHistory(undone) : null,
    redo: history.future.length > 0 ? () => setHistory(redone) : null,
    reload: async () => {
      save.reset();
      const next = await api.journey(view.id);
      queries.setQueryData(["journey", view.id], next);
      take(next);
    },
    adopt: (next) => {
      queries.setQueryData(["journey", view.id], next);
      setBase({ draft: next.draft, no: next.draftNo });
      change(next.draft, null);
    },
  };
  return <DraftContext.Provider value={drafting}>{children}</DraftContext.Provider>;
}
