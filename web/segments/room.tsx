/** The room of segments: its frame and tabs, shared by the list, the stages and the computed traits. */
import type { ReactNode } from "react";
import { Page } from "../ui/page.tsx";
import { Tabs } from "../ui/tabs.tsx";

const TABS = [
  { to: "/segments", label: "Segments" },
  { to: "/segments/stages", label: "Stages" },
  { to: "/segments/traits", label: "Computed traits" },
] as const;

/** The frame. The tab stands in the address. */
export function Room({
  title,
  intro,
  actions,
  children,
}: {
  title: string;
  intro: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <Page title={title} intro={intro} actions={actions}>
      <Tabs label="Segments" tabs={TABS} />
      {children}
    </Page>
  );
}
