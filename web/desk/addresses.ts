/** The addresses of the desk. */
import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { root } from "../root.ts";
import { signed, texts } from "../search.ts";
import { PANEL_PATH } from "../session/gate.tsx";

const desk = createRoute({
  getParentRoute: () => root,
  path: "/desk",
  validateSearch: texts("customer", "found"),
  component: lazyRouteComponent(() => import("./desk.tsx"), "DeskScreen"),
});
const looks = createRoute({
  getParentRoute: () => root,
  path: "/desk/looks",
  component: lazyRouteComponent(() => import("./looks.tsx"), "LooksScreen"),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/desk/settings",
  component: lazyRouteComponent(() => import("./settings.tsx"), "DeskSettingsScreen"),
});
/** In a helpdesk's frame: nobody signs in there (session/gate.tsx). */
const panel = createRoute({
  getParentRoute: () => root,
  path: PANEL_PATH,
  validateSearch: signed,
  component: lazyRouteComponent(() => import("./panel.tsx"), "PanelScreen"),
});

export const deskAddresses = [desk, looks, settings, panel] as const;
