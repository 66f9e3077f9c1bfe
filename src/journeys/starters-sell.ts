/**
 * Starting journeys for customers who might buy: the saved cart, browsing, the welcome, winning back. They help rather than
 * press: few letters, no discount that customers learn to wait for, and out at once when somebody buys or complains. Pure.
 */
import { SegmentDraft } from "../segments/model.ts";
import { letter } from "./starters-mail.ts";
import {
  BOUGHT,
  COMPLAINED,
  DAY_MS,
  HOUR_MS,
  type JourneyStarter,
  all,
  did,
  draftOf,
  happens,
  mail,
  not,
  wait,
} from "./starters-model.ts";

const ORDER_GOAL = { when: BOUGHT, withinMs: 14 * DAY_MS, value: "total" };

const savedCart: JourneyStarter = {
  key: "saved_cart", name: "Saved cart",
  description: "Somebody put something in the cart and left. Three hours later we say that it is kept; a day after that we offer help. Whoever orders meanwhile hears nothing.",
  events: ["Product Added", "Order Completed", "Complaint Received"],
  advice: "Have your shop send product names and addresses with Product Added: the letter shows them.",
  segments: [],
  templates: (site) => [
    letter(site, {
      key: "kept", name: "Saved cart: we keep it for you", description: "Three hours after the cart was left.",
      subject: "{% if customer.cart.items.size > 1 %}Your {{ customer.cart.items.size }} choices are kept{% else %}Your choice is kept{% endif %}",
      preheader: "Nothing is lost: go on where you stopped.", title: "We kept your cart",
      blocks: ["You left something in your cart. It is still there, so you can go on where you stopped.", { products: "cart" }, { button: "Back to my cart", to: site }, "Something else came up? Then simply leave it. We remind you once more at most."],
    }),
    letter(site, {
      key: "help", name: "Saved cart: can we help?", description: "A day after the first reminder.",
      subject: "Is anything still open about your choice?", preheader: "Size, delivery, payment: ask us.", title: "Can we help you decide?",
      blocks: ["Sometimes one question is in the way: does it fit, when does it come, how can I pay, what if I do not like it?", "Just answer this email. A person reads it, and you hear from us within a working day.", { products: "cart" }, { button: "Look at it again", to: site }],
    }),
  ],
  draft: ({ template }) => draftOf({
    name: "Saved cart", description: savedCart.description, priority: 70, entry: happens("Product Added"), reentry: { type: "after", ms: 7 * DAY_MS },
    exits: [BOUGHT, COMPLAINED], goal: ORDER_GOAL, start: "rest",
    steps: {
      rest: wait(3 * HOUR_MS, "kept", "Give them time"),
      kept: mail(template("kept"), "day", "We kept your cart", { tags: ["cart"], products: ["product_id", "products.product_id"], expiresMs: 2 * DAY_MS }),
      day: wait(DAY_MS, "help", "A day later"),
      help: mail(template("help"), "rest_of_it", "Can we help?", { tags: ["cart"], products: ["product_id", "products.product_id"] }),
      // Those who buy now still count, and nobody is reminded of the next cart on the same day.
      rest_of_it: wait(3 * DAY_MS, null, "Wait for the order"),
    },
  }),
}; // prettier-ignore

const browse: JourneyStarter = {
  key: "browse", name: "Browsing without buying",
  description: "Somebody looked at three products or more within a week and has bought nothing for a month. The next evening we send what they looked at, three days later an offer to advise.",
  events: ["Product Viewed", "Product Added", "Order Completed", "Complaint Received"],
  advice: "Who puts something in the cart leaves this journey: the saved cart takes over.",
  segments: [],
  templates: (site) => [
    letter(site, {
      key: "seen", name: "Browsing: what you looked at", description: "The evening after somebody looked around.",
      subject: "{% if customer.viewed[0].name %}{{ customer.viewed[0].name }} and more: here to look at again{% else %}Here to look at again{% endif %}",
      preheader: "What you looked at, in one place.", title: "What caught your eye",
      blocks: ["{% if customer.viewed.size > 0 %}So that you need not search for it: this is what you looked at last.{% else %}You looked around with us lately. Go on where you stopped, whenever you like.{% endif %}", { products: "viewed" }, { button: "Look again", to: site }],
    }),
    letter(site, {
      key: "advice", name: "Browsing: shall we advise you?", description: "Three days later.",
      subject: "Not sure which is right for you?", preheader: "Tell us what you need it for.", title: "Tell us what you need",
      blocks: ["Choosing is hard when everything looks good. Tell us in a sentence what you need it for, and we suggest one or two things that fit.", "Just answer this email. If nothing fits, we say so.", { button: "Or look around yourself", to: site }],
    }),
  ],
  draft: ({ template }) => draftOf({
    name: "Browsing without buying", description: browse.description, priority: 40, entry: happens("Product Viewed"),
    audience: all(did("Product Viewed", 3, 7), not(did("Order Completed", 1, 30))), reentry: { type: "after", ms: 30 * DAY_MS },
    exits: [BOUGHT, happens("Product Added"), COMPLAINED], goal: ORDER_GOAL, start: "rest",
    steps: {
      rest: wait(12 * HOUR_MS, "evening", "Half a day"),
      evening: { type: "wait_time", minute: 18 * 60, next: "seen", title: "Six in the evening" },
      seen: mail(template("seen"), "days", "What caught your eye", { tags: ["browse"] }),
      days: wait(3 * DAY_MS, "advice", "Three days"),
      advice: mail(template("advice"), null, "Shall we advise you?", { tags: ["browse"] }),
    },
  }),
}; // prettier-ignore

const welcome: JourneyStarter = {
  key: "welcome", name: "Welcome and first steps",
  description: "Somebody signed up. We say hello at once, show the first steps two days later, and offer a hand to those who have not begun after a week. Who buys meanwhile is greeted by the journey after the purchase instead.",
  events: ["Signed Up", "Product Viewed", "Product Added", "Order Completed", "Complaint Received"],
  advice: "Ask for consent where somebody signs up: without it the letters are not sent, and the outbox says so.",
  segments: [],
  templates: (site) => [
    letter(site, {
      key: "hello", name: "Welcome: hello", description: "At once.", subject: "Welcome to {{ workspace.name }}", preheader: "Good to have you here. This is what to expect.", title: "Good to have you here",
      blocks: ["Thank you for signing up. You will hear from us seldom: how to begin, what is new, and nothing more. At the end of every email you can change that, or stop it.", { button: "Look around", to: site }, "A question? Answer this email; a person reads it."],
    }),
    letter(site, {
      key: "steps", name: "Welcome: first steps", description: "Two days later.", subject: "Three steps to begin with", preheader: "Two minutes, and you know your way around.", title: "Three steps to begin with",
      blocks: ["1. Look at what others choose first. It is a good place to begin.", "2. Tell us what matters to you, in your account: then you only get what fits.", "3. Put aside what you like. We keep it for you, on every device.", { button: "Begin", to: site }],
    }),
    letter(site, {
      key: "hand", name: "Welcome: a hand", description: "A week later, for those who have not begun.", subject: "Did something get in the way?", preheader: "Tell us, and we help.", title: "Can we give you a hand?",
      blocks: ["You signed up a week ago and have not begun yet. That is fine. If something was in the way, we would like to know: one sentence is enough.", { button: "Have another look", to: site }],
    }),
  ],
  draft: ({ template }) => draftOf({
    name: "Welcome and first steps", description: welcome.description, priority: 60, entry: happens("Signed Up"), exits: [COMPLAINED],
    goal: { when: BOUGHT, withinMs: 30 * DAY_MS, value: "total" }, start: "hello",
    steps: {
      hello: mail(template("hello"), "two_days", "Hello", { tags: ["welcome"] }),
      two_days: wait(2 * DAY_MS, "steps", "Two days"),
      steps: mail(template("steps"), "begins", "First steps", { tags: ["welcome"] }),
      begins: {
        type: "wait_until", maxMs: 5 * DAY_MS, next: "hand", title: "Do they begin?",
        paths: [{ when: happens("Product Viewed"), next: null }, { when: happens("Product Added"), next: null }],
      },
      hand: mail(template("hand"), null, "A hand", { tags: ["welcome"] }),
    },
  }),
}; // prettier-ignore

const winBack: JourneyStarter = {
  key: "win_back", name: "Win back",
  description: "Somebody bought within the last year and not for four months. One friendly letter, ten days later what is new, and two weeks later the honest question whether to go on. Who does not react is left in peace.",
  events: ["Order Completed", "Complaint Received", "$message.clicked"],
  advice: "Four months suit things that are bought two or three times a year: change the segment Lapsing buyers to what is usual with you. Leave the audience Left in peace out of your campaigns.",
  segments: [{
    key: "lapsing",
    draft: SegmentDraft.parse({
      name: "Lapsing buyers", description: "Bought within a year, but not for four months.", rule: all(did("Order Completed", 1, 365), not(did("Order Completed", 1, 120))),
    }),
  }],
  templates: (site) => [
    letter(site, {
      key: "miss", name: "Win back: it has been a while", description: "When four months have passed.", subject: "It has been a while", preheader: "How did it go with what you bought?", title: "It has been a while",
      blocks: ["{% if customer.lastOrder.title %}Some months ago you chose {{ customer.lastOrder.title }}.{% else %}Some months ago you bought from us.{% endif %} We hope it still serves you well.", "If something is wrong with it, answer this email: we put it right, even now.", { button: "See what is here today", to: site }],
    }),
    letter(site, {
      key: "new", name: "Win back: what is new", description: "Ten days later.", subject: "What is new since you were here last", preheader: "The short version.", title: "New since you were here",
      blocks: ["A good deal has changed since your last visit. Have a look: it takes a minute.", { button: "Show me", to: site }],
    }),
    letter(site, {
      key: "stay", name: "Win back: shall we stay in touch?", description: "Two weeks after that.", subject: "Shall we stay in touch?", preheader: "One click, and we know.", title: "Shall we stay in touch?",
      blocks: ["We do not want to write to you if it is of no use to you. If you would like to hear from us, press the button. If not, you need not do anything: we will leave you in peace.", { button: "Yes, stay in touch", to: site }],
    }),
  ],
  draft: ({ template, segment }) => draftOf({
    name: "Win back", description: winBack.description, priority: 30, entry: { type: "segment", id: segment("lapsing"), on: "entered" }, reentry: { type: "after", ms: 180 * DAY_MS },
    exits: [COMPLAINED], goal: { when: BOUGHT, withinMs: 60 * DAY_MS, value: "total" }, start: "morning",
    steps: {
      morning: { type: "wait_time", minute: 10 * 60, next: "miss", title: "Ten in the morning" },
      miss: mail(template("miss"), "ten_days", "It has been a while", { tags: ["win_back"] }),
      ten_days: wait(10 * DAY_MS, "new", "Ten days"),
      new: mail(template("new"), "two_weeks", "What is new", { tags: ["win_back"] }),
      two_weeks: wait(14 * DAY_MS, "stay", "Two weeks"),
      stay: mail(template("stay"), "answer", "Shall we stay in touch?", { tags: ["win_back"], refused: "peace" }),
      answer: { type: "wait_until", maxMs: 14 * DAY_MS, next: "peace", title: "Do they want to?", paths: [{ when: happens("$message.clicked"), next: null }] },
      peace: { type: "audience", audience: "Left in peace", change: "add", next: null, title: "Leave them in peace" },
    },
  }),
}; // prettier-ignore

/** Journeys for customers who might buy. */
export const SELLING: readonly JourneyStarter[] = [savedCart, browse, welcome, winBack];
