/** The room of messages: its frame and tabs. */
import type { ReactNode } from "react";
import { Page } from "../ui/page.tsx";
import { Tabs } from "../ui/tabs.tsx";

const TABS = [
  { to: "/messages", label: "Outbox" },
  { to: "/messages/counts", label: "What became of them" },
  { to: "/messages/templates", label: "Templates" },
  { to: "/messages/providers", label: "Providers" },
] as const;

type RoomProps = { title: string; intro: string; actions?: ReactNode; children: ReactNode };
/** The frame. The tab stands in the address. */
export function Room({ title, intro, actions, children }: RoomProps) {
  return (
    <Page title={title} intro={intro} actions={actions}>
      <Tabs label="Messages" tabs={TABS} />
      {children}
    </Page>
  );
}
