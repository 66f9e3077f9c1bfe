/** The rooms the navigation leads to. A room is listed once its screens exist; nothing here leads nowhere. */
import type { LinkProps } from "@tanstack/react-router";
import type { WorkspaceView } from "../../src/access/model.ts";
import {
  Cable,
  ChartNoAxesColumn,
  ConciergeBell,
  LayoutDashboard,
  type LucideIcon,
  Mail,
  Route,
  Shapes,
  Unplug,
  Users,
  Waypoints,
} from "lucide-react";

export type RoomLink = {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly label: string;
  readonly icon: LucideIcon;
  /** Pressed after `g`, goes there. */
  readonly key: string;
};
/** In the order of the loop: who, who belongs together, what happens next, what is said, then where from. */
export const ROOM_LINKS: readonly RoomLink[] = [
  { to: "/overview", label: "Overview", icon: LayoutDashboard, key: "o" },
  { to: "/map", label: "Map", icon: Waypoints, key: "p" },
  { to: "/gaps", label: "Gaps", icon: Unplug, key: "a" },
  { to: "/customers", label: "Customers", icon: Users, key: "c" },
  { to: "/desk", label: "Desk", icon: ConciergeBell, key: "k" },
  { to: "/segments", label: "Segments", icon: Shapes, key: "s" },
  { to: "/journeys", label: "Journeys", icon: Route, key: "j" },
  { to: "/messages", label: "Messages", icon: Mail, key: "m" },
  { to: "/results", label: "Results", icon: ChartNoAxesColumn, key: "r" },
  { to: "/data", label: "Data", icon: Cable, key: "d" },
];

/** The rooms a role leads to: who works at the desk has the desk alone. */
export const roomsFor = (role: WorkspaceView["role"] | null): readonly RoomLink[] =>
  role === "desk" ? ROOM_LINKS.filter(({ to }) => to === "/desk") : ROOM_LINKS;
