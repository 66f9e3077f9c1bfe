/**
 * How each SDK is pointed at this server, ready to paste: real host, real write key. Pure text. The browser snippet is
 * Segment's published one (analytics.js 5.2), with the address of the script and of its settings replaced by ours.
 */

/** One way to connect. `where` says where the code goes. */
export type Snippet = {
  readonly id: string;
  readonly label: string;
  readonly where: string;
  readonly code: (host: string, writeKey: string) => string;
};

const METHODS =
  '"screen","register","deregister","trackSubmit","trackClick","trackLink","trackForm","pageview","identify","reset","group","track","ready","alias","debug","page","once","off","on","addSourceMiddleware","addIntegrationMiddleware","setAnonymousId","addDestinationMiddleware"';

const browser: Snippet["code"] = (host, writeKey) => `<script>
  !function(){var i="analytics",analytics=window[i]=window[i]||[];if(!analytics.initialize)if(analytics.invoked)window.console&&console.error&&console.error("Segment snippet included twice.");else{analytics.invoked=!0;analytics.methods=[${METHODS}];analytics.factory=function(e){return function(){if(window[i].initialized)return window[i][e].apply(window[i],arguments);var n=Array.prototype.slice.call(arguments);if(["track","screen","alias","group","page","identify"].indexOf(e)>-1){var c=document.querySelector("link[rel='canonical']");n.push({__t:"bpc",c:c&&c.getAttribute("href")||void 0,p:location.pathname,u:location.href,s:location.search,t:document.title,r:document.referrer})}n.unshift(e);analytics.push(n);return analytics}};for(var n=0;n<analytics.methods.length;n++){var key=analytics.methods[n];analytics[key]=analytics.factory(key)}analytics.load=function(key,n){var t=document.createElement("script");t.type="text/javascript";t.async=!0;t.setAttribute("data-global-segment-analytics-key",i);t.src="${host}/analytics.js/v1/"+key+"/analytics.min.js";var r=document.getElementsByTagName("script")[0];r.parentNode.insertBefore(t,r);analytics._loadOptions=n};analytics._writeKey="${writeKey}";analytics._cdn="${host}";analytics.SNIPPET_VERSION="5.2.0";
  analytics.load("${writeKey}");
  analytics.page();
  }}();
</script>`;

/** A pixel's data: base64url of the event as JSON. */
export function pixelData(writeKey: string): string {
  const event = JSON.stringify({
    writeKey,
    userId: "ann",
    event: "Email Opened",
    properties: { subject: "Welcome" },
  });
  return btoa(event).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Every way, the commonest first. */
export const SNIPPETS: readonly Snippet[] = [
  {
    id: "website",
    label: "Website",
    where: "Paste it into the head of every page. It is Segment's own snippet, served from here.",
    code: browser,
  },
  {
    id: "npm",
    label: "npm",
    where: "In a web app: npm install @segment/analytics-next",
    code: (host, writeKey) => `import { AnalyticsBrowser } from "@segment/analytics-next";

export const analytics = AnalyticsBrowser.load({ writeKey: "${writeKey}", cdnURL: "${host}" });

analytics.page();
analytics.identify("ann", { email: "ann@example.com" });
analytics.track("Product Added", { product_id: "boots-42", name: "Boots", price: 129, currency: "EUR" });`,
  },
  {
    id: "node",
    label: "Node",
    where: "On your server: npm install @segment/analytics-node",
    code: (host, writeKey) => `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({ writeKey: "${writeKey}", host: "${host}" });

analytics.track({ userId: "ann", event: "Order Completed", properties: { order_id: "1001", total: 129, currency: "EUR" } });
await analytics.closeAndFlush();`,
  },
  {
    id: "rudderstack",
    label: "RudderStack",
    where:
      "npm install @rudderstack/rudder-sdk-node; in the browser, @rudderstack/analytics-js with configUrl set to the same address.",
    code: (host, writeKey) => `import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const analytics = new RudderAnalytics("${writeKey}", { dataPlaneUrl: "${host}" });

analytics.identify({ userId: "ann", traits: { email: "ann@example.com" } });
analytics.track({ userId: "ann", event: "Call Answered", properties: { topic: "size" } });`,
  },
  {
    id: "curl",
    label: "curl",
    where:
      "From a terminal, or anything that speaks HTTP. A second event with the same messageId counts once.",
    code: (host, writeKey) => `curl ${host}/v1/track -u ${writeKey}: \\
  -H 'content-type: application/json' \\
  -d '{
    "userId": "ann",
    "event": "Product Viewed",
    "properties": { "product_id": "boots-42", "name": "Boots", "price": 129, "currency": "EUR" }
  }'`,
  },
  {
    id: "pixel",
    label: "Pixel",
    where:
      "In an email, or where no script runs. The data is the event as JSON in base64url; the answer is always a 1 x 1 image.",
    code: (host, writeKey) =>
      `<img src="${host}/v1/pixel/track?data=${pixelData(writeKey)}" width="1" height="1" alt="">`,
  },
];
