/**
 * What follows from what providers tell, over HTTP and in the database: believed only when proven, counted once, and an
 * address that is dead or unwilling gets nothing any more.
 */
import { createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Sql } from "../../src/db/postgres.ts";
import type { Event } from "../../src/events/model.ts";
import { bounceAddressOf } from "../../src/messages/drivers/mail.ts";
import { signedTextOf } from "../../src/messages/drivers/report-ses.ts";
import { twilioSignatureOf } from "../../src/messages/drivers/report-twilio.ts";
import { type ProviderRow, addProvider } from "../../src/messages/provider-store.ts";
import { completed } from "../../src/messages/providers.ts";
import { applyReports, suppress } from "../../src/messages/reports.ts";
import { reportRoutes } from "../../src/messages/routes-reports.ts";
import type { ProviderDraft, Report } from "../../src/messages/model.ts";
import { addWorkspace } from "../../src/access/store.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { signedHeaders } from "../../src/webhooks/sign.ts";
import { type Platform, startPlatform } from "../http/platform.ts";
import { aCertificate } from "./certificate.ts";
import { VAULT } from "../vault.ts";

const URL_OF_OURS = "https://t.shop.example";
const certificate = aCertificate(Date.now() - 86_400_000, Date.now() + 86_400_000);
const CERTIFICATE_AT = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-abc.pem";
const fetched: string[] = [];
let told: Event[] = [];
let canTell = true;
let platform: Platform;
let workspace: WorkspaceId;
/** The platform's, which is there before the first request. */
const sql: Sql = {
  query: (text, values) => platform.sql.query(text, values),
  transaction: (work) => platform.sql.transaction(work),
};
beforeAll(async () => {
  platform = await startPlatform({
    routes: (app) =>
      reportRoutes(app, {
        vault: VAULT,
        sql, clock: Date.now, publicUrl: URL_OF_OURS,
        tell: async (events) => {
          if (!canTell) throw new Error("The inbox is full.");
          told.push(...events);
        },
        fetchText: async (url) => {
          fetched.push(url);
          return url === CERTIFICATE_AT ? certificate.pem : "ok";
        },
      }),
  });
  workspace = platform.first.workspace;
}); // prettier-ignore
afterAll(() => platform.stop());
beforeEach(() => {
  told = [];
  canTell = true;
});

const providerOf = async (
  channel: ProviderDraft["channel"],
  driver: ProviderDraft["driver"],
  config: object,
  of: WorkspaceId = workspace,
): Promise<ProviderRow> => {
  const draft = { channel, driver, name: `${driver} ${randomUUID()}`, config: config as ProviderDraft["config"] };
  return (await addProvider(platform.sql, VAULT, of, { ...draft, config: completed(draft, null).config, perSecond: null }, 1000, Date.now()))!;
}; // prettier-ignore
const mailProvider = (reports?: object) =>
  providerOf("email", "smtp", { host: "127.0.0.1", from: "shop@shop.example", bounces: { domain: "b.shop.example", secret: "s" }, ...(reports && { reports }) }); // prettier-ignore

type Sent = { readonly id?: string; readonly address?: string; readonly state?: string; readonly purpose?: string; readonly providerId?: string | null }; // prettier-ignore
/** A message that went by a provider. */
const sentBy = async (provider: ProviderRow, { id = `m-${randomUUID()}`, address = `${randomUUID()}@example.com`, state = "sent", purpose = "marketing", providerId = null }: Sent = {}) => {
  await platform.sql.query(
    `insert into messages (id, workspace, atom, journey, version, step, channel, template, purpose, asked, state, due_at, created_at, expires_at, provider, provider_id, address)
     values ($1, $2, 1, 3, 4, 'hello', $3, 5, $4, '{}', $5, $6, $6, $6, $7, $8, $9)`,
    [id, provider.workspace, provider.channel, purpose, state, Date.now(), provider.id, providerId, address],
  );
  return { id, address };
}; // prettier-ignore
const suppressedAs = async (address: string) =>
  (await platform.sql.query<{ purpose: string; reason: string }>("select purpose, reason from suppressions where address = $1 order by purpose", [address])).map(({ purpose, reason }) => `${purpose || "all"}: ${reason}`); // prettier-ignore
const reportOf = (provider: ProviderRow, more: Partial<Report>): Report => ({
  provider: provider.id, providerId: null, messageId: null, reportId: randomUUID(), what: "delivered", at: Date.now(), address: null, permanent: false,
  detail: "", ...more,
}); // prettier-ignore
const apply = (provider: ProviderRow, ...reports: readonly Report[]) =>
  platform.sql.transaction((tx) => applyReports(tx, provider, reports, Date.now()));
const post = (provider: ProviderRow, source: string, body: string, headers: { readonly [name: string]: string }, query = "") =>
  platform.app.inject({ method: "POST", url: `/hooks/providers/${provider.id}/${source}${query}`, payload: body, headers }); // prettier-ignore

describe("what follows from a report", () => {
  test("an address that bounced for good gets nothing any more; one that bounced softly does", async () => {
    const provider = await mailProvider();
    const [hard, soft] = [await sentBy(provider), await sentBy(provider)];
    await apply(provider, reportOf(provider, { messageId: hard.id, what: "bounced", permanent: true }), reportOf(provider, { messageId: soft.id, what: "bounced" }));
    expect(await suppressedAs(hard.address)).toEqual(["all: bounced"]);
    expect(await suppressedAs(soft.address)).toEqual([]);
  }); // prettier-ignore

  test("the customer's history is told: which message, of which journey, and what became of it", async () => {
    const provider = await mailProvider();
    const { id } = await sentBy(provider);
    const events = await apply(provider, reportOf(provider, { messageId: id, what: "clicked", detail: "https://shop.example/a" })); // prettier-ignore
    expect(events).toMatchObject([
      {
        name: "$message.clicked", of: 1, workspace,
        properties: { message: id, channel: "email", journey: 3, version: 4, step: "hello", template: 5, url: "https://shop.example/a" },
      },
    ]); // prettier-ignore
  });

  test("a report that comes again changes nothing and tells nothing, also at the same moment", async () => {
    const provider = await mailProvider();
    const { id } = await sentBy(provider);
    const report = reportOf(provider, { messageId: id });
    const events = await Promise.all(Array.from({ length: 8 }, () => apply(provider, report, report)));
    expect(events.flat()).toHaveLength(1);
    expect(await apply(provider, report)).toEqual([]);
    expect(await platform.sql.query("select 1 as one from message_reports where message = $1", [id])).toHaveLength(1); // prettier-ignore
  });

  test("somebody who complained gets nothing; somebody who left a list gets nothing of that list", async () => {
    const provider = await mailProvider();
    const [angry, gone] = [await sentBy(provider), await sentBy(provider, { purpose: "newsletter" })];
    await apply(provider, reportOf(provider, { messageId: angry.id, what: "complained" }), reportOf(provider, { messageId: gone.id, what: "unsubscribed" })); // prettier-ignore
    expect(await suppressedAs(angry.address)).toEqual(["all: complained"]);
    expect(await suppressedAs(gone.address)).toEqual(["newsletter: unsubscribed"]);
  });

  test("the graver reason stays: what a person said outlives a bounce, and a bounce does not hide it", async () => {
    const provider = await mailProvider();
    const { address } = await sentBy(provider);
    const say = (what: Report["what"]) => apply(provider, reportOf(provider, { what, address, permanent: true })); // prettier-ignore
    await say("unsubscribed");
    await say("bounced");
    expect(await suppressedAs(address)).toEqual(["all: unsubscribed"]);
    await say("complained");
    await say("resubscribed");
    expect(await suppressedAs(address)).toEqual(["all: complained"]);
  });

  test("a message of which nobody knew whether it was sent was sent, when its provider tells of it", async () => {
    const provider = await mailProvider();
    const { id } = await sentBy(provider, { state: "unknown" });
    await apply(provider, reportOf(provider, { messageId: id, what: "delivered" }));
    expect(await platform.sql.query("select state from messages where id = $1", [id])).toEqual([{ state: "sent" }]); // prettier-ignore
  });

  test("a provider speaks of its own messages only, and of no other workspace's", async () => {
    const [provider, other] = [await mailProvider(), await mailProvider()];
    const foreign = await providerOf("email", "smtp", { host: "127.0.0.1", from: "a@b.example" }, await addWorkspace(platform.sql, "Other", Date.now())); // prettier-ignore
    const ours = await sentBy(provider, { providerId: "Q1" });
    for (const stranger of [other, foreign])
      expect(await apply(stranger, reportOf(stranger, { messageId: ours.id, providerId: "Q1", what: "bounced", permanent: true }))).toEqual([]); // prettier-ignore
    expect(await suppressedAs(ours.address)).toEqual([]);
    expect(await apply(provider, reportOf(provider, { providerId: "Q1" }))).toHaveLength(1);
  });

  test("a push address that ended is retired, unless it was told again since", async () => {
    const add = (address: string, toldAt: number) => platform.sql.query("insert into push_addresses (workspace, channel, address, atom, told_at) values ($1, 'web_push', $2, 1, $3)", [workspace, address, toldAt]);
    const made = { workspace, channel: "web_push", purpose: "", reason: "invalid", message: null, detail: "410", at: 1000 } as const;
    await add("old", 500);
    await add("told again", 1500);
    for (const address of ["old", "told again"]) await suppress(platform.sql, { ...made, address }, 2000);
    expect(await platform.sql.query('select address, retired_at as "retiredAt" from push_addresses order by address')).toEqual([
      { address: "old", retiredAt: 2000 }, { address: "told again", retiredAt: null },
    ]);
  }); // prettier-ignore
});

describe("text messages", () => {
  const twilio = () => providerOf("sms", "twilio", { accountSid: "AC1", authToken: "12345", from: "+15005550006" }); // prettier-ignore
  const say = async (provider: ProviderRow, fields: { readonly [name: string]: string }, query = "") => {
    const form = new URLSearchParams(fields);
    const url = `${URL_OF_OURS}/hooks/providers/${provider.id}/twilio${query}`;
    return post(provider, "twilio", form.toString(), { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": twilioSignatureOf("12345", url, form) }, query); // prettier-ignore
  };

  test("a STOP ends every text message to the number, and a START begins them again", async () => {
    const provider = await twilio();
    const number = "+41791234567";
    const answer = await say(provider, { MessageSid: "SM1", SmsStatus: "received", From: number, Body: "Stop" }); // prettier-ignore
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "text/xml; charset=utf-8"]);
    expect(await suppressedAs(number)).toEqual(["all: unsubscribed"]);
    await say(provider, { MessageSid: "SM2", SmsStatus: "received", From: number, Body: "START" });
    expect(await suppressedAs(number)).toEqual([]);
  });

  test("an answer belongs to the last message to its number", async () => {
    const provider = await twilio();
    const number = "+41790000001";
    await sentBy(provider, { address: number });
    const last = await sentBy(provider, { address: number });
    await platform.sql.query("update messages set created_at = created_at + 5 where id = $1", [last.id]);
    await say(provider, { MessageSid: "SM3", SmsStatus: "received", From: number, Body: "Which size?" });
    expect(told).toMatchObject([{ name: "$message.replied", properties: { message: last.id, text: "Which size?" } }]); // prettier-ignore
  });

  test("a status names its message before we wrote down Twilio's own name for it", async () => {
    const provider = await twilio();
    const { id } = await sentBy(provider, { address: "+41790000002" });
    const answer = await say(provider, { MessageSid: "SM4", MessageStatus: "undelivered", ErrorCode: "30005", To: "+41790000002" }, `?message=${id}`); // prettier-ignore
    expect(answer.statusCode).toBe(200);
    expect(told).toMatchObject([{ name: "$message.bounced", properties: { message: id, permanent: true } }]);
    expect(await suppressedAs("+41790000002")).toEqual(["all: bounced"]);
  });

  test("a signature for another message is not this one's", async () => {
    const provider = await twilio();
    const { id } = await sentBy(provider, { address: "+41790000003" });
    const form = new URLSearchParams({ MessageSid: "SM5", MessageStatus: "delivered" });
    const signature = twilioSignatureOf("12345", `${URL_OF_OURS}/hooks/providers/${provider.id}/twilio?message=other`, form); // prettier-ignore
    const answer = await post(provider, "twilio", form.toString(), { "content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature }, `?message=${id}`); // prettier-ignore
    expect(answer.statusCode).toBe(403);
    expect(told).toEqual([]);
  });
});

describe("callbacks", () => {
  test("are heard by the service a provider is set up with, and by no other", async () => {
    const provider = await mailProvider({ from: "postmark", user: "hook", password: "secret" });
    const body = JSON.stringify({ RecordType: "Bounce", ID: 1, Type: "HardBounce", MessageID: "pm", Email: "dead@example.com" }); // prettier-ignore
    const headers = { "content-type": "application/json", authorization: `Basic ${btoa("hook:secret")}` };
    expect((await post(provider, "mailgun", body, headers)).statusCode).toBe(403);
    expect((await post(provider, "constructor", body, headers)).statusCode).toBe(403);
    expect((await post({ ...provider, id: 999_999 }, "postmark", body, headers)).statusCode).toBe(403);
    expect((await post(provider, "postmark", body, { ...headers, authorization: `Basic ${btoa("hook:guess")}` })).statusCode).toBe(403); // prettier-ignore
    expect(await suppressedAs("dead@example.com")).toEqual([]);
    expect((await post(provider, "postmark", body, headers)).json()).toEqual({ taken: 1 });
    expect(await suppressedAs("dead@example.com")).toEqual(["all: bounced"]);
  });

  test("of Mailgun are taken once: a token that came before says nothing new", async () => {
    const provider = await mailProvider({ from: "mailgun", signingKey: "key-test" });
    const { id } = await sentBy(provider);
    const said = (event: string) => {
      const signature = { timestamp: "1529006854", token: "t-1", signature: createHmac("sha256", "key-test").update("1529006854t-1").digest("hex") };
      return JSON.stringify({ signature, "event-data": { id: randomUUID(), event, timestamp: 1, "user-variables": { message: id } } });
    };
    const headers = { "content-type": "application/json" };
    expect((await post(provider, "mailgun", said("opened"), headers)).json()).toEqual({ taken: 1 });
    expect((await post(provider, "mailgun", said("complained"), headers)).json()).toEqual({ taken: 0 });
    expect(told.map(({ name }) => name)).toEqual(["$message.opened"]);
  }); // prettier-ignore

  test("of Resend are signed as Standard Webhooks", async () => {
    const provider = await mailProvider({ from: "resend", signingSecret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" });
    const { id } = await sentBy(provider);
    const body = JSON.stringify({ type: "email.delivered", created_at: new Date().toISOString(), data: { email_id: "r", to: ["a@b.example"], headers: [{ name: "X-Entity-Ref-ID", value: id }] } });
    const signed = signedHeaders("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "h1", Math.floor(Date.now() / 1000), body);
    const headers = { "content-type": "application/json", "svix-id": "h1", "svix-timestamp": signed["webhook-timestamp"]!, "svix-signature": signed["webhook-signature"]! };
    expect((await post(provider, "resend", body, headers)).json()).toEqual({ taken: 1 });
    expect((await post(provider, "resend", `${body} `, headers)).statusCode).toBe(403);
    expect(told).toMatchObject([{ name: "$message.delivered" }]);
  }); // prettier-ignore

  test("of Amazon are believed of the topic that was set up, and a subscription is confirmed", async () => {
    const topicArn = "arn:aws:sns:eu-west-1:123456789012:mail";
    const provider = await mailProvider({ from: "ses", topicArn });
    const envelopeOf = (more: object) => {
      const bare = { Type: "Notification" as const, MessageId: randomUUID(), TopicArn: topicArn, Message: "{}", Timestamp: new Date().toISOString(), SignatureVersion: "2" as const, Signature: "", SigningCertURL: CERTIFICATE_AT, ...more };
      return JSON.stringify({ ...bare, Signature: certificate.signed(signedTextOf(bare), "sha256") });
    };
    const headers = { "content-type": "text/plain; charset=UTF-8" };
    const SubscribeURL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t";
    expect((await post(provider, "ses", envelopeOf({ Type: "SubscriptionConfirmation", Token: "t", SubscribeURL }), headers)).statusCode).toBe(200);
    expect(fetched).toEqual([CERTIFICATE_AT, SubscribeURL]);
    expect((await post(provider, "ses", envelopeOf({ TopicArn: "arn:aws:sns:eu-west-1:666666666666:evil" }), headers)).statusCode).toBe(403);
    expect((await post(provider, "ses", envelopeOf({ SigningCertURL: "https://evil.example/SimpleNotificationService-a.pem" }), headers)).statusCode).toBe(403);
    expect(fetched).toHaveLength(2);
    const { id, address } = await sentBy(provider);
    const Message = JSON.stringify({ notificationType: "Complaint", mail: { messageId: "0102", timestamp: new Date().toISOString(), destination: [address], tags: { message: [id] } }, complaint: { timestamp: new Date().toISOString(), complainedRecipients: [{ emailAddress: address }] } });
    expect((await post(provider, "ses", envelopeOf({ Message }), headers)).json()).toEqual({ taken: 1 });
    expect(await suppressedAs(address)).toEqual(["all: complained"]);
  }); // prettier-ignore

  test("of WhatsApp begin with a question that only the right token answers", async () => {
    const provider = await providerOf("whatsapp", "whatsapp_cloud", { phoneNumberId: "123", accessToken: "t", appSecret: "key", verifyToken: "v-1" });
    const ask = (token: string, challenge = "12345") => platform.app.inject({ url: `/hooks/providers/${provider.id}/whatsapp?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=${encodeURIComponent(challenge)}` });
    const answer = await ask("v-1");
    expect([answer.statusCode, answer.body, answer.headers["content-type"]]).toEqual([200, "12345", "text/plain; charset=utf-8"]);
    expect((await ask("guess")).statusCode).toBe(403);
    expect((await ask("v-1", "<script>")).statusCode).toBe(403);
    const { id } = await sentBy(provider, { address: "+41790000009" });
    const body = JSON.stringify({ entry: [{ changes: [{ value: { metadata: { phone_number_id: "123" }, statuses: [{ id: "wamid.1", status: "read", timestamp: "1700000000", recipient_id: "41790000009", biz_opaque_callback_data: id }] } }] }] });
    const signature = `sha256=${createHmac("sha256", "key").update(body).digest("hex")}`;
    expect((await post(provider, "whatsapp", body, { "content-type": "application/json", "x-hub-signature-256": signature })).json()).toEqual({ taken: 1 });
    expect((await post(provider, "whatsapp", body, { "content-type": "application/json" })).statusCode).toBe(403);
    expect(told).toMatchObject([{ name: "$message.opened", properties: { message: id } }]);
  }); // prettier-ignore

  test("that cannot be told on are refused for now, and count when they come again", async () => {
    const provider = await mailProvider({ from: "postmark", user: "hook", password: "secret" });
    const { id, address } = await sentBy(provider);
    const body = JSON.stringify({ RecordType: "SpamComplaint", ID: 77, MessageID: "pm", Metadata: { message: id } }); // prettier-ignore
    const headers = { "content-type": "application/json", authorization: `Basic ${btoa("hook:secret")}` };
    canTell = false;
    expect((await post(provider, "postmark", body, headers)).statusCode).toBe(500);
    expect(await suppressedAs(address)).toEqual([]);
    canTell = true;
    expect((await post(provider, "postmark", body, headers)).statusCode).toBe(200);
    expect(await suppressedAs(address)).toEqual(["all: complained"]);
    expect(told).toHaveLength(1);
  });
});

describe("mail that came back", () => {
  const bounceOf = (to: string, mailId: string) =>
    `To: <${to}>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; boundary="B"\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx\r\n\r\nFinal-Recipient: rfc822; victim@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: ${mailId}\r\n--B--\r\n`; // prettier-ignore
  const handIn = (provider: ProviderRow, raw: string, key = platform.first.secretKey!) =>
    platform.app.inject({ method: "POST", url: `/v1/providers/${provider.id}/bounces`, payload: raw, headers: { "content-type": "message/rfc822", authorization: `Bearer ${key}` } }); // prettier-ignore

  test("is known by the address it came to, and counts against our message's own address", async () => {
    const provider = await mailProvider();
    const { id, address } = await sentBy(provider);
    const short = await sentBy(provider, { id: `s-${id.slice(2, 12)}` });
    const verp = bounceAddressOf(short.id, { domain: "b.shop.example", prefix: "bounces", secret: "s" })!;
    expect((await handIn(provider, bounceOf(verp, "<rewritten@relay.example>"))).json()).toEqual({ reports: 1, told: 1 }); // prettier-ignore
    expect(await suppressedAs(short.address)).toEqual(["all: bounced"]);
    expect((await handIn(provider, bounceOf("postmaster@shop.example", `<${id}@shop.example>`))).json()).toEqual({ reports: 1, told: 1 }); // prettier-ignore
    expect(await suppressedAs(address)).toEqual(["all: bounced"]);
    // Anybody can name any address in such a mail.
    expect(await suppressedAs("victim@example.com")).toEqual([]);
  });

  test("of nobody's making changes nothing", async () => {
    const provider = await mailProvider();
    const forged = "bounces+m-1-0000000000000000@b.shop.example";
    expect((await handIn(provider, bounceOf(forged, "<unknown@shop.example>"))).json()).toEqual({ reports: 1, told: 0 }); // prettier-ignore
    expect((await handIn(provider, "Subject: hello\r\n\r\nhi")).json()).toEqual({ reports: 0, told: 0 });
    expect((await handIn(provider, "x", "sk_wrong")).statusCode).toBe(401);
    expect(await suppressedAs("victim@example.com")).toEqual([]);
  });
});
