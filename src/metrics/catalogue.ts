/** What each metric is, in words, and which event names it takes in which kind of business. Pure. */
import { STAGE_STARTERS } from "../segments/starters.ts";
import {
  AllMetricNames,
  Business,
  type MetricDefinition,
  type MetricKey,
  type MetricsAsked,
  type OwnNames,
} from "./model.ts";

export type Names = AllMetricNames;
const SHARED = {
  value: "total", ticket: "ticket_id", survey: ["Survey Answered", "Survey Completed", "Feedback Given"], survey_kind: "kind", survey_score: "score",
  opened: ["Ticket Created", "Ticket Opened", "Complaint Received"], solved: ["Ticket Solved", "Ticket Resolved", "Ticket Closed"],
  promised: ["Promise Made"], kept: ["Promise Kept"], promise: "promise_id", due: "due_at",
  request: ["Form Submitted", "Ticket Created", "Call Received", "Chat Started", "Live Chat Conversation Started", "Message Received", "Complaint Received", "Quote Requested"],
  identity: ["Identity Requested", "Identity Asked", "Verification Requested", "Identity Check Started", "Identity Verified", "Account Number Requested", "Details Requested"],
} as const; // prettier-ignore
const namesOf = (order: readonly string[], lead: readonly string[]): Names => ({
  ...SHARED, order: [...order], lead: [...lead], survey: [...SHARED.survey], opened: [...SHARED.opened], solved: [...SHARED.solved],
  promised: [...SHARED.promised], kept: [...SHARED.kept], request: [...SHARED.request], identity: [...SHARED.identity],
}); // prettier-ignore
const ASKED = ["Form Submitted", "Lead Submitted", "Quote Requested"];
/** The vocabulary of segments/starters.ts. */
export const BUSINESS_NAMES: { readonly [business in Business]: Names } = {
  ecommerce: namesOf(["Order Completed"], [...ASKED, "Signed Up"]),
  b2b: namesOf(["Order Completed", "Contract Signed", "Subscription Started"], [...ASKED, "Lead Created", "Demo Requested", "Trial Started"]),
  local_service: namesOf(["Appointment Completed", "Visit Completed", "Order Completed"], ["Call Received", "Message Received", ...ASKED]),
  professional_service: namesOf(["Mandate Signed", "Contract Signed", "Order Completed"], ["Enquiry Received", "Call Received", ...ASKED]),
}; // prettier-ignore

const define = (key: MetricKey, title: string, unit: MetricDefinition["unit"], better: MetricDefinition["better"], names: MetricDefinition["names"], definition: string, method: string): MetricDefinition =>
  ({ key, title, definition, unit, better, method, names }); // prettier-ignore
const WILSON = "A share with Wilson's interval (1927).";
const SURVIVAL =
  "The Kaplan-Meier median (1958), in which those still waiting count as waiting until now, with the interval of Brookmeyer and Crowley (1982).";
const TOTAL =
  "A total; its interval takes the customers for a sample (compound Poisson). Refunds are not subtracted, and values are added as they stand, whatever their currency.";

/** GET /v1/metrics. */
export const DEFINITIONS: readonly MetricDefinition[] = [
  define("conversion", "Conversion", "ratio", "more", ["order"], "Of the customers who did anything in the period, the share that bought in it.", WILSON),
  define("revenue", "Revenue", "money", "more", ["order", "value"], "The value of all orders, before refunds. Values are added as they stand, whatever their currency.", TOTAL),
  define("repeat_purchase", "Repeat purchase", "ratio", "more", ["order"], "Of the customers who bought in the period, the share with an order in it that was not their first ever.", WILSON),
  define("stage_conversion", "Conversion by stage", "ratio", "more", [], "Of the customers who came into a stage, the share that came into a further one within the time given. Who came in too late to have had that time is not counted yet. Stages found by a new stage model in history tell no time and begin nothing.", WILSON),
  define("stage_time", "Time to the next stage", "ms", "less", [], "How long customers are in a stage until they come into a further one. Who is still in it counts as waiting; who went back counts as waiting until then.", SURVIVAL),
  define("stage_revenue", "Revenue by stage", "money", "more", ["order", "value"], "The value of orders by the stage the customer was in just before: no attribution, only when it was. An order that itself changes the stage counts for the one before.", TOTAL),
  define("journey_conversion", "Conversion by journey", "ratio", "more", [], "Of the customers who entered a journey's newest version, the share that reached its goal in time. Who entered too late to have had that time is not counted yet. No effect: some would have without it (see incrementality).", WILSON),
  define("journey_revenue", "Revenue by journey", "money", "more", ["order", "value"], "The value of orders of customers while they were in a journey: no attribution, only when it was.", TOTAL),
  define("lead_quality", "Lead quality", "ratio", "more", ["lead", "order"], "Of the customers who became a lead, the share that reached the goal stage or bought within the time given (where a goal stage is asked for: that reached it), by the source of the lead: the campaign's, or else the channel; of the most frequent 18, and of all others as one.", WILSON),
  define("resolution_time", "Time to resolution", "ms", "less", ["opened", "solved", "ticket"], "From a request's opening to its first solution, by its number. What is still open counts as waiting.", SURVIVAL),
  define("csat", "Satisfaction (CSAT)", "ratio", "more", ["survey", "survey_kind", "survey_score"], "Of the answers of kind csat, scores 1 to 5, the share of 4 and 5. Answers outside the scale are left out.", WILSON),
  define("nps", "Recommendation (NPS)", "score", "more", ["survey", "survey_kind", "survey_score"], "Of the answers of kind nps, scores 0 to 10: the percentage of 9 and 10 less that of 0 to 6.", "The mean of +100, 0 and -100 with Student's interval."),
  define("ces", "Effort (CES)", "score", "more", ["survey", "survey_kind", "survey_score"], "Of the answers of kind ces, scores 1 to 7 (7: it was very easy): the mean.", "A mean with Student's interval."),
  define("continuity", "Continuity", "ratio", "more", ["request", "identity"], "Of the times customers asked for something or were asked who they are, the share in which they did not start over. Whoever asked the same within seven days before, or anything in another channel, with no order, solution or answer of ours in between, starts over; and so does whoever was asked who they are within a day before.", WILSON),
  define("recognition", "Recognition", "ratio", "more", [], "Of the visits (30 minutes without anything end one), the share of customers of whom a name was known by its end: a login, an address, a phone number or a card.", WILSON),
  define("contact_pressure", "Contact pressure", "count", "less", [], "Messages of ours that reached a customer in a week, of those customers and weeks that had any.", "A mean of customers' weeks; its interval takes customers for the sample (delta method)."),
  define("promises_kept", "Promises kept", "ratio", "more", ["promised", "kept", "promise", "due"], "Of the promises that were due in the period, by event or as a task with a date, the share kept by then. Those not due yet are not counted.", WILSON),
  define("incrementality", "Incrementality", "ratio", "more", [], "By journey: the share that reached the goal of those who entered, less that of those held out by chance. The difference is an effect.", "The difference with an interval that holds however often it is looked at (Waudby-Smith and others 2021)."),
]; // prettier-ignore

/** The kind of business whose starting stage model this is, by the keys of its stages; null: it is one of their own. */
export function businessOf(stages: readonly string[]): Business | null {
  const starter = STAGE_STARTERS.find(({ model }) => model.stages.length === stages.length && model.stages.every(({ key }) => stages.includes(key)));
  return Business.safeParse(starter?.key).data ?? null;
} // prettier-ignore

/** The names a request means: those of a kind of business it names itself, or else the workspace's own; and what it says otherwise. */
export const namesIn = (
  { business, names }: Pick<MetricsAsked, "business" | "names">,
  own: OwnNames,
): Names =>
  AllMetricNames.parse(
    business === undefined
      ? { ...BUSINESS_NAMES[own.business], ...own.names, ...names }
      : { ...BUSINESS_NAMES[business], ...names },
  );
