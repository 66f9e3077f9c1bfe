/**
 * How a workspace sends: its providers with their configurations, and the open driver of each. Secrets go in and never
 * come out; a change that leaves a secret away keeps the one there is.
 */
import { createECDH, randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure, type WrongPlace } from "../errors.ts";
import type { MessageChannel } from "../permission/model.ts";
import { AnyJson, type Clock, type Instant, type JsonObject, type WorkspaceId, isoOf } from "../values.ts";
import { secretOf } from "../webhooks/sign.ts";
import { trouble } from "./drivers/call.ts";
import { fcmDriver } from "./drivers/fcm.ts";
import { inAppDriver } from "./drivers/in-app.ts";
import { localDriver } from "./drivers/local.ts";
import {
  CHANNELS_OF,
  CONFIGS,
  type ConfigOf,
  DRIVER_LIMITS,
  type DriverName,
  SECRETS_OF,
} from "./drivers/model.ts";
import { vapidKeysOf } from "./drivers/push-encryption.ts";
import { smtpDriver } from "./drivers/smtp.ts";
import { twilioDriver } from "./drivers/twilio.ts";
import { webPushDriver } from "./drivers/web-push.ts";
import { webhookDriver } from "./drivers/webhook.ts";
import { whatsappDriver } from "./drivers/whatsapp-cloud.ts";
import type { Driver, ProviderDraft } from "./model.ts";
import type { ProviderRow } from "./provider-store.ts";

export type DriverDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  /** The address this server is reached by from outside; undefined: providers are not told where to report. */
  readonly publicUrl: string | undefined;
};

/** Where a provider's service tells us what became of messages; null where it does not, or we cannot be reached. */
export function callbackUrlOf(
  { id, driver, config }: Pick<ProviderRow, "id" | "driver" | "config">,
  publicUrl: string | undefined,
): string | null {
  const source = driver === "smtp" ? (config["reports"] as { from?: string } | undefined)?.from : CALLBACKS[driver];
  if (publicUrl === undefined || source === undefined) return null;
  return `${publicUrl.replace(/\/+$/, "")}/hooks/providers/${id}/${source}`;
} // prettier-ignore
const CALLBACKS: { readonly [driver: string]: string } = { twilio: "twilio", whatsapp_cloud: "whatsapp" };

/** A provider's configuration by its driver's schema; null when it is none (of an older release). */
export function configOf<Name extends DriverName>(
  provider: Pick<ProviderRow, "driver" | "config">,
  name: Name,
): ConfigOf<Name> | null {
  if (provider.driver !== name) return null;
  return (CONFIGS[name].safeParse(provider.config).data as ConfigOf<Name> | undefined) ?? null;
}

type Opening = {
  readonly [Name in DriverName]: (config: ConfigOf<Name>, provider: ProviderRow, deps: DriverDeps) => Driver;
};
const OPEN: Opening = {
  smtp: (config) => smtpDriver(config),
  twilio: (config, provider, { publicUrl }) => twilioDriver(config, callbackUrlOf(provider, publicUrl)),
  whatsapp_cloud: (config) => whatsappDriver(config),
  vapid: (config, _provider, { clock }) => webPushDriver(config, clock),
  fcm: (config, _provider, { clock }) => fcmDriver(config, clock),
  in_app: (_config, _provider, { sql, clock }) => inAppDriver(sql, clock),
  webhook: (config, _provider, { clock }) => webhookDriver(config, clock),
  local: (_config, { channel }) => localDriver(channel),
};

/** Opens a provider's driver. One whose configuration is not understood rests, and says so. */
export function openDriver(provider: ProviderRow, deps: DriverDeps): Driver {
  const { driver, channel, config } = provider;
  const parsed = CONFIGS[driver].safeParse(config);
  if (parsed.success)
    return (OPEN[driver] as (config: unknown, provider: ProviderRow, deps: DriverDeps) => Driver)(parsed.data, provider, deps); // prettier-ignore
  const [issue] = parsed.error.issues;
  const detail = `The configuration of ${provider.name} cannot be used: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`;
  return { channel, send: async () => trouble(detail, DRIVER_LIMITS.restMs), close: async () => undefined };
}

export type Drivers = {
  /** The provider's driver as it is configured now. Ask for each message; a changed provider gets a new one. */
  of(provider: ProviderRow): Driver;
  /** Finishes what is under way and closes all. */
  close(): Promise<void>;
};

/** Keeps drivers open while their providers stay as they are. */
export function createDrivers(deps: DriverDeps): Drivers {
  const closing = new Set<Promise<void>>();
  const open = new LRUCache<number, { readonly driver: Driver; readonly updatedAt: Instant }>({
    max: DRIVER_LIMITS.openMax,
    // Messages it was given are still finished: `close` waits for them.
    dispose: ({ driver }) => {
      const closed = driver.close().finally(() => closing.delete(closed));
      closing.add(closed);
    },
  });
  return {
    of: (provider) => {
      const kept = open.get(provider.id);
      if (kept?.updatedAt === provider.updatedAt) return kept.driver;
      const driver = openDriver(provider, deps);
      open.set(provider.id, { driver, updatedAt: provider.updatedAt });
      return driver;
    },
    close: async () => {
      open.clear();
      await Promise.all(closing);
    },
  };
}

/** What a workspace without a provider for a channel uses: nothing leaves. The in-app inbox needs nobody outside. */
export const localProviderOf = (workspace: WorkspaceId, channel: MessageChannel): ProviderRow => ({
  id: 0, workspace, channel, driver: channel === "in_app" ? "in_app" : "local", name: channel === "in_app" ? "In-app inbox" : "Local outbox", config: {}, perSecond: null, createdAt: 0, updatedAt: 0, restsUntil: 0, problem: null,
}); // prettier-ignore

/** A provider as the API shows it: which secrets are set, and none of them. */
export const ProviderView = z.object({
  id: z.int(),
  channel: z.string(),
  driver: z.string(),
  name: z.string(),
  perSecond: z.number().nullable(),
  config: z.record(z.string(), AnyJson).describe("Without its secrets"),
  secrets: z.record(z.string(), z.boolean()).describe("Each secret of this driver: whether it is set"),
  callbackUrl: z.string().nullable().describe("Where the service has to report to; null: it does not, or this server's address is not configured"),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  restsUntil: z.iso.datetime().nullable(),
  problem: z.string().nullable(),
}); // prettier-ignore
export type ProviderView = z.infer<typeof ProviderView>;

export function viewOf(row: ProviderRow, publicUrl: string | undefined, now: Instant): ProviderView {
  const config = structuredClone(row.config) as Record<string, unknown>;
  const secrets: Record<string, boolean> = {};
  for (const path of SECRETS_OF[row.driver]) {
    secrets[path.join(".")] = takeAt(config, path) !== undefined;
  }
  return {
    id: row.id, channel: row.channel, driver: row.driver, name: row.name, perSecond: row.perSecond, config: config as ProviderView["config"], secrets,
    callbackUrl: callbackUrlOf(row, publicUrl), createdAt: isoOf(row.createdAt), updatedAt: isoOf(row.updatedAt),
    restsUntil: row.restsUntil > now ? isoOf(row.restsUntil) : null, problem: row.problem,
  };
} // prettier-ignore

type Node = { [key: string]: unknown };
/** The value at a path, taken out of its object. */
function takeAt(config: Node, path: readonly string[]): unknown {
  const node = path.slice(0, -1).reduce<Node | undefined>((at, key) => at?.[key] as Node | undefined, config);
  const [last] = path.slice(-1);
  if (typeof node !== "object" || node === null || last === undefined) return undefined;
  const value = node[last];
  delete node[last];
  return value ?? undefined;
} // prettier-ignore

/** A configuration that is whole: checked, with what was kept and what was made. */
export type Completed = {
  readonly config: JsonObject;
  /** Secrets that were made here: shown once, because whoever checks signatures needs them. */
  readonly made: { readonly [name: string]: string };
};

/**
 * The configuration to keep of a draft: secrets it leaves away are those of `before`, those it sets to null go, and what
 * can be made is made. Throws `Failure("unprocessable")` with each place that is wrong.
 */
export function completed(draft: ProviderDraft, before: JsonObject | null): Completed {
  const { driver, channel } = draft;
  if (!CHANNELS_OF[driver].includes(channel))
    throw new Failure("unprocessable", `The driver ${driver} does not serve the channel ${channel}.`);
  const config = structuredClone(draft.config) as Node;
  if (before !== null) keep(driver, config, structuredClone(before) as Node);
  const made = make(driver, config);
  const parsed = CONFIGS[driver].safeParse(config);
  const places: WrongPlace[] = parsed.success
    ? missing(driver, parsed.data)
    : parsed.error.issues.map(({ path, message }) => ({ pointer: `#/config/${path.join("/")}`, detail: message }));
  if (!parsed.success || places.length > 0)
    throw new Failure("unprocessable", `${places[0]?.pointer ?? "#/config"}: ${places[0]?.detail ?? "It is wrong."}`, { places });
  return { config: parsed.data as JsonObject, made };
} // prettier-ignore

/** Beside secrets, what has to stay with them: a new key would end every subscription. */
const KEPT_OF: { readonly [driver: string]: readonly (readonly string[])[] } = { vapid: [["publicKey"]] };

function keep(driver: DriverName, config: Node, before: Node): void {
  const [was, is] = [before["reports"], config["reports"]] as ({ from?: string } | undefined)[];
  if (was?.from !== is?.from) delete before["reports"];
  for (const path of [...SECRETS_OF[driver], ...(KEPT_OF[driver] ?? [])]) {
    const value = takeAt(before, path);
    const parent = path.slice(0, -1).reduce<Node | undefined>((at, key) => at?.[key] as Node | undefined, config);
    const [last] = path.slice(-1);
    if (typeof parent !== "object" || parent === null || last === undefined) continue;
    if (parent[last] === null) delete parent[last];
    else if (parent[last] === undefined && value !== undefined) parent[last] = value;
  }
} // prettier-ignore

/** Makes the secrets nobody has to bring along. */
function make(driver: DriverName, config: Node): { readonly [name: string]: string } {
  const missingIn = (node: Node, key: string) => node[key] === undefined || node[key] === null;
  const bounces = config["bounces"] as Node | undefined;
  if (driver === "smtp" && bounces && missingIn(bounces, "secret"))
    bounces["secret"] = randomBytes(24).toString("base64url");
  if (driver === "vapid" && missingIn(config, "publicKey") && missingIn(config, "privateKey")) {
    const pair = createECDH("prime256v1");
    pair.generateKeys();
    Object.assign(config, vapidKeysOf(pair.getPrivateKey()));
  }
  if ((driver === "webhook" || driver === "in_app") && missingIn(config, "secret")) {
    const secret = driver === "webhook" ? secretOf(randomBytes(32)) : randomBytes(32).toString("base64url");
    config["secret"] = secret;
    return { secret };
  }
  return {};
}

/** What the schema lets be absent (an answer shows it so), but sending needs. */
function missing(driver: DriverName, config: object): WrongPlace[] {
  const node = config as Node;
  const place = (path: string, detail = "It is needed.") => ({ pointer: `#/config/${path}`, detail });
  const absent = (path: string) => path.split("/").reduce<unknown>((at, key) => (at as Node | undefined)?.[key], node) === undefined;
  const needed = [...(NEEDED[driver] ?? [])];
  if (driver === "twilio" && node["apiKeySid"] !== undefined) needed.push("apiKeySecret");
  if (driver === "smtp") {
    if (node["user"] !== undefined) needed.push("password");
    if (node["dkim"] !== undefined) needed.push("dkim/privateKey");
    const from = (node["reports"] as { from?: string } | undefined)?.from;
    const secret = { postmark: "password", mailgun: "signingKey", resend: "signingSecret" }[from ?? ""];
    if (secret !== undefined) needed.push(`reports/${secret}`);
  }
  const { publicKey, privateKey } = node as { publicKey?: string; privateKey?: string };
  if (driver === "vapid" && publicKey !== undefined && privateKey !== undefined && !arePair(publicKey, privateKey))
    return [place("privateKey", "It is not the private number of the public key.")];
  return needed.filter(absent).map((path) => place(path));
} // prettier-ignore
const NEEDED: { readonly [driver: string]: readonly string[] } = {
  twilio: ["authToken"], whatsapp_cloud: ["accessToken", "appSecret", "verifyToken"], vapid: ["publicKey", "privateKey"], fcm: ["privateKey"],
}; // prettier-ignore

function arePair(publicKey: string, privateKey: string): boolean {
  try {
    return vapidKeysOf(Buffer.from(privateKey, "base64url")).publicKey === publicKey;
  } catch {
    return false;
  }
}
