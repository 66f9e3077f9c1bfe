/** The frame of every screen: its title (for the tab and for screen readers too), a sentence, actions, and what follows. */
import { Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import classes from "./page.module.css";

/** Names the browser's tab after the screen. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Throughline`;
  }, [title]);
}

type PageProps = { title: string; intro?: ReactNode; actions?: ReactNode; children: ReactNode };
/** One screen. */
export function Page({ title, intro, actions, children }: PageProps) {
  useTitle(title);
  return (
    <div className={classes["page"]}>
      <header className={classes["head"]}>
        <div>
          <Title order={1}>{title}</Title>
          {intro !== undefined && <p className={classes["intro"]}>{intro}</p>}
        </div>
        {actions !== undefined && <div className={classes["actions"]}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}
