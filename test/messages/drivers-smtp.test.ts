/**
 * Mail against real servers: npm's smtp-server, and Debian's Postfix where it is installed. What leaves is signed,
 * can be left by one click, names itself the same when it is sent again, and comes back to the right message.
 */
import { createHash, createPublicKey, verify } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readNotice } from "../../src/messages/drivers/dsn.ts";
import { idOfBounceAddress } from "../../src/messages/drivers/mail.ts";
import { CONFIGS } from "../../src/messages/drivers/model.ts";
import { smtpDriver } from "../../src/messages/drivers/smtp.ts";
import type { Outgoing } from "../../src/messages/model.ts";
import { type Counterpart, aKey, aMailCounterpart, outgoingOf } from "./counterparts.ts";
import { type Postfix, aPostfix, debianPostfix } from "./postfix.ts";

const { privateKey, publicKey } = aKey();
const BOUNCES = { domain: "bounces.shop.example", prefix: "b", secret: "a secret of thirty-two characters" };
const configOf = (port: number, more: object = {}) =>
  CONFIGS.smtp.parse({
    host: "127.0.0.1", port, security: "none", from: "Shop <shop@shop.example>", timeoutMs: 20_000,
    dkim: { domain: "shop.example", selector: "s1", privateKey }, bounces: BOUNCES, ...more,
  }); // prettier-ignore
const mail = (more: Partial<Outgoing> = {}) =>
  outgoingOf(
    { channel: "email", subject: "Grüße, 你好", html: "<p>Your boots</p>", text: "Your boots", from: null, replyTo: "Help <help@shop.example>" },
    { unsubscribe: { url: `https://t.shop.example/u/${"x".repeat(300)}`, mailto: "u@shop.example?subject=m", listId: "news" }, ...more },
  ); // prettier-ignore

/** Header fields in order, unfolded but otherwise as they are. */
const fieldsOf = (raw: string): readonly (readonly [name: string, value: string])[] =>
  raw
    .slice(0, raw.indexOf("\r\n\r\n"))
    .split(/\r\n(?![ \t])/)
    .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1)]);
const valueOf = (raw: string, name: string) =>
  fieldsOf(raw)
    .filter(([field]) => field === name)
    .map(([, value]) => value.replaceAll(/\r\n/g, "").trim());

/** Checks a DKIM signature by itself (RFC 6376, relaxed/relaxed), and tells what it covers. */
function signedBy(raw: string, key: string): { readonly valid: boolean; readonly covers: readonly string[] } {
  const relaxed = (name: string, value: string) => `${name}:${value.replaceAll(/\r\n/g, "").replaceAll(/[ \t]+/g, " ").trim()}`; // prettier-ignore
  const fields = fieldsOf(raw);
  const signature = fields.find(([name]) => name === "dkim-signature")![1];
  const tags = Object.fromEntries(signature.replaceAll(/\s+/g, "").split(";").filter(Boolean).map((tag) => [tag.slice(0, tag.indexOf("=")), tag.slice(tag.indexOf("=") + 1)])); // prettier-ignore
  const body = `${raw.slice(raw.indexOf("\r\n\r\n") + 4).split("\r\n").map((line) => line.replaceAll(/[ \t]+/g, " ").trimEnd()).join("\r\n").replace(/(\r\n)*$/, "")}\r\n`; // prettier-ignore
  const covers = tags["h"]!.toLowerCase().split(":");
  const left = [...fields];
  const lines = covers.flatMap((name) => {
    const at = left.findLastIndex(([field]) => field === name);
    return at === -1 ? [] : [relaxed(name, left.splice(at, 1)[0]![1])];
  });
  const own = relaxed("dkim-signature", signature.replace(/(;\s*b=)[^;]*/, "$1"));
  const text = `${lines.map((line) => `${line}\r\n`).join("")}${own}`;
  const valid =
    createHash("sha256").update(body, "latin1").digest("base64") === tags["bh"] &&
    verify("sha256", Buffer.from(text, "latin1"), createPublicKey(key), Buffer.from(tags["b"]!, "base64"));
  return { valid, covers };
}

describe("a mail as it leaves", () => {
  let server: Counterpart;
  beforeEach(async () => {
    server = await aMailCounterpart();
  });
  afterEach(() => server.close());
  const sent = async (outgoing: Outgoing, more: object = {}) => {
    const driver = smtpDriver(configOf(server.port, more));
    expect((await driver.send(outgoing)).type).toBe("sent");
    await driver.close();
    return server.received.at(-1)!.bytes.toString("latin1");
  };

  test("is signed by our domain, over both headers by which a list is left", async () => {
    const { valid, covers } = signedBy(await sent(mail()), publicKey);
    expect(valid).toBe(true);
    for (const name of ["from", "to", "subject", "date", "message-id", "list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id"])
      expect(covers).toContain(name);
  }); // prettier-ignore

  test("and a changed header would be found out", async () => {
    const raw = await sent(mail());
    expect(signedBy(raw.replace("/u/x", "/u/y"), publicKey).valid).toBe(false);
    expect(signedBy(raw.replace("Your boots", "Your shoes"), publicKey).valid).toBe(false);
  });

  test("can be left by one click: exactly one header of each, with an https address", async () => {
    const raw = await sent(mail());
    expect(valueOf(raw, "list-unsubscribe")).toEqual([`<https://t.shop.example/u/${"x".repeat(300)}>, <mailto:u@shop.example?subject=m>`]); // prettier-ignore
    expect(valueOf(raw, "list-unsubscribe-post")).toEqual(["List-Unsubscribe=One-Click"]);
    expect(valueOf(raw, "list-id")).toEqual(["<news.shop.example>"]);
  });

  test("cannot be left when it is not one of a list", async () => {
    const raw = await sent(mail({ unsubscribe: null, purpose: "transactional" }));
    expect(valueOf(raw, "list-unsubscribe")).toEqual([]);
    expect(valueOf(raw, "list-id")).toEqual([]);
  });

  test("has the same Message-ID when it is handed over again", async () => {
    const outgoing = mail({ id: "m-77" });
    const [first, second] = [await sent(outgoing), await sent(outgoing)];
    expect(valueOf(first, "message-id")).toEqual(["<m-77@shop.example>"]);
    expect(valueOf(second, "message-id")).toEqual(["<m-77@shop.example>"]);
  });

  test("comes back to an address of its own", async () => {
    await sent(mail({ id: "m-78" }));
    const { from, to } = server.received.at(-1)!.headers;
    expect(to).toBe("ann@example.com");
    expect(idOfBounceAddress(from!, BOUNCES)).toBe("m-78");
  });

  test("has a subject and a sender that cannot smuggle headers in", async () => {
    const outgoing = mail();
    const { content } = outgoing;
    if (content.channel !== "email") throw new Error("It is a mail.");
    const raw = await sent({ ...outgoing, content: { ...content, subject: "Hi\r\nBcc: all@example.com", from: "Shop\r\nBcc: b@example.com <shop@shop.example>" } }); // prettier-ignore
    expect(valueOf(raw, "bcc")).toEqual([]);
    expect(server.received.at(-1)!.headers["to"]).toBe("ann@example.com");
  });
});

describe("connections", () => {
  test("that the server closed while they were idle cost no message", async () => {
    const server = await aMailCounterpart();
    const driver = smtpDriver(configOf(server.port));
    for (let n = 0; n < 5; n++) {
      expect((await driver.send(mail())).type).toBe("sent");
      server.hangUp();
    }
    expect(server.received).toHaveLength(5);
    await driver.close();
    await server.close();
  });

  test("that break before anything of the mail was read leave no doubt: it was not sent", async () => {
    const server = await aMailCounterpart();
    const driver = smtpDriver(configOf(server.port));
    server.mood = "hangs_up_early";
    expect(await driver.send(mail())).toMatchObject({ type: "retry" });
    server.mood = "takes";
    expect((await driver.send(mail())).type).toBe("sent");
    expect(server.received).toHaveLength(1);
    await driver.close();
    await server.close();
  });

  test("are only used encrypted where that was asked for, and only with a certificate that can be checked", async () => {
    const plain = await aMailCounterpart();
    const careful = smtpDriver(configOf(plain.port, { security: "starttls" }));
    expect(await careful.send(mail())).toMatchObject({ type: "retry", provider: true });
    expect(plain.received).toHaveLength(0);
    // The server's own certificate is signed by nobody we know.
    const selfSigned = await aMailCounterpart({ disabledCommands: ["AUTH"] });
    const checking = smtpDriver(configOf(selfSigned.port, { security: "starttls" }));
    expect(await checking.send(mail())).toMatchObject({ type: "retry", provider: true });
    expect(selfSigned.received).toHaveLength(0);
    for (const one of [careful, checking, plain, selfSigned]) await one.close();
  });

  test("make the provider rest when the password is wrong", async () => {
    const server = await aMailCounterpart({
      disabledCommands: ["STARTTLS"], authMethods: ["PLAIN"], allowInsecureAuth: true,
      onAuth: ({ password }, _session, done) =>
        password === "right" ? done(null, { user: "shop" }) : done(Object.assign(new Error("5.7.8 Invalid credentials"), { responseCode: 535 })),
    }); // prettier-ignore
    const wrong = smtpDriver(configOf(server.port, { user: "shop", password: "wrong" }));
    expect(await wrong.send(mail())).toMatchObject({ type: "retry", provider: true, afterMs: 15 * 60_000 });
    const right = smtpDriver(configOf(server.port, { user: "shop", password: "right" }));
    expect((await right.send(mail())).type).toBe("sent");
    for (const one of [wrong, right, server]) await one.close();
  });

  test("end a mail that the server takes without end, and say that it was not sent", async () => {
    const server = await aMailCounterpart({ onMailFrom: () => undefined });
    const driver = smtpDriver(configOf(server.port, { timeoutMs: 300 }));
    expect(await driver.send(mail())).toMatchObject({ type: "retry", provider: true });
    await driver.close();
    await server.close();
  });
});

const programs = debianPostfix();
describe.skipIf(programs === null)("Postfix", () => {
  let postfix: Postfix;
  beforeAll(async () => {
    postfix = await aPostfix();
  });
  afterAll(() => postfix.stop());
  const driverFor = (more: object = {}) => smtpDriver(configOf(postfix.port, { timeoutMs: 20_000, ...more }));

  test("takes mail, names it, and delivers it with the signature whole", async () => {
    const driver = driverFor();
    const delivery = await driver.send(mail({ to: "ann@local.example", id: "m-p1" }));
    expect(delivery).toEqual({ type: "sent", providerId: expect.stringMatching(/^[0-9A-Za-z]{8,20}$/) });
    const raw = await postfix.delivered("ann", "m-p1");
    expect(signedBy(raw, publicKey).valid).toBe(true);
    expect(valueOf(raw, "message-id")).toEqual(["<m-p1@shop.example>"]);
    await driver.close();
  });

  test("refuses somebody it does not know, once and for good", async () => {
    const driver = driverFor();
    expect(await driver.send(mail({ to: "nobody@local.example" }))).toMatchObject({ type: "failed", reason: "bad_address", suppress: "bounced" }); // prettier-ignore
    // The connection is good for the next one.
    expect((await driver.send(mail({ to: "ann@local.example" }))).type).toBe("sent");
    await driver.close();
  });

  test("does not relay for us, which is no fault of the address", async () => {
    const driver = driverFor();
    expect(await driver.send(mail({ to: "ann@elsewhere.example" }))).toMatchObject({ suppress: null });
    await driver.close();
  });

  test("refuses what is too large", async () => {
    const driver = driverFor();
    const content = { channel: "email", subject: "Large", html: "x".repeat(400_000), text: "", from: null, replyTo: null } as const; // prettier-ignore
    expect(await driver.send({ ...mail({ to: "ann@local.example" }), content })).toMatchObject({ type: "failed", reason: "too_large", suppress: null }); // prettier-ignore
    await driver.close();
  });

  test("tells of mail that it took and could not deliver, in a way that names the mail", async () => {
    const driver = driverFor();
    const delivery = await driver.send(mail({ to: "late@local.example", id: "m-p2" }));
    expect(delivery.type).toBe("sent");
    const notice = readNotice(await postfix.delivered("bounces", "m-p2"));
    expect(notice).toMatchObject({
      type: "bounce", mailId: "<m-p2@shop.example>",
      recipients: [{ address: "late@local.example", action: "failed", status: "5.1.1", permanent: true }],
    });
    expect(notice!.sentTo.map((address) => idOfBounceAddress(address, BOUNCES))).toContain("m-p2");
    await driver.close();
  }); // prettier-ignore

  test("takes many at once over the pool", async () => {
    const driver = driverFor();
    const sent = await Promise.all(Array.from({ length: 40 }, () => driver.send(mail({ to: "bob@local.example" })))); // prettier-ignore
    expect(sent.map(({ type }) => type)).toEqual(Array.from({ length: 40 }, () => "sent"));
    await driver.close();
  });
});
