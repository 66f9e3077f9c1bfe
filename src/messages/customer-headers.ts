/** What is sent along with pages that customers see. */
import { createHash } from "node:crypto";
import { STYLE } from "./customer-page.ts";

/** The headers of such a page: its style is the only thing that may be on it, its form goes to itself, its address to nobody. */
export const CUSTOMER_PAGE_HEADERS: { readonly [name: string]: string } = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  vary: "accept-language",
  "referrer-policy": "no-referrer",
  "x-robots-tag": "noindex, nofollow",
};
