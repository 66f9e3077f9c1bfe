/** What providers' callbacks say, and how they prove it: with the vectors the services publish where there are any. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { aCertificate } from "../../../test/messages/certificate.ts";
import {
  isFromPostmark,
  isSignedWith,
  mailgunTokenOf,
  readMailgun,
  readPostmark,
  readResend,
} from "./report-mail.ts";
import { isFromSendgrid, readSendgrid } from "./report-sendgrid.ts";
import { type Envelope, isAmazons, isFromSns, readSes, signedTextOf } from "./report-ses.ts";
import { isFromTwilio, readTwilio, twilioSignatureOf } from "./report-twilio.ts";
import { isFromMeta, readWhatsapp } from "./report-whatsapp.ts";
import { askedBy } from "./stop-words.ts";

const NOW = Date.UTC(2026, 10, 1);

describe("Twilio", () => {
  const url = "https://mycompany.com/myapp.php?foo=1&bar=2";
  const form = new URLSearchParams({ CallSid: "CA1234567890ABCDE", Caller: "+14158675310", Digits: "1234", From: "+14158675310", To: "+18005551212" }); // prettier-ignore
  const given = { url, body: form.toString(), isForm: true, signature: "GvWf1cFY/Q7PnoempGyD5oXAezc=" };

  test("is believed by the signature of its documentation's example", () => {
    expect(twilioSignatureOf("12345", url, form)).toBe("GvWf1cFY/Q7PnoempGyD5oXAezc=");
    expect(isFromTwilio("12345", given)).toBe(true);
  });

  test("is not believed with another token, address, form or signature", () => {
    expect(isFromTwilio("12346", given)).toBe(false);
    expect(isFromTwilio("12345", { ...given, url: "https://mycompany.com/myapp.php?foo=1" })).toBe(false);
    expect(isFromTwilio("12345", { ...given, body: `${given.body}&X=1` })).toBe(false);
    expect(isFromTwilio("12345", { ...given, signature: "" })).toBe(false);
  });

  test("may sign the address with its port or without", () => {
    const signature = twilioSignatureOf("12345", "https://mycompany.com:443/a", form);
    expect(isFromTwilio("12345", { ...given, url: "https://mycompany.com/a", signature })).toBe(true);
    const bare = twilioSignatureOf("12345", "https://mycompany.com/a", form);
    expect(isFromTwilio("12345", { ...given, url: "https://mycompany.com:8443/a", signature: bare })).toBe(
      true,
    );
  });

  test("signs a JSON body by its hash in the address, and no other body", () => {
    const body = '{"MessageSid":"SM1","MessageStatus":"delivered"}';
    const hashed = `https://x.example/h?bodySHA256=${createHash("sha256").update(body).digest("hex")}`;
    const believed = (url: string, text: string) =>
      isFromTwilio("t", { url, body: text, isForm: false, signature: twilioSignatureOf("t", url, new URLSearchParams()) });
    expect(believed(hashed, body)).toBe(true);
    expect(believed(hashed, `${body} `)).toBe(false);
    expect(believed("https://x.example/h", body)).toBe(false);
  }); // prettier-ignore

  const read = (fields: { readonly [name: string]: string }) => readTwilio(new URLSearchParams({ MessageSid: "SM1", ...fields }), "m-1", 7, NOW)[0]; // prettier-ignore
  test.each([
    [{ MessageStatus: "delivered", To: "+1" }, { what: "delivered", messageId: "m-1", providerId: "SM1", address: "+1" }],
    [{ MessageStatus: "read" }, { what: "opened" }],
    [{ MessageStatus: "undelivered", ErrorCode: "30003" }, { what: "bounced", permanent: false }],
    [{ MessageStatus: "undelivered", ErrorCode: "30005" }, { what: "bounced", permanent: true }],
    [{ MessageStatus: "failed", ErrorCode: "30008" }, { what: "failed", permanent: false }],
    [{ MessageStatus: "undelivered", ErrorCode: "21610" }, { what: "unsubscribed" }],
    [{ SmsStatus: "received", From: "+1", Body: " Stop. " }, { what: "unsubscribed", address: "+1", messageId: null }],
    [{ SmsStatus: "received", From: "+1", Body: "UNSTOP" }, { what: "resubscribed" }],
    [{ SmsStatus: "received", From: "+1", Body: "Adios", OptOutType: "STOP" }, { what: "unsubscribed" }],
    [{ SmsStatus: "received", From: "+1", Body: "When do you open?" }, { what: "replied", detail: "When do you open?" }],
  ])("says %o", (fields, said) => {
    expect(read(fields)).toMatchObject(said);
  }); // prettier-ignore

  test("says nothing yet of a message on its way", () => {
    for (const MessageStatus of ["queued", "sending", "sent", "accepted"])
      expect(read({ MessageStatus })).toBeUndefined();
  });
});

test("only a word of its own asks to be left alone", () => {
  for (const text of ["STOP", "stop!", " Stop ", "StopAll", "Unsubscribe", "QUIT", "opt out", "Arrêt"])
    expect([text, askedBy(text)]).toEqual([text, "stop"]);
  for (const text of ["Please don't stop", "stop by the shop", "the end", "", "cancel my order"])
    expect([text, askedBy(text)]).toEqual([text, null]);
  expect(askedBy("Start")).toBe("start");
});

describe("SendGrid", () => {
  // Published by Twilio with its own libraries; the line end belongs to the body.
  const key = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==";
  const signature = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM=";
  const body = Buffer.from('[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n');

  test("is believed by the signature of its libraries' example, to the byte", () => {
    expect(isFromSendgrid(key, signature, "1600112502", body)).toBe(true);
    expect(isFromSendgrid(key, signature, "1600112503", body)).toBe(false);
    expect(isFromSendgrid(key, signature, "1600112502", body.subarray(0, -2))).toBe(false);
    expect(isFromSendgrid("no key", signature, "1600112502", body)).toBe(false);
    expect(isFromSendgrid(key, "", "1600112502", body)).toBe(false);
  });

  test("says that an address it knows to be dead was not even tried", () => {
    expect(readSendgrid(JSON.parse(body.toString()), 7)).toMatchObject([
      { what: "bounced", permanent: true, address: "hello@world.com", providerId: "LRzXl_NHStOGhQ4kofSm_A", at: 1_600_112_492_000 },
    ]);
  });

  test("says what became of each mail, and skips what it says besides", () => {
    const base = { email: "Ann@Example.com", timestamp: 1, message: "m-1" };
    const events = ["processed", "delivered", "bounce", "open", "click", "spamreport", "group_unsubscribe", "group_resubscribe", "deferred"];
    const said = readSendgrid([...events.map((event, n) => ({ ...base, event, sg_event_id: String(n) })), { ...base, event: "bounce", type: "blocked", sg_event_id: "x" }, { junk: 1 }, null], 7);
    expect(said.map(({ what, permanent }) => `${what} ${permanent}`)).toEqual([
      "delivered false", "bounced true", "opened false", "clicked false", "complained true", "unsubscribed true", "resubscribed false", "deferred false", "bounced false",
    ]);
    expect(said[0]).toMatchObject({ messageId: "m-1", address: "ann@example.com", reportId: "sendgrid:1" });
  });

  test("of any other shape says nothing", () => {
    expect(readSendgrid({ event: "delivered" }, 7)).toEqual([]);
    expect(readSendgrid(null, 7)).toEqual([]);
  });
}); // prettier-ignore

describe("Amazon SES", () => {
  const certificate = aCertificate(NOW - 86_400_000, NOW + 86_400_000);
  const message = { notificationType: "Bounce", mail: { messageId: "0102", timestamp: "2026-10-31T10:00:00.000Z", destination: ["ann@example.com"], headers: [{ name: "Message-ID", value: "<m-1@shop.example>" }] }, bounce: { bounceType: "Permanent", bounceSubType: "General", timestamp: "2026-10-31T10:00:01.000Z", bouncedRecipients: [{ emailAddress: "Ann@example.com", diagnosticCode: "smtp; 550 5.1.1 user unknown" }] } };
  const envelopeOf = (more: Partial<Envelope> = {}): Envelope => {
    const bare: Envelope = { Type: "Notification", MessageId: "e-1", TopicArn: "arn:aws:sns:eu-west-1:123456789012:mail", Message: JSON.stringify(message), Timestamp: "2026-10-31T10:00:02.000Z", SignatureVersion: "2", Signature: "", SigningCertURL: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-abc.pem", ...more };
    return { ...bare, Signature: certificate.signed(signedTextOf(bare), bare.SignatureVersion === "1" ? "sha1" : "sha256") };
  };

  test.each(["1", "2"] as const)("is believed by the certificate, in signature version %s", (SignatureVersion) => {
    expect(isFromSns(envelopeOf({ SignatureVersion }), certificate.pem, NOW)).toBe(true);
    expect(isFromSns({ ...envelopeOf({ SignatureVersion }), Message: "{}" }, certificate.pem, NOW)).toBe(false);
    expect(isFromSns(envelopeOf({ SignatureVersion, Subject: "Hello" }), certificate.pem, NOW)).toBe(true);
  });

  test("is not believed by a certificate of another, or one whose time is over, or none", () => {
    expect(isFromSns(envelopeOf(), aCertificate(NOW - 1000, NOW + 1000).pem, NOW)).toBe(false);
    expect(isFromSns(envelopeOf(), certificate.pem, NOW + 2 * 86_400_000)).toBe(false);
    expect(isFromSns(envelopeOf(), "<html>", NOW)).toBe(false);
  });

  test("signs other fields when it asks to be confirmed", () => {
    const asked = envelopeOf({ Type: "SubscriptionConfirmation", Token: "t", SubscribeURL: "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription" });
    expect(isFromSns(asked, certificate.pem, NOW)).toBe(true);
    expect(isFromSns({ ...asked, SubscribeURL: "https://evil.example/" }, certificate.pem, NOW)).toBe(false);
  });

  test("has its certificate only at addresses of its own", () => {
    expect(isAmazons("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-abc.pem", "certificate")).toBe(true);
    for (const url of ["http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-a.pem", "https://evil.example/SimpleNotificationService-a.pem", "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-a.pem", "https://a@sns.eu-west-1.amazonaws.com/SimpleNotificationService-a.pem", "https://s3.amazonaws.com/SimpleNotificationService-a.pem", "https://sns.eu-west-1.amazonaws.com/a.pem", "no url"])
      expect([url, isAmazons(url, "certificate")]).toEqual([url, false]);
  });

  test("says who did not get which mail", () => {
    expect(readSes(envelopeOf(), 7)).toEqual([{ provider: 7, providerId: "0102", messageId: "m-1", reportId: "ses:e-1:Ann@example.com", what: "bounced", at: Date.UTC(2026, 9, 31, 10, 0, 1), address: "ann@example.com", permanent: true, detail: "smtp; 550 5.1.1 user unknown" }]);
    const soft = { ...message, bounce: { ...message.bounce, bounceType: "Transient" } };
    expect(readSes(envelopeOf({ Message: JSON.stringify(soft) }), 7)).toMatchObject([{ permanent: false }]);
  });

  test("says who complained, but not who took a mail out of the spam", () => {
    const complaint = (complaintFeedbackType: string) => JSON.stringify({ eventType: "Complaint", mail: { ...message.mail, tags: { message: ["m-2"] } }, complaint: { complaintFeedbackType, timestamp: "2026-10-31T10:00:01.000Z", complainedRecipients: [{ emailAddress: "ann@example.com" }] } });
    expect(readSes(envelopeOf({ Message: complaint("abuse") }), 7)).toMatchObject([{ what: "complained", messageId: "m-2" }]);
    expect(readSes(envelopeOf({ Message: complaint("not-spam") }), 7)).toEqual([]);
    expect(readSes(envelopeOf({ Message: "hello" }), 7)).toEqual([]);
  });
}); // prettier-ignore

describe("Postmark, Mailgun and Resend", () => {
  test("Postmark is believed by the password of its address", () => {
    expect(isFromPostmark("hook", "secret", `Basic ${btoa("hook:secret")}`)).toBe(true);
    expect(isFromPostmark("hook", "secret", `Basic ${btoa("hook:other")}`)).toBe(false);
    expect(isFromPostmark("hook", "secret", undefined)).toBe(false);
  });

  test("Mailgun is believed by its key", () => {
    const signature = { timestamp: "1529006854", token: "a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0", signature: "2df0e54f503d31abdc1519117a730ae38748e41e86f9ae25431dbd26059468af" };
    expect(mailgunTokenOf("key-test", { signature })).toBe(signature.token);
    expect(mailgunTokenOf("key-other", { signature })).toBeNull();
    expect(mailgunTokenOf("key-test", { signature: { ...signature, timestamp: "1529006855" } })).toBeNull();
    expect(mailgunTokenOf("key-test", {})).toBeNull();
  });

  test("Resend is believed by Standard Webhooks' example, and only while it is new", () => {
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const parts = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330", signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" };
    const body = '{"test": 2432232314}';
    expect(isSignedWith(secret, parts, body, 1_614_265_330_000)).toBe(true);
    expect(isSignedWith(secret, { ...parts, signature: `v1,AAAA ${parts.signature}` }, body, 1_614_265_330_000)).toBe(true);
    expect(isSignedWith(secret, parts, body, 1_614_265_330_000 + 301_000)).toBe(false);
    expect(isSignedWith(secret, parts, `${body} `, 1_614_265_330_000)).toBe(false);
    expect(isSignedWith(secret, { ...parts, signature: undefined }, body, 1_614_265_330_000)).toBe(false);
  });

  test("Postmark tells of bounces, complaints and people who leave", () => {
    const base = { MessageID: "pm-1", Metadata: { message: "m-1" } };
    const said = (more: object) => readPostmark({ ...base, ...more }, 7, NOW)[0];
    expect(said({ RecordType: "Bounce", ID: 42, Type: "HardBounce", Email: "Ann@example.com", BouncedAt: "2026-10-31T10:00:00.0000000-04:00" })).toMatchObject({ what: "bounced", permanent: true, address: "ann@example.com", messageId: "m-1", reportId: "postmark:Bounce:42", at: Date.UTC(2026, 9, 31, 14) });
    expect(said({ RecordType: "Bounce", ID: 43, Type: "SoftBounce" })).toMatchObject({ what: "bounced", permanent: false });
    expect(said({ RecordType: "SpamComplaint", ID: 44 })).toMatchObject({ what: "complained" });
    expect(said({ RecordType: "SubscriptionChange", SuppressSending: true, SuppressionReason: "ManualSuppression" })).toMatchObject({ what: "unsubscribed" });
    expect(said({ RecordType: "SubscriptionChange", SuppressSending: false })).toMatchObject({ what: "resubscribed" });
    expect(said({ RecordType: "Click", OriginalLink: "https://shop.example/a" })).toMatchObject({ what: "clicked", detail: "https://shop.example/a" });
    expect(said({ RecordType: "Inbound" })).toBeUndefined();
  });

  test("Mailgun and Resend tell the same in their words", () => {
    const event = (more: object) => readMailgun({ "event-data": { id: "e1", timestamp: 1_700_000_000.5, recipient: "Ann@example.com", message: { headers: { "message-id": "m-1@shop.example" } }, ...more } }, 7)[0];
    expect(event({ event: "failed", severity: "permanent", reason: "bounce" })).toMatchObject({ what: "bounced", permanent: true, messageId: "m-1", at: 1_700_000_000_500 });
    expect(event({ event: "failed", severity: "permanent", reason: "generic" })).toMatchObject({ what: "bounced", permanent: false });
    expect(event({ event: "failed", severity: "temporary" })).toMatchObject({ what: "deferred" });
    expect(event({ event: "complained" })).toMatchObject({ what: "complained" });
    expect(event({ event: "stored" })).toBeUndefined();
    const resend = (type: string, data: object) => readResend({ type, created_at: "2026-10-31T10:00:00.000Z", data: { email_id: "r1", to: ["Ann@example.com"], headers: [{ name: "X-Entity-Ref-ID", value: "m-1" }], ...data } }, "hook-1", 7)[0];
    expect(resend("email.bounced", { bounce: { type: "Permanent" } })).toMatchObject({ what: "bounced", permanent: true, messageId: "m-1", reportId: "resend:hook-1" });
    expect(resend("email.bounced", { bounce: { type: "Transient" } })).toMatchObject({ permanent: false });
    expect(resend("contact.created", {})).toBeUndefined();
  });
}); // prettier-ignore

describe("WhatsApp", () => {
  const bodyOf = (value: object, phone_number_id = "123") => ({ object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value: { messaging_product: "whatsapp", metadata: { display_phone_number: "1", phone_number_id }, ...value } }] }] });
  const read = (value: object, number?: string) => readWhatsapp(bodyOf(value, number), "123", 7);

  test("is believed by the app's secret, over the very bytes", () => {
    const body = Buffer.from("The quick brown fox jumps over the lazy dog");
    const signature = "sha256=f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
    expect(isFromMeta("key", signature, body)).toBe(true);
    expect(isFromMeta("key", signature, Buffer.concat([body, Buffer.from("\n")]))).toBe(false);
    expect(isFromMeta("other", signature, body)).toBe(false);
    expect(isFromMeta("key", "", body)).toBe(false);
  });

  test("says how far a message came, and hands our id back", () => {
    const status = (more: object) => read({ statuses: [{ id: "wamid.1", timestamp: "1700000000", recipient_id: "41791234567", biz_opaque_callback_data: "m-1", status: "sent", ...more }] })[0];
    expect(status({ status: "sent" })).toBeUndefined();
    expect(status({ status: "delivered" })).toMatchObject({ what: "delivered", messageId: "m-1", providerId: "wamid.1", address: "+41791234567", at: 1_700_000_000_000 });
    expect(status({ status: "read" })).toMatchObject({ what: "opened" });
    expect(status({ status: "failed", errors: [{ code: 131026, title: "Undeliverable" }] })).toMatchObject({ what: "bounced", permanent: true });
    expect(status({ status: "failed", errors: [{ code: 131050 }] })).toMatchObject({ what: "unsubscribed", purpose: "marketing" });
    expect(status({ status: "failed", errors: [{ code: 131049 }] })).toMatchObject({ what: "failed", permanent: false });
  });

  test("says what people answer, and what they want no more", () => {
    expect(read({ messages: [{ id: "wamid.2", from: "41791234567", timestamp: "1700000000", type: "text", text: { body: "Thanks!" }, context: { id: "wamid.1" } }] })).toMatchObject([{ what: "replied", providerId: "wamid.1", detail: "Thanks!" }]);
    expect(read({ messages: [{ id: "wamid.3", from: "41791234567", timestamp: "1700000000", type: "button", button: { text: "Stop", payload: "x" } }] })).toMatchObject([{ what: "unsubscribed" }]);
    expect(read({ user_preferences: [{ wa_id: "41791234567", category: "marketing_messages", value: "stop", timestamp: 1700000000 }] })).toMatchObject([{ what: "unsubscribed", purpose: "marketing" }]);
  });

  test("says nothing here of the business' other numbers", () => {
    expect(read({ messages: [{ id: "w", from: "1", timestamp: "1", text: { body: "Stop" } }] }, "999")).toEqual([]);
    expect(readWhatsapp({ entry: "x" }, "123", 7)).toEqual([]);
  });
}); // prettier-ignore
