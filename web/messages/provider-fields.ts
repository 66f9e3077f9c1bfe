/** What each driver has to be told, as fields of a form: where it stands in the configuration and how it is asked for. Pure. */
import type { DriverName } from "../../src/messages/drivers/model.ts";
import type { MessageChannel } from "../../src/permission/model.ts";
import type { Json } from "../../src/values.ts";

/** A field of a configuration; `path` with dots. */
export type ConfigField = {
  readonly path: string;
  readonly label: string;
  readonly hint?: string;
  readonly kind?: "number" | "secret" | "long_secret" | readonly { readonly value: string; readonly label: string }[];
  readonly required?: boolean;
  /** Seldom needed: behind "More". */
  readonly more?: boolean;
}; // prettier-ignore
/** A driver as it is offered. */
export type DriverChoice = {
  readonly driver: DriverName;
  readonly label: string;
  readonly about: string;
  readonly channels: readonly MessageChannel[];
  readonly fields: readonly ConfigField[];
};

const ALL: readonly MessageChannel[] = ["email", "sms", "whatsapp", "web_push", "mobile_push", "in_app", "webhook"]; // prettier-ignore

/** All drivers, the most used first. */
export const DRIVERS: readonly DriverChoice[] = [
  {
    driver: "smtp", label: "SMTP", about: "Any mail server, or the SMTP of a mail service.", channels: ["email"],
    fields: [
      { path: "host", label: "Server", required: true },
      { path: "port", label: "Port", kind: "number", hint: "587 where nothing is said" },
      { path: "security", label: "Encryption", kind: [{ value: "starttls", label: "STARTTLS (usual)" }, { value: "tls", label: "TLS from the first byte (465)" }, { value: "opportunistic", label: "TLS where offered" }, { value: "none", label: "None" }] },
      { path: "user", label: "User" },
      { path: "password", label: "Password", kind: "secret" },
      { path: "from", label: "From", hint: "Boots & Co <hello@boots.example>", required: true },
      { path: "replyTo", label: "Replies to", more: true },
      { path: "dkim.domain", label: "DKIM domain", more: true },
      { path: "dkim.selector", label: "DKIM selector", more: true },
      { path: "dkim.privateKey", label: "DKIM private key (PEM)", kind: "long_secret", more: true },
      { path: "bounces.domain", label: "Domain that takes bounces", more: true },
      { path: "connections", label: "Connections at a time", kind: "number", more: true },
    ],
  },
  {
    driver: "twilio", label: "Twilio", about: "Text messages.", channels: ["sms"],
    fields: [
      { path: "accountSid", label: "Account SID", required: true },
      { path: "authToken", label: "Auth token", kind: "secret", required: true },
      { path: "from", label: "From number", hint: "Or a messaging service, one of the two" },
      { path: "messagingServiceSid", label: "Messaging service SID" },
      { path: "apiKeySid", label: "API key SID", more: true },
      { path: "apiKeySecret", label: "API key secret", kind: "secret", more: true },
      { path: "baseUrl", label: "Address of the API", more: true },
    ],
  },
  {
    driver: "whatsapp_cloud", label: "WhatsApp Cloud API", about: "WhatsApp, by Meta's own API.", channels: ["whatsapp"],
    fields: [
      { path: "phoneNumberId", label: "Phone number id", required: true },
      { path: "accessToken", label: "Access token", kind: "secret", required: true },
      { path: "appSecret", label: "App secret", kind: "secret", required: true },
      { path: "verifyToken", label: "Verify token", kind: "secret", hint: "What is entered at Meta for the callback", required: true },
      { path: "baseUrl", label: "Address of the API", more: true },
    ],
  },
  {
    driver: "vapid", label: "Web push", about: "Notifications in browsers. The keys are made here.", channels: ["web_push"],
    fields: [
      { path: "subject", label: "Whom a push service asks", hint: "mailto:ops@boots.example", required: true },
      { path: "publicKey", label: "Public key", hint: "Left empty, a pair is made", more: true },
      { path: "privateKey", label: "Private key", kind: "secret", more: true },
      { path: "urgency", label: "Urgency", kind: [{ value: "normal", label: "normal" }, { value: "very-low", label: "very low" }, { value: "low", label: "low" }, { value: "high", label: "high" }], more: true },
    ],
  },
  {
    driver: "fcm", label: "Firebase", about: "Notifications in apps (FCM HTTP v1).", channels: ["mobile_push"],
    fields: [
      { path: "projectId", label: "Project id", required: true },
      { path: "clientEmail", label: "Client email of the service account", required: true },
      { path: "privateKey", label: "Private key (PEM)", kind: "long_secret", required: true },
    ],
  },
  {
    driver: "in_app", label: "On-site inbox", about: "Shown on your own site and in your own app.", channels: ["in_app"],
    fields: [
      { path: "proof", label: "Who says to be a customer", kind: [{ value: "signed", label: "shows a signed token" }, { value: "trusted", label: "is trusted (closed networks)" }] },
      { path: "secret", label: "Secret of the tokens", kind: "secret", hint: "Left empty, one is made and shown once" },
    ],
  },
  {
    driver: "webhook", label: "Webhook", about: "To a system of yours, signed (Standard Webhooks).", channels: ["webhook"],
    fields: [{ path: "secret", label: "Signing secret", kind: "secret", hint: "Left empty, one is made and shown once" }],
  },
  { driver: "local", label: "Local outbox", about: "Nothing leaves; everything can be looked at. What is used where no provider is set up.", channels: ALL, fields: [] },
]; // prettier-ignore

/** The texts of a form, by path. */
export type Typed = { readonly [path: string]: string };
type Node = { [key: string]: Json };

/** What is known of a stored configuration, as texts; secrets are never among it. */
export function typedOf(config: unknown, fields: readonly ConfigField[]): Typed {
  const at = (path: string) => path.split(".").reduce<unknown>((node, key) => (typeof node === "object" && node !== null ? (node as { [key: string]: unknown })[key] : undefined), config); // prettier-ignore
  return Object.fromEntries(
    fields.flatMap(({ path }) => {
      const value = at(path);
      return typeof value === "string" || typeof value === "number" ? [[path, String(value)]] : [];
    }),
  );
}

/**
 * The configuration of a form, over what is stored of places the form does not ask for. Empty fields are left away: a
 * secret that is left away stays as it is.
 */
export function configOf(
  typed: Typed,
  fields: readonly ConfigField[],
  stored: { readonly [key: string]: Json } = {},
): { [key: string]: Json } {
  const config: Node = structuredClone(stored) as Node;
  for (const { path, kind } of fields) {
    const keys = path.split(".");
    const last = keys.pop()!;
    const value = (typed[path] ?? "").trim();
    let node = config;
    for (const key of keys) {
      if (typeof node[key] !== "object" || node[key] === null) {
        if (value === "") break;
        node[key] = {};
      }
      node = node[key] as Node;
    }
    if (value === "") delete node[last];
    else node[last] = kind === "number" ? Number(value) : value;
  }
  for (const [key, value] of Object.entries(config))
    if (
      typeof value === "object" &&
      value !== null &&
      !Array.isArray(value) &&
      Object.keys(value).length === 0
    )
      delete config[key];
  return config;
}
