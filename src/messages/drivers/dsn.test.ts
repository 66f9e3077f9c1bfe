/** Mail that came back, as mail servers write it (RFC 3464, RFC 5965). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readNotice } from "./dsn.ts";

const crlf = (text: string) => text.replaceAll("\n", "\r\n");
const report = (status: string, original = "Message-ID: <m-42@shop.example>\nSubject: Boots\n\nBody", to = "bounces+m-42-aa@b.shop.example") =>
  crlf(`Return-Path: <>
Delivered-To: ${to}
Date: Fri, 21 Nov 2025 10:00:00 +0100 (CET)
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: <${to}>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B1"

This is a MIME-encapsulated message.

--B1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Fri, 21 Nov 2025 09:59:58 +0100 (CET)

${status}

--B1
Content-Description: Undelivered Message
Content-Type: message/rfc822

${original}

--B1--
`); // prettier-ignore
const one = (fields: string) => {
  const notice = readNotice(report(fields));
  if (notice?.type !== "bounce") throw new Error("It is no bounce.");
  return notice.recipients[0]!;
};

describe("a delivery status notification", () => {
  test("says who did not get which mail, when, and why", () => {
    const notice = readNotice(report(`Final-Recipient: rfc822; gone@example.com
Original-Recipient: rfc822;Gone@example.com
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 550 5.1.1 <gone@example.com>: Recipient address
    rejected: User unknown`));
    expect(notice).toEqual({
      type: "bounce", sentTo: ["bounces+m-42-aa@b.shop.example"], mailId: "<m-42@shop.example>", at: Date.UTC(2025, 10, 21, 9),
      recipients: [{
        address: "Gone@example.com", action: "failed", status: "5.1.1", permanent: true,
        detail: "550 5.1.1 <gone@example.com>: Recipient address rejected: User unknown",
      }],
    });
  }); // prettier-ignore

  test("of a wait condemns nobody", () => {
    expect(one("Final-Recipient: rfc822; slow@example.com\nAction: delayed\nStatus: 4.4.1")).toMatchObject({
      action: "delayed",
      permanent: false,
    });
  });

  test.each([
    ["a full mailbox", "Status: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full"],
    ["a policy", "Status: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 Message rejected"],
    ["a time that ran out", "Status: 4.4.7\nDiagnostic-Code: X-Postfix; delivery temporarily suspended"],
    ["our own missing authentication", "Status: 5.7.26\nDiagnostic-Code: smtp; 550 5.7.26 unauthenticated"],
  ])("of %s gives the message up but not the address", (_what, fields) => {
    expect(one(`Final-Recipient: rfc822; a@example.com\nAction: failed\n${fields}`)).toMatchObject({ action: "failed", permanent: false }); // prettier-ignore
  });

  test("is read by the other server's words where the code says nothing", () => {
    expect(one("Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown")).toMatchObject({ status: "5.1.1", permanent: true }); // prettier-ignore
    expect(one("Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 No such user")).toMatchObject({ status: "5.0.0", permanent: true }); // prettier-ignore
  });

  test("can tell of several recipients, and that mail arrived", () => {
    const notice = readNotice(
      report(
        "Final-Recipient: rfc822; a@example.com\nAction: delivered\nStatus: 2.1.5\n\nFinal-Recipient: rfc822; b@example.com\nAction: failed (bad)\nStatus: 5.1.1 (gone)",
      ),
    );
    expect(notice).toMatchObject({
      recipients: [
        { action: "delivered", permanent: false },
        { action: "failed", status: "5.1.1", permanent: true },
      ],
    });
  });

  test("finds the mail it is about in headers alone, and in base64", () => {
    const headersOnly = report("Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1").replace(
      "Content-Type: message/rfc822",
      "Content-Type: text/rfc822-headers",
    );
    expect(readNotice(headersOnly)?.mailId).toBe("<m-42@shop.example>");
    const coded = report(
      "Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1",
      btoa(crlf("Message-ID: <m-43@shop.example>\n\nBody")),
    ).replace("Content-Type: message/rfc822", "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64");
    expect(readNotice(coded)?.mailId).toBe("<m-43@shop.example>");
  }); // prettier-ignore

  test("that was cut short still tells what it had come to", () => {
    const whole = report("Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1");
    expect(readNotice(whole.slice(0, whole.indexOf("Content-Description: Undelivered")))).toMatchObject({
      type: "bounce",
      mailId: null,
      recipients: [{ status: "5.1.1" }],
    });
  });
});

test("a complaint names its mail and its kind", () => {
  const notice = readNotice(
    crlf(`From: <abusedesk@example.com>
To: <bounces+m-42-aa@b.shop.example>
Date: Thu, 8 Mar 2025 17:40:36 EDT
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="part1_13d.2e68ed54_boundary"

--part1_13d.2e68ed54_boundary
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report.
--part1_13d.2e68ed54_boundary
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
--part1_13d.2e68ed54_boundary
Content-Type: message/rfc822
Content-Disposition: inline

From: <shop@shop.example>
Message-ID: <m-42@shop.example>
Subject: Earn money

Spam Spam Spam
--part1_13d.2e68ed54_boundary--
`),
  );
  expect(notice).toMatchObject({ type: "complaint", kind: "abuse", mailId: "<m-42@shop.example>" });
});

describe("any other mail", () => {
  test("is no notice: an answer, an absence note, nothing at all", () => {
    for (const text of ["", "Subject: Re: Boots\n\nThanks!", "Auto-Submitted: auto-replied\nSubject: Out of office\n\nBack on Monday", "Content-Type: multipart/report; boundary=x\n\n--x\n\nhello\n--x--"])
      expect(readNotice(text)).toBeNull();
  }); // prettier-ignore

  test("of any bytes is read without a fault", () => {
    const whole = report("Final-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1");
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(400), fc.string({ unit: "binary", maxLength: 60 }), (at, length, inserted) => {
        readNotice(whole.slice(0, at) + inserted + whole.slice(at + length));
      }),
      { numRuns: 500 },
    );
  }); // prettier-ignore

  test("that nests without end is given up", () => {
    let text = "x";
    for (let n = 0; n < 200; n++) text = `Content-Type: message/rfc822\n\n${text}`;
    expect(readNotice(text)).toBeNull();
    const wide = `Content-Type: multipart/mixed; boundary=b\n\n${"--b\n\nx\n".repeat(10_000)}--b--`;
    expect(readNotice(wide)).toBeNull();
  });
});
