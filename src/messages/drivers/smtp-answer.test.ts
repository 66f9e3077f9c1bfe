/** What SMTP servers' words mean: the address is condemned only by what is said of it. */
import { describe, expect, test } from "vitest";
import { type SmtpEnd, condemnsAddress, deliveryOfSmtp, statusOf } from "./smtp-answer.ts";

const end = (response: string | undefined, more: Partial<SmtpEnd> = {}): SmtpEnd => ({
  code: "EENVELOPE", response, responseCode: response === undefined ? undefined : Number(response.slice(0, 3)), command: "RCPT TO",
  message: "It failed.", handedOver: false, ...more,
}); // prettier-ignore
const after = { code: "EMESSAGE", command: "DATA", handedOver: true } as const;

describe("an address that is wrong for good", () => {
  test.each([
    "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table",
    "550-5.1.1 The email account that you tried to reach does not exist.",
    "550 5.1.2 Domain not found",
    "553 5.1.3 The recipient address is not a valid RFC 5321 address",
    "550 5.1.10 Recipient not found by SMTP address lookup; null MX",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "550 5.1.0 No such user",
    "550 No such user here",
    "551 User not local; please try elsewhere",
    "553 mailbox name not allowed",
  ])("%s", (response) => {
    expect(deliveryOfSmtp(end(response))).toMatchObject({
      type: "failed",
      reason: "bad_address",
      suppress: "bounced",
    });
  });
});

describe("doubts about us, by which the provider rests and no address is blamed", () => {
  test.each([
    ["550 5.7.26 Your email has been blocked because the sender is unauthenticated.", after],
    ["550 5.7.515 Access denied, sending domain does not meet the required authentication level.", after],
    ["550 5.7.25 The IP address sending this message does not have a PTR record", after],
    ["421 4.7.26 This mail has been rate limited because it is unauthenticated", after],
    ["535 5.7.8 Authentication credentials invalid", { code: "EAUTH", command: "AUTH PLAIN" }],
    ["454 4.7.0 Temporary authentication failure", { code: "EAUTH", command: "AUTH LOGIN" }],
    ["530 5.7.0 Must issue a STARTTLS command first", { command: "MAIL FROM" }],
    ["550 5.7.1 Sender not authorised", { command: "MAIL FROM" }],
    ["553 5.1.8 Sender address rejected: Domain not found", { command: "RCPT TO" }],
    ["554 No SMTP service here", { code: "EPROTOCOL", command: "CONN" }],
    ["421 4.3.2 Service shutting down", {}],
    ["452 4.3.1 Insufficient system storage", { command: "MAIL FROM" }],
    ["451 4.7.1 Try again later, too many connections", {}],
    ["503 Bad sequence of commands", {}],
  ] as const)("%s", (response, more) => {
    expect(deliveryOfSmtp(end(response, more))).toMatchObject({ type: "retry", provider: true, afterMs: expect.any(Number) }); // prettier-ignore
  });
});

describe("this message, not now", () => {
  test.each([
    ["450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted, see http://postgrey.example", {}],
    ["451 4.7.1 Greylisting in action, please come back later", {}],
    ["452 4.2.2 The recipient's mailbox is full", {}],
    ["450 mailbox busy", {}],
    ["451 4.4.1 Timeout", after],
  ] as const)("%s", (response, more) => {
    expect(deliveryOfSmtp(end(response, more))).toMatchObject({ type: "retry", provider: false });
  });
});

describe("this message, never", () => {
  test.each([
    ["552 5.3.4 Message size exceeds fixed limit", "too_large"],
    ["552 Message exceeds size limit", "too_large"],
    ["554 5.6.0 Message contains invalid header", "content"],
    ["554 5.7.1 Message rejected as spam", "content"],
    ["552 5.2.2 Mailbox full", "rejected"],
    ["554 Transaction failed", "rejected"],
    ["550 5.1.0 Address rejected", "rejected"],
  ])("%s is %s", (response, reason) => {
    expect(deliveryOfSmtp(end(response, after))).toMatchObject({ type: "failed", reason, suppress: null });
  });
});

describe("no answer", () => {
  test("after the whole message was handed over nobody knows whether it was sent", () => {
    expect(deliveryOfSmtp(end(undefined, { code: "ECONNECTION", handedOver: true })).type).toBe("unknown");
    expect(deliveryOfSmtp(end(undefined, { code: "EABORT", handedOver: true })).type).toBe("unknown");
  });

  test.each(["ECONNECTION", "ESOCKET", "EDNS", "ETIMEDOUT", "ETLS", "EABORT"])("before that it was not sent (%s)", (code) => {
    expect(deliveryOfSmtp(end(undefined, { code, command: "CONN" }))).toMatchObject({ type: "retry", provider: true });
  }); // prettier-ignore

  test("an address that our own side takes for none is one", () => {
    expect(deliveryOfSmtp(end(undefined, { command: "API" }))).toMatchObject({ reason: "bad_address", suppress: "invalid" }); // prettier-ignore
  });
});

test("status codes are found in replies, and nowhere else", () => {
  expect(statusOf("550 5.1.1 gone")).toBe("5.1.1");
  expect(statusOf("550-5.7.26 This")).toBe("5.7.26");
  expect(statusOf("550 #5.1.0 Address rejected.")).toBe("5.1.0");
  expect(statusOf("550 from 10.5.1.1 refused")).toBeNull();
  expect(statusOf("250 2.0.0 Ok")).toBe("2.0.0");
  expect(statusOf("250 Ok: queued as 5.1.1x")).toBeNull();
  expect(condemnsAddress("5.0.0", "550 no such user")).toBe(true);
  expect(condemnsAddress("5.7.1", "550 no such user")).toBe(false);
});
