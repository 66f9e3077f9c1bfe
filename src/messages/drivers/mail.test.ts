/** What a mail of ours says of itself, and what comes back of it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { WorkspaceId } from "../../values.ts";
import type { Outgoing } from "../model.ts";
import { bounceAddressOf, domainOf, headersOf, idOfBounceAddress, idOfMail, mailIdOf } from "./mail.ts";

const bounces = { domain: "b.shop.example", prefix: "bounces", secret: "s".repeat(32) };
const outgoing: Outgoing = {
  id: "m-1", workspace: 3 as WorkspaceId, customer: "c1", to: "ann@example.com", purpose: "marketing",
  content: { channel: "email", subject: "Hi", html: "", text: "", from: null, replyTo: null },
  unsubscribe: { url: "https://t.shop.example/u/abc", mailto: "u@shop.example?subject=leave m-1", listId: "News & offers" },
}; // prettier-ignore

describe("the Message-ID", () => {
  test("names its message, whatever the message is called", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), (id) => {
        const mailId = mailIdOf(id, "shop.example");
        expect(mailId).toMatch(/^<[^\s<>@]+@shop\.example>$/);
        expect(idOfMail(mailId)).toBe(id.toWellFormed());
      }),
    );
  });

  test("of somebody else's mail names nothing of ours by force", () => {
    for (const other of [null, "", "no at", "<a b@c>", "<@c>", "x".repeat(10_000)])
      expect(idOfMail(other)).toBeNull();
  });
});

describe("the address bounces go to", () => {
  test("names its message, however the servers on the way wrote it", () => {
    const address = bounceAddressOf("m-42", bounces)!;
    expect(address).toMatch(/^bounces\+m-42-[0-9a-f]{16}@b\.shop\.example$/);
    expect(idOfBounceAddress(address, bounces)).toBe("m-42");
    expect(idOfBounceAddress(address.replace("bounces", "BOUNCES").replace("b.shop", "B.Shop"), bounces)).toBe("m-42"); // prettier-ignore
  });

  test("cannot be made by who does not hold the secret", () => {
    const address = bounceAddressOf("m-42", bounces)!;
    expect(idOfBounceAddress(address.replace("m-42", "m-43"), bounces)).toBeNull();
    expect(idOfBounceAddress("bounces+m-42-0000000000000000@b.shop.example", bounces)).toBeNull();
    expect(idOfBounceAddress(address, { ...bounces, secret: "another" })).toBeNull();
    expect(idOfBounceAddress(address.replace("b.shop.example", "evil.example"), bounces)).toBeNull();
  });

  test("is left away where it would not fit into an address", () => {
    expect(bounceAddressOf("m".repeat(60), bounces)).toBeNull();
    expect(bounceAddressOf("ü", bounces)).toBeNull();
  });

  test("of any text is answered without a fault", () => {
    fc.assert(fc.property(fc.string(), (text) => void idOfBounceAddress(`bounces+${text}@b.shop.example`, bounces))); // prettier-ignore
  });
});

describe("the list's headers", () => {
  test("let people leave by one click and by mail", () => {
    expect(headersOf(outgoing, "shop.example", "shop", undefined)).toEqual({
      "List-Unsubscribe": "<https://t.shop.example/u/abc>, <mailto:u@shop.example?subject=leave%20m-1>",
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      "List-Id": "<news-offers.shop.example>",
      "Feedback-ID": "marketing:w3:throughline:shop",
    });
  });

  test("are not on mail that nobody can leave", () => {
    expect(headersOf({ ...outgoing, unsubscribe: null }, "shop.example", "shop", undefined)).toEqual({ "Feedback-ID": "marketing:w3:throughline:shop" }); // prettier-ignore
  });

  test("cannot be broken out of by an address", () => {
    const evil = { url: "https://x.example/> \r\nBcc: all@example.com", mailto: "a@b.example>\r\nX: y", listId: "\r\n" }; // prettier-ignore
    for (const value of Object.values(
      headersOf({ ...outgoing, unsubscribe: evil }, "shop.example", "shop", undefined),
    ))
      // prettier-ignore
      expect(value).not.toMatch(/[\r\n]/);
  });

  test("hand our id to the relay in the form it gives back", () => {
    expect(headersOf(outgoing, "shop.example", "shop", "sendgrid")["X-SMTPAPI"]).toBe('{"unique_args":{"message":"m-1"}}'); // prettier-ignore
    expect(headersOf(outgoing, "shop.example", "shop", "ses")["X-SES-MESSAGE-TAGS"]).toBe("message=m-1");
    expect(headersOf(outgoing, "shop.example", "shop", "postmark")["X-PM-Metadata-message"]).toBe("m-1");
  });
});

test("the domain of an address is found with and without a name", () => {
  expect(domainOf("Shop <hello@Shop.example>")).toBe("shop.example");
  expect(domainOf("hello@shop.example")).toBe("shop.example");
});
