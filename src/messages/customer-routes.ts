/** What customers reach by the links in messages, registered together. */
import type { App } from "../http/app.ts";
import { type LinkDeps, linkRoutes } from "./links-routes.ts";
import { type PreferenceDeps, preferenceRoutes } from "./routes-preferences.ts";
import { type ReceiptDeps, receiptRoutes } from "./routes-receipt.ts";

/** Registers clicks and openings, unsubscribing and preferences, and receipts. */
export function customerRoutesOfMessages(app: App, deps: LinkDeps & PreferenceDeps & ReceiptDeps): void {
  linkRoutes(app, deps);
  preferenceRoutes(app, deps);
  receiptRoutes(app, deps);
}
