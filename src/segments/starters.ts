/**
 * Rules to begin with: starter segments and stage models for common kinds of business. In the e-commerce vocabulary that
 * events come in; whoever names events otherwise changes the names. Pure; a test holds each to the rule language.
 */
import type { StageStarters, Starters } from "./document.ts";
import { type Rule, type StageModel, type Window, Rule as RuleSchema } from "./model.ts";

const DAY_MS = 86_400_000;
const inLast = (days: number): Window => ({ from: { agoMs: days * DAY_MS } });
const rule = (given: unknown): Rule => RuleSchema.parse(given);

type Times = { readonly atLeast?: number; readonly when?: Window };
/** Did one of these, so often. */
const did = (events: readonly string[], { atLeast = 1, when }: Times = {}): Rule => {
  const rules = events.map((event) => rule({ type: "did", event, ...(when && { when }), is: { op: "at_least", value: atLeast } }));
  return rules.length === 1 ? rules[0]! : { type: "any", rules };
}; // prettier-ignore
const all = (...rules: readonly Rule[]): Rule => ({ type: "all", rules });
const any = (...rules: readonly Rule[]): Rule => ({ type: "any", rules });
const not = (inner: Rule): Rule => ({ type: "not", rule: inner });
const below = (event: string, property: string, value: number, when: Window): Rule =>
  rule({ type: "did", event, when, where: [{ property, is: { op: "at_most", value } }] });
const bands = (asked: { recency?: number[]; frequency?: number[]; money?: number[] }): Rule =>
  rule({ type: "rfm", ...asked });

const BOUGHT = ["Order Completed"];
const ASKED = ["Form Submitted", "Lead Submitted", "Quote Requested"];
/** GET /v1/segments/starters. */
export const SEGMENT_STARTERS: Starters["starters"] = [
  {
    key: "first_time_visitor", name: "First-time visitors", needs: null,
    description: "Came within the last week, for the first time, and have bought nothing.",
    rule: all(
      rule({ type: "did", event: null, measure: { of: "days_since_first" }, is: { op: "below", value: 7 } }),
      did(["$page.viewed", "$screen.viewed"]), not(did(BOUGHT)),
    ),
  },
  {
    key: "active_lead", name: "Active leads", needs: null,
    description: "Asked for something or looked at products more than once in the last month, and have not bought yet.",
    rule: all(any(did(ASKED, { when: inLast(30) }), did(["Product Viewed", "Product Added"], { atLeast: 2, when: inLast(30) })), not(did(BOUGHT))),
  },
  {
    key: "returning_customer", name: "Returning customers", needs: null,
    description: "Bought at least twice, the last time within a year.",
    rule: all(did(BOUGHT, { atLeast: 2 }), did(BOUGHT, { when: inLast(365) })),
  },
  {
    key: "loyal_buyer", name: "Loyal buyers", needs: null,
    description: "Bought five times or more within a year, the last time within three months.",
    rule: all(did(BOUGHT, { atLeast: 5, when: inLast(365) }), did(BOUGHT, { when: inLast(90) })),
  },
  {
    key: "unhappy_customer", name: "Unhappy customers", needs: null,
    description: "Gave back an order, rated poorly or asked for help repeatedly in the last two months.",
    rule: any(
      did(["Order Refunded", "Order Cancelled"], { when: inLast(60) }), did(["Ticket Created", "Complaint Received"], { atLeast: 2, when: inLast(60) }),
      below("Product Reviewed", "rating", 2, inLast(60)), below("Survey Answered", "score", 6, inLast(60)),
    ),
  },
  {
    key: "abandoned_cart", name: "Left a cart behind", needs: null,
    description: "Put something in the cart in the last week and bought nothing for three hours since.",
    rule: all(
      rule({ type: "without", event: "Product Added", without: { event: "Order Completed" }, forMs: 3 * 3_600_000 }),
      did(["Product Added"], { when: inLast(7) }),
    ),
  },
  {
    key: "lapsing_customer", name: "Lapsing customers", needs: null,
    description: "Bought within the last year, but not in the last four months.",
    rule: all(did(BOUGHT, { when: inLast(365) }), not(did(BOUGHT, { when: inLast(120) }))),
  },
  {
    key: "rfm_champions", name: "Champions", needs: "rfm", description: "Bought lately, often and for much.",
    rule: bands({ recency: [4, 5], frequency: [4, 5], money: [4, 5] }),
  },
  {
    key: "rfm_new", name: "New buyers", needs: "rfm", description: "Bought lately, and not often yet.",
    rule: bands({ recency: [4, 5], frequency: [1] }),
  },
  {
    key: "rfm_at_risk", name: "At risk", needs: "rfm", description: "Bought often and for much, but not lately.",
    rule: bands({ recency: [1, 2], frequency: [3, 4, 5], money: [3, 4, 5] }),
  },
  {
    key: "rfm_hibernating", name: "Hibernating", needs: "rfm", description: "Bought seldom, and long ago.",
    rule: bands({ recency: [1, 2], frequency: [1, 2] }),
  },
]; // prettier-ignore

type Stage = StageModel["stages"][number];
const stage = (key: string, name: string, description: string, given: Rule | null = null): Stage => ({ key, name, description, rule: given }); // prettier-ignore

/** GET /v1/stages/starters. */
export const STAGE_STARTERS: StageStarters["starters"] = [
  {
    key: "ecommerce", name: "Online and retail shop", description: "From the first look to the loyal buyer, and back when nothing is bought for long.",
    model: { backward: "allowed", stages: [
      stage("visitor", "Visitor", "Has come by."),
      stage("known", "Known", "Told who they are.", any(rule({ type: "trait", name: "email", is: { op: "exists" } }), did(["Signed Up"]))),
      stage("interested", "Interested", "Looks at products, or has something in the cart, in the last two months.", did(["Product Viewed", "Product Added", "Checkout Started"], { when: inLast(60) })),
      stage("buyer", "Buyer", "Bought within a year.", did(BOUGHT, { when: inLast(365) })),
      stage("repeat_buyer", "Repeat buyer", "Bought twice within a year.", did(BOUGHT, { atLeast: 2, when: inLast(365) })),
      stage("loyal", "Loyal", "Bought five times within a year, the last time within three months.", all(did(BOUGHT, { atLeast: 5, when: inLast(365) }), did(BOUGHT, { when: inLast(90) }))),
    ] },
  },
  {
    key: "b2b", name: "Business to business", description: "From lead to renewed contract; a customer is never a lead again.",
    model: { backward: "never", stages: [
      stage("visitor", "Visitor", "Has come by."),
      stage("lead", "Lead", "Left an address or asked something.", any(did(ASKED), rule({ type: "trait", name: "email", is: { op: "exists" } }))),
      stage("qualified", "Qualified", "Belongs to a company and came back to it.", all(rule({ type: "account_trait", name: "name", is: { op: "exists" } }), did(["Demo Requested", "Pricing Viewed", "Meeting Booked", "Trial Started"]))),
      stage("opportunity", "Opportunity", "An offer was made.", did(["Quote Sent", "Proposal Sent", "Opportunity Created"])),
      stage("customer", "Customer", "Signed or bought.", did([...BOUGHT, "Contract Signed", "Subscription Started"])),
      stage("advocate", "Renewed", "Renewed, or bought again.", any(did(["Contract Renewed", "Subscription Renewed"]), did(BOUGHT, { atLeast: 2 }))),
    ] },
  },
  {
    key: "local_service", name: "Local service", description: "Salon, practice, workshop, restaurant: from the first question to the regular.",
    model: { backward: "allowed", stages: [
      stage("stranger", "Stranger", "Has come by."),
      stage("enquirer", "Enquirer", "Called, wrote or asked in the last three months.", did(["Call Received", "Message Received", ...ASKED], { when: inLast(90) })),
      stage("booked", "Booked", "Has booked within three months.", did(["Appointment Booked", "Table Reserved"], { when: inLast(90) })),
      stage("guest", "Guest", "Was served within a year.", did(["Appointment Completed", "Visit Completed", ...BOUGHT], { when: inLast(365) })),
      stage("regular", "Regular", "Was served three times within half a year.", did(["Appointment Completed", "Visit Completed", ...BOUGHT], { atLeast: 3, when: inLast(183) })),
    ] },
  },
  {
    key: "professional_service", name: "Professional service", description: "Consultants, lawyers, agencies: from the first contact to the client who comes again.",
    model: { backward: "never", stages: [
      stage("contact", "Contact", "Is known of."),
      stage("enquiry", "Enquiry", "Asked for something.", did(["Enquiry Received", "Call Received", ...ASKED])),
      stage("consultation", "Consultation", "A first meeting is booked or took place.", did(["Meeting Booked", "Meeting Held", "Appointment Booked"])),
      stage("proposal", "Proposal", "An offer is on the table.", did(["Proposal Sent", "Quote Sent"])),
      stage("client", "Client", "Gave a mandate.", did(["Mandate Signed", "Contract Signed", ...BOUGHT])),
      stage("returning_client", "Returning client", "Gave more than one.", any(did(["Mandate Signed", "Contract Signed"], { atLeast: 2 }), did(BOUGHT, { atLeast: 2 }))),
    ] },
  },
]; // prettier-ignore
