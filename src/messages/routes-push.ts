/**
 * HTTP of push addresses, called by pages and apps with a write key: the key to subscribe with, a browser or a phone that
 * wants messages, and one that wants no more. Who may tell an address for a customer: see `visitor.ts`.
 */
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { Failure } from "../errors.ts";
import { allowAnyOrigin, preflight } from "../events/cors.ts";
import type { App } from "../http/app.ts";
import { DRIVER_LIMITS } from "./drivers/model.ts";
import { listProviders } from "./provider-store.ts";
import { configOf } from "./providers.ts";
import { keepPushAddress, retirePushAddress } from "./push-store.ts";
import { type VisitorDeps, Who, WriteKey, visitorOf, workspaceOf } from "./visitor.ts";

/** A web push subscription as `JSON.stringify` writes it in the browser, or a device's FCM token. */
const PushAddress = z.strictObject({ ...Who, channel: z.enum(["web_push", "mobile_push"]), address: z.string().min(1).max(DRIVER_LIMITS.pushAddressCharsMax) })
  .meta({ examples: [{ kind: "anonymous_id", value: "3f6c", channel: "mobile_push", address: "fcm-token" }] }); // prettier-ignore
const Kept = z.object({ channel: z.string() });
const Key = z.object({ publicKey: z.string().describe("applicationServerKey of pushManager.subscribe") });

/** Registers the routes. */
export function pushRoutes(app: App, deps: VisitorDeps): void {
  const { sql, vault, clock, keys } = deps;
  const config = { access: "public" } as const;
  const tags = ["Messages"];
  void app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<ZodTypeProvider>();
    scope.addHook("onRequest", allowAnyOrigin);
    for (const path of ["/push/addresses", "/push/addresses/end"])
      scope.options(path, { config, schema: { hide: true } }, async (request, reply) => preflight(request, reply)); // prettier-ignore

    scope.get("/push/key", {
      config,
      schema: { operationId: "readPushKey", tags, summary: "The key browsers subscribe to push messages with", querystring: z.object({ writeKey: WriteKey }), response: { 200: Key } },
    }, async (request) => {
      const workspace = await workspaceOf(keys, request, request.query.writeKey);
      const provider = (await listProviders(sql, vault, workspace)).find(({ driver }) => driver === "vapid");
      const publicKey = provider && configOf(provider, "vapid")?.publicKey;
      if (!publicKey) throw new Failure("unprocessable", "This workspace has no provider for web push.");
      return { publicKey };
    }); // prettier-ignore

    scope.post("/push/addresses", {
      config,
      schema: {
        operationId: "keepPushAddress", tags, summary: "A browser or an app that may be sent push messages",
        description: "Told again it is fresh again. An address is with the customer who told it last. Consent to push is a matter of its own: send it as an event.",
        body: PushAddress, response: { 200: Kept },
      },
    }, async (request) => {
      const { channel, address } = request.body;
      if (channel === "web_push" && !isSubscription(address)) throw new Failure("unprocessable", "address: A push subscription as JSON, with endpoint and keys.");
      const { workspace, atoms } = await visitorOf(deps, request, request.body, "anybody");
      const [atom] = atoms;
      if (atom === undefined) throw new Failure("unprocessable", "Nobody is known by this name yet. Send an event of it first; it is known a moment later.");
      await sql.transaction((tx) => keepPushAddress(tx, { workspace, channel, address, atom, max: DRIVER_LIMITS.pushAddressesMax }, clock()));
      return { channel };
    }); // prettier-ignore

    scope.post("/push/addresses/end", {
      config,
      schema: { operationId: "endPushAddress", tags, summary: "A browser or an app that wants no push messages any more", body: PushAddress, response: { 200: Kept } },
    }, async (request) => {
      const { channel, address } = request.body;
      const { workspace, atoms } = await visitorOf(deps, request, request.body, "anybody");
      await retirePushAddress(sql, { workspace, channel, address, atoms }, clock());
      return { channel };
    }); // prettier-ignore
  });
}

function isSubscription(text: string): boolean {
  try {
    const Subscription = z.object({ endpoint: z.url({ protocol: /^https?$/ }), keys: z.object({ p256dh: z.string(), auth: z.string() }) }); // prettier-ignore
    return Subscription.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
