/** The room of results: its frame, its tabs, and the bar that says which part of history is looked at. */
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { scopeSearchOf, type ScopeSearch } from "../analysis/scope.ts";
import { ScopeBar, type ScopeChange } from "../analysis/scope-bar.tsx";
import { Page } from "../ui/page.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { SaveView } from "./save-view.tsx";

const TABS = [
  { to: "/results", label: "Journeys" },
  { to: "/results/channels", label: "Channels" },
  { to: "/results/funnel", label: "Funnel" },
  { to: "/results/retention", label: "Retention" },
  { to: "/results/metrics", label: "Metrics" },
  { to: "/results/lifetime", label: "Lifetime value" },
  { to: "/results/views", label: "Saved" },
] as const;

/** What stands in the address of a screen of results. */
export type ResultSearch = ScopeSearch & { readonly ask?: object; readonly metric?: string };

/** Changes parts of this screen's address in place; undefined ones go. */
export function useChangeSearch(search: object): (change: object) => void {
  const navigate = useNavigate();
  return (change) => {
    const next = Object.fromEntries(
      Object.entries({ ...search, ...change }).filter(([, value]) => value !== undefined && value !== ""),
    );
    void navigate({ to: ".", search: next as never, replace: true, resetScroll: false });
  };
}

type RoomProps = {
  readonly title: string;
  readonly intro: string;
  readonly search: ResultSearch;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
};
/** The frame. The tabs hand the scope on to each other. */
export function Room({ title, intro, search, actions, children }: RoomProps) {
  return (
    <Page title={title} intro={intro} actions={actions}>
      <Tabs label="Results" tabs={TABS} search={scopeSearchOf(search)} />
      {children}
    </Page>
  );
} // prettier-ignore

type AskedProps = {
  readonly search: ResultSearch;
  readonly path: string;
  readonly body: object | null;
  readonly children?: ReactNode;
};
/** The bar of a question: its scope, what else is chosen, and a button that keeps it. */
export function AskedBar({ search, path, body, children }: AskedProps) {
  const change: ScopeChange = useChangeSearch(search);
  return (
    <ScopeBar search={search} onChange={change}>
      {children}
      {body && <SaveView path={path} body={body} search={search} />}
    </ScopeBar>
  );
} // prettier-ignore
