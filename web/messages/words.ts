/** Messages in plain words: channels, states, and why something did not leave. Pure. */
import type { MessageState } from "../../src/messages/model.ts";
import type { MessageChannel } from "../../src/permission/model.ts";

/** What each channel is called. */
export const CHANNEL_WORDS: { readonly [channel in MessageChannel]: string } = {
  email: "Email", sms: "SMS", whatsapp: "WhatsApp", web_push: "Web push", mobile_push: "App push", in_app: "On-site inbox", webhook: "Webhook",
}; // prettier-ignore
export const MESSAGE_CHANNELS = Object.keys(CHANNEL_WORDS) as readonly MessageChannel[];
/** A channel's name; one this app does not know is shown by its code. */
export const channelName = (channel: string): string => CHANNEL_WORDS[channel as MessageChannel] ?? channel;

/** How a message stands, in a word, with how it is to be felt. */
export const STATE_WORDS: { readonly [state in MessageState]: { readonly label: string; readonly tone: "good" | "waiting" | "bad" | "quiet" } } = {
  due: { label: "Waiting", tone: "waiting" },
  sending: { label: "Leaving", tone: "waiting" },
  sent: { label: "Sent", tone: "good" },
  refused: { label: "Refused", tone: "quiet" },
  failed: { label: "Failed", tone: "bad" },
  unknown: { label: "Not known", tone: "bad" },
  cancelled: { label: "Taken back", tone: "quiet" },
}; // prettier-ignore
export const STATES = Object.keys(STATE_WORDS) as readonly MessageState[];

const REASONS: { readonly [reason: string]: string } = {
  no_address: "No address", suppressed: "Address is suppressed", consent_denied: "Said no", consent_missing: "Never said yes", privacy_control: "Global Privacy Control", topic_declined: "Topic declined",
  paused: "Paused by the customer", cap: "Enough messages already", reserved: "Kept for a more valuable one", quiet_hours: "Quiet hours", sending_window: "Outside the sending window",
  bought_this: "Just bought this", bought_anything: "Just bought something", open_case: "Open complaint or ticket", returned: "Just returned it", out_of_stock: "Out of stock", human_talking: "A person is talking to them",
  expired: "Waited too long", bad_address: "The address is wrong", rejected: "Rejected by the provider", too_large: "Too large", authentication: "The provider refused our login", opted_out: "Opted out at the provider",
  configuration: "Not set up rightly", content: "The content was refused", missing_variable: "Something the template names is not known", template_error: "The template has a fault", no_provider: "No provider",
}; // prettier-ignore
/** Why a message did not leave, or waits. */
export const reasonWords = (reason: string): string => REASONS[reason] ?? reason.replaceAll("_", " ");

/** What a provider told later. */
export const REPORT_WORDS: { readonly [what: string]: string } = {
  delivered: "Delivered", deferred: "Delayed on the way", bounced: "Bounced", failed: "Failed", complained: "Marked as spam", unsubscribed: "Unsubscribed", resubscribed: "Subscribed again", opened: "Opened", clicked: "Clicked", replied: "Replied",
}; // prettier-ignore
