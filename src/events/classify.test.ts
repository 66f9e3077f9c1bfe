/** Channel and touchpoint: one table, from events as senders send them. */
import { expect, test } from "vitest";
import type { WorkspaceId } from "../values.ts";
import { arrivalFor } from "./envelope.ts";
import { admit } from "./steps.ts";

type Given = { [field: string]: unknown };
const silent = { count: () => undefined, time: () => undefined };

function classified(given: Given): string {
  const by = { workspace: 1 as WorkspaceId, key: 1, receivedAt: 1_795_281_917_193, newId: () => "made" };
  const event = { anonymousId: "visitor-1", ...given };
  const { accepted, refused } = admit(
    [event],
    arrivalFor(by, { text: JSON.stringify(event) }),
    silent,
    () => 0,
  );
  expect(refused).toEqual([]);
  return `${accepted[0]!.channel} ${accepted[0]!.touchpoint}`;
}
const BROWSER = { name: "analytics.js", version: "next-1.84.3" };
/** A page view of a browser: where it came from, and what its address carried. */
const visit = (referrer: string, search = ""): Given => ({
  type: "page",
  properties: { url: `https://shop.example/boots${search}`, path: "/boots", referrer, search },
  context: { library: BROWSER, page: { referrer } },
});
const track = (event: string, context: Given = {}, more: Given = {}): Given => ({
  type: "track",
  event,
  context,
  ...more,
});
const server = (name = "@segment/analytics-node") => ({ library: { name } });
const said = (channel: string): Given => track("Thing Happened", { channel });

const TABLE: readonly (readonly [what: string, event: Given, expected: string])[] = [
  // The sender's own word.
  ["context.channel", said("store"), "store thing-happened"],
  ["an alias of a channel", said("POS"), "store thing-happened"],
  ["a channel in words", said("Direct Mail"), "mail thing-happened"],
  ["a channel with a hyphen", said("paid-social"), "paid_social thing-happened"],
  ["newsletter", said("newsletter"), "email thing-happened"],
  ["live chat", said("live chat"), "support thing-happened"],
  ["an unknown word is not believed", said("carrier pigeon"), "other thing-happened"],
  ["a prototype's name is no channel", said("constructor"), "other thing-happened"],
  ["its own word beats a campaign", { ...visit("", "?utm_medium=email"), context: { channel: "sms" } }, "sms /boots"],
  ["its own word beats the event's name", track("Email Opened", { channel: "whatsapp" }), "whatsapp email"],
  ["a top-level channel that is no transport", track("Order Completed", {}, { channel: "store" }), "store order"],
  ["RudderStack's transport hint server", track("Order Completed", {}, { channel: "server" }), "server order"],
  ["RudderStack's transport hint web", track("Order Completed", {}, { channel: "web" }), "web order"],
  ["RudderStack's transport hint mobile", track("Order Completed", {}, { channel: "mobile" }), "app order"],
  ["RudderStack's transport hint sources", track("Order Completed", {}, { channel: "sources" }), "server order"],
  // Campaigns: medium and source.
  ["utm email", visit("", "?utm_source=nl&utm_medium=email"), "email /boots"],
  ["utm e-mail in capitals", visit("", "?utm_source=nl&utm_medium=E-Mail"), "email /boots"],
  ["utm sms", visit("", "?utm_medium=sms"), "sms /boots"],
  ["utm push", visit("", "?utm_medium=web-push"), "push /boots"],
  ["utm whatsapp", visit("", "?utm_medium=whatsapp"), "whatsapp /boots"],
  ["utm affiliate", visit("", "?utm_source=awin&utm_medium=affiliate"), "affiliate /boots"],
  ["utm cpc of Google", visit("https://www.google.com/", "?utm_source=google&utm_medium=cpc"), "paid_search /boots"],
  ["utm cpc of Bing", visit("", "?utm_source=bing&utm_medium=cpc"), "paid_search /boots"],
  ["utm cpc of Facebook", visit("", "?utm_source=facebook&utm_medium=cpc"), "paid_social /boots"],
  ["utm cpc of fb", visit("", "?utm_source=fb&utm_medium=cpc"), "paid_social /boots"],
  ["utm paid_social", visit("", "?utm_source=ig&utm_medium=paid_social"), "paid_social /boots"],
  ["utm paid of LinkedIn", visit("", "?utm_source=linkedin&utm_medium=paid"), "paid_social /boots"],
  ["utm cpc of nobody known", visit("", "?utm_source=zzz&utm_medium=cpc"), "paid_search /boots"],
  ["utm display", visit("", "?utm_source=criteo&utm_medium=display"), "ads /boots"],
  ["utm banner", visit("", "?utm_source=news&utm_medium=banner"), "ads /boots"],
  ["utm social", visit("", "?utm_source=instagram&utm_medium=social"), "social /boots"],
  ["utm organic of Google", visit("", "?utm_source=google&utm_medium=organic"), "search /boots"],
  ["utm referral of an AI assistant", visit("", "?utm_source=chatgpt.com&utm_medium=referral"), "ai_assistant /boots"],
  ["utm referral of a partner", visit("", "?utm_source=partner&utm_medium=referral"), "referral /boots"],
  ["utm print", visit("", "?utm_source=catalog&utm_medium=print"), "mail /boots"],
  ["utm offline", visit("", "?utm_source=flagship&utm_medium=in-store"), "store /boots"],
  ["ChatGPT adds only its source", visit("", "?utm_source=chatgpt.com"), "ai_assistant /boots"],
  ["source perplexity", visit("", "?utm_source=perplexity"), "ai_assistant /boots"],
  ["source newsletter", visit("", "?utm_source=newsletter"), "email /boots"],
  ["source klaviyo", visit("", "?utm_source=Klaviyo&utm_campaign=spring"), "email /boots"],
  ["source trustpilot", visit("", "?utm_source=trustpilot"), "reviews /boots"],
  ["an unknown source and medium", visit("", "?utm_source=zzz&utm_medium=qqq"), "referral /boots"],
  ["an unknown campaign met on a search engine", visit("https://www.google.de/", "?utm_source=zzz&utm_medium=qqq"), "search /boots"],
  ["a campaign's name alone tells no channel", visit("https://www.google.com/", "?utm_campaign=spring"), "search /boots"],
  ["context.campaign of a server", track("Lead Created", { ...server(), campaign: { source: "google", medium: "cpc" } }), "paid_search form"],
  ["an escaped campaign", visit("", "?utm_medium=%65mail&utm_source=a%20b"), "email /boots"],
  ["a broken escape", visit("", "?utm_medium=email&utm_source=%zz"), "email /boots"],
  // Click ids.
  ["gclid", visit("https://www.google.com/", "?gclid=abc"), "paid_search /boots"],
  ["gbraid", visit("", "?gbraid=abc"), "paid_search /boots"],
  ["wbraid", visit("", "?wbraid=abc"), "paid_search /boots"],
  ["msclkid", visit("https://www.bing.com/", "?msclkid=abc"), "paid_search /boots"],
  ["fbclid is on free links too", visit("https://l.facebook.com/", "?fbclid=abc"), "social /boots"],
  ["fbclid with a paid medium", visit("", "?fbclid=abc&utm_medium=paid"), "paid_social /boots"],
  ["fbclid on a newsletter's link that was shared", visit("", "?fbclid=abc&utm_medium=email"), "email /boots"],
  ["ttclid", visit("", "?ttclid=abc"), "paid_social /boots"],
  ["li_fat_id", visit("", "?li_fat_id=abc"), "paid_social /boots"],
  ["twclid", visit("", "?twclid=abc"), "paid_social /boots"],
  ["ScCid", visit("", "?ScCid=abc"), "paid_social /boots"],
  ["igshid", visit("", "?igshid=abc"), "social /boots"],
  ["dclid", visit("", "?dclid=abc"), "ads /boots"],
  ["awc", visit("", "?awc=abc"), "affiliate /boots"],
  ["irclickid", visit("", "?irclickid=abc"), "affiliate /boots"],
  ["mc_eid", visit("", "?mc_eid=abc"), "email /boots"],
  ["_kx", visit("", "?_kx=abc"), "email /boots"],
  ["two click ids: the paid one", visit("", "?fbclid=a&gclid=b"), "paid_search /boots"],
  ["an empty click id is none", visit("https://www.google.com/", "?gclid="), "search /boots"],
  ["parameters without search, from the address", { type: "page", properties: { url: "https://shop.example/boots?gclid=1" } }, "paid_search /boots"],
  // Referrers.
  ["Google", visit("https://www.google.com/"), "search /boots"],
  ["Google of a country", visit("https://www.google.co.uk/search?q=boots"), "search /boots"],
  ["Google's app", visit("android-app://com.google.android.googlequicksearchbox/"), "search /boots"],
  ["Bing", visit("https://www.bing.com/"), "search /boots"],
  ["DuckDuckGo", visit("https://duckduckgo.com/"), "search /boots"],
  ["Yahoo of a country", visit("https://fr.search.yahoo.com/"), "search /boots"],
  ["Yandex", visit("https://yandex.ru/"), "search /boots"],
  ["Google Docs is no search", visit("https://docs.google.com/document/1"), "referral /boots"],
  ["ChatGPT", visit("https://chatgpt.com/"), "ai_assistant /boots"],
  ["Gemini, though it is Google's", visit("https://gemini.google.com/"), "ai_assistant /boots"],
  ["Copilot, though it is Microsoft's", visit("https://copilot.microsoft.com/"), "ai_assistant /boots"],
  ["Perplexity with www", visit("https://www.perplexity.ai/search/1"), "ai_assistant /boots"],
  ["Claude", visit("https://claude.ai/"), "ai_assistant /boots"],
  ["Grok on X", visit("https://x.com/i/grok"), "ai_assistant /boots"],
  ["X", visit("https://x.com/ann/status/1"), "social /boots"],
  ["t.co", visit("https://t.co/abc"), "social /boots"],
  ["Facebook's link shim", visit("https://lm.facebook.com/l.php"), "social /boots"],
  ["Instagram", visit("https://l.instagram.com/"), "social /boots"],
  ["LinkedIn's app", visit("android-app://com.linkedin.android/"), "social /boots"],
  ["Reddit", visit("https://out.reddit.com/"), "social /boots"],
  ["Gmail", visit("https://mail.google.com/mail/u/0/"), "email /boots"],
  ["Gmail's app", visit("android-app://com.google.android.gm/"), "email /boots"],
  ["Trustpilot of a country", visit("https://de.trustpilot.com/review/x"), "reviews /boots"],
  ["Yelp", visit("https://www.yelp.com/biz/x"), "reviews /boots"],
  ["Tripadvisor of a country", visit("https://www.tripadvisor.co.uk/x"), "reviews /boots"],
  ["G2", visit("https://www.g2.com/products/x"), "reviews /boots"],
  ["an ad network", visit("https://googleads.g.doubleclick.net/"), "ads /boots"],
  ["a blog", visit("https://blog.example/post"), "referral /boots"],
  ["a host that only ends like a known one", visit("https://notgoogle.com/"), "referral /boots"],
  ["a name in the path is no host", visit("https://evil.example/www.google.com"), "referral /boots"],
  ["a user name that looks like a host", visit("https://google.com@evil.example/"), "referral /boots"],
  ["the site itself: the middle of a visit", visit("https://shop.example/"), "web /boots"],
  ["the site with www", visit("https://www.shop.example/"), "web /boots"],
  ["a subdomain of the site", visit("https://help.shop.example/"), "web /boots"],
  ["another shop of the same host", { type: "page", properties: { url: "https://a.myshopify.com/", referrer: "https://b.myshopify.com/" } }, "referral /"],
  ["no referrer", visit(""), "direct /boots"],
  ["RudderStack's $direct", visit("$direct"), "direct /boots"],
  // What is not a visit.
  ["an action on a page that was found by search", track("Product Added", { library: BROWSER, page: { url: "https://shop.example/", referrer: "https://www.google.com/" } }), "web cart"],
  ["the same told by a server of its visitor", track("Signed Up", { page: { url: "https://shop.example/", referrer: "https://www.google.com/" } }), "search sign-up"],
  ["an action on a landing page with a campaign", track("Product Added", { library: BROWSER, page: { url: "https://shop.example/?gclid=1", search: "?gclid=1" }, campaign: { source: "google", medium: "cpc" } }), "web cart"],
  ["an app's action", track("Product Added", { library: { name: "analytics-ios" }, campaign: { medium: "email" } }), "app cart"],
  ["an app opened by a campaign's link", track("Deep Link Opened", { library: { name: "analytics-ios" }, campaign: { medium: "email" } }), "email deep-link"],
  ["an install with its campaign", track("Install Attributed", { library: { name: "analytics-android" }, campaign: { source: "facebook", medium: "paid" } }), "paid_social app"],
  ["a screen reached by a push", { type: "screen", name: "Cart", context: { campaign: { medium: "push" } } }, "push Cart"],
  ["a browser's identify", { type: "identify", userId: "u1", context: { library: BROWSER, page: { referrer: "https://www.google.com/" } } }, "web identify"],
  ["a browser's group", { type: "group", userId: "u1", groupId: "acme", context: { library: BROWSER } }, "web account"],
  ["an alias", { type: "alias", userId: "u1", previousId: "v1", context: { library: BROWSER } }, "web alias"],
  ["a screen", { type: "screen", name: "Home" }, "app Home"],
  ["an iOS event", track("Product Viewed", { library: { name: "analytics-ios" } }), "app product"],
  ["a React Native event", track("Product Viewed", { library: { name: "@segment/analytics-react-native" } }), "app product"],
  ["an app told by its device", track("Product Viewed", { app: { name: "Shop" }, device: { type: "ios" } }), "app product"],
  ["a server SDK", track("Order Completed", server()), "server order"],
  ["a Python SDK", track("Order Completed", server("analytics-python")), "server order"],
  ["a Java SDK is a server, JavaScript is not", track("Order Completed", server("analytics-java")), "server order"],
  ["RudderStack's JavaScript", track("Order Completed", server("RudderLabs JavaScript SDK")), "web order"],
  ["a page told by a server without an address", { type: "page", name: "Home", context: server() }, "server Home"],
  ["nothing told at all", track("Thing Happened"), "other thing-happened"],
  // Names that allow one channel only.
  ["Email Opened", track("Email Opened", server()), "email email"],
  ["Email Link Clicked", track("Email Link Clicked", server()), "email email"],
  ["a form about e-mail is no mailing", track("Email Submitted", { library: BROWSER }), "web email-submitted"],
  ["SMS Delivered", track("SMS Delivered", server()), "sms sms"],
  ["Push Notification Tapped", track("Push Notification Tapped"), "push push"],
  ["WhatsApp Message Read", track("WhatsApp Message Read"), "whatsapp whatsapp"],
  ["Call Ended", track("Call Ended", server()), "phone call"],
  ["a call to action is no call", track("Call To Action Clicked", { library: BROWSER }), "web call-to-action-clicked"],
  ["Live Chat Conversation Started", track("Live Chat Conversation Started", { library: BROWSER }), "support chat"],
  ["Ticket Created", track("ticket_created", server()), "support conversation"],
  ["Store Visited", track("Store Visited"), "store store-visit"],
  ["a store locator is a page", track("Store Locator Viewed", { library: BROWSER }), "web store-visit"],
  ["POS Transaction", track("POS Transaction", server()), "store receipt"],
  ["Meeting Booked", track("Meeting Booked", server()), "sales meeting"],
  ["Review Posted", track("Review Posted", server()), "reviews review"],
  ["Ad Clicked", track("Ad Clicked", server()), "ads ad"],
  ["Mailing Sent", track("Mailing Sent", server()), "mail mailing"],
  ["Application Opened", track("Application Opened"), "app app"],
  ["Unsubscribed", track("Unsubscribed", server()), "email preferences"],
  // Touchpoints.
  ["a path loses its query and its last slash", { type: "page", properties: { path: "/a//b/?q=1#top", url: "https://shop.example/a//b/" } }, "direct /a/b"],
  ["a page by its address alone", { type: "page", properties: { url: "https://shop.example/x/42?utm_medium=sms" } }, "sms /x/42"],
  ["the sender's touchpoint", track("Order Completed", { touchpoint: "till 3" }), "other till 3"],
  ["a property's touchpoint", track("Order Completed", {}, { properties: { touchpoint: "kiosk" } }), "other kiosk"],
  ["an event of no family", track("Trial Extended!", server()), "server trial-extended"],
  ["an event in Japanese", track("注文完了", server()), "server 注文完了"],
]; // prettier-ignore

test.each(TABLE)("%s", (_what, event, expected) => {
  expect(classified(event)).toBe(expected);
});
