/**
 * Which address shows which screen. Each room is a chunk of its own, loaded when first opened; what a screen shows beyond
 * that (filters, searches) stands in the address's query, so that a view can be shared.
 */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { Gate } from "./session/gate.tsx";
import { NotFound, ScreenFault } from "./ui/notice.tsx";

/** A query parameter as a text, or undefined: an absent, empty or malformed one does not stay in the address. */
const text = (value: unknown): string | undefined => {
  const given = typeof value === "number" ? String(value) : value;
  return typeof given === "string" && given !== "" ? given.slice(0, 500) : undefined;
};
/** The search of a screen: the named texts, absent ones left out. */
const texts =
  <Name extends string>(...names: Name[]) =>
  (search: Record<string, unknown>) =>
    Object.fromEntries(
      names.flatMap((name) => {
        const value = text(search[name]);
        return value === undefined ? [] : [[name, value]];
      }),
    ) as { [name in Name]?: string };

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound });
const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./shell/home.tsx"), "Home"),
});

const customers = createRoute({
  getParentRoute: () => root,
  path: "/customers",
  validateSearch: texts("query"),
  component: lazyRouteComponent(() => import("./customers/list.tsx"), "CustomersScreen"),
});
const customer = createRoute({
  getParentRoute: () => root,
  path: "/customers/$customerId",
  component: lazyRouteComponent(() => import("./customers/customer.tsx"), "CustomerScreen"),
});
const timeline = createRoute({
  getParentRoute: () => customer,
  path: "/",
  validateSearch: texts("channel"),
  component: lazyRouteComponent(() => import("./customers/timeline.tsx"), "TimelineTab"),
});
const about = createRoute({
  getParentRoute: () => customer,
  path: "/about",
  component: lazyRouteComponent(() => import("./customers/facts.tsx"), "AboutTab"),
});
const identities = createRoute({
  getParentRoute: () => customer,
  path: "/identities",
  component: lazyRouteComponent(() => import("./customers/identities.tsx"), "IdentitiesTab"),
});

const customerSegments = createRoute({
  getParentRoute: () => customer,
  path: "/segments",
  component: lazyRouteComponent(() => import("./customers/segments.tsx"), "SegmentsTab"),
});

const customerMessages = createRoute({
  getParentRoute: () => customer,
  path: "/messages",
  component: lazyRouteComponent(() => import("./messages/of-customer.tsx"), "CustomerMessagesTab"),
});

const segments = createRoute({
  getParentRoute: () => root,
  path: "/segments",
  validateSearch: texts("query"),
  component: lazyRouteComponent(() => import("./segments/list.tsx"), "SegmentsScreen"),
});
const newSegment = createRoute({
  getParentRoute: () => root,
  path: "/segments/new",
  validateSearch: texts("starter", "view"),
  component: lazyRouteComponent(() => import("./segments/editor.tsx"), "NewSegmentScreen"),
});
const stages = createRoute({
  getParentRoute: () => root,
  path: "/segments/stages",
  validateSearch: texts("edit"),
  component: lazyRouteComponent(() => import("./segments/stages.tsx"), "StagesScreen"),
});
const traits = createRoute({
  getParentRoute: () => root,
  path: "/segments/traits",
  validateSearch: texts("new"),
  component: lazyRouteComponent(() => import("./segments/traits.tsx"), "TraitsScreen"),
});
const editSegment = createRoute({
  getParentRoute: () => root,
  path: "/segments/$segmentId/edit",
  validateSearch: texts("view"),
  component: lazyRouteComponent(() => import("./segments/editor.tsx"), "EditSegmentScreen"),
});
const segment = createRoute({
  getParentRoute: () => root,
  path: "/segments/$segmentId",
  component: lazyRouteComponent(() => import("./segments/segment.tsx"), "SegmentScreen"),
});
const members = createRoute({
  getParentRoute: () => segment,
  path: "/",
  component: lazyRouteComponent(() => import("./segments/members.tsx"), "MembersTab"),
});
const segmentRule = createRoute({
  getParentRoute: () => segment,
  path: "/rule",
  component: lazyRouteComponent(() => import("./segments/rule-tab.tsx"), "RuleTab"),
});
const segmentHistory = createRoute({
  getParentRoute: () => segment,
  path: "/history",
  validateSearch: texts("days"),
  component: lazyRouteComponent(() => import("./segments/history.tsx"), "HistoryTab"),
});
const overlap = createRoute({
  getParentRoute: () => segment,
  path: "/overlap",
  validateSearch: texts("with"),
  component: lazyRouteComponent(() => import("./segments/overlap.tsx"), "OverlapTab"),
});
const why = createRoute({
  getParentRoute: () => segment,
  path: "/why",
  validateSearch: texts("customer"),
  component: lazyRouteComponent(() => import("./segments/why.tsx"), "WhyTab"),
});

const journeys = createRoute({
  getParentRoute: () => root,
  path: "/journeys",
  validateSearch: texts("query"),
  component: lazyRouteComponent(() => import("./journeys/list.tsx"), "JourneysScreen"),
});
const journey = createRoute({
  getParentRoute: () => root,
  path: "/journeys/$journeyId",
  component: lazyRouteComponent(() => import("./journeys/journey.tsx"), "JourneyScreen"),
});
const design = createRoute({
  getParentRoute: () => journey,
  path: "/",
  validateSearch: texts("step", "view", "show"),
  component: lazyRouteComponent(() => import("./journeys/design.tsx"), "DesignTab"),
});
const replay = createRoute({
  getParentRoute: () => journey,
  path: "/replay",
  validateSearch: texts("id", "on"),
  component: lazyRouteComponent(() => import("./journeys/replay.tsx"), "ReplayTab"),
});
const results = createRoute({
  getParentRoute: () => journey,
  path: "/results",
  validateSearch: texts("version"),
  component: lazyRouteComponent(() => import("./journeys/results.tsx"), "ResultsTab"),
});
const journeyCustomers = createRoute({
  getParentRoute: () => journey,
  path: "/customers",
  validateSearch: texts("step", "state"),
  component: lazyRouteComponent(() => import("./journeys/runs.tsx"), "RunsTab"),
});
const journeyVersions = createRoute({
  getParentRoute: () => journey,
  path: "/versions",
  component: lazyRouteComponent(() => import("./journeys/versions.tsx"), "VersionsTab"),
});

const outbox = createRoute({
  getParentRoute: () => root,
  path: "/messages",
  validateSearch: texts("state", "channel", "journey", "reason", "id"),
  component: lazyRouteComponent(() => import("./messages/outbox.tsx"), "OutboxScreen"),
});
const messageCounts = createRoute({
  getParentRoute: () => root,
  path: "/messages/counts",
  validateSearch: texts("days"),
  component: lazyRouteComponent(() => import("./messages/counts.tsx"), "CountsScreen"),
});
const templates = createRoute({
  getParentRoute: () => root,
  path: "/messages/templates",
  validateSearch: texts("query"),
  component: lazyRouteComponent(() => import("./messages/templates.tsx"), "TemplatesScreen"),
});
const template = createRoute({
  getParentRoute: () => root,
  path: "/messages/templates/$templateId",
  validateSearch: texts("channel", "customer", "number"),
  component: lazyRouteComponent(() => import("./messages/template.tsx"), "TemplateScreen"),
});
const providers = createRoute({
  getParentRoute: () => root,
  path: "/messages/providers",
  component: lazyRouteComponent(() => import("./messages/providers.tsx"), "ProvidersScreen"),
});

const data = createRoute({
  getParentRoute: () => root,
  path: "/data",
  component: lazyRouteComponent(() => import("./data/data.tsx"), "DataScreen"),
});
const dataHome = createRoute({
  getParentRoute: () => data,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/data/live" });
  },
});
const live = createRoute({
  getParentRoute: () => data,
  path: "/live",
  validateSearch: texts("channel", "name"),
  component: lazyRouteComponent(() => import("./data/live.tsx"), "LiveTab"),
});
const sources = createRoute({
  getParentRoute: () => data,
  path: "/sources",
  validateSearch: texts("with"),
  component: lazyRouteComponent(() => import("./data/sources.tsx"), "SourcesTab"),
});
const imports = createRoute({
  getParentRoute: () => data,
  path: "/import",
  component: lazyRouteComponent(() => import("./data/import.tsx"), "ImportTab"),
});
const refused = createRoute({
  getParentRoute: () => data,
  path: "/refused",
  validateSearch: texts("reason", "state"),
  component: lazyRouteComponent(() => import("./data/refused.tsx"), "RefusedTab"),
});

const tree = root.addChildren([
  home,
  customers,
  customer.addChildren([timeline, about, customerSegments, customerMessages, identities]),
  segments,
  newSegment,
  stages,
  traits,
  editSegment,
  segment.addChildren([members, segmentRule, segmentHistory, overlap, why]),
  journeys,
  journey.addChildren([design, replay, results, journeyCustomers, journeyVersions]),
  outbox,
  messageCounts,
  templates,
  template,
  providers,
  data.addChildren([dataHome, live, sources, imports, refused]),
]);

/** The app's router. */
export const createAppRouter = () =>
  createRouter({
    routeTree: tree,
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: ScreenFault,
  });

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
