/**
 * What an event's name says by itself: the channel it must have happened in, if only one is possible, and the touchpoint
 * in a word. Pure. The names are those of Segment's specs (e-commerce, email, mobile, live chat, B2B) and common kin;
 * they are compared without case and punctuation, so `Order Completed` and `order_completed` are one.
 */
import type { Channel } from "./model.ts";
import { cut, plain } from "./text.ts";

/** What a name tells: `channel` only when the name allows no other. */
export type Family = { readonly channel: Channel | undefined; readonly touchpoint: string };

/** Touchpoint, channel or `-`, and the event names of the family. */
const NAMES = `
site-search | - | products searched, search performed, site searched, search submitted, searched
product-list | - | product list viewed, product list filtered, collection viewed, category viewed
promotion | - | promotion viewed, promotion clicked
product | - | product viewed, product clicked
cart | - | product added, product removed, cart viewed, cart updated, cart cleared, product added to cart, added to cart, cart abandoned
checkout | - | checkout started, checkout step viewed, checkout step completed, payment info entered, shipping info entered, checkout completed
order | - | order completed, order updated, order placed, order paid, purchase, purchased
refund | - | order refunded, order cancelled, order canceled, product returned
coupon | - | coupon entered, coupon applied, coupon denied, coupon removed, coupon redeemed
wishlist | - | product added to wishlist, product removed from wishlist, wishlist product added to cart
sharing | - | product shared, cart shared, content shared, page shared
review | - | product reviewed
form | - | form submitted, form started, form viewed, contact form submitted, lead submitted, lead created
sign-up | - | signed up, sign up, registered, account created, user created, user registered
sign-in | - | signed in, signed out, logged in, logged out, login, logout
trial | - | trial started, trial ended, trial requested
demo | - | demo requested, demo booked, quote requested
invite | - | invite sent, invite accepted, friend invited
experiment | - | experiment viewed
consent | - | segment consent preference updated, consent updated, consent preference updated
preferences | email | unsubscribed, email unsubscribed, email subscribed, newsletter unsubscribed, list unsubscribed
preferences | - | newsletter subscribed, subscribed to newsletter, preferences updated
preferences | sms | sms unsubscribed, sms subscribed
preferences | push | push unsubscribed, push subscribed
preferences | whatsapp | whatsapp unsubscribed, whatsapp subscribed
app | app | application installed, application opened, application backgrounded, application foregrounded, application updated, application uninstalled, application crashed, install attributed, app installed, app opened
deep-link | app | deep link opened, deep link clicked
chat | support | live chat conversation started, live chat conversation ended, live chat message sent, live chat message received, chat started, chat ended
voicemail | phone | voicemail left, voicemail received
store-visit | store | store visited, store entered, store check in, visited store
store-visit | - | store locator viewed, store viewed, store selected
receipt | store | receipt printed, pos transaction, pos sale, pos purchase, in store purchase, store purchase, store order completed
meeting | sales | meeting booked, meeting held, meeting scheduled, meeting cancelled, meeting completed, sales call completed
deal | sales | deal created, deal won, deal lost, deal updated, opportunity created, opportunity won, opportunity lost, proposal sent, quote sent
review | reviews | review posted, review received, review published, review left, review submitted, review replied
ad | ads | ad impression, ad viewed, ad clicked, ad shown, display impression, display ad viewed, display ad clicked
mailing | mail | mailing sent, mailing delivered, mailing received, direct mail sent, letter sent, postcard sent, catalog sent, catalogue sent, flyer sent
affiliate | affiliate | affiliate link clicked
referral | referral | referral link clicked, referred
`;
const KNOWN = new Map<string, Family>();
for (const line of NAMES.trim().split("\n")) {
  const [touchpoint, channel, names] = line.split(" | ") as [string, string, string];
  const family: Family = { channel: channel === "-" ? undefined : (channel as Channel), touchpoint };
  for (const name of names.split(", ")) KNOWN.set(name, family);
}

/** Senders name the moments of a message in many ways; what it is a message of comes first. */
const MOMENT =
  "sent|send|delivered|opened|open|clicked|click|link clicked|bounced|bounce|soft bounced|hard bounced|marked as spam|complained|dropped|deferred|failed|received|replied|read|tapped|dismissed|queued|processed|converted|viewed";
const PATTERNS: readonly (readonly [RegExp, Channel, string])[] = [
  [new RegExp(`^(?:e ?mail|newsletter) (?:${MOMENT})$`), "email", "email"],
  [new RegExp(`^(?:sms|text message|mms) (?:message )?(?:${MOMENT})$`), "sms", "sms"],
  [new RegExp(`^(?:web |mobile )?push (?:notification )?(?:${MOMENT})$`), "push", "push"],
  [new RegExp(`^whats ?app (?:message |template )?(?:${MOMENT})$`), "whatsapp", "whatsapp"],
  [/^(?:phone |sales |support |inbound |outbound )?call (?:started|ended|answered|received|made|missed|completed|placed|logged|transferred|abandoned)$/, "phone", "call"],
  [/^(?:support )?(?:ticket|case|conversation|complaint|live chat)(?: message)? (?:\S+ )?(?:created|opened|started|ended|closed|solved|resolved|replied|updated|reopened|assigned|sent|received|rated|escalated|commented|raised|filed)$/, "support", "conversation"],
  [/^(?:pos|in store|point of sale) /, "store", "store"],
]; // prettier-ignore

/** The family of a track event's name; a name of no family is its own touchpoint, as a slug. Never throws. */
export function familyOf(name: string): Family {
  const words = plain(name);
  const known = KNOWN.get(words);
  if (known) return known;
  for (const [pattern, channel, touchpoint] of PATTERNS)
    if (pattern.test(words)) return { channel, touchpoint };
  return { channel: undefined, touchpoint: cut(words.replaceAll(" ", "-"), 100) || "event" };
}
