/**
 * Which address shows which screen. Each room is a chunk of its own, loaded when first opened; what a screen shows beyond
 * that (filters, searches) stands in the address's query, so that a view can be shared.
 */
import { createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { SCOPE_NAMES } from "./analysis/scope.ts";
import { deskAddresses } from "./desk/addresses.ts";
import { root } from "./root.ts";
import { asking, texts } from "./search.ts";
import { MAP_NAMES } from "./map/question.ts";
import { ScreenFault } from "./ui/notice.tsx";

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("./shell/home.tsx"), "Home"),
});

const overview = createRoute({
  getParentRoute: () => root,
  path: "/overview",
  validateSearch: texts("days"),
  component: lazyRouteComponent(() => import("./overview/overview.tsx"), "OverviewScreen"),
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
  validateSearch: texts("version", "against"),
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

const journeyResults = createRoute({
  getParentRoute: () => root,
  path: "/results",
  validateSearch: asking(),
  component: lazyRouteComponent(() => import("./results/journeys.tsx"), "JourneyResultsTab"),
});
const channels = createRoute({
  getParentRoute: () => root,
  path: "/results/channels",
  validateSearch: asking(),
  component: lazyRouteComponent(() => import("./results/channels.tsx"), "ChannelsTab"),
});
const funnel = createRoute({
  getParentRoute: () => root,
  path: "/results/funnel",
  validateSearch: asking(),
  component: lazyRouteComponent(() => import("./results/funnel.tsx"), "FunnelTab"),
});
const retention = createRoute({
  getParentRoute: () => root,
  path: "/results/retention",
  validateSearch: asking(),
  component: lazyRouteComponent(() => import("./results/retention.tsx"), "RetentionTab"),
});
const metrics = createRoute({
  getParentRoute: () => root,
  path: "/results/metrics",
  validateSearch: asking("metric"),
  component: lazyRouteComponent(() => import("./results/metrics.tsx"), "MetricsTab"),
});
const lifetime = createRoute({
  getParentRoute: () => root,
  path: "/results/lifetime",
  validateSearch: asking(),
  component: lazyRouteComponent(() => import("./results/lifetime.tsx"), "LifetimeTab"),
});
const views = createRoute({
  getParentRoute: () => root,
  path: "/results/views",
  validateSearch: asking(),
  component: lazyRouteComponent(() => import("./results/views.tsx"), "ViewsTab"),
});

const map = createRoute({
  getParentRoute: () => root,
  path: "/map",
  validateSearch: texts(...MAP_NAMES),
  component: lazyRouteComponent(() => import("./map/room.tsx"), "MapRoom"),
});
const graph = createRoute({
  getParentRoute: () => map,
  path: "/",
  validateSearch: texts("most", "least", "words", "as", "focus", "at"),
  component: lazyRouteComponent(() => import("./map/graph.tsx"), "GraphTab"),
});
const firstSteps = createRoute({
  getParentRoute: () => map,
  path: "/steps",
  validateSearch: texts("columns"),
  component: lazyRouteComponent(() => import("./map/steps.tsx"), "StepsTab"),
});
const variants = createRoute({
  getParentRoute: () => map,
  path: "/variants",
  validateSearch: texts("repeats", "many"),
  component: lazyRouteComponent(() => import("./map/variants.tsx"), "VariantsTab"),
});
const compare = createRoute({
  getParentRoute: () => map,
  path: "/compare",
  validateSearch: texts("with", "other", "until", "part"),
  component: lazyRouteComponent(() => import("./map/compare.tsx"), "CompareTab"),
});
const helps = createRoute({
  getParentRoute: () => map,
  path: "/helps",
  validateSearch: texts("toward", "stage", "landmark", "horizon"),
  component: lazyRouteComponent(() => import("./map/helps.tsx"), "HelpsTab"),
});
const plan = createRoute({
  getParentRoute: () => map,
  path: "/plan",
  validateSearch: texts("journey"),
  component: lazyRouteComponent(() => import("./map/plan.tsx"), "PlanTab"),
});
const questions = createRoute({
  getParentRoute: () => map,
  path: "/questions",
  validateSearch: texts("kinds", "in"),
  component: lazyRouteComponent(() => import("./map/questions.tsx"), "QuestionsTab"),
});
const gaps = createRoute({
  getParentRoute: () => root,
  path: "/gaps",
  validateSearch: texts(...SCOPE_NAMES, "state", "kind"),
  component: lazyRouteComponent(() => import("./gaps/gaps.tsx"), "GapsScreen"),
});
const gap = createRoute({
  getParentRoute: () => root,
  path: "/gaps/$gapId",
  component: lazyRouteComponent(() => import("./gaps/gap.tsx"), "GapScreen"),
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

const catalogue = createRoute({
  getParentRoute: () => data,
  path: "/catalogue",
  validateSearch: texts("query", "only"),
  component: lazyRouteComponent(() => import("./data/catalogue.tsx"), "CatalogueTab"),
});

const tree = root.addChildren([
  home,
  overview,
  customers,
  customer.addChildren([timeline, about, customerSegments, customerMessages, identities]),
  ...deskAddresses,
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
  journeyResults,
  channels,
  funnel,
  retention,
  metrics,
  lifetime,
  views,
  map.addChildren([graph, firstSteps, variants, compare, helps, plan, questions]),
  gaps,
  gap,
  data.addChildren([dataHome, live, sources, imports, refused, catalogue]),
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
