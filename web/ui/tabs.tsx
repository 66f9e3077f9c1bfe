/** The tabs of a room. They are links: the tab stands in the address, opens in a new window, and survives a reload. */
import { Link, type LinkProps } from "@tanstack/react-router";
import classes from "./tabs.module.css";

type To = NonNullable<LinkProps["to"]>;
type Tab = {
  readonly to: To;
  readonly label: string;
  readonly count?: number | undefined;
  readonly narrowOnly?: boolean;
};
type TabsProps = {
  label: string;
  tabs: readonly Tab[];
  params?: Record<string, string>;
  /** What of the address the tabs hand on to each other. */
  search?: object;
};

/** A row of links, the one of this address marked as current. */
export function Tabs({ label, tabs, params, search }: TabsProps) {
  return (
    <nav aria-label={label} className={classes["tabs"]}>
      {tabs.map((tab) => (
        <Link
          key={tab.to}
          to={tab.to}
          params={(params ?? {}) as never}
          {...(search ? { search: search as never } : {})}
          activeOptions={{ exact: true, includeSearch: false }}
          className={`${classes["tab"]} ${tab.narrowOnly ? "narrow-only" : ""}`}
        >
          {tab.label}
          {tab.count !== undefined && tab.count > 0 && (
            <span className={classes["count"]}>{tab.count.toLocaleString("en")}</span>
          )}
        </Link>
      ))}
    </nav>
  );
}
