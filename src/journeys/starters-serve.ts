/**
 * Starting journeys for customers who bought, asked, booked or complain: help with what was bought, sales, appointments,
 * putting things right. Pure.
 */
import { letter, shortMessage } from "./starters-mail.ts";
import {
  BOUGHT,
  COMPLAINED,
  DAY_MS,
  HOUR_MS,
  type JourneyStarter,
  MINUTE_MS,
  all,
  did,
  draftOf,
  happens,
  mail,
  wait,
} from "./starters-model.ts";

const SERVICE = { purpose: "service" };
const TRANSACTIONAL = { purpose: "transactional" };
const ORDER = "{% if event.order_id %} {{ event.order_id }}{% endif %}";

const afterPurchase: JourneyStarter = {
  key: "after_purchase", name: "After the purchase",
  description: "First we help with what was bought, as soon as it has arrived. A week later we ask how it is. A month after that, and only if nothing was bought since, we say what goes with it. Who sends it back or complains leaves.",
  events: ["Order Completed", "Order Delivered", "Product Reviewed", "Order Refunded", "Order Cancelled", "Complaint Received"],
  advice: "Have your carrier or shop tell Order Delivered; without it the help goes out five days after the order.",
  segments: [],
  templates: (site) => [
    letter(site, {
      key: "help", name: "After the purchase: getting started", description: "When the order has arrived.", subject: "Your order{% if event.order_id %} {{ event.order_id }}{% endif %}: how to get the most out of it",
      preheader: "Three things that help in the first days.", title: "Has everything arrived?",
      blocks: [`Thank you for your order${ORDER}. We hope that everything arrived as it should.`, "Take your time and check first that nothing is missing. If anything is not right, answer this email: we put it right, and quickly.", "What helps most customers in the first days you find on our pages, together with care and use.", { button: "Help and care", to: site }],
    }),
    letter(site, {
      key: "review", name: "After the purchase: how is it?", description: "A week after that.", subject: "How is it, now that you have used it?", preheader: "Two sentences help others to choose.", title: "How is it?",
      blocks: ["You have had it for a week now. Would you tell others how it is? Two honest sentences help them more than anything we could write.", { button: "Tell others", to: site }, "Are you not content? Then please tell us first, by answering this email. We would like to make it good."],
    }),
    letter(site, {
      key: "again", name: "After the purchase: what goes with it", description: "A month later, if nothing was bought since.", subject: "What goes well with what you have", preheader: "Chosen by people who have the same.", title: "What goes with it",
      blocks: ["{% if customer.lastOrder.title %}Many who chose {{ customer.lastOrder.title }} were glad of something else later.{% else %}Many who bought what you have were glad of something else later.{% endif %} We put it together for you.", { button: "See what goes with it", to: site }],
    }),
  ],
  draft: ({ template }) => draftOf({
    name: "After the purchase", description: afterPurchase.description, priority: 60, entry: BOUGHT, reentry: { type: "key", property: "order_id" },
    exits: [happens("Order Refunded"), happens("Order Cancelled"), COMPLAINED], goal: { when: happens("Product Reviewed"), withinMs: 30 * DAY_MS, ends: false }, start: "arrives",
    steps: {
      arrives: { type: "wait_until", maxMs: 5 * DAY_MS, next: "help", title: "Until it has arrived", paths: [{ when: happens("Order Delivered"), next: "settle" }] },
      settle: wait(DAY_MS, "help", "A day to unpack"),
      help: mail(template("help"), "use", "Help with what was bought", { ...SERVICE, tags: ["order"] }),
      use: wait(7 * DAY_MS, "review", "A week of use"),
      review: mail(template("review"), "month", "How is it?", { ...SERVICE, tags: ["review"] }),
      month: wait(30 * DAY_MS, "since", "A month"),
      // The order this is about is 38 days old at least: only a later one counts.
      since: { type: "branch", title: "Bought since?", paths: [{ name: "Bought again", rule: did("Order Completed", 1, 37), next: null }], next: "again" },
      again: mail(template("again"), null, "What goes with it", { tags: ["repeat"] }),
    },
  }),
}; // prettier-ignore

const PRICING = [{ property: "path", is: { op: "contains", value: "pricing" } }];
const lead: JourneyStarter = {
  key: "lead_follow_up", name: "Lead follow-up with sales",
  description: "Somebody whom we can write to looks at the prices for the third time within two weeks. Sales gets a task the same moment, and what comes of the call decides what follows.",
  events: ["$page.viewed", "Meeting Booked", "Order Completed", "Contract Signed"],
  advice: "Pages whose path has pricing in it count; change that to the path of your price list. Name the team that gets the tasks.",
  segments: [],
  templates: (site) => [
    letter(site, {
      key: "missed", name: "Lead: we tried to reach you", description: "When sales did not reach them, or had no time.", subject: "Your questions about prices", preheader: "Fifteen minutes, and you know what it would cost you.", title: "Shall we go through it together?",
      blocks: ["You have been looking at our prices. What it costs depends on what you need, and that is quickly said in a talk: fifteen minutes are enough.", "Answer this email with a time that suits you, and we call. No obligation follows from it.", { button: "Or find a time here", to: site }],
    }),
    letter(site, {
      key: "summary", name: "Lead: what we talked about", description: "Three days after an interested talk.", subject: "What is still open on your side?", preheader: "We gladly answer in writing too.", title: "What is still open?",
      blocks: ["Thank you for the talk. When one goes through it at home, questions come up. Send them to us as they come: we answer within a working day.", { button: "Prices and what is in them", to: site }],
    }),
    letter(site, {
      key: "later", name: "Lead: is it time now?", description: "A month after \"not now\".", subject: "Is it a better time now?", preheader: "If not, a short no is fine.", title: "Is it a better time now?",
      blocks: ["A month ago the time was not right. We said we would ask once more, and do so hereby. If it is still no, a short answer is enough, and we leave it at that.", { button: "Look at it again", to: site }],
    }),
  ],
  draft: ({ template }) => draftOf({
    name: "Lead follow-up with sales", description: lead.description, priority: 80, entry: { ...happens("$page.viewed"), where: PRICING },
    audience: all(did("$page.viewed", 3, 14, PRICING), { type: "trait", name: "email", is: { op: "exists" } }), reentry: { type: "after", ms: 90 * DAY_MS },
    exits: [BOUGHT, happens("Contract Signed")], goal: { when: happens("Meeting Booked"), withinMs: 30 * DAY_MS }, start: "call", holdoutRatio: 0,
    steps: {
      call: {
        type: "task", name: "Call: looked at the prices three times", detail: "Looked at the prices at least three times within two weeks. Ask what they need; offer a time to go through it.", team: "Sales",
        title: "Sales calls", dueMs: DAY_MS, maxMs: 3 * DAY_MS, next: "missed",
        outcomes: [{ outcome: "meeting", next: "met" }, { outcome: "interested", next: "days" }, { outcome: "not_now", next: "month" }, { outcome: "not_reached", next: "missed" }, { outcome: "no_interest", next: null }],
      },
      met: { type: "goal", name: "meeting", next: null, title: "A meeting" },
      missed: mail(template("missed"), null, "We tried to reach you", { tags: ["lead"] }),
      days: wait(3 * DAY_MS, "summary", "Three days"),
      summary: mail(template("summary"), null, "What is still open?", { tags: ["lead"] }),
      month: wait(30 * DAY_MS, "later", "A month"),
      later: mail(template("later"), null, "Is it time now?", { tags: ["lead"] }),
    },
  }),
}; // prettier-ignore

const WHEN = "{{ customer.traits.appointment_at | local_datetime }}";
const TIME = "{{ customer.traits.appointment_at | local_time }}";
const PLACE = "{% if event.place %} at {{ event.place }}{% endif %}";
const appointment: JourneyStarter = {
  key: "appointment", name: "Appointment reminders",
  description: "A booked appointment is confirmed at once, and reminded of a day before and two hours before, in the customer's own time. When it is moved, the reminders move with it; when it is cancelled, they stop. The day after, we ask how it was.",
  events: ["Appointment Booked", "Appointment Cancelled"],
  advice: "Your booking sends Appointment Booked and the trait appointment_at (the time, as 2026-11-24T10:00:00Z), and tells the trait anew when the appointment is moved.",
  segments: [],
  templates: (site) => [
    letter(site, {
      key: "booked", name: "Appointment: it is booked", description: "At once.", subject: "Your appointment is booked", preheader: "We look forward to seeing you.", title: "Your appointment is booked",
      blocks: [`{% if customer.traits.appointment_at %}We look forward to seeing you${PLACE}: ${WHEN}.{% else %}We look forward to seeing you${PLACE}.{% endif %}`, "Cannot make it? Answer this email, or change it yourself; the earlier, the better for whoever waits for a time.", { button: "Change or cancel", to: site }],
    }),
    letter(site, {
      key: "day", name: "Appointment: tomorrow", description: "A day before.", subject: "Your appointment tomorrow", preheader: "So that nothing comes in between.", title: "See you soon",
      blocks: [`{% if customer.traits.appointment_at %}Your appointment${PLACE} is on ${WHEN}.{% else %}Your appointment${PLACE} is tomorrow.{% endif %}`, "Please bring what you may need for it. If you are late, a short call is enough.", { button: "Change or cancel", to: site }],
    }),
    shortMessage("hours", "Appointment: in two hours", "Two hours before, as a text message.", `{{ workspace.name }}: {% if customer.traits.appointment_at %}your appointment is at ${TIME}{% else %}your appointment is in two hours{% endif %}${PLACE}. See you soon!`),
    letter(site, {
      key: "after", name: "Appointment: how was it?", description: "The day after.", subject: "How was it yesterday?", preheader: "One sentence is enough.", title: "How was it?",
      blocks: ["Thank you for coming. Was everything as you hoped? One sentence by answering this email is enough, praise or blame: we read all of them.", { button: "Book the next one", to: site }],
    }),
  ],
  draft: ({ template }) => draftOf({
    name: "Appointment reminders", description: appointment.description, priority: 90, entry: happens("Appointment Booked"), reentry: { type: "always" }, holdoutRatio: 0,
    exits: [happens("Appointment Cancelled")], start: "booked",
    steps: {
      booked: mail(template("booked"), "told", "It is booked", TRANSACTIONAL),
      told: wait(5 * MINUTE_MS, "known", "Until the time is told"),
      known: { type: "branch", title: "When is it?", next: null, paths: [
        { name: "Within a day", rule: { type: "trait", name: "appointment_at", is: { op: "within_next", ms: DAY_MS } }, next: "before_hours" },
        { name: "Later", rule: { type: "trait", name: "appointment_at", is: { op: "within_next", ms: 2 * 366 * DAY_MS } }, next: "before_day" },
      ] },
      before_day: { type: "wait_date", trait: "appointment_at", offsetMs: -DAY_MS, missed: "continue", next: "day", title: "A day before" },
      day: mail(template("day"), "before_hours", "See you tomorrow", { ...TRANSACTIONAL, expiresMs: 12 * HOUR_MS }),
      before_hours: { type: "wait_date", trait: "appointment_at", offsetMs: -2 * HOUR_MS, missed: "continue", next: "hours", title: "Two hours before" },
      hours: { ...mail(template("hours"), "over", "In two hours", { ...TRANSACTIONAL, expiresMs: HOUR_MS }), channel: "sms" },
      over: { type: "wait_date", trait: "appointment_at", offsetMs: DAY_MS, missed: "continue", next: "after", title: "The day after" },
      after: mail(template("after"), null, "How was it?", SERVICE),
    },
  }),
}; // prettier-ignore

const complaint: JourneyStarter = {
  key: "complaint", name: "Complaint recovery",
  description: "A complaint stops selling: the customer leaves every journey that sells and gets one sincere letter. Service has four hours to look after it; when it takes longer, somebody else does. Three days after it was solved we ask whether it stayed that way.",
  events: ["Complaint Received", "Complaint Settled"],
  advice: "Add the hold Open case (opened by Complaint Received, closed by Complaint Settled) to your policy: it keeps campaigns away as well, for as long as the complaint is open.",
  segments: [],
  templates: (site) => [
    letter(site, {
      key: "sorry", name: "Complaint: we look after it", description: "At once.", subject: "We are sorry, and look after it", preheader: "Who does what, and by when.", title: "We are sorry",
      blocks: ["Something went wrong, and you had the trouble of telling us. Thank you for doing so, and we are sorry.", "A person looks after it now, and you hear from us today, or early on the next working day. Until it is put right, we send you no advertising.", "You can reach us by answering this email."],
    }),
    letter(site, {
      key: "better", name: "Complaint: is it all right now?", description: "Three days after it was solved.", subject: "Is everything all right now?", preheader: "If not, we begin again.", title: "Is everything all right now?",
      blocks: ["A few days ago we looked after your complaint. Is it all right now, and did it stay that way? If not, answer this email: the same people look after it again.", { button: "To our pages", to: site }],
    }),
  ],
  draft: ({ template }) => draftOf({
    name: "Complaint recovery", description: complaint.description, priority: 100, entry: COMPLAINED, reentry: { type: "always" }, holdoutRatio: 0, start: "pause",
    steps: {
      pause: { type: "audience", audience: "Complaint open", change: "add", next: "sorry", title: "No selling meanwhile" },
      sorry: mail(template("sorry"), "solve", "We look after it", { ...TRANSACTIONAL, tags: ["complaint"] }),
      solve: {
        type: "task", name: "Look after a complaint", detail: "Read what happened, put it right, tell the customer what you did.", team: "Service", title: "Service looks after it", dueMs: 4 * HOUR_MS, maxMs: DAY_MS,
        outcomes: [{ outcome: "solved", next: "solved" }, { outcome: "refunded", next: "solved" }, { outcome: "not_solved", next: "escalate" }], next: "escalate",
      },
      escalate: {
        type: "task", name: "A complaint needs you", detail: "It could not be solved within a day. Call the customer yourself.", team: "Head of service", title: "Somebody else does", dueMs: 4 * HOUR_MS, maxMs: 7 * DAY_MS,
        outcomes: [{ outcome: "solved", next: "solved" }, { outcome: "lost", next: "resume" }], next: "resume",
      },
      solved: { type: "goal", name: "solved", next: "rest", title: "Solved" },
      rest: wait(3 * DAY_MS, "better", "Three days"),
      better: mail(template("better"), "resume", "Is it all right now?", { ...SERVICE, tags: ["complaint"] }),
      resume: { type: "audience", audience: "Complaint open", change: "remove", next: null, title: "No complaint open" },
    },
  }),
}; // prettier-ignore

/** Journeys for customers who bought, asked, booked or complain. */
export const SERVING: readonly JourneyStarter[] = [afterPurchase, lead, appointment, complaint];
