/** What the test page loads: the browser SDKs as published, from npm, in one bundle. RudderStack's in its build that loads no plugins from a CDN. */
import { AnalyticsBrowser as CustomerIo } from "@customerio/cdp-analytics-browser";
import { RudderAnalytics } from "@rudderstack/analytics-js/bundled";
import { AnalyticsBrowser as Segment } from "@segment/analytics-next";

Object.assign(globalThis, { Segment, CustomerIo, RudderAnalytics });
